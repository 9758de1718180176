"""The sheet of the QGIS project: one map on A4, ready to print, with all that a map must say."""

from __future__ import annotations

import base64
import math
import uuid
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr  # nosec B406 # it writes, and reads no XML

from sibangkit_geo.products.words import date_words, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sibangkit_geo.products.result import Analysis

SHEET_NAME = "Peta A4"
# left, top, width, height, millimetres
Box = tuple[float, float, float, float]
_PAGE: Box = (0, 0, 297, 210)
_TITLE: Box = (10, 8, 277, 9)
_UNDER_TITLE: Box = (10, 17, 277, 6)
_MAP: Box = (10, 25, 192, 156)
_NORTH: Box = (187, 28, 12, 16)
_LEGEND: Box = (204, 24, 83, 120)
_BAR: Box = (204, 163, 83, 12)
_SCALE: Box = (205, 175, 82, 5)
_ESTIMATE: Box = (10, 183, 277, 4)
_CAVEAT: Box = (10, 187, 277, 6.5)
_SOURCES: Box = (10, 193.5, 277, 11)
# kinds of items, of the source of QGIS (QgsLayoutItemRegistry)
_PAGE_KIND, _MAP_KIND, _PICTURE, _TEXT, _LEGEND_KIND, _BAR_KIND = (
    65638, 65639, 65640, 65641, 65642, 65646,
)  # fmt: skip
_ROOM = 1.04
_FONT = "Arial"
_MAP_ID = "peta"
# with points between thousands, whatever the language of QGIS
_SCALE_NOW = (
    f"replace(format_number(map_get(item_variables('{_MAP_ID}'), 'map_scale'), 0), ',', '.')"
)
# scales that a reader can reckon with, of every power of ten
_ROUND = (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 10)
_ARROW = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 80">'
    '<path d="M30 22 L46 72 L30 60 L14 72 Z" fill="#222222"/>'
    '<path d="M30 22 L30 60 L14 72 Z" fill="#ffffff" stroke="#222222" stroke-width="2"/>'
    '<text x="30" y="17" font-family="Arial" font-size="20" font-weight="bold" '
    'text-anchor="middle" fill="#222222">{letter}</text></svg>'
)


def print_sheet(product: Analysis, legend: str) -> str:
    """
    Lay out the printed map; it shows what is switched on, in its style.

    `legend`: Layers of the legend, as of a layer tree.
    Returns: The element ``Layouts`` of a project.
    """
    title = say(
        "annex.title", title=say("annex.atlas_title_overview", regency=product.regency_name)
    )
    made = say(
        "annex.atlas_made",
        date=date_words(product.provenance.created),
        version=product.provenance.versions["sibangkit_geo"],
    )
    sources = f"{say('annex.sources').capitalize()}: {'; '.join(product.source_lines)}. {made}"
    scale = say("annex.scale", scale=f"[% {_SCALE_NOW} %]")
    items = [
        _text("judul", title, _TITLE, size=16, bold=True),
        _text("tahun", say("annex.atlas_year", year=product.year), _UNDER_TITLE, size=10),
        _map(product),
        _north(),
        _legend(legend),
        _bar(),
        _text("skala", scale, _SCALE, size=8),
        _text("estimasi", product.estimate_line, _ESTIMATE, size=8, bold=True),
        _text("catatan", product.caveat_line, _CAVEAT, size=7),
        _text("sumber", sources, _SOURCES, size=6),
    ]
    return (
        f'<Layouts><Layout name={quoteattr(SHEET_NAME)} units="mm" printResolution="300" '
        'worldFileMap=""><Snapper snapToGuides="1" snapToItems="1" snapToGrid="0" tolerance="5"/>'
        '<Grid offsetUnits="mm" offsetX="0" offsetY="0" resolution="10" resUnits="mm"/>'
        f"<PageCollection>{_item('halaman', _PAGE_KIND, _PAGE)}"
        f'<GuideCollection visible="1"/></PageCollection>{"".join(reversed(items))}'
        '<Atlas enabled="0"/></Layout></Layouts>'
    )


def _item(
    name: str, kind: int, box: Box, *, own: Mapping[str, object] | None = None, inner: str = ""
) -> str:
    left, top, width, height = box
    values = {
        "type": kind, "id": name, "uuid": _key(name), "templateUuid": _key(name),
        "position": f"{left},{top},mm", "positionOnPage": f"{left},{top},mm",
        "size": f"{width},{height},mm", "referencePoint": 0, "visibility": 1, "opacity": 1,
        "zValue": {_PAGE_KIND: 0, _MAP_KIND: 1}.get(kind, 2), "background": "false",
        "frame": "false", "excludeFromExports": 0, "itemRotation": 0, **(own or {}),
    }  # fmt: skip
    listed = " ".join(f"{key}={quoteattr(str(value))}" for key, value in values.items())
    return (
        f'<LayoutItem {listed}><FrameColor red="90" green="90" blue="90" alpha="255"/>'
        f'<BackgroundColor red="255" green="255" blue="255" alpha="255"/>{inner}</LayoutItem>'
    )


def _key(name: str) -> str:
    return f"{{{uuid.uuid5(uuid.NAMESPACE_URL, f'sibangkit_geo/{name}')}}}"


def _font(size: float, *, bold: bool = False) -> str:
    return f"{_FONT},{size},-1,5,{75 if bold else 50},0,0,0,0,0"


def _text(name: str, text: str, box: Box, *, size: float, bold: bool = False) -> str:
    own = {"labelText": text, "htmlState": 0, "halign": 1, "valign": 32, "marginX": 0, "marginY": 0}
    inner = (
        f'<LabelFont description={quoteattr(_font(size, bold=bold))} style=""/>'
        '<FontColor red="34" green="34" blue="34" alpha="255"/>'
    )
    return _item(name, _TEXT, box, own=own, inner=inner)


def _map(product: Analysis) -> str:
    west, south, east, north = product.mapped.total_bounds
    _, _, width, height = _MAP
    # metres per millimetre at which all of the regency is on the sheet
    step = _round_step(_ROOM * max((east - west) / width, (north - south) / height))
    x, y = (west + east) / 2, (south + north) / 2
    inner = (
        f'<Extent xmin="{x - step * width / 2}" ymin="{y - step * height / 2}" '
        f'xmax="{x + step * width / 2}" ymax="{y + step * height / 2}"/><LayerSet/>'
    )
    own = {
        "frame": "true", "background": "true", "followPreset": "false", "keepLayerSet": "false",
        "drawCanvasItems": "true", "mapRotation": 0,
    }  # fmt: skip
    return _item(_MAP_ID, _MAP_KIND, _MAP, own=own, inner=inner)


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least)) if least > 0 else 1.0
    return next(one * power for one in _ROUND if one * power >= least)


def _north() -> str:
    drawn = _ARROW.format(letter=say("annex.north")).encode("utf-8")
    own = {
        "file": f"base64:{base64.b64encode(drawn).decode('ascii')}", "mode": 0, "resizeMode": 0,
        "anchorPoint": 4, "mapUuid": _key(_MAP_ID), "northMode": 0, "northOffset": 0,
    }  # fmt: skip
    return _item("utara", _PICTURE, _NORTH, own=own)


def _legend(layers: str) -> str:
    own = {
        "title": say("annex.legend"), "titleAlignment": 1, "map_uuid": _key(_MAP_ID),
        "legendFilterByMap": 0, "resizeToContents": 1, "symbolWidth": 5.5, "symbolHeight": 3.2,
        "columnCount": 1, "splitLayer": 0, "boxSpace": 1, "columnSpace": 2, "lineSpacing": 0.6,
        "fontColor": "#222222", "wrapChar": "", "background": "true",
    }  # fmt: skip
    sizes = {"title": (10, 1.5), "group": (8.5, 2), "subgroup": (8, 2), "symbol": (7, 1),
             "symbolLabel": (7, 1)}  # fmt: skip
    styles = "".join(
        f'<style name="{name}" alignment="1" indent="0" marginTop="{gap}" marginBottom="0" '
        f'marginLeft="{2 if name == "symbolLabel" else 0}"><styleFont '
        f"description={quoteattr(_font(size, bold=name in {'title', 'subgroup'}))} "
        'style=""/></style>'
        for name, (size, gap) in sizes.items()
    )
    inner = f"<styles>{styles}</styles><layer-tree-group>{layers}</layer-tree-group>"
    return _item("legenda", _LEGEND_KIND, _LEGEND, own=own, inner=inner)


def _bar() -> str:
    own = {
        "mapUuid": _key(_MAP_ID), "style": "Single Box", "unitType": "km", "unitLabel": "km",
        "numMapUnitsPerScaleBarUnit": 1, "numUnitsPerSegment": 10, "numSegments": 2,
        "numSegmentsLeft": 0, "segmentSizeMode": 1, "minBarWidth": 30, "maxBarWidth": 60,
        "height": 2, "boxContentSpace": 1, "labelBarSpace": 1, "outlineWidth": 0.2,
    }  # fmt: skip
    inner = (
        f'<text-style fontFamily="{_FONT}" fontSize="8" fontSizeUnit="Point" fontWeight="50" '
        'textColor="34,34,34,255" textOpacity="1"/>'
    )
    return _item("batang_skala", _BAR_KIND, _BAR, own=own, inner=inner)
