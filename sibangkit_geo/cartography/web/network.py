"""The graph of the test, for the map: which villages count as neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sibangkit_geo.cartography.product import Product

# more lines than these hide the map, and weigh more than they tell
_MOST_VILLAGES = 1_000
_PER_DEGREE = 1_000


def network_payload(product: Product) -> dict[str, list[int]] | None:
    """
    Pack the pairs of neighbours of the test.

    Grain: one row per pair in.

    Parameters
    ----------
    product
        Finished study.

    Returns
    -------
    network
        ``points``: longitude and latitude of a point inside each village with polygon, in
        thousandths of a degree (about 110 m), one after the other; ``pairs``: positions
        of the two villages, one pair after the other. None where nothing was tested, or for
        more than 1,000 villages.

    Raises
    ------
    KeyError
        A pair names a village without polygon.
    """
    mapped, pairs = product.mapped, product.pockets.neighbors
    if pairs is None or len(mapped) > _MOST_VILLAGES:
        return None
    place = {code: row for row, code in enumerate(mapped.index)}
    ends = np.column_stack(
        [[place[code] for code in pairs[end]] for end in ("village_code", "neighbor_code")]
    )
    inside = mapped.representative_point().to_crs(4326)
    points = np.column_stack([inside.x, inside.y])
    return {
        "points": np.rint(points * _PER_DEGREE).astype(int).ravel().tolist(),
        "pairs": ends.astype(int).ravel().tolist(),
    }
