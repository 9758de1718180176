"""What an analysis cannot answer, worked out from the gaps of its own data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.cartography.texts import say
from sibangkit_geo.tables.numerals import numeral, percentage

if TYPE_CHECKING:
    import pandas as pd

    from sibangkit_geo.cartography.product import Product

# below this share of its households in the register, a village's numbers speak of others
_LOW_COVERAGE = 0.9


@dataclass(frozen=True, slots=True)
class Known:
    """
    What the gaps are read from, beside the product.

    `decile_max`: Last decile that counts as poor; 0 where spending decides.
    `from_register`: Whether households were counted, or only village numbers read.
    `costs`, `assumed_costs`: Unit costs used, and those that are assumptions; 0 without a budget.
    """

    decile_max: int
    from_register: bool
    waves: int
    border: tuple[int, ...]
    costs: int = 0
    assumed_costs: int = 0


def honesty_sentences(product: Product, known: Known) -> tuple[str, ...]:
    """
    Say what this analysis cannot answer.

    Returns: Only those that hold for these data; the first always does.
    """
    return (*_measure(product, known), *_gaps(product), *_use(product, known))


def _measure(product: Product, known: Known) -> list[str]:
    first = product.layers[0].indicator
    said = [say("honest_official", source=first.source, year=first.year)]
    if known.decile_max:
        cut = "1" if known.decile_max == 1 else f"1–{known.decile_max}"
        said.append(say("honest_decile", decile=cut))
    if not known.from_register:
        said.append(say("honest_share"))
    outside = _poor_outside(product)
    if outside:
        said.append(outside)
    return said


def _poor_outside(product: Product) -> str:
    outlines, counted = product.pockets.outlines, product.layers[0].district_counts
    whole = float(counted.sum())
    if outlines.empty or not whole > 0:
        return ""
    count = whole - float(outlines["poor"].sum())
    return say("honest_person", count=numeral(count), share=percentage(count / whole))


def _gaps(product: Product) -> list[str]:
    villages = product.measured.villages
    counts = {
        "honest_missing": int((villages["status"] != "ok").sum()),
        "honest_masked": _masked(product),
        "honest_reliability": _equal(villages, "reliability", "tidak dapat dipakai"),
    }
    said = [say(key, count=numeral(count)) for key, count in counts.items() if count]
    if "register_coverage" in villages:
        low = int((villages["register_coverage"] < _LOW_COVERAGE).sum())
        if low:
            limit = percentage(_LOW_COVERAGE, 0)
            said.append(say("honest_coverage", count=numeral(low), limit=limit))
    bare = [
        one.name
        for one in product.catalogue.agencies[1:]
        if one.always and not product.needs.indicators.get(one.key)
    ]
    if bare:
        said.append(say("honest_unasked", agencies=", ".join(bare)))
    return said


def _masked(product: Product) -> int:
    hidden = [layer.masked for layer in product.layers]
    return int(sum(hidden[1:], hidden[0].astype(int)).gt(0).sum()) if hidden else 0


def _equal(villages: pd.DataFrame, column: str, value: str) -> int:
    return int(villages[column].eq(value).sum()) if column in villages else 0


def _use(product: Product, known: Known) -> list[str]:
    said = [say("honest_programmes")] if known.from_register else []
    if known.waves == 1:
        said.append(say("honest_one_wave"))
    said.append(say("honest_cause"))
    if known.border:
        said.append(say("honest_edge", pockets=", ".join(map(str, known.border))))
    if product.boundaries.approximate:
        said.append(say("honest_approximate"))
    if known.assumed_costs:
        said.append(say("honest_costs", count=known.assumed_costs, all=known.costs))
    return said
