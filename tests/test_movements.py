"""The regency's own movements: where to begin, or that nothing measures them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sibangkit_geo.agencies import load_catalogue
from sibangkit_geo.errors import ConfigError
from sibangkit_geo.indicators.needs import need_catalogue
from sibangkit_geo.products.movements import movement_blocks
from tests.demo_product import demo_product

if TYPE_CHECKING:
    from pathlib import Path


def test_every_movement_answers_a_need_there_is_or_says_what_it_is_about() -> None:
    known = {one.key for one in need_catalogue()}
    movements = load_catalogue().movements
    assert len(movements) == 9
    for one in movements:
        assert set(one.needs) <= known, one.name
        assert bool(one.needs) != bool(one.unmeasured), one.name


def test_the_overview_lists_all_and_an_agency_its_own() -> None:
    product = demo_product()
    assert product.focus.places is not None
    blocks = {one.agency: one for one in movement_blocks(product)}
    overview = blocks[product.catalogue.agencies[0].key]
    assert len(overview.rows) == len(product.catalogue.movements)
    named = {row[1]: row for row in overview.rows}
    houses = named["PRO RAKYAT (Program Optimalisasi Rumah Masyarakat)"]
    places = product.focus.places
    own = places[places["indicator"].isin(["crowding_share", "wall_share", "roof_share",
                                           "floor_share"])]  # fmt: skip
    most = own[own["level"] == "regency"]["unserved"].max()
    assert houses[3] == f"{most:,.0f}".replace(",", ".")
    assert houses[4].startswith("Kec. ")
    waste = named["GPS (Gerakan Peduli Sampah)"]
    assert waste[2:] == ("pengelolaan sampah: tidak diukur di sini", "–", "–")
    for agency, block in blocks.items():
        if block is not overview:
            assert 0 < len(block.rows) < len(overview.rows), agency


def test_without_movements_or_needs_nothing_is_said() -> None:
    product = demo_product()
    bare = replace(product, catalogue=replace(product.catalogue, movements=()))
    assert movement_blocks(bare) == ()
    assert movement_blocks(replace(product, focus=replace(product.focus, places=None))) == ()


def test_an_unknown_word_of_a_movement_is_named(tmp_path: Path) -> None:
    (tmp_path / "opd.toml").write_text(
        '[[agency]]\nkey = "a"\nname = "A"\nfocus = "x"\nwanted = []\n'
        '[[movement]]\nname = "GPS"\nprogram = "x"\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match="programme"):
        load_catalogue(tmp_path / "opd.toml")
