"""The focus of every agency: needs by place, who leads where, and how programmes hit their aim."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import norm

from sibangkit_geo.agencies.catalogue import Catalogue, load_catalogue
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.types import AgencyNeeds, Indicator, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sibangkit_geo.agencies.catalogue import ActionRule
    from sibangkit_geo.model.types import PlaceLevel, VillageIndicators


_COLUMNS = ["agency", "indicator", "village_code", "share", "households", "excess"]

_COUNTS = ("asked", "deprived", "unserved", "served", "served_not_deprived")
_KEYS = ["place", "agency", "indicator"]


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
    catalogue
        Who does what, and when an agency must act.
    severity
        Multidimensional poverty M0 of each place, 0 to 1; empty where it was not measured.
    """

    pocket: pd.Series
    regency: str
    contribution: Mapping[tuple[Place, str], float]
    catalogue: Catalogue = field(default_factory=load_catalogue)
    severity: Mapping[Place, float] = field(default_factory=dict)


def agency_focus(measured: VillageIndicators, *, inputs: FocusInputs) -> AgencyNeeds:
    """
    Work out what each agency finds in the regency, its districts, pockets and villages.

    Grain: one row per village in; one per place, agency and indicator out.

    Parameters
    ----------
    measured
        Village table.
    inputs
        Pockets, contributions to M0, catalogue.

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
    rule = inputs.catalogue.action
    groups: dict[PlaceLevel, pd.Series] = {
        "regency": pd.Series(inputs.regency, index=villages.index),
        "district": villages["district_code"],
        "pocket": inputs.pocket.astype(int).astype(str),
        "village": pd.Series(villages.index, index=villages.index),
    }
    places, roles, targeting = [], [], []
    for level, keys in groups.items():
        place_of = keys.map(lambda key, level=level: Place(level, key))
        found = place_needs(whole, place_of)
        if level == "village":
            found = _without_thin(found, villages)
        places.append(with_ranks(found, severity=inputs.severity).assign(level=level))
        targeting.append(targeting_errors(found).assign(level=level))
        if level != "regency":
            made = agency_roles(found, rule=rule, contribution=inputs.contribution)
            roles.append(made.assign(level=level))
    return replace(
        agency_needs(measured),
        places=_with_level(places),
        roles=_with_level(roles),
        targeting=_with_level(targeting),
    )


def _without_thin(needs: pd.DataFrame, villages: pd.DataFrame) -> pd.DataFrame:
    """Empty the shares of villages that too few answered; their counts stay."""
    names = needs["indicator"].unique()
    empty = {name: set(villages.index[villages[name].isna()]) for name in names}
    pairs = zip(needs["place"], needs["indicator"], strict=True)
    thin = pd.Series([place.id in empty[name] for place, name in pairs], needs.index, dtype=bool)
    shares = ["share", "expected", "excess", "ratio"]
    return needs.assign(**{name: needs[name].mask(thin) for name in shares})


def _with_level(tables: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [one for one in tables if len(one)]
    table = pd.concat(filled or tables[:1], ignore_index=True)
    ordered: pd.DataFrame = table[["level", *table.columns.drop("level")]]
    return ordered


def with_roles(
    measured: VillageIndicators, roles: pd.DataFrame | None, *, rule: ActionRule
) -> VillageIndicators:
    """
    Put beside each village who must act there.

    Grain: unchanged, one row per village; columns ``lead_agency``, ``acting_agencies``
    (keys, largest excess first) and ``n_acting_agencies`` are added.

    Parameters
    ----------
    measured
        Village table.
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
        return measured
    own = own.assign(place=[place.id for place in own["place"]])
    known = pd.Index(own["place"].unique())
    acting = own[own["acts"]].groupby("place", sort=False)["agency"]
    villages = measured.villages.copy()
    lead = own[own["lead"] & own["acts"]].set_index("place")["agency"]
    villages["lead_agency"] = lead.reindex(villages.index).astype(object)
    villages["acting_agencies"] = acting.agg(" ".join).reindex(villages.index).astype(object)
    number = acting.size().reindex(known, fill_value=0).astype(float)
    villages["n_acting_agencies"] = number.reindex(villages.index)
    source = next(one for one in measured.indicators if one.agency and one.count_column)
    indicator = Indicator(
        name="n_acting_agencies",
        label="Konvergensi: jumlah OPD yang perlu intervensi",
        unit="count",
        worse="high",
        denominator="",
        agency="",
        source=source.source,
        year=source.year,
        note=(
            f"OPD perlu intervensi bila porsi belum terlayani paling sedikit "
            f"{numeral(rule.minimum_ratio, 1)} kali rata-rata kabupaten dan paling sedikit "
            f"{numeral(rule.minimum_excess)} rumah tangga di atasnya."
        ),
    )
    return replace(measured, villages=villages, indicators=(*measured.indicators, indicator))


def agency_needs(measured: VillageIndicators) -> AgencyNeeds:
    """
    Sort indicators to their agencies and count the households concerned.

    Excess is the households concerned minus those expected at the regency's own
    share (sum over sum).
    Grain: one row per village in, one row per agency, indicator and village out.

    Parameters
    ----------
    measured
        Village table.

    Returns
    -------
    needs
        Villages without data are absent rather than zero. An index has no count.

    Raises
    ------
    KeyError
        A column that an indicator names is missing.
    """
    pages: dict[str, tuple[str, ...]] = {}
    frames = []
    for one in measured.indicators:
        if not one.agency:
            continue
        pages[one.agency] = (*pages.get(one.agency, ()), one.name)
        frames.append(_need(measured, one))
    table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_COLUMNS)
    return AgencyNeeds(table=table[_COLUMNS], indicators=pages)


def _need(measured: VillageIndicators, one: Indicator) -> pd.DataFrame:
    # a village that too few answered has no share, and yet its count is a part of the sum
    told = measured.villages[one.count_column or one.name].notna()
    villages = measured.villages[told]
    count = villages[one.count_column] if one.count_column else pd.Series(dtype=float)
    homes = villages[one.base_column]
    expected = homes * count.sum() / homes.sum() if one.count_column and homes.sum() else None
    return pd.DataFrame(
        {
            "agency": one.agency,
            "indicator": one.name,
            "village_code": villages.index,
            "share": villages[one.name].to_numpy() if one.unit == "percent" else float("nan"),
            "households": count.to_numpy() if one.count_column else float("nan"),
            "excess": (count - expected).to_numpy() if expected is not None else float("nan"),
        }
    )


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
        _village_need(measured.villages, one)
        for one in measured.indicators
        if one.agency and one.count_column
    ]
    if not frames:
        return pd.DataFrame(columns=[*_KEYS, *_COUNTS])
    return pd.concat(frames, ignore_index=True)


def _village_need(table: pd.DataFrame, one: Indicator) -> pd.DataFrame:
    known = table[table[one.count_column].notna() & (table[one.base_column] > 0)]
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


def place_needs(needs: pd.DataFrame, place_of: pd.Series) -> pd.DataFrame:
    """
    Add the needs of villages up to places, and compare each with the regency.

    Grain: one row per village, agency and indicator in; one per place, agency and
    indicator out.

    `place_of`: Place (district, pocket, village itself) of each village code; villages without one
        are left out of the places but stay in the regency's share.
    Returns: Sums of the counts, ``share`` (unserved over asked, 0 to 1), ``expected`` (households
        at the regency's share), ``excess`` (unserved minus expected) and ``ratio`` (share over the
        regency's); missing where nobody was asked.
    """
    whole = needs.groupby("indicator", sort=False)[["unserved", "asked"]].sum()
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


def with_ranks(needs: pd.DataFrame, *, severity: Mapping[Place, float]) -> pd.DataFrame:
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
    needs: pd.DataFrame, *, rule: ActionRule, contribution: Mapping[tuple[Place, str], float]
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


def targeting_errors(needs: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """
    Measure exclusion and inclusion error of each programme, place by place [1]_.

    Meant are the households that the catalogue calls deprived of the programme (its
    eligibility is the need's rule); nobody is named.
    Grain: unchanged, one row per place, agency and indicator whose need a programme serves.

    Parameters
    ----------
    needs
        From `place_needs`.
    level
        Of the intervals, between 0 and 1.

    Returns
    -------
    errors
        ``place``, ``agency``, ``indicator``, ``eligible``, ``excluded`` (eligible and not
        served), ``receiving``, ``included`` (receiving though not eligible), then
        ``exclusion_error`` (excluded over eligible), ``inclusion_error`` (included over
        receiving) and ``leakage`` (included over those not eligible), shares 0 to 1, each
        with ``_low`` and ``_high`` (Wilson's interval [2]_, which takes the households
        of the register as draws from the programme's practice). Missing where nobody is
        in the denominator.

    Raises
    ------
    ValueError
        `level` is not between 0 and 1.

    References
    ----------
    .. [1] Cornia, G. A. & Stewart, F. (1993), Two errors of targeting, Journal of
       International Development 5(5), 459-496.
    .. [2] Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209-212.
    """
    if not 0 < level < 1:
        msg = f"`level` must be between 0 and 1, got {level}."
        raise ValueError(msg)
    known = needs[needs["served"].notna()]
    table = pd.DataFrame(
        {
            "place": known["place"],
            "agency": known["agency"],
            "indicator": known["indicator"],
            "eligible": known["deprived"],
            "excluded": known["unserved"],
            "receiving": known["served"],
            "included": known["served_not_deprived"],
        }
    )
    others = known["asked"] - known["deprived"]
    for name, count, base in (
        ("exclusion_error", table["excluded"], table["eligible"]),
        ("inclusion_error", table["included"], table["receiving"]),
        ("leakage", table["included"], others),
    ):
        low, high = wilson_interval(count.to_numpy(float), base.to_numpy(float), level=level)
        table[name] = count / base.where(base > 0)
        table[f"{name}_low"], table[f"{name}_high"] = low, high
    return table.reset_index(drop=True)


def wilson_interval(
    count: NDArray[np.float64], base: NDArray[np.float64], *, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Bound a share by its own count alone: the score interval [1]_.

    Never outside 0 to 1, and not of width 0 at a count of 0. For simple random samples and
    registers read as such; a clustered survey needs its design effect first.

    Parameters
    ----------
    count, base
        Number concerned and what the share is of, at least 0, shape (n,).
    level
        Confidence, above 0 and below 1.

    Returns
    -------
    low, high
        Shares 0 to 1, shape (n,); missing where `base` is 0.

    References
    ----------
    .. [1] Wilson (1927), Journal of the American Statistical Association 22(158), 209-212.

    Examples
    --------
    >>> low, high = wilson_interval(np.array([0.0]), np.array([10.0]), level=0.95)
    >>> low.item(), round(high.item(), 4)
    (0.0, 0.2775)
    """
    z = norm.ppf((1 + level) / 2)
    n = np.where(base > 0, base, np.nan)
    share = count / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # rounding must not put the share outside its interval
    return np.clip(middle - half, 0, share), np.clip(middle + half, share, 1)
