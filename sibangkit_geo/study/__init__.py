"""The whole study: the only room that knows the order of the stages."""

from sibangkit_geo.study.boundary_files import import_boundaries
from sibangkit_geo.study.layers import LayerColumns, pockets_of_layer
from sibangkit_geo.study.locating import open_study_register
from sibangkit_geo.study.registers import RegisterPlan, count_register
from sibangkit_geo.study.running import Finished, run

__all__ = [
    "Finished",
    "LayerColumns",
    "RegisterPlan",
    "count_register",
    "import_boundaries",
    "open_study_register",
    "pockets_of_layer",
    "run",
]
