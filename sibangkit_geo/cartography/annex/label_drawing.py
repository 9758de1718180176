"""Names as plain, selectable text over a white shape, with their leader lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.path import Path as Outline

from sibangkit_geo.cartography.annex.label_boxes import LEADING
from sibangkit_geo.cartography.annex.lettering import CAPITAL, POINTS_PER_MM, halo, width
from sibangkit_geo.cartography.annex.paper import Pen, Type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.cartography.annex.frame import Frame
    from sibangkit_geo.cartography.annex.label_boxes import Label
    from sibangkit_geo.cartography.annex.paper import Page, Rect

LEADER = Pen(edge="#1d2733", width=0.4)
_WHITE = Pen(fill="#ffffff")


def draw_labels(
    page: Page, labels: Sequence[Label], *, frame: Frame, rect: Rect, color: str = "#101820"
) -> None:
    """Draw names as plain, selectable text over a white shape."""
    starts = [(one, _baselines(one, frame, rect)) for one in labels]
    for one, _ in starts:
        if one.anchor:
            ends = frame.on_paper(np.array([one.anchor, (one.x, one.y)]), rect)
            page.path(Outline(ends), LEADER)
    rings = [
        np.round(ring + start, 2)
        for one, lines in starts
        for line, start in lines
        for ring in halo(line, one.size, bold=one.bold)
    ]
    if rings:
        codes = [_codes(len(ring)) for ring in rings]
        page.path(Outline(np.concatenate(rings), np.concatenate(codes)), _WHITE)
    for one, lines in starts:
        for line, start in lines:
            at = (start[0] / POINTS_PER_MM, start[1] / POINTS_PER_MM)
            page.text(at, line, Type(one.size, bold=one.bold, color=color))


def _codes(length: int) -> NDArray[np.uint8]:
    codes = np.full(length, Outline.LINETO, dtype=np.uint8)
    codes[0], codes[-1] = Outline.MOVETO, Outline.CLOSEPOLY
    return codes


def _baselines(
    label: Label, frame: Frame, rect: Rect
) -> list[tuple[str, NDArray[np.float64]]]:  # fmt: skip
    """Start of each line's baseline, points of the page."""
    middle = frame.on_paper(np.array([label.x, label.y]), rect)
    lines = label.text.split("\n")
    step = LEADING * label.size
    first = step * (len(lines) - 1) / 2 - CAPITAL * label.size / 2
    found = []
    for i, line in enumerate(lines):
        left = width(line, label.size, bold=label.bold) / 2
        found.append((line, np.round(middle - np.array([left, i * step - first]), 2)))
    return found
