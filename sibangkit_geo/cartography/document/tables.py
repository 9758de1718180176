"""Tables that fit between the margins, with a heading that repeats on every page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from sibangkit_geo.cartography.document.markup import escaped
from sibangkit_geo.cartography.document.styles import TABLE, TABLE_HEAD, TABLE_TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docx.document import Document

# characters that one column may ask for: longer cells are wrapped
_WIDEST, _NARROWEST = 34, 4
_COLUMNS = 13
# width of one character of 8.5 points with its share of the cell's margins, twentieths of a point
_CHARACTER, _MARGINS = 92, 180
_SIDES = {"l": "left", "r": "right"}


def parts_of(head: Sequence[str], align: Sequence[str]) -> list[list[int]]:
    """
    Split the columns of a table that is too wide for a page.

    Parameters
    ----------
    head
        Headings.
    align
        ``"l"`` or ``"r"`` for each.

    Returns
    -------
    parts
        Positions of the columns of each part; the first column stands in all.

    Raises
    ------
    ValueError
        The two differ in length.

    Examples
    --------
    >>> parts_of(["OPD", "K1", "K2"], ["l", "r", "r"])
    [[0, 1, 2]]
    """
    if len(head) != len(align):
        msg = "`head` and `align` differ in length"
        raise ValueError(msg)
    rest = list(range(1, len(head)))
    step = _COLUMNS - 1
    return [[0, *rest[at : at + step]] for at in range(0, max(len(rest), 1), step)]


def add_table(
    document: Document,
    rows: Sequence[Sequence[str]],
    *,
    head: Sequence[str],
    align: Sequence[str],
    width: int,
) -> None:
    """
    Add a table at the end of a document.

    `head`: Headings; their row repeats on every page.
    `align`: ``"l"`` or ``"r"`` for each column.
    `width`: Room between the margins, twentieths of a point.
    """
    shares = column_widths(rows, head=head, width=width)
    styles = {name: document.styles[name].style_id for name in (TABLE, TABLE_HEAD, TABLE_TEXT)}
    grid = "".join(f'<w:gridCol w:w="{one}"/>' for one in shares)
    body = [_row(head, shares, align, styles[TABLE_HEAD], top=True)]
    body += [_row(row, shares, align, styles[TABLE_TEXT], top=False) for row in rows]
    table: Any = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="{styles[TABLE]}"/>'
        f'<w:tblW w:w="{sum(shares)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        '<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
        'w:lastColumn="0" w:noHBand="0" w:noVBand="1"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(body)}</w:tbl>"
    )
    document.element.body.insert_element_before(table, "w:sectPr")


def column_widths(rows: Sequence[Sequence[str]], *, head: Sequence[str], width: int) -> list[int]:
    """
    Share the room among the columns: each its longest word, the rest by the text.

    Parameters
    ----------
    rows
        Cells as written.
    head
        Headings.
    width
        Room, twentieths of a point.

    Returns
    -------
    widths
        Their sum is `width` at most.

    Examples
    --------
    >>> column_widths([["Sembawa", "1"]], head=["Desa", "p"], width=9000)
    [824, 548]
    """
    columns = list(zip(head, *rows, strict=True))
    least = [max(_NARROWEST, *(_longest(cell) for cell in column)) for column in columns]
    wish = [min(_WIDEST, max(len(cell) for cell in column)) for column in columns]
    low = [min(one, _WIDEST) * _CHARACTER + _MARGINS for one in least]
    high = [max(a, b * _CHARACTER + _MARGINS) for a, b in zip(low, wish, strict=True)]
    if sum(high) <= width:
        return high
    if sum(low) >= width:
        return [one * width // sum(low) for one in low]
    left, more = width - sum(low), sum(high) - sum(low)
    return [a + (b - a) * left // more for a, b in zip(low, high, strict=True)]


def _longest(cell: str) -> int:
    return max((len(word) for word in cell.replace("/", "/ ").split()), default=0)


def _row(
    cells: Sequence[str], widths: Sequence[int], align: Sequence[str], style: str, *, top: bool
) -> str:
    rule = '<w:tblHeader w:val="true"/>' if top else ""
    made = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{room}" w:type="dxa"/></w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{"<w:keepNext/>" if top else ""}'
        f'<w:jc w:val="{_SIDES[side]}"/></w:pPr>'
        f'<w:r><w:t xml:space="preserve">{escaped(cell)}</w:t></w:r></w:p></w:tc>'
        for cell, room, side in zip(cells, widths, align, strict=True)
    )
    return f'<w:tr><w:trPr><w:cantSplit w:val="true"/>{rule}</w:trPr>{made}</w:tr>'
