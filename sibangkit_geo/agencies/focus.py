"""The focus of every agency: needs by place, who leads where, and how programmes hit their aim."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.agencies.catalogue import Catalogue, load_catalogue
from sibangkit_geo.agencies.place_needs import (
    agency_needs,
    agency_roles,
    place_needs,
    targeting_errors,
    village_needs,
    with_ranks,
)
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.types import Indicator, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sibangkit_geo.agencies.place_needs import ActionRule
    from sibangkit_geo.model.types import AgencyNeeds, PlaceLevel, VillageIndicators

_PLACE_COUNTS = ["deprived", "unserved", "served", "served_not_deprived"]


@dataclass(frozen=True, slots=True)
class FocusInputs:
    """
    What the focus is worked out from, beside the village table.

    Attributes
    ----------
    pocket
        Pocket number of each village in one.
    regency
        Dotted code.
    contribution
        Share of M0 by (place, indicator); empty where it was not measured.
    minimum_households
        Rows with a count of 1 to one less than this are left out; 0 leaves out none.
    catalogue
        Who does what, and when an agency must act.
    severity
        Multidimensional poverty M0 of each place, 0 to 1; empty where it was not measured.
    """

    pocket: pd.Series
    regency: str
    contribution: Mapping[tuple[Place, str], float]
    minimum_households: int
    catalogue: Catalogue = field(default_factory=load_catalogue)
    severity: Mapping[Place, float] = field(default_factory=dict)


def agency_focus(
    measured: VillageIndicators, masked: VillageIndicators, *, inputs: FocusInputs
) -> AgencyNeeds:
    """
    Work out what each agency finds in the regency, its districts, pockets and villages.

    Sums are taken before masking, villages after it.
    Grain: one row per village in; one per place, agency and indicator out.

    Parameters
    ----------
    measured, masked
        Village table before and after masking.
    inputs
        Pockets, contributions to M0, smallest count.

    Returns
    -------
    needs
        With ``places``, ``roles`` and ``targeting``, each with a column ``level``
        (``regency``, ``district``, ``pocket``, ``village``).

    Raises
    ------
    KeyError
        A column that an indicator names is missing.
    """
    villages = measured.villages
    whole = village_needs(measured)
    own = village_needs(masked)
    rule = inputs.catalogue.action
    groups: dict[PlaceLevel, tuple[pd.DataFrame, pd.Series]] = {
        "regency": (whole, pd.Series(inputs.regency, index=villages.index)),
        "district": (whole, villages["district_code"]),
        "pocket": (whole, inputs.pocket.astype(int).astype(str)),
        "village": (own, pd.Series(villages.index, index=villages.index)),
    }
    places, roles, targeting = [], [], []
    for level, (needs, keys) in groups.items():
        place_of = keys.map(lambda key, level=level: Place(level, key))
        # masked villages stay in the share that all are compared with
        found = place_needs(needs, place_of, regency_needs=whole)
        found = _without_few(found, inputs.minimum_households)
        places.append(with_ranks(found, severity=inputs.severity).assign(level=level))
        targeting.append(targeting_errors(found).assign(level=level))
        if level != "regency":
            made = agency_roles(found, rule=rule, contribution=inputs.contribution)
            roles.append(made.assign(level=level))
    return replace(
        agency_needs(masked),
        places=_with_level(places),
        roles=_with_level(roles),
        targeting=_with_level(targeting),
    )


def _without_few(needs: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Leave out rows that count too few households, or leave too few."""
    counts = needs[_PLACE_COUNTS]
    apart = (needs["deprived"] - needs["unserved"]).abs()
    few = counts.apply(lambda one: one.between(0.5, minimum - 0.5)).any(axis=1)
    few |= apart.between(0.5, minimum - 0.5)
    few |= (needs["asked"] - needs["unserved"]).between(0.5, minimum - 0.5)
    shown: pd.DataFrame = needs[~few]
    return shown


def _with_level(tables: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [one for one in tables if len(one)]
    table = pd.concat(filled or tables[:1], ignore_index=True)
    ordered: pd.DataFrame = table[["level", *table.columns.drop("level")]]
    return ordered


def with_roles(
    masked: VillageIndicators, roles: pd.DataFrame | None, *, rule: ActionRule
) -> VillageIndicators:
    """
    Put beside each village who must act there.

    Grain: unchanged, one row per village; columns ``lead_agency``, ``acting_agencies``
    (keys, largest excess first) and ``n_acting_agencies`` are added.

    Parameters
    ----------
    masked
        Village table after masking.
    roles
        Roles of all levels; None adds nothing.
    rule
        When an agency must act, to be said beside the number.

    Returns
    -------
    villages
        With an indicator of how many agencies must act; a village without any need's
        data has none.

    Raises
    ------
    KeyError
        A column of the roles is missing.
    """
    own = roles[roles["level"] == "village"] if roles is not None else pd.DataFrame()
    if own.empty:
        return masked
    own = own.assign(place=[place.id for place in own["place"]])
    known = pd.Index(own["place"].unique())
    acting = own[own["acts"]].groupby("place", sort=False)["agency"]
    villages = masked.villages.copy()
    lead = own[own["lead"] & own["acts"]].set_index("place")["agency"]
    villages["lead_agency"] = lead.reindex(villages.index).astype(object)
    villages["acting_agencies"] = acting.agg(" ".join).reindex(villages.index).astype(object)
    number = acting.size().reindex(known, fill_value=0).astype(float)
    villages["n_acting_agencies"] = number.reindex(villages.index)
    source = next(one for one in masked.indicators if one.agency and one.count_column)
    indicator = Indicator(
        name="n_acting_agencies",
        label="Konvergensi: jumlah OPD yang harus bertindak",
        unit="count",
        worse="high",
        denominator="",
        agency="",
        source=source.source,
        year=source.year,
        note=(
            f"OPD harus bertindak bila porsi belum terlayani paling sedikit "
            f"{numeral(rule.minimum_ratio, 1)} kali angka kabupaten dan paling sedikit "
            f"{numeral(rule.minimum_excess)} rumah tangga di atasnya."
        ),
    )
    return replace(masked, villages=villages, indicators=(*masked.indicators, indicator))
