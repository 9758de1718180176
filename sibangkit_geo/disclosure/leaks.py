"""The leak scan: no finished product may hold what a register says of one household."""

from __future__ import annotations

import io
import re
import sqlite3
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import polars as pl
import pyarrow.parquet as pq
import pypdf
from pypdf.generic import DecodedStreamObject, NameObject

from sibangkit_geo.errors import LeakError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path
    from typing import Any

# NIK and KK numbers have 16 digits (UU 24/2013); the decimals of a number do not count
_IDENTITY = re.compile(rb"(?<!\d)(?<!\d\.)\d{16}(?!\d)")
_CHECKSUM = re.compile(rb"\b[0-9a-f]{64}\b")
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_SIXTEEN = b"0" * 16
# what stands between two words in text, CSV, JSON and HTML
_BETWEEN = b"\"'<>;,|:=[](){}\t\n\r\v\f"
_BLANKS = bytes.maketrans(_BETWEEN, b" " * len(_BETWEEN))
_SEPARATORS = r"\s\"'<>;,|:=\[\](){}"
_ENDS = (b". ", b"! ", b"? ")
_LONGEST_NAME = 8
# texts, their first words, and how many words they have
_Wanted = tuple[frozenset[bytes], frozenset[bytes], tuple[int, ...]]

_PARQUET = b"PAR1"
# corners of lines: most of a map's page, and no text
_CORNERS = re.compile(rb"(?<=\s)(?:-?[\d.]{1,12}\s+){2,6}[mlcvy](?=\s)")
_TAG = re.compile(rb"<[^>]*>")
_DEEPEST = 3


def leaks(folder: Path, *, personal: Collection[str] = ()) -> Mapping[str, int]:
    """
    Search finished files for identity numbers and for texts of a register.

    Looks into text, HTML, JSON, CSV, GeoPackage, Parquet, the text of PDF pages and
    zipped office files; 16-digit numbers and every text of `personal` count.

    Parameters
    ----------
    folder
        Folder with products.
    personal
        Names, numbers and points of a register that must not occur.

    Returns
    -------
    found
        File name (relative) to number of findings; empty when clean. Never what
        was found.

    Raises
    ------
    FileNotFoundError
        There is no such folder.
    """
    if not folder.is_dir():
        msg = f"{folder}: no such folder"
        raise FileNotFoundError(msg)
    files = {
        path.relative_to(folder).as_posix(): list(contents(path))
        for path in sorted(path for path in folder.rglob("*") if path.is_file())
    }
    words: set[bytes] = set()
    if personal:
        for pieces in files.values():
            words.update(*(_words(one) for one in pieces))
    wanted = _wanted(_possible(personal, words))
    counts = {name: sum(_count(one, wanted) for one in pieces) for name, pieces in files.items()}
    return {name: count for name, count in counts.items() if count}


def require_clean(folder: Path, *, personal: Collection[str] = ()) -> None:
    """
    Refuse products that hold what their reader may not see.

    Parameters
    ----------
    folder
        Folder with products.
    personal
        Texts that must not occur.

    Raises
    ------
    LeakError
        At least one file has a finding; the files are named, the findings not.
    """
    found = leaks(folder, personal=personal)
    if found:
        files = ", ".join(f"{name} ({count})" for name, count in found.items())
        msg = f"Personal data in finished products: {files}. Nothing was written; report this."
        raise LeakError(msg)


def _possible(personal: Collection[str], words: set[bytes]) -> list[str]:
    """Keep the texts whose first and last word occur at all: few of a million do."""
    texts = pl.Series(list(personal), dtype=pl.String)
    known = pl.Series([one.decode("utf-8", errors="ignore") for one in words], dtype=pl.String)
    for end in (rf"^[{_SEPARATORS}]*([^{_SEPARATORS}]+)", rf"([^{_SEPARATORS}]+)[{_SEPARATORS}]*$"):
        word = texts.str.to_lowercase().str.extract(end).str.strip_chars_end(".!?")
        texts = texts.filter(word.is_in(known.implode()))
    return texts.to_list()


def _wanted(personal: Collection[str]) -> _Wanted:
    """Write every text as its words with one blank between."""
    runs = [_words(one.encode("utf-8")) for one in personal]
    texts = frozenset(b" ".join(run) for run in runs if run)
    firsts = frozenset(run[0] for run in runs if run)
    lengths = {min(len(run), _LONGEST_NAME) for run in runs if run}
    return texts, firsts, tuple(sorted(lengths))


def _words(content: bytes) -> list[bytes]:
    if content.isascii():
        content = content.lower()
    else:
        told = content.decode("utf-8", errors="ignore").lower().replace("\u00a0", " ")
        content = told.encode("utf-8")
    plain = content.translate(_BLANKS) + b" "
    for end in _ENDS:
        while end in plain:
            plain = plain.replace(end, b" ")
    return plain.split()


def _count(content: bytes, wanted: _Wanted) -> int:
    hits = 0
    # nearly no file has sixteen digits in a row: looked up plainly before it is searched
    if _SIXTEEN in content.translate(_DIGITS):
        hits = len(_IDENTITY.findall(_CHECKSUM.sub(b"", content)))
    texts, firsts, lengths = wanted
    if not texts:
        return hits
    words = _words(content)
    begun = firsts.intersection(words)
    return hits + sum(run in texts for run in _runs(words, begun, lengths))


def _runs(words: list[bytes], begun: frozenset[bytes], lengths: tuple[int, ...]) -> Iterator[bytes]:
    if not begun:
        return
    for at, word in enumerate(words):
        if word in begun:
            for length in lengths:
                if at + length <= len(words):
                    yield b" ".join(words[at : at + length])


def contents(path: Path) -> Iterator[bytes]:
    """
    Give what a file says, in pieces, each as UTF-8 text.

    Grain: one piece per page, table, column or packed file.

    Yields: Cells of databases and Parquet tables one to a line; of office files the markup as it
        is and the words without it, since a name may be cut by a tag.
    """
    if path.suffix in {".gpkg", ".sqlite"}:
        # raw pages lay cells end to end, and keep whole numbers in binary
        yield from _database(path)
    else:
        yield from _unpacked(path.read_bytes(), depth=0)


def _unpacked(data: bytes, *, depth: int) -> Iterator[bytes]:
    if data.startswith(b"%PDF"):
        yield from _pages(data)
    elif data.startswith(_PARQUET) and data.endswith(_PARQUET):
        yield from _columns(data)
    elif data.startswith(b"PK") and zipfile.is_zipfile(io.BytesIO(data)) and depth < _DEEPEST:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from _part(archive.read(name), name, depth=depth + 1)
    else:
        yield data


def _part(data: bytes, name: str, *, depth: int) -> Iterator[bytes]:
    yield from _unpacked(data, depth=depth)
    if name.endswith(".xml"):
        yield _TAG.sub(b" ", data)
    if name.startswith("word/"):
        # a number or a name goes on over runs of one paragraph
        yield _TAG.sub(b"", data.replace(b"</w:p>", b"\n"))


def _pages(data: bytes) -> Iterator[bytes]:
    reader = pypdf.PdfReader(io.BytesIO(data))
    told = [str(one) for one in (reader.metadata or {}).values()]
    yield "\n".join(told).encode("utf-8")
    for page in reader.pages:
        drawn = page.get_contents()
        if drawn is None:
            continue
        slim = DecodedStreamObject()
        slim.set_data(_CORNERS.sub(b"", drawn.get_data()))
        page[NameObject("/Contents")] = slim
        yield page.extract_text().encode("utf-8")


def _columns(data: bytes) -> Iterator[bytes]:
    table = pq.read_table(io.BytesIO(data))
    for key, value in (table.schema.metadata or {}).items():
        yield key + b"\n" + value
    yield "\n".join(table.column_names).encode("utf-8")
    for column in table.columns:
        yield b"\n".join(_written(cell) for cell in column.to_pylist())


def _written(cell: Any) -> bytes:  # noqa: ANN401 - whatever a column holds
    return cell if isinstance(cell, bytes) else str(cell).encode("utf-8")


def _database(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            quoted = str(name).replace('"', '""')
            rows = database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - its own table
            cells = (
                str(cell) for row in rows for cell in row if isinstance(cell, str | int | float)
            )
            yield "\n".join(cells).encode("utf-8")
