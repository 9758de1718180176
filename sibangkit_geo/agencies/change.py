"""Change between waves: rates with overdispersed intervals, pockets matched by their people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

COUNTS = ("households", "people", "poor_households")
# two-sided 95 % point of the standard normal
_Z = 1.959964
_LEVELS = {"desa": 13, "kecamatan": 8, "kabupaten": 5}


@dataclass(frozen=True, slots=True)
class Wave:
    """
    One finished run, one row per village.

    `table`: Indexed by dotted village code; ``households``, ``people``, ``poor_households`` (NaN
        where masked or without data) and ``pocket`` (NaN outside every pocket).
    `rho`: Intra-village correlation, 0 to 1.
    """

    year: int
    table: pd.DataFrame
    rho: float


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """
    Parameters of a comparison.

    `minimum_jaccard`: Least shared people over people of the union for two pockets to be one. An
        assumption to be edited: low enough for a pocket that doubles and moves a little.
    `coverage_tolerance`: Relative change of the households of a village above which it is
        cautioned.
    """

    minimum_jaccard: float = 0.2
    coverage_tolerance: float = 0.1

    def __post_init__(self) -> None:
        """Refuse values outside their range."""
        if not 0 < self.minimum_jaccard <= 1 or self.coverage_tolerance < 0:
            msg = "minimum_jaccard must be in (0, 1], coverage_tolerance not negative."
            raise ValueError(msg)


def at_common_codes(wave: Wave, code: Mapping[str, str]) -> Wave:
    """
    Add villages up to the codes that all waves support.

    Grain: one row per common code. A sum with a masked part is masked.

    `code`: Village code to common code; a code that is not in it stays.
    Returns: Same year and rho; the pocket is that of the part with most households.
    """
    rows = wave.table[[*COUNTS, "pocket"]].copy()
    rows["common"] = [code.get(str(one), str(one)) for one in rows.index]
    grouped = rows.groupby("common")[list(COUNTS)]
    # a part that is masked empties the whole: its rest would tell the masked count
    table = grouped.sum().where(grouped.count().eq(grouped.size(), axis=0))
    inside = rows.dropna(subset="pocket").sort_index()
    inside = inside.sort_values("households", ascending=False, kind="stable")
    table["pocket"] = inside.groupby("common")["pocket"].first().reindex(table.index)
    return Wave(wave.year, table.rename_axis("village_code"), wave.rho)


def rate_change(earlier: Wave, later: Wave, *, group: pd.Series) -> pd.DataFrame:
    """
    Compare the poor share of households of groups of villages between two waves.

    Grain: one row per group. A rate is a sum over a sum of the villages that have counts
    in both waves; its variance is binomial times 1 + rho (n - 1) in each village.

    Parameters
    ----------
    earlier, later
        Waves at common codes.
    group
        Group of each village, by code.

    Returns
    -------
    table
        ``households_before``, ``households_after``, ``poor_before``, ``poor_after``
        (counts), ``rate_before``, ``rate_after``, ``difference``, ``low``, ``high``
        (shares; 95 % interval). NaN without a village that has counts in both.

    Raises
    ------
    KeyError
        A column is missing.

    References
    ----------
    Kish (1965), Survey Sampling, section 5.4: the design effect of clusters.

    Examples
    --------
    >>> def wave(year, poor):
    ...     rows = {"households": [100.0], "people": [400.0], "poor_households": [poor]}
    ...     return Wave(year, pd.DataFrame(rows, index=["v"]), 0.0)
    >>> found = rate_change(wave(2020, 50.0), wave(2025, 20.0), group=pd.Series({"v": "v"}))
    >>> found.loc["v", ["difference", "low", "high"]].round(4).tolist()
    [-0.3, -0.4255, -0.1745]
    """
    whole = ["households", "poor_households"]
    old, new = earlier.table[whole].dropna(), later.table[whole].dropna()
    both = old.index.intersection(new.index).intersection(group.index)
    before = _sums(old.loc[both], group[both], earlier.rho)
    after = _sums(new.loc[both], group[both], later.rho)
    table = pd.DataFrame({
        "households_before": before["n"], "households_after": after["n"],
        "poor_before": before["poor"], "poor_after": after["poor"],
        "rate_before": before["rate"], "rate_after": after["rate"],
        "difference": after["rate"] - before["rate"],
    })  # fmt: skip
    half = _Z * np.sqrt(before["variance"] + after["variance"])
    table["low"], table["high"] = table["difference"] - half, table["difference"] + half
    return table.reindex(sorted(group.dropna().unique()))


def _sums(rows: pd.DataFrame, group: pd.Series, rho: float) -> pd.DataFrame:
    n = rows["households"]
    parts = pd.DataFrame({
        "n": n, "poor": rows["poor_households"], "weight": n * (1 + rho * (n - 1).clip(lower=0)),
    })  # fmt: skip
    found = parts.groupby(group).sum()
    found["rate"] = found["poor"] / found["n"].where(found["n"] > 0)
    binomial = found["rate"] * (1 - found["rate"])
    found["variance"] = binomial.clip(lower=0) * found["weight"] / found["n"] ** 2
    return found


def level_change(earlier: Wave, later: Wave, *, level: str) -> pd.DataFrame:
    """
    Compare the rates of villages, districts or the regency.

    Grain: one row per area.

    `level`: ``"desa"``, ``"kecamatan"`` or ``"kabupaten"``.
    Raises ValueError: The level is not known.
    """
    if level not in _LEVELS:
        msg = f"level must be one of {', '.join(_LEVELS)}."
        raise ValueError(msg)
    index = earlier.table.index.union(later.table.index)
    if level == "desa":
        # what only its district can hold is no village
        index = index[index.str.len() == _LEVELS[level]]
    return rate_change(earlier, later, group=index.to_series().str[: _LEVELS[level]])


def match_pockets(earlier: Wave, later: Wave, *, settings: ChangeSettings) -> pd.DataFrame:
    """
    Match pockets by shared people: mutual best, at least the least Jaccard.

    Grain: one row per pair of pockets that share a village. A village weighs the mean of
    its people in both waves, or of its households where people of a pocket are missing.

    `settings`: Least Jaccard index.
    Returns: ``before``, ``after`` (pockets), ``shared`` (people), ``jaccard`` (0 to 1) and
        ``matched`` (bool).
    """
    old, new = earlier.table["pocket"].dropna(), later.table["pocket"].dropna()
    weight = _weights(earlier.table, later.table, old.index.union(new.index))
    common = sorted(old.index.intersection(new.index))
    pairs = pd.DataFrame({"before": old[common], "after": new[common], "shared": weight[common]})
    pairs = pairs.groupby(["before", "after"])["shared"].sum().reset_index()
    sizes = [weight[one.index].groupby(one).sum() for one in (old, new)]
    union = pairs["before"].map(sizes[0]) + pairs["after"].map(sizes[1]) - pairs["shared"]
    pairs["jaccard"] = pairs["shared"] / union.where(union > 0)
    # ties go to the pocket of the smallest code, which no numbering changes
    first = [one.index.to_series().groupby(one).min() for one in (old, new)]
    pairs["_a"], pairs["_b"] = pairs["before"].map(first[0]), pairs["after"].map(first[1])
    ranked = pairs.sort_values(
        ["shared", "jaccard", "_a", "_b"], ascending=[False, False, True, True]
    )
    best = ~ranked.duplicated("before") & ~ranked.duplicated("after")
    pairs["matched"] = best.reindex(pairs.index) & pairs["jaccard"].ge(settings.minimum_jaccard)
    return pairs.sort_values(["_a", "_b"], ignore_index=True).drop(columns=["_a", "_b"])


def _weights(old: pd.DataFrame, new: pd.DataFrame, index: pd.Index) -> pd.Series:
    both = [one.reindex(index) for one in (old, new)]
    means = {
        name: pd.DataFrame([one[name] for one in both]).mean() for name in ("people", "households")
    }
    chosen = means["households" if means["people"].isna().any() else "people"]
    return pd.Series(chosen.fillna(0.0), dtype=float)
