"""The typefaces of a PDF: letters numbered as they come, then embedded as a small TrueType."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from matplotlib.font_manager import findfont

from sibangkit_geo.cartography.annex.lettering import face

if TYPE_CHECKING:
    from collections.abc import Callable

_PER_EM = 1000
_NONSYMBOLIC = 32
_STEM = 88
_ROWS = 100


class EmbeddedFont:
    """
    One cut of the typeface in one PDF.

    A letter's number is the order of its first use, so that pages can be written before
    the whole text is known.
    """

    def __init__(self, *, bold: bool, italic: bool, tag: str) -> None:
        self._file = findfont(face(10.0, bold=bold, italic=italic))
        self._tag = tag
        self._numbers: dict[str, int] = {}

    def encode(self, words: str) -> str:
        """Write a text as hexadecimal letter numbers."""
        numbers = self._numbers
        return "".join(f"{numbers.setdefault(one, len(numbers) + 1):04x}" for one in words)

    def write(self, add: Callable[[str, bytes | None], int]) -> str:
        """Add the parts of the font to the file; return the font's own dictionary."""
        with TTFont(self._file, recalcTimestamp=False, lazy=True) as font:
            return self._write(font, add)

    def _write(self, font: Any, add: Callable[[str, bytes | None], int]) -> str:
        widths = self._widths(font)
        bold, slope = font["OS/2"].usWeightClass > 500, font["post"].italicAngle
        head, lines = font["head"], font["hhea"]
        scale = _PER_EM / head.unitsPerEm
        name = f"{self._tag}+DejaVuSans{'-Bold' if bold else '-Oblique' if slope else ''}"
        data, glyphs = self._subset(font)
        file = add(f"/Length1 {len(data)}", data)
        box = " ".join(str(round(v * scale)) for v in (head.xMin, head.yMin, head.xMax, head.yMax))
        described = add(
            f"<< /Type /FontDescriptor /FontName /{name} /Flags {_NONSYMBOLIC} "
            f"/FontBBox [{box}] /ItalicAngle {slope:g} /Ascent {round(lines.ascent * scale)} "
            f"/Descent {round(lines.descent * scale)} /CapHeight 729 /StemV {_STEM} "
            f"/FontFile2 {file} 0 R >>",
            None,
        )
        mapped = add("", glyphs)
        child = add(
            f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/FontDescriptor {described} 0 R /DW 600 /W [1 [{widths}]] "
            f"/CIDToGIDMap {mapped} 0 R >>",
            None,
        )
        meaning = add("", self._to_unicode())
        return (
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H "
            f"/DescendantFonts [{child} 0 R] /ToUnicode {meaning} 0 R >>"
        )

    def _widths(self, font: Any) -> str:
        letters, advances = font.getBestCmap(), font["hmtx"]
        per_em = font["head"].unitsPerEm
        return " ".join(
            f"{advances[letters.get(ord(one), '.notdef')][0] * _PER_EM / per_em:.1f}"
            for one in self._numbers
        )

    def _subset(self, font: Any) -> tuple[bytes, bytes]:
        """Return the font file of the letters used, and letter number to glyph number."""
        options = subset.Options()
        options.layout_features = []
        options.hinting = False
        options.name_IDs = []
        options.notdef_outline = True
        options.drop_tables += ["GSUB", "GPOS", "GDEF", "FFTM", "kern", "gasp", "OS/2", "post"]
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=[ord(one) for one in self._numbers])
        cutter.subset(font)
        letters = font.getBestCmap()
        glyphs = [0, *(self._glyph(font, letters, one) for one in self._numbers)]
        target = io.BytesIO()
        font.save(target, reorderTables=None)
        return target.getvalue(), b"".join(one.to_bytes(2, "big") for one in glyphs)

    @staticmethod
    def _glyph(font: Any, letters: dict[int, str], letter: str) -> int:
        name = letters.get(ord(letter))
        return int(font.getGlyphID(name)) if name else 0

    def _to_unicode(self) -> bytes:
        pairs = [
            f"<{number:04x}> <{letter.encode('utf-16-be').hex()}>"
            for letter, number in self._numbers.items()
        ]
        parts = [pairs[i : i + _ROWS] for i in range(0, len(pairs), _ROWS)]
        listed = "\n".join(
            f"{len(one)} beginbfchar\n" + "\n".join(one) + "\nendbfchar" for one in parts
        )
        return (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
            "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
            f"{listed}\nendcmap CMapName currentdict /CMap defineresource pop end end"
        ).encode("ascii")
