"""Pens of the map and marks on it, the same in map and legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.cartography.annex.lettering import CAPITAL, POINTS_PER_MM, width
from sibangkit_geo.cartography.annex.paper import Pen, Rect, Type

if TYPE_CHECKING:
    from sibangkit_geo.cartography.annex.paper import Page

SEA, LAND, QUIET = "#dfeaf1", "#efede6", "#e3e4e4"
POCKET, RANK = "#12284c", "#1b1b1b"
REGENCY = Pen(edge="#101010", width=0.9, dash=(6, 1.2, 1, 1.2))
DISTRICT = Pen(edge="#3a3a3a", width=0.5)
OWN_DISTRICT = Pen(edge="#101010", width=1.0)
VILLAGE = Pen(edge="#ffffff", width=0.25)
OWN_VILLAGE = Pen(edge="#7a6f63", width=0.35)
QUIET_VILLAGE = Pen(fill=QUIET, edge="#ffffff", width=0.3)
OTHER = Pen(fill=LAND, edge="#a8a292", width=0.4)
STRICT = Pen(edge=POCKET, width=1.4)
INDICATIVE = Pen(edge=POCKET, width=1.4, dash=(3.2, 1.6))
BADGE_MM = 1.9


def badge(page: Page, at: tuple[float, float], *, number: str, strict: bool) -> None:
    """
    Draw a pocket's number: white on dark when strict, dark on white when indicative.

    `at`: Middle, millimetres.
    """
    page.disc(at, BADGE_MM, Pen(fill="#ffffff"))
    page.disc(at, BADGE_MM * 0.84, Pen(POCKET if strict else "#ffffff", POCKET, 0.6))
    _centred(page, at, number, size=6.0, color="#ffffff" if strict else POCKET)


def rank_mark(page: Page, at: tuple[float, float], *, number: str) -> None:
    """
    Draw the rank of a village in a square.

    `at`: Middle, millimetres.
    """
    half = 1.2 + 0.45 * (len(number) - 1)
    page.box(Rect(at[0] - half, at[1] - 1.2, 2 * half, 2.4), Pen("#ffffff", RANK, 0.5))
    _centred(page, at, number, size=5.2, color=RANK)


def _centred(page: Page, at: tuple[float, float], words: str, *, size: float, color: str) -> None:
    x = at[0] - width(words, size, bold=True) / POINTS_PER_MM / 2
    y = at[1] - CAPITAL * size / POINTS_PER_MM / 2
    page.text((x, y), words, Type(size, bold=True, color=color))
