"""The annex as a Word document, and as PDF where an office program is present."""

from sibangkit_geo.cartography.document.converting import PDF_NAME, write_pdf
from sibangkit_geo.cartography.document.settings import AnnexSettings
from sibangkit_geo.cartography.document.writing import DOCX_NAME, MapPictures, write_document

__all__ = [
    "DOCX_NAME",
    "PDF_NAME",
    "AnnexSettings",
    "MapPictures",
    "write_document",
    "write_pdf",
]
