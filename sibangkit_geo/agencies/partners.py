"""Partners beside the agencies: which needs each may see, and what it has pledged where."""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal, get_args

import pandas as pd

from sibangkit_geo.agencies.catalogue import NO_DEVICE
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning, nearest
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.toml import build, own_toml
from sibangkit_geo.model.types import Note, Place, Pledge

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sibangkit_geo.model.types import VillageIndicators

PartnerKind = Literal["bank", "csr", "baznas", "other"]
_SHARE = "_share"
# the name of a folder on every system
_KEY = re.compile(rf"{NO_DEVICE}[a-z][a-z0-9_]{{0,39}}")
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class PartnerSettings:
    """
    One ``[[partners]]`` table of a study: a bank, a company or a body that takes part.

    Attributes
    ----------
    key
        Name of its folder, a to z, 0 to 9 and _; how the file of pledges may call it.
    name
        As its page is headed.
    kind
        What it is, for the needs that it sees when `needs` is empty.
    needs
        Keys of the needs that it may see; no other need's data enter its files.
    """

    key: str
    name: str
    kind: PartnerKind
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the key, and that a partner of no known kind says what it may see."""
        if not _KEY.fullmatch(self.key):
            msg = (
                f'[[partners]] "{self.key}": the key is made of up to 40 of a to z, 0 to 9 and _, '
                "and is no name that Windows keeps for itself"
            )
            raise ConfigError(msg)
        named = any(sign.isalnum() for sign in self.name) and self.name.isprintable()
        if not named or len(self.name) > _LONGEST_NAME:
            msg = f'[[partners]] "{self.key}": the name has letters, and at most {_LONGEST_NAME}'
            raise ConfigError(msg)
        if not self.answers:
            msg = f'[[partners]] "{self.key}": say which needs it may see (needs = ["water"])'
            raise ConfigError(msg)

    @property
    def answers(self) -> tuple[str, ...]:
        """Keys of the needs that it may see, each once."""
        keys = self.needs or _kinds()[self.kind]
        return tuple(dict.fromkeys(key.removesuffix(_SHARE) for key in keys))


@dataclass(frozen=True, slots=True)
class _Kind:
    key: PartnerKind
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _KindFile:
    kind: tuple[_Kind, ...]


@cache
def _kinds() -> dict[PartnerKind, tuple[str, ...]]:
    """Read which needs each kind of partner answers."""
    listed = build(_KindFile, own_toml(__package__, "partners.toml"), file="partners.toml").kind
    found = {one.key: one.needs for one in listed}
    if found.keys() != set(get_args(PartnerKind)):
        msg = "partners.toml: every kind stands in it, once."
        raise ConfigError(msg)
    return found


def require_partners(partners: Sequence[PartnerSettings], *, needs: Collection[str]) -> None:
    """
    Refuse partners that stand twice or may see a need that nobody knows.

    `needs`: Keys of every need of the catalogue and of the study.
    Raises ConfigError: All that is wrong is told at once.
    """
    keys = [one.key for one in partners]
    faults = [f'"{key}" stands twice' for key in dict.fromkeys(keys) if keys.count(key) > 1]
    called: dict[str, str] = {key: key for key in keys}
    faults += [
        f'"{one.key}" has the name of another partner'
        for one in partners
        if called.setdefault(_folded(one.name), one.key) != one.key
    ]
    faults += [
        f'"{one.key}" names an unknown need "{key}". {nearest(key, needs)}'
        for one in partners
        for key in one.answers
        if key not in needs
    ]
    if faults:
        msg = f"[[partners]] {'; '.join(faults)}"
        raise ConfigError(msg)


def own_indicators(partner: PartnerSettings, measured: VillageIndicators) -> tuple[str, ...]:
    """
    List the indicators that a partner may see, in the order of the village table.

    Returns: Empty where the data ask for none of its needs.
    """
    return tuple(
        one.name
        for one in measured.indicators
        if one.count_column and one.agency and one.name.removesuffix(_SHARE) in partner.answers
    )


def pledges_of(
    rows: pd.DataFrame,
    partners: Sequence[PartnerSettings],
    measured: VillageIndicators,
    *,
    pocket: pd.Series,
    catalogue: Mapping[str, str],
    year: int,
) -> tuple[tuple[Pledge, ...], tuple[Note, ...]]:
    """
    Find partner, need and place of every pledge.

    A pocket is meant by its number or, where a village stands beside it, as the one that
    holds this village: numbers may change from level to level. Where that village is in no
    pocket, the village is meant, which a note says.
    Grain: one row of the file in, one pledge out.

    Parameters
    ----------
    rows
        ``partner``, ``village``, ``pocket``, ``need`` (text or missing), ``units`` and ``year``
        (whole numbers), indexed by row of the file.
    partners
        Who takes part.
    measured
        Village table, for villages and needs.
    pocket
        Pocket number of each village in one.
    catalogue
        Label by key of every need that data can have.
    year
        Of the study; nothing earlier can be planned.

    Returns
    -------
    pledges
        In the order of the file, each with the households that count.
    notes
        What was left out because the data do not ask it, and where places were not clear.

    Raises
    ------
    DataError
        Rows that name nobody, no need, a need that the partner may not see, no place, or that
        stand twice; all are told at once.
    """
    known = _Known(
        {_folded(name): one for one in partners for name in (one.name, one.key)},
        _needs(measured, catalogue),
        {one.name for one in measured.indicators},
        _villages(measured.villages),
        {str(code): str(int(number)) for code, number in pocket.items()},
        year,
    )
    found = [known.pledge(row) for row in rows.itertuples(index=False)]
    unasked = sum(one is None for one in found)
    faults = pd.Series([one if isinstance(one, str) else "" for one in found], rows.index)
    pledges = pd.Series([one if isinstance(one, Pledge) else None for one in found], rows.index)
    keys = pledges.map(lambda one: one and (one.partner, one.place, one.indicator, one.year))
    faults = faults.mask(keys.notna() & keys.duplicated(keep=False), "stands twice")
    wrong = faults[faults.ne("")]
    if len(wrong):
        told = "; ".join(f"row {row}: {fault}" for row, fault in wrong.head(_TOLD).items())
        msg = f"Pledges that cannot be placed ({told})"
        raise DataError(
            msg,
            rows=rows.loc[wrong.index],
            remedy="Write partner and need as the study does, and a village code or a pocket.",
        )
    placed = with_counts(tuple(pledges.dropna()), measured, pocket=pocket)
    return placed, (*_unasked(unasked), *_unclear(rows, placed, known))


def _unasked(number: int) -> list[Note]:
    if not number:
        return []
    text = (
        f"{numeral(number)} janji mitra tidak ditampilkan: data studi ini tidak menanyakan "
        "kebutuhannya."
    )
    warnings.warn(text, DegradedInputWarning, stacklevel=4)
    return [Note("pledges_unasked", text, number)]


def _unclear(rows: pd.DataFrame, placed: Sequence[Pledge], known: _Known) -> list[Note]:
    """Say which pledges depend on how this run numbers its pockets, and which found none."""
    named = rows["pocket"].map(_folded).ne("")
    beside = rows["village"].map(_folded).map(known.villages.get)
    notes = []
    bare = int((named & beside.isna()).sum())
    if bare and placed:
        text = (
            f"{numeral(bare)} janji mitra hanya menyebut nomor kantong: nomor dapat berbeda pada "
            "tingkat akses lain. Sebut juga satu desanya."
        )
        notes.append(Note("pledges_by_number", text, bare))
    lost = int((named & beside.notna() & ~beside.isin(list(known.pockets))).sum())
    if lost:
        text = (
            f"{numeral(lost)} janji mitra untuk kantong ditempatkan pada desa yang disebut: desa "
            "itu tidak berada di dalam kantong pada tingkat akses ini."
        )
        notes.append(Note("pledges_to_village", text, lost))
    return notes


def with_counts(
    pledges: tuple[Pledge, ...], measured: VillageIndicators, *, pocket: pd.Series
) -> tuple[Pledge, ...]:
    """
    Count of each pledge the households whose need the data have.

    The earlier year goes first, then a village before a pocket, then the order of the file. A
    place is never promised more than it needs, a village in a pocket no more than both do.

    `pocket`: Pocket number of each village in one.
    Returns: In the same order.
    """
    columns = {one.name: one.count_column for one in measured.indicators}
    inside = {
        Place("village", str(code)): Place("pocket", str(int(number)))
        for code, number in pocket.items()
    }
    room: dict[tuple[Place, str], float] = {}
    for need in {one.indicator for one in pledges}:
        for code, count in measured.villages[columns[need]].fillna(0.0).items():
            village = Place("village", str(code))
            for place in {village, inside.get(village, village)}:
                room[place, need] = room.get((place, need), 0.0) + float(count)
    counted = [0] * len(pledges)
    first = sorted(
        range(len(pledges)), key=lambda at: (pledges[at].year, pledges[at].place.level == "pocket")
    )
    for at in first:
        one = pledges[at]
        places = {one.place, inside.get(one.place, one.place)}
        counted[at] = int(min(one.units, *(room[place, one.indicator] for place in places)))
        for place in places:
            room[place, one.indicator] -= counted[at]
    return tuple(replace(one, counted=number) for one, number in zip(pledges, counted, strict=True))


_TOLD = 5


def _needs(measured: VillageIndicators, catalogue: Mapping[str, str]) -> dict[str, str]:
    """Find the indicator of a need by its key, its label or its own name."""
    named = {f"{key}{_SHARE}": label for key, label in catalogue.items()}
    named |= {one.name: one.label for one in measured.indicators if one.count_column and one.agency}
    return {
        _folded(spelling): name
        for name, label in named.items()
        for spelling in (name, name.removesuffix(_SHARE), label)
    }


def _villages(table: pd.DataFrame) -> dict[str, str]:
    """Find a village by its code, dotted or not; by its name alone where no other has it."""
    found = {str(code): str(code) for code in table.index}
    found |= {code.replace(".", ""): code for code in found}
    names = table["name"].map(_folded)
    alone = names[~names.duplicated(keep=False)]
    found |= {name: str(code) for code, name in alone.items()}
    # of two with one name the district decides
    for opened in ("(", "(kec. ", "(kecamatan "):
        whole = names + f" {opened}" + table["district_name"].map(_folded) + ")"
        found |= {name: str(code) for code, name in whole.items()}
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    """What the words of a pledge may mean, each by its folded spelling."""

    partners: Mapping[str, PartnerSettings]
    needs: Mapping[str, str]
    asked: Collection[str]
    villages: Mapping[str, str]
    pockets: Mapping[str, str]
    year: int

    def pledge(self, row: object) -> Pledge | str | None:
        """Read one row; in words what is wrong with it; None where the data lack its need."""
        texts = {name: _folded(getattr(row, name)) for name in ("partner", "need", "village")}
        partner, indicator = self.partners.get(texts["partner"]), self.needs.get(texts["need"])
        place = self._place(texts["village"], _folded(row.pocket))  # type: ignore[attr-defined]
        units, year = int(row.units), int(row.year)  # type: ignore[attr-defined]
        if partner is None or indicator is None or isinstance(place, str):
            if partner is None:
                return "no partner of the study"
            return "no need of the catalogue" if indicator is None else str(place)
        faults = {
            "a need that this partner does not answer": indicator.removesuffix(_SHARE)
            not in partner.answers,
            "a year before the study's": year < self.year,
        }
        wrong = next((fault for fault, found in faults.items() if found), "")
        if wrong or indicator not in self.asked:
            return wrong or None
        return Pledge(partner.key, partner.name, place, indicator, units, year)

    def _place(self, village: str, pocket: str) -> Place | str:
        code = self.villages.get(village)
        if village and code is None:
            return "no village of the regency, or a name that several have"
        if not pocket:
            return Place("village", code) if code else "neither village nor pocket"
        number = pocket.removeprefix("kantong").removeprefix("k").strip()
        if code:
            inside = self.pockets.get(code)
            return Place("pocket", inside) if inside else Place("village", code)
        known = number in set(self.pockets.values())
        return Place("pocket", number) if known else "no pocket of this number"


def _folded(cell: object) -> str:
    """Fold a name as people write it: spaces, capitals, "desa" before it."""
    text = "" if pd.isna(cell) else " ".join(str(cell).split()).casefold()  # type: ignore[call-overload]
    return text.removeprefix("desa ").removeprefix("kelurahan ")


def placed_pledges(pledges: Iterable[Pledge], place_of: pd.Series) -> pd.DataFrame:
    """
    Set what counts of pledges to the places that money is planned for.

    Grain: one pledge in, one row out; pledges of which nothing counts are left out.

    `place_of`: Place (pocket, or the rest of a district) of each village.
    Returns: ``year``, ``partner`` (name), ``place``, ``indicator``, ``households``.
    """
    rows = [
        (
            one.year,
            one.name,
            place_of.loc[one.place.id] if one.place.level == "village" else one.place,
            one.indicator,
            float(one.counted),
        )
        for one in pledges
        if one.counted
    ]
    columns = ["year", "partner", "place", "indicator", "households"]
    return pd.DataFrame(rows, columns=columns).astype({"households": float})


def without_pledged(needs: pd.DataFrame, pledged: pd.DataFrame) -> pd.DataFrame:
    """
    Take what partners serve off what the agencies have to plan, place by place.

    Grain: unchanged, one row per place, agency and indicator.

    `needs`: ``place``, ``indicator``, ``unserved``.
    `pledged`: From `placed_pledges`; no place has more of a need than is in need.
    """
    keys = ["place", "indicator"]
    off = pledged.groupby(keys)["households"].sum()
    less = off.reindex(pd.MultiIndex.from_frame(needs[keys])).fillna(0.0).to_numpy()
    return needs.assign(unserved=(needs["unserved"] - less).clip(lower=0.0))


def contributions(
    needs: pd.DataFrame,
    *,
    planned: pd.DataFrame | None,
    pledged: pd.DataFrame,
    unit_cost: pd.Series,
) -> pd.DataFrame:
    """
    Say where a partner's contribution fits: what is unserved and planned by nobody.

    Grain: one row per place and indicator, where nothing is unserved too.

    Parameters
    ----------
    needs
        ``place``, ``indicator``, ``unserved``, ``share`` (0 to 1); the whole regency, each
        household once.
    planned
        ``place``, ``indicator``, ``households`` that agencies serve under their ceilings; None
        where nothing is known of that.
    pledged
        From `placed_pledges`.
    unit_cost
        Rupiah per household, indexed by indicator; an indicator may be absent.

    Returns
    -------
    fits
        ``place``, ``indicator``, ``unserved``, ``share``, ``planned`` (missing where unknown),
        ``pledged``, ``unplanned``
        (unserved less both, at least 0), ``cost`` (rupiah of what is unplanned; missing where no
        unit cost is known), the largest first.
    """
    keys = ["place", "indicator"]
    told = needs[[*keys, "unserved", "share"]].set_index(keys)
    for name, table in (("planned", planned), ("pledged", pledged)):
        told[name] = math.nan
        if table is not None:
            sums = table.groupby(keys)["households"].sum()
            told[name] = sums.reindex(told.index).fillna(0.0)
    others = told["planned"].fillna(0.0) + told["pledged"]
    told["unplanned"] = (told["unserved"] - others).clip(lower=0.0)
    told = told.reset_index()
    told["cost"] = told["unplanned"] * told["indicator"].map(unit_cost.to_dict()).astype(float)
    order = told.sort_values("place", kind="stable")
    return order.sort_values("unplanned", ascending=False, kind="stable", ignore_index=True)
