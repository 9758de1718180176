"""Partners see their own needs and nothing else; what they pledge is planned everywhere."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import openpyxl
import pandas as pd
import pytest

from sibangkit_geo import config
from sibangkit_geo.agencies.partners import (
    PartnerSettings,
    contributions,
    own_indicators,
    placed_pledges,
    pledges_of,
    require_partners,
    without_pledged,
)
from sibangkit_geo.disclosure.pieces import Text
from sibangkit_geo.disclosure.unpacking import pieces
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning
from sibangkit_geo.indicators.needs import need_catalogue
from sibangkit_geo.model.types import Indicator, Place, Pledge, VillageIndicators
from sibangkit_geo.products.partner import partner_product, write_partner
from sibangkit_geo.sources.pledges import PledgeSource, read_pledges
from sibangkit_geo.study.partner_folders import partner_tables, run_partners
from sibangkit_geo.study.prepare import prepare
from tests.pages import data_of

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from sibangkit_geo.products.result import Analysis
    from tests.conftest import TwoLevels


class Row(NamedTuple):
    """A row of the table of promises."""

    tahun: int
    mitra: str
    kode: str
    tempat: str
    kebutuhan: str
    unit: int


LABELS = {one.key: one.label for one in need_catalogue()}
CSR = PartnerSettings("csr", "CSR Satu", "csr")
ZAKAT = PartnerSettings("zakat", "Baznas Satu", "baznas")
WATER, ROOF = "water_share", "roof_share"


def _indicator(key: str, agency: str) -> Indicator:
    return Indicator(
        name=f"{key}_share", label=LABELS[key], unit="percent", worse="high", denominator="rt",
        agency=agency, source="uji", year=2025, count_column=f"unserved_{key}",
        count_label="rumah tangga", base_column=f"known_{key}",
    )  # fmt: skip


@pytest.fixture
def measured(villages: gpd.GeoDataFrame) -> VillageIndicators:
    """Nine villages that ask water and roof; two have one name."""
    table = villages.assign(status="ok", households=100.0)
    table.loc[table.index[1], "name"] = table["name"].iloc[0]
    for key in ("water", "roof"):
        table[f"known_{key}"], table[f"unserved_{key}"] = 100.0, 20.0
        table[f"{key}_share"] = 0.2
    return VillageIndicators(
        table, (_indicator("water", "pupr"), _indicator("roof", "perkimtan")), ()
    )


def _rows(*rows: tuple[object, ...]) -> pd.DataFrame:
    names = ["partner", "village", "pocket", "need", "units", "year"]
    return pd.DataFrame(rows, columns=names, index=range(2, 2 + len(rows)))


def _placed(measured: VillageIndicators, *rows: tuple[object, ...]) -> tuple[Pledge, ...]:
    pocket = pd.Series([1, 1, 2], index=measured.villages.index[[3, 4, 8]])
    return pledges_of(
        _rows(*rows), [CSR, ZAKAT], measured, pocket=pocket, catalogue=LABELS, year=2026
    )[0]


# ---- settings


def test_a_kind_answers_needs_and_a_study_may_name_others() -> None:
    assert CSR.answers == ("floor", "wall", "roof", "crowding", "water", "sanitation")
    assert ZAKAT.answers == ("no_social_assistance", "no_village_aid")
    assert PartnerSettings("bank", "B", "bank").answers == (
        "no_credit",
        "no_account",
        "micro_business",
    )
    assert PartnerSettings("a", "A", "other", ("water_share", "water")).answers == ("water",)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"key": "../x"}, "the key is made of"),
        ({"key": "Bank A"}, "the key is made of"),
        ({"key": "con"}, "no name that Windows keeps"),
        ({"key": "com1"}, "no name that Windows keeps"),
        ({"key": "a" * 41}, "the key is made of"),
        ({"name": " "}, "the name has letters"),
        ({"name": "\u200b"}, "the name has letters"),
        ({"name": "a" * 81}, "at most 80"),
        ({"kind": "other", "needs": ()}, "which needs it may see"),
    ],
)
def test_a_wrong_partner_is_refused(settings: dict[str, Any], said: str) -> None:
    good = {"key": "a", "name": "A", "kind": "csr", "needs": ()}
    with pytest.raises(ConfigError, match=said):
        PartnerSettings(**{**good, **settings})


def test_all_that_is_wrong_with_the_partners_is_told_at_once() -> None:
    wrong = PartnerSettings("b", "B", "other", ("watr",))
    with pytest.raises(ConfigError, match=r'"csr" stands twice; "b" names an unknown need "watr"'):
        require_partners([CSR, CSR, wrong], needs=LABELS)


def test_a_name_means_one_partner() -> None:
    bri = PartnerSettings("bri", "Bank Rakyat", "csr")
    other = PartnerSettings("mandiri", "BRI", "csr")
    with pytest.raises(ConfigError, match='"mandiri" has the name of another partner'):
        require_partners([bri, other], needs=LABELS)
    same = PartnerSettings("rakyat", "bank  rakyat", "csr")
    with pytest.raises(ConfigError, match='"rakyat" has the name of another partner'):
        require_partners([bri, same], needs=LABELS)


# ---- the file


def _file(folder: Path, text: str) -> PledgeSource:
    (folder / "janji.csv").write_text(text, "utf-8")
    return PledgeSource(str(folder / "janji.csv"))


def test_a_form_is_read_in_either_language_and_empty_units_are_no_pledge(tmp_path: Path) -> None:
    own = _file(
        tmp_path,
        "mitra,desa,kantong,kebutuhan,unit,tahun\ncsr,,2,roof,1.200,2026\ncsr,,1,roof,,2026\n",
    )
    rows, _ = read_pledges(own)
    assert rows.index.tolist() == [2]
    assert rows[["partner", "pocket", "need"]].to_numpy().tolist() == [["csr", "2", "roof"]]
    other = _file(
        tmp_path, "Partner;Village;Pocket;Need;Units;Year\nzakat;16.07.01.2001;;water;7;2027\n"
    )
    rows, _ = read_pledges(other)
    assert rows[["units", "year"]].to_numpy().tolist() == [[7, 2027]]
    dash = _file(tmp_path, "mitra,desa,kantong,kebutuhan,unit,tahun\ncsr,,2,roof,-,2026\n")
    assert read_pledges(dash)[0].empty


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("csr,,2,roof,0,2026", "unit"),
        ("csr,,2,roof,1.5,2026", "unit"),
        ("csr,,2,roof,-3,2026", "unit"),
        ("csr,,2,roof,12,26", "tahun|year"),
        ("csr,,2,roof,12,", "without partner, need or year"),
        (",,2,roof,12,2026", "without partner, need or year"),
    ],
)
def test_a_pledge_without_sense_is_refused(tmp_path: Path, row: str, said: str) -> None:
    source = _file(tmp_path, f"mitra,desa,kantong,kebutuhan,unit,tahun\n{row}\n")
    with pytest.raises(DataError, match=said):
        read_pledges(source)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column named kantong"):
        read_pledges(_file(tmp_path, "mitra,desa,kebutuhan,unit,tahun\ncsr,1,roof,3,2026\n"))


# ---- places


def test_places_are_found_by_code_by_name_and_by_a_village_of_the_pocket(
    measured: VillageIndicators,
) -> None:
    codes = measured.villages.index
    found = _placed(
        measured,
        ("csr", codes[2], None, "roof", 3, 2026),
        ("CSR Satu", codes[2].replace(".", ""), None, "Air minum tidak layak", 4, 2026),
        ("csr", "desa 5", "", "water_share", 5, 2026),
        ("csr", f"Desa 1 ({measured.villages['district_name'].iloc[0]})"
         if measured.villages["name"].iloc[0] != measured.villages["name"].iloc[1] else codes[0],
         None, "roof", 6, 2026),
        ("csr", None, "Kantong 2", "roof", 7, 2026),
        # another level may number its pockets otherwise: the village decides
        ("csr", codes[3], "2", "water", 8, 2027),
    )  # fmt: skip
    assert [one.place for one in found] == [
        Place("village", codes[2]), Place("village", codes[2]), Place("village", codes[4]),
        Place("village", codes[0]), Place("pocket", "2"), Place("pocket", "1"),
    ]  # fmt: skip
    assert [one.indicator for one in found] == [ROOF, WATER, WATER, ROOF, ROOF, WATER]
    assert sum(one.units for one in found) == 33


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("nobody", "16.07.01.2001", None, "roof", 3, 2026), "no partner of the study"),
        (("csr", "16.07.01.2001", None, "atap", 3, 2026), "no need of the catalogue"),
        (("zakat", "16.07.01.2001", None, "roof", 3, 2026), "does not answer"),
        (("csr", "Desa 1", None, "roof", 3, 2026), "a name that several have"),
        (("csr", "16.08.01.2001", None, "roof", 3, 2026), "no village of the regency"),
        (("csr", None, None, "roof", 3, 2026), "neither village nor pocket"),
        (("csr", None, "9", "roof", 3, 2026), "no pocket of this number"),
        (("csr", "16.07.01.2001", None, "roof", 3, 2025), "a year before the study's"),
    ],
)
def test_a_pledge_that_cannot_be_placed_names_its_row_and_no_cell(
    measured: VillageIndicators, row: tuple[object, ...], said: str
) -> None:
    with pytest.raises(DataError, match=said) as refused:
        _placed(measured, row)
    assert "row 2" in str(refused.value)
    assert "nobody" not in str(refused.value)


def test_the_same_pledge_twice_is_refused(measured: VillageIndicators) -> None:
    row = ("csr", "16.07.01.2003", None, "roof", 3, 2026)
    with pytest.raises(DataError, match=r"row 2: stands twice; row 3: stands twice"):
        _placed(measured, row, (*row[:4], 9, 2026))


def test_a_need_that_the_data_do_not_ask_is_told(measured: VillageIndicators) -> None:
    rows = _rows(("csr", "16.07.01.2003", None, "floor", 3, 2026))
    with pytest.warns(DegradedInputWarning, match="1 janji mitra tidak ditampilkan"):
        found, notes = pledges_of(
            rows, [CSR], measured, pocket=pd.Series(dtype=float), catalogue=LABELS, year=2025
        )
    assert found == ()
    assert [(one.key, one.count) for one in notes] == [("pledges_unasked", 1)]


def test_what_depends_on_the_numbers_of_pockets_is_told(measured: VillageIndicators) -> None:
    codes = measured.villages.index
    rows = _rows(
        ("csr", None, "2", "roof", 7, 2026),
        ("csr", codes[3], "2", "water", 8, 2027),
        # a village that is in no pocket at this level is meant itself
        ("csr", codes[0], "1", "roof", 9, 2026),
    )
    pocket = pd.Series([1, 1, 2], index=codes[[3, 4, 8]])
    found, notes = pledges_of(rows, [CSR], measured, pocket=pocket, catalogue=LABELS, year=2025)
    assert [one.place for one in found] == [
        Place("pocket", "2"), Place("pocket", "1"), Place("village", codes[0]),
    ]  # fmt: skip
    assert [(one.key, one.count) for one in notes] == [
        ("pledges_by_number", 1), ("pledges_to_village", 1),
    ]  # fmt: skip


# ---- by hand: every village has 20 in need of a roof; 4 and 5 are pocket 1


def test_no_place_is_promised_more_than_it_needs(measured: VillageIndicators) -> None:
    codes = measured.villages.index
    counted = _placed(
        measured,
        ("csr", codes[0], None, "roof", 30, 2027),
        # of the same village the earlier year goes first, though it stands later
        ("csr", codes[0], None, "roof", 15, 2026),
        # a pocket of two villages: 40 in need, 12 pledged in one of them before
        ("csr", None, "1", "roof", 35, 2026),
        ("csr", codes[3], None, "roof", 12, 2026),
        ("csr", codes[4], None, "roof", 9, 2027),
    )
    assert [one.counted for one in counted] == [5, 15, 28, 12, 0]
    assert [one.units for one in counted] == [30, 15, 35, 12, 9]


def _by_hand() -> tuple[pd.DataFrame, pd.DataFrame]:
    pocket, rest = Place("pocket", "1"), Place("rest", "16.07.01")
    needs = pd.DataFrame({
        "place": [pocket, rest], "agency": "perkimtan", "indicator": ROOF,
        "unserved": [20.0, 8.0], "share": [0.2, 0.08],
    })  # fmt: skip
    pledged = placed_pledges(
        [Pledge("csr", "CSR Satu", Place("village", "a"), ROOF, 15, 2026, 15),
         Pledge("zakat", "Baznas Satu", pocket, ROOF, 10, 2027, 5),
         Pledge("csr", "CSR Satu", Place("village", "b"), ROOF, 6, 2026, 6),
         Pledge("csr", "CSR Satu", Place("village", "b"), ROOF, 6, 2027, 0)],
        pd.Series({"a": pocket, "b": rest}),
    )  # fmt: skip
    return needs, pledged


def test_what_counts_of_pledges_comes_off_the_need() -> None:
    needs, pledged = _by_hand()
    assert pledged["households"].tolist() == [15.0, 5.0, 6.0]
    assert without_pledged(needs, pledged)["unserved"].tolist() == [0.0, 2.0]
    assert without_pledged(needs, pledged.iloc[:0])["unserved"].tolist() == [20.0, 8.0]


def test_what_nobody_has_planned_is_left_for_a_contribution() -> None:
    needs, pledged = _by_hand()
    counted = pledged.iloc[[2]]
    planned = pd.DataFrame({"place": [Place("pocket", "1")], "indicator": ROOF, "households": 12.0})
    known = {"planned": planned, "pledged": counted}
    fits = contributions(needs, **known, unit_cost=pd.Series({ROOF: 100.0}))
    assert fits["unplanned"].tolist() == [8.0, 2.0]
    assert fits["cost"].tolist() == [800.0, 200.0]
    unpriced = contributions(needs, **known, unit_cost=pd.Series(dtype=float))
    assert unpriced["cost"].isna().all()
    # without a budget nothing is known of what agencies plan: that is not zero
    unknown = contributions(needs, planned=None, pledged=counted, unit_cost=pd.Series(dtype=float))
    assert unknown["planned"].isna().all()
    assert unknown["unplanned"].tolist() == [20.0, 2.0]


# ---- the finished files


def _page(path: Path) -> dict[str, Any]:
    return data_of(path.read_text("utf-8"))


def test_every_partner_has_a_folder_with_page_workbook_and_manifest(two_levels: TwoLevels) -> None:
    folders = sorted(one.name for one in two_levels.partners.iterdir())
    assert folders == ["bank", "baznas", "csr"]
    for one in two_levels.partners.iterdir():
        assert sorted(p.name for p in one.iterdir()) == [
            "buku_kerja_mitra.xlsx", "manifest.json", "peta.html",
        ]  # fmt: skip
        told = json.loads((one / "manifest.json").read_text("utf-8"))
        assert told["settings"]["disclosure"]["level"] == "partner"
        assert told["settings"].keys() == {"study", "disclosure", "partner"}
        assert "pledges" not in {file["role"] for file in told["inputs"]}


def test_partners_get_the_totals_of_the_public(two_levels: TwoLevels) -> None:
    needs = pd.read_csv(two_levels.public / "kebutuhan_opd.csv")
    whole = needs[needs["tingkat"] == "kabupaten"].set_index("kebutuhan")["belum_terlayani"]
    villages = pd.read_csv(two_levels.public / "villages.csv", dtype={"village_code": str})
    villages = villages.set_index("village_code")
    seen = 0
    for folder in two_levels.partners.iterdir():
        data = _page(folder / "peta.html")
        told = json.loads((folder / "manifest.json").read_text("utf-8"))["result"]["needs"]
        book = openpyxl.load_workbook(folder / "buku_kerja_mitra.xlsx")
        # every column of the workbook is told, and shares are written as shares
        columns = list(book["Kamus"].iter_rows(min_row=2, values_only=True))
        assert [row for row in columns if not row[2]] == []
        assert ("Lokasi bantuan", "Porsi", "persen") in {
            (one[0], one[1], one[3]) for one in columns
        }
        fits = list(book["Lokasi bantuan"].iter_rows(min_row=2, values_only=True))
        for layer in data["layers"]:
            total = whole[layer["label"]]
            counts = pd.Series(layer["counts"], index=data["villages"]["code"], dtype=float)
            column = f"unserved_{layer['key'].removesuffix('_share')}"
            pd.testing.assert_series_equal(
                counts, villages[column].reindex(counts.index).astype(float), check_names=False
            )
            assert counts.sum() == total
            assert told[layer["key"]]["unserved"] == total
            own = [row for row in fits if row[1] == layer["label"]]
            assert sum(row[2] for row in own) == total
            for row in own:
                assert row[4] + row[5] + row[6] == pytest.approx(row[2])
            seen += 1
    assert seen >= 11


def _everything(folder: Path) -> str:
    """Unpack every file of a folder, and what is packed in it, to one text."""
    return "\n".join(
        piece.text
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for piece in pieces(path, geometry=False)
        if isinstance(piece, Text)
    )


@pytest.mark.parametrize("partner", ["bank", "csr", "baznas"])
def test_no_other_needs_data_are_in_a_partners_files(two_levels: TwoLevels, partner: str) -> None:
    folder = two_levels.partners / partner
    text = _everything(folder)
    own = set(PartnerSettings(partner, "x", partner).answers)  # type: ignore[arg-type]
    others = [one for one in need_catalogue() if one.key not in own]
    assert len(others) >= 10
    for one in others:
        assert one.label not in text, one.key
        assert not re.search(rf"(unserved|known|deprived|served)_{one.key}\b", text), one.key
        assert f"{one.key}_share" not in text
    for word in ("headcount", "poor_households", "Rumah tangga miskin", "multidimensional",
                 "poor_people", "acting_agencies", "gi_star", "local_moran"):  # fmt: skip
        assert word not in text, word
    # the columns of the public table, number by number as a page would carry them
    villages = pd.read_csv(two_levels.public / "villages.csv")
    for one in others:
        column = f"unserved_{one.key}"
        if column in villages:
            run = ",".join(str(int(n)) for n in villages[column].fillna(0).head(40))
            assert run not in text, column


def test_a_partners_files_do_not_change_with_anything_but_its_needs(
    two_levels: TwoLevels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    ready = prepare(two_levels.study, tmp_path / "x", progress=lambda *_: None, level="partner")
    own = own_indicators(CSR, ready.product.measured)
    tables = partner_tables(ready, CSR, own)
    made = []
    for name, product in (("one", ready.product), ("two", _otherwise(ready.product, own))):
        folder = tmp_path / name
        folder.mkdir()
        write_partner(partner_product(product, CSR, own, tables), tables, folder)
        made.append({one.name: one.read_bytes() for one in folder.iterdir()})
    assert made[0].keys() == {"peta.html", "buku_kerja_mitra.xlsx"}
    assert made[0]["peta.html"] == made[1]["peta.html"]
    texts = [_everything(tmp_path / name) for name in ("one", "two")]
    assert texts[0] == texts[1]


def _otherwise(product: Analysis, own: tuple[str, ...]) -> Analysis:
    """Change every number and every word that is not the partner's."""
    table = product.measured.villages.copy()
    kept = {"households", *own}
    for one in product.measured.indicators:
        if one.name in own:
            kept |= {one.count_column, one.base_column}
    rng = np.random.default_rng(1)
    for name in table.select_dtypes("number").columns:
        if name not in kept:
            table[name] = rng.permutation(table[name].to_numpy())
    indicators = tuple(
        one if one.name in own else replace(one, label=f"{one.label} X", source="lain")
        for one in product.measured.indicators
    )
    outlines = product.found.outlines.assign(poor=1.0, rate=0.5, relative_risk=9.0, p_value=0.04)
    needs = product.focus
    assert needs.places is not None
    foreign = ~needs.places["indicator"].isin(own)
    places = needs.places.assign(
        unserved=needs.places["unserved"].mask(foreign, 3.0), severity=0.1, rank_severity=1.0
    )
    return replace(
        product,
        measured=replace(product.measured, villages=table, indicators=indicators),
        found=replace(product.found, outlines=outlines),
        focus=replace(needs, places=places, roles=None),
        notes=tuple(
            one if one.key in {"protected", "protection_hides", "rows_located", "coverage_cleaned"}
            else replace(one, text=f"{one.text} X")
            for one in product.notes
        ),
        honesty=(),
    )  # fmt: skip


# ---- pledges on every page


@pytest.mark.parametrize("level", ["public", "agency"])
def test_pledges_show_as_planned_on_every_page_and_in_the_budget(
    two_levels: TwoLevels, level: str
) -> None:
    folder = two_levels.folders[level]
    listed = pd.read_csv(folder / "janji_mitra.csv")
    assert set(listed["keterangan"]) == {"direncanakan"}
    front = (folder / "index.html").read_text("utf-8")
    for row in [Row(*one) for one in listed[[*Row._fields]].itertuples(index=False)]:
        assert row.tempat in front
        sentence = f"Dijanjikan {row.mitra} ({row.tahun}): {row.unit} rumah tangga"
        for page in folder.glob("*.html"):
            if 'id="data">' in page.read_text("utf-8"):
                data = _page(page)
                at = data["villages"]["code"].index(row.kode)
                assert sentence in data["villages"]["planned"][str(at)], page.name
        district = (folder / "kecamatan" / f"{row.kode[:8]}.html").read_text("utf-8")
        assert row.mitra in district
    money = pd.read_csv(folder / "anggaran_janji.csv")
    priced = money.groupby("kebutuhan")["rumah_tangga"].sum()
    promised = listed.groupby("kebutuhan")["unit"].sum()
    for need, households in priced.items():
        assert households <= promised[str(need)]
    blocks = [one["key"] for one in _page(folder / "perkimtan.html")["blocks"]]
    assert "pledges" in blocks
    book = openpyxl.load_workbook(folder / "buku_kerja.xlsx")
    assert book["Janji mitra"].max_row == 1 + len(listed)
    assert "dijanjikan mitra" in {row[0] for row in book["Anggaran"].iter_rows(values_only=True)}


def test_the_filled_form_of_the_workbook_is_a_file_of_pledges(
    two_levels: TwoLevels, tmp_path: Path
) -> None:
    book_file = two_levels.partners / "csr" / "buku_kerja_mitra.xlsx"
    book = openpyxl.load_workbook(book_file)
    sheet = book["Formulir janji"]
    assert [cell.value for cell in sheet[1]] == [
        "Mitra", "Desa", "Kantong", "Kebutuhan", "Unit", "Tahun",
    ]  # fmt: skip
    # a pledge can be placed by what the form says, with pockets and without
    codes = set(pd.read_csv(two_levels.public / "villages.csv")["village_code"])
    assert sheet.max_row > 1
    assert {row[1] for row in sheet.iter_rows(min_row=2, values_only=True)} <= codes
    sheet.cell(row=2, column=5, value=12)
    book.save(tmp_path / "isi.xlsx")
    for sheet_name in ("Formulir janji", ""):
        source = PledgeSource(str(tmp_path / "isi.xlsx"), sheet=sheet_name)
        rows, _ = read_pledges(source)
        assert rows["units"].tolist() == [12]
        assert rows["partner"].tolist() == ["csr"]


# ---- refusals of the command


def _without(two_levels: TwoLevels, folder: Path, part: str) -> Path:
    """Copy the study without some of its tables."""
    data = folder / "data"
    shutil.copytree(two_levels.study.parent, data)
    study = data / "study.toml"
    study.write_text(re.sub(part, "", study.read_text("utf-8"), flags=re.DOTALL), "utf-8")
    return study


def test_a_study_without_partners_is_refused(two_levels: TwoLevels, tmp_path: Path) -> None:
    study = _without(two_levels, tmp_path, r"\[\[partners\]\].*?\n\n|\[pledges\].*?\n\n")
    with pytest.raises(ConfigError, match="names no partner"):
        run_partners(study, tmp_path / "out", progress=lambda *_: None)
    assert not (tmp_path / "out").exists()


def test_pledges_need_partners(two_levels: TwoLevels, tmp_path: Path) -> None:
    study = _without(two_levels, tmp_path, r"\[\[partners\]\].*?\n\n")
    with pytest.raises(ConfigError, match=r"needs the \[\[partners\]\]"):
        config.read_study(study)


def test_partners_go_into_no_folder_of_a_run_and_old_ones_are_told(
    two_levels: TwoLevels, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="holds the products of a run"):
        run_partners(two_levels.study, two_levels.public, progress=lambda *_: None)
    shutil.copytree(two_levels.partners, tmp_path / "out")
    (tmp_path / "out" / "baznas").rename(tmp_path / "out" / "lama")
    done = run_partners(two_levels.study, tmp_path / "out", progress=lambda *_: None)
    assert done.left == ("lama",)


def test_a_folder_of_a_run_is_not_overwritten(two_levels: TwoLevels, tmp_path: Path) -> None:
    shutil.copytree(two_levels.public, tmp_path / "csr")
    before = {one: one.stat().st_mtime_ns for one in (tmp_path / "csr").rglob("*")}
    with pytest.raises(ConfigError, match="holds the products of a run"):
        run_partners(two_levels.study, tmp_path, progress=lambda *_: None)
    assert before == {one: one.stat().st_mtime_ns for one in (tmp_path / "csr").rglob("*")}
    assert not (tmp_path / "bank").exists()
