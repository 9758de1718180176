"""The Word annex read back: styles, fields with results, alt texts, tables that fit, templates."""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import docx
import pypdf
import pytest
from docx.oxml.ns import qn
from docx.shared import RGBColor
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sibangkit_geo import disclosure
from sibangkit_geo.errors import ConfigError
from sibangkit_geo.products.atlas.settings import layout_inside
from sibangkit_geo.products.document import AnnexSettings, write_document, write_pdf
from sibangkit_geo.products.document.conversion import without_clock
from sibangkit_geo.products.document.printed_table import column_of, column_widths, parts_of
from sibangkit_geo.products.document.styles import open_template
from tests.demo_product import LONG, demo_maps, demo_product, without_pockets

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.products.document.document import Written


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("word")
    return write_document(demo_product(), demo_maps(), folder / "lampiran.docx")


def _words(path: Path) -> str:
    return "\n".join(one.text for one in docx.Document(str(path)).paragraphs)


def test_headings_and_captions_have_their_styles_and_numbers(written: Written) -> None:
    document = docx.Document(str(written.path))
    by_style: dict[str, list[str]] = {}
    for one in document.paragraphs:
        assert one.style is not None
        by_style.setdefault(str(one.style.name), []).append(one.text)
    assert by_style["Heading 1"][:3] == [
        "Ringkasan untuk pimpinan", "Ringkasan", "Kantong kemiskinan"
    ]  # fmt: skip
    captions = by_style["Caption"]
    tables = [text for text in captions if text.startswith("Tabel")]
    assert [text.split()[1] for text in tables] == [f"3.{i + 1}" for i in range(len(tables))]
    # the three numbers for leaders stand side by side in a table without a caption
    assert len(tables) == len(document.tables) - 1
    assert next(text for text in captions if text.startswith("Peta")).startswith("Peta 3.1 ")


def test_fields_have_results_and_ask_to_be_updated(written: Written) -> None:
    with zipfile.ZipFile(written.path) as archive:
        body = archive.read("word/document.xml").decode("utf-8")
        assert "<w:updateFields" in archive.read("word/settings.xml").decode("utf-8")
    kinds = re.findall(r"<w:instrText[^>]*> (\w+)", body)
    begun = re.findall(r'<w:fldChar w:fldCharType="begin"[^>]*>', body)
    assert len(begun) == len(kinds) == body.count('w:fldCharType="end"')
    assert all('w:dirty="true"' in one for one in begun)
    assert kinds.count("TOC") == 4
    assert kinds.count("SEQ") == sum(one.kind != "heading" for one in written.entries)
    # every list names every entry before Word has seen the file
    links = re.findall(r'<w:hyperlink w:anchor="([^"]+)"', body)
    assert sorted(links) == sorted(one.bookmark for one in written.entries)
    assert set(links) <= set(re.findall(r'<w:bookmarkStart [^>]*w:name="([^"]+)"', body))


def test_pictures_have_words_and_tables_fit_and_repeat_their_heading(written: Written) -> None:
    document = docx.Document(str(written.path))
    described = [one.get("descr") for one in document.element.iter(qn("wp:docPr"))]
    # the first table is that of three numbers
    reach, *maps = described
    assert maps == [one.alt for one in demo_maps().pages.sheets]
    assert reach is not None
    assert "kantong 6 desa baru dapat dibuktikan bila" in reach
    section = document.sections[0]
    room = section.page_width - section.left_margin - section.right_margin  # type: ignore[operator]
    for table in document.tables[1:]:
        widths = [int(one.get(qn("w:w"))) for one in table._tbl.tblGrid]  # noqa: SLF001
        assert sum(widths) * 635 <= room
        assert table._tbl.tr_lst[0].find(f".//{qn('w:tblHeader')}") is not None  # noqa: SLF001


@given(
    st.lists(
        st.tuples(
            st.sampled_from("lr"),
            st.lists(st.text("ab ijM0,.\u2013", max_size=30), min_size=2, max_size=4),
        ),
        min_size=1, max_size=9,
    ),
    st.integers(4000, 12000),
)  # fmt: skip
def test_no_column_breaks_a_word_where_the_page_has_room(
    drawn: list[tuple[str, list[str]]], room: int
) -> None:
    columns = [column_of(cells, head="Desa", align=side, size=8.5) for side, cells in drawn]
    parts = parts_of(columns, room=room)
    assert [at for part in parts for at in part if at] == list(range(1, len(columns)))
    for part in parts:
        widths = column_widths([columns[at] for at in part], room=room)
        assert sum(widths) == room
        if sum(columns[at].least for at in part) <= room:
            assert all(one >= columns[at].least - 1 for one, at in zip(widths, part, strict=True))
        else:
            # a pair that no page could hold
            assert len(part) <= 2


def test_numbers_go_on_from_another_chapter(tmp_path: Path) -> None:
    maps = demo_maps()
    settings = replace(maps.settings, numbering="3.", first_map=8, first_table=5)
    made = write_document(demo_product(), replace(maps, settings=settings), tmp_path / "a.docx")
    captions = [one for one in made.entries if one.kind in {"map", "table"}]
    assert next(one.text for one in captions if one.kind == "table").startswith("Tabel 3.5 ")
    assert next(one.text for one in captions if one.kind == "map").startswith("Peta 3.8 ")
    with zipfile.ZipFile(made.path) as archive:
        body = archive.read("word/document.xml").decode("utf-8")
    # Word counts on from the first
    assert re.findall(r"SEQ Peta [^<]*", body)[0].strip() == r"SEQ Peta \* ARABIC \r 8"
    assert all(r"\r" not in one for one in re.findall(r"SEQ Peta [^<]*", body)[1:])


def test_a_pocket_table_keeps_awkward_names(written: Written) -> None:
    product = demo_product()
    document = docx.Document(str(written.path))
    tables = [
        table
        for table in document.tables
        if [cell.text for cell in table.rows[0].cells][:2] == ["Kode", "Desa/kelurahan"]
    ]
    rows = {row.cells[0].text: [cell.text for cell in row.cells] for t in tables for row in t.rows}
    members = product.found.members
    assert rows[members.index[0]][1] == LONG
    assert rows[members.index[1]][1] == "=1+1 <b>&"
    assert set(members.index) <= set(rows)


def test_the_document_is_equal_to_the_byte_and_clean(written: Written, tmp_path: Path) -> None:
    again = write_document(demo_product(), demo_maps(), tmp_path / "lampiran.docx")
    assert again.path.read_bytes() == written.path.read_bytes()
    assert disclosure.leaks(tmp_path) == {}
    with zipfile.ZipFile(again.path) as archive:
        created = demo_product().provenance.created
        stamps = {one.date_time[:3] for one in archive.infolist()}
    assert stamps == {tuple(int(one) for one in created[:10].split("-"))}


def test_a_font_of_the_same_widths_is_named_for_machines_without_calibri(written: Written) -> None:
    with zipfile.ZipFile(written.path) as archive:
        fonts = archive.read("word/fontTable.xml").decode()
    assert '<w:font w:name="Calibri"><w:altName w:val="Carlito"/>' in fonts


def test_a_template_gives_its_styles_and_its_text_is_left_out(tmp_path: Path) -> None:
    template = docx.Document()
    template.add_paragraph("Surat lama")
    template.styles["Heading 1"].font.color.rgb = RGBColor(1, 2, 3)
    caption = template.styles["Caption"]
    template.styles.element.remove(caption.element)
    template.sections[0].header.paragraphs[0].text = "KOP DINAS"
    template.save(str(tmp_path / "gaya.docx"))
    maps = demo_maps()
    own = replace(maps, settings=replace(maps.settings, template=str(tmp_path / "gaya.docx")))
    made = write_document(demo_product(), own, tmp_path / "hasil.docx")
    document = docx.Document(str(made.path))
    assert document.styles["Heading 1"].font.color.rgb == RGBColor(1, 2, 3)
    assert "Caption" in document.styles
    assert document.sections[0].header.paragraphs[0].text == "KOP DINAS"
    assert "Surat lama" not in _words(made.path)
    assert "Ringkasan" in _words(made.path)


def test_the_logo_stands_on_the_first_page_and_a_broken_one_does_not(tmp_path: Path) -> None:
    Image.new("RGB", (40, 20), "navy").save(tmp_path / "logo.png")
    (tmp_path / "rusak.png").write_text("bukan gambar", encoding="utf-8")
    maps = demo_maps()
    first = []
    for name in ("logo.png", "rusak.png", "tidak_ada.png"):
        own = replace(maps, settings=replace(maps.settings, logo=str(tmp_path / name)))
        made = write_document(demo_product(), own, tmp_path / "hasil.docx")
        document = docx.Document(str(made.path))
        first.append((len(document.inline_shapes), document.paragraphs[0].text))
    kop = first[1][1]
    assert kop.startswith("PEMERINTAH")
    assert first == [(4, ""), (3, kop), (3, kop)]


def test_a_template_that_is_no_word_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "gaya.docx").write_text("bukan Word", encoding="utf-8")
    settings = AnnexSettings(template=str(tmp_path / "gaya.docx"))
    maps = replace(demo_maps(), settings=settings)
    with pytest.raises(ConfigError, match=r"template: gaya\.docx is no Word document"):
        write_document(demo_product(), maps, tmp_path / "hasil.docx")


def _template(path: Path, edits: dict[str, tuple[str, str]], **more: bytes) -> str:
    """Write a Word file of which parts are changed (pattern, words) or added."""
    plain = io.BytesIO()
    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = "KOP DINAS"
    made.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in source.namelist():
            content = source.read(name)
            if name in edits:
                pattern, words = edits[name]
                told = re.sub(pattern, words, content.decode(), flags=re.DOTALL)
                assert told != content.decode()
                content = told.encode()
            new.writestr(name, content)
        for name, content in more.items():
            new.writestr(name, content)
    return str(path)


_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def test_nothing_that_acts_or_reaches_outside_comes_out_of_a_template(tmp_path: Path) -> None:
    away = (
        f'<Relationship Id="rId900" Type="{_OFFICE}/attachedTemplate" TargetMode="External" '
        'Target="http://127.0.0.1/evil.dotm"/>'
        '<Relationship Id="rId902" Type="http://schemas.microsoft.com/office/2006/relationships/'
        'vbaProject" Target="vbaProject.bin"/></Relationships>'
    )
    header = (
        f'<w:p><w:hyperlink xmlns:r="{_OFFICE}" r:id="rId1"><w:r><w:t>laman</w:t></w:r>'
        "</w:hyperlink><w:r><w:instrText>INCLUDE</w:instrText></w:r><w:r><w:instrText>PICTURE "
        '"http://127.0.0.1/a.png"</w:instrText></w:r></w:p></w:hdr>'
    )
    of_header = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/hyperlink" TargetMode="External" '
        'Target="http://127.0.0.1/laman"/></Relationships>'
    )
    kind = '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    path = _template(
        tmp_path / "gaya.docx",
        {
            "word/_rels/document.xml.rels": ("</Relationships>", away),
            "word/header1.xml": ("</w:hdr>", header),
            "[Content_Types].xml": ("</Types>", kind),
        },
        **{"word/vbaProject.bin": b"x", "word/_rels/header1.xml.rels": of_header.encode()},
    )
    document, notes = open_template(path)
    assert [one.key for one in notes] == ["template_stripped"]
    document.save(str(tmp_path / "hasil.docx"))
    with zipfile.ZipFile(tmp_path / "hasil.docx") as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
        header_now = archive.read("word/header1.xml").decode()
        assert not [name for name in archive.namelist() if "vba" in name]
    assert b"127.0.0.1" not in whole
    assert b"External" not in whole
    assert "KOP DINAS" in header_now
    assert "laman" in header_now
    assert "rId1" not in header_now


def test_a_plain_template_has_nothing_to_tell(tmp_path: Path) -> None:
    assert open_template(_template(tmp_path / "gaya.docx", {}))[1] == ()


def test_a_template_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    spaces = ("</w:styles>", " " * 80_000_000 + "</w:styles>")
    path = _template(tmp_path / "gaya.docx", {"word/styles.xml": spaces})
    with pytest.raises(ConfigError, match=r"template: gaya\.docx unpacks to far more"):
        open_template(path)


@pytest.mark.parametrize(
    ("part", "edit", "told"),
    [
        ("document", (r'w:w="\d+" w:h="\d+"', 'w:w="0" w:h="0"'), "no room for text"),
        ("document", (r'w:left="\d+"', 'w:left="90000"'), "no room for text"),
        ("document", (r'w:w="\d+"', 'w:w="abc"'), "Open it in Word and save it again"),
        ("styles", (r'w:type="paragraph"([^>]*w:styleId="Title")',
                    'w:type="character" w:styleId="Title"'), "Open it in Word and save it again"),
    ],
)  # fmt: skip
def test_an_odd_template_is_named_with_its_remedy(
    tmp_path: Path, part: str, edit: tuple[str, str], told: str
) -> None:
    path = _template(tmp_path / "gaya.docx", {f"word/{part}.xml": edit})
    with pytest.raises(ConfigError, match=rf"template: gaya\.docx .*{told}"):
        open_template(path)


def test_a_template_without_styles_gets_them_all(tmp_path: Path) -> None:
    none = ("<w:style .*</w:style>", "")
    product, maps = demo_product(), demo_maps()
    path = _template(tmp_path / "gaya.docx", {"word/styles.xml": none})
    own = replace(maps, settings=replace(maps.settings, template=path))
    made = docx.Document(str(write_document(product, own, tmp_path / "a.docx").path))
    assert {"Normal", "Heading 1", "Caption"} <= {one.name for one in made.styles}


def test_change_has_a_chapter_a_table_and_a_map(written: Written) -> None:
    words = _words(written.path)
    assert "turun signifikan di 1 desa, naik signifikan di 1 desa" in words
    assert "Desa dengan perubahan signifikan 2020–2025" in words
    assert "Peta 3.2 Perubahan Persentase Rumah Tangga Miskin 2020–2025" in words
    tables = docx.Document(str(written.path)).tables
    own = next(one for one in tables if one.rows[0].cells[-1].text == "Selisih (poin persen)")
    assert [row.cells[-1].text for row in own.rows] == [
        "Selisih (poin persen)",
        "\u22128,0",
        "+3,0",
    ]
    assert [cell.text for cell in own.rows[0].cells][3:5] == ["2020 (%)", "2025 (%)"]


def test_maps_keep_their_size(written: Written) -> None:
    document = docx.Document(str(written.path))
    wide = layout_inside(demo_maps().settings).width
    shapes = list(document.inline_shapes)[1:]
    assert [round(shape.width.mm, 1) for shape in shapes] == [wide] * 2
    last: Any = document.sections[-1]
    room = last.page_height.mm - last.top_margin.mm - last.bottom_margin.mm
    assert room - shapes[0].height.mm >= 13
    across = last.page_width.mm - last.left_margin.mm - last.right_margin.mm
    assert across == pytest.approx(wide, abs=0.05)


def test_without_a_pocket_the_document_says_so(tmp_path: Path) -> None:
    made = write_document(without_pockets(), demo_maps(), tmp_path / "kosong.docx")
    words = _words(made.path)
    assert "Tidak ada kantong kemiskinan yang signifikan." in words
    assert "Desa dalam kantong" not in words


def test_the_pdf_names_pages_in_its_lists(written: Written, tmp_path: Path) -> None:
    if not (shutil.which("soffice") or shutil.which("libreoffice")):
        pytest.skip("LibreOffice is not installed on this machine")
    notes = write_pdf(demo_product(), demo_maps(), written, tmp_path / "lampiran.pdf")
    if notes:
        pytest.skip("LibreOffice is here, its Writer is not")
    reader = pypdf.PdfReader(tmp_path / "lampiran.pdf")
    assert reader.metadata is not None
    day = demo_product().provenance.created[:10].replace("-", "")
    assert str(reader.metadata["/CreationDate"]).startswith(f"D:{day}")
    texts = [page.extract_text() for page in reader.pages]
    # each map is drawn once, as letters and lines, on the page of its caption
    for one in demo_maps().pages.sheets:
        drawn = [text for text in texts if f"PETA {one.title.upper()}" in " ".join(text.split())]
        assert len(drawn) == 1
        assert f"{one.number} {one.title}" in " ".join(drawn[0].split())
    assert "/MarkInfo" in reader.root_object
    again = tmp_path / "lagi.pdf"
    write_pdf(demo_product(), demo_maps(), written, again)
    assert again.read_bytes() == (tmp_path / "lampiran.pdf").read_bytes()
    for told in re.findall(r"Kebutuhan menurut OPD\s*\.*\s*(\d+)", texts[0]):
        assert "Kebutuhan menurut OPD" in texts[int(told) - 1]
        break
    else:
        pytest.fail(texts[0])


def test_the_clock_of_the_office_program_leaves_no_trace() -> None:
    created = demo_product().provenance.created
    made = []
    for clock, mark in (("20261124205534", b"A" * 32), ("20270101000000", b"0F" * 16)):
        start = b"%PDF-1.6\n<</CreationDate(D:" + clock.encode() + b"Z')>>\n/ID [ <" + mark
        made.append(start + b">\n<" + mark + b"> ]\n/DocChecksum /" + mark + b"\n%%EOF\n")
    first, second = (without_clock(one, created=created) for one in made)
    assert first == second != made[0]
    assert len(first) == len(made[0])
    assert created[:10].replace("-", "").encode() in first


def test_without_an_office_program_a_note_says_how(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    (note,) = write_pdf(demo_product(), demo_maps(), written, tmp_path / "lampiran.pdf")
    assert "LibreOffice tidak ditemukan" in note.text
    assert not (tmp_path / "lampiran.pdf").exists()
