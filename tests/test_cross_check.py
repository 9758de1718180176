"""The verdict on each village: other methods, stability, and a study's links and groups."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from shapely import box

from sibangkit_geo.config import resolved
from sibangkit_geo.errors import ConfigError, DataError, UnknownAreaError
from sibangkit_geo.model.types import Indicator, VillageIndicators
from sibangkit_geo.pockets import PocketSettings, find_pockets
from sibangkit_geo.pockets.cross_check import with_methods
from sibangkit_geo.pockets.detector import neighbors_by_rule, variants, with_sensitivity
from sibangkit_geo.pockets.graph import with_links
from sibangkit_geo.pockets.outline import shape
from sibangkit_geo.pockets.regionalization import AreaSettings
from sibangkit_geo.products.words import village_sentence
from sibangkit_geo.sources.text_tables import LinkSource, read_links

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 9
HOT = {(x, y) for x in (2, 3, 4) for y in (2, 3, 4)}
FAST = PocketSettings(replicates=99, seed=3)
POVERTY = Indicator(
    name="headcount_ratio", label="Miskin", unit="percent", worse="high",
    denominator="households", agency="", source="uji", year=2025,
)  # fmt: skip


def villages(hot: float = 0.35) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(8)
    cells = [(x, y) for x in range(SIDE) for y in range(SIDE)]
    mean = np.array([hot if cell in HOT else 0.1 for cell in cells])
    rate = rng.beta(mean * 49, (1 - mean) * 49)  # rho 0.02
    return gpd.GeoDataFrame(
        {"poor_households": rng.binomial(300, rate), "households": 300},
        geometry=[box(x * 1e3, y * 1e3, (x + 1) * 1e3, (y + 1) * 1e3) for x, y in cells],
        index=pd.Index([f"v{x}{y}" for x, y in cells], name="village_code"),
        crs=32748,
    )


def test_methods_agree_inside_and_the_tail_is_the_beta_binomials() -> None:
    table = villages()
    found = find_pockets(table, settings=FAST)
    verdict = found.villages
    assert set(verdict.index[verdict["pocket"].notna()]) >= {f"v{x}{y}" for x, y in HOT}
    assert set(str(verdict.loc["v33", "methods"]).split()) == {
        "pocket", "local_moran", "gi_star",
    }  # fmt: skip
    assert verdict.loc["v88", "methods"] == ""
    outside = table.drop(index=found.members.index)
    rate = outside["poor_households"].sum() / outside["households"].sum()
    rho = found.overdispersion
    assert 0 < rho < 0.1
    scale = (1 - rho) / rho
    poor = table["poor_households"].loc[["v33"]].iloc[0]
    tail = sum(
        stats.betabinom.pmf(k, 300, rate * scale, (1 - rate) * scale) for k in range(poor, 301)
    )
    assert verdict["extreme_p"].loc["v33"] == pytest.approx(tail, rel=1e-6)
    assert verdict["extreme"].tolist() == (verdict["extreme_p"] < 0.05 / SIDE**2).tolist()


def test_the_outline_is_that_of_the_printed_rho() -> None:
    # v43 was drawn at 16 %, below six villages outside: only a rho that takes the pocket itself
    # for variation would keep it
    table = villages(hot=0.3)
    found = find_pockets(table, settings=FAST)
    poor, homes = (table[name].to_numpy(dtype=float) for name in ("poor_households", "households"))
    inside = table.index.get_indexer(found.members.index)
    again = shape(
        inside.tolist(),
        poor=poor,
        homes=homes,
        rho=found.overdispersion,
        pairs=neighbors_by_rule(table, FAST).pairs,
        free=np.ones(len(table), dtype=bool),
    )
    assert again == frozenset(inside.tolist())
    assert "v43" not in found.members


def test_the_number_of_methods_is_hidden_with_the_rate_and_the_graph_is_kept() -> None:
    table = villages()
    found = find_pockets(table, settings=FAST)
    rate = (table["poor_households"] / table["households"]).where(table.index != "v34")
    measured = VillageIndicators(table.assign(headcount_ratio=rate, status="ok"), (POVERTY,), ())
    shown = with_methods(measured, found)
    number = shown.villages["n_methods"]
    assert number["v33"] == 3
    assert number["v88"] == 0
    assert np.isnan(number["v34"])
    assert [one.name for one in shown.indicators] == ["headcount_ratio", "n_methods"]
    assert found.neighbors is not None
    # 9 x 9 squares: 2 * 9 * 8 sides and 2 * 8 * 8 corners
    assert len(found.neighbors) == 272
    nothing = find_pockets(table.head(5), settings=FAST)
    assert nothing.neighbors is None
    assert with_methods(measured, nothing) is measured


def test_a_strong_pocket_stays_under_all_settings() -> None:
    table = villages()
    found = with_sensitivity(find_pockets(table, settings=FAST), table, settings=FAST)
    hot = [f"v{x}{y}" for x, y in HOT]
    assert (found.villages.loc[hot, "stability"] == 1.0).all()
    assert (found.villages["n_variants"] == len(variants(FAST))).all()
    assert found.villages.loc["v88", "stability"] == 0
    assert "Hasil sama pada 8 dari 8 pengaturan uji lain." in village_sentence("v33", found)
    assert village_sentence("v88", found).startswith("Tidak termasuk kantong kemiskinan")


def test_variants_differ_from_the_study_and_from_one_another() -> None:
    tried = variants(PocketSettings(replicates=999))
    assert len(set(tried)) == len(tried) == 8
    assert PocketSettings(replicates=99) not in tried
    assert all(one.replicates == 99 for one in tried)
    assert {one.neighbors for one in variants(replace(FAST, neighbors="queen"))} == {
        "queen", "distance", "nearest",
    }  # fmt: skip


@pytest.mark.parametrize(("rule", "degree"), [("queen", 8), ("rook", 4), ("distance", 8)])
def test_rules_by_name(rule: str, degree: int) -> None:
    graph = neighbors_by_rule(villages(), replace(FAST, neighbors=rule))  # type: ignore[arg-type]
    middle = graph.ids.get_loc("v44")
    assert (graph.pairs == middle).sum() == degree


def test_a_cut_map_parts_the_pocket() -> None:
    table = villages()
    graph = neighbors_by_rule(table, FAST)
    ids = graph.ids
    cut = [
        (ids[a], ids[b])
        for a, b in graph.pairs
        if {ids[a][1], ids[b][1]} == {"3", "4"}
    ]  # fmt: skip
    parted = find_pockets(table, settings=FAST, neighbors=with_links(graph, cut=cut))
    whole = find_pockets(table, settings=FAST)
    assert whole.members["v33"] == whole.members["v43"]
    assert parted.members.get("v43", 0) != parted.members["v33"]


def test_the_file_of_links_is_read_and_checked(tmp_path: Path) -> None:
    file = tmp_path / "sambungan.csv"
    source = resolved(LinkSource("sambungan.csv"), write_links(file, "A,B,Sambung", "A,C,putus"))
    links = read_links(source)
    a, b, c = (f"16.07.01.200{number}" for number in (1, 2, 3))
    assert links.extra == ((a, b),)
    assert links.cut == ((a, c),)
    write_links(file, "A,B,feri", "A,,putus")
    with pytest.raises(DataError, match=r"sambungan\.csv.*rows: 2"):
        read_links(source)
    # no cell of a wrong column reaches the message
    write_links(file, "1607010000000001,B,putus")
    with pytest.raises(DataError, match=r"sambungan\.csv: .*first: 2") as caught:
        read_links(source)
    assert "1607010000000001" not in str(caught.value)


def write_links(file: Path, *rows: str) -> Path:
    """Write pairs of the villages A, B and C."""
    names = {"A": "16.07.01.2001", "B": "16.07.01.2002", "C": "16.07.01.2003"}
    cells = [[names.get(cell, cell) for cell in row.split(",")] for row in rows]
    lines = ["desa_a,desa_b,hubungan", *map(",".join, cells)]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file.parent


def test_links_are_added_and_cut() -> None:
    graph = neighbors_by_rule(villages(), FAST)
    joined = with_links(graph, extra=[("v00", "v88")], cut=[("v00", "v01")])
    assert {note.key for note in joined.notes} >= {"links_added", "links_cut"}
    with pytest.raises(UnknownAreaError):
        with_links(graph, extra=[("v00", "v99")])


@pytest.mark.parametrize(
    "wrong", [{"neighbors": "king"}, {"nearest": 0}, {"largest_zone": 1}, {"largest_zone": 101}]
)
def test_rules_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"neighbors|nearest"):
        PocketSettings(**wrong)  # type: ignore[arg-type]


def test_areas_are_asked_for_in_one_way() -> None:
    for wrong in ({}, {"n_areas": 3, "max_villages": 3}, {"n_areas": -1, "max_villages": 2}):
        with pytest.raises(ConfigError, match="either"):
            AreaSettings(**wrong)
