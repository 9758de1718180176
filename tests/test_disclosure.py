"""Small cells are emptied and finished files searched for what names a person."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import matplotlib as mpl
import pandas as pd
import pytest
import shapely
from matplotlib.figure import Figure

from sibangkit_geo.disclosure import DisclosureSettings, leaks, mask, require_clean
from sibangkit_geo.errors import ConfigError, LeakError
from sibangkit_geo.model.types import Indicator, VillageIndicators

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sibangkit_geo.disclosure import Level

# in parts: district 99 is none, but a number of it would be one
NIK = "16" + "07" + "99" + "55" + "05" + "80" + "0001"
NAME = "Siti Aminah"
POINT = "104.8123456"
POOR = Indicator(
    "headcount_ratio", "Miskin", "percent", "high", "rumah tangga", "", "u", 2023, "poor_households"
)
SCALED = Indicator(
    "poverty_rate_benchmarked",
    "Miskin",
    "percent",
    "high",
    "penduduk",
    "",
    "u",
    2023,
    "poor_people_benchmarked",
)
FLOOD = Indicator("flood", "Banjir", "index", "high", "", "pupr", "u", 2023)
NOTHING = float("nan")


def measured(
    villages: gpd.GeoDataFrame, poor: list[float], households: float | list[float] = 100.0
) -> VillageIndicators:
    """Nine villages, three per district."""
    table = villages.assign(households=households, poor_households=poor, flood=0.5)
    table["headcount_ratio"] = table["poor_households"] / table["households"]
    return VillageIndicators(table, (POOR, FLOOD), ())


def hidden(found: VillageIndicators) -> list[int]:
    """List the places whose poverty was emptied, share and count alike."""
    share = found.villages["headcount_ratio"].isna()
    assert share.equals(found.villages["poor_households"].isna())
    return [i for i, gone in enumerate(share) if gone]


@pytest.mark.parametrize(
    ("poor", "masked"),
    [
        (0.0, False),
        (1.0, True),
        (4.0, True),
        (5.0, False),
        (95.0, False),
        (96.0, True),  # the four others are as few
        (99.0, True),
        (100.0, False),
    ],
)
def test_one_to_four_households_and_their_complement_are_masked(
    villages: gpd.GeoDataFrame, poor: float, *, masked: bool
) -> None:
    # two other small cells in the district, so that none has to go with a lone one
    found = mask(
        measured(villages, [poor, 2, 3, 20, 21, 22, 30, 31, 32]), settings=DisclosureSettings()
    )
    assert bool(found.cells["headcount_ratio"].iloc[0]) is masked
    assert (0 in hidden(found.measured)) is masked


def test_share_and_count_go_together_and_other_indicators_stay(villages: gpd.GeoDataFrame) -> None:
    found = mask(
        measured(villages, [1, 2, 50, 20, 21, 22, 30, 31, 32]), settings=DisclosureSettings()
    )
    assert hidden(found.measured) == [0, 1]
    assert found.measured.villages["flood"].notna().all()
    assert found.cells["flood"].sum() == 0
    assert found.cells["headcount_ratio"].tolist() == [True, True, *[False] * 7]


def test_a_lone_masked_village_takes_the_next_smallest_of_its_district_along(
    villages: gpd.GeoDataFrame,
) -> None:
    # else the total of the district gives it away
    found = mask(
        measured(villages, [50, 3, 40, 20, 21, 22, 30, 31, 32]), settings=DisclosureSettings()
    )
    assert hidden(found.measured) == [1, 2]


def test_each_district_is_protected_by_itself(villages: gpd.GeoDataFrame) -> None:
    found = mask(
        measured(villages, [50, 3, 40, 20, 21, 4, 30, 31, 32]), settings=DisclosureSettings()
    )
    assert hidden(found.measured) == [1, 2, 3, 5]


def test_a_village_of_few_households_shows_nothing(villages: gpd.GeoDataFrame) -> None:
    homes = [4.0, *[100.0] * 8]
    found = mask(
        measured(villages, [0, 50, 2, 20, 21, 22, 30, 31, 32], homes), settings=DisclosureSettings()
    )
    assert found.cells.iloc[0].tolist() == [True, True]
    assert pd.isna(found.measured.villages["flood"].iloc[0])


def test_a_village_hidden_for_its_size_is_protected_like_any_other(
    villages: gpd.GeoDataFrame,
) -> None:
    # ten people in three households: the count of people is not small, the village is
    table = villages.assign(
        households=[3.0, *[100.0] * 8],
        poor_households=[0.0, 50, 40, 20, 21, 22, 30, 31, 32],
        poor_people_benchmarked=[10.0, 200, 160, 80, 84, 88, 120, 124, 128],
        poverty_rate_benchmarked=0.5,
    )
    table["headcount_ratio"] = table["poor_households"] / table["households"]
    found = mask(VillageIndicators(table, (SCALED, POOR), ()), settings=DisclosureSettings())
    cells = found.cells["poverty_rate_benchmarked"]
    assert cells.iloc[0]
    # alone, the district's total would give it away
    assert cells.iloc[:3].sum() >= 2


def test_missing_cells_are_missing_not_masked(villages: gpd.GeoDataFrame) -> None:
    poor = [NOTHING, 20, 50, 20, 21, 22, 30, 31, 32]
    found = mask(measured(villages, poor), settings=DisclosureSettings())
    assert not found.cells.any(axis=None)
    assert found.measured.notes == ()


def test_derived_figures_go_with_the_poverty_rate_and_are_called_masked(
    villages: gpd.GeoDataFrame,
) -> None:
    table = measured(villages, [2, 3, 50, 20, 21, 22, 30, 31, 32]).villages.assign(
        poor_people=[8.0, 12, 200, 80, 84, 88, 120, 124, 128],
        poor_people_benchmarked=[16.0, 24, 400, 160, 168, 176, 240, 248, 256],
        poverty_rate_benchmarked=0.1,
    )
    rate = replace(POOR, same=("poor_people",))
    found = mask(VillageIndicators(table, (rate, SCALED), ()), settings=DisclosureSettings())
    gone = found.measured.villages[
        ["poor_people", "poor_people_benchmarked", "poverty_rate_benchmarked"]
    ].isna()
    assert gone.iloc[:2].all(axis=None)
    assert not gone.iloc[2:].any(axis=None)
    # an emptied cell that is not marked would be drawn as "no data"
    assert found.cells["poverty_rate_benchmarked"].tolist() == [True, True, *[False] * 7]


def test_a_pocket_with_one_masked_village_hides_a_second(villages: gpd.GeoDataFrame) -> None:
    # the first village alone is masked, with a second one of its district; the pocket of the
    # first and the fourth would give it away too
    table = measured(villages, [2, 13, 50, 20, 21, 22, 30, 31, 32])
    codes = table.villages.index
    pocket = pd.Series(1, index=codes[[0, 3]])
    plain = mask(table, settings=DisclosureSettings())
    assert hidden(plain.measured) == [0, 1]
    found = mask(table, settings=DisclosureSettings(), pocket=pocket)
    assert hidden(found.measured) == [0, 1, 3]


def test_a_further_count_is_emptied_where_it_tells_of_few(villages: gpd.GeoDataFrame) -> None:
    counts = [20.0, 30.0, 50.0, 20.0, 21.0, 22.0, 30.0, 31.0, 32.0]
    table = measured(villages, counts)
    more = table.villages.assign(deprived=[22.0, 60.0, 70.0, 60.0, 61.0, 62.0, 70.0, 71.0, 72.0])
    rate = replace(POOR, detail=("deprived",))
    found = mask(VillageIndicators(more, (rate,), ()), settings=DisclosureSettings())
    assert hidden(found.measured) == []
    # two deprived households of the first village are served; the second one protects it
    assert found.measured.villages["deprived"].isna().tolist() == [True, True, *[False] * 7]


@pytest.mark.parametrize("level", ["public", "partner", "agency"])
def test_levels_below_internal_are_masked_and_say_so(
    villages: gpd.GeoDataFrame, level: Level
) -> None:
    table = measured(villages, [1, 2, 50, 20, 21, 22, 30, 31, 32])
    found = mask(table, settings=DisclosureSettings(level=level))
    assert hidden(found.measured) == [0, 1]
    assert [(note.key, note.count) for note in found.measured.notes] == [("cells_masked", 2)]


def test_level_internal_is_unchanged(villages: gpd.GeoDataFrame) -> None:
    table = measured(villages, [1, 2, 50, 20, 21, 22, 30, 31, 32])
    found = mask(table, settings=DisclosureSettings(level="internal"))
    assert found.measured is table
    assert not found.cells.any(axis=None)


def test_masking_does_not_change_its_input(villages: gpd.GeoDataFrame) -> None:
    table = measured(villages, [1, 2, 50, 20, 21, 22, 30, 31, 32])
    before = table.villages.copy()
    mask(table, settings=DisclosureSettings())
    assert table.villages.equals(before)


def test_a_smallest_count_below_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="minimum_households must be at least 1"):
        DisclosureSettings(minimum_households=0)


# ---- leak scan


def _text(content: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(content, encoding="utf-8")

    return write


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:t>{NIK}</w:t>")


def _parts(path: Path) -> None:
    """Cut a number in two by a tag, as Word does where somebody corrected it."""
    with zipfile.ZipFile(path, "w") as archive:
        halves = f"<w:t>{NIK[:7]}</w:t></w:r><w:r><w:t>{NIK[7:]}</w:t>"
        archive.writestr("word/document.xml", f"<w:p><w:r>{halves}</w:r></w:p>")


def _parquet(value: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        points = gpd.GeoSeries([shapely.Point(0, 0)] * 2, crs="EPSG:32748")
        rows = gpd.GeoDataFrame({"desa": ["Mariana", "Sungsang"], "x": [value] * 2})
        rows.set_geometry(points).to_parquet(path, compression="zstd")

    return write


def _gpkg(value: object) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        rows = gpd.GeoDataFrame(
            {"kode": ["16.07.01.2001"], "nik": [value], "desa": ["Mariana"]},
            geometry=[shapely.Point(0, 0)],
            crs="EPSG:32748",
        )
        rows.to_file(path, driver="GPKG")

    return write


def _pdf(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with mpl.rc_context({"pdf.fonttype": 42}):
            figure = Figure()
            figure.text(0.1, 0.5, text)
            figure.savefig(path, format="pdf")

    return write


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("first.csv", _text(f"nik,nama\n{NIK},x\n")),
        ("middle.csv", _text(f"desa,nik,nama\n16.07.01.2001,{NIK},x\n")),
        ("comma.csv", _text(f"desa,nik\n1,{NIK}\n")),
        ("semicolon.csv", _text(f"desa;nik\n1;{NIK}\n")),
        ("page.html", _text(f"<p>NIK {NIK}.</p>")),
        ("list.json", _text(json.dumps({"nik": [1, int(NIK)]}, separators=(",", ":")))),
        ("sentence.txt", _text(f"NIK.{NIK}")),
        ("document.docx", _zip),
        ("runs.docx", _parts),
        ("text.parquet", _parquet(NIK)),
        ("number.parquet", _parquet(int(NIK))),
        ("list.parquet", _parquet([NIK])),
        ("text.gpkg", _gpkg(NIK)),
        ("number.gpkg", _gpkg(int(NIK))),
        ("sheet.pdf", _pdf(f"NIK {NIK}")),
    ],
)
def test_an_identity_number_is_found(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path / name)
    assert list(leaks(tmp_path)) == [name]
    with pytest.raises(LeakError, match=name) as caught:
        require_clean(tmp_path)
    assert NIK not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("cell.csv", _text(f"desa,nama\n1,{NAME}\n")),
        ("case.csv", _text(f"desa,nama\n1,{NAME.upper()}\n")),
        ("quoted.json", _text(json.dumps({"nama": NAME}))),
        ("page.html", _text(f"<td>{NAME}</td>")),
        ("sentence.html", _text(f"<p>Rumah {NAME}, rusak.</p>")),
        ("point.csv", _text(f"lon,lat\n{POINT},-2.9\n")),
        ("point.json", _text(json.dumps({"lon": float(POINT)}, separators=(",", ":")))),
        ("point.geojson", _text(f'{{"coordinates":[{POINT},-2.9]}}')),
        ("text.gpkg", _gpkg(NAME)),
        ("text.parquet", _parquet(f"rumah {NAME}.")),
        ("line.pdf", _pdf(NAME)),
        ("sentence.pdf", _pdf(f"Kepala keluarga: {NAME}")),
    ],
)
def test_names_and_points_of_a_register_are_found(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path / name)
    assert list(leaks(tmp_path, personal={NAME, POINT})) == [name]
    assert leaks(tmp_path) == {}


@pytest.mark.parametrize(
    "content",
    [
        "a" * 24 + NIK + "b" * 24,  # sha256: 64 hexadecimal digits
        NIK * 4,
        "0." + NIK,
        f"[104.{NIK},-2.{NIK}]",
        "123456789012345",
        "12345678901234567",
        "Siti Aminahwati dan Aminah Siti",
        "",
    ],
)
def test_what_is_no_identity_number_does_not_count(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    assert leaks(tmp_path, personal={NAME, " "}) == {}
    require_clean(tmp_path, personal={NAME})


def test_findings_are_counted_per_file_in_folders_too(tmp_path: Path) -> None:
    (tmp_path / "annex").mkdir()
    (tmp_path / "annex" / "a.txt").write_text(f"{NIK} {NIK}")
    (tmp_path / "b.txt").write_text("bersih")
    assert leaks(tmp_path) == {"annex/a.txt": 2}


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such folder"):
        leaks(tmp_path / "tiada")


def test_a_table_in_a_geopackage_page_is_read_row_by_row(tmp_path: Path) -> None:
    # SQLite lays the cells of a row end to end: the village code runs into the number
    path = tmp_path / "plain.gpkg"
    connection = sqlite3.connect(path)
    connection.execute("create table desa (kode text, nik text)")
    connection.execute("insert into desa values (?, ?)", ("2001", NIK))
    connection.commit()
    connection.close()
    assert list(leaks(tmp_path)) == ["plain.gpkg"]
