"""The map page: one HTML file that opens offline by double click and runs no foreign text."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import tomllib
from typing import TYPE_CHECKING, Final

from sibangkit_geo.cartography.web.assets import MANY, PageError, own_text, scripts_and_styles
from sibangkit_geo.cartography.web.cards import has_photo_folder
from sibangkit_geo.cartography.web.english import english_of
from sibangkit_geo.cartography.web.packing import packed_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SVG_NAMESPACE: Final = "http://www.w3.org/2000/svg"
ESCAPES: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
ADDRESS: Final = re.compile(r"(?:https?:)?//[a-z0-9-]+\.[a-z]", re.IGNORECASE)
ENDS_SCRIPT: Final = re.compile(r"</(?:script|style)|<!--", re.IGNORECASE)

__all__ = ["PageError", "load_texts", "render_page"]


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
    return _fill(
        own_text("template.html"),
        {
            "lang": html.escape(str(payload.get("lang", "id"))),
            "policy": content_policy(scripts, styles, beside=has_photo_folder(payload)),
            "title": html.escape(_page_title(payload)),
            "noscript": html.escape(texts["noscript"]),
            "styles": "\n".join(f"<style>{style}</style>" for style in styles),
            "data": _json(
                {
                    **(packed_columns(payload) if many else payload),
                    "english": english_of(payload),
                }
            ),
            "scripts": "\n".join(f"<script>{script}</script>" for script in scripts),
        },
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
    table = tomllib.loads(own_text("texts.id.toml"))
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


def content_policy(scripts: Iterable[str], styles: Iterable[str], *, beside: bool = False) -> str:
    """Return the content security policy that lets only these texts run."""
    # on file: no address is the page's own, only the scheme can be named
    pictures = "img-src data: 'self' file:" if beside else "img-src data:"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(_source(text) for text in scripts)}",
            f"style-src {' '.join(_source(text) for text in styles)}",
            pictures,
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _source(text: str) -> str:
    """Return the hash source of an inline script or style."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


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


def _fill(template: str, values: Mapping[str, str]) -> str:
    """Replace each ``{{name}}`` once; filled-in text is never read as template."""
    return re.sub(r"\{\{(\w+)\}\}", lambda slot: values[slot[1]], template)


def _village_count(payload: Mapping[str, object]) -> int:
    """Count the villages of a page."""
    villages = payload.get("villages")
    return len(villages.get("code", ())) if isinstance(villages, dict) else 0
