"""Styles of QGIS (QML): the classes and colours of the maps, and Indonesian field names."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr  # nosec B406 # it writes, and reads no XML

from pyproj import CRS

from sibangkit_geo.products.classes import NO_DATA_COLOR, PALETTE
from sibangkit_geo.products.places import zip_moment
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sibangkit_geo.products.classes import Layer
    from sibangkit_geo.products.result import Analysis

LAYER_STYLE_NAME = "sibangkit"
_VERSION = "3.22.0-Białowieża"
_INK, _DISTRICT, _THIN = "#22222299", "#222222ff", "#6b6b6bff"
_GRADES = {"strict": ("#0b3d91ff", "solid", 0.9), "indicative": ("#0b3d91ff", "dash", 0.7)}
_WIDE = "#6b4a1eff"

_SURFACE_TITLE = "Risiko kemiskinan"
# times the regency's rate of being poor, light to dark: the palette of the maps
_SURFACE = tuple(zip((0.5, 1.0, 1.5, 2.0, 3.0), PALETTE, strict=True))


def village_style(layer: Layer, names: Mapping[str, str]) -> str:
    """
    Style villages by the layer's own classes.

    `names`: Column to Indonesian name.
    Returns: Villages without data have a rule of their own.
    """
    name = layer.indicator.name
    digits = layer.decimals
    factor = 100 if layer.indicator.unit == "percent" else 1
    value = f'round("{name}" * {factor}, {digits})'
    rules = []
    known = layer.shown.notna()
    for at, one in enumerate(layer.classes):
        own = layer.shown[known & (layer.class_index == at)]
        if len(own):
            inside = f"{value} >= {own.min():.{digits}f} AND {value} <= {own.max():.{digits}f}"
            rules.append((one.label, inside, one.color))
    empty = say("annex.no_or_thin_data" if layer.thin.any() else "annex.no_data")
    rules.append((empty, f'"{name}" IS NULL', NO_DATA_COLOR))
    symbols = [_fill(str(at), color, _THIN) for at, (_, _, color) in enumerate(rules)]
    listed = "".join(
        f"<rule key={quoteattr(f'r{at}')} symbol={quoteattr(str(at))} filter={quoteattr(test)} "
        f"label={quoteattr(label)}/>"
        for at, (label, test, _) in enumerate(rules)
    )
    renderer = (
        '<renderer-v2 type="RuleRenderer" symbollevels="0" enableorderby="0" forceraster="0">'
        f'<rules key="root">{listed}</rules><symbols>{"".join(symbols)}</symbols></renderer-v2>'
    )
    return _qml(renderer, names, label="name", size=7, scale=250_000)


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
    listed = "".join(
        f'<Option type="QString" name={quoteattr(key)} value={quoteattr(value)}/>'
        for key, value in options.items()
    )
    # older releases read <prop>, newer ones <Option>
    old = "".join(f"<prop k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in options.items())
    return (
        f'<symbol type="fill" name={quoteattr(name)} alpha="1" clip_to_extent="1" '
        'force_rhr="0"><layer class="SimpleFill" enabled="1" locked="0" pass="0">'
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
) -> str:
    kind = "0" if renderer else "4"
    parts = [renderer, _labels(label, size, scale, bold=bold) if label else "", _names(names)]
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version={quoteattr(_VERSION)} styleCategories="Symbology|Labeling|Fields" '
        f'labelsEnabled="{int(bool(label))}">{"".join(parts)}'
        f"<layerGeometryType>{'2' if kind == '0' else kind}</layerGeometryType></qgis>"
    )


def _labels(field: str, size: int, scale: int, *, bold: bool) -> str:
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
        '</text-style><placement placement="0" priority="5"/>'
        f'<rendering {limits} obstacle="1" fontMinPixelSize="3" fontMaxPixelSize="10000"/>'
        "</settings></labeling>"
    )


def _names(names: Mapping[str, str]) -> str:
    return "<aliases>" + "".join(
        f'<alias index="{at}" field={quoteattr(column)} name={quoteattr(title)}/>'
        for at, (column, title) in enumerate(_fields(names), start=1)
    ) + "</aliases>"  # fmt: skip


def _fields(names: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    # position 0 is the key that the format adds
    return [(column, title) for column, title in names.items() if column != "geometry"]


def escaped(text: str) -> str:
    """
    Write words as XML.

    Parameters
    ----------
    text
        Words.

    Returns
    -------
    xml
        With entities.

    Examples
    --------
    >>> escaped("a & b")
    'a &amp; b'
    """
    return escape(text)


@dataclass(frozen=True, slots=True)
class ProjectLayer:
    """A layer of the project."""

    name: str
    title: str
    qml: str
    spatial: bool


def write_project(
    product: Analysis,
    layers: Sequence[ProjectLayer],
    path: Path,
    *,
    package: str,
    surface: str = "",
) -> None:
    """
    Write a QGIS project, zipped.

    `surface`: Risk surface, relative to the project; empty for none.
    """
    entry = zipfile.ZipInfo(f"{path.stem}.qgs", zip_moment(product.provenance.created))
    entry.compress_type = zipfile.ZIP_DEFLATED
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(entry, _project(product, layers, package, surface))
    path.write_bytes(packed.getvalue())


def _project(product: Analysis, layers: Sequence[ProjectLayer], package: str, surface: str) -> str:
    crs = _crs(product)
    entries = [(one.name, one.title) for one in layers]
    maps = [_vector(one, package, crs) for one in layers]
    if surface:
        # under the villages it would never be seen
        entries.insert(2, ("surface", _SURFACE_TITLE))
        maps.append(_raster(surface, crs))
    tree = "".join(
        f"<layer-tree-layer id={quoteattr(f'sibangkit_{name}')} name={quoteattr(title)} "
        f'checked="{_checked(name)}" expanded="1"/>'
        for name, title in entries
    )
    west, south, east, north = product.mapped.total_bounds
    extent = (
        f"<extent><xmin>{west}</xmin><ymin>{south}</ymin><xmax>{east}</xmax>"
        f"<ymax>{north}</ymax></extent>"
    )
    order = "".join(f"<layer id={quoteattr(f'sibangkit_{name}')}/>" for name, _ in entries)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f"<qgis version={quoteattr(_VERSION)} projectname={quoteattr(product.title)}>"
        f"<title>{escaped(product.title)}</title><projectCrs>{crs}</projectCrs>"
        f"<layer-tree-group>{tree}</layer-tree-group>"
        f'<mapcanvas name="theMapCanvas"><units>meters</units>{extent}'
        f"<destinationsrs>{crs}</destinationsrs></mapcanvas>"
        f"<projectlayers>{''.join(maps)}</projectlayers><layerorder>{order}</layerorder>"
        '<properties><Paths><Absolute type="bool">false</Absolute></Paths>'
        '<SpatialRefSys><ProjectionsEnabled type="int">1</ProjectionsEnabled></SpatialRefSys>'
        "</properties>"
        "</qgis>\n"
    )


def _checked(name: str) -> str:
    return "Qt::Unchecked" if name in {"surface", "needs"} else "Qt::Checked"


def _crs(product: Analysis) -> str:
    crs = CRS.from_user_input(product.mapped.crs)
    code = crs.to_epsg()
    label = f"<authid>EPSG:{code}</authid><srid>{code}</srid>" if code else ""
    return f"<spatialrefsys><wkt>{escaped(crs.to_wkt('WKT2_2019'))}</wkt>{label}</spatialrefsys>"


def _vector(layer: ProjectLayer, package: str, crs: str) -> str:
    kind = "Polygon" if layer.spatial else "No geometry"
    # the style is the body of the QML, between its outer tags
    start = layer.qml.index(">", layer.qml.index("<qgis ")) + 1
    body = layer.qml[start : layer.qml.rindex("</qgis>")]
    head = layer.qml[layer.qml.index("<qgis ") : start]
    labels = 'labelsEnabled="1"' if 'labelsEnabled="1"' in head else 'labelsEnabled="0"'
    return (
        f'<maplayer type="vector" geometry={quoteattr(kind)} {labels}>'
        f"<id>sibangkit_{layer.name}</id><datasource>./{package}|layername={layer.name}"
        f"</datasource><layername>{escaped(layer.title)}</layername><srs>{crs}</srs>"
        f'<provider encoding="UTF-8">ogr</provider>{body}</maplayer>'
    )


def _raster(surface: str, crs: str) -> str:
    items = "".join(
        f'<item value="{value}" color="{color}" alpha="255" label="{value}"/>'
        for value, color in _SURFACE
    )
    low, high = _SURFACE[0][0], _SURFACE[-1][0]
    path = surface if surface.startswith(".") else f"./{surface}"
    return (
        f'<maplayer type="raster"><id>sibangkit_surface</id><datasource>{escaped(path)}'
        f"</datasource><layername>{_SURFACE_TITLE}</layername><srs>{crs}</srs>"
        '<provider>gdal</provider><pipe><rasterrenderer type="singlebandpseudocolor" band="1" '
        f'opacity="0.8" classificationMin="{low}" classificationMax="{high}"><rastershader>'
        f'<colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" '
        f'minimumValue="{low}" maximumValue="{high}">{items}</colorrampshader></rastershader>'
        "</rasterrenderer></pipe></maplayer>"
    )
