"""Classes of change: of matched pockets, and of villages over three and more waves."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.agencies.change import match_pockets, rate_change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sibangkit_geo.agencies.change import ChangeSettings, Wave

# share of waves in a pocket, and level of the trend test, of emerging hot spot analysis
# (Esri, How Emerging Hot Spot Analysis works)
_MOSTLY = 0.9
_TREND_Z = 1.644854
_FEWEST_WAVES = 3


def pocket_changes(waves: Sequence[Wave], settings: ChangeSettings) -> pd.DataFrame:
    """
    Follow pockets through the waves and class each step.

    Grain: one row per pocket and pair of following waves.

    `waves`: At common codes, in order of year.
    `settings`: Least Jaccard index.
    Returns: ``id`` (K1, K2, ...; the same through all waves), ``year_before``, ``year_after``,
        ``before``, ``after`` (pocket numbers, NaN where there is none), ``class`` (baru, hilang,
        menetap, membaik, memburuk), ``jaccard``, ``note`` (merges and splits), ``villages`` (codes
        of the union) and the columns of `rate_change`.
    Raises ValueError: Fewer than two waves.
    """
    if len(waves) < 2:
        msg = "two waves or more are needed."
        raise ValueError(msg)
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
        groups.append(rate_change(earlier, later, group=pd.Series(name, index=union)))
        same = (pairs["before"] == old) & (pairs["after"] == new)
        rows.append({
            "id": name, "year_before": earlier.year, "year_after": later.year, "before": old,
            "after": new, "jaccard": pairs.loc[same, "jaccard"].max(),
            "note": _merges(pairs, old, new), "villages": " ".join(union),
        })  # fmt: skip
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows).join(pd.concat(groups), on="id")
    table.insert(1, "class", _classes(table))
    return table


def _merges(pairs: pd.DataFrame, old: float, new: float) -> str:
    said = []
    if (pairs["after"] == new).sum() > 1:
        said.append("gabungan dari beberapa kantong")
    if (pairs["before"] == old).sum() > 1:
        said.append("terpecah menjadi beberapa kantong")
    return "; ".join(said)


def _classes(table: pd.DataFrame) -> list[str]:
    found = np.select(
        [table["before"].isna(), table["after"].isna(), table["high"] < 0, table["low"] > 0],
        ["baru", "hilang", "membaik", "memburuk"],
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
