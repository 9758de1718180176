"""How firmly each village stays in its pocket when the settings are other ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.pockets.detector import find_pockets

if TYPE_CHECKING:
    import geopandas as gpd

    from sibangkit_geo.pockets.adjacency import Neighbors
    from sibangkit_geo.pockets.detector import PocketSettings
    from sibangkit_geo.tables.public import Pockets

# enough to tell p of .05 from p of .1; a variant is not printed with a p of its own
_VARIANT_REPLICATES = 99


def variants(settings: PocketSettings) -> tuple[PocketSettings, ...]:
    """
    List other settings that a careful analyst might have chosen.

    Returns: Another neighbor rule (two), half and double the error rate, smaller and larger
        circles, other seeds (two); 99 permutations each.
    """
    rules = [one for one in ("distance", "queen", "nearest") if one != settings.neighbors][:2]
    changed: list[dict[str, object]] = [{"neighbors": one} for one in rules]
    changed += [{"alpha": settings.alpha / 2}, {"alpha": min(2 * settings.alpha, 0.49)}]
    changed += [{"largest_zone": 15}, {"largest_zone": 40}]
    changed += [{"seed": settings.seed + 1}, {"seed": settings.seed + 2}]
    few = min(_VARIANT_REPLICATES, settings.replicates)
    return tuple(replace(settings, **one, replicates=few) for one in changed)  # type: ignore[arg-type]


def with_stability(
    found: Pockets,
    villages: gpd.GeoDataFrame,
    *,
    settings: PocketSettings,
    neighbors: Neighbors | None = None,
) -> Pockets:
    """
    Count in how many variants of the settings each village stays in a pocket.

    Grain: unchanged; the village table gets ``stability`` (share of the variants that put
    the village into a pocket of either grade, 0 to 1) and ``n_variants``.

    Parameters
    ----------
    found
        Result of the detector.
    villages
        What it was found in.
    settings
        What it was found with.
    neighbors
        The study's own graph, where links were added or cut; a variant with another rule
        draws its own.

    Returns
    -------
    pockets
        Unchanged where nothing was tested.

    Raises
    ------
    DataError
        The villages break their contract.
    """
    if not len(found.villages):
        return found
    tried = variants(settings)
    hits = pd.Series(0, index=found.villages.index)
    for one in tried:
        own = neighbors if one.neighbors == settings.neighbors else None
        members = find_pockets(villages, settings=one, neighbors=own).members
        hits[members.index] += 1
    table = found.villages.assign(stability=hits / len(tried), n_variants=len(tried))
    return replace(found, villages=table)
