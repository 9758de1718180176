"""The QGIS project: layers in groups, a theme for every indicator, and a sheet to print."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr  # nosec B406 # it writes, and reads no XML

from pyproj import CRS

from sibangkit_geo.products.classes import PALETTE
from sibangkit_geo.products.places import zip_moment
from sibangkit_geo.products.print_sheet import print_sheet
from sibangkit_geo.products.qgis import VERSION
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sibangkit_geo.products.qgis import Shape
    from sibangkit_geo.products.result import Analysis

SURFACE_LAYER = "surface"
# times the regency's rate of being poor, light to dark: the palette of the maps
_SURFACE = tuple(zip((0.5, 1.0, 1.5, 2.0, 3.0), PALETTE, strict=True))
_HIDDEN = {SURFACE_LAYER, "needs"}
# the name that QGIS gives a style which has none
_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class ProjectLayer:
    """
    A layer of the project.

    `qml`: The style that it opens with.
    `group`: Title of its group.
    `styles`: Names to styles, the one that it opens with first; empty where there is one alone.
    """

    name: str
    title: str
    qml: str
    shape: Shape
    group: str
    styles: Mapping[str, str] = field(default_factory=dict)


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

    `layers`: From the top down.
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
    entries = [(one.name, one.title, one.group) for one in layers]
    maps = [_vector(one, package, crs) for one in layers]
    if surface:
        # under the villages it would never be seen
        at = [name for name, _, _ in entries].index("villages")
        entries.insert(at, (SURFACE_LAYER, say("gis_surface"), entries[at][2]))
        maps.append(_raster(surface, crs))
    west, south, east, north = product.mapped.total_bounds
    extent = (
        f"<extent><xmin>{west}</xmin><ymin>{south}</ymin><xmax>{east}</xmax>"
        f"<ymax>{north}</ymax></extent>"
    )
    order = "".join(f"<layer id={quoteattr(layer_id(name))}/>" for name, _, _ in entries)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f"<qgis version={quoteattr(VERSION)} projectname={quoteattr(product.title)}>"
        f"<title>{escape(product.title)}</title><projectCrs>{crs}</projectCrs>"
        f"<layer-tree-group>{_tree(entries)}</layer-tree-group>"
        f'<mapcanvas name="theMapCanvas"><units>meters</units>{extent}'
        f"<destinationsrs>{crs}</destinationsrs></mapcanvas>"
        f"<projectlayers>{''.join(maps)}</projectlayers><layerorder>{order}</layerorder>"
        f"{_themes(layers)}{print_sheet(product, _legend(layers))}"
        '<properties><Paths><Absolute type="bool">false</Absolute></Paths>'
        '<SpatialRefSys><ProjectionsEnabled type="int">1</ProjectionsEnabled></SpatialRefSys>'
        "</properties>"
        "</qgis>\n"
    )


def layer_id(name: str) -> str:
    """Give the key of a layer within the project."""
    return f"sibangkit_{name}"


def _tree(entries: Sequence[tuple[str, str, str]]) -> str:
    """Put layers into their groups, from the top down."""
    text = ""
    for group in dict.fromkeys(one for _, _, one in entries):
        own = [(name, title) for name, title, one in entries if one == group]
        listed = "".join(_leaf(name, title) for name, title in own)
        text += (
            f'<layer-tree-group name={quoteattr(group)} checked="Qt::Checked" expanded="1">'
            f"{listed}</layer-tree-group>"
        )
    return text


def _leaf(name: str, title: str) -> str:
    checked = "Qt::Unchecked" if name in _HIDDEN else "Qt::Checked"
    folded = int(name not in {*_HIDDEN, "land_sea"})
    return (
        f"<layer-tree-layer id={quoteattr(layer_id(name))} name={quoteattr(title)} "
        f'checked="{checked}" expanded="{folded}"/>'
    )


def _legend(layers: Sequence[ProjectLayer]) -> str:
    """List for the printed legend the layers that are drawn over the land."""
    return "".join(
        _leaf(one.name, one.title) for one in layers if one.name not in {*_HIDDEN, "land_sea"}
    )


def _themes(layers: Sequence[ProjectLayer]) -> str:
    """Make a theme of every style of a layer: a click shows it with all that is drawn beside."""
    styled = [one for one in layers if one.styles]
    shown = [one for one in layers if one.name not in _HIDDEN]
    made = ""
    for layer in styled:
        for style in layer.styles:
            rows = "".join(
                f'<layer id={quoteattr(layer_id(one.name))} visible="1" expanded="1" '
                f"style={quoteattr(style if one is layer else _DEFAULT)}/>"
                for one in shown
            )
            made += f"<visibility-preset name={quoteattr(style)}>{rows}</visibility-preset>"
    return f"<visibility-presets>{made}</visibility-presets>"


def _crs(product: Analysis) -> str:
    crs = CRS.from_user_input(product.mapped.crs)
    code = crs.to_epsg()
    label = f"<authid>EPSG:{code}</authid><srid>{code}</srid>" if code else ""
    return f"<spatialrefsys><wkt>{escape(crs.to_wkt('WKT2_2019'))}</wkt>{label}</spatialrefsys>"


def _vector(layer: ProjectLayer, package: str, crs: str) -> str:
    # the style is the body of the QML, between its outer tags
    start = layer.qml.index(">", layer.qml.index("<qgis ")) + 1
    body = layer.qml[start : layer.qml.rindex("</qgis>")]
    head = layer.qml[layer.qml.index("<qgis ") : start]
    labels = 'labelsEnabled="1"' if 'labelsEnabled="1"' in head else 'labelsEnabled="0"'
    return (
        f'<maplayer type="vector" geometry={quoteattr(layer.shape)} {labels}>'
        f"<id>{layer_id(layer.name)}</id><datasource>./{package}|layername={layer.name}"
        f"</datasource><layername>{escape(layer.title)}</layername><srs>{crs}</srs>"
        f'<provider encoding="UTF-8">ogr</provider>{_style_manager(layer)}{body}</maplayer>'
    )


def _style_manager(layer: ProjectLayer) -> str:
    """Keep every style of a layer by its name; the one that is shown stands in the layer itself."""
    names = list(layer.styles) or [_DEFAULT]
    rows = "".join(
        f"<map-layer-style name={quoteattr(name)}>"
        f"{'' if name == names[0] else _element(layer.styles[name])}</map-layer-style>"
        for name in names
    )
    return (
        f"<map-layer-style-manager current={quoteattr(names[0])}>{rows}</map-layer-style-manager>"
    )


def _element(qml: str) -> str:
    return qml[qml.index("<qgis ") :]


def _raster(surface: str, crs: str) -> str:
    items = "".join(
        f'<item value="{value}" color="{color}" alpha="255" label="{value}"/>'
        for value, color in _SURFACE
    )
    low, high = _SURFACE[0][0], _SURFACE[-1][0]
    path = surface if surface.startswith(".") else f"./{surface}"
    return (
        f'<maplayer type="raster"><id>{layer_id(SURFACE_LAYER)}</id><datasource>{escape(path)}'
        f"</datasource><layername>{escape(say('gis_surface'))}</layername><srs>{crs}</srs>"
        '<provider>gdal</provider><pipe><rasterrenderer type="singlebandpseudocolor" band="1" '
        f'opacity="0.8" classificationMin="{low}" classificationMax="{high}"><rastershader>'
        f'<colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" '
        f'minimumValue="{low}" maximumValue="{high}">{items}</colorrampshader></rastershader>'
        "</rasterrenderer></pipe></maplayer>"
    )
