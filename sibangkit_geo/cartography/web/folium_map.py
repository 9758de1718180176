"""A folium map for notebooks that asks for nothing outside itself and runs no text of data."""

from __future__ import annotations

import copy
import html
import re
from typing import TYPE_CHECKING, Any, Final

import folium
import geopandas as gpd
from branca.element import CssLink, Element, Figure, JavascriptLink

from sibangkit_geo.cartography.web.assets import PageError, own_text, vendored_text
from sibangkit_geo.cartography.web.folium_safety import (
    ADDABLE,
    inert_json,
    plain_texts,
    require_addable,
)
from sibangkit_geo.cartography.web.page import content_policy, require_safe

if TYPE_CHECKING:
    from sibangkit_geo.cartography.product import Product

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
_MAX_ZOOM = 18
_READY = 'document.documentElement.dataset.ready = "1";'
_ORDER = ("leaflet.js", "leaflet.css")

__all__ = ["ADDABLE", "PocketFigure", "PocketMap"]


class PocketFigure(Figure):
    """The page around a `PocketMap`: vendored texts inlined, a content security policy."""

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
        scripts += [own_text("folium.js"), *(text for kind, text in found if kind == "script")]
        scripts += [f"{figure.script.render(**kwargs)}\n{_READY}"]
        styles = [text for name, text in links if name.endswith(".css")]
        styles += [own_text("folium.css"), *(text for kind, text in found if kind == "style")]
        require_safe(styles)
        require_safe(scripts, addresses=False)
        return _page(figure, scripts, styles, body=figure.html.render(**kwargs))


class PocketMap(folium.Map):
    """
    A folium map of a study, to which an analyst may add layers.

    It is shown in a notebook, and saved, as one page that asks for nothing outside; what data
    say in popups, tooltips and names is shown as text, never run.

    Parameters
    ----------
    villages
        Finished study, drawn with its first indicator and its pockets; or polygons with any
        columns, the column ``name`` as tooltip; None for an empty map.
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
        villages: Product | gpd.GeoDataFrame | None = None,
        *,
        title: str = "",
        **options: Any,  # noqa: ANN401 - as folium has them
    ) -> None:
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
        figure = PocketFigure(title=title or None)
        figure.add_child(self)
        if isinstance(villages, gpd.GeoDataFrame):
            _add_polygons(self, villages)
        elif villages is not None:
            _add_product(self, villages)


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


def _add_product(chart: PocketMap, product: Product) -> None:
    shown = product.mapped[["name", "geometry"]].to_crs("EPSG:4326")
    if product.layers:
        layer = product.layers[0]
        label = layer.indicator.label
        shown = shown.assign(value=layer.shown.round(layer.decimals), color=layer.colors)
        folium.GeoJson(
            shown, name=label,
            tooltip=folium.GeoJsonTooltip(["name", "value"], aliases=["Desa", label]),
            style_function=lambda one: {"fillColor": _color(one["properties"]["color"]),
                                        "color": "#ffffff", "weight": 0.7, "fillOpacity": 1},
        ).add_to(chart)  # fmt: skip
    if len(product.pockets.outlines):
        outlines = product.pockets.outlines[["geometry"]].to_crs("EPSG:4326")
        outlines = outlines.assign(number=[str(one) for one in outlines.index])
        folium.GeoJson(
            outlines, name="Kantong kemiskinan",
            tooltip=folium.GeoJsonTooltip(["number"], aliases=["Kantong"]),
            style_function=lambda _: {"color": "#12305a", "weight": 2.6, "fillOpacity": 0},
        ).add_to(chart)  # fmt: skip
    _fit(chart, shown)


def _color(value: object) -> str:
    """Leave hatches to the page: here a village without value is grey."""
    return value if isinstance(value, str) and value.startswith("#") else "#d6d9de"


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


def _page(figure: Figure, scripts: list[str], styles: list[str], *, body: str) -> str:
    # newlines as the parser will see them, or the hashes do not fit
    scripts = [text.replace("\r\n", "\n").replace("\r", "\n") for text in scripts]
    policy = content_policy(scripts, styles)
    return "\n".join(
        [
            '<!DOCTYPE html><html lang="id"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{html.escape(figure.title or 'Peta')}</title>",
            '<link rel="icon" href="data:,">',
            *(f"<style>{text}</style>" for text in styles),
            f"</head><body>{body}",
            *(f"<script>{text}</script>" for text in scripts),
            "</body></html>",
        ]
    )
