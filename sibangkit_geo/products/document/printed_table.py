"""Tables of the document: how wide their columns are, and their markup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from sibangkit_geo.products.atlas import canvas
from sibangkit_geo.products.document.styles import (
    TABLE_HEAD,
    TABLE_STYLE,
    TABLE_TEXT,
    clean,
    escaped,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docx.document import Document

# the cell's margins with a little to spare, twentieths of a point, of which a point has 20
_MARGINS, _PER_POINT = 170, 20
# lines that a heading may take, with a little for how words fall
_HEAD_LINES = 2.6
_SIDES = {"l": "left", "r": "right"}


def add_table(
    document: Document, rows: Sequence[Sequence[str]], *, head: Sequence[str],
    align: Sequence[str], widths: Sequence[int],
) -> None:  # fmt: skip
    """
    Add a table at the end of a document.

    `head`: Headings; their row repeats on every page.
    `align`: ``"l"`` or ``"r"`` for each column.
    `widths`: Of each column, twentieths of a point.
    """
    styles = {
        name: document.styles[name].style_id for name in (TABLE_STYLE, TABLE_HEAD, TABLE_TEXT)
    }
    grid = "".join(f'<w:gridCol w:w="{one}"/>' for one in widths)
    body = [_row(head, widths, align, styles[TABLE_HEAD], top=True)]
    body += [_row(row, widths, align, styles[TABLE_TEXT], top=False) for row in rows]
    table: Any = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="{styles[TABLE_STYLE]}"/>'
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        '<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
        'w:lastColumn="0" w:noHBand="0" w:noVBand="1"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(body)}</w:tbl>"
    )
    document.element.body.insert_element_before(table, "w:sectPr")


@dataclass(frozen=True, slots=True)
class Column:
    """
    The room that a column asks for, twentieths of a point.

    `least`: No word is broken, and no number from its unit.
    `wish`: Every cell on one line, its heading on three.
    """

    least: int
    wish: int


def column_of(cells: Sequence[str], *, head: str, align: str, size: float) -> Column:
    """
    Measure a column in the widest font that an office is likely to have.

    A machine without the document's own font takes another one, and the table is laid out for
    the widest of them, so that it breaks no word there either.

    Parameters
    ----------
    cells
        As written, without the heading.
    head
        Heading.
    align
        ``"l"``, or ``"r"`` for numbers, which are never broken.
    size
        Of the type, points.

    Returns
    -------
    column
        What it asks for.

    Examples
    --------
    >>> one = column_of(["Rp15,45 miliar"], head="Biaya", align="r", size=8.5)
    >>> one.least == one.wish
    True
    """
    told = {clean(one) for one in cells}
    whole = [canvas.width(one, size) for one in told]
    words = [canvas.width(one, size, bold=True) for one in head.split()]
    words += whole if align == "r" else [
        canvas.width(word, size) for one in told for word in one.split()
    ]  # fmt: skip
    least = max(words, default=0)
    wish = max(*whole, canvas.width(head, size, bold=True) / _HEAD_LINES, 0)
    return Column(*(round(one * _PER_POINT) + _MARGINS for one in (least, max(least, wish))))


def parts_of(columns: Sequence[Column], *, room: int) -> list[list[int]]:
    """
    Split the columns of a table that is too wide for a page.

    Parameters
    ----------
    columns
        What each asks for.
    room
        Width of the page's text, twentieths of a point.

    Returns
    -------
    parts
        Positions of the columns of each part; the first column stands in all.

    Examples
    --------
    >>> parts_of([Column(4, 4), Column(3, 5), Column(3, 3)], room=8)
    [[0, 1], [0, 2]]
    """
    parts, left = [[0]], room - columns[0].least
    for at, one in enumerate(columns[1:], start=1):
        if one.least > left and len(parts[-1]) > 1:
            parts.append([0])
            left = room - columns[0].least
        parts[-1].append(at)
        left -= one.least
    return parts


def column_widths(columns: Sequence[Column], *, room: int) -> list[int]:
    """
    Share the whole room among the columns: each its least, the rest by what they wish.

    Parameters
    ----------
    columns
        What each asks for.
    room
        Width of the page's text, twentieths of a point.

    Returns
    -------
    widths
        Their sum is `room`.

    Examples
    --------
    >>> column_widths([Column(1000, 3000), Column(500, 500)], room=2500)
    [2000, 500]
    """
    least = np.array([one.least for one in columns], float)
    wish = np.array([one.wish for one in columns], float)
    spare = room - least.sum()
    if spare < 0:
        asked = least * (room / least.sum())
    elif wish.sum() > room:
        asked = least + (wish - least) * (spare / (wish - least).sum())
    else:
        asked = wish * (room / wish.sum())
    ends = np.rint(asked.cumsum()).astype(int)
    return [int(one) for one in np.diff(ends, prepend=0)]


def _row(
    cells: Sequence[str], widths: Sequence[int], align: Sequence[str], style: str, *, top: bool
) -> str:
    rule = '<w:tblHeader w:val="true"/>' if top else ""
    if not top:
        # a number and its unit stay on one line
        cells = [
            one.replace(" ", "\u00a0") if side == "r" else one
            for one, side in zip(cells, align, strict=True)
        ]
    made = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{room}" w:type="dxa"/></w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{"<w:keepNext/>" if top else ""}'
        f'<w:jc w:val="{_SIDES[side]}"/></w:pPr>'
        f'<w:r><w:t xml:space="preserve">{escaped(cell)}</w:t></w:r></w:p></w:tc>'
        for cell, room, side in zip(cells, widths, align, strict=True)
    )
    return f'<w:tr><w:trPr><w:cantSplit w:val="true"/>{rule}</w:trPr>{made}</w:tr>'
