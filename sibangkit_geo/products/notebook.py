"""A folium map for notebooks that asks for nothing outside itself and runs no text of data."""

from __future__ import annotations

import copy
import inspect
import re
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
from branca.element import CssLink, Element, Figure, Html, JavascriptLink
from folium.map import FitBounds, Layer
from folium.plugins import HeatMap, MarkerCluster
from folium.template import Template
from folium.utilities import JsCode
from markupsafe import escape

from sibangkit_geo.products.classes import NO_DATA_COLOR
from sibangkit_geo.products.ground_style import LAND
from sibangkit_geo.products.view import Line, Look, View
from sibangkit_geo.products.web.html import compact, render
from sibangkit_geo.products.web.page import PageError, require_safe, vendored_text
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

__all__ = ["ADDABLE", "PocketFigure", "PocketMap"]

#: what folium would fetch, and the vendored text instead; empty where nothing here needs it
_INSTEAD: Final = {
    "leaflet.js": "leaflet.js",
    "leaflet.css": "leaflet.css",
    "leaflet.markercluster.js": "leaflet.markercluster.js",
    "MarkerCluster.css": "MarkerCluster.css",
    "MarkerCluster.Default.css": "MarkerCluster.Default.css",
    "leaflet_heat.min.js": "leaflet-heat.js",
}
_PART = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)
_MAX_ZOOM, _LEGEND_PX = 18, 240
_TRUST = "Make this Notebook Trusted to load map: File -> Trust Notebook"
_READY = 'document.documentElement.dataset.ready = "1";'
_ORDER = ("leaflet.js", "leaflet.css")

#: exact classes: a subclass may bring a template of its own
ADDABLE: Final = frozenset({
    folium.GeoJson,
    folium.GeoJsonPopup,
    folium.GeoJsonTooltip,
    folium.Marker,
    folium.CircleMarker,
    folium.Circle,
    folium.PolyLine,
    folium.Polygon,
    folium.Rectangle,
    folium.FeatureGroup,
    folium.LayerControl,
    folium.Popup,
    folium.Tooltip,
    folium.Icon,
    FitBounds,
    MarkerCluster,
    HeatMap,
})  # fmt: skip
_PLAIN_CLASS = re.compile(r"[\w-]+\Z")
_COLOR = re.compile(r"(?:[a-z]+|#[0-9a-fA-F]{3,8})\Z")
# words reach the page as JSON with < > & escaped, and the document as text nodes
_TOOLTIP = """
{% macro script(this, kwargs) %}
{{ this._parent.get_name() }}.bindTooltip(
    sibangkitText({{ this.text|tojavascript }}), {{ this.options|tojavascript }});
{% endmacro %}
"""
_POPUP = """
var {{ this.get_name() }} = L.popup({{ this.options|tojavascript }})
    .setContent(sibangkitText({{ this.text|tojavascript }}));
{{ this._parent.get_name() }}.bindPopup({{ this.get_name() }})
{%- if this.show %}.openPopup(){% endif %};
"""
_TABLE = """
{% macro script(this, kwargs) %}
{{ this._parent.get_name() }}.bindKIND((layer) => sibangkitTable(
    layer.feature.properties, {{ this.told|tojavascript }}), {{ this.told_options|tojavascript }});
{% endmacro %}
"""
_ICON = """
{% macro script(this, kwargs) %}
var {{ this.get_name() }} = sibangkitIcon({{ this.color|tojavascript }});
{% endmacro %}
"""


@runtime_checkable
class Viewed(Protocol):
    """What can be drawn: any result that shows itself."""

    def view(self, look: Look) -> View: ...


class PocketFigure(Figure):
    """The page around a `PocketMap`: vendored texts inlined, a content security policy."""

    view: View | None = None

    def render(self, **kwargs: Any) -> str:  # noqa: ANN401 - as branca has it
        """
        Write the page.

        The map itself stays as it is: texts are made plain in a copy.

        Raises PageError: Something was added that cannot be shown safely, or asks for an outside
            address.
        """
        require_addable(self, allowed=ADDABLE | {PocketMap})
        figure = copy.deepcopy(self)
        plain_texts(figure)
        with inert_json():
            for child in list(figure._children.values()):  # noqa: SLF001 - the way of branca
                child.render(**kwargs)
        links = _vendored(figure)
        head = figure.header.render(**kwargs)
        found = _PART.findall(head)
        scripts = [text for name, text in links if name.endswith(".js")]
        scripts += [compact("folium.js"), *(text for kind, text in found if kind == "script")]
        scripts += [f"{figure.script.render(**kwargs)}\n{_READY}"]
        styles = [text for name, text in links if name.endswith(".css")]
        styles += [compact("folium.css"), *(text for kind, text in found if kind == "style")]
        require_safe(styles)
        require_safe(scripts, addresses=False)
        return render(
            "notebook",
            {"title": figure.title or "Peta", "view": figure.view},
            styles=styles,
            # newlines as the parser will see them, or the checksums do not fit
            scripts=[text.replace("\r\n", "\n").replace("\r", "\n") for text in scripts],
            pictures=("data:",),
            ready={"body": figure.html.render(**kwargs)},
        )

    def _repr_html_(self, **kwargs: Any) -> str:  # noqa: ANN401 - as branca has it
        frame: str = super()._repr_html_(**kwargs)
        return frame.replace(_TRUST, say("nb_trust"), 1)


class PocketMap(folium.Map):
    """
    A folium map of a study, to which an analyst may add layers.

    It is shown in a notebook, and saved, as one page that asks for nothing outside; what data
    say in popups, tooltips and names is shown as text, never run.

    Parameters
    ----------
    shown
        What a result shows (`Shown.view`), such as a study with its first indicator and its
        pockets; or polygons with any columns, the column ``name`` as tooltip; None for an
        empty map.
    title
        Of the page.
    **options
        As of ``folium.Map``; tiles are not among them.

    Raises
    ------
    PageError
        Tiles are asked for: a map for files has none.
    ValueError
        The polygons have no coordinate system.

    Examples
    --------
    >>> from sibangkit_geo import PocketMap
    >>> "https://" in PocketMap(title="Peta kerja").get_root().render()
    False
    """

    def __init__(
        self,
        shown: Viewed | View | gpd.GeoDataFrame | None = None,
        *,
        title: str = "",
        **options: Any,  # noqa: ANN401 - as folium has them
    ) -> None:
        known = inspect.signature(folium.Map).parameters
        foreign = [one for one in options if one not in known]
        if foreign:
            msg = f"A map has no option {foreign[0]!r}; add layers to it with `.add_to`."
            raise TypeError(msg)
        if options.pop("tiles", None) is not None:
            msg = "A map that asks for nothing outside has no tiles; leave `tiles` out."
            raise PageError(msg)
        super().__init__(tiles=None, **options)
        # without tiles nothing else says how far one may zoom, which clusters ask
        self.options.setdefault("max_zoom", options.get("max_zoom", _MAX_ZOOM))
        # its link would leave the page
        self.options.setdefault("attribution_control", False)
        self._name = "PocketMap"
        self.default_js, self.default_css = [("leaflet", "leaflet.js")], [("css", "leaflet.css")]
        view = shown.view(Look()) if isinstance(shown, Viewed) else shown
        title = title or (view.title if isinstance(view, View) else "")
        figure = PocketFigure(title=title or None)
        figure.view = view if isinstance(view, View) else None
        figure.add_child(self)
        if isinstance(view, gpd.GeoDataFrame):
            _add_polygons(self, view)
        elif view is not None:
            _add_view(self, view)


def _add_polygons(chart: PocketMap, villages: gpd.GeoDataFrame) -> None:
    if villages.crs is None:
        msg = "The polygons have no coordinate system; set it with `set_crs`."
        raise ValueError(msg)
    shown = villages.to_crs("EPSG:4326")
    names = ["name"] if "name" in shown.columns else []
    shown = shown[[*names, shown.geometry.name]]
    tooltip = folium.GeoJsonTooltip(names, aliases=["Nama"]) if names else None
    layer = folium.GeoJson(
        shown, name="Desa", tooltip=tooltip,
        style_function=lambda _: {"fillColor": "#dfe7f1", "color": "#5a6a7e", "weight": 0.8,
                                  "fillOpacity": 0.8},
    )  # fmt: skip
    layer.add_to(chart)
    _fit(chart, shown)


def _add_view(chart: PocketMap, view: View) -> None:
    bounds = []
    if view.areas is not None or not view.lines:
        areas = view.polygons
        shown = areas[["name", areas.geometry.name]].to_crs("EPSG:4326")
        fields, aliases = ["name"], ["Desa"]
        colors = pd.Series(LAND, index=areas.index)
        if view.shade:
            shown = shown.assign(told=view.shade.told.to_numpy())
            fields, aliases = ["name", "told"], ["Desa", view.shade.label]
            colors = view.shade.colors
        folium.GeoJson(
            shown.assign(color=colors.to_numpy()),
            name=view.shade.label if view.shade else "Desa",
            tooltip=folium.GeoJsonTooltip(fields, aliases=aliases),
            style_function=lambda one: {"fillColor": _color(one["properties"]["color"]),
                                        "color": "#ffffff", "weight": 0.7, "fillOpacity": 1},
        ).add_to(chart)  # fmt: skip
        bounds.append(shown.total_bounds)
    for line in view.lines:
        _add_line(chart, line)
        bounds.append(line.shapes.to_crs("EPSG:4326").total_bounds)
    if bounds:
        west, south = np.min(bounds, axis=0)[:2]
        east, north = np.max(bounds, axis=0)[2:]
        corners = [[float(south), float(west)], [float(north), float(east)]]
        # the legend lies at the left
        chart.fit_bounds(corners, padding_top_left=(_LEGEND_PX, 0))


def _add_line(chart: PocketMap, line: Line) -> None:
    if line.shapes.crs is None:
        msg = f"{line.label}: no coordinate system; give `crs=` to be put on a map."
        raise ValueError(msg)
    style = {"color": line.color, "weight": 2.6, "fillOpacity": 0}
    style |= {"dashArray": "6 4"} if line.dashed else {}
    shapes = gpd.GeoDataFrame(
        {"told": [str(one) for one in line.shapes.index]},
        geometry=line.shapes.to_crs("EPSG:4326").to_numpy(),
        crs="EPSG:4326",
    )
    folium.GeoJson(
        shapes, name=line.label, tooltip=folium.GeoJsonTooltip(["told"], aliases=[line.label]),
        style_function=lambda _: style,
    ).add_to(chart)  # fmt: skip


def _color(value: object) -> str:
    """Leave hatches to the page: here a village without value is grey."""
    fine = isinstance(value, str) and value.startswith("#") and value != NO_DATA_COLOR
    return str(value) if fine else "#d6d9de"


def _fit(chart: PocketMap, shown: gpd.GeoDataFrame) -> None:
    if len(shown):
        west, south, east, north = shown.total_bounds
        chart.fit_bounds([[south, west], [north, east]])


def _vendored(figure: Figure) -> list[tuple[str, str]]:
    """Take the links out of the head and give the vendored texts they stand for."""
    children = figure.header._children  # noqa: SLF001 - branca has no other way
    names: list[str] = []
    for key, child in list(children.items()):
        if isinstance(child, JavascriptLink | CssLink):
            name = child.url.rsplit("/", 1)[-1]
            if name not in _INSTEAD:
                msg = f"The map would ask for {child.url}. A page for files asks for nothing."
                raise PageError(msg)
            names.append(_INSTEAD[name])
            del children[key]
        elif not isinstance(child, Element):
            msg = f"The head of the map holds an unknown part: {type(child).__name__}."
            raise PageError(msg)
    ordered = sorted(dict.fromkeys([*_ORDER, *names]), key=lambda name: name not in _ORDER)
    return [(name, vendored_text(name)) for name in ordered]


def require_addable(figure: Figure, *, allowed: Collection[type] = ADDABLE) -> None:
    """
    Refuse what could bring an outside address or a script of its own.

    Raises PageError: Names the class and lists those that may be added.
    """
    for one in _within(figure):
        kind = type(one)
        if kind not in allowed:
            names = ", ".join(sorted(each.__name__ for each in allowed))
            msg = f"{kind.__name__} cannot be part of a map for files. May be added: {names}."
            raise PageError(msg)
        if any(_has_code(value) for value in vars(one).values()):
            msg = f"{kind.__name__} carries JavaScript of its own (JsCode); leave it out."
            raise PageError(msg)
        if isinstance(one, folium.GeoJson) and not one.embed:
            msg = "GeoJson with embed=False asks for an outside address; embed the data."
            raise PageError(msg)
        if getattr(one, "icon_create_function", None):
            msg = "MarkerCluster with icon_create_function carries JavaScript; leave it out."
            raise PageError(msg)
        if isinstance(one, folium.Popup):
            _popup_text(one)
    for part in (figure.header, figure.html, figure.script):
        for name in part._children:  # noqa: SLF001 - branca has no other way
            if name != "meta_http":
                msg = "Nothing may be written into the page around the map directly."
                raise PageError(msg)


def plain_texts(figure: Element) -> None:
    """
    Exchange every template that would read a text as HTML or script for one that shows it.

    `figure`: A copy that is rendered and thrown away; changed in place.
    Raises PageError: A name of a class or colour is none.
    """
    for one in _within(figure):
        _plain_text(one)
        if isinstance(one, Layer) and getattr(one, "layer_name", None):
            # the control of Leaflet writes names as HTML
            one.layer_name = str(escape(str(one.layer_name)))
        if isinstance(one, folium.Map):
            one.objects_to_stay_in_front = []


def _plain_text(one: Any) -> None:  # noqa: ANN401 - attributes are added for the templates
    kind = type(one)
    if kind is folium.Tooltip:
        one._template = Template(_TOOLTIP)  # noqa: SLF001 - the way folium reads it
    elif kind is folium.Popup:
        one.text = _popup_text(one)
        one._template = Template(_POPUP)  # noqa: SLF001
    elif kind in {folium.GeoJsonTooltip, folium.GeoJsonPopup}:
        _plain_table(one)
    elif kind is folium.Icon:
        one.color = str(one.options.get("marker_color", "blue"))
        if not _COLOR.match(one.color):
            msg = "Icon: `color` must be the name of a colour or #rrggbb."
            raise PageError(msg)
        one._template = Template(_ICON)  # noqa: SLF001


@contextmanager
def inert_json() -> Iterator[None]:
    """
    Write JSON so that no text in it is taken for a template.

    What folium has rendered is compiled as a template once more, data and all. The marks that
    open one stand in JSON within texts only, where a sign may be written by its number.
    """
    filters = Template("").environment.filters
    usual = {name: filters[name] for name in ("tojson", "tojavascript")}
    for name, wrapped in usual.items():
        filters[name] = _inert(wrapped)
    try:
        yield
    finally:
        filters.update(usual)


def _inert(wrapped: Callable[..., str]) -> Callable[..., str]:
    @wraps(wrapped)
    def written(*args: Any, **kwargs: Any) -> str:  # noqa: ANN401 - filters take anything
        text = wrapped(*args, **kwargs)
        for sign in "{%#":
            text = text.replace(f"{{{sign}", f"{{\\u{ord(sign):04x}")
        return text

    return written


def _plain_table(one: Any) -> None:  # noqa: ANN401 - folium publishes no types
    if not _PLAIN_CLASS.match(one.class_name):
        msg = f"{type(one).__name__}: `class_name` must be one word."
        raise PageError(msg)
    one.style = ""
    one.told = {
        "fields": [str(field) for field in one.fields],
        "aliases": [str(alias) for alias in one.aliases],
        "labels": one.labels,
    }
    tooltip = isinstance(one, folium.GeoJsonTooltip)
    one.told_options = one.tooltip_options if tooltip else one.popup_options
    one._template = Template(  # noqa: SLF001
        _TABLE.replace("KIND", "Tooltip" if tooltip else "Popup")
    )


def _popup_text(popup: Any) -> str:  # noqa: ANN401 - folium publishes no types
    parts = list(popup.html._children.values())  # noqa: SLF001
    if any(type(part) is not Html for part in parts):
        msg = "Popup: give its text; other elements in it cannot be part of a map for files."
        raise PageError(msg)
    # folium has put a backslash before each backtick
    return "\n".join(str(part.data).replace("\\`", "`") for part in parts)


def _within(element: Element) -> Iterator[Any]:
    for child in element._children.values():  # noqa: SLF001 - branca has no other way
        yield child
        yield from _within(child)


def _has_code(value: object) -> bool:
    if isinstance(value, JsCode):
        return True
    if isinstance(value, dict):
        return any(_has_code(one) for one in value.values())
    return isinstance(value, list | tuple) and any(
        _has_code(one) for one in value if isinstance(one, JsCode | dict)
    )
