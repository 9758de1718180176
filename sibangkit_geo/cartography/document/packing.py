"""A Word file that is the same to the byte whenever it says the same."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from docx.document import Document

# shapes of fonts in digits, which look like identity numbers; Word works without them
_FONTS = ("fontTable.xml", "theme1.xml")
_HINTS = re.compile(rb'<w:panose1 [^>]*/>|<w:sig [^>]*/>| panose="[^"]*"')
# zip knows no earlier time
_EARLIEST = 1980


def save(document: Document, path: Path, *, created: str) -> None:
    """
    Write a document whose dates are the study's, never the clock's.

    `created`: ISO time.
    """
    made = datetime.fromisoformat(created)
    stamp = (max(made.year, _EARLIEST), *made.timetuple()[1:6])
    about = document.core_properties
    about.created = about.modified = made.replace(tzinfo=None)
    about.revision = 1
    loose = io.BytesIO()
    document.save(loose)
    tight = io.BytesIO()
    with zipfile.ZipFile(loose) as source, zipfile.ZipFile(tight, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = source.read(name)
            if name.endswith(_FONTS):
                content = _HINTS.sub(b"", content)
            target.writestr(entry, content)
    path.write_bytes(tight.getvalue())
