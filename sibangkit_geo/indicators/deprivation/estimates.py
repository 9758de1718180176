"""Sampling errors of the Alkire-Foster measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.indicators.deprivation.matrix import score_matrix
from sibangkit_geo.indicators.survey import SurveyDesign, SurveyEstimate, survey_estimate

if TYPE_CHECKING:
    import pandas as pd

    from sibangkit_geo.indicators.deprivation.index import DeprivationIndex


@dataclass(frozen=True, slots=True)
class AlkireFosterEstimates:
    """
    The measures with their design-based errors; `survey_change.change` compares two of them.

    `intensity`: Of poor people; nothing where nobody is poor.
    """

    headcount_ratio: SurveyEstimate
    intensity: SurveyEstimate | None
    adjusted_headcount_ratio: SurveyEstimate


def alkire_foster_estimates(
    deprived: pd.DataFrame,
    *,
    index: DeprivationIndex,
    people: pd.Series | None = None,
    design: SurveyDesign | None = None,
) -> AlkireFosterEstimates:
    """
    Estimate headcount, intensity and adjusted headcount with the errors of the survey's design.

    Households that the index leaves out stay in the sample as clusters, but add nobody.
    Grain: one row per household in, one set of estimates out.

    Parameters
    ----------
    deprived, index
        As in `measures.alkire_foster`.
    people
        Members of the household, above 0, without the survey weight; nothing: one each.
    design
        Weights, clusters and strata; nothing: households drawn one by one, all alike.

    Returns
    -------
    estimates
        Each with standard error and interval.

    Raises
    ------
    DataError
        As in `measures.alkire_foster` and `survey.survey_estimate`; or the index keeps
        no household.
    ValueError
        As in `measures.alkire_foster`.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.indicators.deprivation.index import DeprivationIndex, IndexItem
    >>> index = DeprivationIndex((IndexItem("floor", "housing", 1),), cutoff=1)
    >>> homes = pd.DataFrame({"floor": [True, False, False, True]})
    >>> found = alkire_foster_estimates(homes, index=index)
    >>> round(found.headcount_ratio.standard_error, 4)
    0.2887
    """
    homes = score_matrix(deprived, index=index, people=people)
    how = design or SurveyDesign()
    everyone = homes.rows["people"] * homes.scores.kept
    poor = everyone * homes.scores.poor
    score = poor * homes.scores.score

    def estimate(numerator: pd.Series, denominator: pd.Series) -> SurveyEstimate:
        return survey_estimate(
            numerator,
            denominator,
            weight=how.weight,
            cluster=how.cluster,
            stratum=how.stratum,
            level=how.level,
        )

    return AlkireFosterEstimates(
        headcount_ratio=estimate(poor, everyone),
        intensity=estimate(score, poor) if poor.any() else None,
        adjusted_headcount_ratio=estimate(score, everyone),
    )
