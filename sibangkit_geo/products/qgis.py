"""Styles of QGIS (QML): the classes and colours of the maps, and Indonesian field names."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal
from xml.sax.saxutils import quoteattr  # nosec B406 # it writes, and reads no XML

from sibangkit_geo.products.classes import NO_DATA_COLOR
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from sibangkit_geo.products.classes import Layer

Shape = Literal["Polygon", "Line", "Point", "No geometry"]

LAYER_STYLE_NAME = "sibangkit"
VERSION = "3.22.0-Białowieża"
_INK, _DISTRICT, _THIN = "#22222299", "#222222ff", "#6b6b6bff"
_GRADES = {"strict": ("#0b3d91ff", "solid", 0.9), "indicative": ("#0b3d91ff", "dash", 0.7)}
_WIDE = "#6b4a1eff"

# tables have six digits; an edge may lie between two of their numbers
_EDGE_DIGITS, _HALF_STEP = 8, 5e-7
# names of rivers and places are read from this scale on
_NAMES_FROM = 500_000
# the number of a shape in a style
_SHAPES: dict[Shape, int] = {"Point": 0, "Line": 1, "Polygon": 2, "No geometry": 4}


@dataclass(frozen=True, slots=True)
class Mark:
    """
    How features of one kind are drawn.

    `edge`: Of areas and points the outline, of lines the line itself.
    `width`: Millimetres; of points the diameter.
    """

    value: str
    label: str
    color: str
    edge: str = ""
    width: float = 0.3


def village_style(layer: Layer, stored: pd.Series, names: Mapping[str, str]) -> str:
    """
    Style villages by the layer's own classes, so that every number falls in one of them.

    `stored`: The numbers of the layer's column as the file has them, by village.
    `names`: Column to Indonesian name.
    Returns: Villages without data have a rule of their own.
    """
    empty = say("annex.no_or_thin_data" if layer.thin.any() else "annex.no_data")
    tests = class_tests(layer, stored)
    absent = f'"{layer.indicator.name}" IS NULL' if tests else "ELSE"
    rules = [
        *((one.label, test, one.color) for one, test in zip(layer.classes, tests, strict=True)),
        (empty, absent, NO_DATA_COLOR),
    ]
    symbols = [_fill(str(at), color, _THIN) for at, (_, _, color) in enumerate(rules)]
    listed = "".join(
        f"<rule key={quoteattr(f'r{at}')} symbol={quoteattr(str(at))} filter={quoteattr(test)} "
        f"label={quoteattr(label)}/>"
        for at, (label, test, _) in enumerate(rules)
    )
    # the rule above draws nothing: it tells in legends what the classes are of
    head = f'<rule key="r" label={quoteattr(style_label(layer))}>{listed}</rule>'
    renderer = (
        '<renderer-v2 type="RuleRenderer" symbollevels="0" enableorderby="0" forceraster="0">'
        f'<rules key="root">{head}</rules><symbols>{"".join(symbols)}</symbols></renderer-v2>'
    )
    return _qml(renderer, names, label="name", size=7, scale=250_000)


def style_label(layer: Layer) -> str:
    """Name the classes of a layer, with their unit where the label does not say it."""
    label = layer.indicator.label
    told = layer.indicator.unit != "percent" or "persen" in label
    return label if told else f"{label} (%)"


def style_names(layers: Sequence[Layer]) -> list[str]:
    """Name the style of every layer by its label; one that repeats has its column too."""
    labels = [one.indicator.label for one in layers]
    return [
        label if labels.count(label) == 1 else f"{label} ({one.indicator.name})"
        for label, one in zip(labels, layers, strict=True)
    ]


def class_tests(layer: Layer, stored: pd.Series) -> list[str]:
    """
    Write for each class of a layer which numbers of its column fall in it.

    A class reaches from where its smallest number begins, as it is shown, up to where the next
    class begins: no number lies between two, and none in two.

    `stored`: The numbers as the file has them, by village; a number that lies on the edge itself
        decides on which side the edge lies.
    Returns: In the order of the classes.
    """
    held = [layer.class_index[layer.class_index == at].index for at in range(len(layer.classes))]
    rising = sorted(range(len(held)), key=lambda at: layer.shown[held[at]].min())
    numbers = stored.astype(float)
    factor = 100 if layer.indicator.unit == "percent" else 1
    edges = []
    for below, above in pairwise(rising):
        shown = layer.shown[held[above]].min() - 0.5 / 10**layer.decimals
        edge, highest = round(shown / factor, _EDGE_DIGITS), numbers[held[below]].max()
        edges.append(_number(edge if highest < edge else highest + _HALF_STEP))
    column = f'"{layer.indicator.name}"'
    tests = [""] * len(held)
    for at, own in enumerate(rising):
        ends = [f"{column} >= {edges[at - 1]}"] if at else []
        ends += [f"{column} < {edges[at]}"] if at < len(edges) else []
        tests[own] = " AND ".join(ends) or f"{column} IS NOT NULL"
    return tests


def _number(value: float) -> str:
    # shorter than the tail of a binary fraction, finer than any number of the tables
    return f"{value:.{_EDGE_DIGITS}f}".rstrip("0").rstrip(".")


def pocket_style(names: Mapping[str, str]) -> str:
    """
    Style pockets by their grade: outlines without fill.

    `names`: Column to Indonesian name.
    Returns: Labelled with their number.
    """
    grades = list(_GRADES.items())
    symbols = "".join(
        _fill(str(at), "", color, line=line, width=width)
        for at, (_, (color, line, width)) in enumerate(grades)
    )
    listed = "".join(
        f"<category value={quoteattr(grade)} symbol={quoteattr(str(at))} "
        f'label={quoteattr(say(f"annex.{grade}"))} render="true"/>'
        for at, (grade, _) in enumerate(grades)
    )
    renderer = (
        '<renderer-v2 type="categorizedSymbol" attr="evidence" symbollevels="0" '
        f'enableorderby="0" forceraster="0"><categories>{listed}</categories>'
        f"<symbols>{symbols}</symbols></renderer-v2>"
    )
    return _qml(renderer, names, label="'K' || \"pocket\"", size=10, bold=True)


def table_style(names: Mapping[str, str], *, outline: bool = False, label: str = "") -> str:
    """
    Style a layer that is outlined only, or has no geometry.

    `names`: Column to Indonesian name.
    `label`: Column of the labels; empty for none.
    Returns: With the names of the columns.
    """
    renderer = (
        '<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0">'
        f"<symbols>{_fill('0', '', _DISTRICT, width=0.4)}</symbols></renderer-v2>"
        if outline
        else ""
    )
    return _qml(renderer, names, label=label, size=9)


def wide_style(names: Mapping[str, str]) -> str:
    """
    Style parts of a wide pattern: dotted brown outlines, as on every map of a study.

    `names`: Column to Indonesian name.
    """
    renderer = (
        '<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0">'
        f"<symbols>{_fill('0', '', _WIDE, line='dot', width=0.6)}</symbols></renderer-v2>"
    )
    return _qml(renderer, names, label="", size=9)


def mark_style(
    marks: Sequence[Mark], names: Mapping[str, str], *, column: str, shape: Shape, label: str = ""
) -> str:
    """
    Style features by their kind.

    `names`: Column to Indonesian name.
    `column`: Holds the values of the marks.
    `label`: Column of the labels; empty for none.
    """
    draw = {"Polygon": _area, "Line": _line, "Point": _point}[shape]
    symbols = "".join(draw(str(at), one) for at, one in enumerate(marks))
    listed = "".join(
        f"<category value={quoteattr(one.value)} symbol={quoteattr(str(at))} "
        f'label={quoteattr(one.label)} render="true"/>'
        for at, one in enumerate(marks)
    )
    renderer = (
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(column)} symbollevels="0" '
        f'enableorderby="0" forceraster="0"><categories>{listed}</categories>'
        f"<symbols>{symbols}</symbols></renderer-v2>"
    )
    return _qml(renderer, names, label=label, size=7, shape=shape, scale=_NAMES_FROM)


def rgba(color: str) -> str:
    """
    Write a colour as QGIS does.

    Parameters
    ----------
    color
        ``#rrggbb`` or ``#rrggbbaa``.

    Returns
    -------
    text
        Such as ``"255,255,255,255"``.

    Raises
    ------
    ValueError
        It is no colour.

    Examples
    --------
    >>> rgba("#fdf3c7")
    '253,243,199,255'
    """
    digits = color.removeprefix("#").ljust(8, "f")
    return ",".join(str(int(digits[at : at + 2], 16)) for at in range(0, 8, 2))


def _fill(name: str, color: str, edge: str, *, line: str = "solid", width: float = 0.15) -> str:
    options = {
        "color": rgba(color or "#ffffff00"),
        "style": "solid" if color else "no",
        "outline_color": rgba(edge),
        "outline_style": line,
        "outline_width": str(width),
        "outline_width_unit": "MM",
    }
    return _symbol(name, "fill", "SimpleFill", options)


def _area(name: str, mark: Mark) -> str:
    edge = mark.edge or mark.color
    return _fill(name, mark.color, edge, line="solid" if mark.edge else "no", width=mark.width)


def _line(name: str, mark: Mark) -> str:
    options = {
        "line_color": rgba(mark.color),
        "line_style": "solid",
        "line_width": str(mark.width),
        "line_width_unit": "MM",
        "capstyle": "round",
        "joinstyle": "round",
    }
    return _symbol(name, "line", "SimpleLine", options)


def _point(name: str, mark: Mark) -> str:
    options = {
        "name": "circle",
        "color": rgba(mark.color),
        "outline_color": rgba(mark.edge),
        "outline_width": "0.3",
        "outline_width_unit": "MM",
        "size": str(mark.width),
        "size_unit": "MM",
    }
    return _symbol(name, "marker", "SimpleMarker", options)


def _symbol(name: str, kind: str, drawn: str, options: Mapping[str, str]) -> str:
    listed = "".join(
        f'<Option type="QString" name={quoteattr(key)} value={quoteattr(value)}/>'
        for key, value in options.items()
    )
    # older releases read <prop>, newer ones <Option>
    old = "".join(f"<prop k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in options.items())
    return (
        f'<symbol type="{kind}" name={quoteattr(name)} alpha="1" clip_to_extent="1" '
        f'force_rhr="0"><layer class="{drawn}" enabled="1" locked="0" pass="0">'
        f'<Option type="Map">{listed}</Option>{old}</layer></symbol>'
    )


def _qml(
    renderer: str,
    names: Mapping[str, str],
    *,
    label: str = "",
    size: int = 8,
    bold: bool = False,
    scale: int = 0,
    shape: Shape = "Polygon",
) -> str:
    number = _SHAPES[shape if renderer else "No geometry"]
    parts = [
        renderer,
        _labels(label, size, scale, shape, bold=bold) if label else "",
        _names(names),
    ]
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version={quoteattr(VERSION)} styleCategories="Symbology|Labeling|Fields" '
        f'labelsEnabled="{int(bool(label))}">{"".join(parts)}'
        f"<layerGeometryType>{number}</layerGeometryType></qgis>"
    )


def _labels(field: str, size: int, scale: int, shape: Shape, *, bold: bool) -> str:
    # over the point of a polygon, beside a point, along a line; what is bold is never left out
    place = {"Line": 2, "Point": 6}.get(shape, 0)
    expression, weight = int("'" in field), 75 if bold else 50
    limits = f'scaleVisibility="1" scaleMin="0" scaleMax="{scale}"' if scale else (
        'scaleVisibility="0"'
    )  # fmt: skip
    return (
        '<labeling type="simple"><settings calloutType="simple">'
        f'<text-style fieldName={quoteattr(field)} isExpression="{expression}" '
        f'fontFamily="Arial" fontSize="{size}" fontSizeUnit="Point" fontWeight="{weight}" '
        f'fontItalic="0" textColor="{rgba(_DISTRICT)}" textOpacity="1">'
        '<text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" '
        f'bufferColor="{rgba("#ffffff")}" bufferOpacity="1" bufferNoFill="1"/>'
        f'</text-style><placement placement="{place}" priority="{10 if bold else 5}"/>'
        f'<rendering {limits} displayAll="{int(bold)}" obstacle="1" fontMinPixelSize="3" '
        'fontMaxPixelSize="10000"/>'
        "</settings></labeling>"
    )


def _names(names: Mapping[str, str]) -> str:
    # position 0 is the key that the format adds
    named = {"fid": say("gis_row")} | {key: one for key, one in names.items() if key != "geometry"}
    return "<aliases>" + "".join(
        f'<alias index="{at}" field={quoteattr(column)} name={quoteattr(title)}/>'
        for at, (column, title) in enumerate(named.items())
    ) + "</aliases>"  # fmt: skip
