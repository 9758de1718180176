"""A QGIS project with relative paths, that opens the GeoPackage with its styles."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from pyproj import CRS

from sibangkit_geo.cartography.classes import PALETTE
from sibangkit_geo.outputs.qgis_styles import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sibangkit_geo.cartography.product import Product

_VERSION = "3.22.0-Białowieża"
_SURFACE_TITLE = "Risiko kemiskinan"
# times the regency's rate of being poor, light to dark: the palette of the maps
_SURFACE = tuple(zip((0.5, 1.0, 1.5, 2.0, 3.0), PALETTE, strict=True))


@dataclass(frozen=True, slots=True)
class ProjectLayer:
    """A layer of the project."""

    name: str
    title: str
    qml: str
    spatial: bool


def write_project(
    product: Product,
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
    made = datetime.fromisoformat(product.provenance.created)
    entry = zipfile.ZipInfo(f"{path.stem}.qgs", made.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(entry, _project(product, layers, package, surface))
    path.write_bytes(packed.getvalue())


def _project(product: Product, layers: Sequence[ProjectLayer], package: str, surface: str) -> str:
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


def _crs(product: Product) -> str:
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
