"""Village polygons: opened in any layout, checked, cleaned into one valid coverage in metres."""

from sibangkit_geo.sources.boundaries.checking import (
    BoundaryCheck,
    Problem,
    check_boundaries,
    check_file,
)
from sibangkit_geo.sources.boundaries.fetching import FetchError, PublicSource, catalogued, fetch
from sibangkit_geo.sources.boundaries.importing import import_file
from sibangkit_geo.sources.boundaries.layer import BoundaryLayer
from sibangkit_geo.sources.boundaries.opening import open_file
from sibangkit_geo.sources.boundaries.reading import read_layout
from sibangkit_geo.sources.boundaries.repair import (
    GAP_WIDTH_M,
    SNAPPING_DISTANCE_M,
    Repaired,
    repair_boundaries,
)
from sibangkit_geo.sources.boundaries.report import check_text
from sibangkit_geo.sources.boundaries.selecting import official_table
from sibangkit_geo.sources.boundaries.source import (
    BoundarySource,
    embedded_polygons,
    input_files,
    read_boundaries,
)

__all__ = [
    "GAP_WIDTH_M",
    "SNAPPING_DISTANCE_M",
    "BoundaryCheck",
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
