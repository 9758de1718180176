"""Plain pages without script: escaped parts, put together under a strict policy."""

from __future__ import annotations

import base64
import hashlib
import html
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@cache
def _words() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("portal.toml").read_text("utf-8")
    return tomllib.loads(text)


def word(key: str, **values: object) -> str:
    """Fill one sentence of the portal's catalogue and escape it."""
    return html.escape(str(_words()[key]).format(**values))


def words(key: str) -> tuple[str, ...]:
    """
    Read a list of the portal's catalogue.

    Returns: As written, not escaped.
    """
    return tuple(_words()[key])


def file_words() -> dict[str, str]:
    """
    Read what each product is.

    Returns: Relative path to description, in the order of the list.
    """
    return dict(_words()["files"])


def paragraphs(texts: Iterable[str], *, kind: str = "") -> str:
    """Put each text into a paragraph."""
    named = f' class="{kind}"' if kind else ""
    return "".join(f"<p{named}>{html.escape(one)}</p>" for one in texts if one)


def listed(texts: Iterable[str]) -> str:
    """
    Put texts into a list.

    Returns: Escaped; empty without texts.
    """
    items = "".join(f"<li>{html.escape(one)}</li>" for one in texts)
    return f"<ul>{items}</ul>" if items else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, align: str, label: str) -> str:
    """
    Draw a table that scrolls on its own where the screen is narrow.

    `head`, `rows`: Cells, not escaped.
    `align`: ``"l"`` or ``"r"`` for each column.
    `label`: What the table holds, not escaped.
    Returns: Escaped; empty without rows.
    Raises ValueError: Heads and alignments differ in number.
    """
    body = "".join(
        "<tr>" + "".join(_cell("td", one, side) for one, side in zip(row, align, strict=True))
        + "</tr>"
        for row in rows
    )  # fmt: skip
    if not body:
        return ""
    top = "".join(_cell("th", one, side) for one, side in zip(head, align, strict=True))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{html.escape(label)}">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(tag: str, text: str, side: str) -> str:
    kind = ' class="r"' if side == "r" else ""
    scope = ' scope="col"' if tag == "th" else ""
    return f"<{tag}{scope}{kind}>{html.escape(text)}</{tag}>"


def heading(title: str, under: str, *, before: str = "") -> str:
    """Draw the top of a page and begin its main part."""
    top = f"<h1>{html.escape(title)}</h1><p>{html.escape(under)}</p>"
    return f"<header>{before}{top}</header><main>"


def beside(left: str, right: str) -> str:
    """Set two parts side by side where there is room."""
    return f'<div class="two"><section>{left}</section><section>{right}</section></div>'


def page(title: str, body: str) -> str:
    """
    Put a page together that runs nothing and asks for nothing.

    Returns: Whole document.
    Raises FileNotFoundError: The installation is incomplete.
    """
    raw = resources.files(__package__).joinpath("portal.css").read_bytes()
    style = raw.decode("utf-8").replace("\r\n", "\n")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="id"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{style}</style></head>"
        f"<body>{body}</body></html>\n"
    )
