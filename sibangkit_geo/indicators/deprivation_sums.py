"""Deprivation scores of households: how much of the total weight they are deprived in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError, columns_hint
from sibangkit_geo.indicators.deprivation import TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sibangkit_geo.indicators.deprivation import DeprivationIndex

    Flags = Mapping[str, NDArray[np.bool_]]

_BASE = (
    "af_known_households",
    "af_poor_households",
    "af_people",
    "af_poor_people",
    "af_score_sum",
)

# cells of one table of places by combinations of flags: small enough for a processor's cache to
# hold most of it, so that one pass counts many flags
_CELLS = 1 << 16
_MOST_BITS = 12


@dataclass(frozen=True, slots=True)
class Scores:
    """
    Households as an index sees them.

    `kept`: Whether the household is in the index at all, shape (n_households,).
    `poor`: Whether its score reaches the cut-off; False where it is not kept.
    `score`: Share of the weight it is deprived in, 0 to 1; 0 where it is not kept.
    `scale`: What its weights are multiplied with because of unanswered indicators: 1 unless the
        index reweights.
    """

    kept: NDArray[np.bool_]
    poor: NDArray[np.bool_]
    score: NDArray[np.float64]
    scale: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sums:
    """
    Sums of a deprivation index, shape (n_places,) each.

    `keys`: Sums of the keys of the households counted; empty where they have none.
    """

    counts: dict[str, NDArray[np.float64]]
    keys: dict[str, NDArray[np.float64]]


def score_households(deprived: Flags, known: Flags, *, index: DeprivationIndex) -> Scores:
    """
    Add up the weights of what each household is deprived in.

    Grain: one row per household in, one per household out.

    `deprived`: By indicator; False where it is not known. All indicators of the index.
    `index`: Weights, cut-off and what becomes of unanswered ones.
    Returns: The cut-off is reached within a billionth, since weights are rounded.
    """
    shares = index.shares
    number = len(next(iter(deprived.values())))
    score = np.zeros(number)
    # few items are unanswered: what is missing is taken off rather than added up
    answered = np.ones(number)
    for key, share in shares.items():
        score += (deprived[key] & known[key]) * share
        if not known[key].all():
            answered -= ~known[key] * share
    kept = np.ones(number, dtype=np.bool_)
    scale = np.ones(number)
    if index.missing == "drop":
        kept = answered >= 1 - TOLERANCE
    elif index.missing == "reweight":
        kept = answered >= index.least_known - TOLERANCE
        np.divide(1.0, answered, out=scale, where=kept)
        score *= scale
    score *= kept
    return Scores(kept, kept & (score >= index.cutoff_share - TOLERANCE), score, scale)


def deprivation_sums(
    deprived: Flags,
    known: Flags,
    place: NDArray[np.integer],
    *,
    n_places: int,
    people: NDArray[np.floating],
    index: DeprivationIndex,
    keys: NDArray[np.float64] | None = None,
) -> Sums:
    """
    Add up a deprivation index place by place, in columns that add up over parts too.

    Indicators of the index that the register lacks are left out as
    `DeprivationIndex.restricted` says; unanswered ones as the index says.
    Grain: one row per household in, one per place out.

    `deprived`: By indicator, False where it is not known; others than those of the index may be
        there and are not looked at. Shape (n_households,) each.
    `place`: Position of the place, below `n_places`; below 0 for none, which is not counted.
    `people`: Members of the household; a missing number adds nobody.
    `index`: Indicators, weights and cut-off.
    `keys`: Of the households, whole numbers, added up for each count of households; shape
        (n_households,).
    Returns: Shape (n_places,) each, over households that the index keeps. ``af_known_households``,
        ``af_people``: all of them; ``af_poor_households``, ``af_poor_people``: at or above the
        cut-off; ``af_score_sum``: scores of the poor times people; and for each indicator
        ``af_part_KEY``: what it adds to ``af_score_sum``, ``censored_KEY`` and
        ``censored_people_KEY``: poor households and people deprived in it,
        ``af_known_people_KEY``: people whose answer counts.
    Raises ConfigError: The register has none of the indicators.
    """
    index = index.restricted([key for key in deprived if key in known])
    scores = score_households(deprived, known, index=index)
    inside = place >= 0
    members = np.nan_to_num(np.asarray(people, dtype=np.float64), nan=0.0)
    kept, poor = scores.kept & inside, np.flatnonzero(scores.poor & inside)
    # an indicator that everybody answers counts all who are kept
    partly = {
        key: kept & known[key]
        for key in index.shares
        if index.missing == "reweight" and not known[key].all()
    }
    of_kept = flag_cells(
        np.where(inside, place, 0),
        {"": kept} | partly,
        n_places=n_places,
    )
    of_poor = flag_cells(
        place[poor],
        {"": np.ones(len(poor), dtype=np.bool_)}
        | {key: (deprived[key] & known[key])[poor] for key in index.shares},
        n_places=n_places,
    )
    people_known, people_poor = of_kept.sums(members), of_poor.sums(members[poor])
    homes_poor, scaled = of_poor.sums(), of_poor.sums((members * scores.scale)[poor])
    counted = np.bincount(place[kept], minlength=n_places).astype(np.float64)
    parts = {key: scaled[key] * share for key, share in index.shares.items()}
    values = (counted, homes_poor[""], people_known[""], people_poor[""], sum(parts.values()))
    sums = dict(zip(_BASE, map(np.asarray, values), strict=True))
    for key, part in parts.items():
        sums[f"af_part_{key}"] = part
        sums[f"censored_{key}"] = homes_poor[key]
        sums[f"censored_people_{key}"] = people_poor[key]
        sums[f"af_known_people_{key}"] = people_known.get(key, people_known[""])
    if keys is None:
        return Sums(sums, {})
    of_homes = of_poor.sums(keys[poor])
    named = {f"censored_{key}": of_homes[key] for key in parts}
    named["af_poor_households"] = of_homes[""]
    kept_keys = np.bincount(place[kept], weights=keys[kept], minlength=n_places)
    return Sums(sums, named | {"af_known_households": kept_keys.astype(np.float64)})


def index_from_sums(sums: pd.DataFrame) -> pd.DataFrame:
    """
    Work an index out of its sums.

    Grain: unchanged, one row per place.

    Parameters
    ----------
    sums
        Columns of `deprivation_sums`, added up over all parts; others are not looked at.

    Returns
    -------
    index
        Float, 0 to 1, indexed like `sums`. Of people: ``headcount_ratio`` (H),
        ``intensity`` (A, missing where nobody is poor), ``adjusted_headcount_ratio``
        (M0 = H x A), ``censored_headcount_KEY``, ``contribution_KEY`` (add up to 1;
        missing where nobody is poor). Of households: ``poor_household_share``.
        A place where the index keeps nobody has missing values.

    Raises
    ------
    DataError
        A column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> base = {"af_known_households": [2], "af_poor_households": [1], "af_people": [8.0]}
    >>> rest = {"af_poor_people": [4.0], "af_score_sum": [3.0]}
    >>> found = index_from_sums(pd.DataFrame(base | rest))
    >>> found[["headcount_ratio", "intensity", "adjusted_headcount_ratio"]].iloc[0].tolist()
    [0.5, 0.75, 0.375]
    """
    lacking = [name for name in _BASE if name not in sums]
    if lacking:
        msg = f"Columns of the deprivation index are missing: {', '.join(lacking)}"
        remedy = f"Add up the columns of `deprivation_sums`. {columns_hint(lacking, sums.columns)}"
        raise DataError(msg, remedy=remedy)
    score = sums["af_score_sum"]
    found = {
        "headcount_ratio": _over(sums["af_poor_people"], sums["af_people"]),
        "intensity": _over(score, sums["af_poor_people"]),
        "adjusted_headcount_ratio": _over(score, sums["af_people"]),
        "poor_household_share": _over(sums["af_poor_households"], sums["af_known_households"]),
    }
    keys = [str(name).removeprefix("af_part_") for name in sums if str(name).startswith("af_part_")]
    for key in keys:
        people, base = sums[f"censored_people_{key}"], sums[f"af_known_people_{key}"]
        found[f"censored_headcount_{key}"] = _over(people, base)
    for key in keys:
        found[f"contribution_{key}"] = _over(sums[f"af_part_{key}"], score)
    return pd.DataFrame(found, index=sums.index)


def _over(part: pd.Series, whole: pd.Series) -> pd.Series:
    return part.astype("float64") / whole.astype("float64").where(whole > 0)


@dataclass(frozen=True, slots=True)
class FlagCells:
    """Rows sorted into cells of place by combination of flags."""

    groups: tuple[tuple[tuple[str, ...], NDArray[np.int64]], ...]
    n_places: int

    def sums(self, weights: NDArray[np.floating] | None = None) -> dict[str, NDArray[np.float64]]:
        """
        Add up the rows whose flag is true.

        `weights`: What each row counts, shape (n_rows,); 1 when not given.
        Returns: By flag, shape (n_places,).
        Raises ValueError: There are not as many weights as rows.
        """
        found: dict[str, NDArray[np.float64]] = {}
        for names, cells in self.groups:
            width = 1 << len(names)
            table = np.bincount(cells, weights=weights, minlength=self.n_places * width)
            counts: NDArray[np.float64] = table.reshape(self.n_places, width).astype(np.float64)
            bits = (np.arange(width)[:, None] >> np.arange(len(names))) & 1
            both: NDArray[np.float64] = counts @ bits.astype(np.float64)
            found |= {name: both[:, bit] for bit, name in enumerate(names)}
        return found


def flag_cells(
    place: NDArray[np.integer], flags: Mapping[str, NDArray[np.bool_]], *, n_places: int
) -> FlagCells:
    """
    Sort rows into cells of place by combination of flags: their bits make one number.

    Grain: unchanged, one row per row.

    Parameters
    ----------
    place
        Position of the place of each row, 0 to `n_places` - 1, shape (n_rows,).
    flags
        By name, shape (n_rows,) each.
    n_places
        How many places there are.

    Returns
    -------
    cells
        To be added up, with several weights if wanted.

    Raises
    ------
    ValueError
        A flag has another number of rows.

    Examples
    --------
    >>> place = np.array([0, 0, 1])
    >>> flags = {"poor": np.array([True, False, True]), "old": np.array([True, True, False])}
    >>> found = flag_cells(place, flags, n_places=2).sums(np.array([4.0, 2.0, 1.0]))
    >>> {name: values.tolist() for name, values in found.items()}
    {'poor': [4.0, 1.0], 'old': [6.0, 0.0]}
    """
    size = int(np.clip(np.log2(_CELLS / max(n_places, 1)), 1, _MOST_BITS))
    names, groups = list(flags), []
    for start in range(0, len(names), size):
        group = tuple(names[start : start + size])
        cells = place.astype(np.int64) << len(group)
        # eight flags to a byte, where a shift costs an eighth
        for first in range(0, len(group), 8):
            byte = np.zeros(len(place), dtype=np.uint8)
            for bit, name in enumerate(group[first : first + 8]):
                byte |= flags[name].view(np.uint8) << np.uint8(bit)
            cells |= byte.astype(np.int64) << first
        groups.append((group, cells))
    return FlagCells(tuple(groups), n_places)
