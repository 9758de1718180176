"""The wording of products: sentences from the catalogue, filled with numbers."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.model.types import CORE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import geopandas as gpd

    from sibangkit_geo.model.types import Place, Pockets

_MONTHS = (
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
)
_P_DECIMALS = 3
# probabilities of belonging are told from here on to villages outside, and no finer than this at
# either end: they are counted in some 4,000 sampled outlines
_TOLD_CHANCE, _FINEST_CHANCE = 0.1, 0.02
# the largest relative risk that the detector tries
_LARGEST_RISK = 50
# districts that a pocket is called after
_NAMED_DISTRICTS = 2
# of the sizes of `Pockets.smallest_risks`, those that a sentence tells
_TOLD_SIZES = (6, 15)
# where more of the villages lie in zones than this, the pattern is told before the pockets
_MUCH = 0.2

_GRADES = {
    "strict": "bukti kuat",
    "indicative": "indikatif",
    "wide": "pola luas, bukan kantong",
}


def told_grades(evidence: pd.Series) -> pd.Series:
    """Word the grades of pockets."""
    return evidence.astype(object).map(lambda one: _GRADES.get(one, one))


@cache
def catalogue() -> Mapping[str, str]:
    """
    Read the Indonesian sentences; those of the annex are keyed ``annex.KEY``.

    Raises FileNotFoundError: The installation is incomplete.
    """
    table = {key: value for key, value in _entries().items() if isinstance(value, str)}
    annex = _entries()["annex"]
    return table | {f"annex.{key}": value for key, value in annex.items()}


@cache
def _entries() -> dict[str, Any]:
    files = ("id.toml", "focus.id.toml", "document.id.toml", "profile.id.toml", "notebook.id.toml",
             "province.id.toml")  # fmt: skip
    tables = [own_toml(__package__, name) for name in files]
    return {key: value for table in tables for key, value in table.items()}


def listing(key: str) -> tuple[str, ...]:
    """Read a list of the catalogue, such as the headings of a table."""
    return tuple(_entries()[key])


def say(key: str, **values: object) -> str:
    """Fill one sentence of the catalogue."""
    return catalogue()[key].format(**values)


def date_words(iso: str) -> str:
    """
    Write a date in Indonesian.

    Parameters
    ----------
    iso
        Date and time as ``2026-11-24T05:00:00+00:00``.

    Returns
    -------
    words
        Such as ``"24 November 2026"``.

    Raises
    ------
    ValueError
        `iso` does not start with a date.

    Examples
    --------
    >>> date_words("2026-11-24T05:00:00+00:00")
    '24 November 2026'
    """
    year, month, day = (int(part) for part in iso[:10].split("-"))
    return f"{day} {_MONTHS[month - 1]} {year}"


def pocket_sentence(number: int, pocket: pd.Series, *, key: str = "pocket") -> str:
    """
    Describe one pocket.

    `pocket`: Its row of ``Pockets.outlines``; where it holds no counts, no rate is told.
    `key`: ``"pocket"``, ``"pocket_line"`` for one short line of paper; ``"wide"`` for a row of
        ``Pockets.wide``, and ``"wide_line"``.
    """
    # a part of a wide pattern has no grade: it is no pocket
    evidence, villages = str(pocket["evidence"]), int(pocket["n_villages"])
    grade = "" if evidence == "wide" else say(f"grade_{evidence}")
    name = numbered_name(number, pocket)
    if "poor" not in pocket:
        return say("pocket_place", name=name, grade=grade, n=villages)
    return say(
        key,
        name=name,
        grade=grade,
        n=villages,
        poor=numeral(pocket["poor"]),
        households=numeral(pocket["households"]),
        rate=percentage(pocket["rate"]),
        risk=risk_words(float(pocket["relative_risk"])),
        interval=risk_interval(pocket),
        p=numeral(pocket["p_value"], _P_DECIMALS),
    )


def numbered_name(number: int, pocket: pd.Series) -> str:
    """Put the number before the name, where it has one: ``"2: Muara Padang"``."""
    name = str(pocket.get("name", ""))
    return say("pocket_name", number=number, name=name) if name else str(number)


def numbered_names(pockets: Pockets) -> dict[int, str]:
    """Name all pockets with their numbers."""
    return {
        int(str(number)): numbered_name(int(str(number)), one)
        for number, one in pockets.outlines.iterrows()
    }


def named_pockets(pockets: Pockets, villages: gpd.GeoDataFrame) -> Pockets:
    """
    Call pockets and wide areas after their districts, the one with most of their villages first.

    Where two would have one name, the village in their middle is told besides.

    `villages`: Indexed by ``village_code``, with ``name``, ``district_name`` and polygons.
    Returns: With a column ``name`` in the outlines of both.
    """
    outlines = pockets.outlines.assign(name=_names(pockets.members, pockets.outlines, villages))
    if pockets.wide is None or pockets.wide_members is None:
        return replace(pockets, outlines=outlines)
    wide = pockets.wide.assign(name=_names(pockets.wide_members, pockets.wide, villages))
    return replace(pockets, outlines=outlines, wide=wide)


def around_pockets(pockets: Pockets, villages: gpd.GeoDataFrame) -> Pockets:
    """
    Call pockets and wide areas after the village in their middle, where districts are unknown.

    `villages`: Indexed like the pockets' members, with ``name`` and polygons.
    Returns: With a column ``name`` in the outlines of both.
    """

    def named(members: pd.Series, outlines: pd.DataFrame) -> list[str]:
        inside = [villages.loc[members.index[members == number]] for number in outlines.index]
        return [say("pocket_near", village=_middle(own)) for own in inside]

    outlines = pockets.outlines.assign(name=named(pockets.members, pockets.outlines))
    if pockets.wide is None or pockets.wide_members is None:
        return replace(pockets, outlines=outlines)
    wide = pockets.wide.assign(name=named(pockets.wide_members, pockets.wide))
    return replace(pockets, outlines=outlines, wide=wide)


def _names(members: pd.Series, outlines: pd.DataFrame, villages: gpd.GeoDataFrame) -> list[str]:
    inside = [villages.loc[members.index[members == number]] for number in outlines.index]
    districts = [listed_districts(own["district_name"].astype(str)) for own in inside]
    twice = {one for one, count in Counter(districts).items() if count > 1}
    named = [
        say("pocket_around", districts=told, village=_middle(own)) if told in twice else told
        for told, own in zip(districts, inside, strict=True)
    ]
    # two villages of one name in two pockets of one district
    return [
        f"{told} {named[:at].count(told) + 1}" if named.count(told) > 1 else told
        for at, told in enumerate(named)
    ]


def listed_districts(districts: Iterable[str]) -> str:
    """
    Name the districts of some villages, the one with most of them first, two at most.

    `districts`: One per village, at least one.
    """
    order = [name for name, _ in sorted(Counter(districts).items(), key=lambda o: (-o[1], o[0]))]
    first, rest = order[:_NAMED_DISTRICTS], len(order) - _NAMED_DISTRICTS
    if rest > 0:
        return say("names_and_more", names=", ".join(first), n=rest)
    return say("names_and", names=", ".join(first[:-1]), last=first[-1]) if first[1:] else first[0]


def _middle(own: gpd.GeoDataFrame) -> str:
    """Find the village in the middle; no count says which, so that a name tells none."""
    middle = own.geometry.union_all().centroid
    return str(own["name"].iloc[int(own.geometry.distance(middle).to_numpy().argmin())])


def risk_words(risk: float) -> str:
    """Write a relative risk; where hardly anybody outside is poor, only that it is large."""
    return say("risk_beyond", n=_LARGEST_RISK) if risk > _LARGEST_RISK else numeral(risk, 1)


def risk_interval(pocket: pd.Series, *, key: str = "risk_interval") -> str:
    """Word the interval of a relative risk; nothing where there is none."""
    low, high = (float(pocket.get(f"relative_risk_{end}", math.nan)) for end in ("low", "high"))
    if not math.isfinite(low) or not math.isfinite(high):
        return ""
    return say(key, low=numeral(low, 1), high=numeral(high, 1))


def wide_sentences(pockets: Pockets, *, key: str = "wide") -> list[str]:
    """
    Describe the parts of a wide pattern, in the order of their numbers; empty without any.

    `key`: ``"wide"``, or ``"wide_line"`` for one short line of paper.
    """
    if pockets.wide is None:
        return []
    return [
        pocket_sentence(int(str(number)), area, key=key) for number, area in pockets.wide.iterrows()
    ]


def result_sentences(pockets: Pockets) -> tuple[str, tuple[str, ...]]:
    """
    Say what the test found, why, and what it cannot see.

    Returns: Reasons and limits; the pockets themselves have `pocket_sentence`.
    """
    if math.isnan(pockets.p_value):
        # why comes last in the detector's notes and first for the reader
        return say("not_tested"), tuple(note.text for note in reversed(pockets.notes))
    rho, alpha = numeral(pockets.overdispersion, 2), percentage(pockets.alpha, 0)
    headline, sentences = _tested(pockets, rho, alpha)
    told, first = _wide(pockets)
    if first:
        headline = f"{say('wide_first')}; {headline[0].lower()}{headline[1:]}"
    return headline, (*told, *sentences)


def _wide(pockets: Pockets) -> tuple[tuple[str, ...], bool]:
    """Say what is part of a wide pattern, and whether that is most of what was found."""
    areas = pockets.wide_villages
    number = sum(map(len, areas.values()))
    if not number:
        return (), False
    told = say("wide_found", n=len(areas), villages=numeral(number))
    share = (number + len(pockets.members)) / len(pockets.villages)
    if share <= _MUCH:
        return (told,), False
    return (say("wide_why", share=percentage(share, 0)), told), True


def _tested(pockets: Pockets, rho: str, alpha: str) -> tuple[str, tuple[str, ...]]:
    """Say what the test found among the pockets, and why."""
    if not len(pockets) and (pockets.wide_villages or pockets.p_value <= pockets.alpha):
        # something was found, and is no pocket: chance is not why
        p_number = numeral(pockets.p_value, _P_DECIMALS)
        return say("no_pocket"), (say("no_pocket_zone", p_number=p_number), power_sentence(pockets))
    if not len(pockets):
        why = say(
            "no_pocket_why",
            p=percentage(pockets.p_value, 0),
            alpha=alpha,
            p_number=numeral(pockets.p_value, 2),
        )
        sentences = (
            why,
            say("no_pocket_rho", rho=rho),
            say("no_pocket_data"),
            power_sentence(pockets),
        )
        return say("no_pocket"), sentences
    strict = int((pockets.outlines["evidence"] == "strict").sum())
    headline = say("some_pockets", n=len(pockets), strict=strict, indicative=len(pockets) - strict)
    why = say("pockets_why", replicates=numeral(pockets.replicates), alpha=alpha, rho=rho)
    return headline, (say("pockets_plain"), why, say("pockets_risk"), power_sentence(pockets))


def power_sentence(pockets: Pockets) -> str:
    """Say from which relative risk on this map would have shown a pocket, for two sizes."""
    sizes = [
        say("power_never", n=size)
        if math.isinf(risk)
        else say("power_size", n=size, risk=numeral(risk, 1))
        for size, risk in pockets.smallest_risks
        if size in _TOLD_SIZES
    ]
    return say("power", sizes=", ".join(sizes)) if sizes else ""


def village_sentence(code: str, pockets: Pockets) -> str:
    """Say for one village whether it lies in a pocket."""
    if code not in pockets.villages.index:
        return say("village_untested")
    if code in pockets.members.index:
        number = int(pockets.members[code])
        own = pockets.outlines.loc[number]
        grade, name = say(f"grade_{own['evidence']}"), numbered_name(number, own)
        said = [say("village_pocket", name=name, grade=grade), _chance(code, pockets)]
    elif pockets.wide_members is not None and code in pockets.wide_members.index:
        said = [say("village_wide", number=int(pockets.wide_members[code]))]
    else:
        said = [say("village_none"), _chance(code, pockets)]
    if "methods" in pockets.villages:
        said += _other_methods(code, pockets.villages, inside=code in pockets.members.index)
    return " ".join(filter(None, said))


def _chance(code: str, pockets: Pockets) -> str:
    """Say how probably a village belongs to a pocket, where that is more than next to nothing."""
    if "membership" not in pockets.villages:
        return ""
    chance = float(pockets.villages["membership"].to_numpy()[pockets.villages.index.get_loc(code)])
    inside = code in pockets.members.index
    if math.isnan(chance) or (not inside and chance < _TOLD_CHANCE):
        return ""
    key = "village_beside" if not inside else "village_core" if chance >= CORE else "village_edge"
    if chance > 1 - _FINEST_CHANCE:
        told = say("chance_above", chance=percentage(1 - _FINEST_CHANCE, 0))
    elif chance < _FINEST_CHANCE:
        told = say("chance_below", chance=percentage(_FINEST_CHANCE, 0))
    else:
        # an edge of .796 is no core of 80 %
        told = percentage(math.floor(100 * chance) / 100, 0)
    return say(key, chance=told)


def _other_methods(code: str, villages: pd.DataFrame, *, inside: bool) -> list[str]:
    """Say what beside the pockets calls the village poor, and how firm its place is."""
    said = []
    row = villages.index.get_loc(code)
    tried = kept = 0
    if "n_variants" in villages:
        tried = int(villages["n_variants"].to_numpy()[row])
        kept = round(float(villages["stability"].to_numpy()[row]) * tried)
    if tried and (inside or kept):
        said.append(say("verdict_stays" if inside else "verdict_enters", kept=kept, tried=tried))
    calls = str(villages["methods"].to_numpy()[row]).split()
    named = [say(f"verdict_{one}") for one in ("local_moran", "gi_star") if one in calls]
    if named:
        key = "verdict_agree" if inside else "verdict_alone"
        said.append(say(key, methods=say("verdict_and").join(named)))
    if "extreme" in calls:
        said.append(say("verdict_extreme"))
    return said


def told_names(villages: pd.DataFrame) -> pd.Series:
    """
    Name villages, those whose name repeats with their district.

    `villages`: With ``name`` and ``district_name``.
    """
    names = villages["name"].astype(str)
    twice = names.duplicated(keep=False)
    told = [
        say("place_village", name=name, district=district) if more else name
        for name, district, more in zip(names, villages["district_name"], twice, strict=True)
    ]
    return pd.Series(told, index=villages.index, dtype=object)


def place_namer(villages: pd.DataFrame, pockets: Pockets) -> Callable[[Place], str]:
    """
    Name pockets, districts, what is left of a district, and villages, these with their district.

    `villages`: Indexed by ``village_code``, with ``name``, ``district_code`` and ``district_name``.
    """
    districts = villages.drop_duplicates("district_code").set_index("district_code")

    def name_of(place: Place) -> str:
        if place.level == "village":
            own = villages.loc[place.id]
            return say("place_village", name=own["name"], district=own["district_name"])
        if place.level == "pocket":
            number = int(place.id)
            return say("place_pocket", name=numbered_name(number, pockets.outlines.loc[number]))
        return say(f"place_{place.level}", name=districts.loc[place.id, "district_name"])

    return name_of
