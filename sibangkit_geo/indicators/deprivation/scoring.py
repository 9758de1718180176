"""Deprivation scores of households: how much of the total weight they are deprived in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.indicators.deprivation.index import TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sibangkit_geo.indicators.deprivation.index import DeprivationIndex

    Flags = Mapping[str, NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Scores:
    """
    Households as an index sees them.

    `kept`: Whether the household is in the index at all, shape (n_households,).
    `poor`: Whether its score reaches the cut-off; False where it is not kept.
    `score`: Share of the weight it is deprived in, 0 to 1; 0 where it is not kept.
    `scale`: What its weights are multiplied with because of unanswered indicators: 1 unless the
        index reweights.
    """

    kept: NDArray[np.bool_]
    poor: NDArray[np.bool_]
    score: NDArray[np.float64]
    scale: NDArray[np.float64]


def score_households(deprived: Flags, known: Flags, *, index: DeprivationIndex) -> Scores:
    """
    Add up the weights of what each household is deprived in.

    Grain: one row per household in, one per household out.

    `deprived`: By indicator; False where it is not known. All indicators of the index.
    `index`: Weights, cut-off and what becomes of unanswered ones.
    Returns: The cut-off is reached within a billionth, since weights are rounded.
    """
    shares = index.shares
    number = len(next(iter(deprived.values())))
    score = np.zeros(number)
    # few items are unanswered: what is missing is taken off rather than added up
    answered = np.ones(number)
    for key, share in shares.items():
        score += (deprived[key] & known[key]) * share
        if not known[key].all():
            answered -= ~known[key] * share
    kept = np.ones(number, dtype=np.bool_)
    scale = np.ones(number)
    if index.missing == "drop":
        kept = answered >= 1 - TOLERANCE
    elif index.missing == "reweight":
        kept = answered >= index.least_known - TOLERANCE
        np.divide(1.0, answered, out=scale, where=kept)
        score *= scale
    score *= kept
    return Scores(kept, kept & (score >= index.cutoff_share - TOLERANCE), score, scale)
