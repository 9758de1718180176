"""The document as PDF, by the office program of this machine."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdf

from sibangkit_geo.model import limits
from sibangkit_geo.model.types import Note
from sibangkit_geo.products.document.document import write_document
from sibangkit_geo.products.document.manuscript import HEADING
from sibangkit_geo.products.machine import office_program
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sibangkit_geo.products.document.document import MapPictures, Written
    from sibangkit_geo.products.document.manuscript import Entry
    from sibangkit_geo.products.result import Analysis

PDF_NAME = "lampiran.pdf"
_DATE = re.compile(rb"(/(?:CreationDate|ModDate)\s*\(D:)\d{14}")
_MARK = re.compile(rb"(/DocChecksum /|/ID \[ <|(?<=[0-9A-F]{32}>\n)<)[0-9A-F]{32}\b")
# start of a caption that is looked for on the pages; a long one is wrapped
_LOOKED_FOR = 30


def write_pdf(
    product: Analysis, maps: MapPictures, written: Written, path: Path
) -> tuple[Note, ...]:
    """
    Turn the document into a PDF whose lists name their pages.

    Parameters
    ----------
    product
        Finished study.
    maps
        As the document was made from.
    written
        The document.
    path
        PDF to write; not written without an office program.

    Returns
    -------
    notes
        Why there is no PDF; none when there is one.

    Raises
    ------
    OSError
        The disk refuses.
    """
    program = office_program()
    if program is None:
        return (Note("annex_pdf_missing", say("document_pdf_missing")),)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        created = product.provenance.created
        first = _converted(program, written.path, folder / "1", created=created)
        pages = {} if first is None else page_numbers(first, written.entries)
        again = write_document(product, maps, folder / f"{path.stem}.docx", pages=pages)
        second = _converted(program, again.path, folder / "2", created=created)
        if second is None:
            return (Note("annex_pdf_failed", say("document_pdf_failed")),)
        path.write_bytes(without_clock(second.read_bytes(), created=created))
    return ()


def _converted(program: str, source: Path, folder: Path, *, created: str) -> Path | None:
    """Convert; a profile of its own lets it run beside an open office program."""
    seconds = str(int(datetime.fromisoformat(created).timestamp()))
    command = [
        program, f"-env:UserInstallation={(folder / 'profil').resolve().as_uri()}", "--headless",
        "--norestore", "--convert-to", "pdf", "--outdir", str(folder), str(source),
    ]  # fmt: skip
    try:
        subprocess.run(  # noqa: S603 - a program of this machine, and files of our own
            command, check=True, capture_output=True, timeout=limits.CONVERSION_SECONDS,
            env={**os.environ, "SOURCE_DATE_EPOCH": seconds},
        )  # fmt: skip
    except (subprocess.SubprocessError, OSError):
        return None
    made = folder / f"{source.stem}.pdf"
    return made if made.is_file() else None


def without_clock(data: bytes, *, created: str) -> bytes:
    """
    Put the study's date where the office program puts the clock's.

    `created`: ISO date and time of the study.
    Returns: Of the same length; equal for equal documents.
    Raises ValueError: `created` is no date.
    """
    made = datetime.fromisoformat(created).strftime("%Y%m%d%H%M%S").encode("ascii")
    data = _DATE.sub(rb"\g<1>" + made, data)
    # the two marks of the file are worked out from the time as well
    plain = _MARK.sub(lambda found: found[1] + b"0" * 32, data)
    mark = hashlib.sha256(plain).hexdigest()[:32].upper().encode("ascii")
    return _MARK.sub(lambda found: found[1] + mark, data)


def page_numbers(pdf: Path, entries: Sequence[Entry]) -> dict[str, int]:
    """
    Find headings and captions in a PDF.

    `pdf`: The document as PDF.
    `entries`: Headings and captions in order.
    Returns: Bookmark to page, 1 the first; what is not found is absent.
    """
    reader = pypdf.PdfReader(pdf)
    texts = [_packed(page.extract_text()) for page in reader.pages]
    # the office program lists headings with their pages; the lists at the front come before
    headings = [reader.get_destination_page_number(one) or 0 for one in _flat(reader.outline)]
    listed = [one for one in entries if one.kind == HEADING]
    if len(headings) != len(listed):
        return {}
    found = {one.bookmark: at + 1 for one, at in zip(listed, headings, strict=True)}
    at = headings[0] if headings else 0
    for entry in entries:
        if entry.kind == HEADING:
            continue
        words = _packed(entry.text)[:_LOOKED_FOR]
        page = next((i for i in range(at, len(texts)) if words in texts[i]), None)
        if page is not None:
            found[entry.bookmark] = page + 1
            at = page
    return found


def _flat(outline: Any) -> list[Any]:  # noqa: ANN401 - pypdf nests lists of its own kind
    return [one for part in outline for one in (_flat(part) if isinstance(part, list) else [part])]


def _packed(text: str) -> str:
    return "".join(text.split())
