"""Sums of an index that add up over parts of a register, and the index back from the sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.deprivation.scoring import score_households
from sibangkit_geo.indicators.flags import flag_cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.indicators.deprivation.index import DeprivationIndex
    from sibangkit_geo.indicators.deprivation.scoring import Flags

_BASE = (
    "af_known_households",
    "af_poor_households",
    "af_people",
    "af_poor_people",
    "af_score_sum",
)


def deprivation_sums(
    deprived: Flags,
    known: Flags,
    place: NDArray[np.integer],
    *,
    n_places: int,
    people: NDArray[np.floating],
    index: DeprivationIndex,
) -> dict[str, NDArray[np.float64]]:
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
    return sums


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
        raise DataError(msg, remedy="Add up the columns of `deprivation_sums`.")
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
