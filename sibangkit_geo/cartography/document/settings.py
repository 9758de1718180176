"""What an annex is asked to be: the atlas, and the look of its document."""

from __future__ import annotations

from dataclasses import dataclass

from sibangkit_geo.cartography.annex.settings import AtlasSettings


@dataclass(frozen=True, slots=True)
class AnnexSettings(AtlasSettings):
    """
    The ``[annex]`` table of a study.

    Attributes
    ----------
    template
        Word file whose styles, headings of pages and page set-up are taken; its own text
        is left out. Empty for the plain look.
    """

    template: str = ""
