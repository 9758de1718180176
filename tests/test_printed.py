"""The finished atlas and document, read by the checks of `tests/printed.py`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from sibangkit_geo.products.atlas import AtlasSettings, write_atlas
from sibangkit_geo.products.atlas.canvas import Page, Type
from sibangkit_geo.products.atlas.ground import Ground
from sibangkit_geo.products.atlas.pdf import PdfBook
from sibangkit_geo.products.atlas.sheet_plan import Subject, plan_sheets
from sibangkit_geo.products.document import write_document, write_pdf
from sibangkit_geo.products.machine import office_program
from sibangkit_geo.products.words import catalogue, date_words
from tests import printed
from tests.demo_product import demo_change, demo_maps, demo_product, demo_ready

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.products.atlas.settings import Preset


_EDGE_MM = 8


@pytest.fixture(scope="module", params=["A4 portrait", "A3 landscape"])
def atlas(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, AtlasSettings]:
    paper, orientation = request.param.split()
    settings = AtlasSettings(paper=paper, orientation=orientation)
    folder = tmp_path_factory.mktemp("atlas")
    product = demo_ready().product
    drawn = write_atlas(product, folder, settings=settings, changes=(demo_change(),))
    assert len(drawn) > 40
    return folder / drawn.pdf, settings


def test_no_text_leaves_its_paper_or_lies_on_another(atlas: tuple[Path, AtlasSettings]) -> None:
    path, _ = atlas
    assert printed.outside(path, edge=_EDGE_MM) == []
    assert printed.overlaps(path) == []
    assert printed.fonts_not_embedded(path) == []
    assert printed.log_words(words for _, words, _ in printed.texts(path)) == []


def test_no_word_is_broken(atlas: tuple[Path, AtlasSettings]) -> None:
    path, settings = atlas
    product = demo_ready().product
    ground = Ground(product)
    known = [
        *printed.words_of(list(plan_sheets(Subject(product, ground, (demo_change(),)), settings))),
        *printed.words_of(dict(catalogue())), *printed.words_of(list(ground.context_names)),
        *printed.words_of([str(one) for one in product.measured.villages["name"]]),
        *printed.words_of([str(one) for one in product.measured.villages["district_name"]]),
        *printed.words_of([str(one) for layer in product.boundaries.backdrop.layers
                           for one in layer.features["name"]]),
        *printed.words_of(date_words(product.provenance.created)),
    ]  # fmt: skip
    assert printed.broken_words(path, known) == []


# the chapters of the other two are among those of the first
@pytest.mark.parametrize("preset", ["lengkap", "tkpk", "kecamatan"])
def test_a_finished_document_has_no_fault(preset: Preset, tmp_path: Path) -> None:
    product, maps = demo_product(), demo_maps()
    district = str(product.measured.villages["district_code"].iloc[0])
    own = replace(maps.settings, preset=preset, district=district if preset == "kecamatan" else "")
    maps = replace(maps, settings=own)
    made = write_document(product, maps, tmp_path / "lampiran.docx")
    assert printed.document_faults(made.path) == []
    if office_program() is None:
        return
    path = tmp_path / "lampiran.pdf"
    assert write_pdf(product, maps, made, path) == ()
    assert printed.fonts_not_embedded(path) == []
    assert printed.outside(path, edge=4) == []
    assert printed.overlaps(path) == []
    assert printed.log_words(words for _, words, _ in printed.texts(path)) == []


def test_the_checks_find_what_is_wrong(tmp_path: Path) -> None:
    """A check that finds nothing in a bad page is none."""
    page = Page(100, 100)
    page.text((20, 50), "Pangkalan Balai", Type(8))
    page.text((24, 50), "Sungai Musi", Type(8))
    page.text((1, 1), "lihat manifest.json", Type(8))
    page.text((60, 80), "Pangk", Type(8))
    path = tmp_path / "buruk.pdf"
    with PdfBook(path) as book:
        book.add(page)
        book.finish((), {"Title": "x"})
    assert len(printed.outside(path, edge=8)) == 1
    assert len(printed.overlaps(path)) == 1
    assert printed.broken_words(path, ["Pangkalan", "Balai", "Sungai", "Musi"]) == [
        "Pangk", "json", "lihat", "manifest",
    ]  # fmt: skip
    assert printed.log_words(words for _, words, _ in printed.texts(path)) == [
        "lihat manifest.json"
    ]
    assert printed.fonts_not_embedded(path) == []


def test_the_checks_find_what_is_wrong_in_a_document(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Kosong", style="Heading 1")
    document.add_paragraph("Judul", style="Heading 1")
    document.add_paragraph("250 baris cocok dengan desa")
    for words in ("Peta 1 Kantong", "Peta 1 Kantong", "Peta 4 Lain"):
        document.add_paragraph(words, style="Caption")
    mark = f'<w:bookmarkStart {nsdecls("w")} w:id="1" w:name="_Ref_map_1"/>'
    document.paragraphs[3]._p.append(parse_xml(mark))  # noqa: SLF001 - no call makes bookmarks
    table = document.add_table(rows=2, cols=30)
    table.rows[1].cells[0].text = "kependudukan"
    path = tmp_path / "buruk.docx"
    document.save(str(path))
    told = printed.document_faults(path)
    for part in (
        "caption twice", "do not follow", "not named in the text: _Ref_map_1", "repeat its",
        "splits rows", "'kependudukan' does not fit", "before 'Judul'", "baris cocok",
    ):  # fmt: skip
        assert [one for one in told if part in one], (part, told)
