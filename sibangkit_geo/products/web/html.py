"""The one way to a page: a template of the shell, escaped, under a policy that names checksums."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.products.web.english import plain_pairs
from sibangkit_geo.products.words import listing, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# JSDoc on one line tells the type checker what it needs and costs a page nothing
_COMMENT = re.compile(r"//|/\*\*?[^*]*\*/$")
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')


def render(
    template: str,
    values: Mapping[str, object],
    *,
    styles: Sequence[str],
    scripts: Sequence[str] = (),
    pictures: Sequence[str] = (),
    ready: Mapping[str, str] | None = None,
    inside: str = "",
) -> str:
    """
    Fill a page's template; the browser runs and wears only the texts given here.

    `styles`, `scripts`: Line feeds only, as the parser sees them, or the checksums do not fit.
    `pictures`: Where they may come from, as a content policy names it.
    `ready`: HTML or JSON that must not be escaped: never a text of data as it came.
    `inside`: Page made by this function that is later written in the place of this one: the
        browser then holds it to both policies.
    Returns: Whole document.
    Raises UndefinedError: The template names a value that is not given.
    """
    texts = {**(ready or {}), "policy": _policy(styles, scripts, pictures, inside)}
    return (
        _environment()
        .get_template(f"{template}.html.j2")
        .render(
            values,
            **{name: _unescaped(text) for name, text in texts.items()},
            styles=[_unescaped(text) for text in styles],
            scripts=[_unescaped(text) for text in scripts],
        )
    )


def render_plain(template: str, values: Mapping[str, object], *, style: str) -> str:
    """
    Fill a page that is complete without script, and give it a button for English.

    `style`: File of this folder.
    Returns: Whole document; it carries the English only of the sentences it shows.
    """
    # the last one counts: what a study names stands before it
    place = "[]"
    scripts = [compact(name) for name in ("translator.js", "plain.js")]
    styles = [compact("plain.css") + compact(style)]
    page = render(template, values, styles=styles, scripts=scripts, ready={"english": place})
    mark = f'id="english">{place}<'
    before, _, after = page.rpartition(mark)
    return before + mark.replace(place, plain_pairs(page)) + after


def fragment(template: str, values: Mapping[str, object]) -> str:
    """Fill a template that is part of somebody else's page: no script, styles on the elements."""
    return _environment().get_template(f"{template}.html.j2").render(values)


@cache
def compact(name: str) -> str:
    """
    Read a script or style of this folder as a page carries it: no comments, short inner names.

    One that was changed since ``tests/js/minify.mjs`` ran only loses indentation and comment
    lines: a page never runs what its source does not say.
    """
    text = own_text(name)
    shorter = _minified().get(name, {})
    if shorter.get("sha256") == hashlib.sha256(text.encode()).hexdigest():
        return shorter["text"]
    return without_comments(text)


def without_comments(text: str) -> str:
    """Drop indentation and comment lines; no text of the page spans lines."""
    lines = (line.strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line and not _COMMENT.match(line))


@cache
def _minified() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = json.loads(own_text("minified.json"))
    return table


def _unescaped(text: str) -> Markup:
    return Markup(text)  # noqa: S704 - the one place that leaves a text as it is


def _policy(
    styles: Sequence[str], scripts: Sequence[str], pictures: Sequence[str], inside: str
) -> str:
    allowed = {
        "script-src": [_checksum(text) for text in scripts],
        "style-src": [_checksum(text) for text in styles],
        "img-src": list(pictures),
    }
    found = _POLICY.search(inside)
    for rule in found[1].split("; ") if found else ():
        kind, *sources = rule.split(" ")
        if kind in allowed:
            allowed[kind] = list(dict.fromkeys([*allowed[kind], *sources]))
    rules = [f"{kind} {' '.join(sources)}" for kind, sources in allowed.items() if sources]
    return "; ".join(["default-src 'none'", *rules, "base-uri 'none'", "form-action 'none'"])


def _checksum(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals |= {"word": word, "words": words, "say": say, "listing": listing}
    made.filters["numeral"] = numeral
    return made


@cache
def own_text(name: str) -> str:
    """
    Read a file of this folder, with line feeds only.

    Raises FileNotFoundError: There is no such file.
    """
    return resources.files(__package__).joinpath(name).read_text("utf-8")


@cache
def _words() -> dict[str, Any]:
    return own_toml(__package__, "front_page.toml")


def word(key: str, **values: object) -> str:
    """Fill one sentence of the portal's catalogue."""
    return str(_words()[key]).format(**values)


def words(key: str) -> tuple[str, ...]:
    """Read a list of the portal's catalogue."""
    return tuple(_words()[key])
