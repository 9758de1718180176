"""What colours mean on a sheet: the classes of the web maps, with patterns for no number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.cartography.annex.paper import Pen
from sibangkit_geo.cartography.classes import MASKED_COLOR, NO_DATA_COLOR
from sibangkit_geo.cartography.texts import say

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.cartography.classes import Layer

_HATCH = "#8a939c"
_DOTS = "#7a7286"
NO_DATA = Pen(fill=NO_DATA_COLOR, edge=_HATCH, hatch="lines")
MASKED = Pen(fill=MASKED_COLOR, edge=_DOTS, hatch="dots")


@dataclass(frozen=True, slots=True)
class Swatch:
    """
    One kind of fill.

    `pen`: Fill and pattern.
    `always`: Listed without any village too.
    """

    pen: Pen
    label: str
    always: bool = True


@dataclass(frozen=True, slots=True)
class Theme:
    """How the villages of a sheet are filled."""

    heading: str
    swatches: tuple[Swatch, ...]
    index: NDArray[np.intp]

    def counts(self, shown: NDArray[np.bool_]) -> tuple[tuple[Swatch, int], ...]:
        """List the swatches of a legend with the villages shown of each."""
        totals = np.bincount(self.index[shown], minlength=len(self.swatches))
        pairs = zip(self.swatches, totals.tolist(), strict=True)
        return tuple((one, n) for one, n in pairs if n or one.always)


def layer_theme(layer: Layer) -> Theme:
    """
    Fill villages as the web map does, with patterns for what has no number.

    Returns: Classes first, then no data and masked; the two are listed where there are any.
    """
    swatches = [Swatch(Pen(fill=one.color), one.label) for one in layer.classes]
    swatches.append(Swatch(NO_DATA, say("annex.no_data"), always=False))
    swatches.append(Swatch(MASKED, say("annex.masked"), always=False))
    n = len(layer.classes)
    index = layer.class_index.where(layer.class_index >= 0, n).to_numpy(copy=True)
    index[layer.masked.to_numpy(dtype=bool)] = n + 1
    unit = say(f"annex.unit_{layer.indicator.unit}")
    heading = f"{layer.indicator.label} ({unit})" if unit else layer.indicator.label
    return Theme(heading, tuple(swatches), index.astype(np.intp))
