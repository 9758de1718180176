"""A person's decisions on uncertain names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.sources.readers import TableSource
from sibangkit_geo.sources.text_tables import read_text_table

if TYPE_CHECKING:
    from pathlib import Path


def read_review(path: Path) -> dict[str, str]:
    """
    Read the review file.

    `path`: CSV with columns ``kode_tabel`` and ``kode_desa``.
    Returns: Code in the table to official village code; empty text means no village.
    Raises ConfigError: The file is missing.
    Raises DataError: The file is empty or lacks a column.
    """
    named = ["kode_tabel", "kode_desa"]
    table, _ = read_text_table(TableSource(path), named_by="[join] review", named=named)
    decided = table.dropna(subset=["kode_tabel"])
    return dict(zip(decided["kode_tabel"], decided["kode_desa"].fillna(""), strict=True))
