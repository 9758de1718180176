"""One A4 sheet: the overview map with all that a planning document asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import shapely
from matplotlib.figure import Figure
from pyproj import Transformer

from sibangkit_geo.cartography.annex.frame import MM_PER_INCH, draw_areas, draw_graticule, fit
from sibangkit_geo.cartography.annex.furniture import (
    INK,
    LAND,
    PAGE_MM,
    POCKET,
    SEA,
    epsg_of,
    furnish,
)
from sibangkit_geo.cartography.annex.labels import draw_labels, place
from sibangkit_geo.cartography.web.topology import district_label_points

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from sibangkit_geo.cartography.annex.frame import Frame
    from sibangkit_geo.cartography.product import Product

_MAP_MM = (16.0, 87.0, 178.0, 177.5)  # left, bottom, width, height
_SMALL, _BODY = 5.0, 5.8
_DETAIL_MM = 0.05
_NUMBER_MM = 2.2
_BADGE = {"boxstyle": "circle,pad=0.25", "fc": POCKET, "ec": "white", "linewidth": 0.5}
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
        figure = Figure(figsize=(PAGE_MM[0] / MM_PER_INCH, PAGE_MM[1] / MM_PER_INCH))
        sheet = figure.add_axes((0, 0, 1, 1))
        sheet.set(xlim=(0, PAGE_MM[0]), ylim=(0, PAGE_MM[1]))
        sheet.axis("off")
        frame = fit(product.mapped.total_bounds.tolist(), width_mm=_MAP_MM[2], height_mm=_MAP_MM[3])
        _map(figure, product, frame)
        furnish(figure, sheet, product, frame)
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


def _map(figure: Figure, product: Product, frame: Frame) -> None:
    left, bottom, width, height = _MAP_MM
    axes = figure.add_axes(
        (left / PAGE_MM[0], bottom / PAGE_MM[1], width / PAGE_MM[0], height / PAGE_MM[1])
    )
    axes.set(xlim=(frame.west, frame.east), ylim=(frame.south, frame.north), xticks=[], yticks=[])
    axes.set_facecolor(SEA)
    layer = product.layers[0]
    mapped = product.mapped.assign(geometry=_for_paper(product.mapped.geometry, frame))
    context = product.boundaries.context.clip_by_rect(
        frame.west, frame.south, frame.east, frame.north
    )
    context = context[~context.is_empty]
    draw_areas(axes, context, colors=[LAND] * len(context), edgecolor="#b5b0a2", linewidth=0.4)
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
        axes, districts, colors=["none"] * len(districts), edgecolor=INK, linewidth=0.5, zorder=4
    )
    whole = [mapped.geometry.union_all()]
    draw_areas(axes, whole, colors=["none"], edgecolor=INK, linewidth=0.9, zorder=5)
    _pockets(axes, product)
    draw_graticule(axes, frame, epsg=epsg_of(product), size=_SMALL)
    numbers = _number_boxes(product, frame)
    labels = place(_district_names(product), _district_points(product), frame=frame, taken=numbers)
    draw_labels(axes, labels)


def _pockets(axes: Axes, product: Product) -> None:
    for number, pocket in product.pockets.outlines.iterrows():
        dash = "solid" if pocket["evidence"] == "strict" else (0, (3, 1.5))
        draw_areas(
            axes, [pocket.geometry], colors=["none"], edgecolor="white", linewidth=2.6, zorder=6
        )
        draw_areas(
            axes,
            [pocket.geometry],
            colors=["none"],
            edgecolor=POCKET,
            linewidth=1.4,
            linestyle=dash,
            zorder=6.1,
        )
        place = pocket.geometry.representative_point()
        axes.text(
            place.x,
            place.y,
            str(number),
            fontsize=_BODY,
            fontweight="bold",
            ha="center",
            va="center",
            color="white",
            zorder=11,
            bbox={
                "boxstyle": "circle,pad=0.25",
                "facecolor": POCKET,
                "edgecolor": "white",
                "linewidth": 0.5,
            },
        )


def _number_boxes(product: Product, frame: Frame) -> list[tuple[float, float, float, float]]:
    """Keep district names off the numbers of the pockets."""
    reach = _NUMBER_MM / 1000 * frame.scale
    places = product.pockets.outlines.representative_point()
    return [(p.x - reach, p.y - reach, p.x + reach, p.y + reach) for p in places]


def _for_paper(shapes: gpd.GeoSeries, frame: Frame) -> NDArray[np.object_]:
    """Drop detail finer than a twentieth of a millimetre; neighbours keep their common line."""
    tolerance = _DETAIL_MM / 1000 * frame.scale
    return shapely.coverage_simplify(shapes.to_numpy(), tolerance)  # type: ignore[no-any-return]


def _district_names(product: Product) -> dict[str, str]:
    names = product.mapped.groupby("district_code")["district_name"].first()
    return {str(code): str(name) for code, name in names.items()}


def _district_points(product: Product) -> dict[str, list[tuple[float, float]]]:
    there = Transformer.from_crs(4326, product.mapped.crs, always_xy=True)
    points = district_label_points(product.mapped, product.mapped["district_code"])
    return {
        code: [there.transform(one[0], one[1]) for one in places] for code, places in points.items()
    }
