"""Where a place stands: its measures beside its district's and the regency's, rank, neighbours."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.products.agency_card import main_need
from sibangkit_geo.products.villages_by_need import layer_value
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from sibangkit_geo.products.classes import Layer
    from sibangkit_geo.products.result import Analysis
    from sibangkit_geo.products.sheets import Level

_NEIGHBORS = 10
# these tell of the data and not of the people
_OF_THE_REGISTER = {"register_coverage"}


@dataclass(frozen=True, slots=True)
class Measure:
    """
    One measure of all places, in words.

    `regency`: Number of the regency.
    `numbers`, `ranks`: By level and code: number, and rank among those with a number, 1 for the
        worst: of a village in its district, of a district in the regency.
    `order`: By level, the codes with a number, the worst first.
    """

    label: str
    regency: str
    numbers: Mapping[Level, Mapping[str, str]]
    ranks: Mapping[Level, Mapping[str, str]]
    order: Mapping[Level, Mapping[str, int]]

    def here(self, code: str, level: Level) -> str:
        """Say the number of a place, or that there is none."""
        return self.numbers[level].get(code, numeral(math.nan))

    def rank(self, code: str, level: Level) -> str:
        """Say the rank of a place; a dash where it has none."""
        return self.ranks[level].get(code, say("profile_nothing"))


def measures(product: Analysis, *, most: int) -> tuple[Measure, ...]:
    """
    Choose what every place is compared by: poverty, then the largest need of each agency.

    `most`: Measures at most, those of the most households first.
    """
    district_of = product.measured.villages["district_code"]
    return tuple(_measure(one, district_of) for one in _layers(product)[:most])


def _layers(product: Analysis) -> list[Layer]:
    first, *others = product.layers
    everybody = [
        one
        for one in others
        if not one.indicator.agency
        and one.indicator.count_column
        and one.indicator.name not in _OF_THE_REGISTER
    ]
    largest = [
        found
        for own in product.focus.indicators.values()
        if (found := main_need(product.focus, among=own)) is not None
    ]
    largest.sort(key=lambda one: -float(one["unserved"]))
    by_name = {one.indicator.name: one for one in product.layers}
    return [first, *everybody, *(by_name[str(one["indicator"])] for one in largest)]


def _measure(layer: Layer, district_of: pd.Series) -> Measure:
    rising = layer.indicator.worse == "low"
    block = district_of.reindex(layer.shown.index)
    # as shown: what looks equal has one rank
    districts = layer.district_values.round(layer.decimals)
    villages, thin = layer.shown, layer.thin
    ranked = villages.groupby(block).rank(ascending=rising, method="min")
    known = villages.groupby(block).transform("count")
    of_districts = districts.rank(ascending=rising, method="min")
    told = {str(code): layer_value(layer, one) for code, one in villages.items()}
    told |= dict.fromkeys(map(str, thin.index[thin]), say("profile_thin"))
    return Measure(
        label=layer.indicator.label,
        regency=_or_dash(layer, layer.regency_value),
        numbers={
            "village": told,
            "district": {str(code): layer_value(layer, one) for code, one in districts.items()},
        },
        ranks={
            "village": _ranks(ranked, known),
            "district": _ranks(of_districts, of_districts * 0 + of_districts.count()),
        },
        order={
            "village": _order(villages, rising=rising),
            "district": _order(districts, rising=rising),
        },
    )


def _or_dash(layer: Layer, value: float) -> str:
    return say("profile_nothing") if math.isnan(value) else layer_value(layer, value)


def _ranks(ranks: pd.Series, among: pd.Series) -> dict[str, str]:
    return {
        str(code): say("profile_rank", rank=numeral(rank), all=numeral(n))
        for code, rank, n in zip(ranks.index, ranks, among, strict=True)
        if not math.isnan(rank)
    }


def _order(values: pd.Series, *, rising: bool) -> dict[str, int]:
    known = values.dropna().sort_values(ascending=rising, kind="stable")
    return {str(code): at for at, code in enumerate(known.index)}


class Neighbors:
    """Tell the neighbours of every village in the test, and of every district, with a measure."""

    def __init__(self, product: Analysis, measure: Measure) -> None:
        self.measure = measure
        villages = product.measured.villages
        districts = villages.drop_duplicates("district_code").set_index("district_code")
        self.names: dict[Level, dict[str, str]] = {
            "village": villages["name"].astype(str).to_dict(),
            "district": districts["district_name"].astype(str).to_dict(),
        }
        self.around: dict[Level, defaultdict[str, set[str]]] = {
            "village": defaultdict(set),
            "district": defaultdict(set),
        }
        pairs = product.found.neighbors
        if pairs is None:
            return
        block = villages["district_code"].to_dict()
        for one, other in pairs[["village_code", "neighbor_code"]].itertuples(index=False):
            self._join("village", one, other)
            if block[one] != block[other]:
                self._join("district", block[one], block[other])

    def _join(self, level: Level, one: str, other: str) -> None:
        self.around[level][one].add(other)
        self.around[level][other].add(one)

    def sentence(self, code: str, level: Level) -> str:
        """List the neighbours of a place, the worst first and those without a number last."""
        order = self.measure.order[level]
        found = sorted(
            self.around[level].get(code, ()), key=lambda one: (order.get(one, len(order)), one)
        )
        if not found:
            return say("profile_no_neighbors")
        told = [
            say(
                "profile_neighbor",
                name=self.names[level][one],
                value=self.measure.here(one, level),
            )
            for one in found[:_NEIGHBORS]
        ]
        if len(found) > _NEIGHBORS:
            told.append(say("profile_more", count=len(found) - _NEIGHBORS))
        key = f"profile_neighbors_{level}"
        return say(key, layer=self.measure.label, names="; ".join(told))
