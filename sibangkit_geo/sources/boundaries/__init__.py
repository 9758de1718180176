"""Village polygons: opened in any layout, checked, cleaned into one valid coverage in metres."""

from sibangkit_geo.sources.boundaries.check import (
    BoundaryCheck,
    Problem,
    check_boundaries,
    check_file,
    check_text,
)
from sibangkit_geo.sources.boundaries.fetch import FetchError, PublicSource, catalogued, fetch
from sibangkit_geo.sources.boundaries.layouts import BoundaryColumns, BoundaryLayer
from sibangkit_geo.sources.boundaries.open_file import open_file, read_layout
from sibangkit_geo.sources.boundaries.read import (
    BoundarySource,
    embedded_polygons,
    import_file,
    input_files,
    read_boundaries,
)
from sibangkit_geo.sources.boundaries.regency import official_table
from sibangkit_geo.sources.boundaries.repair import (
    GAP_WIDTH_M,
    SNAPPING_DISTANCE_M,
    Repaired,
    repair_boundaries,
)

__all__ = [
    "GAP_WIDTH_M",
    "SNAPPING_DISTANCE_M",
    "BoundaryCheck",
    "BoundaryColumns",
    "BoundaryLayer",
    "BoundarySource",
    "FetchError",
    "Problem",
    "PublicSource",
    "Repaired",
    "catalogued",
    "check_boundaries",
    "check_file",
    "check_text",
    "embedded_polygons",
    "fetch",
    "import_file",
    "input_files",
    "official_table",
    "open_file",
    "read_boundaries",
    "read_layout",
    "repair_boundaries",
]
