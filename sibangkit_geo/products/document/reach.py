"""The curve of what a map can show: the smallest relative risk by the villages of a pocket."""

from __future__ import annotations

import math
from io import BytesIO
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

_INK, _SOFT, _LINE = "#16202e", "#526072", "#12284c"
_INCHES, _DPI = (6.3, 2.6), 200
_RC: Any = {"font.family": "DejaVu Sans", "font.size": 8}


def reach_picture(risks: Sequence[tuple[int, float]]) -> BytesIO | None:
    """
    Draw the smallest relative risk that a map would probably have shown.

    `risks`: Villages of a pocket and the risk, infinite where no pocket of the size could be shown.
    Returns: A PNG; None where fewer than two sizes could be.
    """
    shown = [(size, risk) for size, risk in risks if math.isfinite(risk)]
    if len(shown) < 2:
        return None
    sizes, values = zip(*shown, strict=True)
    with mpl.rc_context(_RC):
        drawing = Figure(figsize=_INCHES, layout="constrained")
        axes = drawing.add_subplot()
        axes.fill_between(sizes, values, max(values) * 1.15, color=_LINE, alpha=0.08, lw=0)
        axes.plot(sizes, values, color=_LINE, marker="o", ms=4)
        for size, value in shown:
            axes.annotate(
                numeral(value, 1), (size, value), textcoords="offset points", xytext=(4, 4),
                ha="left", color=_INK,
            )  # fmt: skip
        for words, at in (("document_reach_shown", 0.88), ("document_reach_missed", 0.06)):
            axes.text(0.6, at, say(words), transform=axes.transAxes, color=_SOFT)
        axes.set(
            xlabel=say("document_reach_sizes"), ylabel=say("document_reach_risk"), xticks=sizes,
            ylim=(1, max(values) * 1.15),
        )  # fmt: skip
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: numeral(value, 1)))
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=_SOFT)
        picture = BytesIO()
        drawing.savefig(picture, format="png", dpi=_DPI, metadata={"Software": None})
    picture.seek(0)
    return picture
