"""The map page: one HTML file that opens offline by double click and runs no foreign text."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
import zlib
from importlib import resources
from typing import TYPE_CHECKING, Final

import numpy as np

from sibangkit_geo.errors import SibangkitError
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.products.web.english import ESCAPES, english_of
from sibangkit_geo.products.web.html import compact, render, without_comments
from sibangkit_geo.products.web.topology import in_signs, packed_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from sibangkit_geo.model.types import HouseCards

__all__ = ["MANY", "PageError", "load_texts", "render_page", "scripts_and_styles", "vendored_text"]

SVG_NAMESPACE: Final = "http://www.w3.org/2000/svg"
ADDRESS: Final = re.compile(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", re.IGNORECASE)
ENDS_SCRIPT: Final = re.compile(r"</(?:script|style)|<!--", re.IGNORECASE)

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
    "translator.js",
    "base.js",
    "language.js",
    "values.js",
    "filter.js",
    "geometry.js",
    "mosaic.js",
    "ground.js",
    "slices.js",
    "labels-text.js",
    "labels-picture.js",
    "labels-paint.js",
    "labels-ground.js",
    "labels.js",
    "network.js",
    "mapview.js",
    "graticule.js",
    "histogram.js",
    "legend.js",
    "csv.js",
    "dialogs.js",
    "areas.js",
    "detail.js",
    "ranking.js",
    "results.js",
    "area.js",
    "search.js",
    "hash.js",
    "compare.js",
    "coordinates.js",
    "tools.js",
    "cursor.js",
    "poster.js",
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

#: so many photos stand in the page itself; more go into a folder beside it
EMBEDDED_PHOTOS: Final = 50
PHOTO_FOLDER: Final = "foto"

# three bytes reach 83 degrees either way
_STEP_BYTES = 3
_PACKED_LEVEL = 9


def render_page(payload: Mapping[str, object]) -> str:
    """
    Write the map page as one HTML text that asks for nothing outside itself.

    Data are embedded as inert JSON; the browser runs only the scripts whose
    hashes stand in the content security policy of the page.

    Parameters
    ----------
    payload
        What the page shows: texts, topology, villages, layers and pockets,
        JSON types only; numbers raw, NaN not allowed (use None).

    Returns
    -------
    page
        Complete HTML, UTF-8.

    Raises
    ------
    PageError
        A vendored file does not have its recorded checksum, a text of the page
        is missing from ``payload["texts"]``, or a value is not JSON.
    """
    texts = _texts(payload)
    many = _village_count(payload) > MANY
    scripts, styles = scripts_and_styles(houses=payload.get("houses") is not None, many=many)
    require_safe([*scripts, *styles])
    # on file: no address is the page's own, only the scheme can be named
    beside = ("'self'", "file:") if has_photo_folder(payload) else ()
    shown = packed_columns(payload)
    return render(
        "map",
        {
            "lang": str(payload.get("lang", "id")),
            "title": _page_title(payload),
            "noscript": texts["noscript"],
        },
        styles=styles,
        scripts=scripts,
        pictures=("data:", *beside),
        ready={"data": _json({**shown, "english": english_of(payload)})},
    )


def load_texts() -> dict[str, str]:
    """
    Return the Indonesian texts of the page's own buttons, headings and hints.

    Returns
    -------
    texts
        Text by key, as in ``texts.id.toml``.

    Raises
    ------
    PageError
        The file is not a flat table of texts.
    """
    table = own_toml(__package__, "texts.id.toml")
    if not all(isinstance(text, str) for text in table.values()):
        msg = "texts.id.toml must be a flat table of texts."
        raise PageError(msg)
    return table


def _texts(payload: Mapping[str, object]) -> dict[str, str]:
    """Return the texts of the payload once all that the page needs are there."""
    given = payload.get("texts")
    texts = {str(key): str(text) for key, text in given.items()} if isinstance(given, dict) else {}
    missing = sorted(load_texts().keys() - texts.keys())
    if missing:
        msg = f"The payload lacks page texts: {', '.join(missing)}. Start from `load_texts()`."
        raise PageError(msg)
    return texts


def _page_title(payload: Mapping[str, object]) -> str:
    """Return what the browser tab says: title and agency."""
    agency = payload.get("agency")
    name = str(agency.get("name", "")) if isinstance(agency, dict) else ""
    return " · ".join(part for part in (str(payload.get("title", "")), name) if part)


def _json(payload: Mapping[str, object]) -> str:
    """Return the payload as JSON that cannot end its script element."""
    try:
        text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        msg = f"The payload is not plain JSON ({error}). Use None for missing numbers."
        raise PageError(msg) from error
    return text.translate(ESCAPES)


def require_safe(texts: Iterable[str], *, addresses: bool = True) -> None:
    """
    Stop when a script or style could end early or names an outside address.

    `addresses`: False where they hold texts of data, which may name one without asking for it.
    Raises PageError: Shows the beginning of the text.
    """
    for text in texts:
        named = addresses and ADDRESS.search(text.replace(SVG_NAMESPACE, ""))
        if ENDS_SCRIPT.search(text) or named:
            msg = f"A page asset ends its element or names an address: {text[:60]!r}."
            raise PageError(msg)


def _village_count(payload: Mapping[str, object]) -> int:
    """Count the villages of a page."""
    villages = payload.get("villages")
    return len(villages.get("code", ())) if isinstance(villages, dict) else 0


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
        [*map(vendored_text, vendored), *map(compact, own)],
        [without_comments(vendored_text("leaflet.css")), *map(compact, styles)],
    )


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
    text = data.decode("utf-8").replace("\r\n", "\n")
    for pattern, replacement in VENDOR_PATCHES[name]:
        text, hits = re.subn(pattern, replacement, text, flags=re.DOTALL)
        if not hits:
            msg = f"The patch {pattern!r} no longer fits vendor/{name}."
            raise PageError(msg)
    return text


def write_photos(cards: HouseCards | None, folder: Path) -> None:
    """
    Write the pictures that go beside the page because they are too many to stand in it.

    `cards`: None, or few pictures: nothing is written.
    `folder`: Folder of the page; the pictures go into ``foto/`` under it, named by number.
    """
    if cards is None or len(cards.photos) <= EMBEDDED_PHOTOS:
        return
    (folder / PHOTO_FOLDER).mkdir(exist_ok=True)
    for at, picture in enumerate(cards.photos):
        (folder / _photo_name(at)).write_bytes(picture)


def houses_payload(
    cards: HouseCards | None, *, all_inside: bool = False
) -> dict[str, object] | None:
    """
    Pack the houses for the page.

    `all_inside`: Whether every photo stands in the page itself, however many there are.
    Returns: JSON types; None without houses. ``data`` is ``bytes`` deflated bytes in base 85:
        planes of one byte per house: three each for the zigzag steps east and north from the house
        before (low byte first; 1e-5 degrees, from ``origin``), ``mask_bytes`` each for
        ``deprived`` and ``served``, and one that holds twice the group plus one for the poor.
        ``photo_rows`` are the rows that have a picture, ``photo_of`` which.
    """
    if cards is None:
        return None
    mask_bytes = max(1, -(-len(cards.needs) // 8))
    packed = zlib.compress(_planes(cards, mask_bytes), _PACKED_LEVEL)
    with_picture = np.flatnonzero(cards.photo >= 0)
    return {
        "count": len(cards),
        "needs": list(cards.needs),
        "assisted": list(cards.assisted),
        "groups": list(cards.groups),
        "per_village": cards.per_village.tolist(),
        "origin": [int(cards.east[0]), int(cards.north[0])] if len(cards) else [0, 0],
        "shuffle": cards.shuffle,
        "mask_bytes": mask_bytes,
        "bytes": len(packed),
        "data": in_signs(packed),
        "photo_rows": with_picture.tolist(),
        "photo_of": cards.photo[with_picture].tolist(),
        "photos": _addresses(cards, all_inside=all_inside),
    }


def has_photo_folder(payload: Mapping[str, object]) -> bool:
    """
    Tell whether a page shows pictures that stand beside it.

    Returns: True where one of them is not in the page itself.
    """
    houses = payload.get("houses")
    photos = houses.get("photos") if isinstance(houses, dict) else None
    return isinstance(photos, list) and any(not str(one).startswith("data:") for one in photos)


def _addresses(cards: HouseCards, *, all_inside: bool) -> list[str]:
    if len(cards.photos) > EMBEDDED_PHOTOS and not all_inside:
        return [_photo_name(at) for at in range(len(cards.photos))]
    return [f"data:image/webp;base64,{base64.b64encode(one).decode()}" for one in cards.photos]


def _photo_name(at: int) -> str:
    return f"{PHOTO_FOLDER}/{at + 1:04d}.webp"


def _planes(cards: HouseCards, mask_bytes: int) -> bytes:
    group = (cards.group.astype(np.uint32) << np.uint32(1)) | cards.poor
    columns = [
        *((_zigzag(one), _STEP_BYTES) for one in (cards.east, cards.north)),
        *((one, mask_bytes) for one in (cards.deprived, cards.served)),
        (group, 1),
    ]
    return b"".join(
        (values >> np.uint32(8 * byte)).astype(np.uint8).tobytes()
        for values, width in columns
        for byte in range(width)
    )


def _zigzag(values: NDArray[np.int32]) -> NDArray[np.uint32]:
    """Turn steps into numbers from 0 up, small ones for small steps either way."""
    steps = np.diff(values, prepend=values[:1])
    return np.where(steps >= 0, 2 * steps, -2 * steps - 1).astype(np.uint32)
