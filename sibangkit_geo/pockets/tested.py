"""Which villages can be tested: wrong tables are refused with what to do, odd ones are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError, refuse_missing
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.types import Note
from sibangkit_geo.pockets.neighbors import require_areas, require_metric

if TYPE_CHECKING:
    import geopandas as gpd

_COUNTS = ("poor_households", "households")
# counts that come out of a share are whole but for their last digits
_WHOLE = 1e-6


def usable_villages(villages: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Note]]:
    """
    Check a village table and leave out what cannot be tested.

    Grain: one row per village in and out, sorted by label, so that the order of rows changes
    nothing.

    Returns: Villages with both counts and a polygon.
    Returns: How many were left out, and counts that are not whole.
    Raises DataError: A column is missing or holds text, counts are infinite, negative or shares, a
        village has more poor households than households or stands twice, or the places are no
        polygons in metres.
    """
    counts = _numbers(villages)
    _require_places(villages)
    usable = counts.notna().all(axis=1) & (counts["households"] > 0)
    usable &= ~(villages.geometry.is_empty | villages.geometry.isna())
    left_out = int((~usable).sum())
    notes = []
    if left_out:
        text = (
            f"{left_out} desa/kelurahan tidak ikut diuji karena tanpa poligon, tanpa rumah "
            f"tangga atau tanpa data kemiskinan."
        )
        notes.append(Note("villages_not_tested", text, left_out))
    known = counts[usable]
    broken = int(((known - known.round()).abs() > _WHOLE).any(axis=1).sum())
    if broken:
        text = (
            f"{numeral(broken)} desa/kelurahan memiliki jumlah rumah tangga yang bukan bilangan "
            "bulat: dipakai sebagaimana tertulis."
        )
        notes.append(Note("fractional_counts", text, broken))
    return villages[usable].assign(**{name: known[name] for name in _COUNTS}).sort_index(), notes


def _numbers(villages: gpd.GeoDataFrame) -> pd.DataFrame:
    """Read both counts as numbers, and refuse what no count can be."""
    columns = villages.columns.drop("geometry", errors="ignore")
    refuse_missing(columns, _COUNTS, table="The village table")
    twice = villages[villages.index.duplicated(keep=False)]
    if len(twice):
        msg = "Villages stand twice in the table"
        raise DataError(msg, rows=pd.DataFrame(twice), remedy="Keep one row per village.")
    counts = villages[list(_COUNTS)].apply(pd.to_numeric, errors="coerce").astype(float)
    words = villages[list(_COUNTS)].notna() & counts.isna()
    _refuse(villages, words.any(axis=1), "a count that is no number", "Write plain numbers.")
    _refuse(villages, np.isinf(counts).any(axis=1), "an infinite count", "Empty these cells.")
    _refuse(villages, (counts < 0).any(axis=1), "a negative count", "Correct these counts.")
    poor, homes = counts["poor_households"], counts["households"]
    _refuse(villages, poor > homes, "more poor households than households", "Correct these counts.")
    require_counts(poor, homes)
    return pd.DataFrame(counts)


def require_counts(poor: pd.Series, homes: pd.Series) -> None:
    """Refuse shares that were handed over as counts: parts of one household, never more."""
    parts = bool(((poor - poor.round()).abs() > _WHOLE).any())
    if len(homes) and parts and poor.max() <= 1:
        msg = "No village has more than one poor household, and some a part: shares, not counts"
        raise DataError(msg, remedy="Give the number of poor households and of all households.")


def more_than_all(places: int) -> list[Note]:
    """Note that some places have more cases than people: possible for events, not for the poor."""
    if not places:
        return []
    text = (
        f"{numeral(places)} tempat mempunyai kasus lebih banyak daripada penduduknya: mungkin "
        "untuk kejadian, tidak mungkin untuk rumah tangga miskin."
    )
    return [Note("more_than_all", text, places)]


def _refuse(villages: gpd.GeoDataFrame, bad: pd.Series, what: str, remedy: str) -> None:
    if bad.any():
        msg = f"Villages with {what}"
        raise DataError(msg, rows=pd.DataFrame(villages[bad]), remedy=remedy)


def _require_places(villages: gpd.GeoDataFrame) -> None:
    """Refuse places that are no areas, and coordinates that are no metres."""
    here = villages[~(villages.geometry.is_empty | villages.geometry.isna())]
    if len(here):
        require_areas(here)
        require_metric(here)
