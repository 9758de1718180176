"""
A PDF written page by page: paths, text in embedded TrueType, an outline, no clock.

Matplotlib lays every text out anew and holds what it drew; a sheet of plain paths and lines
of text needs none of that, and the same sheets give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from matplotlib.path import Path as Outline

from sibangkit_geo.products.atlas.canvas import (
    HATCH_STEP,
    HATCH_WIDTH,
    POINTS_PER_MM,
    Drawn,
    Pictured,
    Written,
    face,
    font_file,
)
from sibangkit_geo.products.atlas.page_tags import (
    LANGUAGE,
    TagTree,
    metadata,
    spans,
    text_string,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO, Self

    from numpy.typing import NDArray

    from sibangkit_geo.products.atlas.canvas import Page, Pen

# whole numbers of hundredths of a point are shorter than decimals
_UNIT = 100
_SETUP = "0.01 0 0 0.01 0 0 cm 1 j\n"
_CATALOG, _PAGES, _RESOURCES = 1, 2, 3
# a closing corner repeats the first one: it needs no numbers
_WORDS = {
    int(Outline.MOVETO): "%d %d m\n",
    int(Outline.LINETO): "%d %d l\n",
    int(Outline.CLOSEPOLY): "h\n",
}
_FACES = ("F1", "F2", "F3")
_FIRST_FREE = _RESOURCES + 1 + len(_FACES)
_CELLS = {
    "lines": (HATCH_STEP, f"{HATCH_WIDTH} w -1 -1 m 6 6 l -1 4 m 1 6 l 4 -1 m 6 1 l S"),
}

_PER_EM = 1000
_NONSYMBOLIC = 32
_STEM = 88
_ROWS = 100


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline."""

    words: str
    page: int


class PdfBook:
    """
    Pages are written as they come; fonts, outline and metadata when it is closed.

    `tagged`: Whether the parts of pages are told. Pages that another document takes in have none:
        its own words stand for them.
    """

    def __init__(self, path: Path, *, tagged: bool = False) -> None:
        self._path = path
        self._offsets: dict[int, int] = {}
        self._next = _FIRST_FREE
        self._pages: list[int] = []
        self._patterns: dict[tuple[str, str], int] = {}
        self._pictures: dict[int, tuple[int, NDArray[np.uint8]]] = {}
        self._digest = hashlib.sha256()
        self._position = 0
        self._file: BinaryIO
        self._fonts = {
            "F1": EmbeddedFont(bold=False, italic=False, tag="SIBANA"),
            "F2": EmbeddedFont(bold=True, italic=False, tag="SIBANB"),
            "F3": EmbeddedFont(bold=False, italic=True, tag="SIBANC"),
        }
        self._tags = TagTree(self._reserve, self._object) if tagged else None

    def __enter__(self) -> Self:
        """Open the file."""
        self._file = self._path.open("wb")
        self._put(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()

    def add(self, page: Page) -> None:
        """Write one page."""
        cut = spans(page) if self._tags else []
        starts = {one.first: one.opening for one in cut}
        parts = [_SETUP]
        for at, mark in enumerate(page.marks):
            if at in starts:
                parts.append(f"EMC\n{starts[at]}" if at else starts[at])
            if isinstance(mark, Drawn):
                parts.append(self._path_words(mark))
            elif isinstance(mark, Written):
                parts.append(self._text_words(mark))
            else:
                parts.append(self._picture_words(mark))
        if cut:
            parts.append("EMC\n")
        content = self._add("", "".join(parts).encode("ascii"))
        wide, high = page.width * POINTS_PER_MM, page.height * POINTS_PER_MM
        told = f" /StructParents {len(self._pages)} /Tabs /S" if self._tags else ""
        number = self._add(
            f"<< /Type /Page /Parent {_PAGES} 0 R /MediaBox [0 0 {wide:.3f} {high:.3f}] "
            f"/Resources {_RESOURCES} 0 R /Contents {content} 0 R{told} >>",
            None,
        )
        if self._tags:
            self._tags.add(cut, number)
        self._pages.append(number)

    def finish(self, bookmarks: Sequence[Bookmark], about: Mapping[str, str]) -> None:
        """Write fonts, outline and metadata; nothing can be added after that."""
        fonts = {}
        for name, number in zip(_FACES, range(_RESOURCES + 1, _FIRST_FREE), strict=True):
            if self._fonts[name]:
                fonts[name] = number
            # a cut that no letter is written in is not embedded
            self._object(number, self._fonts[name].write(self._add) if name in fonts else "null")
        self._object(
            _RESOURCES,
            "<< /Font << " + " ".join(f"/{k} {v} 0 R" for k, v in fonts.items())
            + " >> /Pattern << " + " ".join(f"/P{v} {v} 0 R" for v in self._patterns.values())
            + " >> /XObject << " + " ".join(f"/X{v} {v} 0 R" for v, _ in self._pictures.values())
            + " >> >>",
        )  # fmt: skip
        kids = " ".join(f"{one} 0 R" for one in self._pages)
        self._object(_PAGES, f"<< /Type /Pages /Count {len(self._pages)} /Kids [{kids}] >>")
        outline = self._outline(bookmarks)
        # PDF/UA-1 asks for the shape of every letter
        xmp = self._add("/Type /Metadata /Subtype /XML", metadata(about), packed=False)
        tree = f"/StructTreeRoot {self._tags.finish()} 0 R " if self._tags else ""
        marked = "/MarkInfo << /Marked true >> " if self._tags else ""
        self._object(
            _CATALOG,
            f"<< /Type /Catalog /Pages {_PAGES} 0 R /Outlines {outline} 0 R "
            f"/PageMode {'/UseOutlines' if len(bookmarks) > 1 else '/UseNone'} "
            f"/Lang ({LANGUAGE}) {marked}{tree}/Metadata {xmp} 0 R "
            "/ViewerPreferences << /DisplayDocTitle true >> >>",
        )
        told = " ".join(f"/{key} {text_string(value)}" for key, value in about.items())
        self._trailer(self._add(f"<< {told} >>", None))

    def _outline(self, bookmarks: Sequence[Bookmark]) -> int:
        root = self._reserve()
        entries = [self._reserve() for _ in bookmarks]
        for i, (number, one) in enumerate(zip(entries, bookmarks, strict=True)):
            before = f"/Prev {entries[i - 1]} 0 R " if i else ""
            after = f"/Next {entries[i + 1]} 0 R " if i + 1 < len(entries) else ""
            self._object(
                number,
                f"<< /Title {text_string(one.words)} /Parent {root} 0 R {before}{after}"
                f"/Dest [{self._pages[one.page - 1]} 0 R /Fit] >>",
            )
        ends = f"/First {entries[0]} 0 R /Last {entries[-1]} 0 R " if entries else ""
        self._object(root, f"<< /Type /Outlines {ends}/Count {len(entries)} >>")
        return root

    def _trailer(self, info: int) -> None:
        start = self._position
        rows = [f"{self._offsets[one]:010d} 00000 n \n" for one in range(1, self._next)]
        mark = self._digest.hexdigest()[:32]
        self._put(
            (
                f"xref\n0 {self._next}\n0000000000 65535 f \n" + "".join(rows)
                + f"trailer\n<< /Size {self._next} /Root {_CATALOG} 0 R /Info {info} 0 R "
                f"/ID [<{mark}> <{mark}>] >>\nstartxref\n{start}\n%%EOF\n"
            ).encode("ascii")
        )  # fmt: skip

    def _path_words(self, mark: Drawn) -> str:
        pen = mark.pen
        shape = _corners(mark.outline)
        if pen.hatch:
            pattern = self._pattern(pen.hatch, pen.edge)
            return f"/Pattern cs /P{pattern} scn\n{shape}f\n"
        words = f"{_color(pen.fill)} rg\n" if pen.fill else ""
        stroked = bool(pen.edge and pen.width)
        if stroked:
            words += _stroke(pen)
        return words + shape + ("B\n" if pen.fill and stroked else "S\n" if stroked else "f\n")

    def _text_words(self, mark: Written) -> str:
        style = mark.type
        name = "F2" if style.bold else "F3" if style.italic else "F1"
        x, y = round(mark.x * _UNIT), round(mark.y * _UNIT)
        turn = "0 1 -1 0" if style.upright else "1 0 0 1"
        # whoever hears a page hears lines without the end that is seen
        words = f"{mark.words} " if self._tags else mark.words
        return (
            f"BT {_color(style.color)} rg /{name} {round(style.size * _UNIT)} Tf "
            f"{turn} {x} {y} Tm <{self._fonts[name].encode(words)}> Tj ET\n"
        )

    def _picture_words(self, mark: Pictured) -> str:
        key = id(mark.pixels)
        if key not in self._pictures:
            # kept, so that no other pixels can get the same id
            self._pictures[key] = (self._image(mark.pixels), mark.pixels)
        rect = mark.rect
        sizes = (rect.width, rect.height, rect.left, rect.bottom)
        wide, high, left, bottom = (round(v * POINTS_PER_MM * _UNIT) for v in sizes)
        return f"q {wide} 0 0 {high} {left} {bottom} cm /X{self._pictures[key][0]} Do Q\n"

    def _image(self, pixels: NDArray[np.uint8]) -> int:
        high, wide = pixels.shape[:2]
        size = f"/Type /XObject /Subtype /Image /Width {wide} /Height {high} /BitsPerComponent 8"
        opacity = self._add(f"{size} /ColorSpace /DeviceGray", pixels[:, :, 3].tobytes())
        colors = pixels[:, :, :3].tobytes()
        return self._add(f"{size} /ColorSpace /DeviceRGB /SMask {opacity} 0 R", colors)

    def _pattern(self, hatch: str, color: str) -> int:
        if (hatch, color) not in self._patterns:
            side, words = _CELLS[hatch]
            self._patterns[hatch, color] = self._add(
                f"/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 "
                f"/BBox [0 0 {side} {side}] /XStep {side} /YStep {side} /Resources << >>",
                f"{_color(color)} RG {words}".encode("ascii"),
            )
        return self._patterns[hatch, color]

    def _reserve(self) -> int:
        self._next += 1
        return self._next - 1

    def _add(self, words: str, stream: bytes | None, *, packed: bool = True) -> int:
        """Write an object, or a stream whose dictionary has further entries; return its number."""
        number = self._reserve()
        if stream is None:
            self._object(number, words)
        else:
            data = zlib.compress(stream, 6) if packed else stream
            how = "/Filter /FlateDecode " if packed else ""
            self._offsets[number] = self._position
            start = f"{number} 0 obj\n<< /Length {len(data)} {how}{words} >>\n"
            self._put(start.encode("ascii") + b"stream\n" + data + b"\nendstream\nendobj\n")
        return number

    def _object(self, number: int, words: str) -> None:
        self._offsets[number] = self._position
        self._put(f"{number} 0 obj\n{words}\nendobj\n".encode("ascii"))

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._position += len(data)


def _corners(outline: Outline) -> str:
    whole = np.rint(np.asarray(outline.vertices) * _UNIT).astype(np.int64)
    if outline.codes is None:
        # an open line without codes starts at its first corner
        pattern = "%d %d m\n" + "%d %d l\n" * (len(whole) - 1)
        return pattern % tuple(whole.ravel().tolist())
    codes = np.asarray(outline.codes)
    pattern = "".join([_WORDS[code] for code in codes.tolist()])
    return pattern % tuple(whole[codes != Outline.CLOSEPOLY].ravel().tolist())


def _stroke(pen: Pen) -> str:
    dash = " ".join(str(round(one * _UNIT)) for one in pen.dash)
    return f"{_color(pen.edge)} RG {round(pen.width * _UNIT)} w [{dash}] 0 d\n"


def _color(code: str) -> str:
    shares = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return " ".join(f"{one:.3f}".rstrip("0").rstrip(".") for one in shares)


class EmbeddedFont:
    """
    One cut of the typeface in one PDF.

    A letter's number is the order of its first use, so that pages can be written before
    the whole text is known.
    """

    def __init__(self, *, bold: bool, italic: bool, tag: str) -> None:
        self._file = str(font_file(face(10.0, bold=bold, italic=italic)))
        self._tag = tag
        self._numbers: dict[str, int] = {}
        # whether there was a letter that the typeface has not

    def __bool__(self) -> bool:
        """Tell whether any letter was written."""
        return bool(self._numbers)

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
