"""Every file of a finished folder stands in the one list of products, and can be searched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

import sibangkit_geo
from sibangkit_geo import disclosure
from sibangkit_geo.products.published import Kind, downloads, line_of, published

if TYPE_CHECKING:
    from tests.conftest import TwoLevels

KINDS: tuple[Kind, ...] = get_args(Kind)


def files_of(folder: Path) -> dict[str, Path]:
    """Name every file of a folder by its path in it; those of regencies in it are runs."""
    every = (one for one in folder.rglob("*") if one.is_file())
    names = {one.relative_to(folder).as_posix(): one for one in every}
    return {name: one for name, one in names.items() if not name.startswith("16.")}


def test_every_file_has_a_line_and_every_line_a_file(two_levels: TwoLevels) -> None:
    met: set[tuple[str, str]] = set()
    for kind, _, folder in two_levels.finished:
        # `line_of` refuses a file that fits several
        lines = {line_of(kind, name): name for name in files_of(folder)}
        assert "" not in lines, f"{folder.name}: {lines['']} is not in published.toml"
        always = {name for name, one in published(kind).items() if not one.optional}
        assert always <= lines.keys(), folder
        met |= {(kind, line) for line in lines}
    every = {(kind, line) for kind in KINDS for line in published(kind)}
    assert {kind for kind, _ in met} == set(KINDS)
    # asked for, so that all tests of products walk them
    assert {("annex", line) for line in published("annex") if line.startswith("potongan/")} <= met
    assert all(published(kind)[line].optional for kind, line in every - met)


def test_what_the_demo_does_not_write_is_named_in_the_package() -> None:
    # a line that nobody writes any more would stay forever
    package = Path(sibangkit_geo.__file__).parent
    source = "".join(one.read_text("utf-8") for one in package.rglob("*.py"))
    source += (package / "agencies" / "agencies.toml").read_text("utf-8")
    for kind in KINDS:
        for line, one in published(kind).items():
            name = line.rsplit("/", 1)[-1]
            if one.optional and "*" not in name:
                assert name in source or Path(name).stem in source, line


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("index.html", "index.html"),
        ("bappeda.html", "*.html"),
        ("kecamatan/16.07.01.html", "kecamatan/*.html"),
        ("profil/16.07.01.html", "profil/*.html"),
        ("lain/a.html", ""),
        ("foto/0001.webp", "foto/*.webp"),
        ("villages.csv.bak", ""),
    ],
)
def test_a_file_is_found_by_its_name_or_by_one_pattern(file: str, line: str) -> None:
    assert line_of("run", file) == line


def test_the_front_page_offers_runs_files_in_the_order_of_the_list(two_levels: TwoLevels) -> None:
    text = (two_levels.public / "index.html").read_text("utf-8")
    offered = [name for name in downloads() if (two_levels.public / name).exists()]
    places = [text.index(f'href="{name}"') for name in offered]
    assert places == sorted(places)
    assert len(places) >= 20


def test_every_file_can_be_searched_and_nothing_is_found(two_levels: TwoLevels) -> None:
    for kind, level, folder in two_levels.finished:
        # what cannot be read or unpacked to the end is a finding too
        assert disclosure.find_leaks(folder) == (), (kind, level)
