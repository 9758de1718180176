"""Links that the map does not show: boats that join villages, rivers that part them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.errors import DataError
from sibangkit_geo.sources.readers import TableSource
from sibangkit_geo.sources.text_tables import read_text_table, require_columns

if TYPE_CHECKING:
    from pathlib import Path

_NAMED = ["desa_a", "desa_b", "hubungan"]
_WORDS = {"sambung": True, "putus": False}


@dataclass(frozen=True, slots=True)
class LinkSource:
    """
    The ``[links]`` table of a study.

    `path`: CSV with columns ``desa_a``, ``desa_b`` (dotted village codes) and ``hubungan``:
        ``sambung`` (a ferry joins them) or ``putus`` (a river parts them).
    """

    path: str


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of village codes, as written."""

    extra: tuple[tuple[str, str], ...]
    cut: tuple[tuple[str, str], ...]


def read_links(source: LinkSource, *, folder: Path) -> Links:
    """
    Read the pairs.

    Grain: one row per pair.

    Returns: In the order of the file.
    Raises ConfigError: The file is missing.
    Raises DataError: It is empty or lacks a column, or a row lacks a code or says another word.
    """
    path = folder / source.path
    table, _ = read_text_table(TableSource(path), named_by="[links] path", named=_NAMED)
    require_columns(table, _NAMED, path=path)
    rows = table[_NAMED].apply(lambda column: column.str.strip())
    word = rows["hubungan"].str.lower().map(_WORDS)
    bad = rows[rows.isna().any(axis=1) | word.isna()]
    if len(bad):
        msg = f"{path.name}: a pair lacks a code, or hubungan is not sambung or putus"
        raise DataError(msg, rows=bad, remedy="Write two village codes and one of the two words.")
    pairs = list(zip(rows["desa_a"], rows["desa_b"], word, strict=True))
    return Links(
        extra=tuple((str(a), str(b)) for a, b, joined in pairs if joined),
        cut=tuple((str(a), str(b)) for a, b, joined in pairs if not joined),
    )
