"""Products appear whole or not at all, and say the same when read back."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from sibangkit_geo import codes, study
from sibangkit_geo.products.staging import earlier_products, staged, write_text
from sibangkit_geo.products.tables import REVIEW_COLUMNS, formula_safe, write_review

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import SmallStudy


def snapshot(folder: Path) -> dict[str, bytes]:
    """Read every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def finish(out: Path, **files: str) -> None:
    """Write products and the manifest that lists them."""
    with staged(out) as folder:
        for name, text in files.items():
            write_text(folder / name.replace("__", "/").replace("_", "."), text)
        listed = [*snapshot(folder), "manifest.json"]
        write_text(folder / "manifest.json", json.dumps({"products": listed}))


class BrokenError(Exception):
    """What a stage may die of."""


def break_off(out: Path) -> None:
    """Die with one product written."""
    with staged(out) as folder:
        (folder / "a.txt").write_text("baru")
        raise BrokenError


# ---- staging


def test_a_failure_leaves_the_old_products_and_no_staging_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    finish(out, a_txt="lama", annex__b_txt="lama")
    before = snapshot(tmp_path)
    with pytest.raises(BrokenError):
        break_off(out)
    assert snapshot(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_failed_first_run_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BrokenError):
        break_off(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_stale_products_go_and_own_files_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    finish(out, a_txt="lama", annex__b_txt="lama")
    (out / "catatan.txt").write_text("milik saya")
    (out / "annex" / "foto.jpg").write_text("milik saya")
    finish(out, a_txt="baru")
    found = snapshot(out)
    assert sorted(found) == ["a.txt", "annex/foto.jpg", "catatan.txt", "manifest.json"]
    assert found["a.txt"] == b"baru"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("outside", ["../saya.txt", "annex/../../saya.txt", "ABSOLUTE"])
def test_a_manifest_cannot_reach_out_of_its_folder(tmp_path: Path, outside: str) -> None:
    out = tmp_path / "out"
    mine = tmp_path / "saya.txt"
    mine.write_text("milik saya")
    out.mkdir()
    name = str(mine) if outside == "ABSOLUTE" else outside
    (out / "manifest.json").write_text(json.dumps({"products": [name]}))
    assert earlier_products(out) == set()
    finish(out, a_txt="baru")
    assert mine.read_text() == "milik saya"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (elsewhere / "saya.txt").write_text("milik saya")
    (out / "link").symlink_to(elsewhere)
    (out / "manifest.json").write_text(json.dumps({"products": ["link/saya.txt"]}))
    finish(out, a_txt="baru")
    assert (elsewhere / "saya.txt").read_text() == "milik saya"


@pytest.mark.parametrize(
    "content",
    ["", "bukan json", "[]", "{}", '{"products": 5}', '{"products": null}', '{"products": [1]}'],
)
def test_a_damaged_manifest_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    assert earlier_products(tmp_path) == set()


@pytest.mark.parametrize("name", [".", "", "foto"])
def test_a_manifest_that_lists_a_folder_removes_nothing(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    (out / "foto").mkdir(parents=True)
    (out / "foto" / "a.jpg").write_text("milik saya")
    (out / "manifest.json").write_text(json.dumps({"products": [name]}))
    finish(out, a_txt="baru")
    assert sorted(snapshot(out)) == ["a.txt", "foto/a.jpg", "manifest.json"]


def test_text_has_line_feeds_and_no_remainder(tmp_path: Path) -> None:
    write_text(tmp_path / "deep" / "a.txt", "é\nb\n")
    assert (tmp_path / "deep" / "a.txt").read_bytes() == b"\xc3\xa9\nb\n"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.txt"]


# ---- tables


@pytest.mark.parametrize("cell", ["=1+1", "+62", "-2", "@a", "\ta", "\ra"])
def test_a_cell_that_a_spreadsheet_would_compute_is_quoted(cell: str) -> None:
    assert formula_safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["Mariana", "a=1", "", -2.5, None, 7])
def test_other_cells_stay_as_they_are(cell: object) -> None:
    assert formula_safe(cell) is cell


def test_a_review_file_of_a_person_is_left_alone(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        [["1", "K", "=SUM(A1)", "16.07.01.2001", "D", "0.8"]], columns=REVIEW_COLUMNS
    )
    write_review(rows, tmp_path / "a.csv")
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines == [",".join(REVIEW_COLUMNS), "1,K,'=SUM(A1),16.07.01.2001,D,0.8"]
    (tmp_path / "a.csv").write_text("keputusan saya")
    write_review(rows, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "keputusan saya"


def test_the_village_table_has_every_official_village(small_study: SmallStudy) -> None:
    table = pd.read_csv(small_study.out / "villages.csv", dtype={"village_code": str})
    official = codes.official_villages("16.07")
    assert table["village_code"].tolist() == sorted(official)
    assert table["name"].tolist() == [official[code] for code in table["village_code"]]
    assert table["status"].value_counts().to_dict() == {
        "no_polygon": len(official) - 36,
        "ok": 35,
        "no_data": 1,
    }
    first = table.iloc[0]
    # 60 % of 200 families
    assert (first["households"], first["poor_households"], first["headcount_ratio"]) == (
        200,
        120,
        0.6,
    )
    assert pd.isna(table["headcount_ratio"].iloc[35])


def test_the_planted_corner_is_in_the_products(small_study: SmallStudy) -> None:
    pockets = small_study.finished.pockets
    corner = [sorted(codes.official_villages("16.07"))[i] for i in (0, 1, 6, 7)]
    assert pockets.outlines["evidence"].iloc[0] == "strict"
    assert set(corner) == set(pockets.members.index[pockets.members == 1])
    table = pd.read_csv(small_study.out / "villages.csv", dtype=str).set_index("village_code")
    assert table.loc[corner, "pocket"].tolist() == ["1"] * 4
    assert table.loc[corner, "evidence"].tolist() == ["strict"] * 4


def test_the_geopackage_is_version_1_2_and_has_both_layers(small_study: SmallStudy) -> None:
    path = small_study.out / "pockets.gpkg"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma user_version").fetchone() == (10200,)
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    assert pyogrio.list_layers(path)[:, 0].tolist() == ["pockets", "villages"]
    pockets = gpd.read_file(path, layer="pockets")
    villages = gpd.read_file(path, layer="villages")
    assert (
        pockets["n_villages"].tolist()
        == small_study.finished.pockets.outlines["n_villages"].tolist()
    )
    assert len(villages) == 313
    assert villages.geometry.notna().sum() == 36
    assert villages.crs.to_epsg() == pockets.crs.to_epsg() == 32748
    inside = villages[villages["pocket"] == 1].geometry.union_all()
    assert inside.symmetric_difference(pockets.geometry.iloc[0]).area < 1


def test_the_manifest_names_every_product_and_the_true_checksums(small_study: SmallStudy) -> None:
    manifest = json.loads((small_study.out / "manifest.json").read_text("utf-8"))
    assert sorted(manifest["products"]) == sorted(snapshot(small_study.out))
    assert sorted(small_study.finished.products) == sorted(manifest["products"])
    embedded = [one for one in manifest["inputs"] if one["role"] == "backdrop"]
    names = ["context.geojson", "sea.geojson", "rivers.geojson"]
    assert [one["file"] for one in embedded] == names
    by_role = {one["role"]: one for one in manifest["inputs"] if one not in embedded}
    assert {role: one["file"] for role, one in by_role.items()} == {
        "study": "study.toml",
        "boundaries": "desa.geojson",
        "profiles": "profil.csv",
    }
    for one in by_role.values():
        raw = (small_study.folder / one["file"]).read_bytes()
        assert one["sha256"] == hashlib.sha256(raw).hexdigest()
    assert manifest["seed"] == 7
    assert manifest["result"]["villages_with_polygon"] == 36
    assert manifest["result"]["pockets_strict"] >= 1


def test_nothing_but_inputs_and_products_is_left(small_study: SmallStudy) -> None:
    names = {path.name for path in small_study.folder.iterdir()}
    assert names == {"desa.geojson", "profil.csv", "study.toml", "out"}


def test_two_runs_with_one_seed_are_equal_to_the_byte(
    tmp_path: Path,
    write_small_study: Callable[[Path], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    study_file = write_small_study(tmp_path)
    runs = []
    for name in ("first", "second"):
        study.run(study_file, tmp_path / name)
        runs.append(snapshot(tmp_path / name))
    first, second = runs
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []
    assert "2023-11-14T22:13:20+00:00" in first["manifest.json"].decode()


def test_a_run_that_dies_late_keeps_the_earlier_products(
    tmp_path: Path, small_study: SmallStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(small_study.folder, tmp_path, dirs_exist_ok=True)
    study_file = tmp_path / small_study.study_file.name
    before = snapshot(tmp_path)

    def die(*_: object, **__: object) -> None:
        raise BrokenError

    monkeypatch.setattr("sibangkit_geo.products.staging.write_text", die)
    with pytest.raises(BrokenError):
        study.run(study_file, tmp_path / "out")
    assert snapshot(tmp_path) == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
