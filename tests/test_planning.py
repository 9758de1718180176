"""Budget and target of a study: tables, notes, and what is wrong with the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from sibangkit_geo import analyse, study
from sibangkit_geo.demo import DemoSettings, write_demo
from sibangkit_geo.errors import ConfigError
from tests.conftest import without_variants

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, study.Finished]:
    folder = tmp_path_factory.mktemp("plan")
    demo = DemoSettings(households=12_000, pockets=False)
    file = without_variants(write_demo(folder / "data", settings=demo))
    return folder, study.run(file, folder / "out")


def test_no_ceiling_is_exceeded_and_nothing_is_lost(
    planned: tuple[Path, study.Finished],
) -> None:
    out = planned[0] / "out"
    spent = pd.read_csv(out / "anggaran_pagu.csv")
    assert (spent["terpakai_rupiah"] <= spent["pagu_rupiah"]).all()
    chosen = pd.read_csv(out / "anggaran_terpilih.csv")
    left = pd.read_csv(out / "anggaran_belum_termuat.csv")
    keys = ["tempat", "opd", "kebutuhan"]
    assert not set(map(tuple, chosen[keys].to_numpy())) & set(map(tuple, left[keys].to_numpy()))
    by_year = chosen.groupby(["opd", "tahun"])["biaya_rupiah"].sum()
    told = spent.set_index(["opd", "tahun"])["terpakai_rupiah"]
    pd.testing.assert_series_equal(
        by_year, told[told > 0].sort_index(), check_names=False, check_dtype=False
    )
    assert left["alasan"].notna().all()
    # words, not keys
    assert "Dinas Sosial" in set(chosen["opd"])
    assert left["kebutuhan"].str.contains(" ").all()
    # everything that was counted and is not tiny stands in one of the two
    needs = pd.read_csv(out / "kebutuhan_opd.csv")
    all_over = needs[needs["tingkat"] == "kabupaten"].set_index("kebutuhan")["belum_terlayani"]
    # a loan of a bank is no expense of an agency
    loans = "Keluarga berusaha yang belum menerima KUR"
    assert all_over[loans] > 0
    assert loans not in {*chosen["kebutuhan"], *left["kebutuhan"]}
    planned_for = chosen["rumah_tangga"].sum() + left["rumah_tangga"].sum()
    assert planned_for == pytest.approx(all_over.drop(loans).sum(), rel=0.01)
    notes = [note.text for note in planned[1].notes if note.key == "paid_by_partners"]
    assert len(notes) == 1
    assert notes[0].endswith(f": {loans}.")


def test_only_what_partners_alone_pay_is_left_to_them(
    planned: tuple[Path, study.Finished], tmp_path: Path
) -> None:
    file = planned[0] / "data" / "study.toml"
    entry = (
        '[[cost]]\nkey = "{}"\nlabel = "x"\nrupiah = 1\ndelivers = {}\n'
        'status = "asumsi"\nnote = ""\n'
    )
    payers = {
        "roof": '["bank", "baznas", "csr"]',
        "no_account": '["csr"]',
        "no_credit": '["bank", "regency"]',
        "micro_business": "[]",
    }
    costs = "".join(entry.format(*one) for one in payers.items())
    file.with_name("biaya_mitra.toml").write_text(costs, "utf-8")
    text = file.read_text("utf-8").partition("[[budget.decay]]")[0]
    text = text.replace('objective = "need"', 'objective = "need"\ncosts = "biaya_mitra.toml"')
    changed = file.with_name("mitra.toml")
    changed.write_text(text, "utf-8")
    notes = {one.key: one for one in study.run(changed, tmp_path / "out").notes}
    assert notes["paid_by_partners"].count == 2
    assert notes["paid_by_partners"].text.endswith(
        ": Atap tidak layak; Belum memiliki rekening atau dompet digital aktif."
    )
    priced = pd.read_csv(tmp_path / "out" / "anggaran_terpilih.csv")["kebutuhan"]
    assert set(priced) == {
        "Keluarga berusaha yang belum menerima KUR",
        "Keluarga desil 1–4 yang punya usaha (sasaran pembinaan UMKM)",
    }


def test_dearer_units_serve_fewer(planned: tuple[Path, study.Finished]) -> None:
    table = pd.read_csv(planned[0] / "out" / "anggaran_kepekaan.csv")
    assert table["kali_biaya_satuan"].tolist() == [0.8, 1.0, 1.2]
    assert table["rumah_tangga"].is_monotonic_decreasing


def test_the_target_is_shared_out_and_gaps_stay_gaps(
    planned: tuple[Path, study.Finished],
) -> None:
    out, finished = planned[0] / "out", planned[1]
    people = pd.read_csv(out / "sasaran_orang.csv")
    # 77,630 persons are 8.48 %; down to 7.5 %
    total = 77_630 / 0.0848 * (0.0848 - 0.075)
    assert people["harus_keluar_dari_kemiskinan"].sum() == pytest.approx(total, abs=1)
    series = pd.read_csv(out / "sasaran_deret.csv")
    rpjmd = series[series["deret"] == "rpjmd"]
    assert set(rpjmd["tertulis"]) == {"belum diisi"}
    texts = {note.key: note.text for note in finished.notes}
    assert "tercapai pada tahun 2023" in texts["single_digit"]
    assert "masih asumsi" in texts["budget"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('agency = "dinsos"\nyear = 2026', 'agency = "dpmd"\nyear = 2026', "one per agency"),
        ("rupiah = 30000000000", "rupiah = -1", "at least 0"),
        ("rate_percent = 7.5", "rate_percent = 750", "0 to 100"),
        ('objective = "need"', 'objective = "ned"', "one of"),
        ('objective = "need"', 'objective = "need"\ncosts = "biaya.toml"', "no such file"),
    ],
)  # fmt: skip
def test_wrong_settings_are_named(
    planned: tuple[Path, study.Finished], tmp_path: Path, old: str, new: str, words: str
) -> None:
    file = planned[0] / "data" / "study.toml"
    text = file.read_text("utf-8")
    assert old in text
    changed = file.with_name("changed.toml")
    changed.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=words):
        study.run(changed, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_notes_name_agencies_and_places_in_words(tmp_path: Path) -> None:
    demo = DemoSettings(households=6_000, pockets=False)
    file = without_variants(write_demo(tmp_path / "data", settings=demo))
    text = file.read_text(encoding="utf-8")
    # a floor that no ceiling allows
    text = text.replace('objective = "need"', 'objective = "need"\nfloor_per_place = 1.0')
    file.write_text(text, encoding="utf-8")
    notes = {note.key: note.text for note in analyse(file).notes}
    assert "PLN dan ESDM provinsi" in notes["no_ceiling"]
    assert "Kec. Betung (di luar kantong)" in notes["floor_not_reached"]
    assert "16.07" not in notes["floor_not_reached"]
