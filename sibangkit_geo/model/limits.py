"""
What a file may ask of this machine; more is a damaged or hostile file, or is read in another way.

Every limit on memory, members, cells, pixels, depth and time stands here, with its reason.
"""

from __future__ import annotations

import re

#: unpacked bytes of an archive: a workbook of 1M x 45 cells unpacks to about 2 GB; the villages of
#: all Indonesia in full detail are 614 MB of GeoJSON (geoBoundaries), and 3 GB as Shapefile is the
#: largest its format allows with room for attributes
UNPACKED_BYTES = 6 * 1024**3
#: unpacked to packed: workbooks shrink ten- to twentyfold, coordinates as text about tenfold and as
#: numbers about threefold; text of one letter shrinks a thousandfold (deflate's limit is 1032)
UNPACKED_RATIO = 200
#: a small file of constant attributes or empty formatted rows may shrink far and does no harm
HARMLESS_BYTES = 10 * 1024**2
#: a view of a GeoPackage is read where its columns stand in tables: bytes of a cell (the largest
#: village of Indonesia in full detail is 10 MB), bytes to those of the file (a join tells a few
#: columns twice), and steps of SQLite (2.5 million rows of 100 columns take half of them)
VIEW_CELL_BYTES, VIEW_RATIO, VIEW_STEPS = 64 << 20, 10, 1_000_000_000
#: bytes and nested brackets of a coordinate reference system: the longest of EPSG takes 10,000, and
#: ten within each other
SYSTEM_BYTES, SYSTEM_DEPTH = 64 << 10, 32
#: members of an archive: a Shapefile has up to a dozen parts per layer, a sheet about five
MEMBERS = 10_000
#: unpacked bytes of a Word file whose styles are taken: it is held as trees of about ten times as
#: much; a letterhead with pictures has a few MB
TEMPLATE_BYTES = 64 * 1024**2
#: of a product that is searched for leaks, unpacked, and packed files within packed files; pictures
#: of one colour shrink far
SEARCHED_RATIO, SEARCHED_HARMLESS, SEARCHED_BYTES = 200, 64 * 1024**2, 4 * 1024**3
SEARCHED_DEPTH, SEARCHED_MEMBERS = 8, 20_000

#: names that no file or folder may have, whatever its ending: Windows keeps them for its devices
#: ("Naming Files, Paths, and Namespaces")
DEVICE_NAMES = "con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]"

#: cells of a workbook that are held; calamine takes about 1.5 GB for them. More are streamed (XLSX)
#: or refused
CELLS = 20_000_000
#: rows and columns of a spreadsheet (ECMA-376 part 1, 18.3.1.73: XFD1048576 is the last cell)
SHEET_ROWS, SHEET_COLUMNS = 1 << 20, 1 << 14
#: columns of a table: no register or profile known has a quarter of this
COLUMNS = 2_000
#: sheets that are read as one table: numbers of rows are 32 bits
SHEETS = 400
#: rows of a Parquet file: the households of the largest province are 15 million
PARQUET_ROWS = 20_000_000
#: bytes of a Parquet file before they are packed, and of a column in one of its row groups:
#: 2.5 million households of 100 columns are 2 to 5 GB, of which only asked columns are read
PARQUET_BYTES, PARQUET_CHUNK_BYTES = 24 << 30, 2 << 30
#: bytes of text in a piece of a table: its 40,000 rows of 30 columns are about 60 MB
BATCH_BYTES = 512 << 20
#: rows of a table that is held whole: the country has 84,000 villages, and a tenth of that is read
TABLE_ROWS = 1_000_000
#: parts of a dotted key in TOML: each costs its reader as much as all before it
KEY_PARTS = 16
#: bytes of one row of a sheet, and of what stands before and after its rows
SHEET_ROW_BYTES = SHEET_AROUND_BYTES = 64 << 20
#: bytes of a row and of a cell of delimited text: an open quote takes the rest of the file
TEXT_ROW_BYTES, TEXT_CELL_BYTES = 32 << 20, 1 << 20
#: a page is held whole while it is read; a register of a regency takes about 100 MB
PAGE_BYTES = 200 * 1024**2
#: cells that one of a page covers (HTML 4.9.11: no cell reaches further)
SPAN_COLUMNS, SPAN_ROWS = 1000, 65534

#: pixels and bytes of a photo: no phone takes pictures of more
PHOTO_PIXELS, PHOTO_BYTES = 60_000_000, 40_000_000
#: cells of a raster whose ways are searched: about 100 bytes each, and a regency in cells of 30 m
#: has 14.5 million
WAY_CELLS = 20_000_000
#: cells of a raster over the villages' extent, read a window at a time whatever its own size: a
#: regency in cells of 10 m has 370 million
RASTER_CELLS = 500_000_000
#: bands, of which the first one is read: a year of days, or a sensor of some hundred channels; and
#: bytes of the piece that a raster is read by: a strip or tile is some MB, a whole sheet 256
RASTER_BANDS, RASTER_BLOCK_BYTES = 1_000, 512 << 20

#: seconds that LibreOffice may take for a document, and that a server may be silent: a line that
#: says nothing for a minute is down, large files may take as long as they need
CONVERSION_SECONDS, SILENCE_SECONDS = 300, 60
#: maps that a test draws: p-values of 1 in a million, each map costs memory for its statistics
REPLICATES = 999_999

#: years of data: the republic was founded in 1945; nobody has data of the next century
FIRST_YEAR, LAST_YEAR = 1945, 2100

#: more digits than the code of any area: it may be the number of a person
LONG_NUMBER = re.compile(r"\d(?:[ .-]?\d){10,}")
