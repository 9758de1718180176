"""The page in English: its own texts, and the names of catalogues that stand on it."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from sibangkit_geo.model.toml import own_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["english_name", "english_of", "english_texts"]

_SLOT = re.compile(r"\\\{(\w+)\\\}")
_LAYER_NAMES = ("label", "denominator", "count_label", "note")


def english_texts() -> dict[str, str]:
    """
    Return the texts of ``texts.id.toml`` in English.

    Returns
    -------
    texts
        By the same keys.

    Raises
    ------
    FileNotFoundError
        The package lacks its catalogue.
    """
    return _table("texts.en.toml")


def english_name(name: str) -> str | None:
    """
    Translate a name, or a sentence that the package always writes alike.

    Parameters
    ----------
    name
        Indonesian.

    Returns
    -------
    name
        English; None when no catalogue knows it, as a name that a study gave.

    Raises
    ------
    FileNotFoundError
        The package lacks its catalogue.

    Examples
    --------
    >>> english_name("Rumah tangga miskin (Desil 1)")
    'Poor households (Decile 1)'
    >>> english_name("Sembawa") is None
    True
    """
    whole = _table("names.en.toml").get(name)
    if whole is not None:
        return whole
    for pattern, english in _patterns():
        if found := pattern.fullmatch(name):
            parts = {key: english_name(part) or part for key, part in found.groupdict().items()}
            return english.format(**parts)
    return None


def english_of(payload: Mapping[str, Any]) -> dict[str, object]:
    """
    Gather the English of a page.

    Parameters
    ----------
    payload
        Of `render_page`.

    Returns
    -------
    english
        ``texts`` by key; ``names`` by Indonesian text, only those of this page.

    Raises
    ------
    FileNotFoundError
        The package lacks its catalogues.
    """
    found = {name: english_name(name) for name in _names(payload)}
    return {
        "texts": english_texts(),
        "names": {name: english for name, english in found.items() if english is not None},
    }


def _names(payload: Mapping[str, Any]) -> Iterator[str]:
    """Give what stands on a page and may be in a catalogue."""
    houses, trend = payload.get("houses") or {}, payload.get("trend") or {}
    agency = payload.get("agency") or {}
    given = [
        *(payload.get(key) for key in ("title", "estimate_line", "boundary_line", "created")),
        *(trend.get(key) for key in ("label", "note")),
        *(agency.get(key) for key in ("name", "focus")),
        *payload.get("agencies", ()),
        *(page.get("name") for page in payload.get("pages", ())),
        *(village.get("reason") for village in payload.get("unmapped", ())),
        *(layer.get(key) for layer in payload.get("layers", ()) for key in _LAYER_NAMES),
        *houses.get("needs", ()),
        *houses.get("groups", ()),
    ]
    yield from dict.fromkeys(str(one) for one in given if one)


@functools.cache
def _table(file: str) -> dict[str, str]:
    return own_toml(__package__, file)


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Turn names with places for others into patterns."""
    return tuple(
        (re.compile(_SLOT.sub(r"(?P<\1>.+)", re.escape(name))), english)
        for name, english in _table("names.en.toml").items()
        if "{" in name
    )
