"""The atlas read back from its PDF: names, numbers, scale, outline, and what may not stop it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pypdf
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sibangkit_geo.agencies import load_catalogue
from sibangkit_geo.config import resolved
from sibangkit_geo.errors import ConfigError, DegradedInputWarning
from sibangkit_geo.model.types import (
    AgencyNeeds,
    Indicator,
    Note,
    Pockets,
    Provenance,
    VillageIndicators,
)
from sibangkit_geo.products.atlas import (
    AtlasPages,
    AtlasSettings,
    WaveChange,
    write_annex,
    write_atlas,
    write_pictures,
)
from sibangkit_geo.products.atlas.canvas import Page, Written, width, wrap
from sibangkit_geo.products.atlas.ground import Ground
from sibangkit_geo.products.atlas.listing import Listing, Row, change_rows, draw_list, told_rows
from sibangkit_geo.products.atlas.rect import Rect
from sibangkit_geo.products.atlas.settings import layout_inside, layout_of
from sibangkit_geo.products.atlas.sheet_plan import Sheet, Subject, change_theme, plan_sheets
from sibangkit_geo.products.classes import CHANGE_COLORS
from sibangkit_geo.products.result import Analysis, build_layers
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries
from tests.test_annex import paths, printed_scale, words

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.model.types import Boundaries
    from sibangkit_geo.products.atlas.settings import Orientation

LONG = "Sumber Marga Telang Harapan Jaya Makmur Sejahtera Abadi Sentosa"
EMPTY_DISTRICT = "16.07.21"
HOSTILE = "Uji $atlas$ 100%"
CREATED = "2026-11-24T05:06:07+00:00"
OWN_DISTRICT_LINE, REGENCY_LINE = 1.0, 0.9
MOST_BYTES = 150 * 1024


@dataclass(frozen=True, slots=True)
class Drawn:
    """An atlas and what it was drawn from."""

    product: Analysis
    pages: AtlasPages
    reader: pypdf.PdfReader
    path: Path
    texts: tuple[str, ...]

    def text(self, page: int) -> str:
        return self.texts[page - 1]


def _indicator(name: str, unit: str, agency: str, count: str) -> Indicator:
    return Indicator(
        name=name, label=name.replace("_", " ").capitalize(), unit=unit,  # type: ignore[arg-type]
        worse="high", denominator="rumah tangga" if count else "", agency=agency,
        source="Tabel buatan", year=2023, count_column=count,
    )  # fmt: skip


def _measured(areas: Boundaries) -> VillageIndicators:
    """Numbers that rise with the row; one district has none, one name is very long."""
    n = len(areas.official)
    row = np.arange(n)
    table = areas.official[["name", "district_code", "district_name"]].assign(
        status="ok",
        households=200.0 + row,
        people=800.0 + row,
        poor_households=10.0 + (row * 7) % 90,
        unserved_floor=5.0 + (row * 5) % 60,
        flood_index=(row % 10) / 10,
        acting_agencies=pd.Series([None] * n, index=areas.official.index, dtype=object),
        n_acting_agencies=0.0,
    )
    table.loc[table.index[0], "name"] = LONG
    table.loc[table.index[:3], "acting_agencies"] = "perkimtan pupr"
    table.loc[table.index[:3], "n_acting_agencies"] = 2.0
    table["headcount_ratio"] = table["poor_households"] / table["households"]
    table["floor_share"] = table["unserved_floor"] / table["households"]
    empty = table["district_code"] == EMPTY_DISTRICT
    table.loc[empty, ["headcount_ratio", "poor_households"]] = np.nan
    geometry = areas.villages.geometry.reindex(table.index)
    indicators = (
        _indicator("headcount_ratio", "percent", "", "poor_households"),
        _indicator("floor_share", "percent", "perkimtan", "unserved_floor"),
        _indicator("flood_index", "index", "pupr", ""),
        _indicator("n_acting_agencies", "count", "", ""),
    )
    frame = gpd.GeoDataFrame(table, geometry=geometry, crs=areas.villages.crs)
    return VillageIndicators(frame, indicators, ())


def _pockets(villages: gpd.GeoDataFrame, groups: list[list[str]]) -> Pockets:
    members = {code: i + 1 for i, group in enumerate(groups) for code in group}
    rows = [
        {
            "evidence": ("strict", "indicative")[i], "p_value": 0.01, "relative_risk": 2.0,
            "rate": 0.3, "poor": 90.0, "expected": 45.0, "households": 300.0,
            "n_villages": len(group), "geometry": shapely.union_all(villages.geometry[group]),
        }
        for i, group in enumerate(groups)
    ]  # fmt: skip
    columns = ["evidence", "p_value", "relative_risk", "rate", "poor", "expected", "households",
               "n_villages", "geometry"]  # fmt: skip
    outlines = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=columns, index=range(1, len(groups) + 1)),
        geometry="geometry",
        crs=villages.crs,
    )
    tested = pd.DataFrame(index=villages.index)
    series = pd.Series(members, dtype="int64")
    return Pockets(series, outlines, tested, 0.01, 0.05, 0.05, 199, 7)


def _product(areas: Boundaries, groups: list[list[str]]) -> Analysis:
    measured = _measured(areas)
    table = measured.villages
    table.loc[table.index[5:9], "floor_share"] = np.nan
    mapped = table[table.geometry.notna()]
    needs = pd.DataFrame(
        {
            "agency": "perkimtan", "indicator": "floor_share", "village_code": mapped.index,
            "share": mapped["floor_share"], "households": mapped["unserved_floor"],
            "excess": mapped["unserved_floor"] - 30,
        }
    )  # fmt: skip
    versions = {"sibangkit_geo": "0.0"}
    return Analysis(
        title=HOSTILE, year=2024, regency_name="Kabupaten Banyuasin", boundaries=areas,
        measured=measured, layers=build_layers(measured),
        found=_pockets(mapped, groups),
        focus=AgencyNeeds(needs, {"perkimtan": ("floor_share",), "pupr": ("flood_index",)}),
        notes=(
            *(Note("more_than_all", f"Catatan nomor {i} tentang data. " * 3) for i in range(40)),
            Note("rows_located", "Catatan berkas: 1.612 baris cocok dengan desa."),
            Note("raster_cover", "Flood index: raster tidak menutup 3 desa."),
            Note("official_rate_differs", "Angka resmi 12,03%."),
        ),
        provenance=Provenance((), {}, 7, versions, CREATED),
        neighbor_distance_m=100.0, catalogue=load_catalogue(),
    )  # fmt: skip


def piece_product(areas: Boundaries) -> Analysis:
    """Give a study with one pocket, for maps on pages of others."""
    return _product(areas, [[str(code) for code in areas.villages.index[200:203]]])


@pytest.fixture(scope="session")
def areas(tmp_path_factory: pytest.TempPathFactory) -> Boundaries:
    folder = tmp_path_factory.mktemp("areas")
    return read_boundaries(resolved(BoundarySource("default"), folder), regency="16.07")


def _change(product: Analysis) -> WaveChange:
    """Two falls of 8 and 2 points, one rise of 4, one without number, one not reliable."""
    codes = product.mapped.index
    table = pd.DataFrame(
        {"before": 10.0, "after": 10.0, "difference": 0.0, "sure": False, "state": "ok"},
        index=product.measured.villages.index,
    )
    for code, points in zip(codes[:3], (-8.0, -2.0, 4.0), strict=True):
        table.loc[code, ["after", "difference", "sure"]] = [10 + points, points, True]
    table.loc[codes[3:5], ["before", "after", "difference"]] = np.nan
    table.loc[codes[3:5], "state"] = ["missing", "unreliable"]
    table.loc[codes[5], "difference"] = -30.0
    return WaveChange(2018, 2023, table)


def _neighbours_across(villages: gpd.GeoDataFrame) -> list[str]:
    """Pair two villages that touch and belong to different districts."""
    left, right = villages.sindex.query(villages.geometry, predicate="touches")
    districts = villages["district_code"].to_numpy()
    at = int(np.flatnonzero(districts[left] != districts[right])[0])
    return [str(villages.index[left[at]]), str(villages.index[right[at]])]


@pytest.fixture(scope="session")
def atlas(areas: Boundaries, tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Draw all 28 sheets on A4 once."""
    across = _neighbours_across(areas.villages)
    alone = [str(code) for code in areas.villages.index if code not in across][200:203]
    product = _product(areas, [across, alone])
    folder = tmp_path_factory.mktemp("atlas")
    pages = write_atlas(
        product, folder, settings=AtlasSettings(numbering="3."), changes=(_change(product),)
    )  # fmt: skip
    reader = pypdf.PdfReader(folder / pages.pdf)
    texts = tuple(words(page) for page in reader.pages)
    return Drawn(product, pages, reader, folder / pages.pdf, texts)


# ---- pages, outline, metadata


def test_every_kind_has_its_sheets_in_order(atlas: Drawn) -> None:
    kinds = [one.kind for one in atlas.pages.sheets]
    expected = ["overview", *["indicator"] * 2, *["agency"] * 2, "convergence", "change"]
    assert kinds == [*expected, *["district"] * 21]
    assert len(atlas.reader.pages) == len(atlas.pages) == 28
    assert [one.key for one in atlas.pages.sheets[:6]] == [
        "", "floor_share", "flood_index", "perkimtan", "pupr", ""
    ]  # fmt: skip
    assert [one.page for one in atlas.pages.sheets] == list(range(1, 29))
    assert len({one.title for one in atlas.pages.sheets}) == 28


def _planned(product: Analysis, **wanted: Any) -> list[Sheet]:
    subject = Subject(product, Ground(product), (_change(product),))
    return list(plan_sheets(subject, AtlasSettings(**wanted)))


def test_sheets_come_in_the_order_they_are_named_and_once(atlas: Drawn) -> None:
    named = ("kecamatan_rambutan", "perkimtan", "kantong", "16.07.06", "agency")
    found = [one.slug for one in _planned(atlas.product, only=named)]
    assert found == ["kecamatan_rambutan", "opd_perkimtan", "kantong", "opd_pupr"]
    with pytest.raises(ConfigError, match=r'no sheet "kantog" \(\[annex\] only\)\. .*kantong'):
        _planned(atlas.product, only=("kantog",))


def test_titles_are_sentences_of_a_map_or_ones_own(atlas: Drawn) -> None:
    titles = {one.slug: one.title for one in _planned(atlas.product, titles={"pupr": "Banjir"})}
    assert titles["floor_share"] == "Persentase Rumah Tangga dengan Lantai Tidak Layak"
    assert titles["opd_perkimtan"].endswith(f": {titles['floor_share']}")
    # an index that a study brought has its own words
    assert titles["flood_index"] == "Flood index"
    assert titles["opd_pupr"] == "Banjir"
    with pytest.raises(ConfigError, match=r'no sheet "lantai" \(\[annex\] titles\)'):
        _planned(atlas.product, titles={"lantai": "x"})


def test_what_explains_stands_at_the_end_and_method_only_where_it_is_named(atlas: Drawn) -> None:
    renamed = ("register_coverage", "headcount_shrunken")
    layers = tuple(
        replace(one, indicator=replace(one.indicator, name=name))
        for one, name in zip(atlas.product.layers[1:3], renamed, strict=True)
    )
    product = replace(atlas.product, layers=(atlas.product.layers[0], *layers))
    told = [(one.kind, one.key) for one in _planned(product)]
    assert told[-1] == ("explanation", "register_coverage")
    assert "headcount_shrunken" not in {key for _, key in told}
    for wanted in ({"only": ("headcount_shrunken",)}, {"indicators": ("headcount_shrunken",)}):
        assert "headcount_shrunken" in {one.key for one in _planned(product, **wanted)}


def test_a_chapter_goes_on_from_another(atlas: Drawn, tmp_path: Path) -> None:
    settings = AtlasSettings(sheets=("overview", "convergence"), numbering="3.", first_map=8)
    pages = write_atlas(atlas.product, tmp_path, settings=settings)
    assert [(one.number, one.page) for one in pages.sheets] == [("Peta 3.8", 1), ("Peta 3.9", 2)]
    texts = [one.extract_text() for one in pypdf.PdfReader(tmp_path / pages.pdf).pages]
    assert "Lembar 2 dari 2" in texts[1]
    assert "Peta 3.9" in texts[1]


def test_every_page_is_numbered_and_has_what_a_document_asks_for(atlas: Drawn) -> None:
    for one in atlas.pages.sheets:
        text = atlas.text(one.page)
        assert f"Lembar {one.page} dari 28" in text
        assert one.number == f"Peta 3.{one.page}"
        for needed in (
            one.number, one.title.upper(), "PEMERINTAH KABUPATEN BANYUASIN", "LEGENDA",
            "PETA INDEKS", "SUMBER DATA", "METODE", "CATATAN", "Skala 1 : ", " BT", " LS",
            "EPSG:32748", "Batas kecamatan", "Batas kabupaten", "Tabel buatan",
            atlas.product.estimate_line, atlas.product.boundary_line, "2023",
        ):  # fmt: skip
            assert needed in text, (one.number, needed)
        # what is of a log stands on no sheet
        assert not re.search(r"manifest|Catatan berkas", text)
        assert "Angka resmi 12,03%." in text
        assert ("raster tidak menutup" in text) == (one.key in {"flood_index", "pupr"})
        assert str(printed_scale(text)) in one.alt.replace(".", "")


def test_notes_left_out_are_counted(atlas: Drawn) -> None:
    for one in atlas.pages.sheets:
        text = atlas.text(one.page)
        told = set(re.findall(r"Catatan nomor (\d+)", text))
        match = re.search(r"… dan (\d+) catatan lain", text)
        assert match
        assert len(told) + int(match[1]) == 40


def test_the_outline_leads_to_every_sheet(atlas: Drawn) -> None:
    marks: list[Any] = list(atlas.reader.outline)
    assert [one.title for one in marks] == [f"{x.number} {x.title}" for x in atlas.pages.sheets]
    pages = [atlas.reader.get_destination_page_number(one) for one in marks]
    assert pages == list(range(28))


def test_metadata_take_their_date_from_the_study(atlas: Drawn) -> None:
    told = atlas.reader.metadata
    assert told is not None
    assert told.title == HOSTILE
    assert told.author == "Badan Perencanaan Pembangunan Daerah"
    assert "Kabupaten Banyuasin" in (told.subject or "")
    assert str(told["/CreationDate"]) == "D:20261124050607+00'00'"


def test_type_is_embedded_truetype_and_pages_are_light(atlas: Drawn) -> None:
    raw = atlas.path.read_bytes()
    assert b"/FontFile2" in raw
    assert b"/Type3" not in raw
    assert len(raw) / 28 <= MOST_BYTES
    streams = [int(one) for one in re.findall(rb"/Length (\d+) /Filter", raw)]
    assert len(streams) > 28
    assert max(streams) <= MOST_BYTES


def test_the_same_study_gives_the_same_bytes(atlas: Drawn, tmp_path: Path) -> None:
    settings = AtlasSettings(sheets=("overview", "convergence"))
    for name in ("a", "b"):
        write_atlas(atlas.product, tmp_path / name, settings=settings)
    first, second = ((tmp_path / name / atlas.pages.pdf).read_bytes() for name in ("a", "b"))
    assert first == second


# ---- names and numbers


def test_every_district_is_named_on_every_map_of_the_regency(atlas: Drawn) -> None:
    names = {str(one).upper() for one in atlas.product.mapped["district_name"]}
    for one in atlas.pages.sheets[:7]:
        text = atlas.text(one.page)
        assert [name for name in sorted(names) if name not in text] == [], one.number


def test_a_village_stands_in_the_list_and_on_the_map(atlas: Drawn) -> None:
    table = atlas.product.measured.villages
    for one in atlas.pages.sheets[7:]:
        own = table[table["district_code"] == one.key].sort_index()
        text = atlas.text(one.page)
        before, listed = text.split("DESA/KELURAHAN", 1) if "DESA/KELURAHAN" in text else ("", "")
        for number, name in enumerate(own["name"], start=1):
            assert name in listed, (one.number, name)
            assert name in before or re.search(rf"(?<!\S){number}(?!\S)", before), name
        assert any(name in before for name in own["name"]), one.number


def test_the_legend_counts_every_village_of_the_map(atlas: Drawn) -> None:
    mapped = atlas.product.mapped
    for one in atlas.pages.sheets:
        text = atlas.text(one.page)
        counts = [int(n.replace(".", "")) for n in re.findall(r"([\d.]+) desa\b", _legend(text))]
        shown = mapped if one.kind != "district" else mapped[mapped["district_code"] == one.key]
        assert sum(counts) == len(shown), one.number


def _legend(text: str) -> str:
    return text[text.index("LEGENDA") : text.index("Batas kecamatan", text.index("LEGENDA"))]


def test_no_data_is_listed_only_where_there_is_any(atlas: Drawn) -> None:
    by_key = {one.key or one.kind: _legend(atlas.text(one.page)) for one in atlas.pages.sheets}
    assert "Tidak ada data" in by_key["overview"]
    assert "Tidak ada data" in by_key["floor_share"]
    assert "Tidak ada data" in by_key[EMPTY_DISTRICT]


def test_a_pocket_across_districts_is_drawn_on_both_sheets(atlas: Drawn) -> None:
    members = atlas.product.found.members
    districts = {str(code)[:8] for code, number in members.items() if number == 1}
    assert len(districts) == 2
    for one in atlas.pages.sheets[7:]:
        if one.key in districts:
            assert "Kantong kemiskinan (bukti kuat)" in atlas.text(one.page)


def test_change_is_classed_by_what_is_sure(atlas: Drawn) -> None:
    change = _change(atlas.product)
    theme = change_theme(change, atlas.product.mapped.index.to_numpy())
    # the median of 8, 2 and 4 points parts large from small
    assert change.edge == 4
    assert theme.index[:6].tolist() == [0, 1, 4, 5, 5, 2]
    assert theme.swatches[5].pen.hatch == "lines"
    told = [row.value for row in change_rows(atlas.product, change).rows]
    assert told == ["10,0 → 2,0 (\u22128,0)", "10,0 → 14,0 (+4,0)", "10,0 → 8,0 (\u22122,0)"]
    sheet = next(one for one in atlas.pages.sheets if one.kind == "change")
    text = atlas.text(sheet.page)
    assert "PERUBAHAN PERSENTASE RUMAH TANGGA MISKIN 2018–2023" in text
    assert "turun signifikan di 2 desa, naik signifikan di 1 desa" in text


def test_colours_of_change_are_five_greys_in_print() -> None:
    # relative luminance (WCAG 2): any two differ by a fifth in contrast
    linear = [[int(one[i : i + 2], 16) / 255 for i in (1, 3, 5)] for one in CHANGE_COLORS]
    grey = sorted(0.2126 * r**2.2 + 0.7152 * g**2.2 + 0.0722 * b**2.2 + 0.05 for r, g, b in linear)
    assert all(other / one > 1.2 for one, other in pairwise(grey))


# ---- scale


def test_the_printed_scale_is_true_on_every_map(atlas: Drawn) -> None:
    layout = layout_of(AtlasSettings())
    mapped = atlas.product.mapped
    for one in [atlas.pages.sheets[i] for i in (0, 3, 7, 12, 20, 27)]:
        page = atlas.reader.pages[one.page - 1]
        scale = printed_scale(atlas.text(one.page))
        district = one.kind == "district"
        line = OWN_DISTRICT_LINE if district else REGENCY_LINE
        corners = [
            corner
            for wide, drawn in paths(page)
            if wide == pytest.approx(line) and len(drawn) > 5
            for corner in drawn
            if corner[1] > layout.map.bottom
        ]
        shown = mapped[mapped["district_code"] == one.key] if district else mapped
        west, south, east, north = shown.total_bounds
        for axis, ground in ((0, east - west), (1, north - south)):
            on_paper = max(c[axis] for c in corners) - min(c[axis] for c in corners)
            assert on_paper / 1000 * scale == pytest.approx(ground, rel=0.005), one.number


# ---- what may not stop it


@pytest.fixture(scope="session")
def two_villages(areas: Boundaries) -> Boundaries:
    """Keep one village in each of two districts, no neighbour around."""
    kept = areas.villages.drop_duplicates("district_code").index[:2]
    return replace(
        areas, villages=areas.villages.loc[kept], official=areas.official.loc[kept],
        context=areas.context.iloc[:0],
    )  # fmt: skip


def test_a_tiny_regency_without_pocket_and_logo_is_drawn_on_a3(
    two_villages: Boundaries, tmp_path: Path
) -> None:
    product = _product(two_villages, [])
    settings = AtlasSettings(
        paper="A3", png=True, pdf=False, logo="tidak_ada.png", sheets=("district",),
        signature=("Pangkalan Balai", "Kepala Bappeda", "Nama"), numbering="A.",
    )  # fmt: skip
    with pytest.warns(DegradedInputWarning, match="tidak_ada.png"):
        pages = write_atlas(product, tmp_path, settings=settings)
    assert pages.pdf == ""
    assert [note.key for note in pages.notes] == ["logo_missing"]
    assert pages.sheets[0].png == "peta_A_1_kecamatan_banyuasin_i.png"
    with Image.open(tmp_path / pages.sheets[0].png) as image:
        assert image.size == pytest.approx((420 / 25.4 * 300, 297 / 25.4 * 300), abs=1)
        drawn = {color for _, color in image.convert("RGB").getcolors(1 << 20) or []}
    # classes have exactly the colours of the web maps, though the picture has a palette
    for one in product.layers[0].classes:
        red, green, blue = (int(one.color[i : i + 2], 16) for i in (1, 3, 5))
        assert (red, green, blue) in drawn


def test_the_overview_alone_has_no_date(two_villages: Boundaries, tmp_path: Path) -> None:
    write_annex(_product(two_villages, []), tmp_path / "satu.pdf")
    reader = pypdf.PdfReader(tmp_path / "satu.pdf")
    text = words(reader.pages[0])
    assert "Lembar 1 dari 1" in text
    assert "Tidak ada kantong kemiskinan" in text
    assert "/CreationDate" not in (reader.metadata or {})


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"paper": "A5"}, "paper"),
        ({"orientation": "tegak"}, "orientation"),
        ({"sheets": ("districts",)}, 'Did you mean "district"'),
        ({"pdf": False}, "neither pdf nor png"),
        ({"dpi": 2400}, "2400 is not from 72 to 600"),
    ],
)
def test_unknown_words_are_refused(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        AtlasSettings(**wrong)


def test_an_unknown_indicator_is_refused(atlas: Drawn, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='Did you mean "floor_share"'):
        write_atlas(atlas.product, tmp_path, settings=AtlasSettings(indicators=("floor_shar",)))


# ---- parts


@pytest.mark.parametrize("orientation", ["portrait", "landscape"])
def test_a_map_of_a_document_has_the_size_and_dots_of_its_page(
    two_villages: Boundaries, tmp_path: Path, orientation: Orientation
) -> None:
    settings = AtlasSettings(sheets=("overview",), orientation=orientation)
    pages = write_pictures(_product(two_villages, []), tmp_path, settings=settings)
    layout = layout_inside(settings)
    with Image.open(tmp_path / pages.sheets[0].png) as image:
        assert image.width == pytest.approx(layout.width / 25.4 * 200, abs=1)
        assert image.height == pytest.approx(layout.height / 25.4 * 200, abs=1)


@given(st.lists(st.text("abcMW ij", min_size=1), max_size=12), st.floats(20, 200))
def test_wrapped_lines_fit_and_lose_nothing(parts: list[str], room: float) -> None:
    text = " ".join(parts)
    lines = wrap(text, room, size=6)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width(line, 6) <= room for line in lines)


@pytest.mark.parametrize("rows", [3, 40, 400])
def test_a_map_numbers_no_village_that_its_list_leaves_out(rows: int) -> None:
    layout = layout_of(AtlasSettings())
    assert layout.listing is not None
    listing = Listing("DESA", rows=tuple(Row(f"Desa {i}", "1,0%") for i in range(rows)))
    told = told_rows(listing, rect=layout.listing, layout=layout)
    page = Page(layout.width, layout.height)
    draw_list(page, listing, rect=layout.listing, layout=layout)
    written = [one.words for one in page.marks if isinstance(one, Written)]
    assert sum(one.startswith("Desa ") for one in written) == told
    assert (told == rows) == (not [one for one in written if "lainnya" in one])


@pytest.mark.parametrize("rows", [3, 40, 400])
def test_a_list_counts_what_it_leaves_out(rows: int) -> None:
    page = Page(210, 297)
    listing = Listing("JUDUL", rows=tuple(Row(str(i), f"Desa nomor {i}") for i in range(rows)))
    rect = Rect(10, 10, 60, 50)
    draw_list(page, listing, rect=rect, layout=layout_of(AtlasSettings()))
    written = [one for one in page.marks if isinstance(one, Written)]
    names = [one for one in written if one.words.startswith("Desa nomor")]
    more = [int(m[1]) for one in written if (m := re.match(r"… dan (\d+) lainnya", one.words))]
    assert len(names) + sum(more) == rows
    assert all(10 <= one.y * 25.4 / 72 <= 60 for one in written)
    assert len({(one.x, one.y) for one in names}) == len(names)
