"""The annex as a Word document, and as PDF where an office program is present."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.model.optional import door

if TYPE_CHECKING:
    from sibangkit_geo.products.atlas.settings import AnnexSettings
    from sibangkit_geo.products.document.conversion import PDF_NAME, write_pdf
    from sibangkit_geo.products.document.document import (
        BRIEF_NAME,
        DOCX_NAME,
        MapPictures,
        write_document,
    )

__all__ = [
    "BRIEF_NAME",
    "DOCX_NAME",
    "PDF_NAME",
    "AnnexSettings",
    "MapPictures",
    "write_document",
    "write_pdf",
]

_HOMES = {
    "AnnexSettings": "..atlas.settings",
    "BRIEF_NAME": ".document",
    "DOCX_NAME": ".document",
    "MapPictures": ".document",
    "PDF_NAME": ".conversion",
    "write_document": ".document",
    "write_pdf": ".conversion",
}
__getattr__ = door(__name__, _HOMES, extra="annex")
