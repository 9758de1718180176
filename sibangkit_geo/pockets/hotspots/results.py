"""What the statistics hand back, and how a village is labelled on the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sibangkit_geo.pockets.hotspots.corrections import bonferroni, false_discovery_rate

if TYPE_CHECKING:
    import pandas as pd

    from sibangkit_geo.tables.public import Note

Alternative = Literal["two-sided", "greater", "less"]
Transform = Literal["row", "binary"]
Correction = Literal["none", "fdr", "bonferroni"]
NOT_SIGNIFICANT = "tidak nyata"
NOT_CONTROLLED = (
    "Lapisan penjelas: galat tidak dikendalikan untuk seluruh peta, sehingga sebagian desa "
    "tampak nyata secara kebetulan. Kantong kemiskinan hanya dari pendeteksi kantong."
)


@dataclass(frozen=True, slots=True, eq=False)
class LocalStatistic:
    """
    One local statistic of every village; explains a map, proves nothing about it.

    Attributes
    ----------
    villages
        One row per village, indexed like the values. Columns ``statistic``,
        ``expected`` and ``variance`` (given the village's own value, all others
        shuffled; of Gi as Ord and Getis give them), ``z``, ``p_analytic``
        (normal), ``p_permutation`` (missing without permutations), ``kind``
        and ``n_neighbors``. Missing for a village without neighbor.
    name
        Name of the function.
    transform
        ``"row"``: links of a village sum to 1; ``"binary"``: each counts 1.
    alternative
        Side of the tests.
    permutations, seed
        Of the conditional permutation.
    notes
        The layer is not error-controlled; villages without neighbor.
    """

    villages: pd.DataFrame
    name: str
    transform: Transform
    alternative: Alternative
    permutations: int
    seed: int
    notes: tuple[Note, ...]

    def __len__(self) -> int:
        """Count the villages."""
        return len(self.villages)


@dataclass(frozen=True, slots=True)
class GlobalStatistic:
    """
    One statistic of a whole map.

    Attributes
    ----------
    name
        Name of the function.
    expected
        Under no association.
    variance_randomisation, variance_normality
        Variance when the values are shuffled, and when they are drawn from a
        normal distribution; the second is missing for G.
    z, p_value
        By the variance under randomisation, two-sided.
    """

    name: str
    value: float
    expected: float
    variance_randomisation: float
    variance_normality: float
    z: float
    p_value: float


def class_labels(
    result: LocalStatistic,
    *,
    alpha: float = 0.05,
    correction: Correction = "none",
    p: Literal["permutation", "analytic"] = "permutation",
) -> pd.Series:
    """
    Label each village by its kind where significant.

    Parameters
    ----------
    result
        Of a local statistic.
    alpha
        Cut of the corrected p, above 0 and at most 1.
    correction
        For the number of villages.
    p
        Which of the two p-values to use.

    Returns
    -------
    label
        The kind (``"HH"``, ``"high"`` ...) or ``"tidak nyata"``; a village
        without neighbor is never significant.

    Raises
    ------
    ValueError
        `alpha` is out of range, or the result has no permutations.
    """
    if not 0 < alpha <= 1:
        msg = f"`alpha` must lie above 0 and at most at 1, got {alpha}."
        raise ValueError(msg)
    if p == "permutation" and not result.permutations:
        msg = 'The result has no permutations; ask for p="analytic".'
        raise ValueError(msg)
    chosen = result.villages[f"p_{p}"]
    if correction == "fdr":
        chosen = false_discovery_rate(chosen)
    elif correction == "bonferroni":
        chosen = bonferroni(chosen)
    kinds = result.villages["kind"]
    return kinds.where((chosen <= alpha).fillna(value=False), NOT_SIGNIFICANT).rename("label")
