"""From measured villages and pockets to the focus of each agency."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sibangkit_geo.agencies import FocusInputs, agency_focus
from sibangkit_geo.indicators.deprivation.sums import index_from_sums

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from sibangkit_geo import config
    from sibangkit_geo.agencies import Catalogue
    from sibangkit_geo.tables.public import (
        AgencyNeeds,
        Pockets,
        VillageCounts,
        VillageIndicators,
    )

log = logging.getLogger(__name__)
_CONTRIBUTION = "contribution_"
_M0 = "multidimensional_poverty"


def focus(
    study: config.Study,
    counts: Sequence[VillageCounts],
    measures: tuple[VillageIndicators, VillageIndicators],
    pockets: Pockets,
    catalogue: Catalogue,
) -> AgencyNeeds:
    """
    Work out what each agency finds in each place, and who leads.

    `counts`: Tallies of the registers, for the contributions to M0.
    `measures`: Village table before and after masking.
    """
    measured, masked = measures
    pocket = pockets.members.map(lambda number: f"kantong {int(number)}")
    groups = (pocket, measured.villages["district_code"])
    contribution: dict[tuple[str, str], float] = {}
    severity = _village_severity(masked)
    for place in groups:
        contribution |= _contributions(counts, place)
        severity |= severity_of(counts, place)
    inputs = FocusInputs(
        pocket=pockets.members,
        regency=study.study.regency,
        contribution=contribution,
        minimum_households=study.disclosure.smallest,
        catalogue=catalogue,
        severity=severity,
    )
    needs = agency_focus(measured, masked, inputs=inputs)
    if needs.roles is not None:
        leads = needs.roles[needs.roles["lead"] & (needs.roles["level"] == "pocket")]
        log.info("focus: %d pockets with a leading agency", len(leads))
    return needs


def severity_of(counts: Sequence[VillageCounts], place: pd.Series) -> dict[str, float]:
    """
    Work out multidimensional poverty M0 of places.

    Grain: one row per village in, one number per place out.

    Returns: 0 to 1 by place; empty where no register asks the items of the index.
    """
    found: dict[str, float] = {}
    for index in _indexes(counts, place):
        m0 = index["adjusted_headcount_ratio"].dropna()
        found |= {str(name): float(value) for name, value in m0.items()}
    return found


def _indexes(counts: Sequence[VillageCounts], place: pd.Series) -> Iterator[pd.DataFrame]:
    for one in counts:
        if "af_people" in one.table:
            sums = one.table.filter(regex="^(af_|censored_)")
            yield index_from_sums(sums.groupby(sums.index.map(place.to_dict())).sum())


def _village_severity(masked: VillageIndicators) -> dict[str, float]:
    """Read M0 of the villages that show it."""
    if _M0 not in masked.villages:
        return {}
    shown = masked.villages[_M0].dropna()
    return {str(code): float(value) for code, value in shown.items()}


def _contributions(
    counts: Sequence[VillageCounts], place: pd.Series
) -> dict[tuple[str, str], float]:
    """Work out what each need adds to M0 of places."""
    found: dict[tuple[str, str], float] = {}
    for index in _indexes(counts, place):
        parts = index.filter(like=_CONTRIBUTION)
        for column in parts:
            name = f"{str(column).removeprefix(_CONTRIBUTION)}_share"
            found |= {(str(at), name): float(value) for at, value in parts[column].items()}
    return found
