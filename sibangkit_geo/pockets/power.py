"""How strong a pocket must be before a map can show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.pockets.overdispersion import effective_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: separation that four of five planted pockets of the trial had when they were found: 79 % of those
#: of 7 to 9, all above 9 (planted pockets of 3 to 15 villages, 303 villages of Banyuasin)
FOUND_SEPARATION = 8.0
#: sizes that a result tells, villages: from the smallest to the largest of the trial and beyond
TOLD_SIZES = (3, 4, 6, 8, 10, 15, 20, 25)


def smallest_detectable_risk(
    rates: Floats,
    homes: Floats,
    *,
    rho: float,
    n_villages: int,
    separation: float = FOUND_SEPARATION,
) -> float:
    """
    Work out the relative risk from which a pocket would probably be found.

    The separation s = (RR - 1) p sqrt(sum m / (p (1 - p))) of a pocket of middling villages,
    solved for RR; m = N / (1 + rho (N - 1)) are effective households.

    Parameters
    ----------
    rates, homes
        Share poor and households of the villages outside all zones, shape (n,).
    rho
        Intra-village correlation, 0 to 1.
    n_villages
        Villages of the pocket, at least 1.
    separation
        Above 0.

    Returns
    -------
    risk
        Above 1; infinite where more than all households would have to be poor, or nobody is.

    Examples
    --------
    >>> rates, homes = np.full(50, 0.1), np.full(50, 901.0)
    >>> round(smallest_detectable_risk(rates, homes, rho=0.01, n_villages=6), 2)
    2.03
    """
    effective = effective_counts(homes, rho)
    rate = float(np.average(rates, weights=effective)) if len(homes) else 0.0
    if not 0.0 < rate < 1.0:
        return float("inf")
    worth = n_villages * float(np.median(effective))
    risk = 1.0 + separation * float(np.sqrt((1.0 - rate) / (rate * worth)))
    return risk if risk * rate <= 1.0 else float("inf")
