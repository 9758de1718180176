"""What a printed map tells those who hear it: its parts in order, each once, and who wrote it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # nosec B405 # it reads files of our own
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from matplotlib import get_data_path
from PIL import Image
from pypdf.generic import ContentStream

from sibangkit_geo.products.atlas import (
    AtlasPages,
    AtlasSettings,
    write_atlas,
    write_pictures,
    write_pieces,
)
from sibangkit_geo.products.atlas.canvas import Page, Pen, Type
from sibangkit_geo.products.atlas.page_tags import spans
from sibangkit_geo.products.atlas.pdf import PdfBook
from sibangkit_geo.products.atlas.rect import Rect
from tests.test_atlas import areas, piece_product

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sibangkit_geo.model.types import Boundaries

__all__ = ["areas"]

PAINTED = {b"f", b"B", b"S", b"Tj", b"Do"}
CHECKED_WIDTHS = 20
# a sign that no text on a map has, and that DejaVu has not
UNKNOWN = "\U00013080"


@dataclass(frozen=True, slots=True)
class Tagged:
    """An atlas of three sheets."""

    pages: AtlasPages
    reader: pypdf.PdfReader
    folder: Path

    @property
    def root(self) -> Any:
        return root_of(self.reader)["/StructTreeRoot"].get_object()

    def sections(self) -> list[Any]:
        (document,) = kids(self.root)
        assert document["/S"] == "/Document"
        return kids(document)


@pytest.fixture(scope="session")
def tagged(areas: Boundaries, tmp_path_factory: pytest.TempPathFactory) -> Tagged:
    folder = tmp_path_factory.mktemp("tagged")
    Image.new("RGB", (20, 20), "#aa3311").save(folder / "logo.png")
    settings = AtlasSettings(
        only=("kantong", "perkimtan", "16.07.08"), logo=str(folder / "logo.png"),
        signature=("Kepala", "Nama"), numbering="3.",
    )  # fmt: skip
    pages = write_atlas(piece_product(areas), folder, settings=settings)
    return Tagged(pages, pypdf.PdfReader(folder / pages.pdf), folder)


def root_of(reader: pypdf.PdfReader) -> Any:
    """Give the catalog, whose entries pypdf has no types for."""
    return reader.root_object


def kids(part: Any) -> list[Any]:
    below = part["/K"]
    found = below if isinstance(below, list) else [below]
    return [one.get_object() for one in found]


def leaves(part: Any) -> Iterator[Any]:
    if isinstance(part["/K"], int):
        yield part
        return
    for one in kids(part):
        assert one["/P"].get_object() == part
        yield from leaves(one)


def pieces_of(page: Any, reader: pypdf.PdfReader) -> dict[int, str]:
    """Give the words of each piece of content; what is painted stands in one or is an artifact."""
    content = ContentStream(page["/Contents"], reader)
    meaning = {name: letters(font) for name, font in page["/Resources"]["/Font"].items()}
    found: dict[int, str] = {}
    inside: int | None = None
    open_ones, name = 0, ""
    for given, operator in content.operations:
        if operator in {b"BDC", b"BMC"}:
            open_ones += 1
            inside = int(given[1]["/MCID"]) if operator == b"BDC" else None
            assert inside is not None or given[0] == "/Artifact"
            assert inside not in found
            if inside is not None:
                found[inside] = ""
        elif operator == b"EMC":
            open_ones -= 1
        elif operator == b"Tf":
            name = given[0]
        elif operator == b"Tj" and inside is not None:
            raw = given[0].original_bytes
            found[inside] += "".join(
                meaning[name][int.from_bytes(raw[at : at + 2], "big")]
                for at in range(0, len(raw), 2)
            )
        # pieces do not stand in each other
        assert open_ones == 1 if operator in PAINTED else 0 <= open_ones <= 1
    assert open_ones == 0
    return found


def letters(font: Any) -> dict[int, str]:
    told = font.get_object()["/ToUnicode"].get_object().get_data().decode("ascii")
    return {
        int(number, 16): bytes.fromhex(sign).decode("utf-16-be")
        for number, sign in re.findall(r"^<(\w{4})> <(\w+)>$", told, flags=re.MULTILINE)
    }


def test_each_sheet_has_a_title_first_and_a_map_with_words(tagged: Tagged) -> None:
    sections = tagged.sections()
    assert len(sections) == len(tagged.pages) == 3
    for section, sheet, page in zip(
        sections, tagged.pages.sheets, tagged.reader.pages, strict=True
    ):  # fmt: skip
        roles = [one["/S"] for one in kids(section)]
        assert roles[:3] == ["/H1", "/Figure", "/H2"]
        assert roles.count("/H1") == 1
        assert set(roles) == {"/H1", "/H2", "/P", "/L", "/Figure"}
        figures = [one for one in kids(section) if one["/S"] == "/Figure"]
        assert figures[0]["/Alt"] == sheet.alt
        for figure in figures:
            assert figure["/Alt"]
            left, bottom, right, top = (float(one) for one in figure["/A"]["/BBox"])
            assert 0 < left < right < float(page.mediabox.width)
            assert 0 < bottom < top < float(page.mediabox.height)


def test_every_piece_of_content_is_told_once(tagged: Tagged) -> None:
    nums = tagged.root["/ParentTree"]["/Nums"]
    owners = dict(zip(nums[::2], nums[1::2], strict=True))
    assert tagged.root["/ParentTreeNextKey"] == len(owners) == 3
    pages: list[Any] = list(tagged.reader.pages)
    for section, page in zip(tagged.sections(), pages, strict=True):
        content = pieces_of(page, tagged.reader)
        told = Counter(int(one["/K"]) for one in leaves(section))
        assert told == Counter(content.keys())
        assert page["/Tabs"] == "/S"
        own = owners[page["/StructParents"]]
        assert len(own) == len(content)
        for number, owner in enumerate(own):
            assert owner.get_object()["/K"] == number
            assert owner.get_object()["/Pg"].get_object() == page


def test_rows_are_a_list_and_words_are_apart(tagged: Tagged) -> None:
    section, page = tagged.sections()[2], tagged.reader.pages[2]
    content = pieces_of(page, tagged.reader)
    heard = [(str(one["/S"]), content[int(one["/K"])].strip()) for one in leaves(section)]
    headings = [words for role, words in heard if role in {"/H1", "/H2"}]
    assert headings[0].startswith("Peta 3.3 PETA KANTONG KEMISKINAN KECAMATAN ")
    assert headings[1:] == ["LEGENDA", "DESA/KELURAHAN", "PETA INDEKS", "SUMBER DATA", "METODE",
                            "CATATAN"]  # fmt: skip
    rows = [words for role, words in heard if role == "/LBody"]
    assert sum(" desa" in words for words in rows) >= 5
    assert any(re.fullmatch(r"2,1 – 8,5 \d+ desa", words) for words in rows)
    assert any(re.fullmatch(r"4 Telang Rejo .*\d+,\d", words) for words in rows)
    for listed in (one for one in kids(section) if one["/S"] == "/L"):
        assert {one["/S"] for one in kids(listed)} == {"/LI"}
    told = [words for role, words in heard if role == "/P"]
    assert (
        "Estimasi, bukan angka resmi: angka kemiskinan resmi hanya tersedia untuk kabupaten."
        in (told)
    )
    # heading and foot of every page are not read out each time
    assert not any("PEMERINTAH" in words or "Lembar" in words for _, words in heard)


def test_the_document_says_its_language_and_title(tagged: Tagged) -> None:
    root, about = root_of(tagged.reader), tagged.reader.metadata
    assert root["/Lang"] == "id-ID"
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
    assert about is not None
    assert about.title
    plain = root["/Metadata"].get_object().get_data()
    told = {one.tag.rsplit("}", 1)[1]: "".join(one.itertext()).strip() for one in (
        ET.fromstring(plain).iter())}  # fmt: skip # noqa: S314
    assert told["title"] == about.title
    assert told["CreateDate"] == "2026-11-24T05:06:07Z"
    assert len(tagged.reader.outline) == 3


def test_type_is_embedded_cut_and_as_wide_as_said(tagged: Tagged) -> None:
    page: Any = tagged.reader.pages[0]
    fonts = page["/Resources"]["/Font"]
    for font in (one.get_object() for one in fonts.values()):
        below = font["/DescendantFonts"][0].get_object()
        assert re.fullmatch(r"/[A-Z]{6}\+DejaVuSans(-Bold|-Oblique)?", font["/BaseFont"])
        assert below["/BaseFont"] == font["/BaseFont"]
        assert len(below["/FontDescriptor"]["/FontFile2"].get_object().get_data()) < 60_000
        named = font["/BaseFont"].split("+")[1]
        with TTFont(f"{get_data_path()}/fonts/ttf/{named}.ttf") as whole:
            glyphs = whole.getBestCmap()
            for number, sign in list(letters(font).items())[:CHECKED_WIDTHS]:
                own = whole["hmtx"][glyphs[ord(sign)]][0] * 1000 / whole["head"].unitsPerEm
                assert float(below["/W"][1][number - 1]) == pytest.approx(own, abs=0.1)


def test_what_a_document_takes_in_has_no_tags_of_its_own(areas: Boundaries, tmp_path: Path) -> None:
    settings = AtlasSettings(only=("kantong",))
    pages = write_pictures(piece_product(areas), tmp_path, settings=settings)
    reader = pypdf.PdfReader(tmp_path / pages.pdf)
    assert "/StructTreeRoot" not in reader.root_object
    assert "/MarkInfo" not in reader.root_object
    page: Any = reader.pages[0]
    data = page["/Contents"].get_object().get_data()
    assert b"BDC" not in data
    assert b"BMC" not in data


def test_a_map_without_title_has_no_heading_below_one(areas: Boundaries, tmp_path: Path) -> None:
    settings = AtlasSettings(only=("kantong",), dpi=72)
    (piece,) = write_pieces(piece_product(areas), tmp_path, settings=settings)
    reader = pypdf.PdfReader(tmp_path / f"{piece.slug}.pdf")
    (document,) = kids(root_of(reader)["/StructTreeRoot"].get_object())
    (section,) = kids(document)
    roles = [one["/S"] for one in kids(section)]
    assert roles[0] == "/Figure"
    assert kids(section)[0]["/Alt"] == piece.alt
    assert not {"/H1", "/H2"} & set(roles)
    assert reader.metadata is not None
    assert reader.metadata.title == piece.title


# ---- by hand


def _page(words: str) -> Page:
    page = Page(50, 50)
    page.box(Rect(0, 0, 50, 50), Pen("#ffffff"))
    page.part("P")
    page.part("LI")
    page.text((5, 5), words, Type(8))
    page.part("Artifact")
    page.text((5, 5), "1", Type(8))
    page.part("H1")
    page.text((5, 40), "Judul", Type(8))
    page.part("P")
    return page


def test_parts_without_marks_are_none() -> None:
    page = _page("a")
    told = [(one.part.role if one.part else "", one.first, one.last, one.number)
            for one in spans(page)]  # fmt: skip
    assert told == [("", 0, 1, -1), ("LI", 1, 2, 0), ("", 2, 3, -1), ("H1", 3, 4, 1)]
    assert spans(Page(5, 5)) == []


@pytest.mark.parametrize("words", ["Desa", f"Desa {UNKNOWN}"])
def test_metadata_stand_in_xmp_and_claim_no_standard(tmp_path: Path, words: str) -> None:
    with PdfBook(tmp_path / "a.pdf", tagged=True) as book:
        book.add(_page(words))
        book.finish((), {"Title": "A & <B>"})
    root = root_of(pypdf.PdfReader(tmp_path / "a.pdf"))
    plain = root["/Metadata"].get_object().get_data().decode()
    assert "pdfuaid" not in plain
    assert "A &amp; &lt;B&gt;" in plain
