"""What stands around the map: heading, legend, scale, index map, sources, method, notes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from pyproj import CRS

from sibangkit_geo.cartography.annex.frame import draw_areas
from sibangkit_geo.cartography.classes import MASKED_COLOR, NO_DATA_COLOR
from sibangkit_geo.cartography.texts import pocket_sentence, result_sentences, say
from sibangkit_geo.tables.numerals import numeral

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sibangkit_geo.cartography.annex.frame import Frame
    from sibangkit_geo.cartography.classes import Layer
    from sibangkit_geo.cartography.product import Product

PAGE_MM = (210.0, 297.0)
INK, SEA, LAND, POCKET = "#16232f", "#dfeaf1", "#efede6", "#12284c"
_SMALL, _BODY, _HEAD = 5.0, 5.8, 7.0
_LOWEST_TEXT = 15.0
_LAST_STEP = 0.05
_ROW_MM = 4.1
_LINE_MM = 2.5
_BAR_SHARE = 0.34


def furnish(figure: Figure, sheet: Axes, product: Product, frame: Frame) -> None:
    """
    Draw everything around the map.

    Parameters
    ----------
    figure
        Page.
    sheet
        Axes over the whole page, in millimetres.
    product
        Finished study.
    frame
        Ground shown by the map.

    Raises
    ------
    KeyError
        The catalogue of texts lacks a sentence.
    """
    _heading(sheet, product)
    _legend(sheet, product.layers[0], product)
    _scale(sheet, product, frame)
    _index_map(figure, product, frame)
    _texts(sheet, product)


def epsg_of(product: Product) -> int:
    """
    Name the study's CRS by its EPSG code.

    Parameters
    ----------
    product
        Finished study.

    Returns
    -------
    epsg
        Code; UTM zone 48S where the CRS has none.

    Raises
    ------
    pyproj.exceptions.CRSError
        The CRS is damaged.
    """
    code = CRS.from_user_input(product.mapped.crs).to_epsg()
    return code if code is not None else 32748


def _heading(sheet: Axes, product: Product) -> None:
    sheet.add_patch(Rectangle((8, 8), 194, 281, fill=False, linewidth=1.0, edgecolor=INK))
    made = f"sibangkit_geo {product.provenance.versions['sibangkit_geo']}"
    sheet.text(12, 10.0, made, fontsize=_SMALL, color="#5b6670")
    sheet.text(198, 10.0, say("annex.sheet", number=1), fontsize=_BODY, ha="right", color=INK)
    centre: dict[str, Any] = {"ha": "center", "va": "center", "color": INK}
    government = say("annex.government", regency=product.regency_name.upper())
    sheet.text(105, 285.2, government, fontsize=_HEAD, **centre)
    sheet.text(105, 281.4, say("annex.office"), fontsize=_BODY, **centre)
    title = say("annex.title", title=product.title).upper()
    sheet.text(105, 276.2, title, fontsize=10, fontweight="bold", **centre)
    indicator = product.layers[0].indicator
    line = f"{indicator.label} · {say('annex.year', year=indicator.year)}"
    sheet.text(105, 271.4, line, fontsize=_BODY, **centre)


def _legend(sheet: Axes, layer: Layer, product: Product) -> None:
    left, top = 12.0, 80.0
    sheet.text(left, top, say("annex.legend"), fontsize=_HEAD, fontweight="bold", color=INK)
    label = textwrap.fill(f"{layer.indicator.label} (%)", 44)
    sheet.text(left, top - 2.2, label, fontsize=_BODY, va="top", color=INK)
    row = top - 6.2 - 2.6 * label.count("\n")
    swatches = [(one.color, "", one.label, one.count) for one in layer.classes]
    swatches.append((NO_DATA_COLOR, "//////", say("annex.no_data"), layer.n_missing))
    if layer.masked.any():
        swatches.append((MASKED_COLOR, "", say("annex.masked"), int(layer.masked.sum())))
    for color, hatch, text, count in swatches:
        sheet.add_patch(
            Rectangle(
                (left, row - 3.0),
                7,
                3.0,
                facecolor=color,
                hatch=hatch,
                edgecolor="#7b8691",
                linewidth=0.3,
            )
        )
        style: dict[str, Any] = {"fontsize": _BODY, "va": "center", "color": INK}
        sheet.text(left + 9, row - 1.5, text, **style)
        amount = say("annex.villages", count=numeral(count))
        sheet.text(left + 54, row - 1.5, amount, ha="right", **style)
        row -= _ROW_MM
    _legend_lines(sheet, product, left=left, row=row)


def _legend_lines(sheet: Axes, product: Product, *, left: float, row: float) -> None:
    lines = [(True, 0.5, say("annex.district_line")), (True, 0.9, say("annex.regency_line"))]
    grades = set(product.pockets.outlines["evidence"])
    if "strict" in grades:
        lines.append((True, 1.4, say("annex.strict")))
    if "indicative" in grades:
        lines.append((False, 1.4, say("annex.indicative")))
    for solid, width, text in lines:
        color = POCKET if width > 1 else INK
        sheet.add_line(
            Line2D(
                [left, left + 7],
                [row - 1.5] * 2,
                color=color,
                linewidth=width,
                linestyle="-" if solid else "--",
            )
        )
        sheet.text(left + 9, row - 1.5, text, fontsize=_BODY, va="center", color=INK)
        row -= _ROW_MM
    for number, pocket in product.pockets.outlines.iterrows():
        if row < _LOWEST_TEXT:
            sheet.text(left, row, say("annex.more"), fontsize=4.5, va="top", color=INK)
            return
        words = pocket_sentence(int(str(number)), pocket, key="pocket_line")
        sheet.text(left, row, words, fontsize=4.5, va="top", color=INK)
        row -= _LINE_MM


def _scale(sheet: Axes, product: Product, frame: Frame) -> None:
    left, top = 74.0, 80.0
    text = say("annex.scale", scale=numeral(frame.scale))
    sheet.text(left, top, text, fontsize=_HEAD, fontweight="bold", color=INK)
    ground_km = 44 * _BAR_SHARE * 2 * frame.scale / 1e6
    step = next(
        s
        for s in (100, 50, 25, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05)
        if 2 * s <= ground_km or s == _LAST_STEP
    )
    long = step * 1e6 / frame.scale
    for i in range(2):
        sheet.add_patch(
            Rectangle(
                (left + i * long, top - 6.4),
                long,
                1.3,
                edgecolor=INK,
                facecolor=INK if i == 0 else "white",
                linewidth=0.4,
            )
        )
    for i in range(3):
        value = f"{step * i:g}".replace(".", ",") + (" km" if i == 2 else "")
        sheet.text(left + i * long, top - 4.6, value, fontsize=_SMALL, ha="center", color=INK)
    x, y = 128.0, 72.0
    sheet.add_patch(Polygon([(x, y + 6.5), (x - 2.4, y - 2), (x, y)], facecolor=INK, linewidth=0))
    sheet.add_patch(
        Polygon(
            [(x, y + 6.5), (x + 2.4, y - 2), (x, y)],
            facecolor="white",
            edgecolor=INK,
            linewidth=0.4,
        )
    )
    sheet.text(x, y + 7.3, say("annex.north"), fontsize=_BODY, fontweight="bold", ha="center")
    epsg = epsg_of(product)
    name = CRS.from_epsg(epsg).name
    own = epsg == 32748
    words = say("annex.projection" if own else "annex.projection_other", epsg=epsg, name=name)
    sheet.text(left, top - 9.0, words, fontsize=_SMALL, va="top", linespacing=1.4, color=INK)


def _index_map(figure: Figure, product: Product, frame: Frame) -> None:
    left, bottom, width, height = 74.0, 19.0, 58.0, 39.0
    axes = figure.add_axes(
        (left / PAGE_MM[0], bottom / PAGE_MM[1], width / PAGE_MM[0], height / PAGE_MM[1])
    )
    axes.set(xticks=[], yticks=[], aspect="equal", facecolor=SEA)
    axes.set_title(say("annex.index"), fontsize=_BODY, pad=2.5, color=INK, fontweight="bold")
    context = product.boundaries.context.geometry.simplify(300)
    draw_areas(axes, context, colors=[LAND] * len(context), edgecolor="#b5b0a2", linewidth=0.3)
    own = [product.mapped.geometry.union_all().simplify(300)]
    draw_areas(axes, own, colors=["#cf4a35"], edgecolor=INK, linewidth=0.3)
    axes.add_patch(
        Rectangle(
            (frame.west, frame.south),
            frame.east - frame.west,
            frame.north - frame.south,
            fill=False,
            edgecolor="#12284c",
            linewidth=0.8,
        )
    )
    shapes = pd.concat([product.boundaries.context.geometry, product.mapped.geometry])
    west, south, east, north = shapes.total_bounds
    axes.set(
        xlim=(min(west, frame.west), max(east, frame.east)),
        ylim=(min(south, frame.south), max(north, frame.north)),
    )


def _texts(sheet: Axes, product: Product) -> None:
    left, row = 137.0, 80.0
    headline, sentences = result_sentences(product.pockets)
    notes = [product.estimate_line, product.boundary_line, f"{headline}.", sentences[0]]
    notes += [note.text for note in product.notes if note.key == "official_rate_differs"]
    blocks = [
        ("annex.sources", list(product.source_lines)),
        ("annex.method", [product.method_line]),
        ("annex.notes", [note for note in notes if note]),
    ]
    for key, lines in blocks:
        sheet.text(left, row, say(key), fontsize=_BODY, fontweight="bold", color=INK)
        row -= 1.3
        for line in lines:
            text = textwrap.fill(line, 66)
            if row - 2.02 * (text.count("\n") + 1) < _LOWEST_TEXT:
                more = say("annex.more")
                sheet.text(left, row, more, fontsize=4.5, va="top", color=INK)
                return
            sheet.text(left, row, text, fontsize=4.5, va="top", linespacing=1.25, color=INK)
            row -= 2.02 * (text.count("\n") + 1) + 0.6
        row -= 2.6
