"""English of the pages: every sentence and name by its Indonesian text, and those a page needs."""

from __future__ import annotations

import functools
import html
import json
import re
from typing import TYPE_CHECKING, Any, Final

from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.products.words import catalogue, listing
from sibangkit_geo.sources.intake_rules import rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ESCAPES: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}

_SLOT = re.compile(r"\\\{(\w+)\\\}")
_ANY_SLOT = re.compile(r"\{\w+\}")
_LETTER = re.compile(r"[^\W\d_]")
_SHORT = 3
# the page's own texts are translated by key; what is packed holds no words
_NO_WORDS = {"texts", "topology", "ground", "network", "photos", "data"}


def english_texts() -> dict[str, str]:
    """
    Return the texts of ``texts.id.toml`` in English, by the same keys.

    Raises MissingFileError: The package lacks its catalogue.
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
    MissingFileError
        The package lacks its catalogue.

    Examples
    --------
    >>> english_name("Rumah tangga miskin (Desil 1)")
    'Poor households (Decile 1)'
    >>> english_name("Sembawa") is None
    True
    """
    names = _table("names.en.toml")
    if name in names:
        return str(names[name])
    for pattern, english in _patterns():
        if found := pattern.fullmatch(name):
            parts = {key: _english_list(part) for key, part in found.groupdict().items()}
            return english.format(**parts)
    return None


def _english_list(names: str) -> str:
    """Translate names that stand side by side; those that no catalogue knows stay."""
    return "; ".join(english_name(name) or name for name in names.split("; "))


@functools.cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Turn names with places for others into patterns."""
    return tuple(
        (re.compile(_SLOT.sub(r"(?P<\1>.+)", re.escape(name))), english)
        for name, english in _table("names.en.toml").items()
        if "{" in name
    )


@functools.cache
def _table(file: str) -> dict[str, Any]:
    return own_toml(__package__, file)


@functools.cache
def sentence_twins() -> Mapping[str, str]:
    """
    Set the English of every sentence and name beside its Indonesian, both with their slots.

    Raises KeyError: A sentence has an English text and no Indonesian one.
    """
    english = _table("sentences.en.toml")
    twins = dict(_products(english["products"])) | dict(_front(english["front"]))
    for kind, words in english["intake"].items():
        rule = rules()[kind]
        twins |= {getattr(rule, part): text for part, text in words.items()}
    twins |= english["text"]
    return twins | _table("names.en.toml")


def _products(english: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, text in english.items():
        if isinstance(text, str):
            yield catalogue()[key], text
        else:
            yield from zip(listing(key), text, strict=True)


def _front(english: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    indonesian = _table("front_page.toml")
    for key, text in english.items():
        if isinstance(text, str):
            yield indonesian[key], text
        else:
            yield from zip(indonesian[key], text, strict=True)


@functools.cache
def _pieces() -> tuple[tuple[frozenset[str], tuple[str, ...], str, str], ...]:
    """
    Cut every sentence at its slots; one without a word of its own says the same in English.

    First come the words that stand between blanks within a piece: a text without one of them need
    not be searched.
    """
    return tuple(
        (
            frozenset(word for piece in pieces for word in piece.split(" ")[1:-1]),
            pieces,
            ours,
            english,
        )
        for ours, english in sentence_twins().items()
        if (pieces := tuple(_ANY_SLOT.split(ours.strip()))) and _LETTER.search("".join(pieces))
    )


def english_pairs(text: str) -> list[str]:
    """
    Choose the sentences that a page needs.

    `text`: All that the page says, in Indonesian.
    Returns: Indonesian and English in turn, with slots; `translator.js` matches them.
    """
    words = frozenset(text.split(" "))
    return [
        one
        for within, pieces, ours, english in _pieces()
        if within <= words
        and all(piece in text for piece in pieces)
        # a letter alone is part of nearly every text
        and (len(ours) > _SHORT or re.search(rf"\b{re.escape(ours)}\b", text))
        for one in (ours, english)
    ]


def english_of(payload: Mapping[str, Any]) -> dict[str, object]:
    """
    Gather the English of a map page.

    `payload`: Of `render_page`.
    Returns: ``texts`` in the order of the page's Indonesian ones; ``pairs`` as `english_pairs`.
    """
    texts = english_texts()
    return {
        "texts": [texts.get(key, text) for key, text in payload.get("texts", {}).items()],
        "pairs": english_pairs("\n".join(_strings(payload))),
    }


def _strings(value: object) -> Iterator[str]:
    """Give every text within plain JSON types."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            if key not in _NO_WORDS:
                yield from _strings(one)
    elif isinstance(value, list | tuple):
        yield from _of_list(value)


def _of_list(values: Iterable[object]) -> Iterator[str]:
    for one in values:
        # most lists are long columns of numbers
        if isinstance(one, str | dict | list):
            yield from _strings(one)


def plain_pairs(page: str) -> str:
    """
    Write the English of a page without data as JSON that cannot end its element.

    `page`: Whole document.
    """
    pairs = english_pairs(html.unescape(page))
    return json.dumps(pairs, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES)
