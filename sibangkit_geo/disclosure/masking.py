"""Levels of readers, and the small cells that most of them may not see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model.types import Indicator, Note, VillageIndicators

if TYPE_CHECKING:
    import pandas as pd

Level = Literal["public", "partner", "agency", "internal"]
# all of them give the number of the poor away: they are hidden together
_SAME_ESTIMATE = (
    "headcount_ratio",
    "headcount_shrunken",
    "headcount_interval_width",
    "poverty_rate_benchmarked",
)
LEVELS: tuple[Level, ...] = ("public", "partner", "agency", "internal")


@dataclass(frozen=True, slots=True)
class DisclosureSettings:
    """
    The ``[disclosure]`` table of a study.

    Attributes
    ----------
    level
        Whom the products are for; the narrowest content when not said.
    minimum_households
        Counts of 1 to one less than this are masked, at every level but internal.
    """

    level: Level = "public"
    minimum_households: int = 5

    def __post_init__(self) -> None:
        """Check the range."""
        if self.minimum_households < 1:
            msg = "[disclosure] minimum_households must be at least 1."
            raise ConfigError(msg)

    @property
    def smallest(self) -> int:
        """Name the smallest count that is shown; 0 where all are."""
        return 0 if self.level == "internal" else self.minimum_households


@dataclass(frozen=True, slots=True)
class Masked:
    """
    Village indicators as a reader may see them.

    Attributes
    ----------
    measured
        The village table with masked cells emptied.
    cells
        True where a cell was emptied; columns are indicator names.
    """

    measured: VillageIndicators
    cells: pd.DataFrame


def mask(
    measured: VillageIndicators, *, settings: DisclosureSettings, pocket: pd.Series | None = None
) -> Masked:
    """
    Empty cells that count too few households.

    A share is masked together with its count. Where a district or a pocket would have
    one masked village only, its next smallest count is masked as well, since their
    total would give it away.
    Grain: unchanged, one row per village.

    Parameters
    ----------
    measured
        Village table.
    settings
        Level and smallest count.
    pocket
        Pocket number by village code, where totals of pockets are shown.

    Returns
    -------
    masked
        The table for this level, with a note when anything was masked.
    """
    villages = measured.villages.copy()
    names = [one.name for one in measured.indicators]
    cells = villages[names].isna() & False
    if settings.level == "internal":
        return Masked(measured, cells)
    groups = [villages["district_code"]]
    if pocket is not None and len(pocket):
        groups.append(pocket.reindex(villages.index))
    for one in measured.indicators:
        cells[one.name] = _hidden(villages, one, settings.minimum_households, groups)
    twins = [name for name in _SAME_ESTIMATE if name in cells]
    cells[twins] = np.repeat(cells[twins].any(axis=1).to_numpy()[:, None], len(twins), axis=1)
    # where there was no estimate none is hidden; a count is, with or without a share beside it
    bare = [one.name for one in measured.indicators if one.name in twins and not one.count_column]
    cells[bare] &= measured.villages[bare].notna()
    for one in measured.indicators:
        for name in one.detail:
            few = _few_details(measured.villages, one, name, settings.minimum_households)
            few = _with_second(few, measured.villages[name], groups)
            villages.loc[few | cells[one.name], name] = float("nan")
        for name in filter(None, (one.name, one.count_column, *one.same)):
            if name in villages:
                villages[name] = villages[name].mask(cells[one.name])
    count = int(cells.to_numpy().sum())
    notes = measured.notes
    if count:
        text = (
            f"{count} sel disamarkan karena menyangkut kurang dari "
            f"{settings.minimum_households} rumah tangga (atau melindungi sel demikian)."
        )
        notes = (*notes, Note("cells_masked", text, count))
    return Masked(replace(measured, villages=villages, notes=notes), cells)


def _hidden(
    villages: pd.DataFrame, one: Indicator, minimum: int, groups: list[pd.Series]
) -> pd.Series:
    """Tell which cells of one indicator count too few, or would give such a cell away."""
    known = villages[one.count_column or one.name].notna()
    hidden = villages["households"].between(1, minimum - 1) & known
    if not one.count_column:
        return hidden
    count = villages[one.count_column]
    # both the few and the few others: 98 of 100 poor tells as much about the two
    hidden |= _few(count, minimum) | _few(villages[one.base_column] - count, minimum)
    return _with_second(hidden, count.where(known), groups)


def _few_details(villages: pd.DataFrame, one: Indicator, name: str, minimum: int) -> pd.Series:
    """Tell where a further count, those it leaves, or its distance to the main one are few."""
    detail = villages[name]
    apart = (detail - villages[one.count_column]).abs()
    return (
        _few(detail, minimum)
        | _few(villages[one.base_column] - detail, minimum)
        | _few(apart, minimum)
    )


def _few(count: pd.Series, minimum: int) -> pd.Series:
    return count.between(0.5, minimum - 0.5)


def _with_second(hidden: pd.Series, count: pd.Series, groups: list[pd.Series]) -> pd.Series:
    """Hide a second village of each group where one alone could be worked out from the total."""
    hidden = hidden.copy()
    known = count.notna()
    for group in groups:
        alone = hidden[known].groupby(group[known]).sum().eq(1)
        shown = count[known & ~hidden & group.map(alone).eq(True)]
        hidden[shown.groupby(group).idxmin()] = True
    return hidden
