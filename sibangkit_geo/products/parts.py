"""Parts of an analysis that others make and hand over: blocks of a page, earlier years, files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from sibangkit_geo.model.types import Note, Pockets


@dataclass(frozen=True, slots=True)
class Block:
    """
    A folded part of a page: sentences, and a table of words.

    `key`: Name, once per page.
    `headline`, `lead`: Heading, and one sentence under it; the lead may be empty.
    `head`, `align`: Headings of the table and ``"l"`` or ``"r"`` for each; empty without a table.
    `agency`: Whose page; empty for all.
    """

    key: str
    headline: str
    lead: str = ""
    items: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    align: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    agency: str = ""


@dataclass(frozen=True, slots=True)
class EarlierWave:
    """
    Numbers of an earlier year; one row per official village.

    `numbers`: Columns by indicator name, per cent for shares; missing without data.
    """

    year: int
    numbers: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Finished:
    """
    What a run made.

    Attributes
    ----------
    out
        Folder of the products.
    products
        Relative paths, the overview first.
    review
        File of uncertain names beside the folder; None when no name was uncertain.
    pockets
        Result of the detector.
    notes
        Notes of all stages.

    Examples
    --------
    >>> import dataclasses
    >>> [one.name for one in dataclasses.fields(Finished)]
    ['out', 'products', 'review', 'pockets', 'notes']
    """

    out: Path
    products: tuple[str, ...]
    review: Path | None
    pockets: Pockets
    notes: tuple[Note, ...]
