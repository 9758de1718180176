"""The graph of the test, for the map: which villages count as neighbours."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from sibangkit_geo.cartography.web.assets import MANY
from sibangkit_geo.cartography.web.packing import packed_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sibangkit_geo.cartography.product import Product


def network_payload(product: Product) -> dict[str, object] | None:
    """
    Pack the pairs of neighbours of the test.

    Grain: one row per pair in.

    Returns: As `packed_numbers`: how many villages with polygon, then for each how many neighbours
        stand after it and the steps from one to the next. None where nothing was tested, or for so
        many villages that the lines would hide the map.
    """
    codes, pairs = product.mapped.index, product.pockets.neighbors
    if pairs is None or len(codes) > MANY:
        return None
    place = {code: row for row, code in enumerate(codes)}
    after: list[list[int]] = [[] for _ in codes]
    for one, other in zip(pairs["village_code"], pairs["neighbor_code"], strict=True):
        first, second = sorted((place[one], place[other]))
        after[first].append(second)
    return packed_numbers(_steps(after))


def _steps(after: list[list[int]]) -> Iterator[int]:
    yield len(after)
    for row, others in enumerate(after):
        yield len(others)
        yield from (second - first for first, second in pairwise([row, *sorted(others)]))
