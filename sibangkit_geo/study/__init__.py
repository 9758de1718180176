"""The whole study: the only room that knows the order of the stages."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sibangkit_geo.products.parts import Finished
    from sibangkit_geo.study.layers import LayerColumns, import_boundaries, pockets_of_layer
    from sibangkit_geo.study.locate import open_study_register
    from sibangkit_geo.study.lock import Lock
    from sibangkit_geo.study.registers import RegisterPlan, count_register
    from sibangkit_geo.study.running import run

__all__ = [
    "Finished",
    "LayerColumns",
    "Lock",
    "RegisterPlan",
    "count_register",
    "import_boundaries",
    "open_study_register",
    "pockets_of_layer",
    "run",
]

# a command loads what it needs: the test of a layer must not wait for matplotlib and Word
_HOMES = {
    "import_boundaries": "layers",
    "LayerColumns": "layers",
    "pockets_of_layer": "layers",
    "Lock": "lock",
    "open_study_register": "locate",
    "RegisterPlan": "registers",
    "count_register": "registers",
    "Finished": "running",
    "run": "running",
}


def __getattr__(name: str) -> object:
    """Load a public name from its file."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
