"""The doctor names what is missing, and what that costs."""

from __future__ import annotations

import tempfile
from importlib import metadata
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from sibangkit_geo.cli import app
from sibangkit_geo.products.document import conversion
from sibangkit_geo.study.doctor import examine

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def states() -> dict[str, tuple[str, str]]:
    return {one.what: (one.state, f"{one.told} {one.remedy}") for one in examine()}


def test_an_installation_that_runs_the_tests_is_well() -> None:
    found = states()
    assert found["Pustaka"][0] == "baik"
    assert f"sibangkit_geo {metadata.version('sibangkit_geo')}" in found["Pustaka"][1]
    assert {state for what, (state, _) in found.items() if what != "LibreOffice"} == {"baik"}
    told = CliRunner().invoke(app, ["doctor", "--language", "id"])
    assert told.exit_code == 0
    assert "baik   Python: 3." in told.stdout


def test_each_missing_part_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = metadata.version

    def lacks(name: str) -> str:
        if name == "folium":
            raise metadata.PackageNotFoundError(name)
        return "0.1" if name == "shapely" else version(name)

    monkeypatch.setattr(metadata, "version", lacks)
    monkeypatch.setattr(conversion, "_PROGRAMS", ("no-such-program",))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "none"))
    found = states()
    assert found["Pustaka"][0] == "rusak"
    assert "folium tidak ada; shapely 0.1, perlu >=2.2" in found["Pustaka"][1]
    assert found["LibreOffice"][0] == "kurang"
    assert found["Folder sementara"][0] == "rusak"
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 1
