"""Choose the reader of a file by what it holds, not by what it is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sibangkit_geo.errors import ConfigError, require_file
from sibangkit_geo.model.optional import require_extra

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from sibangkit_geo.sources.readers.grid import Grid, TableSource

_WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
_LAYERS = frozenset({".gpkg", ".geojson", ".shp", ".fgb", ".kml", ".json"})
_OLE = b"\xd0\xcf\x11\xe0"
_LOOKED_AT = 4096
# the mark of the encoding, then a tag, a comment or an instruction
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*<(?:[!?]|(?:html|head|meta|body|table|div|style)\b)"
)
_MARKUP_WITHIN = re.compile(rb"<(?:html|table)\b")


def open_grid(source: TableSource, *, named_by: str, known: Collection[str] = ()) -> Grid:
    """
    Open a table, whatever program wrote it.

    Parameters
    ----------
    source
        File, or database and table.
    named_by
        Key or argument that names it, for messages.
    known
        Folded column names that are looked for; they choose between sheets.

    Returns
    -------
    grid
        Cells as text.

    Raises
    ------
    MissingFileError
        There is no such file.
    ConfigError
        The sheet or layer is not in the file, or the database is unknown.
    DataError
        The file is damaged, hostile or of a kind that holds no table.
    MissingExtraError
        It is a table of a database, and the extra ``postgis`` is not installed.
    """
    if source.url:
        require_extra("postgis")
        from sibangkit_geo.sources.readers.database import open_table  # noqa: PLC0415

        return open_table(source)
    path = require_file(source.path, named_by=named_by)
    kind = _kind(path)
    if kind == "workbook":
        from sibangkit_geo.sources.readers.joined import open_workbook  # noqa: PLC0415

        return open_workbook(path, sheet=source.sheet, known=known)
    if source.sheet and kind != "layer":
        msg = f'{path.name}: key `sheet` is for workbooks and layers, not for "{path.suffix}".'
        raise ConfigError(msg)
    if kind == "layer":
        from sibangkit_geo.sources.readers.vector import open_layer  # noqa: PLC0415

        return open_layer(path, layer=source.sheet)
    if kind == "parquet":
        from sibangkit_geo.sources.readers.parquet import open_parquet  # noqa: PLC0415

        return open_parquet(path)
    from sibangkit_geo.sources.readers.csv import open_delimited  # noqa: PLC0415

    return open_delimited(path)


def sheet_names(path: Path) -> list[str]:
    """
    List the sheets of a workbook or the layers of a geographic file.

    Parameters
    ----------
    path
        File.

    Returns
    -------
    names
        Empty for a format that holds one table.

    Raises
    ------
    DataError
        The file is damaged.
    """
    kind = _kind(path)
    if kind == "workbook":
        from sibangkit_geo.sources.readers.spreadsheet import workbook_sheets  # noqa: PLC0415

        return workbook_sheets(path)
    if kind == "layer":
        from sibangkit_geo.sources.readers.vector import layer_addresses  # noqa: PLC0415

        return list(layer_addresses(path))
    return []


def _kind(path: Path) -> str:
    with path.open("rb") as stream:
        start = stream.read(_LOOKED_AT)
    suffix = path.suffix.lower()
    if suffix in _WORKBOOKS or start.startswith(_OLE):
        # registers are often sent as text under the name of a workbook
        packed = start.startswith((b"PK", _OLE)) or not start.strip()
        return "workbook" if packed or _is_markup(start, within=True) else "text"
    if start.startswith(b"PAR1"):
        return "parquet"
    if suffix in _LAYERS or start.startswith(b"SQLite format 3"):
        return "layer"
    if start.startswith(b"PK"):
        return "layer" if suffix == ".zip" else "workbook"
    return "workbook" if _is_markup(start) else "text"


def _is_markup(start: bytes, *, within: bool = False) -> bool:
    """Tell a page or an XML Spreadsheet from a table of text; in UTF-16 every other byte is 0."""
    text = start.replace(b"\0", b"").lower()
    return bool(_MARKUP.match(text) or (within and _MARKUP_WITHIN.search(text)))
