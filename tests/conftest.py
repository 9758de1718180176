"""A 3 x 3 village grid worked out by hand, larger grids, and studies run once per session."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import warnings
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import pytest
import shapely
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from sibangkit_geo import codes, study
from sibangkit_geo.errors import DegradedInputWarning, UnprotectedWarning
from sibangkit_geo.products.province import plain_result, result_of
from sibangkit_geo.registers.answers import NO_CODE, categories
from sibangkit_geo.registers.households import Households
from sibangkit_geo.sources.columns import variables
from sibangkit_geo.study import annex, prepare, provinces, running
from sibangkit_geo.study.compare import compare_runs
from sibangkit_geo.study.lock import Lock
from sibangkit_geo.study.regencies import read_regencies
from sibangkit_geo.study.workers import Ended
from tests.guides import NAMES, do_all, own_guide
from tests.once import common_folder, once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from sibangkit_geo.products.published import Kind
    from sibangkit_geo.study.prepare import Ready

# the tests read English; what they start inherits it
os.environ["LC_ALL"] = "en_US.UTF-8"

SHARED = Path(__file__).resolve().parents[2] / "shared"
METRES = "EPSG:32748"
KM = 1000.0
SIDE_DEG = 0.02
WEST, SOUTH = 104.4, -2.9

# how long an example takes says how busy the machine is
hypothesis_settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("any machine")


@dataclass(frozen=True, slots=True)
class SmallStudy:
    """A study of 36 villages that needs no file outside its folder."""

    finished: study.Finished
    folder: Path
    study_file: Path

    @property
    def out(self) -> Path:
        return self.finished.out


def _squares(count: int) -> list[shapely.Polygon]:
    """Row by row from the south-west, one kilometre each."""
    return [
        shapely.box(x * KM, y * KM, (x + 1) * KM, (y + 1) * KM)
        for y in range(count)
        for x in range(count)
    ]


def as_register(rows: pd.DataFrame) -> Households:
    """Read codes of Regsosek-2022 as the intake does; columns have their canonical names."""
    read: dict[str, Any] = {}
    meanings = {}
    for name in rows.columns.drop("village_code", errors="ignore"):
        one = variables()[str(name)]
        if one.kind in {"category", "yes_no"}:
            listed = categories(one, generation="regsosek2022", column=str(name))
            cells = pl.Series([None if pd.isna(cell) else f"{cell:g}" for cell in rows[name]])
            cells = cells.cast(pl.String)
            reading = listed.read(
                cells, cells.cast(pl.Int8, strict=False).fill_null(NO_CODE).to_numpy()
            )
            read[str(name)] = reading.values  # noqa: PD011 - no pandas object
            meanings[str(name)] = tuple(listed.meanings)
        else:
            read[str(name)] = rows[name].to_numpy(float)
    return Households(pl.DataFrame(read), meanings, "regsosek2022")


@pytest.fixture
def villages() -> gpd.GeoDataFrame:
    """Nine villages of one square kilometre, three per district, one row of squares each."""
    labels = [f"16.07.0{d}.200{v}" for d in (1, 2, 3) for v in (1, 2, 3)]
    return gpd.GeoDataFrame(
        {
            "name": [f"Desa {i}" for i in range(1, 10)],
            "district_code": [label[:8] for label in labels],
            "district_name": [f"Kecamatan {label[7]}" for label in labels],
        },
        index=pd.Index(labels, name="village_code"),
        geometry=_squares(3),
        crs=METRES,
    )


@pytest.fixture(scope="session")
def grid() -> Callable[..., gpd.GeoDataFrame]:
    """Make n x n villages of one square kilometre with poor and all households."""

    def build(
        count: int, poor: Sequence[float] | float, households: Sequence[float] | float
    ) -> gpd.GeoDataFrame:
        places = count * count
        labels = [f"16.07.{1 + i // 500:02d}.{2001 + i % 500}" for i in range(places)]
        return gpd.GeoDataFrame(
            {
                "poor_households": np.broadcast_to(np.asarray(poor, dtype=float), places).copy(),
                "households": np.broadcast_to(np.asarray(households, dtype=float), places).copy(),
            },
            index=pd.Index(labels, name="village_code"),
            geometry=_squares(count),
            crs=METRES,
        )

    return build


def _scripts_of(folder: str) -> Callable[[str], Any]:
    place = str(Path(__file__).parents[1] / folder)

    def script(name: str) -> ModuleType:
        sys.path.insert(0, place)
        try:
            return importlib.import_module(name)
        finally:
            sys.path.remove(place)

    return script


@pytest.fixture(scope="session")
def benchmark() -> Callable[[str], Any]:
    """Import a script of the folder of benchmarks, which is beside the package."""
    return _scripts_of("benchmarks")


@pytest.fixture(scope="session")
def tool() -> Callable[[str], Any]:
    """Import a script of the folder of tools, which is beside the package."""
    return _scripts_of("tools")


@pytest.fixture(scope="session")
def trial(benchmark: Callable[[str], Any]) -> Any:
    """Import the trial of the detector."""
    return benchmark("pockets")


@pytest.fixture(scope="session")
def trial_world(trial: Any) -> Any:
    """Give the embedded regency with made-up household counts."""
    return trial.world(None)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Name the folder with real data, which is no part of the project."""
    if not SHARED.is_dir():
        pytest.skip("real data are not part of the project: no folder `shared` beside it")
    return SHARED


@pytest.fixture(scope="session")
def study_run(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[study.Finished]:
    """Run the village study on real data once for all workers."""

    def run(folder: Path) -> study.Finished:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DegradedInputWarning)
            return study.run(shared / "studies" / "banyuasin_villages.toml", folder / "out")

    with once(common_folder(tmp_path_factory), "real", run) as finished:
        yield finished


@dataclass(frozen=True, slots=True)
class MappedDemo:
    """What the command answered, and the folder where it ran."""

    command: subprocess.CompletedProcess[str]
    folder: Path

    @property
    def out(self) -> Path:
        """Products, with the made-up files in `data`."""
        return self.folder / "peta"


@pytest.fixture(scope="session")
def mapped_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MappedDemo]:
    """Let the command make up a regency and map it, once for all workers."""

    def run(folder: Path) -> tuple[subprocess.CompletedProcess[str], Path]:
        # many households: chance agreements of a page with the register must not stop a run
        homes = ["--households", "60000"]
        command = [sys.executable, "-m", "sibangkit_geo", "demo", "--out", "peta", *homes]
        # as strict about warnings as the tests themselves
        strict = ("error", "ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONWARNINGS": ",".join(strict)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done, folder

    with once(common_folder(tmp_path_factory), "demo", run) as made:
        yield MappedDemo(*made)


@pytest.fixture(scope="session")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, int]]]:
    """Do what the guides say in one folder that is empty at first, once for all workers."""

    def follow(folder: Path) -> tuple[Path, dict[str, int]]:
        return folder, {name: do_all(own_guide(name), folder) for name in NAMES}

    with once(common_folder(tmp_path_factory), "guides", follow) as made:
        yield made


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, mapped_demo: MappedDemo) -> Iterator[Path]:
    """Build the documentation once for all workers; its first warning ends it with an error."""
    from tools.pages.__main__ import build  # noqa: PLC0415 - only where the site is looked at

    def make(folder: Path) -> Path:
        # the notebooks are run by tests of their own
        build(folder / "situs", notebooks=False, example=mapped_demo.out)
        return folder / "situs"

    with once(common_folder(tmp_path_factory), "dokumentasi", make) as site:
        yield site


@pytest.fixture(scope="session")
def write_small_study() -> Callable[[Path], Path]:
    """Write polygons, profile and study file of 36 real village names on a made-up grid."""
    return _write_small_study


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallStudy]:
    """Run the self-made study once for all workers."""

    def run(folder: Path) -> tuple[study.Finished, Path, Path]:
        study_file = _write_small_study(folder)
        return study.run(study_file, folder / "out"), folder, study_file

    with once(common_folder(tmp_path_factory), "small", run) as made:
        yield SmallStudy(*made)


def _write_small_study(folder: Path) -> Path:
    official = dict(list(codes.official_villages("16.07").items())[:36])
    squares = [
        shapely.box(
            WEST + x * SIDE_DEG,
            SOUTH + y * SIDE_DEG,
            WEST + (x + 1) * SIDE_DEG,
            SOUTH + (y + 1) * SIDE_DEG,
        )
        for y in range(6)
        for x in range(6)
    ]
    polygons = gpd.GeoDataFrame(
        {"kode": list(official), "nama": list(official.values())},
        geometry=squares,
        crs="EPSG:4326",
    )
    polygons.to_file(folder / "desa.geojson", driver="GeoJSON")
    _profile(list(official)).to_csv(folder / "profil.csv", index=False)
    study_file = folder / "study.toml"
    study_file.write_text(SMALL_STUDY, encoding="utf-8")
    return study_file


def _profile(labels: list[str]) -> pd.DataFrame:
    # 200 to 235 families; the share runs through 5 to 11 %, and the four villages of the
    # south-west corner have 60 %; the last one has no poverty figure
    place = np.arange(36)
    share = 5.0 + (place * 5) % 7
    share[[0, 1, 6, 7]] = 60.0
    cells: list[str] = [f"{value:g}" for value in share]
    cells[35] = ""
    return pd.DataFrame(
        {
            "kode_desa": labels,
            "kk": 200 + place,
            "jiwa": 4 * (200 + place),
            "miskin_persen": cells,
            "listrik_persen": 70 + (place * 11) % 30,
            "indeks_banjir": np.round(0.1 + (place * 7 % 10) / 20, 2),
        }
    )


SMALL_STUDY = """
[study]
title = "Uji kecil"
regency = "16.07"
year = 2024
seed = 7

[boundaries]
villages = "desa.geojson"
source = "Kisi buatan"

[[profiles]]
published = true
path = "profil.csv"
code = "kode_desa"
code_system = "kemendagri"
households = "kk"
people = "jiwa"
poor_share_percent = "miskin_persen"
year = 2023
source = "Profil buatan"

[[profiles.indicators]]
column = "listrik_persen"
name = "electrified_share"
unit = "percent"
worse = "low"
label = "Rumah tangga berlistrik"
agency = "pln"

[[profiles.indicators]]
column = "indeks_banjir"
name = "flood_hazard_index"
unit = "index"
worse = "high"
label = "Indeks bahaya banjir"
agency = "pupr"

[official]
year = 2024
rate_percent = 9.31
poor_people = 84360
source = "BPS"
benchmark = "rate"

[pockets]
replicates = 199
"""


# ---- a study whose texts attack the page that shows them
HOSTILE = {
    "16.07.01.2901": "<img src=x onerror=window.hacked=1>",
    "16.07.01.2902": "</script><script>window.hacked=1</script>",
    "16.07.01.2903": "${window.hacked=1}`",
    "16.07.01.2904": "=HYPERLINK(1)",
    "16.07.01.2905": '"><img src=x onerror=window.hacked=1>',
    "16.07.99.2901": "{{7*7}}{% raw %} ]]></style></title>",
}
HOSTILE_DISTRICT = "</svg></style><script>window.hacked=1</script>{{7*7}}"


@pytest.fixture(scope="session")
def hostile_study(tmp_path_factory: pytest.TempPathFactory) -> study.Finished:
    folder = tmp_path_factory.mktemp("hostile")
    codes = [*HOSTILE, *(f"16.07.01.29{number}" for number in range(10, 13))]
    features = []
    for place, code in enumerate(codes):
        west, south = 104.5 + 0.01 * (place % 3), -2.5 + 0.01 * (place // 3)
        ring = [
            [west, south],
            [west + 0.01, south],
            [west + 0.01, south + 0.01],
            [west, south + 0.01],
            [west, south],
        ]
        properties = {
            "KDEPUM": code,
            "WADMKD": HOSTILE.get(code, f"Desa {place}"),
            "WADMKC": HOSTILE_DISTRICT,
        }
        features.append(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    layer = {"type": "FeatureCollection", "features": features}
    (folder / "desa.geojson").write_text(json.dumps(layer), encoding="utf-8")
    rows = ["kode,kk,miskin", *(f"{code},{100 + i},{10 + i}" for i, code in enumerate(codes))]
    (folder / "profil.csv").write_text("\n".join(rows), encoding="utf-8")
    file = folder / "study.toml"
    file.write_text(
        """
[study]
title = "Kantong <b>kemiskinan</b> ${window.hacked=1} </title>{{7*7}} ]]>"
regency = "16.07"
year = 2024
[boundaries]
villages = "desa.geojson"
source = "</script><script>window.hacked=1</script>"
[[profiles]]
published = true
path = "profil.csv"
code = "kode"
code_system = "kemendagri"
households = "kk"
poor_share_percent = "miskin"
year = 2024
source = "<img src=x onerror=window.hacked=1>"
""",
        encoding="utf-8",
    )
    return study.run(file, folder / "out")


def without_variants(study_file: Path) -> Path:
    """Leave out the other settings that a study tries: tests of other rooms need not wait."""
    for file in study_file.parent.glob("study*.toml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(
            text.replace("[pockets]\n", "[pockets]\nstability = false\n"), encoding="utf-8"
        )
    return study_file


@dataclass(frozen=True, slots=True)
class TwoLevels:
    """
    A demo of 12,000 households run at two levels, and the folders of its partners.

    `rest`: What only tests of all products look at: level internal, two annexes, a comparison.
    """

    public: Path
    agency: Path
    partners: Path
    study: Path
    rest: Path

    @property
    def folders(self) -> dict[str, Path]:
        return {"public": self.public, "agency": self.agency, "internal": self.rest / "internal"}

    @property
    def finished(self) -> list[tuple[Kind, str, Path]]:
        """List the finished folders with their kind and level."""
        return [
            *(("run", level, folder) for level, folder in self.folders.items()),
            *(("annex", level, self.rest / f"annex_{level}") for level in ("public", "agency")),
            ("comparison", "agency", self.rest / "comparison"),
            ("province", "agency", self.rest / "province"),
            *(("partner", "partner", folder) for folder in sorted(self.partners.iterdir())),
        ]


@pytest.fixture(scope="session")
def two_levels(
    benchmark: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TwoLevels]:
    """Run a small made-up regency in every way there is, once for all workers."""

    def run(folder: Path) -> TwoLevels:
        data = folder / "data" / "study_agency.toml"
        # an annex is of the same numbers as the run of its study: they need no second time
        known = cache(lambda file: prepare.prepare(file, folder, progress=lambda *_: None))
        with (
            patch.object(running, "prepare", lambda file, *_, **__: known(file)),
            patch.object(annex, "prepare", lambda file, *_, **__: _few_maps(known(file))),
        ):
            benchmark("attacks").run_two(folder, households=12_000)
            _run_the_rest(data, folder, folder / "rest")
        return TwoLevels(
            folder / "public", folder / "agency", folder / "partners", data, folder / "rest"
        )

    with once(common_folder(tmp_path_factory), "two-levels", run) as made:
        yield made


def _run_the_rest(study_file: Path, runs: Path, out: Path) -> None:
    own = study_file.with_name("study_internal.toml")
    text = study_file.read_text("utf-8")
    own.write_text(text.replace('level = "agency"', 'level = "internal"'), "utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegradedInputWarning)
        warnings.simplefilter("ignore", UnprotectedWarning)
        study.run(own, out / "internal", lock=Lock(unlocked=True))
        for level in ("public", "agency"):
            file = study_file.with_name(f"study_{level}.toml")
            # tests of products read the pieces of one level; the other draws the same way
            order = annex.AnnexOrder(pieces=level == "public")
            annex.run_annex(file, out / f"annex_{level}", order=order, progress=lambda *_: None)
        earlier = out / "earlier"
        earlier.mkdir()
        manifest = json.loads((runs / "agency" / "manifest.json").read_text("utf-8"))
        manifest["settings"]["study"]["year"] -= 5
        (earlier / "manifest.json").write_text(json.dumps(manifest), "utf-8")
        shutil.copy(runs / "agency" / "villages.csv", earlier)
        compare_runs([earlier, runs / "agency"], out / "comparison")
        _run_province(study_file, runs / "agency", out / "province")


def _run_province(study_file: Path, finished: Path, out: Path) -> None:
    """Write the front page of several regencies, of which one is finished already."""
    text = study_file.read_text("utf-8").replace('regency = "16.07"', 'regencies = ["16.07"]')
    for name in ("official]", "target]", "budget]", "budget."):
        text = text.replace(f"[{name}", f'[regency."16.07".{name}')
    file = study_file.with_name("study_province.toml")
    file.write_text(text, "utf-8")
    ready = running.prepare(study_file, out, progress=lambda *_: None)  # type: ignore[attr-defined]

    def apart(_: object, orders: dict[str, Any], **__: object) -> dict[str, Ended]:
        _, code, _, room, key, _ = orders["16.07"]
        shutil.copytree(finished, room.folder(code))
        told = plain_result(result_of(ready.product, code=code, rule="", official=()))
        room.keep(code, key, told)
        return {code: Ended(told)}

    several = read_regencies(file)
    assert several is not None
    with patch.object(provinces, "run_apart", apart):
        order = provinces.ProvinceOrder()
        provinces.run_province(several, out, order=order, progress=lambda *_: None)


def _few_maps(ready: Ready) -> Ready:
    """Leave the maps that tell no household of a need out of the annex: they take a minute."""
    few = replace(ready.study.annex, sheets=("overview", "agency"))
    return replace(ready, study=replace(ready.study, annex=few))


# dear files first: at the end no worker then waits long for another, and what one of them makes
# for all is there before the others ask
DEAR = ("test_guides", "test_partners", "test_notebooks", "test_cli", "test_packaging",
        "test_provinces", "test_hardships", "test_site", "test_mulai", "test_engine",
        "test_intake", "browser.test_language", "browser.test_profiles", "browser.test_pages",
        "test_planning", "test_known", "test_attacks", "test_peers", "test_analyst",
        "test_doctor")  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the dear files be begun first, in their order; doctests are of no module of tests."""
    place = {f"tests.{name}": at for at, name in enumerate(DEAR)}
    items.sort(key=lambda one: place.get(one.nodeid.split(".py")[0].replace("/", "."), len(place)))
