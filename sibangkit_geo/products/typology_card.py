"""The card of a typology: a map of the types and what sets each one apart."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.products.atlas.ground import MM_PER_INCH, draw_areas
from sibangkit_geo.products.classes import TYPE_COLORS
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes

_PAGE_MM = (210.0, 297.0)
_INK, _SOFT = "#16202e", "#526072"
_SHOWN, _PER_PAGE = 6, 4
_WIDEST = 2.5
_RC: Any = {"pdf.fonttype": 42, "font.family": "DejaVu Sans"}


@dataclass(frozen=True, slots=True)
class TypeCard:
    """
    What the card tells.

    `villages`: Polygons in metres with ``village_type`` (missing where a village has none).
    """

    title: str
    source: str
    note: str
    villages: gpd.GeoDataFrame
    profiles: pd.DataFrame


def write_type_card(card: TypeCard, path: Path) -> None:
    """Draw the card as PDF: the map, then the types, four on a page."""
    numbers = sorted(card.profiles["village_type"].unique())
    told = {"Title": card.title, "Author": "sibangkit_geo", "CreationDate": None}
    with mpl.rc_context(_RC), PdfPages(path, metadata=told) as pages:
        pages.savefig(_map_page(card, numbers))
        for start in range(0, len(numbers), _PER_PAGE):
            pages.savefig(_types_page(card, numbers[start : start + _PER_PAGE]))


def _page() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_PAGE_MM[0] / MM_PER_INCH, _PAGE_MM[1] / MM_PER_INCH))
    sheet = figure.add_axes((0, 0, 1, 1))
    sheet.set(xlim=(0, _PAGE_MM[0]), ylim=(0, _PAGE_MM[1]))
    sheet.axis("off")
    return figure, sheet


def _color(number: int) -> str:
    return TYPE_COLORS[(number - 1) % len(TYPE_COLORS)]


def _map_page(card: TypeCard, numbers: list[int]) -> Figure:
    figure, sheet = _page()
    sheet.text(15, 280, textwrap.fill(card.title, 60), fontsize=14, weight="bold", color=_INK,
               va="top")  # fmt: skip
    axes = figure.add_axes((15 / 210, 80 / 297, 180 / 210, 180 / 297))
    types = card.villages["village_type"]
    colors = ["#ececec" if one != one else _color(int(one)) for one in types]  # noqa: PLR0124 - NaN
    draw_areas(axes, card.villages.geometry, colors=colors, edgecolor="white", linewidth=0.3)
    west, south, east, north = card.villages.total_bounds
    axes.set(xlim=(west, east), ylim=(south, north), aspect="equal")
    axes.axis("off")
    counts = types.value_counts()
    for place, number in enumerate(numbers):
        y = 72 - 6 * place
        sheet.add_patch(mpl.patches.Rectangle((15, y - 1.2), 7, 4, color=_color(number)))
        text = say("type_count", number=number, count=numeral(int(counts.get(number, 0))))
        sheet.text(25, y, text, fontsize=9, color=_INK)
    sheet.text(80, 74, textwrap.fill(card.note, 78), fontsize=7.5, color=_SOFT, va="top")
    sheet.text(15, 12, card.source, fontsize=7, color=_SOFT)
    return figure


def _types_page(card: TypeCard, numbers: list[int]) -> Figure:
    figure, sheet = _page()
    sheet.text(15, 280, say("types_heading"), fontsize=12, weight="bold", color=_INK)
    reading = textwrap.fill(say("types_reading"), 125)
    sheet.text(15, 277, reading, fontsize=7.5, color=_SOFT, va="top")
    for place, number in enumerate(numbers):
        rows = card.profiles[card.profiles["village_type"] == number].head(_SHOWN)
        top = 260 - 62 * place
        text = say("type_count", number=number, count=numeral(int(rows["n_villages"].iloc[0])))
        sheet.add_patch(mpl.patches.Rectangle((15, top - 1), 5, 5, color=_color(number)))
        sheet.text(23, top, text, fontsize=11, weight="bold", color=_INK)
        for line, (_, row) in enumerate(rows.iterrows()):
            _attribute(sheet, row, top - 8 - 8 * line, _color(number))
    sheet.text(15, 12, card.source, fontsize=7, color=_SOFT)
    return figure


def _attribute(sheet: Axes, row: pd.Series, y: float, color: str) -> None:
    """Draw one attribute: its name, its value beside that of all villages, how far away."""
    digits = 0 if abs(row["all_villages"]) >= 100 else 2
    name = textwrap.shorten(str(row["attribute"]).replace("_", " "), 46, placeholder="…")
    sheet.text(15, y, name, fontsize=8, color=_INK)
    told = say(
        "type_value",
        value=numeral(row["value"], digits),
        all=numeral(row["all_villages"], digits),
    )
    sheet.text(92, y, told, fontsize=8, color=_INK)
    middle, half = 170.0, 25.0
    length = max(-_WIDEST, min(_WIDEST, row["difference"])) / _WIDEST * half
    left = middle + min(0.0, length)
    sheet.add_patch(mpl.patches.Rectangle((left, y - 0.4), abs(length), 3, color=color))
    sheet.plot([middle, middle], [y - 1.5, y + 3.5], color=_SOFT, linewidth=0.6)
