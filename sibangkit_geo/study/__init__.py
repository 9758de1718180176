"""The whole study: the only room that knows the order of the stages."""

from sibangkit_geo.study.boundary_files import import_boundaries
from sibangkit_geo.study.running import Finished, run

__all__ = ["Finished", "import_boundaries", "run"]
