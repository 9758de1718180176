"""How a document is built up: presets, the office's own outline, pages that lie, one district."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import docx
import pytest
from docx.oxml.ns import qn

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.toml import build
from sibangkit_geo.products.atlas.ground import Ground
from sibangkit_geo.products.atlas.map_pieces import write_brief_map
from sibangkit_geo.products.atlas.settings import AtlasPages, Preset
from sibangkit_geo.products.atlas.sheet_plan import Subject, plan_sheets
from sibangkit_geo.products.document import AnnexSettings, MapPictures, table_rows, write_document
from sibangkit_geo.products.document.brief import main_numbers, main_sentences
from sibangkit_geo.products.document.document_outline import Outline, outline_file, read_outline
from sibangkit_geo.products.document.manuscript import Manuscript
from sibangkit_geo.products.document.styles import open_template
from sibangkit_geo.study import annex
from tests.demo_product import demo_maps, demo_product, without_pockets

if TYPE_CHECKING:
    from pathlib import Path

PRESETS = get_args(Preset)
_EMPTY = MapPictures(AtlasPages("", ()), None, AnnexSettings())  # type: ignore[arg-type]


def _settings(preset: Preset) -> AnnexSettings:
    code = str(demo_product().measured.villages["district_code"].iloc[0])
    return AnnexSettings(preset=preset, district=code if preset == "kecamatan" else "")


def _headings(path: Path, level: int = 1) -> list[str]:
    document: Any = docx.Document(str(path))
    return [one.text for one in document.paragraphs if one.style.name == f"Heading {level}"]


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_makes_a_document_with_its_headings(preset: Preset, tmp_path: Path) -> None:
    settings = _settings(preset)
    outline = read_outline(settings)
    made = write_document(
        demo_product(), replace(_EMPTY, settings=settings), tmp_path / "lampiran.docx"
    )
    told = _headings(made.path)
    wanted = [one.heading for one in outline.chapters if one.heading]
    # without sheets there is nothing to say of maps, and the demo has no earlier year here
    assert [one for one in wanted if one in told] == [one for one in told if one in wanted]
    assert set(wanted) - set(told) <= {"Perubahan antarwaktu"}
    words = "\n".join(one.text for one in docx.Document(str(made.path)).paragraphs)
    assert demo_product().estimate_line in words
    assert "KeyError" not in words
    assert re.search(r"\b(document|chapter)_\w+", words) is None


def test_an_office_edits_headings_order_and_text(tmp_path: Path) -> None:
    own = tmp_path / "susunan.toml"
    text = outline_file(AnnexSettings(preset="tkpk")).read_text("utf-8")
    assert 'heading = "Anggaran"' in text
    own.write_text(text.replace('heading = "Anggaran"', 'heading = "Uang kita"'), "utf-8")
    settings = AnnexSettings(outline=str(own))
    made = write_document(demo_product(), replace(_EMPTY, settings=settings), tmp_path / "a.docx")
    assert "Uang kita" in _headings(made.path)
    assert "1. Lokasi mana" in "\n".join(
        one.text for one in docx.Document(str(made.path)).paragraphs
    )


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"chapters": []}, "there is no chapter"),
        ({"chapters": [{"contents": ["maps", "needs"]}]}, '"maps" must stand last'),
        ({"chapters": [{"contents": ["maps"]}, {"contents": ["maps"]}]}, '"maps" must stand last'),
        ({"chapters": [{}]}, "chapter 1 has no contents"),
        ({"chapters": [{"contents": ["needs"]}, {"heading": "A"}]}, "chapter 2 has no contents"),
        ({"chapters": [{"contents": ["peta"]}]}, "contents must be made of"),
        ({"chapter": []}, 'Unknown key "chapter"'),
    ],
)
def test_a_wrong_outline_is_told(table: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        build(Outline, table, file="susunan.toml")


def test_every_map_is_named_in_the_text(tmp_path: Path) -> None:
    """A sheet of every kind, some of them of things that no chapter speaks of."""
    first = demo_maps().pages.sheets[0]
    needs = demo_product().focus.indicators
    agency = next(iter(needs))
    kinds = [
        ("overview", ""), ("indicator", "headcount"), ("indicator", needs[agency][0]),
        ("agency", agency), ("convergence", ""), ("district", "16.07.01"),
        ("explanation", "register_coverage"),
    ]  # fmt: skip
    sheets = tuple(
        replace(first, kind=kind, key=key, number=f"Peta {at}")  # type: ignore[arg-type]
        for at, (kind, key) in enumerate(kinds, 1)
    )
    maps = replace(demo_maps(), pages=AtlasPages("", sheets), settings=AnnexSettings())
    made = write_document(demo_product(), maps, tmp_path / "lampiran.docx")
    body = docx.Document(str(made.path)).element.xml
    named = set(re.findall(r"REF (_Ref_map_\d+) ", body))
    assert named == {f"_Ref_map_{at}" for at in range(1, len(sheets) + 1)}
    assert named <= set(re.findall(r'<w:bookmarkStart [^>]*w:name="([^"]+)"', body))
    captions = [one.text for one in made.entries if one.kind == "map"]
    assert len(captions) == len(sheets)


def test_a_table_too_wide_for_the_page_lies_and_the_next_one_stands() -> None:
    document, _ = open_template("")
    text = Manuscript(document, settings=AnnexSettings())
    wide = ["duapuluhhurufpanjang"] * 5
    text.table("Lebar", [wide], head=wide, align=["l"] * 5)
    text.table("Sempit", [["a", "b"]], head=["x", "y"], align=["l", "r"])
    sizes = [(one.page_width, one.page_height) for one in document.sections]
    assert sizes[0] == sizes[2] == sizes[1][::-1]
    assert len(sizes) == 3
    assert [one.text for one in text.entries] == ["Tabel 1 Lebar", "Tabel 2 Sempit"]
    # wider than a page that lies: parts, all of them lying
    widest = ["tigapuluhhurufpanjangsekali"] * 12
    text.table("Terlebar", [widest], head=widest, align=["l"] * 12)
    assert len(document.sections) == 5
    told = [one.text for one in text.entries][2:]
    assert len(told) > 1
    assert told == [f"Tabel {2 + at} Terlebar (bagian {at})" for at in range(1, len(told) + 1)]


def test_the_page_for_leaders_adds_up() -> None:
    product = demo_product()
    poor = float(product.layers[0].district_counts.sum())
    inside = float(product.found.outlines["poor"].sum())
    numbers = [one for one, _ in main_numbers(product)]
    assert numbers == [numeral(poor), numeral(len(product.found)), percentage(inside / poor)]
    told = main_sentences(product, ())
    assert len(told) == 4
    regency = product.focus.places
    assert regency is not None
    most = regency.loc[regency["level"] == "regency", "unserved"].max()
    assert f" {numeral(most)} dari " in told[2]


def test_a_map_without_pockets_has_a_page_for_leaders_too() -> None:
    product = without_pockets()
    (_, _), (pockets, _), (data, words) = main_numbers(product)
    assert pockets == "0"
    assert data == numeral(int((product.measured.villages["status"] == "ok").sum()))
    assert words.endswith(numeral(len(product.measured.villages)))
    assert main_sentences(product, ())[0].startswith("Tidak ada kantong")


def test_a_budget_is_added_up_to_the_totals_of_its_lead() -> None:
    product = demo_product()
    budget = product.budget
    assert budget is not None
    labels = {one.name: one.label for one in product.measured.indicators}
    for agency, own in budget.plan.chosen.groupby("agency"):
        rows = table_rows.chosen_rows(budget, str(agency), labels)
        assert rows[-1][3] == numeral(own["households"].sum())
        years = sorted(rows[:-1] if len(rows) > 1 else rows)
        assert [row[0] for row in rows[: len(years)]] == [row[0] for row in years]


def test_a_district_is_found_by_name_or_code_and_a_wrong_one_is_told() -> None:
    product = demo_product()
    villages = product.measured.villages
    code, name = villages[["district_code", "district_name"]].iloc[0]
    for asked in (code, name, name.upper(), f"Kecamatan {name}", f"kec. {name.lower()}"):
        order = annex.AnnexOrder(district=asked)
        settings = annex.of_district(annex.asked_for(AnnexSettings(), order), product)
        assert (settings.district, settings.only, settings.preset) == (code, (code,), "kecamatan")
    with pytest.raises(ConfigError, match=r'no district "Rambutam"'):
        annex.of_district(AnnexSettings(district="Rambutam"), product)
    with pytest.raises(ConfigError, match="needs the district"):
        annex.asked_for(AnnexSettings(), annex.AnnexOrder(preset="kecamatan"))
    with pytest.raises(ConfigError, match='preset "tkpk" tells of the whole regency'):
        annex.asked_for(AnnexSettings(), annex.AnnexOrder(preset="tkpk", district=name))


def test_an_outline_of_a_district_needs_one(tmp_path: Path) -> None:
    own = tmp_path / "susunan.toml"
    own.write_text('[[chapters]]\ncontents = ["district"]\n', "utf-8")
    with pytest.raises(ConfigError, match='the content "district" needs the district'):
        read_outline(AnnexSettings(outline=str(own)))


def test_a_title_of_a_sheet_that_is_not_drawn_stops_nothing(tmp_path: Path) -> None:
    settings = AnnexSettings(sheets=("overview",), titles={"kecamatan_rambutan": "X"})
    product = demo_product()
    assert len(plan_sheets(Subject(product, Ground(product)), settings)) == 1
    piece = write_brief_map(product, tmp_path / "kantong.png", settings=settings)
    assert "kantong kemiskinan" in piece.alt.lower()
    wrong = AnnexSettings(sheets=("overview",), titles={"kecamatan_rambutam": "X"})
    with pytest.raises(ConfigError, match='no sheet "kecamatan_rambutam"'):
        plan_sheets(Subject(product, Ground(product)), wrong)


@pytest.mark.parametrize(
    ("given", "told"),
    [({"numbering": "3"}, 'Write "3."'), ({"titles": {"kantong": " "}}, "has no title")],
)
def test_words_that_would_print_nonsense_are_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(told)):
        AnnexSettings(**given)


def test_the_annex_of_a_district_holds_its_villages_and_needs_only(tmp_path: Path) -> None:
    product, settings = demo_product(), _settings("kecamatan")
    made = write_document(product, replace(_EMPTY, settings=settings), tmp_path / "a.docx")
    villages, needs = docx.Document(str(made.path)).tables
    own = product.measured.villages
    own = own[own["district_code"] == settings.district]
    cells = [row.cells[0].text for row in villages.rows[1:]]
    assert sorted(cells) == sorted(own.index)
    places = product.focus.places
    assert places is not None
    table = places[(places["level"] == "district") & places["unserved"].notna()]
    table = table[[place.id == settings.district for place in table["place"]]]
    shown = [row.cells[2].text for row in needs.rows[1:]]
    wanted = [numeral(one) for one in sorted(table["unserved"], reverse=True)]
    assert shown == wanted


def test_large_numbers_stand_beside_each_other_in_their_styles() -> None:
    document, _ = open_template("")
    text = Manuscript(document, settings=AnnexSettings())
    text.numbers([("7", "kantong"), ("15,2%", "miskin")])
    cells = document.tables[0].rows[0].cells
    assert [[one.text for one in cell.paragraphs] for cell in cells] == [
        ["7", "kantong"], ["15,2%", "miskin"]
    ]  # fmt: skip
    body = document.tables[0]._tbl  # noqa: SLF001 - no call gives the element
    assert [one.get(qn("w:val")) for one in body.iter(qn("w:pStyle"))].count("AngkaLampiran") == 2
