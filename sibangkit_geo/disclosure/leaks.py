"""The leak scan: no finished product may hold what a register says of one household."""

from __future__ import annotations

import logging
import re
import warnings
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sibangkit_geo.disclosure.identity_numbers import count_identities
from sibangkit_geo.disclosure.pieces import Remark, Text, Vertices
from sibangkit_geo.disclosure.plain_text import resolved, without_tags
from sibangkit_geo.disclosure.register_texts import HousePoints, Wanted, odd_numbers, words
from sibangkit_geo.disclosure.unpacking import pieces
from sibangkit_geo.errors import LeakError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sibangkit_geo.disclosure.pieces import Kind, Piece

#: how messages call what was found
KINDS: Mapping[Kind, str] = {
    "identity": "identity number",
    "register": "name, number or point of the register",
    "photo_point": "place of a photo",
    "unreadable": "damaged or locked, could not be searched",
    "too_much": "unpacks without end, could not be searched",
}
_GEODATABASE = ".gdb"
_GROUP = 8_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """
    What one file holds, never the value.

    Attributes
    ----------
    file
        Name within the folder; digits of a number in it are crossed out.
    kind
        What it is; `KINDS` has the words.
    count
        How often it was found.

    Examples
    --------
    >>> found = Finding("peta/index.html", "register", 2)
    >>> f"{found.file}: {KINDS[found.kind]} ({found.count})"
    'peta/index.html: name, number or point of the register (2)'
    """

    file: str
    kind: Kind
    count: int


@dataclass(frozen=True, slots=True)
class _Search:
    """
    What is looked for.

    `numbers`: Identity numbers of the register that are not plausible.
    """

    wanted: Wanted
    points: HousePoints
    numbers: frozenset[str]


def find_leaks(folder: str | Path, *, personal: Collection[str] = ()) -> tuple[Finding, ...]:
    """
    Search finished files for identity numbers and for what a register says.

    Opens text, web pages, office files, PDF, pictures, databases, vector layers and
    archives in each other, by their content. An identity number is found however it
    is written, in cells, names and remarks. What cannot be searched is a finding.
    Grain: one row per file and kind.

    Parameters
    ----------
    folder
        Folder with products.
    personal
        Names, numbers and points of a register that must not occur; a point is its
        two degrees with a blank between.

    Returns
    -------
    found
        Sorted by file; empty when clean. Never what was found.

    Raises
    ------
    FileNotFoundError
        There is no such folder.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = Path(folder, "page.html")
    ...     _ = page.write_text("<p>Rumah BUDI SANTOSO</p>", encoding="utf-8")
    ...     find_leaks(Path(folder)), find_leaks(Path(folder), personal={"Budi Santoso"})
    ((), (Finding(file='page.html', kind='register', count=1),))
    """
    folder = Path(folder)
    if not folder.is_dir():
        msg = f"{folder}: no such folder"
        raise FileNotFoundError(msg)
    points, numbers = HousePoints(personal), odd_numbers(personal)
    found: Counter[tuple[str, Kind]] = Counter()
    with _quiet():
        files: Iterator[_File] = (
            _File(name, tuple(parts), _views(parts))
            for name, parts in _read(folder, geometry=len(points) > 0)
        )
        wanted = Wanted.nothing()
        if personal:
            # each word once: a register has millions of texts, of which few could occur
            kept = list(files)
            met = {word for file in kept for view in file.texts() for word in words(view)}
            wanted = Wanted.of(set(personal) - numbers, met=met)
            files = iter(kept)
        search = _Search(wanted, points, numbers)
        for group in _groups(files):
            _count(group, search, found)
    return tuple(Finding(*key, count) for key, count in sorted(found.items()) if count)


def leaks(folder: Path, *, personal: Collection[str] = ()) -> Mapping[str, int]:
    """
    Count the findings of `find_leaks` in each file.

    Parameters
    ----------
    folder
        Folder with products.
    personal
        Names, numbers and points of a register that must not occur.

    Returns
    -------
    found
        File name (relative) to number of findings of any kind; empty when clean.
        Never what was found.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    """
    counts: Counter[str] = Counter()
    for one in find_leaks(folder, personal=personal):
        counts[one.file] += one.count
    return dict(counts)


def require_clean(folder: Path, *, personal: Collection[str] = ()) -> None:
    """
    Refuse products that hold what their reader may not see, or that cannot be searched.

    Parameters
    ----------
    folder
        Folder with products.
    personal
        Texts that must not occur.

    Raises
    ------
    LeakError
        At least one file has a finding; the files and kinds are named, the findings
        not.
    """
    found = find_leaks(folder, personal=personal)
    if found:
        files = "; ".join(f"{one.file} ({KINDS[one.kind]}: {one.count})" for one in found)
        msg = f"Personal data in finished products: {files}. Nothing was written; report this."
        raise LeakError(msg)


@dataclass(frozen=True, slots=True)
class _File:
    """
    One file and what it says.

    `views`: Each of its texts, as it is and without tags.
    """

    name: str
    parts: tuple[Piece, ...]
    views: tuple[tuple[str, ...], ...]

    def texts(self) -> Iterator[str]:
        return (view for text in self.views for view in text)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what libraries say of damaged files from the terminal: it may quote them."""
    talkers = [logging.getLogger(name) for name in ("pypdf", "pyogrio", "PIL")]
    levels = [one.level for one in talkers]
    for one in talkers:
        one.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for one, level in zip(talkers, levels, strict=True):
            one.setLevel(level)


def _read(folder: Path, *, geometry: bool) -> Iterator[tuple[str, list[Piece]]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() or path.suffix.lower() == _GEODATABASE:
            yield name, [*pieces(path, geometry=geometry)]
        elif path.is_dir() and not any(path.iterdir()):
            # its name alone
            yield name, []


def _views(parts: Sequence[Piece]) -> tuple[tuple[str, ...], ...]:
    """Give each text as it is, and without tags where they cut it."""
    return tuple(
        tuple(view for view in (one.text, without_tags(one.text, office=one.office)) if view)
        for one in parts
        if isinstance(one, Text)
    )


def _groups(files: Iterable[_File]) -> Iterator[list[_File]]:
    """Gather small files: a search has its price for each call."""
    group: list[_File] = []
    size = 0
    for file in files:
        group.append(file)
        size += sum(map(len, file.texts()))
        if size >= _GROUP:
            yield group
            group, size = [], 0
    yield group


def _count(group: Sequence[_File], search: _Search, found: Counter[tuple[str, Kind]]) -> None:
    names = [resolved(file.name) for file in group]
    views = [view for file in group for view in file.texts()]
    counts = iter(count_identities([*names, *views], known=search.numbers))
    in_names = [next(counts) for _ in group]
    for file, name, in_name in zip(group, names, in_names, strict=True):
        shown = re.sub(r"\d", "#", name) if in_name else file.name
        found[shown, "identity"] += in_name
        for text in file.views:
            # a number seen with and without tags is one
            found[shown, "identity"] += max((next(counts) for _ in text), default=0)
            if search.wanted.texts:
                told = max((search.wanted.count(words(view)) for view in text), default=0)
                found[shown, "register"] += told
        for part in file.parts:
            if isinstance(part, Remark):
                found[shown, part.kind] += 1
            elif isinstance(part, Vertices):
                found[shown, "register"] += search.points.count(part)
