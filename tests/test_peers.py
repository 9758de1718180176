"""The page that sets the same job side by side: its code runs, and is what it says."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def analyst(benchmark: Callable[[str], Any]) -> Any:
    return benchmark("analyst")


@pytest.fixture(scope="module")
def saved(analyst: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run both snippets as their reader would, in a folder with the layer."""
    folder = tmp_path_factory.mktemp("peers")
    analyst.write_layer(folder)
    for code in analyst.snippets().values():
        subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=folder, check=True)
    return folder


def test_ours_takes_five_lines_and_the_peers_a_page(analyst: Any) -> None:
    counts = {way: analyst.lines(code) for way, code in analyst.snippets().items()}
    assert counts["sibangkit_geo"] == 5
    assert counts["peers"] > 40
    assert analyst.lines("# words\n\na = 1  # more\n") == 1


@pytest.mark.parametrize("package", ["esda", "folium", "libpysal", "mapclassify"])
def test_the_other_way_uses_its_own_packages_alone(analyst: Any, package: str) -> None:
    theirs, ours = analyst.snippets().values()
    assert package in theirs
    assert package not in ours
    assert "sibangkit" not in theirs


def test_both_save_a_map_with_what_was_found(saved: Path) -> None:
    theirs, ours = ((saved / name).read_text("utf-8") for name in ("lisa.html", "kantong.html"))
    assert "Gugus LISA" in theirs
    assert "Garis kantong" in ours
    # a village's name is in both
    assert "Taja Raya II" in theirs
    assert "Taja Raya II" in ours


def test_only_the_other_page_names_outside_addresses(analyst: Any, saved: Path) -> None:
    addresses = {
        name: len(analyst._ADDRESS.findall((saved / name).read_text("utf-8")))  # noqa: SLF001
        for name in ("lisa.html", "kantong.html")
    }
    assert addresses["kantong.html"] == 0
    assert addresses["lisa.html"] > 5


def test_null_maps_are_the_same_for_the_same_number_and_have_no_place(analyst: Any) -> None:
    first, again = list(analyst.null_maps(2)), list(analyst.null_maps(2))
    assert [kind for kind, _, _ in first] == [name for name, _, _ in analyst.NULLS for _ in "12"]
    for (_, _, one), (_, _, other) in zip(first, again, strict=True):
        assert one["poor_households"].tolist() == other["poor_households"].tolist()
    assert first[0][2]["poor_households"].tolist() != first[1][2]["poor_households"].tolist()
