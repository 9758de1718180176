"""The focus of agencies in a study: who leads in a pocket, what stands in the tables and pages."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from sibangkit_geo.agencies import FocusInputs, agency_focus, load_catalogue, with_roles
from sibangkit_geo.agencies.catalogue import ActionRule, load_costs
from sibangkit_geo.demo.world import PLANTED
from sibangkit_geo.model.types import Indicator, VillageIndicators

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from tests.conftest import MappedDemo

# the agency whose need each cause of the demo is
AGENCY_OF = {
    "housing": "Perkimtan",
    "sanitation": "PUPR",
    "documents": "Disdukcapil",
    "school": "Dinas Pendidikan",
    "social_assistance": "Dinas Sosial",
    "health_insurance": "Dinas Kesehatan",
}
NOTHING = float("nan")
A, B = "16.07.01.2001", "16.07.01.2002"


@pytest.fixture(scope="module")
def demo_run(mapped_demo: MappedDemo) -> Path:
    """Name the folder of a demo with 60,000 households."""
    assert mapped_demo.command.returncode == 0, mapped_demo.command.stderr
    return mapped_demo.out


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / name, dtype={"kode": str})


def test_each_planted_cause_is_the_lead_of_its_pocket(demo_run: Path) -> None:
    villages = pd.read_csv(demo_run / "villages.csv", index_col="village_code")
    roles = table(demo_run, "peran_opd.csv")
    lead = roles[(roles["tingkat"] == "kantong") & (roles["memimpin"] == "ya")]
    lead_of = lead.set_index("kode")["opd"].to_dict()
    right = []
    for plant in PLANTED:
        if not plant.cause or plant.until < 2025:
            continue
        pocket = villages.loc[list(plant.villages), "pocket"].dropna()
        if len(pocket) * 2 >= len(plant.villages):
            number = int(pocket.mode().iloc[0])
            assert lead_of[f"kantong {number}"] == AGENCY_OF[plant.cause], plant
            right.append(AGENCY_OF[plant.cause])
    assert len(right) >= 4
    assert len(set(right)) >= 3


def test_the_matrix_has_one_first_step_per_pocket(demo_run: Path) -> None:
    matrix = pd.read_csv(demo_run / "matriks_opd_kantong.csv", index_col="opd")
    assert (matrix == "utama").sum().eq(1).all()
    cells = matrix.fillna("").to_numpy().ravel()
    assert set(cells) <= {"utama", "pendukung", ""}
    # places with different causes have different combinations
    assert len(set(map(tuple, matrix.fillna("").T.to_numpy()))) > 1


def test_villages_add_up_to_districts_and_the_regency(demo_run: Path) -> None:
    needs = table(demo_run, "kebutuhan_opd.csv")
    sums = {
        level: needs[needs["tingkat"] == level].groupby("kebutuhan")["belum_terlayani"].sum()
        for level in ("kecamatan", "kabupaten")
    }
    pd.testing.assert_series_equal(sums["kecamatan"], sums["kabupaten"])
    # villages with few households are emptied, never more than they could add
    villages = needs[needs["tingkat"] == "desa"].groupby("kebutuhan")["belum_terlayani"].sum()
    assert (villages <= sums["kabupaten"][villages.index]).all()
    known = needs["menerima"].notna()
    served = needs["menerima"] - needs["menerima_di_luar_sasaran"]
    np.testing.assert_allclose(
        (served + needs["belum_terlayani"])[known], needs["kekurangan"][known]
    )


def test_targeting_recovers_the_leak_and_the_gap_of_the_demo(demo_run: Path) -> None:
    truth = json.loads((demo_run / "data" / "truth.json").read_text("utf-8"))["assistance"]
    errors = table(demo_run, "ketepatan_sasaran.csv")
    whole = errors[errors["tingkat"] == "kabupaten"].set_index("opd")
    for agency, programme in (("Dinas Sosial", "pkh_bpnt"), ("Dinas Kesehatan", "pbi")):
        leak = truth[programme]["leak"]
        assert whole.loc[agency, "kebocoran_bawah"] <= leak <= whole.loc[agency, "kebocoran_atas"]
    gap = truth["blt_desa"]["gap"]
    dpmd = whole.loc["DPMD"]
    assert dpmd["galat_eksklusi_bawah"] <= gap <= dpmd["galat_eksklusi_atas"]


def test_every_indicator_is_in_the_dictionary_with_unit_source_and_year(demo_run: Path) -> None:
    villages = pd.read_csv(demo_run / "villages.csv", nrows=1)
    told = pd.read_csv(demo_run / "kamus_data.csv").set_index("kolom")
    for name in ("headcount_ratio", "headcount_shrunken", "multidimensional_poverty",
                 "poverty_rate_benchmarked", "floor_share", "register_coverage"):  # fmt: skip
        assert name in villages
        assert told.loc[name, ["arti", "satuan", "sumber", "tahun_data"]].notna().all()
        assert isinstance(told.loc[name, "keterangan"], str)
    assert {"headcount_low", "headcount_high", "reliability"} <= set(told.index) & set(villages)


def test_pages_say_who_takes_the_first_step(demo_run: Path) -> None:
    page = (demo_run / "bappeda.html").read_text("utf-8")
    assert "OPD penanggung jawab utama: Perkimtan" in page
    assert "Konvergensi: jumlah OPD yang perlu intervensi" in page
    assert "keandalan: baik" in page
    assert "ketepatan sasaran" in (demo_run / "dinsos.html").read_text("utf-8")


def test_sheets_add_up_and_follow_the_tables(demo_run: Path) -> None:
    districts = table(demo_run, "lembar_kecamatan.csv")
    villages = table(demo_run, "lembar_desa.csv")
    label = "Rumah tangga dalam data"
    whole = villages.loc[villages["ukuran"] == label, "nilai"].sum()
    assert districts.loc[districts["ukuran"] == label, "nilai"].sum() == whole == 60_000
    needs = table(demo_run, "kebutuhan_opd.csv")
    own = needs[needs["tingkat"] == "kecamatan"].set_index(["kode", "kebutuhan"])["belum_terlayani"]
    lines = districts[districts["opd"].notna()].copy()
    lines["kebutuhan"] = lines["ukuran"].str.removeprefix("Belum terlayani: ")
    told = lines.set_index(["kode", "kebutuhan"])["jumlah"].reindex(own.index)
    pd.testing.assert_series_equal(told, own, check_names=False, check_dtype=False)
    poor = districts[districts["ukuran"].str.startswith("Rumah tangga miskin (")]
    rate = poor["jumlah"].sum() / poor["penyebut"].sum()
    assert rate * 100 == pytest.approx(poor["kabupaten"].iloc[0], abs=1e-5)
    assert not districts["jumlah"].between(1, 4).any()


def test_places_are_ranked_by_number_excess_and_severity(demo_run: Path) -> None:
    needs = table(demo_run, "kebutuhan_opd.csv")
    pockets = needs[needs["tingkat"] == "kantong"]
    for _, own in pockets.groupby("kebutuhan"):
        worst = own.set_index("kode")
        for rank, column in (
            ("peringkat_jumlah", "belum_terlayani"),
            ("peringkat_kelebihan", "kelebihan"),
            ("peringkat_keparahan", "keparahan_m0"),
        ):
            assert worst[rank].idxmin() == worst[column].idxmax()
    assert needs.loc[needs["tingkat"] == "kecamatan", "keparahan_m0"].between(0, 1).all()


def payload_of(page: Path) -> dict[str, Any]:
    data = r'<script type="application/json"[^>]*>(.*?)</script>'
    found = re.search(data, page.read_text("utf-8"), re.DOTALL)
    assert found
    payload: dict[str, Any] = json.loads(found[1])
    return payload


def test_pages_carry_money_targets_programmes_and_limits(demo_run: Path) -> None:
    overview = payload_of(demo_run / "bappeda.html")
    blocks = {one["key"]: one for one in overview["blocks"]}
    assert {"budget", "curve", "target", "series", "matrix"} <= set(blocks)
    assert blocks["matrix"]["table"]["head"][0] == "OPD"
    said = " ".join(overview["honesty"])
    assert "Angka resmi hanya ada untuk kabupaten" in said
    # loans are no expense of an agency: only banks pay what answers `no_credit`
    costs = len(load_costs().drop(index="no_credit"))
    assert f"{costs} dari {costs} biaya satuan masih asumsi" in said
    assert overview["trend"]["years"] == [2020, 2025]
    assert "register memuat kurang dari 90%" in said
    own = payload_of(demo_run / "perkimtan.html")
    keys = [one["key"] for one in own["blocks"]]
    assert keys == ["budget", "budget_left", "pledges", "places", "programmes", "movements"]
    programmes = own["blocks"][-2]["table"]["rows"]
    assert any(row[0].startswith("BSPS") and row[3] == "kementerian" for row in programmes)
    (movement,) = own["blocks"][-1]["table"]["rows"]
    assert movement[1].startswith("PRO RAKYAT")
    # the page opens on the same need, and on what it says of it
    assert movement[2] == own["layers"][0]["label"]
    assert own["needs"]["headline"] == f"Perkimtan: {movement[3]} rumah tangga yang perlu ditangani"
    assert own["needs"]["begin"].startswith("Mulai dari Kantong ")
    assert len(own["needs"]["places"][0]["items"]) == 5


def need(key: str, agency: str) -> Indicator:
    return Indicator(
        f"{key}_share", key, "percent", "high", "rumah tangga", agency, "u", 2025,
        f"unserved_{key}", base_column="households",
    )  # fmt: skip


def measured(villages: gpd.GeoDataFrame) -> VillageIndicators:
    rest = [NOTHING] * 7
    made = villages.assign(
        households=[100.0, 100.0, *rest],
        unserved_floor=[60.0, 3.0, *rest],
        unserved_papers=[10.0, 50.0, *rest],
    )
    for key in ("floor", "papers"):
        made[f"{key}_share"] = made[f"unserved_{key}"] / made["households"]
    return VillageIndicators(made, (need("floor", "perkimtan"), need("papers", "disdukcapil")), ())


INPUTS = FocusInputs(pd.Series({A: 1, B: 2}), "16.07", {})


def test_a_village_without_data_has_no_role(villages: gpd.GeoDataFrame) -> None:
    data = measured(villages)
    needs = agency_focus(data, inputs=INPUTS)
    found = with_roles(data, needs.roles, rule=ActionRule())
    assert found.villages.loc[A, "lead_agency"] == "perkimtan"
    assert found.villages.loc[B, "acting_agencies"] == "disdukcapil"
    assert found.villages["n_acting_agencies"].tolist()[:2] == [1, 1]
    assert found.villages["n_acting_agencies"].iloc[2:].isna().all()
    assert found.indicators[-1].name == "n_acting_agencies"
    assert with_roles(data, None, rule=ActionRule()) is data


def test_the_rule_is_read_from_the_catalogue() -> None:
    assert load_catalogue().action.minimum_ratio == 1.2
