"""Change between waves: rates with overdispersed intervals, pockets matched by their people."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import norm

from sibangkit_geo.errors import refuse_missing
from sibangkit_geo.pockets.local import false_discovery_rate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COUNTS = ("households", "people", "poor_households")
# two-sided 95 % point of the standard normal
_Z = 1.959964
#: largest q of an area that is said to have changed
FALSE_SHARE = 0.05
# of pockets, whose outlines were chosen for being high in one of the waves: where nothing changed,
# a plain 95 % interval calls 9 to 29 % of them changed, this one under 5 % (`benchmarks/waves.py`)
_CHOSEN_Z = 3.3
_LEVELS = {"desa": 13, "kecamatan": 8, "kabupaten": 5}

# share of waves in a pocket, and level of the trend test, of emerging hot spot analysis
# (Esri, How Emerging Hot Spot Analysis works)
_MOSTLY = 0.9
# share of a pocket's villages that makes it a part of a wide area
_MOST = 0.5
_TREND_Z = 1.644854
_FEWEST_WAVES = 3


@dataclass(frozen=True, slots=True)
class Wave:
    """
    One finished run, one row per village.

    Attributes
    ----------
    year
        Of the data.
    table
        Indexed by dotted village code; ``households``, ``people``, ``poor_households`` (NaN
        without data) and ``pocket`` (NaN outside every pocket); ``wide_area`` (alike) where told.
    rho
        Intra-village correlation, 0 to 1.
    noise
        Variance of the deviation that protection added to each count, households squared.

    Examples
    --------
    >>> rows = {"households": [100], "people": [400], "poor_households": [50], "pocket": [1]}
    >>> wave = Wave(2025, pd.DataFrame(rows, index=["16.07.01.2001"]), rho=0.01)
    >>> wave.table["pocket"].to_dict()
    {'16.07.01.2001': 1}
    """

    year: int
    table: pd.DataFrame
    rho: float
    noise: float = 0.0


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """
    Parameters of a comparison.

    Attributes
    ----------
    minimum_jaccard
        Least shared people over people of the union for two pockets to be one. An assumption to
        be edited: low enough for a pocket that doubles and moves a little.
    coverage_tolerance
        Relative change of the households of a village above which it is cautioned.

    Examples
    --------
    >>> ChangeSettings(minimum_jaccard=0.5)
    ChangeSettings(minimum_jaccard=0.5, coverage_tolerance=0.1)
    >>> ChangeSettings(minimum_jaccard=0)
    Traceback (most recent call last):
        ...
    ValueError: minimum_jaccard must be in (0, 1], coverage_tolerance not negative.
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

    Grain: one row per common code. A sum with an unknown part is unknown.

    `code`: Village code to common code; a code that is not in it stays.
    Returns: Same year and rho; the pocket is that of the part with most households.
    """
    _require([*COUNTS, "pocket"], wave)
    areas = ["pocket", *({"wide_area"} & set(wave.table))]
    rows = wave.table[[*COUNTS, *areas]].copy()
    rows["common"] = [code.get(str(one), str(one)) for one in rows.index]
    grouped = rows.groupby("common")[list(COUNTS)]
    table = grouped.sum().where(grouped.count().eq(grouped.size(), axis=0))
    for area in areas:
        inside = rows.dropna(subset=area).sort_index()
        inside = inside.sort_values("households", ascending=False, kind="stable")
        table[area] = inside.groupby("common")[area].first().reindex(table.index)
    return Wave(wave.year, table.rename_axis("village_code"), wave.rho, wave.noise)


def rate_change(earlier: Wave, later: Wave, *, group: pd.Series, z: float = _Z) -> pd.DataFrame:
    """
    Compare the poor share of households of groups of villages between two waves.

    Grain: one row per group. A rate is a sum over a sum of the villages that have counts
    in both waves; its variance is binomial times 1 + rho (n - 1) in each village, and that of
    protection: (1 + r^2) times `noise` for each village over the households squared.

    Parameters
    ----------
    earlier, later
        Waves at common codes.
    group
        Group of each village, by code.
    z
        Half of the interval in standard errors, above 0.

    Returns
    -------
    table
        ``households_before``, ``households_after``, ``poor_before``, ``poor_after``
        (counts), ``rate_before``, ``rate_after``, ``difference``, ``low``, ``high`` (shares;
        95 % interval unless `z` says otherwise). NaN without a village that has counts in both.

    Raises
    ------
    DataError
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
    _require(whole, earlier, later)
    old, new = earlier.table[whole].dropna(), later.table[whole].dropna()
    both = old.index.intersection(new.index).intersection(group.index)
    before = _sums(old.loc[both], group[both], earlier)
    after = _sums(new.loc[both], group[both], later)
    table = pd.DataFrame({
        "households_before": before["n"], "households_after": after["n"],
        "poor_before": before["poor"], "poor_after": after["poor"],
        "rate_before": before["rate"], "rate_after": after["rate"],
        "difference": after["rate"] - before["rate"],
    })  # fmt: skip
    half = z * np.sqrt(before["variance"] + after["variance"])
    table["low"], table["high"] = table["difference"] - half, table["difference"] + half
    return table.reindex(sorted(group.dropna().unique()))


def _require(columns: Sequence[str], *waves: Wave) -> None:
    for wave in waves:
        refuse_missing(wave.table.columns, columns, table=f"The table of {wave.year}")


def _sums(rows: pd.DataFrame, group: pd.Series, wave: Wave) -> pd.DataFrame:
    n = rows["households"]
    parts = pd.DataFrame({
        "n": n, "poor": rows["poor_households"], "villages": 1,
        "weight": n * (1 + wave.rho * (n - 1).clip(lower=0)),
    })  # fmt: skip
    found = parts.groupby(group).sum()
    found["rate"] = found["poor"] / found["n"].where(found["n"] > 0)
    binomial = found["rate"] * (1 - found["rate"])
    noise = wave.noise * found["villages"] * (1 + found["rate"] ** 2)
    found["variance"] = (binomial.clip(lower=0) * found["weight"] + noise) / found["n"] ** 2
    return found


def level_change(earlier: Wave, later: Wave, *, level: str) -> pd.DataFrame:
    """
    Compare the rates of villages, districts or the regency.

    Grain: one row per area.

    `level`: ``"desa"``, ``"kecamatan"`` or ``"kabupaten"``.
    Returns: Of `rate_change`, and ``q_value``: p of the difference, adjusted so that of the areas
        below a bound that share at most has not changed (Benjamini & Hochberg 1995).
    Raises ValueError: The level is not known.
    """
    if level not in _LEVELS:
        msg = f"level must be one of {', '.join(_LEVELS)}."
        raise ValueError(msg)
    index = earlier.table.index.union(later.table.index)
    if level == "desa":
        # what only its district can hold is no village
        index = index[index.str.len() == _LEVELS[level]]
    table = rate_change(earlier, later, group=index.to_series().str[: _LEVELS[level]])
    error = (table["high"] - table["low"]) / (2 * _Z)
    return table.assign(q_value=adjusted_p_values(table["difference"], error))


def adjusted_p_values(difference: pd.Series, error: pd.Series) -> pd.Series:
    """
    Test many differences against 0, so that of those told few have not changed.

    Two-sided, normal; adjusted for their number [1]_.

    Parameters
    ----------
    difference, error
        Estimates and their standard errors, at least 0, in one unit and indexed alike.

    Returns
    -------
    q_value
        0 to 1, indexed alike; missing where either is. Without any error 0, or 1 where nothing
        differs.

    References
    ----------
    .. [1] Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57(1), 289-300.

    Examples
    --------
    >>> adjusted_p_values(pd.Series([4.0, 2.0, 3.0]), pd.Series([1.4, 1.4, 0.0])).round(4).tolist()
    [0.0064, 0.1531, 0.0]
    """
    size = difference.abs()
    sure = np.where(size == 0, 0.0, np.inf)
    z = pd.Series(np.where(error == 0, sure, size / error.where(error != 0)), difference.index)
    return false_discovery_rate(pd.Series(2.0 * norm.sf(z), z.index).where(z.notna()))


def match_pockets(earlier: Wave, later: Wave, *, settings: ChangeSettings) -> pd.DataFrame:
    """
    Match pockets by shared people: mutual best, at least the least Jaccard.

    Grain: one row per pair of pockets that share a village. A village weighs the mean of
    its people in both waves, or of its households where people of a pocket are missing.

    Parameters
    ----------
    earlier, later
        Waves at common codes.
    settings
        Least Jaccard index.

    Returns
    -------
    pairs
        ``before``, ``after`` (pockets), ``shared`` (people), ``jaccard`` (0 to 1) and
        ``matched`` (bool).

    Raises
    ------
    DataError
        A column is missing.

    Examples
    --------
    >>> def wave(year, pocket):
    ...     rows = {"households": 100, "people": 400, "poor_households": 50, "pocket": pocket}
    ...     return Wave(year, pd.DataFrame(rows, index=["a", "b", "c"]), 0.0)
    >>> earlier, later = wave(2020, [1, 1, None]), wave(2025, [None, 2, 2])
    >>> pairs = match_pockets(earlier, later, settings=ChangeSettings())
    >>> pairs.round(3).to_dict("records")  # 400 people of the 1,200 in either
    [{'before': 1.0, 'after': 2.0, 'shared': 400.0, 'jaccard': 0.333, 'matched': True}]
    """
    _require(["pocket", "people", "households"], earlier, later)
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


def pocket_changes(waves: Sequence[Wave], settings: ChangeSettings) -> pd.DataFrame:
    """
    Follow pockets through the waves and class each step.

    Grain: one row per pocket and pair of following waves.

    Parameters
    ----------
    waves
        At common codes, in order of year.
    settings
        Least Jaccard index.

    Returns
    -------
    changes
        ``id`` (K1, K2, ...; the same through all waves), ``year_before``, ``year_after``,
        ``before``, ``after`` (pocket numbers, NaN where there is none), ``class`` (baru, hilang,
        menetap, membaik, memburuk; "baru terbukti" and "tidak lagi terbukti" where a pocket was
        found in one wave only and the rate of its villages is not known to have changed),
        ``jaccard``, ``note`` (merges and splits), ``villages`` (codes of the union) and the
        columns of `rate_change`, the interval 3.3 standard errors either way: the outline was
        chosen.

    Raises
    ------
    DataError
        A column is missing.
    ValueError
        Fewer than two waves.

    Examples
    --------
    >>> def wave(year, poor):
    ...     rows = {"households": 100, "people": 400, "poor_households": poor, "pocket": [1, None]}
    ...     return Wave(year, pd.DataFrame(rows, index=["a", "b"]), 0.0)
    >>> found = pocket_changes([wave(2020, [60, 9]), wave(2025, [20, 8])], ChangeSettings())
    >>> found[["id", "class", "rate_before", "rate_after"]].to_dict("records")
    [{'id': 'K1', 'class': 'membaik', 'rate_before': 0.6, 'rate_after': 0.2}]
    """
    if len(waves) < 2:
        msg = "two waves or more are needed."
        raise ValueError(msg)
    _require([*COUNTS, "pocket"], *waves)
    ids = {one: f"K{row + 1}" for row, one in enumerate(_ordered(waves[0]))}
    count, steps = len(ids), []
    for earlier, later in pairwise(waves):
        pairs = match_pockets(earlier, later, settings=settings)
        matched = pairs[pairs["matched"]].set_index("after")["before"]
        following = {}
        for one in _ordered(later):
            if one in matched.index:
                following[one] = ids[matched[one]]
            else:
                count += 1
                following[one] = f"K{count}"
        steps.append(_step(earlier, later, pairs, (ids, following)))
        ids = following
    return pd.concat(steps, ignore_index=True)


def _ordered(wave: Wave) -> list[float]:
    pocket = wave.table["pocket"].dropna()
    return [float(one) for one in pocket.sort_index().drop_duplicates()]


def _step(
    earlier: Wave, later: Wave, pairs: pd.DataFrame, ids: tuple[dict[float, str], dict[float, str]]
) -> pd.DataFrame:
    before = {name: one for one, name in ids[0].items()}
    after = {name: one for one, name in ids[1].items()}
    rows, groups = [], []
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, np.nan), after.get(name, np.nan)
        inside = [
            wave.table.index[wave.table["pocket"] == one]
            for wave, one in ((earlier, old), (later, new))
        ]
        union = sorted(inside[0].union(inside[1]))
        own = pd.Series(name, index=union)
        groups.append(rate_change(earlier, later, group=own, z=_CHOSEN_Z))
        same = (pairs["before"] == old) & (pairs["after"] == new)
        rows.append({
            "id": name, "year_before": earlier.year, "year_after": later.year, "before": old,
            "after": new, "jaccard": pairs.loc[same, "jaccard"].max(),
            "note": "; ".join([*_merges(pairs, old, new), *_of_wide(earlier, later, inside)]),
            "villages": " ".join(union),
        })  # fmt: skip
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows).join(pd.concat(groups), on="id")
    table.insert(1, "class", _classes(table))
    return table


def _of_wide(earlier: Wave, later: Wave, inside: Sequence[pd.Index]) -> list[str]:
    """Say that a pocket of one wave is for the most part in a wide poor area in the other."""
    told = []
    for own, wave, words in (
        (inside[0], later, "kini"), (inside[1], earlier, "sebelumnya"),
    ):  # fmt: skip
        if len(own) and "wide_area" in wave.table:
            share = wave.table["wide_area"].reindex(own).notna().mean()
            if share >= _MOST:
                told.append(f"{words} bagian dari wilayah miskin luas")
    return told


def _merges(pairs: pd.DataFrame, old: float, new: float) -> list[str]:
    said = []
    if (pairs["after"] == new).sum() > 1:
        said.append("gabungan dari beberapa kantong")
    if (pairs["before"] == old).sum() > 1:
        said.append("terpecah menjadi beberapa kantong")
    return said


def _classes(table: pd.DataFrame) -> list[str]:
    came, went = table["before"].isna(), table["after"].isna()
    fell, rose = table["high"] < 0, table["low"] > 0
    found = np.select(
        [came & rose, came, went & fell, went, fell, rose],
        ["baru", "baru terbukti", "hilang", "tidak lagi terbukti", "membaik", "memburuk"],
        "menetap",
    )
    return [str(one) for one in found]


def trend_z(rates: pd.DataFrame) -> pd.Series:
    """
    Test each row for a monotone trend (Mann-Kendall, normal approximation).

    Grain: unchanged.

    Parameters
    ----------
    rates
        One column per wave, in order.

    Returns
    -------
    z
        Positive when rising; NaN where a rate is missing.

    References
    ----------
    Mann (1945), Nonparametric tests against trend.

    Examples
    --------
    >>> trend_z(pd.DataFrame([[0.1, 0.2, 0.3, 0.4]])).round(2).tolist()
    [1.7]
    """
    values = rates.to_numpy(dtype=float)
    n = values.shape[1]
    score = np.zeros(len(values))
    for one, other in combinations(range(n), 2):
        score += np.sign(values[:, other] - values[:, one])
    deviation = np.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    return pd.Series((score - np.sign(score)) / deviation, index=rates.index)


def emerging_classes(hot: pd.DataFrame, rates: pd.DataFrame, cold: pd.DataFrame) -> pd.Series:
    """
    Class the history of each village as emerging hot spot analysis does.

    Grain: unchanged. In a pocket stands for a hot spot, significantly below the regency
    for a cold one. "Bersejarah" asks for 90 % of the waves before the last, for few waves.

    Parameters
    ----------
    hot
        Whether in a pocket, one bool column per wave, in order.
    rates
        Poor share, same shape.
    cold
        Whether significantly below the regency, same shape.

    Returns
    -------
    classes
        baru, berturut-turut, menguat, bertahan, melemah, sporadis, berayun, bersejarah,
        tanpa pola; empty for a village never in a pocket.

    Raises
    ------
    ValueError
        Fewer than three waves.

    References
    ----------
    Esri, How Emerging Hot Spot Analysis works (definitions of the patterns).

    Examples
    --------
    >>> rates = pd.DataFrame([[0.1, 0.1, 0.4], [0.4, 0.4, 0.4], [0.1, 0.1, 0.1]])
    >>> emerging_classes(rates > 0.3, rates, rates < 0).tolist()
    ['baru', 'bertahan', '']
    """
    if hot.shape[1] < _FEWEST_WAVES:
        msg = "emerging classes need three waves or more."
        raise ValueError(msg)
    inside = hot.to_numpy(dtype=bool)
    last, earlier = inside[:, -1], inside[:, :-1]
    run = np.cumprod(inside[:, ::-1], axis=1).sum(axis=1)
    z = trend_z(rates).to_numpy()
    mostly = last & (inside.mean(axis=1) >= _MOSTLY)
    return pd.Series(np.select(
        [~inside.any(axis=1), last & ~earlier.any(axis=1), mostly & (z > _TREND_Z),
         mostly & (z < -_TREND_Z), mostly, last & cold.to_numpy(dtype=bool)[:, :-1].any(axis=1),
         last & (run > 1) & (run == inside.sum(axis=1)), last,
         earlier.mean(axis=1) >= _MOSTLY],
        ["", "baru", "menguat", "melemah", "bertahan", "berayun", "berturut-turut", "sporadis",
         "bersejarah"],
        "tanpa pola",
    ), index=hot.index)  # fmt: skip
