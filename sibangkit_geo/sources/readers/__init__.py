"""Open any table file as a grid of text cells, whatever program wrote it."""

from sibangkit_geo.sources.readers.grid import Grid, TableSource, is_address, table_source
from sibangkit_geo.sources.readers.header import Header, find_header, fold_header
from sibangkit_geo.sources.readers.open import open_grid, sheet_names

__all__ = [
    "Grid",
    "Header",
    "TableSource",
    "find_header",
    "fold_header",
    "is_address",
    "open_grid",
    "sheet_names",
    "table_source",
]
