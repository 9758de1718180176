"""Settings of a scan, each checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sibangkit_geo.errors import nearest

if TYPE_CHECKING:
    from sibangkit_geo.pockets.scan.webs import NeighborPairs

# SaTScan's default set of ellipses: shape ratio and number of angles (SaTScan User Guide,
# "Elliptic Scanning Window"; Kulldorff et al. 2006, Stat. Med. 25, 3929)
ELLIPSES: tuple[tuple[float, int], ...] = (
    (1.0, 1), (1.5, 4), (2.0, 6), (3.0, 9), (4.0, 12), (5.0, 15),
)  # fmt: skip
FLEXIBLE_LIMIT = 15
# masks of 64 bits
RESTRICTED_LIMIT = 60

Direction = Literal["high", "low", "both"]
Significance = Literal["monte_carlo", "gumbel", "permutation"]


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """
    What a scan looks for and how it tells chance from a cluster.

    Attributes
    ----------
    max_population_share
        Largest zone, as share of the population (of the expected cases when those
        are given, of the weight in the normal model); above 0, at most 1.
    max_radius
        Largest radius, or semi-major axis, in the unit of the points; None for any.
    max_places
        Most places in a zone; None for any.
    min_cases
        Fewest cases in a zone of high rate (effective cases in the beta-binomial
        model; no effect in the normal model).
    direction
        ``"high"``, ``"low"`` or ``"both"``.
    significance
        ``"monte_carlo"``: the model's own null; ``"gumbel"``: its smooth
        approximation, for p below 1 / (replicates + 1); ``"permutation"``: cases and
        population of a place move together, so places may differ by themselves.
    replicates
        Simulated maps; 0 gives no p.
    seed
        Replicate r draws from the pair (seed, r).
    threads
        None takes every core; the result does not depend on it.
    max_clusters
        Most clusters reported.
    eccentricity_penalty
        a of ``(4 s / (s + 1)^2) ** a``, s being the ratio of the axes; 0, 0.5 or 1.
    ellipses
        Pairs of shape ratio and number of angles.
    k
        Nearest places, the centre included, that a flexible zone is taken from.
    alpha1
        Places with mid-p below it are hot (restricted flexible zones).
    neighbors
        Pairs of labels, shape (n_pairs, 2), or a graph with an ``adjacency`` like
        that of libpysal; flexible shapes need it.
    rho
        Intra-place correlation of the beta-binomial model; None fits it by maximum
        likelihood.
    max_temporal_share
        Longest window of a space-time scan, as share of the waves; one wave is
        always allowed.
    """

    max_population_share: float = 0.5
    max_radius: float | None = None
    max_places: int | None = None
    min_cases: float = 0.0
    direction: Direction = "high"
    significance: Significance = "monte_carlo"
    replicates: int = 999
    seed: int = 1
    threads: int | None = None
    max_clusters: int = 10
    eccentricity_penalty: float = 0.0
    ellipses: tuple[tuple[float, int], ...] = ELLIPSES
    k: int = 15
    alpha1: float = 0.2
    neighbors: NeighborPairs | None = None
    rho: float | None = None
    max_temporal_share: float = 0.5

    def __post_init__(self) -> None:
        """Check words and ranges."""
        require_word("direction", self.direction, ("high", "low", "both"))
        require_word("significance", self.significance, ("monte_carlo", "gumbel", "permutation"))
        ranges = {
            "max_population_share": (0 < self.max_population_share <= 1, "above 0, at most 1"),
            "max_radius": (self.max_radius is None or self.max_radius >= 0, "at least 0"),
            "max_places": (self.max_places is None or self.max_places >= 1, "at least 1"),
            "min_cases": (self.min_cases >= 0, "at least 0"),
            "replicates": (
                self.replicates >= (2 if self.significance == "gumbel" else 0),
                "at least 0, and 2 for the Gumbel approximation",
            ),
            "seed": (self.seed >= 0, "at least 0"),
            "threads": (self.threads is None or self.threads >= 1, "at least 1"),
            "max_clusters": (self.max_clusters >= 1, "at least 1"),
            "eccentricity_penalty": (self.eccentricity_penalty in (0, 0.5, 1), "0, 0.5 or 1"),
            "ellipses": (
                len(self.ellipses) > 0 and all(s >= 1 and n >= 1 for s, n in self.ellipses),
                "pairs of a ratio and a number of angles, each at least 1",
            ),
            "k": (1 <= self.k <= RESTRICTED_LIMIT, f"1 to {RESTRICTED_LIMIT}"),
            "alpha1": (0 < self.alpha1 < 1, "between 0 and 1"),
            "rho": (self.rho is None or 0 <= self.rho < 1, "at least 0 and below 1"),
            "max_temporal_share": (0 < self.max_temporal_share <= 1, "above 0, at most 1"),
        }
        for name, (fine, wanted) in ranges.items():
            if not fine:
                msg = f"`{name}` must be {wanted}, got {getattr(self, name)}."
                raise ValueError(msg)


def require_word(name: str, word: str, known: tuple[str, ...]) -> None:
    """
    Refuse a word that is not known, and offer the nearest.

    Parameters
    ----------
    name
        Of the argument.
    word
        What was given.
    known
        What may be given.

    Raises
    ------
    ValueError
        The word is not known.

    Examples
    --------
    >>> require_word("kind", "retrospective", ("retrospective", "prospective"))
    """
    if word not in known:
        msg = f'Unknown `{name}` "{word}". {nearest(str(word), known)}'
        raise ValueError(msg)
