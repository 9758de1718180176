"""What a product says in folded blocks, and what it admits not to know."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sibangkit_geo.cartography.blocks import focus_blocks
from sibangkit_geo.cartography.honesty import Known, honesty_sentences
from sibangkit_geo.cartography.money import money_blocks
from sibangkit_geo.pockets.edges import border_pockets, border_villages

if TYPE_CHECKING:
    from sibangkit_geo import config
    from sibangkit_geo.cartography.product import Product
    from sibangkit_geo.study.planning import Plans


def worded(product: Product, study: config.Study, plans: Plans) -> Product:
    """
    Add blocks and limits to a product.

    Parameters
    ----------
    product
        Finished study.
    study
        Settings.
    plans
        Money and targets.

    Returns
    -------
    product
        The same with ``blocks`` and ``honesty``.

    Raises
    ------
    KeyError
        The catalogue of texts lacks a sentence.
    """
    blocks = (*money_blocks(product, plans.tables, plans.notes), *focus_blocks(product))
    at_border = border_villages(product.mapped.geometry, product.boundaries.context.geometry)
    decile = study.poverty is not None and study.poverty.rule == "decile"
    known = Known(
        decile_max=study.poverty.decile_max if decile and study.poverty else 0,
        from_register=bool(study.households),
        waves=1 + len(product.earlier),
        border=border_pockets(product.pockets.members, at_border),
        costs=plans.costs,
        assumed_costs=plans.assumed_costs,
    )
    return replace(product, blocks=blocks, honesty=honesty_sentences(product, known))
