"""Needs of places, who leads where, and where agencies must act together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sibangkit_geo.tables.public import Indicator, VillageIndicators

_COUNTS = ("asked", "deprived", "unserved", "served", "served_not_deprived")
_KEYS = ["place", "agency", "indicator"]


@dataclass(frozen=True, slots=True)
class ActionRule:
    """
    The ``[action]`` table of ``agencies.toml``: when an agency must act in a place.

    Both limits are ours, editable, and printed: they say what is worth a meeting, not
    what is significant.

    `minimum_ratio`: Unserved share over the regency's, at least this.
    `minimum_excess`: Unserved households above the number expected at the regency's share.
    """

    minimum_ratio: float = 1.2
    minimum_excess: float = 10.0

    def __post_init__(self) -> None:
        """Check the limits."""
        if self.minimum_ratio < 1 or self.minimum_excess < 0:
            msg = "[action] minimum_ratio must be at least 1 and minimum_excess at least 0."
            raise ValueError(msg)


def village_needs(measured: VillageIndicators) -> pd.DataFrame:
    """
    List what each agency finds in each village.

    Grain: one row per village in, one row per village, agency and indicator out.

    `measured`: Village table; an indicator counts here when it names an agency and households.
    Returns: ``place`` (village code), ``agency``, ``indicator`` and the households ``asked``
        (whose answer is known), ``deprived``, ``unserved`` (deprived and not served), ``served``
        (deprived or not) and ``served_not_deprived``; the last two are missing where no assistance
        answers the need. Villages without data are absent.
    """
    frames = [
        _need(measured.villages, one)
        for one in measured.indicators
        if one.agency and one.count_column
    ]
    if not frames:
        return pd.DataFrame(columns=[*_KEYS, *_COUNTS])
    return pd.concat(frames, ignore_index=True)


def _need(table: pd.DataFrame, one: Indicator) -> pd.DataFrame:
    known = table[table[one.name].notna() & table[one.count_column].notna()]
    unserved = known[one.count_column].astype(float)
    key = one.count_column.removeprefix("unserved_")
    counted = f"deprived_{key}" in known and one.count_column.startswith("unserved_")
    deprived = known[f"deprived_{key}"].astype(float) if counted else unserved
    served = known[f"served_{key}"].astype(float) if f"served_{key}" in known else float("nan")
    return pd.DataFrame(
        {
            "place": known.index.astype(object),
            "agency": one.agency,
            "indicator": one.name,
            "asked": known[one.base_column].to_numpy(dtype=float),
            "deprived": deprived.to_numpy(),
            "unserved": unserved.to_numpy(),
            "served": served if isinstance(served, float) else served.to_numpy(),
            # of those served, the deprived are the ones that are not unserved
            "served_not_deprived": float("nan")
            if isinstance(served, float)
            else (served - (deprived - unserved)).to_numpy(),
        }
    )


def place_needs(
    needs: pd.DataFrame, place_of: pd.Series, *, regency_needs: pd.DataFrame | None = None
) -> pd.DataFrame:
    """
    Add the needs of villages up to places, and compare each with the regency.

    Grain: one row per village, agency and indicator in; one per place, agency and
    indicator out.

    `place_of`: Place (district, pocket, village itself) of each village code; villages without one
        are left out of the places but stay in the regency's share.
    `regency_needs`: What the regency's share is of, where `needs` lacks villages (masked ones);
        absent: `needs`.
    Returns: Sums of the counts, ``share`` (unserved over asked, 0 to 1), ``expected`` (households
        at the regency's share), ``excess`` (unserved minus expected) and ``ratio`` (share over the
        regency's); missing where nobody was asked.
    """
    everywhere = needs if regency_needs is None else regency_needs
    whole = everywhere.groupby("indicator", sort=False)[["unserved", "asked"]].sum()
    regency = (whole["unserved"] / whole["asked"].where(whole["asked"] > 0)).to_dict()
    placed = needs.assign(place=needs["place"].map(place_of.to_dict()))
    placed = placed[placed["place"].notna()]
    sums = placed.groupby(_KEYS, sort=False)[list(_COUNTS)].sum(min_count=1).reset_index()
    asked = sums["asked"].where(sums["asked"] > 0)
    at_regency = sums["indicator"].map(regency).astype(float)
    share = sums["unserved"] / asked
    expected = asked * at_regency
    return sums.assign(
        share=share,
        expected=expected,
        excess=sums["unserved"] - expected,
        ratio=share / at_regency.where(at_regency > 0),
    )


def with_ranks(needs: pd.DataFrame, *, severity: Mapping[str, float]) -> pd.DataFrame:
    """
    Rank the places of each need by number, by excess and by how severe poverty is there.

    Grain: unchanged, one row per place, agency and indicator of one level.

    `severity`: Multidimensional poverty M0 of each place, 0 to 1; a place may be absent.
    Returns: With ``severity`` and the ranks ``rank_need`` (unserved households), ``rank_excess``
        and ``rank_severity``, 1 for the worst place of the need, equal places alike; missing where
        the number is.
    """
    told = needs.assign(severity=needs["place"].map(dict(severity)).astype(float))
    for name, column in (("need", "unserved"), ("excess", "excess"), ("severity", "severity")):
        by_need = told.groupby("indicator", sort=False)[column]
        told[f"rank_{name}"] = by_need.rank(ascending=False, method="min")
    return told


def agency_roles(
    needs: pd.DataFrame, *, rule: ActionRule, contribution: Mapping[tuple[str, str], float]
) -> pd.DataFrame:
    """
    Say which agencies must act in each place, and which one takes the first step.

    An agency is as concerned as by its most excessive need: adding its needs up would
    put those with many indicators first everywhere.
    Grain: one row per place, agency and indicator in; one per place and agency out.

    `rule`: When an agency must act.
    `contribution`: Share of a place's multidimensional poverty M0 by (place, indicator), shown
        beside the excess; empty where it was not measured.
    Returns: ``place``, ``agency``, ``indicator`` (its most excessive need), ``unserved``,
        ``share``, ``excess``, ``ratio``, ``m0_contribution``, ``acts`` (True where it must),
        ``lead`` (the largest excess above zero: one agency of a place) and ``rank`` (1 for the
        largest excess); places in order of first appearance.
    """
    known = needs[needs["excess"].notna()]
    ranked = known.sort_values(["excess", "agency"], ascending=[False, True], kind="stable")
    best = ranked.drop_duplicates(["place", "agency"])
    acts = (best["ratio"] >= rule.minimum_ratio) & (best["excess"] >= rule.minimum_excess)
    rank = best.groupby("place", sort=False).cumcount() + 1
    keys = zip(best["place"], best["indicator"], strict=True)
    roles = best.assign(
        m0_contribution=[contribution.get(key, float("nan")) for key in keys],
        acts=acts,
        rank=rank,
        lead=(rank == 1) & (best["excess"] > 0),
    )
    order = {place: at for at, place in enumerate(dict.fromkeys(needs["place"]))}
    roles = roles.sort_values("rank", kind="stable")
    roles = roles.sort_values("place", key=lambda one: one.map(order), kind="stable")
    columns = ["place", "agency", "indicator", "unserved", "share", "excess", "ratio"]
    return roles[[*columns, "m0_contribution", "acts", "lead", "rank"]].reset_index(drop=True)


def convergence(roles: pd.DataFrame) -> pd.DataFrame:
    """
    List the places where two or more agencies must act.

    Grain: one row per place and agency in, one row per place out.

    Parameters
    ----------
    roles
        From `agency_roles`.

    Returns
    -------
    convergence
        Indexed by ``place``: ``first`` (agency that takes the first step), ``agencies``
        (all that must act, largest excess first, joined by a space) and ``n_agencies``;
        places where fewer than two must act are absent.

    Raises
    ------
    KeyError
        A column is missing.
    """
    acting = roles[roles["acts"]].sort_values("rank", kind="stable")
    grouped = acting.groupby("place", sort=False)["agency"]
    table = pd.DataFrame(
        {"first": grouped.first(), "agencies": grouped.agg(" ".join), "n_agencies": grouped.size()}
    )
    order = [place for place in dict.fromkeys(roles["place"]) if place in table.index]
    return table.loc[order][table["n_agencies"].reindex(order) > 1]
