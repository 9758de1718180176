"""Pages and sheets as a notebook shows them: in a frame, and as pictures."""

from __future__ import annotations

import base64
import html
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sibangkit_geo.errors import ConfigError, nearest
from sibangkit_geo.products import atlas
from sibangkit_geo.products.atlas.settings import AtlasSettings
from sibangkit_geo.products.changes import wave_changes
from sibangkit_geo.products.staging import write_text
from sibangkit_geo.products.web.page import render_page
from sibangkit_geo.products.web.payload import page_payload, shared_payload

if TYPE_CHECKING:
    from sibangkit_geo.products.result import Analysis

_FRAME_PX, _SCREEN_DPI = 760, 110


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """
    A page that opens offline, shown in a frame of a notebook.

    Attributes
    ----------
    title
        Study and agency.
    level
        Whom it is for.
    html
        Its whole text.

    Examples
    --------
    >>> Document("Peta", "public", "<p>isi</p>")
    <Document Peta | public | 0 kB>
    """

    title: str
    level: str
    html: str

    def save(self, path: str | Path) -> Path:
        """
        Write the page, whole or not at all.

        Returns: The file.
        """
        file = Path(path)
        write_text(file, self.html)
        return file

    def __repr__(self) -> str:
        """Name the page, and who may see it."""
        return f"<Document {self.title} | {self.level} | {len(self.html) // 1000} kB>"

    def _repr_html_(self) -> str:
        # a frame of its own: its policy, scripts and styles meet nothing of the notebook's
        return (
            f'<iframe title="{html.escape(self.title)}" srcdoc="{html.escape(self.html)}" '
            f'style="width: 100%; height: {_FRAME_PX}px; box-sizing: border-box; '
            'border: 1px solid #c9d1da"></iframe>'
        )


@dataclass(frozen=True, slots=True, repr=False)
class Pictures:
    """
    Sheets of an atlas, shown below each other; made by `Analysis.atlas`.

    Attributes
    ----------
    analysis
        What was drawn.
    settings
        How.
    titles, alts
        Number and title of each sheet, and what it shows in words.
    images
        PNG of each, for a screen.

    Examples
    --------
    >>> import dataclasses
    >>> [one.name for one in dataclasses.fields(Pictures)][2:]
    ['titles', 'alts', 'images']
    """

    analysis: Analysis
    settings: AtlasSettings
    titles: tuple[str, ...]
    alts: tuple[str, ...]
    images: tuple[bytes, ...]

    def __len__(self) -> int:
        """Count the sheets."""
        return len(self.images)

    def save(self, folder: str | Path) -> Path:
        """
        Write the sheets as one PDF at their true size.

        Returns: The file, in the folder.
        """
        own = replace(self.settings, pdf=True, png=False)
        changes = wave_changes(self.analysis)
        drawn = atlas.write_atlas(self.analysis, Path(folder), settings=own, changes=changes)
        return Path(folder) / drawn.pdf

    def __repr__(self) -> str:
        """List the sheets, and who may see them."""
        return f"<Pictures {self.analysis.level} | {'; '.join(self.titles)}>"

    def _repr_html_(self) -> str:
        return "\n".join(
            f'<figure style="margin: 0 0 16px"><img alt="{html.escape(alt)}" '
            f'style="max-width: 100%; border: 1px solid #c9d1da" '
            f'src="data:image/png;base64,{base64.b64encode(image).decode()}">'
            f"<figcaption>{html.escape(title)}</figcaption></figure>"
            for title, alt, image in zip(self.titles, self.alts, self.images, strict=True)
        )


def agency_page(analysis: Analysis, key: str) -> Document:
    """
    Draw the page of one agency, as a run writes it.

    Raises ConfigError: No agency has this key; or the level is internal.
    """
    agencies = {one.key: one for one in analysis.catalogue.agencies}
    if key not in agencies:
        msg = f'No agency has the key "{key}". {nearest(str(key), agencies)}'
        raise ConfigError(msg)
    if analysis.houses is not None or analysis.level == "internal":
        msg = (
            "Pages of level internal are written locked, never shown in a notebook: "
            "analysis.write(folder, lock=Lock(password))."
        )
        raise ConfigError(msg)
    shared = shared_payload(analysis, agencies=tuple(agencies.values()))
    agency = agencies[key]
    payload = page_payload(analysis, agency, shared=shared, pages=[agency])
    return Document(f"{analysis.title}: {agency.name}", analysis.level, render_page(payload))


def atlas_pictures(
    analysis: Analysis, sheets: tuple[str, ...], settings: AtlasSettings | None
) -> Pictures:
    """
    Draw the sheets that are asked for, as the annex has them.

    `sheets`: Kinds or keys; empty draws all.
    Raises ConfigError: There is no such sheet.
    """
    asked = replace(settings or analysis.annex or AtlasSettings(), only=sheets)
    own = replace(asked, pdf=False, png=True, dpi=_SCREEN_DPI)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        drawn = atlas.write_atlas(analysis, folder, settings=own, changes=wave_changes(analysis))
        images = tuple((folder / one.png).read_bytes() for one in drawn.sheets)
    titles = tuple(f"{one.number}: {one.title}" for one in drawn.sheets)
    return Pictures(analysis, asked, titles, tuple(one.alt for one in drawn.sheets), images)
