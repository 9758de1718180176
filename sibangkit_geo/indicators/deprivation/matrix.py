"""Matrices of households by indicators: gaps below cut-offs, and flags ready for scoring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.deprivation.scoring import Scores, score_households
from sibangkit_geo.indicators.survey import require_at_least, require_complete

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sibangkit_geo.indicators.deprivation.index import DeprivationIndex
    from sibangkit_geo.indicators.deprivation.scoring import Flags

# label of the only row where no villages are given
ALL = "all"


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
    wrong = [name for name, one in cutoffs.items() if not 0 < one < np.inf or name not in values]
    if wrong or not power >= 0:
        msg = (
            "Every cut-off must be above 0 and have a column, and `power` at least 0; "
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
    gaps = (1 - chosen / pd.Series(cutoffs)).clip(lower=0)
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
        msg = f"No column for {', '.join(lacking)}: use `index.restricted(deprived.columns)`."
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
