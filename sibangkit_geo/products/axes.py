"""A view drawn as a figure, on the axes of matplotlib."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Literal

from matplotlib import pyplot as plt
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.products.classes import NO_DATA_COLOR
from sibangkit_geo.products.ground_style import LAND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from sibangkit_geo.products.view import View

_INCHES = (7.0, 7.0)
_SOFT, _HATCH = "#526072", "#7d8794"
# inches: a map of a row of three
_SMALL = 3.2
# signs that an inch of the axes holds, in the title and under the map
_TITLE, _CAPTION = 9, 18
_FEWEST, _LEGEND = 20, 34


def draw(
    view: View,
    ax: Axes | None,
    *,
    legend: bool,
    figsize: tuple[float, float] | None,
    style: Mapping[str, Any],
) -> Axes:
    """
    Draw a view.

    `ax`: Where; a figure of `figsize` inches when None.
    Raises ValueError: The view has nothing to draw.
    """
    if ax is None:
        _, ax = plt.subplots(figsize=figsize or _INCHES, layout="compressed")
    if view.areas is not None or not view.lines:
        _draw_areas(view, view.polygons, ax, style)
    for line in view.lines:
        dash = "--" if line.dashed else "-"
        line.shapes.boundary.plot(ax=ax, color=line.color, linewidth=1.8, linestyle=dash)
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.set_title(_wrapped(view.title, ax, _TITLE), loc="left", fontsize=12, fontweight="bold")
    _caption(view, ax)
    if legend and (handles := list(_handles(view))):
        title = textwrap.fill(view.shade.label, _LEGEND) if view.shade else None
        # on a small map it would cover what it explains: there it lies under the caption
        small = _inches(ax) < _SMALL
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0, -0.12), "ncols": 2}
        ax.legend(
            handles=handles, title=title, fontsize=6 if small else 8,
            title_fontsize=6 if small else 8, alignment="left", framealpha=0.9,
            **(place if small else {"loc": "best"}),
        )  # fmt: skip
    return ax


def _draw_areas(view: View, areas: gpd.GeoDataFrame, ax: Axes, style: Mapping[str, Any]) -> None:
    colors = view.shade.colors if view.shade else None
    fill = LAND if colors is None else colors.to_numpy()
    areas.plot(**{"ax": ax, "color": fill, "edgecolor": "#ffffff", "linewidth": 0.4, **style})
    if colors is not None and view.shade and view.shade.missing:
        missing = areas[colors.eq(NO_DATA_COLOR).to_numpy()]
        missing.plot(ax=ax, facecolor="none", edgecolor=_HATCH, hatch="////", linewidth=0.3)


def _caption(view: View, ax: Axes) -> None:
    """Say under the map what its numbers are not."""
    # a small map has room for what it is not, those of a report beside it say the rest
    small = _inches(ax) < _SMALL
    caveat = f"{view.caveat.partition(':')[0]}." if small and ":" in view.caveat else view.caveat
    ax.annotate(
        _wrapped(caveat, ax, _CAPTION), (0, 0), (0, -6),
        xycoords="axes fraction", textcoords="offset points", va="top", fontsize=7, color=_SOFT,
    )  # fmt: skip


def _wrapped(text: str, ax: Axes, per_inch: int) -> str:
    """Break a text so that it does not reach into the map beside."""
    return "\n".join(textwrap.wrap(text, max(_FEWEST, round(_inches(ax) * per_inch))))


def _inches(ax: Axes) -> float:
    return float(ax.get_window_extent().width / ax.figure.dpi)


def _handles(view: View) -> Iterator[Artist]:
    """List what the legend explains: classes with their number of areas, and lines."""
    if view.shade:
        for one in view.shade.classes:
            label = f"{one.label} ({numeral(one.count)})"
            yield Patch(facecolor=one.color, edgecolor=_HATCH, linewidth=0.4, label=label)
        if view.shade.missing:
            none = view.shade.none
            yield Patch(facecolor="#ffffff", edgecolor=_HATCH, hatch="////", label=none)
    for line in view.lines:
        style: Literal["--", "-"] = "--" if line.dashed else "-"
        yield Line2D([], [], color=line.color, linewidth=1.8, linestyle=style, label=line.label)
