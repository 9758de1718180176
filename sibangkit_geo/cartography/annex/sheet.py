"""One A4 sheet: the overview map with all that a planning document asks for."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import pandas as pd
import shapely
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from pyproj import CRS, Transformer

from sibangkit_geo.cartography.annex.frame import MM_PER_INCH, draw_areas, draw_graticule, fit
from sibangkit_geo.cartography.annex.labels import draw_labels, place
from sibangkit_geo.cartography.classes import MASKED_COLOR, NO_DATA_COLOR
from sibangkit_geo.cartography.texts import pocket_sentence, result_sentences, say
from sibangkit_geo.cartography.web.topology import district_label_points
from sibangkit_geo.tables.numerals import numeral

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from sibangkit_geo.cartography.annex.frame import Frame
    from sibangkit_geo.cartography.classes import Layer
    from sibangkit_geo.cartography.product import Product

_PAGE_MM = (210.0, 297.0)
_MAP_MM = (16.0, 87.0, 178.0, 177.5)  # left, bottom, width, height
_INK, _SEA, _LAND = "#16232f", "#dfeaf1", "#efede6"
_STRICT, _INDICATIVE = "#12284c", "#12284c"
_SMALL, _BODY, _HEAD = 5.0, 5.8, 7.0
_DETAIL_MM = 0.05
_LOWEST_TEXT = 15.0
_LAST_STEP = 0.05
_ROW_MM = 4.1
_BAR_SHARE = 0.34
# TrueType fonts keep text selectable and embedded
_RC: Any = {"pdf.fonttype": 42, "font.family": "DejaVu Sans", "hatch.linewidth": 0.35}


def write_annex(product: Product, path: Path) -> None:
    """
    Draw the overview sheet as PDF.

    Parameters
    ----------
    product
        Finished study.
    path
        PDF to write.

    Raises
    ------
    ValueError
        The regency is larger than the smallest round scale can show.
    OSError
        The disk refuses.
    """
    with mpl.rc_context(_RC):
        figure = Figure(figsize=(_PAGE_MM[0] / MM_PER_INCH, _PAGE_MM[1] / MM_PER_INCH))
        sheet = figure.add_axes((0, 0, 1, 1))
        sheet.set(xlim=(0, _PAGE_MM[0]), ylim=(0, _PAGE_MM[1]))
        sheet.axis("off")
        frame = fit(product.mapped.total_bounds.tolist(), width_mm=_MAP_MM[2], height_mm=_MAP_MM[3])
        _heading(sheet, product)
        _map(figure, product, frame)
        _legend(sheet, product.layers[0], product)
        _scale(sheet, product, frame)
        _index(figure, product, frame)
        _texts(sheet, product)
        # no creation date: the same study gives the same bytes
        figure.savefig(
            path,
            format="pdf",
            metadata={
                "Title": product.title,
                "Author": "sibangkit_geo",
                "Subject": product.regency_name,
                "CreationDate": None,
            },
        )


def _heading(sheet: Axes, product: Product) -> None:
    sheet.add_patch(Rectangle((8, 8), 194, 281, fill=False, linewidth=1.0, edgecolor=_INK))
    made = f"sibangkit_geo {product.provenance.versions['sibangkit_geo']}"
    sheet.text(12, 10.0, made, fontsize=_SMALL, color="#5b6670")
    sheet.text(198, 10.0, say("annex.sheet", number=1), fontsize=_BODY, ha="right", color=_INK)
    centre: dict[str, Any] = {"ha": "center", "va": "center", "color": _INK}
    government = say("annex.government", regency=product.regency_name.upper())
    sheet.text(105, 285.2, government, fontsize=_HEAD, **centre)
    sheet.text(105, 281.4, say("annex.office"), fontsize=_BODY, **centre)
    title = f"{say('annex.title')} {product.regency_name.upper()}"
    sheet.text(105, 276.2, title, fontsize=10, fontweight="bold", **centre)
    indicator = product.layers[0].indicator
    line = f"{indicator.label} · {say('annex.year', year=product.year)}"
    sheet.text(105, 271.4, line, fontsize=_BODY, **centre)


def _map(figure: Figure, product: Product, frame: Frame) -> None:
    left, bottom, width, height = _MAP_MM
    axes = figure.add_axes(
        (left / _PAGE_MM[0], bottom / _PAGE_MM[1], width / _PAGE_MM[0], height / _PAGE_MM[1])
    )
    axes.set(xlim=(frame.west, frame.east), ylim=(frame.south, frame.north), xticks=[], yticks=[])
    axes.set_facecolor(_SEA)
    layer = product.layers[0]
    mapped = product.mapped.assign(geometry=_for_paper(product.mapped.geometry, frame))
    context = product.boundaries.context.clip_by_rect(
        frame.west, frame.south, frame.east, frame.north
    )
    context = context[~context.is_empty]
    draw_areas(axes, context, colors=[_LAND] * len(context), edgecolor="#b5b0a2", linewidth=0.4)
    draw_areas(
        axes, mapped.geometry, colors=layer.colors, edgecolor="#ffffff", linewidth=0.2, zorder=2
    )
    empty = mapped.geometry[layer.missing]
    draw_areas(
        axes,
        empty,
        colors=["none"] * len(empty),
        edgecolor="#7b8691",
        linewidth=0,
        hatch="//////",
        zorder=2.1,
    )
    districts = mapped.dissolve("district_code").geometry
    draw_areas(
        axes, districts, colors=["none"] * len(districts), edgecolor=_INK, linewidth=0.5, zorder=4
    )
    whole = [mapped.geometry.union_all()]
    draw_areas(axes, whole, colors=["none"], edgecolor=_INK, linewidth=0.9, zorder=5)
    _pockets(axes, product)
    draw_graticule(axes, frame, epsg=_epsg(product), size=_SMALL)
    draw_labels(axes, place(_district_names(product), _district_points(product), frame=frame))


def _pockets(axes: Axes, product: Product) -> None:
    for _, pocket in product.pockets.outlines.iterrows():
        dash = "solid" if pocket["evidence"] == "strict" else (0, (3, 1.5))
        draw_areas(
            axes, [pocket.geometry], colors=["none"], edgecolor="white", linewidth=2.6, zorder=6
        )
        draw_areas(
            axes,
            [pocket.geometry],
            colors=["none"],
            edgecolor=_STRICT,
            linewidth=1.4,
            linestyle=dash,
            zorder=6.1,
        )


def _for_paper(shapes: gpd.GeoSeries, frame: Frame) -> NDArray[np.object_]:
    """Drop detail finer than a twentieth of a millimetre; neighbours keep their common line."""
    tolerance = _DETAIL_MM / 1000 * frame.scale
    return shapely.coverage_simplify(shapes.to_numpy(), tolerance)  # type: ignore[no-any-return]


def _epsg(product: Product) -> int:
    code = CRS.from_user_input(product.mapped.crs).to_epsg()
    return code if code is not None else 32748


def _district_names(product: Product) -> dict[str, str]:
    names = product.mapped.groupby("district_code")["district_name"].first()
    return {str(code): str(name) for code, name in names.items()}


def _district_points(product: Product) -> dict[str, list[tuple[float, float]]]:
    there = Transformer.from_crs(4326, product.mapped.crs, always_xy=True)
    points = district_label_points(product.mapped, product.mapped["district_code"])
    return {
        code: [there.transform(one[0], one[1]) for one in places] for code, places in points.items()
    }


def _legend(sheet: Axes, layer: Layer, product: Product) -> None:
    left, top = 12.0, 80.0
    sheet.text(left, top, say("annex.legend"), fontsize=_HEAD, fontweight="bold", color=_INK)
    label = textwrap.fill(f"{layer.indicator.label} (%)", 44)
    sheet.text(left, top - 2.2, label, fontsize=_BODY, va="top", color=_INK)
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
        style: dict[str, Any] = {"fontsize": _BODY, "va": "center", "color": _INK}
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
        color = _STRICT if width > 1 else _INK
        sheet.add_line(
            Line2D(
                [left, left + 7],
                [row - 1.5] * 2,
                color=color,
                linewidth=width,
                linestyle="-" if solid else "--",
            )
        )
        sheet.text(left + 9, row - 1.5, text, fontsize=_BODY, va="center", color=_INK)
        row -= _ROW_MM


def _scale(sheet: Axes, product: Product, frame: Frame) -> None:
    left, top = 74.0, 80.0
    text = say("annex.scale", scale=numeral(frame.scale))
    sheet.text(left, top, text, fontsize=_HEAD, fontweight="bold", color=_INK)
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
                edgecolor=_INK,
                facecolor=_INK if i == 0 else "white",
                linewidth=0.4,
            )
        )
    for i in range(3):
        value = f"{step * i:g}".replace(".", ",") + (" km" if i == 2 else "")
        sheet.text(left + i * long, top - 4.6, value, fontsize=_SMALL, ha="center", color=_INK)
    x, y = 128.0, 72.0
    sheet.add_patch(Polygon([(x, y + 6.5), (x - 2.4, y - 2), (x, y)], facecolor=_INK, linewidth=0))
    sheet.add_patch(
        Polygon(
            [(x, y + 6.5), (x + 2.4, y - 2), (x, y)],
            facecolor="white",
            edgecolor=_INK,
            linewidth=0.4,
        )
    )
    sheet.text(x, y + 7.3, say("annex.north"), fontsize=_BODY, fontweight="bold", ha="center")
    epsg = _epsg(product)
    name = CRS.from_epsg(epsg).name
    own = epsg == 32748
    words = say("annex.projection" if own else "annex.projection_other", epsg=epsg, name=name)
    sheet.text(left, top - 9.0, words, fontsize=_SMALL, va="top", linespacing=1.4, color=_INK)


def _index(figure: Figure, product: Product, frame: Frame) -> None:
    left, bottom, width, height = 74.0, 19.0, 58.0, 39.0
    axes = figure.add_axes(
        (left / _PAGE_MM[0], bottom / _PAGE_MM[1], width / _PAGE_MM[0], height / _PAGE_MM[1])
    )
    axes.set(xticks=[], yticks=[], aspect="equal", facecolor=_SEA)
    axes.set_title(say("annex.index"), fontsize=_BODY, pad=2.5, color=_INK, fontweight="bold")
    context = product.boundaries.context.geometry.simplify(300)
    draw_areas(axes, context, colors=[_LAND] * len(context), edgecolor="#b5b0a2", linewidth=0.3)
    own = [product.mapped.geometry.union_all().simplify(300)]
    draw_areas(axes, own, colors=["#cf4a35"], edgecolor=_INK, linewidth=0.3)
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
    outlines = product.pockets.outlines
    notes += [pocket_sentence(int(str(number)), row) for number, row in outlines.iterrows()]
    notes += [note.text for note in product.notes if note.key == "official_rate_differs"]
    blocks = [
        ("annex.sources", list(product.source_lines)),
        ("annex.method", [product.method_line]),
        ("annex.notes", [note for note in notes if note]),
    ]
    for key, lines in blocks:
        sheet.text(left, row, say(key), fontsize=_BODY, fontweight="bold", color=_INK)
        row -= 1.3
        for line in lines:
            text = textwrap.fill(line, 66)
            if row - 2.02 * (text.count("\n") + 1) < _LOWEST_TEXT:
                more = say("annex.more")
                sheet.text(left, row, more, fontsize=4.5, va="top", color=_INK)
                return
            sheet.text(left, row, text, fontsize=4.5, va="top", linespacing=1.25, color=_INK)
            row -= 2.02 * (text.count("\n") + 1) + 0.6
        row -= 2.6
