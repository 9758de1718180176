"""Products of a study with a wide poor area: drawn, listed and counted apart from pockets."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import docx
import geopandas as gpd
import openpyxl
import pypdf
import pytest

from sibangkit_geo.products.atlas import AtlasSettings, write_atlas
from sibangkit_geo.products.document import write_document
from sibangkit_geo.products.gis import PACKAGE, PROJECT, gis_layers, write_gis
from sibangkit_geo.products.notebook import PocketMap
from sibangkit_geo.products.sheets import district_sheets
from sibangkit_geo.products.tables import open_tables
from sibangkit_geo.products.web.front_page import district_pages, front_page
from sibangkit_geo.products.web.payload import shared_payload
from sibangkit_geo.products.words import result_sentences, wide_sentences
from sibangkit_geo.products.workbook import write_workbook
from tests.demo_product import demo_maps, demo_product, with_wide_area, without_wide_area
from tests.test_annex import words

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.products.result import Analysis

NAME = "Wilayah miskin luas 1"
TOLD = "Wilayah miskin luas (bukan kantong)"


def _alone() -> Analysis:
    """Keep the wide area and no pocket."""
    product = with_wide_area()
    pockets = product.found
    none = replace(pockets, members=pockets.members.iloc[:0], outlines=pockets.outlines.iloc[:0])
    return replace(
        product, found=none, blocks=tuple(one for one in product.blocks if one.key != "matrix")
    )


def test_a_page_gets_the_area_beside_the_pockets() -> None:
    product = with_wide_area()
    shared = shared_payload(product, agencies=product.catalogue.agencies)
    wide = shared["wide"]
    assert isinstance(wide, list)
    rows = product.mapped.index.get_indexer(product.found.wide_villages[1]).tolist()
    assert wide == [{"number": 1, "villages": rows, "sentence": wide_sentences(product.found)[0]}]
    pockets = shared["pockets"]
    assert isinstance(pockets, list)
    assert len(pockets) == len(product.found)
    assert not {row for one in pockets for row in one["villages"]} & set(rows)


def test_the_multiple_of_an_area_is_told_as_that_of_its_pattern() -> None:
    (sentence,) = wide_sentences(with_wide_area().found)
    assert sentence.startswith(f"{NAME} (12 desa). ")
    assert "menurut polanya sekitar 1,4 kali tingkat desa lain" in sentence
    assert sentence.endswith("jadi ini bukan kantong.")
    assert wide_sentences(without_wide_area().found) == []


def test_the_pattern_comes_first_only_where_zones_hold_over_a_fifth_of_the_villages() -> None:
    pockets = with_wide_area().found
    inside = len(pockets.members) + 12
    assert inside / len(pockets.villages) <= 0.2
    assert not result_sentences(pockets)[0].startswith("Kemiskinan mengikuti")
    few = replace(pockets, villages=pockets.villages.iloc[: inside * 4])
    assert result_sentences(few)[0].startswith("Kemiskinan mengikuti pola luas; ")


def test_without_a_pocket_chance_is_not_given_as_the_reason() -> None:
    pockets = _alone().found
    headline, sentences = result_sentences(replace(pockets, p_value=0.001))
    assert headline == "Tidak ada kantong kemiskinan yang signifikan"
    told = " ".join(sentences)
    assert "1 wilayah miskin luas (12 desa) dihitung terpisah" in told
    assert "lebih mengelompok daripada kebetulan (p = 0,001)" in told
    assert "susunan acak" not in told


def test_tables_have_a_column_only_where_there_is_an_area() -> None:
    tables = open_tables(with_wide_area())
    listed = tables.listed.set_index("village_code")
    inside = listed.index[listed["wide_area"].notna()]
    assert set(inside) == set(with_wide_area().found.wide_villages[1])
    assert listed.loc[inside, "pocket"].isna().all()
    assert "pola luas" in tables.dictionary.to_csv()
    assert "wide_area" not in open_tables(without_wide_area()).listed


def test_the_workbook_lists_the_area_after_the_pockets_without_number(tmp_path: Path) -> None:
    for product, pockets in ((with_wide_area(), len(demo_product().found)), (_alone(), 0)):
        write_workbook(product, open_tables(product), tmp_path / "buku.xlsx", budget=None)
        sheet = openpyxl.load_workbook(tmp_path / "buku.xlsx")["Kantong"]
        assert "Baris tanpa nomor kantong adalah wilayah miskin luas" in str(sheet["A1"].value)
        rows = list(sheet.iter_rows(min_row=3, values_only=True))
        assert [row[0] for row in rows] == [*range(1, pockets + 1), None]
        assert rows[-1][2] == "pola luas, bukan kantong"


def test_the_document_gives_the_area_a_heading_and_a_table(tmp_path: Path) -> None:
    for product in (with_wide_area(), _alone()):
        made = write_document(product, demo_maps(), tmp_path / "lampiran.docx")
        document = docx.Document(str(made.path))
        headings = [
            one.text
            for one in document.paragraphs
            if one.style is not None and str(one.style.name).startswith("Heading")
        ]
        assert TOLD in headings
        heads = [[cell.text for cell in table.rows[0].cells] for table in document.tables]
        assert any("Rasio terhadap desa lain menurut pola" in head for head in heads)
        numbers = {row.cells[0].text: row.cells[1].text for row in document.tables[1].rows}
        assert numbers["Desa/kelurahan di wilayah miskin luas"] == "12"


def test_a_gis_gets_a_layer_with_its_own_words(tmp_path: Path) -> None:
    layers = gis_layers(with_wide_area())
    assert layers.names["wide_areas"]["relative_risk"].endswith("menurut pola luas")
    assert "wide_areas" not in gis_layers(without_wide_area()).tables
    write_gis(with_wide_area(), layers, tmp_path)
    read = gpd.read_file(tmp_path / PACKAGE, layer="wide_areas")
    assert read["n_villages"].tolist() == [12]
    assert (tmp_path / PROJECT).is_file()


def test_the_atlas_draws_it_and_lists_it_apart(tmp_path: Path) -> None:
    settings = AtlasSettings(sheets=("overview",))
    for product, told in ((with_wide_area(), "kantong kemiskinan"), (_alone(), "Tidak ada")):
        pages = write_atlas(product, tmp_path, settings=settings)
        text = words(pypdf.PdfReader(tmp_path / pages.pdf).pages[0])
        assert TOLD in text
        assert told in text
        pockets = len(product.found)
        counted = f"{pockets} kantong" if pockets else "Tidak ada kantong"
        assert counted in pages.sheets[0].alt


def test_districts_and_the_front_page_tell_it() -> None:
    product = with_wide_area()
    codes = product.found.wide_villages[1]
    touched = set(product.mapped.loc[codes, "district_code"])
    sheets = district_sheets(product)
    for sheet in sheets:
        told = [one for one in sheet.sentences if one.startswith("Wilayah miskin luas")]
        assert len(told) == (sheet.code in touched)
        assert re.match(r"Kantong \d+: |Tidak ada kantong di", sheet.sentences[0])
    for one in (product, _alone()):
        front = front_page(one, pages=one.catalogue.agencies, files=[])
        assert "1 wilayah miskin luas (12 desa/kelurahan) dihitung terpisah" in front
        assert f"<h2>{TOLD}</h2>" in front
        assert "#6b4a1e" in front
    pages = dict(district_pages(product, sheets, map_file="bappeda.html"))
    assert "#6b4a1e" in pages[f"kecamatan/{min(touched)}.html"]


@pytest.mark.parametrize("wide", [False, True])
def test_a_notebook_draws_it(*, wide: bool) -> None:
    product = with_wide_area() if wide else without_wide_area()
    assert ("#6b4a1e" in PocketMap(product).get_root().render()) is wide
