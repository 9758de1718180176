"""The focus of every agency: needs by place, who leads where, and how programmes hit their aim."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.agencies.needs import agency_needs
from sibangkit_geo.agencies.places import (
    ActionRule,
    agency_roles,
    place_needs,
    village_needs,
)
from sibangkit_geo.agencies.targeting import targeting_errors
from sibangkit_geo.errors import ConfigError
from sibangkit_geo.tables.numerals import numeral
from sibangkit_geo.tables.public import Indicator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sibangkit_geo.tables.public import AgencyNeeds, VillageIndicators

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
    """

    pocket: pd.Series
    regency: str
    contribution: Mapping[tuple[str, str], float]
    minimum_households: int


def action_rule() -> ActionRule:
    """
    Read the ``[action]`` table of the catalogue.

    Returns
    -------
    rule
        When an agency must act in a place.

    Raises
    ------
    ConfigError
        A key is unknown or a value out of range.
    """
    text = resources.files(__package__).joinpath("agencies.toml").read_text("utf-8")
    try:
        return ActionRule(**tomllib.loads(text).get("action", {}))
    except (TypeError, ValueError) as error:
        msg = f"agencies.toml: {error}"
        raise ConfigError(msg) from error


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
    ConfigError
        An indicator names an unknown agency, or the catalogue's rule is wrong.
    """
    villages = measured.villages
    whole = village_needs(measured)
    own = village_needs(masked)
    rule = action_rule()
    pockets = inputs.pocket.map(lambda number: f"kantong {int(number)}").sort_values()
    groups = {
        "regency": (whole, pd.Series(inputs.regency, index=villages.index)),
        "district": (whole, villages["district_code"]),
        "pocket": (whole, pockets),
        "village": (own, pd.Series(villages.index, index=villages.index)),
    }
    places, roles, targeting = [], [], []
    for level, (needs, place_of) in groups.items():
        # masked villages stay in the share that all are compared with
        found = place_needs(needs, place_of, regency_needs=whole)
        found = _without_few(found, inputs.minimum_households)
        places.append(found.assign(level=level))
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


def with_roles(masked: VillageIndicators, roles: pd.DataFrame | None) -> VillageIndicators:
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
    known = pd.Index(own["place"].unique())
    acting = own[own["acts"]].groupby("place", sort=False)["agency"]
    villages = masked.villages.copy()
    lead = own[own["lead"] & own["acts"]].set_index("place")["agency"]
    villages["lead_agency"] = lead.reindex(villages.index).astype(object)
    villages["acting_agencies"] = acting.agg(" ".join).reindex(villages.index).astype(object)
    number = acting.size().reindex(known, fill_value=0).astype(float)
    villages["n_acting_agencies"] = number.reindex(villages.index)
    source = next(one for one in masked.indicators if one.agency and one.count_column)
    rule = action_rule()
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
