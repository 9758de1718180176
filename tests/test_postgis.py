"""Registers and village tables in a real PostgreSQL with PostGIS, started for these tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa

from sibangkit_geo import study
from sibangkit_geo.config import resolved
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning
from sibangkit_geo.registers.register import open_register
from sibangkit_geo.sources.household_source import HouseholdSource
from sibangkit_geo.sources.profiles import ProfileSource, read_profiles
from sibangkit_geo.sources.readers import TableSource, find_header, open_grid, table_source

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "rahasia-sekali"  # noqa: S105 - of a server that lives as long as these tests
CODES = ["16.07.01.2001", "16.07.01.2002"]
START_S, GOODBYE_S = 300, 60  # bounds for a busy machine


def _server() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a server on a socket of its own; only PostgreSQL's own user may run it as root."""
    server = _server()
    if server is None:
        pytest.skip("PostgreSQL is not installed on this machine")
    as_user: list[str] = []
    folder = tmp_path_factory.mktemp("pg")
    if os.name == "posix" and os.geteuid() == 0:
        runuser = shutil.which("runuser")
        if runuser is None:
            pytest.skip("PostgreSQL does not run as root, and there is no runuser")
        as_user = [runuser, "-u", "postgres", "--"]
        folder = Path("/tmp") / f"sibangkit-pg-{os.getpid()}"  # noqa: S108 - readable by that user
        folder.mkdir()
        shutil.chown(folder, "postgres")

    def run(*command: object) -> None:
        subprocess.run([*as_user, *map(str, command)], check=True, capture_output=True)

    data = folder / "data"
    run(server / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    control = [server / "pg_ctl", "-D", data, "-w", "-t", START_S]
    run(*control, "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgresql://tester:{PASSWORD}@/postgres?host={folder}"
    finally:
        run(*control, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def connected(url: str) -> Iterator[sa.Engine]:
    """Close every connection, however it ends: an open one would warn in a test that runs later."""
    made = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        yield made
    finally:
        made.dispose()


@contextlib.contextmanager
def extended(url: str, extension: str) -> Iterator[sa.Engine]:
    """Connect to a server with an extension, or skip where it is not installed."""
    with connected(url) as made:
        with made.begin() as link:
            known = sa.text("SELECT 1 FROM pg_available_extensions WHERE name = :name")
            if not link.execute(known, {"name": extension}).scalar():
                pytest.skip(f"PostgreSQL is here, its extension {extension} is not")
            link.execute(sa.text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
        yield made


@pytest.fixture(scope="module")
def engine(address: str) -> Iterator[sa.Engine]:
    """Connect, with PostGIS where it is installed."""
    with extended(address, "postgis") as made:
        yield made


@pytest.fixture(scope="module")
def filled(engine: sa.Engine, address: str) -> str:
    """Write a register with points and a village table."""
    homes = pd.DataFrame(
        {
            "kode_desa": CODES,
            "nik": ["1607010000000001", "1607010000000002"],
            "nama": ["KEPALA CONTOH 1", "KEPALA CONTOH 2"],
            "jumlah_anggota_keluarga": [4, 2],
            "desil_nasional": [1, 7],
            "jenis_lantai_terluas": [8, None],
        }
    )
    place = [shapely.Point(480_000, 9_700_000), shapely.Point(481_000, 9_700_000)]
    layer = gpd.GeoDataFrame(homes, geometry=place, crs="EPSG:32748")
    with engine.begin() as link:
        link.execute(sa.text("CREATE SCHEMA dtsen"))
        homes.to_sql("keluarga_polos", link, index=False)
        link.execute(
            sa.text(
                "CREATE TABLE dtsen.keluarga AS SELECT *, "
                "NULL::geometry(Point, 32748) AS geom FROM keluarga_polos"
            )
        )
        for code, point in zip(CODES, layer.geometry, strict=True):
            link.execute(
                sa.text("UPDATE dtsen.keluarga SET geom = ST_GeomFromText(:p, 32748) "
                        "WHERE kode_desa = :c"), {"p": point.wkt, "c": code},
            )  # fmt: skip
        table = pd.DataFrame({"kode": CODES, "kk": [100, 200], "miskin": [12.5, None]})
        table.to_sql("profil", link, index=False)
    return address


def test_where_the_extension_is_missing_no_connection_stays_open(address: str) -> None:
    name = "tanpa_ekstensi"

    def left() -> int:
        with connected(address) as made, made.connect() as link:
            known = sa.text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name")
            return int(link.execute(known, {"name": name}).scalar_one())

    # what is caught keeps all frames, so that nothing is closed by being forgotten
    with (
        pytest.raises(pytest.skip.Exception, match="tidak_terpasang"),
        extended(f"{address}&application_name={name}", "tidak_terpasang"),
    ):
        pytest.fail("a server has no such extension")
    # a server takes note of a farewell in its own time
    until = time.monotonic() + GOODBYE_S
    while left() and time.monotonic() < until:
        time.sleep(0.05)
    assert left() == 0


def test_a_register_is_read_from_postgis_with_its_points(filled: str) -> None:
    source = HouseholdSource(
        path=filled, table="dtsen.keluarga", code_generation="regsosek2022", year=2025,
        code_system="kemendagri",
    )  # fmt: skip
    opened = open_register(
        table_source(source.path, table=source.table),
        generation=source.code_generation, named=source.named(), required=("decile",),
    )  # fmt: skip
    (batch,) = opened.batches()
    rows = batch.rows
    assert rows["row"].to_list() == [1, 2]
    assert rows["village_code"].to_list() == CODES
    assert rows["size"].to_list() == [4.0, 2.0]
    assert rows["longitude"].to_list() == pytest.approx([104.82, 104.829], abs=0.001)
    assert rows["latitude"].to_list() == pytest.approx([-2.7138, -2.7138], abs=0.001)
    assert "CONTOH" not in rows.write_csv()
    assert opened.gathered.findings() == ()


def test_a_village_table_is_read_from_the_database(filled: str) -> None:
    source = ProfileSource(
        path=filled, table="profil", code="kode", code_system="kemendagri", households="kk",
        poor_share_percent="miskin", year=2023,
    )  # fmt: skip
    rows = read_profiles(resolved(source, Path())).rows
    assert rows["households"].tolist() == [100.0, 200.0]
    assert rows["poor_share"].iloc[0] == 0.125
    assert pd.isna(rows["poor_share"].iloc[1])


def test_a_study_runs_on_the_database_and_shows_no_address(filled: str, tmp_path: Path) -> None:
    study_file = tmp_path / "study.toml"
    study_file.write_text(
        f"""
[study]
title = "Basis data"
regency = "16.07"
year = 2025
[boundaries]
villages = "default"
[[households]]
path = "{filled}"
table = "dtsen.keluarga"
code_generation = "regsosek2022"
code_system = "kemendagri"
year = 2025
[poverty]
rule = "decile"
decile_max = 1
[disclosure]
level = "agency"
""",
        encoding="utf-8",
    )
    with pytest.warns(DegradedInputWarning, match="Jawaban tidak lengkap"):
        finished = study.run(study_file, tmp_path / "out")
    assert len(finished.pockets) == 0
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes()


@pytest.mark.parametrize("table", ["profill", "dtsen.keluargaa"])
def test_an_unknown_table_offers_the_nearest_one(filled: str, table: str) -> None:
    source = table_source(filled, table=table)
    with pytest.raises(ConfigError, match=r"no table.*Did you mean") as caught:
        open_grid(source, named_by="test")
    assert PASSWORD not in str(caught.value)


def test_a_server_that_is_not_there_is_one_clear_error_without_the_password() -> None:
    url = f"postgresql://tester:{PASSWORD}@127.0.0.1:1/nowhere"
    with pytest.raises(DataError, match="cannot be reached") as caught:
        open_grid(table_source(url, table="t"), named_by="test")
    shown = f"{caught.value} {caught.value.__cause__!r}"
    assert PASSWORD not in shown
    assert "127.0.0.1" not in shown


def test_a_database_without_table_asks_for_it() -> None:
    with pytest.raises(ConfigError, match="key `table`"):
        table_source("postgresql://x")


def test_sqlite_serves_too(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with connected(f"sqlite:///{path}") as made, made.begin() as link:
        pd.DataFrame({"kode": CODES, "kk": [1.0, 2.5]}).to_sql("profil", link, index=False)
    source = TableSource(tmp_path / "profil", url=f"sqlite:///{path}", table="profil")
    grid = open_grid(source, named_by="test")
    header = find_header(grid, known=())
    (frame,) = grid.batches([0, 1], first_row=header.first_row, width=2)
    assert frame.rows() == [(1, CODES[0], "1"), (2, CODES[1], "2.5e0")]
