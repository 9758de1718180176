"""What a product says in folded blocks, and what it admits not to know."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sibangkit_geo.cartography.blocks import focus_blocks
from sibangkit_geo.cartography.honesty import Known, honesty_sentences
from sibangkit_geo.cartography.money import money_blocks
from sibangkit_geo.pockets.links import outer_border

if TYPE_CHECKING:
    from sibangkit_geo import config
    from sibangkit_geo.cartography.product import Product
    from sibangkit_geo.study.planning import Plans


def worded(product: Product, study: config.Study, plans: Plans) -> Product:
    """
    Add blocks and limits to a product.

    Returns: The same with ``blocks`` and ``honesty``.
    """
    blocks = (*money_blocks(product, plans.tables, plans.notes), *focus_blocks(product))
    context = product.boundaries.context
    # without the neighbours' land the coast would count as a border
    border = outer_border(product.mapped, context=context, pocket=product.pockets.members)
    decile = study.poverty is not None and study.poverty.rule == "decile"
    known = Known(
        decile_max=study.poverty.decile_max if decile and study.poverty else 0,
        from_register=bool(study.households),
        waves=1 + len(product.earlier),
        border=border.pockets if len(context) else (),
        costs=plans.costs,
        assumed_costs=plans.assumed_costs,
    )
    return replace(
        product,
        blocks=blocks,
        honesty=honesty_sentences(product, known),
        series=plans.tables.get("sasaran_deret.csv"),
    )
