"""
Alkire-Foster measures of a matrix of deprivations: one row per household, one column each.

Every function takes the same matrix: True, False or missing, with a column for each
indicator of the index. Households count with their people. With `by` there is one row
per village, and a village whose households the index leaves out is absent; without it
there is one row, labelled ``"all"``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError, columns_hint
from sibangkit_geo.indicators.benchmarks import require_same_index
from sibangkit_geo.indicators.deprivation_sums import Scores, score_households
from sibangkit_geo.indicators.needs import relative_shortfall
from sibangkit_geo.stats.survey import (
    SurveyDesign,
    SurveyEstimate,
    require_at_least,
    require_complete,
    survey_estimate,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sibangkit_geo.indicators.deprivation import DeprivationIndex
    from sibangkit_geo.indicators.deprivation_sums import Flags

# label of the only row where no villages are given
ALL = "all"


def deprivation_score(deprived: pd.DataFrame, *, index: DeprivationIndex) -> pd.Series:
    """
    Share of the total weight that each household is deprived in.

    Grain: unchanged, one row per household.

    Parameters
    ----------
    deprived
        True, False or missing; one column per indicator of the index.
    index
        Indicators, weights and cut-off.

    Returns
    -------
    score
        0 to 1, not censored by the cut-off; missing where the index leaves the household out.

    Raises
    ------
    DataError, ValueError
        As in `alkire_foster`.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.indicators.deprivation import DeprivationIndex, IndexItem
    >>> items = (IndexItem("floor", "housing", 1), IndexItem("water", "services", 3))
    >>> homes = pd.DataFrame({"floor": [True, False, True], "water": [False, True, None]})
    >>> deprivation_score(homes, index=DeprivationIndex(items, cutoff=2)).tolist()
    [0.25, 0.75, nan]
    """
    scores = score_matrix(deprived, index=index).scores
    return pd.Series(scores.score, index=deprived.index, name="deprivation_score").where(
        scores.kept
    )


def alkire_foster(
    deprived: pd.DataFrame,
    *,
    index: DeprivationIndex,
    people: pd.Series | None = None,
    by: pd.Series | None = None,
    gaps: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    How many people are poor in many things at once, and in how many of them [1]_.

    Grain: one row per household in, one row per village or one row out.

    Parameters
    ----------
    deprived
        True, False or missing; one column per indicator of the index.
    index
        Indicators, weights and cut-off.
    people
        People that the row stands for, above 0: members, times the survey weight if
        there is one; nothing: one each.
    by
        Village code; nothing: all together.
    gaps
        How far below the cut-off the household is, 0 to 1, columns as in `deprived`
        (`normalised_gaps`); nothing: no measures of depth.

    Returns
    -------
    measures
        ``households`` and ``people`` that the index keeps; ``headcount_ratio`` (H),
        ``intensity`` (A, missing where nobody is poor), ``adjusted_headcount_ratio``
        (M0 = H x A); with `gaps` ``adjusted_poverty_gap`` (M1) and
        ``adjusted_squared_gap`` (M2). Shares from 0 to 1.

    Raises
    ------
    DataError
        A flag is neither true nor false, people or `by` are missing, a gap is missing
        where the household is deprived or is outside 0 to 1, or there is no row.
    ValueError
        An indicator has no column, or the rows are indexed differently.

    References
    ----------
    .. [1] Alkire & Foster (2011), Journal of Public Economics 95(7-8), 476-487.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.indicators.deprivation import DeprivationIndex, IndexItem
    >>> items = (IndexItem("floor", "housing", 1), IndexItem("water", "services", 1))
    >>> homes = pd.DataFrame({"floor": [True, False], "water": [True, False]})
    >>> found = alkire_foster(homes, index=DeprivationIndex(items, 1), people=pd.Series([1, 3]))
    >>> found["adjusted_headcount_ratio"].item()
    0.25
    """
    homes = score_matrix(deprived, index=index, people=people, by=by)
    persons, scores = homes.persons, homes.scores
    columns = {
        "households": np.ones(len(persons)),
        "people": persons,
        "poor": persons * scores.poor,
        "m0": persons * scores.poor * scores.score,
    }
    if gaps is not None:
        depth = _checked_gaps(gaps, homes)
        for name, power in (("m1", 1), ("m2", 2)):
            parts = homes.parts(index, {key: one**power for key, one in depth.items()})
            columns[name] = np.sum(list(parts.values()), axis=0)
    sums = homes.sums(columns)
    found = {
        "households": sums["households"].astype("int64"),
        "people": sums["people"],
        "headcount_ratio": sums["poor"] / sums["people"],
        "intensity": sums["m0"] / sums["poor"].where(sums["poor"] > 0),
        "adjusted_headcount_ratio": sums["m0"] / sums["people"],
    }
    for name, column in (("m1", "adjusted_poverty_gap"), ("m2", "adjusted_squared_gap")):
        if name in sums:
            found[column] = sums[name] / sums["people"]
    return pd.DataFrame(found)


def uncensored_headcounts(
    deprived: pd.DataFrame,
    *,
    index: DeprivationIndex,
    people: pd.Series | None = None,
    by: pd.Series | None = None,
) -> pd.DataFrame:
    """
    Share of people deprived in each indicator, poor or not.

    Grain: one row per household in, one row per village or one row out.

    Parameters
    ----------
    deprived, index, people, by
        As in `alkire_foster`.

    Returns
    -------
    headcounts
        0 to 1, one column per indicator; of the people whom the index keeps, and under
        ``"reweight"`` of those whose answer is known.

    Raises
    ------
    DataError, ValueError
        As in `alkire_foster`.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.indicators.deprivation import DeprivationIndex, IndexItem
    >>> items = (IndexItem("floor", "housing", 1), IndexItem("water", "services", 1))
    >>> homes = pd.DataFrame({"floor": [True, False], "water": [True, True]})
    >>> uncensored_headcounts(homes, index=DeprivationIndex(items, 2)).iloc[0].tolist()
    [0.5, 1.0]
    """
    homes = score_matrix(deprived, index=index, people=people, by=by)
    return _headcounts(homes, index, homes.scores.kept)


def censored_headcounts(
    deprived: pd.DataFrame,
    *,
    index: DeprivationIndex,
    people: pd.Series | None = None,
    by: pd.Series | None = None,
) -> pd.DataFrame:
    """
    Share of people who are poor and deprived in each indicator.

    Their weighted sum is the adjusted headcount ratio, unless the index reweights.
    Grain: one row per household in, one row per village or one row out.

    Parameters
    ----------
    deprived, index, people, by
        As in `alkire_foster`.

    Returns
    -------
    headcounts
        0 to 1, one column per indicator; base as in `uncensored_headcounts`.

    Raises
    ------
    DataError, ValueError
        As in `alkire_foster`.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.indicators.deprivation import DeprivationIndex, IndexItem
    >>> items = (IndexItem("floor", "housing", 1), IndexItem("water", "services", 1))
    >>> homes = pd.DataFrame({"floor": [True, False], "water": [True, True]})
    >>> censored_headcounts(homes, index=DeprivationIndex(items, 2)).iloc[0].tolist()
    [0.5, 0.5]
    """
    homes = score_matrix(deprived, index=index, people=people, by=by)
    return _headcounts(homes, index, homes.scores.poor)


def _headcounts(homes: Homes, index: DeprivationIndex, counted: NDArray[np.bool_]) -> pd.DataFrame:
    persons = homes.persons
    every = np.ones(len(persons), dtype=np.bool_)
    found = {}
    for key in index.shares:
        base = homes.known[key] if index.missing == "reweight" else every
        columns = {"part": persons * counted * homes.deprived[key], "base": persons * base}
        sums = homes.sums(columns)
        found[key] = sums["part"] / sums["base"].where(sums["base"] > 0)
    return pd.DataFrame(found)


def _checked_gaps(gaps: pd.DataFrame, homes: Homes) -> dict[str, NDArray[np.float64]]:
    require_same_index(deprived=homes.rows, gaps=gaps)
    lacking = [key for key in homes.deprived if key not in gaps]
    if lacking:
        hint = columns_hint(lacking, gaps.columns)
        msg = f"`gaps` has no column for {', '.join(lacking)}. {hint}"
        raise ValueError(msg)
    chosen = gaps[list(homes.deprived)].astype("float64")
    asked = pd.DataFrame(dict(homes.deprived), index=gaps.index)
    bad = asked & ~((chosen >= 0) & (chosen <= 1))
    if bad.to_numpy().any():
        msg = "A household is deprived but its gap is missing or outside 0 to 1"
        remedy = "Make flags and gaps from the same values, with `normalised_gaps`."
        raise DataError(msg, rows=chosen[bad.any(axis=1)], remedy=remedy)
    return {key: chosen[key].fillna(0.0).to_numpy() for key in homes.deprived}


@dataclass(frozen=True, slots=True)
class Homes:
    """
    Household rows that have been checked and scored.

    `deprived`, `known`: Flags by indicator; `deprived` is False where it is not known.
    `rows`: ``people`` and ``place`` of every household.
    """

    deprived: Flags
    known: Flags
    scores: Scores
    rows: pd.DataFrame

    @property
    def persons(self) -> NDArray[np.float64]:
        """People of every household."""
        return self.rows["people"].to_numpy(dtype=np.float64)

    def parts(
        self, index: DeprivationIndex, amounts: Mapping[str, NDArray[np.float64]] | None = None
    ) -> dict[str, NDArray[np.float64]]:
        """Weigh what the poor are deprived in, times its amount (nothing: 1) and their people."""
        persons = self.persons * self.scores.poor * self.scores.scale
        return {
            key: persons * share * self.deprived[key] * (1.0 if amounts is None else amounts[key])
            for key, share in index.shares.items()
        }

    def sums(self, columns: Mapping[str, NDArray[np.floating]]) -> pd.DataFrame:
        """Add amounts up over the households kept, place by place."""
        kept = self.scores.kept
        table = pd.DataFrame(dict(columns), index=self.rows.index)[kept]
        place = self.rows["place"][kept].rename("village_code")
        return table.groupby(place, observed=True).sum()


def normalised_gaps(
    values: pd.DataFrame, *, cutoffs: Mapping[str, float], power: float = 1.0
) -> pd.DataFrame:
    """
    Measure how far each value is below its cut-off, as a share of the cut-off.

    A value at or above its cut-off has no gap. Power 0 gives flags, 1 gaps, 2 squared
    gaps, as in the matrices of Alkire & Foster [1]_.
    Grain: unchanged, one row per household.

    Parameters
    ----------
    values
        Achievements, at least 0, more is better, one column per indicator.
    cutoffs
        By column, above 0; columns without one are left out.
    power
        At least 0.

    Returns
    -------
    gaps
        0 to 1, columns in the order of `cutoffs`, missing where the value is.

    Raises
    ------
    DataError
        A value is negative or infinite.
    ValueError
        A cut-off is not above 0 or has no column, or `power` is negative.

    References
    ----------
    .. [1] Alkire & Foster (2011), Journal of Public Economics 95(7-8), 476-487.

    Examples
    --------
    >>> import pandas as pd
    >>> values = pd.DataFrame({"schooling": [7.0, 12.0, None]})
    >>> normalised_gaps(values, cutoffs={"schooling": 12.0}, power=0)["schooling"].tolist()
    [1.0, 0.0, nan]
    """
    lacking = [name for name in cutoffs if name not in values]
    if lacking:
        hint = columns_hint(lacking, values.columns)
        msg = f"`values` has no column for the cut-off of {', '.join(lacking)}. {hint}"
        raise ValueError(msg)
    wrong = [name for name, one in cutoffs.items() if not 0 < one < np.inf]
    if wrong or not power >= 0:
        msg = (
            "Every cut-off must be above 0, and `power` at least 0; "
            f"wrong: {wrong}, `power` {power}."
        )
        raise ValueError(msg)
    chosen = values[list(cutoffs)].astype("float64")
    bad = (chosen < 0) | np.isinf(chosen)
    if bad.to_numpy().any():
        names = ", ".join(f"`{name}`" for name in chosen.columns[bad.any()])
        msg = f"Negative or infinite values in {names}"
        raise DataError(
            msg, rows=chosen[bad.any(axis=1)], remedy="Correct them or leave them empty."
        )
    gaps: pd.DataFrame = relative_shortfall(chosen, pd.Series(cutoffs))
    return (gaps**power).where((gaps > 0) | gaps.isna(), 0.0).where(chosen.notna())


def score_matrix(
    deprived: pd.DataFrame,
    *,
    index: DeprivationIndex,
    people: pd.Series | None = None,
    by: pd.Series | None = None,
) -> Homes:
    """
    Check a matrix of flags with its people and villages, and score it.

    Grain: unchanged, one row per household.

    `deprived`: True, False or missing; one column per indicator of the index.
    `index`: Indicators, weights and cut-off.
    `people`: People that the row stands for, above 0; nothing: one each.
    `by`: Village code; nothing: all together.
    Returns: Flags, scores, people and places.
    Raises DataError: A flag is neither true nor false, people or `by` are missing, or there is no
        row.
    Raises ValueError: An indicator has no column, or the rows are indexed differently.
    """
    lacking = index.lacking(list(deprived.columns))
    if lacking:
        hint = columns_hint(lacking, deprived.columns)
        msg = (
            f"No column for {', '.join(lacking)}: use `index.restricted(deprived.columns)`. {hint}"
        )
        raise ValueError(msg)
    given = {
        "people": pd.Series(1.0, index=deprived.index) if people is None else people,
        "place": pd.Series(ALL, index=deprived.index) if by is None else by,
    }
    if not all(one.index.equals(deprived.index) for one in given.values()):
        msg = "`deprived`, `people` and `by` are indexed differently."
        raise ValueError(msg)
    rows = require_complete(given)
    require_at_least(rows["people"], least=0, above=True)
    flags = {key: _flag(deprived[key], key) for key in index.shares}
    known = {key: one.notna().to_numpy(dtype=np.bool_) for key, one in flags.items()}
    held = {key: one.fillna(value=False).to_numpy(dtype=np.bool_) for key, one in flags.items()}
    return Homes(held, known, score_households(held, known, index=index), rows)


def _flag(column: pd.Series, key: str) -> pd.Series:
    bad = column[column.notna() & ~column.isin([True, False])]
    if len(bad):
        msg = f"`{key}` must be true, false or missing"
        raise DataError(msg, rows=bad.to_frame(), remedy="Make flags of it first.")
    return column.astype("boolean")


def contributions(
    deprived: pd.DataFrame,
    *,
    index: DeprivationIndex,
    people: pd.Series | None = None,
    by: pd.Series | None = None,
    of: Literal["indicator", "dimension"] = "indicator",
) -> pd.DataFrame:
    """
    Share of the adjusted headcount ratio that each indicator or dimension makes up.

    Grain: one row per household in, one row per village or one row out.

    Parameters
    ----------
    deprived, index, people, by
        As in `measures.alkire_foster`.
    of
        What the columns are.

    Returns
    -------
    contributions
        0 to 1, adding up to 1 in each row; missing where nobody is poor.

    Raises
    ------
    DataError, ValueError
        As in `measures.alkire_foster`.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.indicators.deprivation import DeprivationIndex, IndexItem
    >>> items = (IndexItem("floor", "housing", 1), IndexItem("water", "services", 3))
    >>> homes = pd.DataFrame({"floor": [True, False], "water": [True, False]})
    >>> contributions(homes, index=DeprivationIndex(items, 2), of="dimension").iloc[0].tolist()
    [0.25, 0.75]
    """
    homes = score_matrix(deprived, index=index, people=people, by=by)
    sums = homes.sums(homes.parts(index))
    if of == "dimension":
        groups = index.dimensions.items()
        sums = pd.DataFrame({name: sums[list(keys)].sum(axis=1) for name, keys in groups})
    whole = sums.sum(axis=1)
    return sums.div(whole.where(whole > 0), axis=0)


def place_contributions(
    deprived: pd.DataFrame,
    *,
    index: DeprivationIndex,
    by: pd.Series,
    people: pd.Series | None = None,
) -> pd.Series:
    """
    Share of everybody's adjusted headcount ratio that each village makes up.

    Grain: one row per household in, one row per village out.

    Parameters
    ----------
    deprived, index, people, by
        As in `measures.alkire_foster`.

    Returns
    -------
    contribution
        0 to 1, adding up to 1; missing where nobody is poor.

    Raises
    ------
    DataError, ValueError
        As in `measures.alkire_foster`.

    Examples
    --------
    >>> import pandas as pd
    >>> from sibangkit_geo.indicators.deprivation import DeprivationIndex, IndexItem
    >>> homes = pd.DataFrame({"floor": [True, True, True, False]})
    >>> index = DeprivationIndex((IndexItem("floor", "housing", 1),), cutoff=1)
    >>> village = pd.Series(["16.07.01.2001"] * 2 + ["16.07.01.2002"] * 2)
    >>> place_contributions(homes, index=index, by=village).round(3).tolist()
    [0.667, 0.333]
    """
    homes = score_matrix(deprived, index=index, people=people, by=by)
    scores = homes.scores
    poor = homes.sums({"contribution": homes.persons * scores.poor * scores.score})["contribution"]
    whole = float(poor.sum())
    return poor / (whole if whole > 0 else np.nan)


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
    >>> from sibangkit_geo.indicators.deprivation import DeprivationIndex, IndexItem
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
