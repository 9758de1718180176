"""The keys of a page's data: what Python writes is what the table of the scripts names."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from sibangkit_geo.model.types import HouseCards
from sibangkit_geo.products import web
from sibangkit_geo.products.web import topology
from sibangkit_geo.products.web.page import houses_payload
from sibangkit_geo.products.web.topology import packed_columns
from tests.pages import DATA, data_of

if TYPE_CHECKING:
    from tests.conftest import SmallStudy

SCRIPTS = Path(__file__).parent / "js"
TABLE: dict[str, dict[str, dict[str, Any]]] = json.loads(
    (SCRIPTS / "page-data.json").read_text(encoding="utf-8")
)
SIMPLE: dict[str, Any] = {
    "string": str,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def _parts(text: str, sign: str) -> list[str]:
    """Split where no bracket is open."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([<") - (letter in ")]>")
        if letter == sign and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _faults(value: Any, kind: str, at: str) -> list[str]:  # noqa: PLR0911 - one per kind
    """List where a value is not of a type, written as in TypeScript."""
    kinds = _parts(kind, "|")
    if len(kinds) > 1:
        found = [_faults(value, one, at) for one in kinds]
        return min(found, key=len)
    if kind in SIMPLE:
        # True is an int of Python, but no number of JSON
        fits = isinstance(value, SIMPLE[kind]) and isinstance(value, bool) == (kind == "boolean")
        return [] if fits else [f"{at} is no {kind}"]
    if kind.startswith('"'):
        return [] if value == json.loads(kind) else [f"{at} is not {kind}"]
    if kind.endswith("[]"):
        return _all(value, [kind.removesuffix("[]")], at, list)
    if kind.startswith("["):
        wanted = _parts(kind[1:-1], ",")
        right = isinstance(value, list) and len(value) == len(wanted)
        return _all(value, wanted, at, list) if right else [f"{at} is not {kind}"]
    if kind.startswith("("):
        return _faults(value, kind[1:-1], at)
    if kind.startswith("Record<"):
        return _all(value, [_parts(kind[7:-1], ",")[1]], at, dict)
    if kind not in TABLE or not isinstance(value, dict):
        return [f"{at} is no {kind} of the table"]
    wrong = sorted(value.keys() ^ TABLE[kind].keys())
    faults = [f"{at}: {key} stands on one side only" for key in wrong]
    for key in value.keys() & TABLE[kind].keys():
        faults += _faults(value[key], TABLE[kind][key]["type"], f"{at}.{key}")
    return faults


def _all(value: Any, kinds: list[str], at: str, container: Any) -> list[str]:
    if not isinstance(value, container):
        return [f"{at} is no {container.__name__}"]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [
        fault
        for i, (key, one) in enumerate(items)
        for fault in _faults(one, kinds[i % len(kinds)], f"{at}.{key}")
    ]


def test_every_page_of_a_study_carries_exactly_the_keys_of_the_table(
    small_study: SmallStudy,
) -> None:
    pages = [
        data_of(file.read_text(encoding="utf-8"))
        for file in small_study.out.glob("*.html")
        if DATA.search(file.read_text(encoding="utf-8"))
    ]
    assert len(pages) >= 8
    for data in pages:
        assert _faults(data, "Page", "page") == []
    assert any(data["needs"] for data in pages)
    assert any(data["missing_data"] for data in pages)


@pytest.mark.parametrize("change", ["added", "lost", "other"])
def test_a_key_on_one_side_only_is_a_fault(small_study: SmallStudy, change: str) -> None:
    data = data_of((small_study.out / "bappeda.html").read_text(encoding="utf-8"))
    layer = data["layers"][0]
    if change == "added":
        layer["extra"] = 1
    elif change == "lost":
        del layer["note"]
    else:
        layer["n_missing"] = "0"
    assert len(_faults(data, "Page", "page")) == 1


def test_houses_carry_exactly_the_keys_of_the_table() -> None:
    cards = HouseCards(
        needs=("Atap",),
        assisted=(True,),
        groups=("Miskin", "Tidak miskin"),
        per_village=np.array([2]),
        east=np.array([10_450_000, 10_450_010], dtype=np.int32),
        north=np.array([-285_000, -285_010], dtype=np.int32),
        deprived=np.array([1, 0], dtype=np.uint32),
        served=np.array([0, 0], dtype=np.uint32),
        group=np.array([0, 1], dtype=np.uint8),
        poor=np.array([True, False]),
        shuffle=7,
        photo=np.array([0, -1], dtype=np.int32),
        photos=(b"RIFF",),
    )
    assert _faults(houses_payload(cards), "Houses", "houses") == []


def test_columns_packed_as_text_keep_to_the_table(small_study: SmallStudy) -> None:
    data = data_of((small_study.out / "bappeda.html").read_text(encoding="utf-8"))
    packed = packed_columns(data)
    assert isinstance(packed["layers"], list)
    assert isinstance(packed["layers"][0]["class"], str)
    assert _faults(packed, "Page", "page") == []


def test_earlier_years_come_back_as_they_were(small_study: SmallStudy) -> None:
    data = data_of((small_study.out / "bappeda.html").read_text(encoding="utf-8"))
    layer = data["layers"][0]
    digits, own = layer["decimals"], layer["values"]
    before = [None if one is None else round(one * 1.37 + 2, digits) for one in own]
    before[0], before[1] = None, 0.0
    years = [before, [one and -one for one in before]]
    data["trend"] = {"label": "", "note": "", "years": [1, 2, 3], "values": {layer["key"]: years}}
    packed = packed_columns(data)
    assert isinstance(packed["trend"], dict)
    assert isinstance(packed["trend"]["values"][layer["key"]], dict)
    page = f'<script type="application/json" id="data">{json.dumps(packed)}</script>'
    assert data_of(page)["trend"]["values"][layer["key"]] == years


def test_the_written_names_are_in_the_files_that_the_table_names() -> None:
    folder = resources.files(web)
    for name, keys in TABLE.items():
        for key, entry in keys.items():
            for file in [entry["writer"], *entry["readers"]]:
                if not file.endswith(".py"):
                    continue
                text = folder.joinpath(file).read_text("utf-8")
                assert f'"{key}"' in text, f"{name}.{key} in {file}"


def test_no_page_carries_what_only_the_type_checker_reads(small_study: SmallStudy) -> None:
    page = (small_study.out / "bappeda.html").read_text(encoding="utf-8")
    assert "window.sibangkit.values=" in page
    assert re.findall(r"@(?:param|type|this|returns|template|ts-)\b", page) == []


def test_an_area_that_touches_the_edge_of_the_map_as_well_is_drawn() -> None:
    village = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1000, 1000)], crs="EPSG:32748")
    edge = 1000 + 1000 * topology.REACH
    # one arm lies within reach; another, joined to it outside, only touches the edge
    parts = [(1000, 0, edge + 900, 500), (edge + 100, 0, edge + 900, 900),
             (edge, 700, edge + 900, 900)]  # fmt: skip
    around = gpd.GeoDataFrame(
        {"name": ["Sebelah"]},
        geometry=[shapely.union_all([shapely.box(*one) for one in parts])],
        crs=village.crs,
    )
    # a page's numbers have room for polygons alone
    assert topology.screen_topology(village, around)
