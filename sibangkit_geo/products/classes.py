"""Class breaks, colours and legend of a layer: one for screen and paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.errors import nearest
from sibangkit_geo.model.numerals import numeral

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from sibangkit_geo.model.types import Indicator, Worse

# one direction, light to dark in grey print too; told apart with red-green blindness
PALETTE = ("#fdf3c7", "#fbcb7c", "#f0914a", "#cf4a35", "#861a3a")
NO_DATA_COLOR = "#ffffff"
# from a fall to a rise: two hues apart for the colour-blind, five greys apart in print
CHANGE_COLORS = ("#1f8f88", "#a9d6d1", "#ececf1", "#eda45a", "#8f1d2c")
# Okabe & Ito (2008), colours told apart by every kind of colour vision
TYPE_COLORS = (
    "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#999999",
)  # fmt: skip
_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class LegendClass:
    """One line of a legend."""

    color: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Layer:
    """
    An indicator ready to be drawn; one row per village with a polygon.

    `shown`: Numbers as shown: per cent for shares; missing without data.
    `counts`: Number concerned, or None.
    `known`, `known_share`: Who answered, number and share (0 to 1) of all; None where all did.
    `class_index`: Position in `classes` per village, -1 without a number.
    `regency_value`, `district_values`: Sum over sum; missing for an index.
    `district_counts`, `district_bases`: The two sums of each district: number concerned, and what
        the share is of.
    """

    indicator: Indicator
    shown: pd.Series
    counts: pd.Series | None
    classes: tuple[LegendClass, ...]
    class_index: pd.Series
    decimals: int
    regency_value: float
    district_values: pd.Series
    district_counts: pd.Series
    district_bases: pd.Series
    known: pd.Series | None = None
    known_share: pd.Series | None = None

    @property
    def answered(self) -> float:
        """Share of all, 0 to 1, who answered; 1 where all did."""
        if self.known is None or self.known_share is None:
            return 1.0
        everybody = self.known / self.known_share.where(self.known_share > 0)
        return float(self.known[everybody.notna()].sum() / everybody.sum())

    @property
    def thin(self) -> pd.Series:
        """Tell which villages too few answered: some are known, and yet there is no share."""
        if self.known is None:
            return self.missing & False
        return self.missing & (self.known > 0)

    @property
    def n_missing(self) -> int:
        """Count villages without data."""
        return int(self.missing.sum())

    @property
    def missing(self) -> pd.Series:
        """Tell which villages have no data."""
        return self.class_index.eq(-1)

    @property
    def colors(self) -> pd.Series:
        """Colour each village; no data has its own."""
        palette = [*(one.color for one in self.classes), NO_DATA_COLOR]  # the last for -1
        return pd.Series([palette[i] for i in self.class_index], index=self.class_index.index)


def natural_breaks(
    values: Sequence[float], *, classes: int, no_jump: bool = False
) -> tuple[float, ...]:
    """
    Split numbers into classes with the least spread inside (Fisher 1958, JASA 53, 789).

    The same as mapclassify's Fisher-Jenks, whose import costs a run two seconds.

    With ``no_jump`` a colour never hides a jump: of `k` classes none holds a gap between
    neighbouring numbers of more than 1/k of the whole range, and none spans more than 2/k of it.
    Both always fit: m such gaps leave (k - m)/k of the range, for which
    m + 1 + floor((k - m)/2) <= k classes suffice.

    Parameters
    ----------
    values
        Numbers, none missing.
    classes
        Most classes wanted; fewer when there are fewer different numbers.
    no_jump
        Whether both limits hold.

    Returns
    -------
    breaks
        Lower ends of the second and later classes, rising.

    Raises
    ------
    ValueError
        `classes` is below 1.

    Examples
    --------
    >>> natural_breaks([1, 2, 11, 12, 30], classes=3)
    (11.0, 30.0)
    >>> natural_breaks([0, 2, 4] * 300 + [6, 20], classes=3)
    (2.0, 4.0)
    >>> natural_breaks([0, 2, 4] * 300 + [6, 20], classes=3, no_jump=True)
    (4.0, 20.0)
    """
    if classes < 1:
        msg = f"`classes` must be at least 1, got {classes}."
        raise ValueError(msg)
    unique, weight = np.unique(np.asarray(values, dtype=float), return_counts=True)
    n, k = len(unique), min(classes, len(unique))
    if k <= 1:
        return ()
    sums = np.concatenate([[0.0], np.cumsum(weight * unique)])
    squares = np.concatenate([[0.0], np.cumsum(weight * unique**2)])
    sizes = np.concatenate([[0.0], np.cumsum(weight)])
    cost = np.full(n + 1, np.inf)
    cost[0] = 0.0
    starts = np.zeros((k, n + 1), dtype=np.intp)
    first = _first_starts(unique, k) if no_jump else np.zeros(n + 1, dtype=np.intp)
    for level in range(k):
        fresh = np.full(n + 1, np.inf)
        for end in range(level + 1, n + 1):
            begin = np.arange(max(level, first[end]), end)
            if not len(begin):
                continue
            spread = _spread(sums, squares, sizes, begin, end)
            total = cost[begin] + spread
            best = int(np.argmin(total))
            fresh[end], starts[level, end] = total[best], begin[best]
        cost = fresh
    breaks, end = [], n
    for level in range(k - 1, 0, -1):
        end = int(starts[level, end])
        breaks.append(float(unique[end]))
    return tuple(reversed(breaks))


def _first_starts(unique: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    """Find for every end where its class may begin at the earliest: no gap inside, not too wide."""
    # so that numbers a hair apart decide nothing
    part = (unique[-1] - unique[0]) / k * (1 + 1e-9)
    gaps = np.concatenate([[False], np.diff(unique) > part])
    after_gap = np.maximum.accumulate(np.where(gaps, np.arange(len(unique)), 0))
    narrow = np.searchsorted(unique, unique - 2 * part)
    return np.concatenate([[0], np.maximum(after_gap, narrow)])


def _spread(
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
    sizes: NDArray[np.float64],
    begin: NDArray[np.intp],
    end: int,
) -> NDArray[np.float64]:
    total, size = sums[end] - sums[begin], sizes[end] - sizes[begin]
    return np.asarray(squares[end] - squares[begin] - total**2 / size)


def build_layer(villages: gpd.GeoDataFrame, indicator: Indicator) -> Layer:
    """
    Class and colour one indicator.

    Breaks are rounded to the digits shown, so that a number never stands in
    another class than the legend says.
    Grain: unchanged, one row per village with polygon.

    `villages`: Official villages with columns ``households``, ``district_code`` and the
        indicator's.
    Returns: Without any number: no class, everything hatched.
    """
    mapped = villages[villages.geometry.notna() & ~villages.geometry.is_empty]
    factor = _PERCENT if indicator.unit == "percent" else 1.0
    decimals = {"percent": 1, "count": 0, "index": 3}[indicator.unit]
    values = (mapped[indicator.name].astype(float) * factor).round(decimals)
    index, classes = class_values(values, decimals=decimals, worse=indicator.worse)
    over, below = _sums(villages, indicator)
    total = below.sum()
    regency = float(over.sum() / total) if total else float("nan")
    return Layer(
        indicator=indicator,
        shown=values,
        counts=mapped[indicator.count_column] if indicator.count_column else None,
        classes=classes,
        class_index=index,
        decimals=decimals,
        regency_value=regency * factor,
        district_values=over / below.where(below > 0) * factor,
        district_counts=over,
        district_bases=below,
        **_answered(mapped, indicator),
    )


def class_values(
    values: pd.Series, *, decimals: int, worse: Worse = "high", scheme: object = "", k: int = 5
) -> tuple[pd.Series, tuple[LegendClass, ...]]:
    """
    Sort numbers into classes and give each a colour, the worst the darkest.

    `values`: As shown, rounded to `decimals`; missing without data.
    `scheme`: Name of a classifier of mapclassify, such as ``"quantiles"``, into `k` classes, or one
        that was fitted; empty for the natural breaks of the house, which hide no jump.
    Returns: Position of the class, -1 without a number; and the classes.
    Raises ValueError: mapclassify has no such scheme.
    Raises ImportError: It is asked for and not installed.
    """
    known = values.dropna().astype(float)
    if scheme and len(known):
        own = pd.Series(_by_scheme(known, scheme, k), index=known.index)
    else:
        edges = _edges(known, decimals)
        own = pd.Series(np.searchsorted(edges, known, side="right"), index=known.index)
    # a class that holds nothing has no line in a legend
    place = pd.Series(pd.factorize(own, sort=True)[0], index=own.index)
    if worse == "low":
        place = place.max() - place
    index = place.reindex(values.index, fill_value=-1).astype(int)
    return index, _legend(known, place, decimals)


def _by_scheme(known: pd.Series, scheme: object, k: int) -> NDArray[np.intp]:
    """Let mapclassify sort the numbers; its names are known in any case."""
    if hasattr(scheme, "bins") and not isinstance(scheme, type):
        # upper ends, which belong to their class
        return np.searchsorted(np.asarray(scheme.bins)[:-1], known, side="left")
    scheme = getattr(scheme, "__name__", scheme)
    try:
        import mapclassify  # noqa: PLC0415 - its import costs two seconds
    except ImportError as error:
        msg = "`scheme` needs the package mapclassify: pip install mapclassify."
        raise ImportError(msg) from error
    names = {one.lower(): one for one in mapclassify.CLASSIFIERS}
    if str(scheme).lower() not in names:
        msg = f'mapclassify has no scheme "{scheme}". {nearest(str(scheme), names.values())}'
        raise ValueError(msg)
    found: NDArray[np.intp] = mapclassify.classify(known.to_numpy(), scheme, k=k).yb
    return found


def _answered(villages: pd.DataFrame, indicator: Indicator) -> dict[str, pd.Series]:
    """Say who answered, where the share is of those and some did not."""
    if not indicator.count_column or not indicator.answered_of:
        return {}
    whole = villages[indicator.answered_of].astype(float)
    known = villages[indicator.base_column].astype(float)
    if not (known < whole).any():
        return {}
    return {"known": known, "known_share": known / whole.where(whole > 0)}


def _edges(known: pd.Series, decimals: int) -> NDArray[np.float64]:
    if known.empty:
        return np.array([])
    breaks = natural_breaks(known.tolist(), classes=len(PALETTE), no_jump=True)
    return np.unique(np.round(breaks, decimals))


def _legend(known: pd.Series, place: pd.Series, decimals: int) -> tuple[LegendClass, ...]:
    """Name each class by the numbers that are there: no label spans a gap between classes."""
    held = list(known.groupby(place))
    labels = [
        " – ".join(dict.fromkeys((numeral(own.min(), decimals), numeral(own.max(), decimals))))
        for _, own in held
    ]
    colors = _colors(len(labels)) if labels else []
    return tuple(
        LegendClass(color, label, len(own))
        for color, label, (_, own) in zip(colors, labels, held, strict=True)
    )


def _colors(count: int) -> list[str]:
    """Spread few classes over the whole palette, the last one darkest."""
    if count == 1:
        return [PALETTE[1]]
    places = np.linspace(0, len(PALETTE) - 1, count).round().astype(int)
    return [PALETTE[place] for place in places]


def _sums(villages: pd.DataFrame, indicator: Indicator) -> tuple[pd.Series, pd.Series]:
    """Sum what the share counts, and what it is of, by district: the same villages in both."""
    districts = sorted(villages["district_code"].unique())
    if not indicator.count_column:
        nothing = pd.Series(float("nan"), index=districts)
        return nothing, nothing
    base = indicator.base_column
    both = villages[[indicator.count_column, base]].astype(float)
    # a village that too few answered has no share, and yet its count is a part of the sum
    known = both.notna().all(axis=1) & (both[base] > 0)
    both = both[known]
    # the count beside a "worse when low" share counts those without, the share those with
    over = both[indicator.count_column]
    if indicator.worse == "low":
        over = both[base] - over
    block = villages.loc[known, "district_code"]
    sums = [one.groupby(block).sum().reindex(districts) for one in (over, both[base])]
    return sums[0], sums[1]
