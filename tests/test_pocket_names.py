"""Pockets are called after their districts, never two by one name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.model.types import Place
from sibangkit_geo.pockets import PocketSettings, find_pockets
from sibangkit_geo.products.words import (
    listed_districts,
    named_pockets,
    place_namer,
    pocket_sentence,
    village_sentence,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd


def test_the_district_with_most_villages_is_first_and_two_are_named() -> None:
    assert listed_districts(["Air Salek"]) == "Air Salek"
    assert listed_districts(["Betung", "Rambutan", "Rambutan"]) == "Rambutan dan Betung"
    # as many: in the order of the alphabet
    assert listed_districts(["D", "C", "B", "B"]) == "B, C dan 1 kecamatan lain"


def test_pockets_of_one_district_are_told_apart_by_a_village(
    grid: Callable[..., gpd.GeoDataFrame],
) -> None:
    table = grid(12, 30, 300)
    poor = pd.Series(30, table.index)
    blocks = [[12 * y + x for y in (1, 2, 3) for x in (at, at + 1, at + 2)] for at in (1, 8)]
    blocks.append([12 * y + x for y in (8, 9, 10) for x in (8, 9, 10)])
    for block in blocks:
        poor.iloc[block] = 100
    table = table.assign(poor_households=poor, district_name="Betung")
    table["name"] = [f"D{i}" for i in range(144)]
    table.loc[table.index[[*blocks[2], 12 * 8 + 8]], "district_name"] = "Rambutan"
    found = find_pockets(table, settings=PocketSettings(replicates=99))
    named = named_pockets(found, table)
    middles = {"Betung (sekitar D26)", "Betung (sekitar D33)", "Rambutan"}
    assert set(named.outlines["name"]) == middles
    number = int(named.outlines.index[named.outlines["name"] == "Rambutan"][0])
    assert pocket_sentence(number, named.outlines.loc[number]).startswith(
        f"Kantong {number}: Rambutan (9 desa, bukti kuat). Sebanyak 900 dari 2.700 rumah tangga"
    )
    inside = str(table.index[blocks[2][0]])
    assert f"Bagian dari kantong {number}: Rambutan (bukti kuat)." in village_sentence(
        inside, named
    )
    districts = table.assign(district_code="16.07.01")
    assert place_namer(districts, named)(Place("pocket", str(number))).endswith(": Rambutan")
    # counts say nothing about a name
    other = replace(named, outlines=found.outlines)
    halved = named_pockets(other, table.assign(poor_households=1))
    assert halved.outlines["name"].tolist() == named.outlines["name"].tolist()
