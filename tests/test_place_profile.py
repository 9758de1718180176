"""Profiles of districts and villages: every number is that of another table, cut rows are told."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import lxml.html
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from sibangkit_geo.cli import app
from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model.numerals import numeral, percentage, rupiah
from sibangkit_geo.model.types import Place
from sibangkit_geo.products.place_profile import as_profiles
from sibangkit_geo.products.sheets import Sheets, every_sheet
from sibangkit_geo.products.staging import staged_file
from sibangkit_geo.products.standing import Neighbors, measures
from sibangkit_geo.products.villages_by_need import largest_excess, poorest_first
from sibangkit_geo.products.web.payload import shared_payload
from sibangkit_geo.products.web.profile_map import place_names, profile_map, scale_bar
from sibangkit_geo.products.web.profile_pages import profile_page
from sibangkit_geo.products.web.svg import Window
from sibangkit_geo.study import one_profile
from sibangkit_geo.study.one_profile import find_place
from sibangkit_geo.study.prepare import prepare
from tests.demo_product import HOSTILE, LONG, demo_product, demo_ready

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from sibangkit_geo.products.place_profile import Profile
    from sibangkit_geo.products.result import Analysis
    from sibangkit_geo.study.prepare import Ready
    from tests.conftest import SmallStudy

DASH, NONE, THIN = "–", "tidak ada data", "tidak cukup data"


def _budget() -> pd.DataFrame:
    budget = demo_ready().conclusions.plans.budget
    assert budget is not None
    return budget.plan.chosen


@cache
def _sheets() -> Sheets:
    return every_sheet(demo_product())


@cache
def _profiles() -> dict[str, Profile]:
    budget = demo_ready().conclusions.plans.budget
    every = as_profiles(demo_product(), _sheets(), budget=budget)
    return {one.code: one for own in every.values() for one in own}


def _with(**values: float) -> tuple[Analysis, list[str]]:
    """Give the villages of the first district other rates; the others keep theirs."""
    product = demo_product()
    layer = product.layers[0]
    own = [code for code in layer.shown.index if code.startswith("16.07.01.")]
    shown = layer.shown.copy()
    shown[own] = float("nan")
    for at, value in values.items():
        shown[own[int(at[1:])]] = value
    changed = replace(layer, shown=shown, class_index=layer.class_index.where(shown.notna(), -1))
    return replace(product, layers=(changed, *product.layers[1:])), own


def test_every_place_has_its_sheet_after_its_districts() -> None:
    product, budget = demo_product(), demo_ready().conclusions.plans.budget
    every = as_profiles(product, _sheets(), budget=budget)
    villages = product.measured.villages
    assert len(every) == 21
    for district, own in every.items():
        inside = villages.index[villages["district_code"] == district]
        assert [one.code for one in own] == [district, *inside]


def test_a_kelurahan_is_called_so() -> None:
    assert _profiles()["16.07.10.1022"].title == "Profil Kelurahan Tanah Mas"
    assert _profiles()["16.07.10.2001"].title.startswith("Profil Desa ")
    assert _profiles()["16.07.10"].title == "Profil Kecamatan Talang Kelapa"


def test_equal_rates_share_a_rank_and_an_unknown_one_has_none() -> None:
    product, own = _with(v0=5.0, v1=9.0, v2=9.0, v3=12.5)
    first = measures(product, most=1)[0]
    ranks = [first.rank(code, "village") for code in own[:5]]
    assert ranks == ["4 dari 4", "2 dari 4", "2 dari 4", "1 dari 4", DASH]
    here = [first.here(code, "village") for code in own[:5]]
    assert here == ["5,0%", "9,0%", "9,0%", "12,5%", NONE]


def test_a_low_value_is_the_worst_where_low_is_worse() -> None:
    product, own = _with(v0=5.0, v1=9.0)
    layer = product.layers[0]
    low = replace(layer, indicator=replace(layer.indicator, worse="low"))
    first = measures(replace(product, layers=(low, *product.layers[1:])), most=1)[0]
    assert [first.rank(code, "village") for code in own[:2]] == ["1 dari 2", "2 dari 2"]


def test_a_village_that_too_few_answered_is_not_ranked() -> None:
    product, own = _with(v0=5.0)
    layer = product.layers[0]
    known = pd.Series(3.0, index=layer.shown.index)
    thin = replace(layer, known=known, known_share=known * 0 + 0.1)
    first = measures(replace(product, layers=(thin, *product.layers[1:])), most=1)[0]
    assert first.here(own[1], "village") == THIN
    assert first.rank(own[1], "village") == DASH


def test_standing_tells_the_layers_own_numbers() -> None:
    product = demo_product()
    layer = product.layers[0]
    code, district = "16.07.10.2001", "16.07.10"
    rates = layer.shown[[one for one in layer.shown.index if one.startswith(district)]]
    worse = int((rates > rates[code]).sum())
    row = _profiles()[code].standing[0]
    assert row == (
        layer.indicator.label,
        f"{numeral(rates[code], 1)}%",
        f"{numeral(layer.district_values[district], 1)}%",
        f"{numeral(layer.regency_value, 1)}%",
        f"{worse + 1} dari {len(rates)}",
    )
    districts = layer.district_values.round(1)
    worse = int((districts > districts[district]).sum())
    assert _profiles()[district].standing[0][-1] == f"{worse + 1} dari 21"


def test_needs_are_those_of_the_table_and_what_is_cut_is_told() -> None:
    product, code = demo_product(), "16.07.10.2001"
    table = product.focus.places
    assert table is not None
    own = table[table["place"] == Place("village", code)]
    order = own.sort_values("excess", ascending=False, kind="stable")
    found = _profiles()[code].needs
    assert len(found.rows) == 8
    for shown, (_, row) in zip(found.rows, order.iterrows(), strict=False):
        assert shown[2] == f"{numeral(row['unserved'])} dari {numeral(row['asked'])}"
        assert shown[3] == percentage(row["share"])
        assert shown[5] == numeral(row["rank_excess"])
    assert found.more.startswith(f"… dan {len(own) - 8} kebutuhan lain")


def test_a_movement_stands_beside_the_need_it_answers() -> None:
    told = {row[1]: row[6] for one in _profiles().values() for row in one.needs.rows}
    assert told["Sanitasi tidak layak"] == "GORONG, BEGESAH"
    assert told["Rumah tangga dengan anak 7–18 tahun tidak bersekolah"] == "SIMANIS"
    assert told["Memasak dengan kayu bakar atau arang"] == DASH


def test_a_plan_is_that_of_the_pocket_or_of_what_is_left_of_the_district() -> None:
    product, chosen = demo_product(), _budget()
    for code, one in _profiles().items():
        if one.level != "village":
            continue
        pocket = product.found.members.get(code)
        place = Place("rest", one.district) if pocket is None else Place("pocket", str(int(pocket)))
        own = chosen[chosen["place"] == place]
        if own.empty:
            assert one.plan_lead.startswith("Anggaran terpilih tidak memuat kegiatan untuk ")
            assert one.plan.rows == ()
            continue
        told = f": {len(own)} kegiatan, {rupiah(own['cost'].sum())}."
        assert one.plan_lead.endswith(told)
        assert len(one.plan.rows) == min(len(own), 6)
        assert one.plan.more == "" or f"dan {len(own) - 6} kegiatan lain" in one.plan.more
        most = own.sort_values("households", ascending=False, kind="stable")
        assert [row[3] for row in one.plan.rows] == [numeral(n) for n in most["households"][:6]]


def test_a_districts_plan_is_of_its_pockets_and_the_rest() -> None:
    product, chosen = demo_product(), _budget()
    inside = product.measured.villages["district_code"].reindex(product.found.members.index)
    district = str(inside.iloc[0])
    numbers = product.found.members[inside == district].unique()
    places = {Place("rest", district), *(Place("pocket", str(int(one))) for one in numbers)}
    own = chosen[chosen["place"].isin(places)]
    lead = _profiles()[district].plan_lead
    assert f": {len(own)} kegiatan, {rupiah(own['cost'].sum())}." in lead
    marks = {row[1] for row in _profiles()[district].plan.rows}
    assert marks <= {"luar kantong", *(f"K{int(one)}" for one in numbers)}


def test_without_a_budget_that_is_said() -> None:
    some = Sheets(_sheets().districts[:1], ())
    (own,) = as_profiles(demo_product(), some, budget=None).values()
    assert own[0].plan_lead == "Studi ini tidak memuat anggaran."


def test_promises_stand_with_the_village_and_its_district() -> None:
    product = demo_product()
    pledge = next(one for one in product.pledges if one.place.level == "village")
    village = _profiles()[pledge.place.id]
    assert village.pledges == product.lines[pledge.place]
    assert pledge.name in " ".join(_profiles()[village.district].pledges)
    none = next(one for one in _profiles().values() if one.pledges[0].startswith("Tidak ada janji"))
    assert Place("village", none.code) not in product.lines


def test_the_official_series_is_told_as_the_regencys() -> None:
    told = " ".join(_profiles()["16.07.10.2001"].trend)
    assert "Angka resmi hanya ada untuk Kabupaten Banyuasin" in told
    assert "2020 11,17%*; 2021 10,75%; 2022 10,00%*" in told
    assert "belum diisi" not in told
    # the small demo has no earlier wave
    assert told.startswith("Tidak ada data gelombang sebelumnya")
    bare = replace(demo_product(), series=None)
    (own,) = as_profiles(bare, Sheets(_sheets().districts[:1], ()), budget=None).values()
    assert own[0].trend[-1].startswith("Studi ini tidak memuat deret angka kemiskinan resmi")


def test_villages_stand_by_poor_households_and_not_by_code() -> None:
    product = demo_product()
    counts = product.layers[0].counts
    assert counts is not None
    lines = poorest_first(product, "16.07.10", needs=largest_excess(product))
    codes = [one.code for one in lines]
    assert codes != sorted(codes)
    assert counts[codes].tolist() == sorted(counts[codes], reverse=True)
    assert len(_profiles()["16.07.10"].villages.rows) == 10
    assert f"dan {len(lines) - 10} desa" in _profiles()["16.07.10"].villages.more


def test_a_village_without_data_comes_last_and_is_not_zero() -> None:
    product, own = _with(v1=9.0)
    layer = product.layers[0]
    assert layer.counts is not None
    counts = layer.counts.astype(float).copy()
    counts[own[0]] = float("nan")
    product = replace(product, layers=(replace(layer, counts=counts), *product.layers[1:]))
    last = poorest_first(product, "16.07.01", needs={})[-1]
    assert (last.code, last.poor, last.rate, last.need) == (own[0], DASH, NONE, "")


def test_neighbours_stand_worst_first_and_the_rest_are_counted() -> None:
    product, own = _with(v0=5.0, v1=9.0, v2=11.0)
    pairs = pd.DataFrame(
        [(own[0], own[3]), (own[1], own[0]), (own[0], own[2]), (own[0], "16.07.02.2001")],
        columns=["village_code", "neighbor_code"],
    )
    product = replace(product, found=replace(product.found, neighbors=pairs))
    near = Neighbors(product, measures(product, most=1)[0])
    names = product.measured.villages["name"]
    told = near.sentence(own[0], "village")
    assert told.index(names[own[2]]) < told.index(names[own[1]]) < told.index(names[own[3]])
    assert told.endswith(f"{names[own[3]]} {NONE}.")
    assert "Banyuasin I " in near.sentence("16.07.02", "district")
    assert near.sentence("16.07.03", "district").startswith("Tidak ada tetangga")
    many = pd.DataFrame([(own[0], one) for one in own[1:13]], columns=pairs.columns)
    product = replace(product, found=replace(product.found, neighbors=many))
    told = Neighbors(product, measures(product, most=1)[0]).sentence(own[0], "village")
    assert told.endswith("; … dan 2 lainnya.")


# ---- the map


def test_a_name_that_has_no_room_becomes_a_number() -> None:
    wide, small = shapely.box(20, 20, 220, 120), shapely.box(20, 120, 32, 132)
    called = {"a": "Sungai Rengit", "b": "Tanjung Kerang"}
    names = place_names(called, {"a": wide, "b": shapely.box(20, 120, 220, 220)})
    assert [(one.code, one.lines[0][0]) for one in names.labels] == [
        ("a", "Sungai Rengit"),
        ("b", "Tanjung Kerang"),
    ]
    assert names.numbered == ()
    # all around the small one is taken
    taken = [shapely.box(0, 100, 330, 122).bounds, shapely.box(0, 131, 330, 160).bounds]
    boxes = [type(names.labels[0].box)(*one) for one in taken]
    names = place_names(called, {"a": wide, "b": small}, taken=boxes)
    assert names.numbered == ((1, "Tanjung Kerang"),)
    assert names.left_out == ()
    # the village that a sheet is of is named whatever it costs
    names = place_names(called, {"a": wide, "b": small}, taken=boxes, first="b")
    assert [one.lines[0][0] for one in names.labels] == ["Tanjung Kerang", "Sungai Rengit"]


@pytest.mark.parametrize("district", ["16.07.03", "16.07.10", "16.07.11"])
def test_no_name_covers_another(district: str) -> None:
    drawing = profile_map(demo_product(), district)
    assert drawing is not None
    for first in drawing.shapes:
        names = drawing.named(first)
        own = next(one for one in names.labels if one.code == first)
        assert not own.marked
        boxes = [one.box for one in names.labels]
        for at, one in enumerate(boxes):
            assert not any(one.meets(other) for other in boxes[:at]), names.labels[at]
        named = sum(not one.marked for one in names.labels)
        assert named + len(names.numbered) + len(names.left_out) == len(drawing.shapes)


@pytest.mark.parametrize(
    ("metres", "length", "words"),
    [(100, 50, "5 km"), (250, 80, "20 km"), (10, 50, "500 m"), (77, 5000 / 77, "5 km")],
)
def test_a_scale_bar_has_a_round_length(metres: float, length: float, words: str) -> None:
    found, told = scale_bar(Window(0, 0, metres, 330, 290))
    assert found == pytest.approx(length)
    assert told == words


# ---- the page


def test_a_page_has_a_sheet_for_each_and_hostile_words_stay_words() -> None:
    villages = demo_product().measured.villages
    code = str(villages.index[villages["name"] == HOSTILE][0])
    own = [one for one in _profiles().values() if one.district == _profiles()[code].district]
    text = profile_page(demo_product(), own)
    page = lxml.html.fromstring(text.encode())
    sections = page.findall(".//section")
    assert [one.get("id") for one in sections] == [one.code for one in own]
    assert "<b>&" not in text.replace("&lt;b&gt;&amp;", "")
    assert "=1+1 &lt;b&gt;&amp;" in text
    assert LONG in text
    # the English of the page, and what changes its language
    scripts = page.findall(".//script")
    assert [one.get("type") for one in scripts] == ["application/json", None, None]
    assert [one.get("src") for one in scripts] == [None] * 3
    for one in sections:
        assert "Estimasi, bukan angka resmi" in one.text_content()
        # drawn once and used by all
        assert one.find(".//svg[@class='map']/use").get("href") == "#ground"
    assert len(text.encode()) < 600_000


def test_a_profile_alone_leads_nowhere() -> None:
    one = _profiles()["16.07.10.2001"]
    page = lxml.html.fromstring(profile_page(demo_product(), [one], alone=True).encode())
    assert page.findall(".//a") == []
    assert [head.text for head in page.findall(".//h1")] == [one.title]
    assert len(page.findall(".//section")) == 1


def test_a_district_without_polygons_says_so() -> None:
    product = demo_product()
    villages = product.measured.villages.copy()
    villages.loc[villages["district_code"] == "16.07.20", "geometry"] = None
    bare = replace(product, measured=replace(product.measured, villages=villages))
    own = [one for one in _profiles().values() if one.district == "16.07.20"]
    assert "tempat ini tidak dapat digambar" in profile_page(bare, own)


def test_only_a_page_beside_the_profiles_links_to_them() -> None:
    agencies = demo_product().catalogue.agencies
    assert shared_payload(demo_product(), agencies=agencies)["profiles"] is False
    beside = shared_payload(demo_product(), agencies=agencies, profiles=True)
    assert beside["profiles"] is True


# ---- the command

VILLAGES = pd.DataFrame(
    {
        "name": ["Rambutan", "Suka Maju", "Sukamaju", "Taja Raya II", "Taja Raya I"],
        "district_code": ["16.07.01", "16.07.01", "16.07.02", "16.07.02", "16.07.02"],
        "district_name": ["Rambutan", "Rambutan", "Betung", "Betung", "Betung"],
    },
    index=["16.07.01.2001", "16.07.01.2002", "16.07.02.2001", "16.07.02.2002", "16.07.02.2003"],
)


@pytest.mark.parametrize(
    ("asked", "level", "code"),
    [
        ("16.07.02", "district", "16.07.02"),
        (" 16.07.02.2001 ", "village", "16.07.02.2001"),
        ("betung", "district", "16.07.02"),
        ("TAJA  RAYA 2", "village", "16.07.02.2002"),
        ("Desa Rambutan", "village", "16.07.01.2001"),
        ("Kec. Rambutan", "district", "16.07.01"),
        ("kecamatan rambutan", "district", "16.07.01"),
    ],
)
def test_a_place_is_found_by_code_or_name(asked: str, level: str, code: str) -> None:
    found = find_place(VILLAGES, asked)
    assert (found.level, found.id) == (level, code)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            "sukamaju",
            (
                '"sukamaju" is the name of several places: Suka Maju, Kecamatan Rambutan '
                "(16.07.01.2002); Sukamaju, Kecamatan Betung (16.07.02.2001). Give the code."
            ),
        ),
        (
            "Rambutan",
            (
                '"Rambutan" is the name of several places: Kecamatan Rambutan (16.07.01); '
                "Rambutan, Kecamatan Rambutan (16.07.01.2001). Give the code."
            ),
        ),
        (
            "Desa Betong",
            (
                'No village or district of the study is called "Desa Betong". '
                "Nearest: Kecamatan Betung (16.07.02)."
            ),
        ),
        (
            "qqq",
            (
                'No village or district of the study is called "qqq". '
                "Give a name or a code of villages.csv."
            ),
        ),
    ],
)
def test_a_place_that_is_not_one_place_is_refused(asked: str, told: str) -> None:
    with pytest.raises(ConfigError, match=f"^{re.escape(told)}$"):
        find_place(VILLAGES, asked)


def _call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["profile", *(str(one) for one in arguments)])


def test_the_command_writes_the_sheet_of_the_run(small_study: SmallStudy, tmp_path: Path) -> None:
    out = tmp_path / "baru" / "lembar.html"
    done = _call(small_study.study_file, "mariana ilir", "--out", out)
    assert (done.exit_code, done.stdout.splitlines()) == (0, [str(out)])
    assert [one.name for one in out.parent.iterdir()] == ["lembar.html"]
    (alone,) = lxml.html.parse(out).getroot().findall(".//section")
    page = lxml.html.parse(small_study.out / "profil" / "16.07.01.html").getroot()
    same = page.find(".//section[@id='16.07.01.1021']")
    # what leads elsewhere is left out, and the moment of making is another
    told = [one.text_content().strip() for one in same if one.get("class") not in {"links", "made"}]
    here = [one.text_content().strip() for one in alone if one.get("class") != "made"]
    assert here == told
    assert "Profil Kelurahan Mariana Ilir" in here


def test_the_command_names_its_file_by_the_code(
    small_study: SmallStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = _call(small_study.study_file, "Banyuasin II")
    assert done.stdout.strip() == "profil_16.07.02.html"
    assert "Profil Kecamatan Banyuasin II" in (tmp_path / "profil_16.07.02.html").read_text("utf-8")


def _with_a_second_sungai_rebo(*arguments: Any, **options: Any) -> Ready:
    ready = prepare(*arguments, **options)
    product = ready.product
    villages = product.measured.villages.copy()
    villages.loc["16.07.01.1021", "name"] = "Sungai Rebo"
    measured = replace(product.measured, villages=villages)
    return replace(ready, product=replace(product, measured=measured))


def test_the_command_refuses_a_name_that_several_or_none_have(
    small_study: SmallStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one_profile, "prepare", _with_a_second_sungai_rebo)
    out = tmp_path / "lembar.html"
    for asked, told in (
        ("Sungai Rebo", "is the name of several places: Sungai Rebo, Kecamatan Banyuasin I (16.07"),
        ("Marianna", 'called "Marianna". Nearest: Mariana, Kecamatan Banyuasin I (16.07.01.1016)'),
    ):
        done = _call(small_study.study_file, asked, "--out", out)
        assert done.exit_code == 2
        (line,) = done.stderr.splitlines()
        assert line.startswith("error: ")
        assert told in line
        assert not out.exists()


def test_nothing_is_written_that_the_scan_refuses(
    small_study: SmallStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "lembar.html"
    out.write_text("lama", encoding="utf-8")
    monkeypatch.setattr("sibangkit_geo.study.prepare.personal_of", lambda *_: {"uji kecil"})
    done = _call(small_study.study_file, "Mariana", "--out", out)
    assert done.exit_code == 1
    assert out.read_text("utf-8") == "lama"
    assert [one.name for one in tmp_path.iterdir()] == ["lembar.html"]


def test_a_staged_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "a.html"
    with staged_file(out, private=True) as hidden:
        hidden.write_text("baru", encoding="utf-8")
        assert not out.exists()
    assert out.read_text("utf-8") == "baru"
    if os.name == "posix":
        assert out.stat().st_mode & 0o077 == 0
    with pytest.raises(UnicodeEncodeError), staged_file(out) as hidden:
        hidden.write_text("separuh\ud800", encoding="utf-8")
    assert out.read_text("utf-8") == "baru"
    assert [one.name for one in tmp_path.iterdir()] == ["a.html"]
    with pytest.raises(ConfigError, match="must be a file"), staged_file(tmp_path):
        pass
