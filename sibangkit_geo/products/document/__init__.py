"""The annex as a Word document, and as PDF where an office program is present."""

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
