"""What may be added to a notebook map, and how its texts are kept from being run."""

from __future__ import annotations

import html
import re
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

import folium
from branca.element import Element, Figure, Html
from folium.map import FitBounds, Layer
from folium.plugins import HeatMap, MarkerCluster
from folium.template import Template
from folium.utilities import JsCode

from sibangkit_geo.cartography.web.assets import PageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

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
            one.layer_name = html.escape(str(one.layer_name))
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
