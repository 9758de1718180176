"""Finished sentences from one language into the other, by templates with places for words."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.voice.language import spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sibangkit_geo.errors import SibangkitError

_SLOT = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
_LETTERS = re.compile(r"[^\W\d_]")
# what stands between two sentences, or between a name and what is said of it
_BREAK = re.compile(r"(?<=[.?!;:]) ")
_MARKS = ".;:"
# what stands between the cells of a line
_GAP = re.compile(r"(\s{2,}(?:: )?)")
# below that a template would fit anything
_FEWEST_LETTERS = 2
# a template spans no more sentences than these
_MOST_BREAKS = 6
_LONG = 12
# what parts faults that are told together; each is read alone
_FAULTS = re.compile(r"; (?!first: )")
_FEWEST_A_SLOT = 4
# pages of the documentation that explain errors, and the one of what is in no other's table
PAGES: Final = "tanya-jawab"
OTHERWISE: Final = "perintah"
OF_NO_PAGE: Final = frozenset({"own", "libraries", "usage"})
# thousands as English marks them, in a place of its own
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(?:,\d{3})+")


class Template:
    """A sentence with numbered or named places, and its twin."""

    def __init__(self, text: str, twin: str) -> None:
        self.text = text.strip()
        parts = _SLOT.split(self.text)
        self.pieces = [_unescaped(one) for one in parts[::2]]
        self.slots = parts[1::2]
        self.twin = twin.strip()
        self.weight = len("".join("".join(self.pieces).split()))

    @property
    def holds_a_list(self) -> bool:
        """Tell whether the sentence goes on behind its last place, so that this may be long."""
        return len(self.pieces) > 1 and bool(self.pieces[-1]) and self.weight >= _LONG

    def fillings(self, text: str) -> dict[str, str] | None:
        """Find what stands in the places of a text; None where it is not of this template."""
        first, *inner = self.pieces
        if not inner:
            return {} if text == first else None
        last = inner.pop()
        at, end = len(first), len(text) - len(last)
        if at > end or not (text.startswith(first) and text.endswith(last)):
            return None
        found = []
        for piece in inner:
            place = text.find(piece, at, end)
            if place < 0:
                return None
            found.append(text[at:place])
            at = place + len(piece)
        return dict(zip(self.slots, [*found, text[at:end]], strict=True))


def _with_what_is_before(text: str, twin: str) -> Iterator[tuple[str, str]]:
    """Let what only ends a sentence, as a blank before it says, also be found behind its words."""
    yield text, twin
    if text[0] == " ":
        yield f"{{before}}{text}", f"{{before}}{twin}"


def _unescaped(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}")


class _Fit(NamedTuple):
    """A template that fits a text; `more` and `less` say which mark ends the text instead."""

    template: Template
    fillings: dict[str, str]
    more: str
    less: str
    score: int


class _Reading(NamedTuple):
    """A text as a row of known and unknown parts; `score`: signs that templates account for."""

    score: int
    parts: tuple[_Fit | str, ...]


class Translator:
    """
    Knows sentences and their twins; what it does not know stays as it is.

    `dotted`: Whether the language of the twins marks thousands by dots.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]], *, dotted: bool = False) -> None:
        self._dotted = dotted
        known = [Template(*one) for pair in pairs for one in _with_what_is_before(*pair)]
        known = [
            one
            for one in known
            if len(_LETTERS.findall("".join(one.pieces))) >= _FEWEST_LETTERS or one.pieces[0] == "["
        ]
        self._known = known
        # what a text that looks like a list may be as a whole
        self._several = [one for one in known if _FAULTS.search(one.text) or one.holds_a_list]
        self._read: dict[str, _Reading] = {"": _Reading(0, ())}

    def templates_of(self, text: str) -> list[str]:
        """List the templates of what is known in a text, their places open."""
        return [one.template.text for one in self._best(text).parts if not isinstance(one, str)]

    def __call__(self, text: str) -> str:
        """Translate a text: as a whole, else sentence by sentence; what is unknown stays."""
        bare = text.strip()
        if not bare:
            return text
        before, _, after = text.partition(bare)
        parts = self._best(bare).parts
        said = (one if isinstance(one, str) else self._filled(one) for one in parts)
        return before + " ".join(said) + after

    def _best(self, text: str) -> _Reading:
        """Read a text such that templates, and those within their places, account for most."""
        if text not in self._read:
            faults = _FAULTS.split(text)
            read = self._listed(text, faults) if len(faults) > 1 else self._sentences(text)
            self._read[text] = read
        return self._read[text]

    def _listed(self, text: str, faults: list[str]) -> _Reading:
        """Read a text that looks like a list: as one, or as one message with a list within."""
        each = [self._best(one) for one in (*(f"{one};" for one in faults[:-1]), faults[-1])]
        options = [
            _Reading(sum(one.score for one in each), tuple(x for one in each for x in one.parts))
        ]
        for start in (0, *(found.end() for found in _BREAK.finditer(text))):
            fit = self._fit(text[start:], self._several)
            if fit is not None:
                before = text[:start].strip()
                options.append(_Reading(fit.score, (*([before] if before else []), fit)))
        return max(options, key=lambda one: one.score)

    def _sentences(self, text: str) -> _Reading:
        marks = [found.start() for found in _BREAK.finditer(text)]
        starts, ends = [0, *(one + 1 for one in marks)], [*marks, len(text)]
        # from the last sentence to the first, as what follows is read already
        readings = [_Reading(0, ())]
        for at in reversed(range(len(starts))):
            best = self._from(text, starts[at], ends[at : at + _MOST_BREAKS], readings)
            readings.insert(0, best)
        return readings[0]

    def _from(self, text: str, start: int, ends: list[int], readings: list[_Reading]) -> _Reading:
        options = [_Reading(readings[0].score, (text[start : ends[0]], *readings[0].parts))]
        for end, rest in zip(ends, readings, strict=False):
            fit = self._fit(text[start:end].strip(), self._known)
            if fit is not None:
                options.append(_Reading(fit.score + rest.score, (fit, *rest.parts)))
        return max(options, key=lambda one: (one.score, -len(one.parts)))

    def _fit(self, text: str, templates: list[Template]) -> _Fit | None:
        """Find the template that says most of a text, with or without the mark that ends it."""
        tried = [(text, "", ""), (f"{text}.", "", ".")]
        if text[-1:] in _MARKS:
            tried += [(text[:-1], text[-1:], ""), (f"{text[:-1]}.", text[-1:], ".")]
        found = [
            _Fit(one, fillings, more, less, one.weight + self._within(fillings))
            for form, more, less in tried
            for one in templates
            if (fillings := one.fillings(form)) is not None
        ]
        return max(
            found,
            key=lambda one: (one.score, one.template.weight, -len(one.fillings)),
            default=None,
        )

    def _within(self, fillings: dict[str, str]) -> int:
        return sum(self._best(one.strip()).score for one in fillings.values())

    def _said(self, filling: str) -> str:
        if self._dotted and _THOUSANDS.fullmatch(filling.strip()):
            return filling.replace(",", ".")
        return self(filling)

    def _filled(self, fit: _Fit) -> str:
        words = {slot: self._said(text) for slot, text in fit.fillings.items()}
        parts = _SLOT.split(fit.template.twin)
        said = "".join(words[part] if at % 2 else _unescaped(part) for at, part in enumerate(parts))
        return said.removesuffix(fit.less) + fit.more


@functools.cache
def messages() -> dict[str, dict[str, str]]:
    """
    Read every message and its Indonesian twin, by the page of the documentation that explains it.

    Beside the pages stand the tables of what explains itself: `own`, `libraries` and `usage`.
    """
    return own_toml(__package__, "messages.id.toml")


@functools.cache
def to_indonesian() -> Translator:
    """Give the translator of errors and of the words of the libraries that parse and read."""
    pairs = [pair for table in messages().values() for pair in table.items()]
    return Translator(pairs, dotted=True)


def explained_in(text: str) -> str:
    """Name the page of the documentation that explains an English message."""
    pages = {
        message.strip(): page
        for page, table in messages().items()
        if page not in OF_NO_PAGE
        for message in table
    }
    known = [one for one in to_indonesian().templates_of(" ".join(text.split())) if one in pages]
    # what says most of it names its page: a hint at its end fits many
    page = pages[max(known, key=len)] if known else OTHERWISE
    return f"{PAGES}/{page}.html"


@functools.cache
def to_english() -> Translator:
    """Give the translator of remarks: those of the command line, and those that pages know."""
    from sibangkit_geo.products.web.english import sentence_twins

    own: dict[str, Any] = own_toml(__package__, "remarks.en.toml")
    pages = [one for one in sentence_twins().items() if _says_enough(one[0])]
    return Translator([*own["remarks"].items(), *pages])


def _says_enough(text: str) -> bool:
    """Tell whether a template of a page, where it has a place of its own, fits few other texts."""
    return len(_LETTERS.findall(_SLOT.sub("", text))) >= _FEWEST_A_SLOT * len(_SLOT.findall(text))


def told(text: str) -> str:
    """Say an English sentence, such as that of an error, in the language that is spoken."""
    if spoken() == "en":
        return text
    return to_indonesian()(text)


def error_text(error: SibangkitError) -> str:
    """Say an error of ours on one line; problem and remedy each on its own."""
    text = str(error)
    remedy = getattr(error, "remedy", "")
    if remedy and text.endswith(f". {remedy}"):
        text = f"{told(text.removesuffix(f'. {remedy}'))}. {told(remedy)}"
    else:
        text = told(text)
    return " ".join(text.split())


def remark(text: str) -> str:
    """Say a remark, which is Indonesian but for errors it repeats, in the language spoken."""
    return to_english()(text) if spoken() == "en" else told(text)


def account(text: str) -> str:
    """Say an account of several lines, cell by cell; columns keep their place where they fit."""
    return "\n".join(map(_line if spoken() == "en" else _noted, text.splitlines()))


def _noted(line: str) -> str:
    # a remark may be the words of an error; columns and their names are Indonesian as they are
    head, mark, text = line.partition("perhatian: ")
    return f"{mark}{told(text)}" if mark and not head else line


def _line(line: str) -> str:
    said = ""
    for cell, gap, end in _cells(line):
        said += remark(cell)
        # a longer word takes of the gap behind it
        said = f"{said.ljust(end)}{gap.lstrip() if len(said) < end else gap[-2:]}" if gap else said
    return said


def _cells(line: str) -> Iterator[tuple[str, str, int]]:
    """Give the cells of a line, the gap behind each, and where the words of the next begin."""
    parts = _GAP.split(line)
    at = 0
    for cell, gap in zip(parts[::2], [*parts[1::2], ""], strict=True):
        at += len(cell) + len(gap)
        yield cell, gap, at - len(gap.lstrip())
