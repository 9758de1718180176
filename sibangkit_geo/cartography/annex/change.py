"""What changed between an earlier wave and the study, as a sheet, a chapter and a table tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.cartography.annex.paper import Pen
from sibangkit_geo.cartography.annex.rows import RANKED, Listing, Row, placed
from sibangkit_geo.cartography.annex.themes import MASKED, NO_DATA, Swatch, Theme
from sibangkit_geo.cartography.texts import say
from sibangkit_geo.errors import DataError
from sibangkit_geo.tables.numerals import numeral

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.cartography.product import Product

# from a fall to a rise: two hues apart for the colour-blind, five greys apart in print
CHANGE_COLORS = ("#1f8f88", "#a9d6d1", "#ececf1", "#eda45a", "#8f1d2c")
STATES = ("ok", "unreliable", "masked", "missing")
_COLUMNS = ("before", "after", "difference", "sure", "state")
_LABELS = ("fall_big", "fall", "same", "rise", "rise_big")
_SAME = 2
_MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class WaveChange:
    """
    Change of the poor share since an earlier wave; one row per official village.

    Attributes
    ----------
    table
        Indexed by village code: ``before``, ``after`` (per cent, missing unless state is
        ``"ok"``), ``difference`` (percentage points), ``sure`` (bool: beyond the
        uncertainty of both), ``state`` (of `STATES`).
    """

    before: int
    after: int
    label: str
    table: pd.DataFrame

    def __post_init__(self) -> None:
        """Check columns and states."""
        missing = [one for one in _COLUMNS if one not in self.table]
        if missing:
            msg = f"`table` lacks {', '.join(missing)}."
            raise ValueError(msg)
        strange = self.table[~self.table["state"].isin(STATES)]
        if len(strange):
            msg = "Villages with an unknown state of change"
            raise DataError(msg, rows=strange, remedy=f"Use one of {', '.join(STATES)}.")

    @property
    def title(self) -> str:
        """Word what is compared."""
        label = self.label[:1].lower() + self.label[1:]
        return say("annex.atlas_title_change", label=label, before=self.before, after=self.after)

    @property
    def sure(self) -> pd.DataFrame:
        """List the villages that surely changed, the largest change first."""
        rows = self.table[self.table["sure"]]
        order = rows["difference"].abs().sort_values(ascending=False, kind="stable").index
        return rows.loc[order]

    @property
    def edge(self) -> int:
        """Name the whole number of points that parts large from small sure changes."""
        sure = self.sure["difference"].abs()
        return max(1, round(float(sure.median()))) if len(sure) else 1

    @property
    def summary(self) -> str:
        """Count falls, rises, what did not surely change, and what is not compared."""
        sure, ok = self.table["sure"], self.table["state"].eq("ok")
        falls = int((sure & self.table["difference"].lt(0)).sum())
        rises = int(sure.sum()) - falls
        return say(
            "annex.atlas_change_summary", before=self.before, after=self.after,
            falls=numeral(falls), rises=numeral(rises), same=numeral(int((ok & ~sure).sum())),
            rest=numeral(int((~ok).sum())),
        )  # fmt: skip


def change_theme(change: WaveChange, codes: NDArray[np.object_]) -> Theme:
    """
    Fill villages by their change; what cannot be compared is hatched or dotted.

    Returns: From the largest fall to the largest rise, then what is not compared.
    """
    table = change.table.reindex(pd.Index(codes))
    edge = change.edge
    words = [say(f"annex.atlas_change_{one}", edge=numeral(edge)) for one in _LABELS]
    swatches = [Swatch(Pen(fill=c), w) for c, w in zip(CHANGE_COLORS, words, strict=True)]
    swatches += [
        Swatch(NO_DATA, say("annex.atlas_change_unreliable"), always=False),
        Swatch(MASKED, say("annex.masked"), always=False),
    ]
    sure, points = table["sure"].eq(True).to_numpy(), table["difference"].to_numpy(float)
    index = np.full(len(table), _SAME)
    index[sure] += np.where(points[sure] < 0, -1, 1)
    index[sure & (np.abs(points) >= edge)] += np.sign(
        points[sure & (np.abs(points) >= edge)]
    ).astype(int)
    state = table["state"].fillna("missing").to_numpy()
    index[np.isin(state, ("unreliable", "missing"))] = len(_LABELS)
    index[state == "masked"] = len(_LABELS) + 1
    heading = say("annex.atlas_change_heading", before=change.before, after=change.after)
    return Theme(heading, tuple(swatches), index.astype(np.intp))


def change_rows(product: Product, change: WaveChange) -> Listing:
    """
    List the largest sure changes.

    Returns: At most ten villages with a polygon, ranked on the map.
    """
    heading = say("annex.atlas_list_change")
    sure = change.sure
    sure = sure[sure.index.isin(product.mapped.index)].head(RANKED)
    if sure.empty:
        return Listing(heading, say("annex.atlas_change_none"))
    rows = [
        Row(str(at), placed(product, str(code)), told_change(row))
        for at, (code, row) in enumerate(sure.iterrows(), start=1)
    ]
    how = say("annex.atlas_change_how", before=change.before, after=change.after)
    return Listing(heading, how, tuple(rows), tuple(str(code) for code in sure.index))


def told_change(row: pd.Series) -> str:
    """
    Word a change as ``"7,9 → 15,2 (+7,3)"``.

    `row`: Of the table of a `WaveChange`, state ``"ok"``.
    Returns: Per cent, per cent, percentage points.
    """
    before, after = (numeral(float(row[one]), 1) for one in ("before", "after"))
    return say("annex.atlas_change_value", before=before, after=after,
               difference=signed(float(row["difference"])))  # fmt: skip


def signed(points: float) -> str:
    """
    Write percentage points with their sign.

    Parameters
    ----------
    points
        Percentage points.

    Returns
    -------
    words
        Such as ``"+1,5"``; a difference that rounds to nothing has no sign.

    Raises
    ------
    ValueError
        The number is missing.

    Examples
    --------
    >>> signed(1.54), signed(-0.04)
    ('+1,5', '0,0')
    """
    words = numeral(abs(points), 1)
    if not round(points, 1):
        return words
    return f"{'+' if points > 0 else _MINUS}{words}"
