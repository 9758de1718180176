"""
A page as SVG that looks the same without its font.

Text is drawn as outlines, its words beside it for those who search; patterns are cut to single
lines, nothing is referred to: Word, LibreOffice and Inkscape agree on paths alone.
"""

from __future__ import annotations

import base64
import html
import io
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.path import Path as Outline
from matplotlib.textpath import TextPath
from PIL import Image

from sibangkit_geo.products.atlas.canvas import (
    HATCH_STEP,
    HATCH_WIDTH,
    POINTS_PER_MM,
    Drawn,
    Pictured,
    Written,
    face,
    width,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.products.atlas.canvas import Page, Type

# whole hundredths of a point, as in the PDF
_UNIT = 100
_GLYPH = 100.0
# XML knows no other control signs
_UNKNOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def svg_of(page: Page, *, title: str, told: str) -> str:
    """
    Write a page as SVG of its true size.

    `title`, `told`: What it is, and what it shows: for those who hear or search it.
    Returns: Without script, style sheet, font and address; the same for the same page.
    """
    wide, high = (round(one * POINTS_PER_MM * _UNIT, 2) for one in (page.width, page.height))
    start = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'version="1.1" width="{page.width:g}mm" height="{page.height:g}mm" '
        f'viewBox="0 0 {wide:g} {high:g}" xml:lang="id" role="img">\n'
        f"<title>{_safe(title)}</title>\n<desc>{_safe(told)}</desc>\n"
        '<g stroke-linejoin="round">\n'
    )
    parts = [start]
    for mark in page.marks:
        if isinstance(mark, Drawn):
            parts.append(_path(mark, high))
        elif isinstance(mark, Written):
            parts.append(_text(mark, high))
        else:
            parts.append(_picture(mark, high))
    return "".join([*parts, "</g>\n</svg>\n"])


def _safe(words: str) -> str:
    return html.escape(_UNKNOWN.sub("", words))


def _path(mark: Drawn, high: float) -> str:
    pen = mark.pen
    if pen.hatch:
        lines = _hatched(mark.outline)
        # a pattern without a line in so small a shape
        return _stroked(lines, pen.edge, HATCH_WIDTH, (), high) if np.size(lines.vertices) else ""
    if pen.fill and not (pen.edge and pen.width):
        return f'<path fill="{pen.fill}" d="{_steps(mark.outline, high)}"/>\n'
    return _stroked(mark.outline, pen.edge, pen.width, pen.dash, high, fill=pen.fill or "none")


def _stroked(
    outline: Outline, edge: str, wide: float, dash: Sequence[float], high: float, *,
    fill: str = "none",
) -> str:  # fmt: skip
    told = ",".join(str(round(one * _UNIT)) for one in dash)
    dashed = f' stroke-dasharray="{told}"' if told else ""
    return (
        f'<path fill="{fill}" stroke="{edge}" stroke-width="{round(wide * _UNIT)}"{dashed} '
        f'd="{_steps(outline, high)}"/>\n'
    )


def _steps(outline: Outline, high: float) -> str:
    """
    Write corners as steps from one to the next, a letter before each.

    Without letters, numbers in a row could by chance be read as one of a household.
    """
    corners = np.asarray(outline.vertices, dtype=float) * _UNIT
    whole = np.rint(np.column_stack([corners[:, 0], high - corners[:, 1]])).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=whole[:1])
    # an open line without codes starts at its first corner
    plain = [Outline.MOVETO] + [Outline.LINETO] * (len(whole) - 1)
    codes: Sequence[Any] = plain if outline.codes is None else np.asarray(outline.codes).tolist()
    parts = []
    for code, (x, y), (dx, dy) in zip(
        codes, whole.tolist(), steps.tolist(), strict=True
    ):  # fmt: skip
        if code == Outline.MOVETO:
            parts.append(f"M{x} {y}")
        elif code == Outline.LINETO:
            parts.append(f"l{dx} {dy}" if dy >= 0 else f"l{dx}{dy}")
        else:
            parts.append("z")
    return "".join(parts)


def _hatched(outline: Outline) -> Outline:
    """Cut the slanting lines of the pattern to a shape, its holes left out."""
    starts, ends = _edges(outline)
    # along a line of the pattern, x less y is the same
    before, after = starts[:, 0] - starts[:, 1], ends[:, 0] - ends[:, 1]
    first, last = before.min() / HATCH_STEP, before.max() / HATCH_STEP
    corners: list[NDArray[np.float64]] = []
    for number in range(int(np.ceil(first)), int(np.floor(last)) + 1):
        level = number * HATCH_STEP
        cut = (before < level) != (after < level)
        share = (level - before[cut]) / (after[cut] - before[cut])
        x = np.sort(starts[cut, 0] + share * (ends[cut, 0] - starts[cut, 0])).reshape(-1, 2)
        # a line that only touches a corner has no length
        x = x[np.ptp(x, axis=1) > 1 / _UNIT].ravel()
        corners.append(np.column_stack([x, x - level]))
    found = np.concatenate(corners) if corners else np.empty((0, 2))
    return Outline(found, [Outline.MOVETO, Outline.LINETO] * (len(found) // 2))


def _edges(outline: Outline) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """List the sides of closed rings, start and end of each."""
    corners, codes = np.array(outline.vertices, dtype=float), np.asarray(outline.codes)
    first = np.flatnonzero(codes == Outline.MOVETO)
    ring = np.cumsum(codes == Outline.MOVETO) - 1
    closing = codes == Outline.CLOSEPOLY
    corners[closing] = corners[first[ring[closing]]]
    same = ring[1:] == ring[:-1]
    return corners[:-1][same], corners[1:][same]


def _text(mark: Written, high: float) -> str:
    style, x, y = mark.type, mark.x * _UNIT, high - mark.y * _UNIT
    parts, along = [], 0.0
    for letter in mark.words:
        left, low = (x, y - along) if style.upright else (x + along, y)
        for dx, dy, steps in _letter(letter, style):
            parts.append(f"M{round(left) + dx} {round(low) + dy}{steps}")
        along += width(letter, style.size, bold=style.bold) * _UNIT
    if not parts:
        return ""
    return (
        f'<path aria-label="{_safe(mark.words)}" fill="{style.color}" d="{"".join(parts)}"/>\n'
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _letter(letter: str, style: Type) -> tuple[tuple[int, int, str], ...]:
    """Outline a letter: the start of each ring from the start of the letter, and its steps."""
    if letter.isspace():
        return ()
    cut = face(_GLYPH, bold=style.bold, italic=style.italic and not style.bold)
    glyph = TextPath((0, 0), letter, prop=cut, usetex=False)
    corners = np.asarray(glyph.vertices) * (style.size / _GLYPH * _UNIT)
    if style.upright:
        turned = np.column_stack([-corners[:, 1], -corners[:, 0]])
    else:
        turned = np.column_stack([corners[:, 0], -corners[:, 1]])
    return tuple(_rings(np.rint(turned).astype(int), np.asarray(glyph.codes).tolist()))


def _rings(whole: NDArray[np.int_], codes: Sequence[int]) -> Iterator[tuple[int, int, str]]:
    steps, at, start = "", (0, 0), (0, 0)
    places = zip(whole.tolist(), codes, strict=True)
    for (x, y), code in places:
        if code == Outline.CLOSEPOLY:
            yield *start, f"{steps}z"
            steps = ""
        elif code == Outline.MOVETO:
            start = at = (x, y)
        elif code == Outline.LINETO:
            steps += f"l{x - at[0]} {y - at[1]}"
            at = (x, y)
        else:
            # the bend of a letter comes with its end, in the next row
            bend, (end_x, end_y) = (x - at[0], y - at[1]), next(places)[0]
            steps += f"q{bend[0]} {bend[1]},{end_x - at[0]} {end_y - at[1]}"
            at = (end_x, end_y)


def _picture(mark: Pictured, high: float) -> str:
    packed = io.BytesIO()
    Image.fromarray(mark.pixels).save(packed, "png")
    rect, each = mark.rect, POINTS_PER_MM * _UNIT
    return (
        f'<image x="{rect.left * each:.0f}" y="{high - rect.top * each:.0f}" '
        f'width="{rect.width * each:.0f}" height="{rect.height * each:.0f}" '
        f'xlink:href="data:image/png;base64,{base64.b64encode(packed.getvalue()).decode("ascii")}"'
        "/>\n"
    )
