"""Every package of the lock is listed with a licence that an MIT project may stand on."""

from __future__ import annotations

import re
from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
ROW = re.compile(r"^\| ([a-z0-9][\w.\-]*) \| ([^|]+) \| ([^|]*) \| ([^|]+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def licences(tool: Callable[[str], Any]) -> Any:
    """Load the script that writes the page."""
    return tool("licences")


@pytest.fixture(scope="module")
def lock() -> str:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def listed() -> dict[str, dict[str, str]]:
    """Read both tables of packages: name to licence."""
    text = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    _, _, tables = text.partition("## Needed to run")
    run, _, develop = tables.partition("## Needed to develop")
    return {
        where: {name: licence for name, licence, _, _ in ROW.findall(part) if name != "package"}
        for where, part in (("run", run), ("develop", develop))
    }


def test_every_package_of_the_lock_is_listed_in_its_table_and_no_other(
    licences: Any, lock: str, listed: dict[str, dict[str, str]]
) -> None:
    names = set(re.findall(r"^([\w.\-]+?)(?:\[.*\])?==", lock, flags=re.MULTILINE))
    assert listed["run"].keys() | listed["develop"].keys() == names
    assert not listed["run"].keys() & listed["develop"].keys()
    runs = {name for name, (_, one) in licences.needed(lock).items() if one}
    assert listed["run"].keys() == runs
    # by hand: one of each kind, and of the libraries of a library
    assert {"numba", "llvmlite", "psycopg-binary", "colorama", "click"} <= listed["run"].keys()
    # of the extras for a user, and of those for a maintainer
    assert {"matplotlib", "appnope", "distributed"} <= listed["run"].keys()
    assert {"pytest", "bandit", "tomli", "sphinx", "myst-parser"} <= listed["develop"].keys()


def test_who_asks_for_a_package_is_read_from_the_settings_of_the_project(licences: Any) -> None:
    asked = licences.asked_by_project()
    assert asked["geopandas"] == {""}
    assert asked["matplotlib"] == {"annex"}
    assert asked["ipykernel"] == {"notebook"}
    assert not {"sibangkit-geo", "sibangkit_geo"} & asked.keys()


def test_the_page_names_no_host() -> None:
    text = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    assert not re.search(r"://|\b[\w\-]+\.(?:org|com|net|io|dev)\b", text)


def test_no_licence_is_outside_those_that_may_be_used(
    licences: Any, listed: dict[str, dict[str, str]]
) -> None:
    every = {**listed["run"], **listed["develop"], **licences.scripts()}
    refused = {
        name: licence
        for name, licence in every.items()
        if not set(licences.parts(licence))
        <= licences.ALLOWED | (frozenset() if name in listed["run"] else licences.TO_CHECK)
    }
    assert refused == {}
    # nothing is allowed that nothing needs
    used = {part for licence in every.values() for part in licences.parts(licence)}
    assert used == licences.ALLOWED | licences.TO_CHECK


def test_what_is_installed_says_the_same_as_the_page(
    licences: Any, lock: str, listed: dict[str, dict[str, str]]
) -> None:
    pinned = set(re.findall(r"^([\w.\-]+?)(?:\[.*\])?==([^\s;\\]+)", lock, flags=re.MULTILINE))
    every = {**listed["run"], **listed["develop"]}
    compared, differ = 0, {}
    for name, version in pinned:
        try:
            same = metadata.version(name) == version
        except metadata.PackageNotFoundError:
            continue  # of another system, or of a lock that is not set up yet
        if same:
            compared += 1
            licence, _ = licences.installed(name)
            if licence != every[name]:
                differ[name] = licence
    assert differ == {}
    assert compared > 100


def _about(**fields: str) -> Message:
    made = Message()
    for key, value in fields.items():
        made[key.replace("_", "-")] = value
    return made


@pytest.mark.parametrize(
    ("about", "texts", "told"),
    [
        (_about(License_Expression="GPL-3.0-only"), "", "GPL-3.0-only"),
        (_about(License="MIT License\n\nCopyright"), "", "MIT"),
        (_about(Classifier="License :: OSI Approved :: Apache Software License"), "", "Apache-2.0"),
        (_about(License="BSD"), "Redistributions in binary form must", "BSD-2-Clause"),
        (_about(License="BSD"), "Redistributions in binary form, Neither the name", "BSD-3-Clause"),
    ],
)
def test_a_licence_is_read_from_what_a_package_says(
    licences: Any, about: Message, texts: str, told: str
) -> None:
    assert licences.licence_of("made-up", about, texts) == told


@pytest.mark.parametrize("about", [_about(), _about(License="BSD"), _about(License="GPL")])
def test_a_licence_that_cannot_be_read_is_refused(licences: Any, about: Message) -> None:
    with pytest.raises(ValueError, match="made-up: licence not known"):
        licences.licence_of("made-up", about, "")


def test_of_a_choice_one_allowed_licence_is_enough_and_of_a_sum_all_count(licences: Any) -> None:
    assert licences.parts("GPL-2.0-only OR MIT") == ["MIT"]
    assert licences.parts("MIT AND (Zlib OR GPL-2.0-only)") == ["MIT", "Zlib"]
    assert licences.parts("MIT AND GPL-2.0-only") == ["MIT", "GPL-2.0-only"]


def test_scripts_that_pages_carry_are_named_with_their_licence() -> None:
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    vendor = ROOT / "sibangkit_geo" / "products" / "web" / "vendor"
    texts = {one.name.removeprefix("LICENSE-") for one in vendor.glob("LICENSE-*")}
    assert len(texts) == 6
    carried, _, _ = page.partition("## Needed to run")
    assert [one for one in sorted(texts) if one not in carried] == []
    # each script in the folder has a row that names a licence whose text lies beside it
    about = (vendor / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([^`]+)` \|[^|]+\|([^|]+)\|", about, flags=re.MULTILINE))
    files = {one.name for one in vendor.iterdir() if one.suffix in {".js", ".css"}}
    assert rows.keys() == files
    for licence in rows.values():
        assert set(re.findall(r"`LICENSE-([^`]+)`", licence)) <= texts
