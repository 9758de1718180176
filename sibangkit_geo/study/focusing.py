"""From measured villages and pockets to the focus of each agency."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.agencies import FocusInputs, agency_focus
from sibangkit_geo.indicators.deprivation.sums import index_from_sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sibangkit_geo import config
    from sibangkit_geo.tables.public import (
        AgencyNeeds,
        Pockets,
        VillageCounts,
        VillageIndicators,
    )

log = logging.getLogger(__name__)
_CONTRIBUTION = "contribution_"


def focus(
    study: config.Study,
    counts: Sequence[VillageCounts],
    measured: VillageIndicators,
    masked: VillageIndicators,
    pockets: Pockets,
) -> AgencyNeeds:
    """
    Work out what each agency finds in each place, and who leads.

    Parameters
    ----------
    study
        Settings.
    counts
        Tallies of the registers, for the contributions to M0.
    measured, masked
        Village table before and after masking.
    pockets
        Result of the detector.

    Returns
    -------
    needs
        Needs, roles and targeting of regency, districts, pockets and villages.

    Raises
    ------
    ConfigError
        An indicator names an unknown agency.
    """
    internal = study.disclosure.level == "internal"
    inputs = FocusInputs(
        pocket=pockets.members,
        regency=study.study.regency,
        contribution=_contributions(counts, measured, pockets),
        minimum_households=0 if internal else study.disclosure.minimum_households,
    )
    needs = agency_focus(measured, masked, inputs=inputs)
    if needs.roles is not None:
        leads = needs.roles[needs.roles["lead"] & (needs.roles["level"] == "pocket")]
        log.info("focus: %d pockets with a leading agency", len(leads))
    return needs


def _contributions(
    counts: Sequence[VillageCounts], measured: VillageIndicators, pockets: Pockets
) -> dict[tuple[str, str], float]:
    """Work out what each need adds to M0, in pockets and districts."""
    found: dict[tuple[str, str], float] = {}
    pocket = pockets.members.map(lambda number: f"kantong {int(number)}")
    for one in counts:
        if "af_people" not in one.table:
            continue
        sums = one.table.filter(regex="^(af_|censored_)")
        for place in (pocket, measured.villages["district_code"]):
            grouped = sums.groupby(sums.index.map(place.to_dict())).sum()
            index = index_from_sums(grouped).filter(like=_CONTRIBUTION)
            long = index.rename_axis("place").reset_index().melt("place")
            shares = pd.Series(long["value"].to_numpy(), index=long.index)
            found |= {
                (place_name, f"{str(name).removeprefix(_CONTRIBUTION)}_share"): float(share)
                for place_name, name, share in zip(
                    long["place"], long["variable"], shares, strict=True
                )
            }
    return found
