"""The scripts and styles of the map page, its own and the vendored ones checked by checksum."""

from __future__ import annotations

import functools
import hashlib
import re
from importlib import resources
from typing import Final

from sibangkit_geo.errors import SibangkitError

VENDOR_SHA256: Final = {
    "leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
    "leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
    "topojson-client.min.js": "25cd02ae486cc5063e0215a4e4cfb15de83700c87ac48bac4d57dc6aaf3ebb89",
    "supercluster.min.js": "5981fb396427d9050ae430a350d3e6175b33acd6bb1523713fa457b5ca3411d4",
    "leaflet.markercluster.js": "1e4e1d22972a3926f48598e0caf14e3fe7049835d428a344fed4f9e3665b3508",
    "leaflet-heat.js": "eb952aae5806a1102729f291bab887dde783ace859819a354827a776e73e486a",
    "MarkerCluster.css": "614dea0a98ff3f4ead74f04918f6b1d1b9ba435c25b5fc23b21a394d1e3e4d87",
    "MarkerCluster.Default.css": "61258232d98d64dc2a7b1e02130d67421bc5b9bda5994eef70228ff97570c170",
}
SCRIPTS: Final = (
    "base.js",
    "language.js",
    "values.js",
    "geometry.js",
    "mosaic.js",
    "slices.js",
    "labels-text.js",
    "labels-picture.js",
    "labels-paint.js",
    "labels.js",
    "network.js",
    "mapview.js",
    "graticule.js",
    "legend.js",
    "detail.js",
    "ranking.js",
    "results.js",
    "search.js",
    "hash.js",
    "compare.js",
    "coordinates.js",
    "tools.js",
    "csv.js",
    "poster.js",
    "dialogs.js",
    "print.js",
    "head.js",
    "main.js",
)
STYLES: Final = ("style.css", "tools.css", "print.css")
# only on pages that show houses; they come before main.js
HOUSE_SCRIPTS: Final = ("houses-data.js", "houses-layer.js", "houses.js")
# villages from which a canvas is faster than shapes of their own
MANY: Final = 1000

# what the page drops from the vendored text: addresses and files that it must never ask for
VENDOR_PATCHES: Final = {
    "leaflet.js": (
        (r" https://leafletjs\.com(?=\n)", ""),
        (r"<a href=\"https://leafletjs\.com\"[^>]*>", "<a>"),
        (r"\n//# sourceMappingURL=\S+", ""),
    ),
    "leaflet.css": (
        (r"/\*.*?\*/", ""),
        (r"[^{}]+\{[^{}]*url\([^{}]*\}", ""),
    ),
    "topojson-client.min.js": ((r"^// https://github\.com/topojson/", "// "),),
    "supercluster.min.js": (),
    "leaflet.markercluster.js": ((r"\n//# sourceMappingURL=\S+", ""),),
    "leaflet-heat.js": ((r" https://github\.com/\S+(?=\n)", ""),),
    "MarkerCluster.css": (),
    "MarkerCluster.Default.css": (),
}

__all__ = ["MANY", "PageError", "own_text", "scripts_and_styles", "vendored_text"]


class PageError(SibangkitError):
    """The page cannot be built: a vendored file was changed or the payload is incomplete."""


def scripts_and_styles(*, houses: bool, many: bool) -> tuple[list[str], list[str]]:
    """
    Return what a page runs and wears, vendored texts first, in loading order.

    Parameters
    ----------
    houses
        Whether it shows houses.
    many
        Whether it draws its villages on a canvas.

    Returns
    -------
    scripts, styles
        Texts, each for an element of its own.

    Raises
    ------
    PageError
        A vendored file was changed.
    """
    vendored = ["leaflet.js", "topojson-client.min.js"]
    own, styles = list(SCRIPTS), list(STYLES)
    if many or houses:
        own.insert(own.index("mapview.js"), "canvases.js")
    if many:
        own.insert(own.index("mapview.js"), "painting.js")
    if houses:
        vendored.append("supercluster.min.js")
        own[-1:-1] = HOUSE_SCRIPTS
        styles.append("houses.css")
    return (
        [*map(vendored_text, vendored), *(_compact(own_text(name)) for name in own)],
        [_compact(vendored_text("leaflet.css")), *(_compact(own_text(name)) for name in styles)],
    )


@functools.cache
def own_text(name: str) -> str:
    """
    Return a file of this folder with newlines as the HTML parser will see them.

    Parameters
    ----------
    name
        File.

    Returns
    -------
    text
        Line feeds only.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    """
    data = resources.files(__package__).joinpath(name).read_bytes()
    return _normal(data)


_COMMENT: Final = re.compile(r"//|/\*[^*]*\*/$")


def _compact(text: str) -> str:
    """Drop indentation and comment lines; no text of the page spans lines."""
    lines = (line.strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line and not _COMMENT.match(line))


@functools.cache
def vendored_text(name: str) -> str:
    """
    Read a vendored file, checked against its checksum, without outside addresses.

    Parameters
    ----------
    name
        File of the folder ``vendor``.

    Returns
    -------
    text
        Script or style with line feeds only.

    Raises
    ------
    PageError
        The file was changed, or a patch no longer fits.
    """
    data = resources.files(__package__).joinpath("vendor", name).read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != VENDOR_SHA256[name]:
        msg = (
            f"vendor/{name} was changed (sha256 {found}, expected {VENDOR_SHA256[name]}). "
            "Restore it as vendor/README.md says."
        )
        raise PageError(msg)
    text = _normal(data)
    for pattern, replacement in VENDOR_PATCHES[name]:
        text, hits = re.subn(pattern, replacement, text, flags=re.DOTALL)
        if not hits:
            msg = f"The patch {pattern!r} no longer fits vendor/{name}."
            raise PageError(msg)
    return text


def _normal(data: bytes) -> str:
    """Return text with line feeds only."""
    return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
