"""The printed profile of a district or a village, in words: every number is another product's."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from sibangkit_geo.model.numerals import numeral, percentage, rupiah
from sibangkit_geo.model.types import Place
from sibangkit_geo.products.changes import signed, wave_changes
from sibangkit_geo.products.promises import PROMISES
from sibangkit_geo.products.sentences import certainty_sentence
from sibangkit_geo.products.standing import Neighbors, measures
from sibangkit_geo.products.villages_by_need import largest_excess, poorest_first
from sibangkit_geo.products.words import place_namer, say

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from sibangkit_geo.agencies.budget import BudgetTables
    from sibangkit_geo.products.changes import WaveChange
    from sibangkit_geo.products.result import Analysis
    from sibangkit_geo.products.sheets import Level, Sheet, Sheets

Row = tuple[str, ...]

# what a sheet of paper has room for
_MEASURES, _OF_DISTRICTS = 6, 5
_NEEDS = {"village": 8, "district": 5}
_PLANNED = {"village": 6, "district": 4}
_FOUND, _PLEDGES, _VILLAGES = 3, 2, 10


@dataclass(frozen=True, slots=True)
class Listed:
    """
    Rows of a table that fit a sheet.

    `more`: What is left out and where it stands; empty where all is there.
    """

    rows: tuple[Row, ...] = ()
    more: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """
    One sheet of paper, in words.

    `code`, `district`: Of the place itself, and of its district.
    `under`: Line under the title.
    `figure`: Poor households: share, number of all, and the size of the place.
    `sentences`: Pockets, who must act, how certain the rate is.
    `standing`: Measures here, around and in the regency, with the rank.
    `plan_lead`: What the plan is for, or that there is none.
    `pledges`: What partners have promised.
    `villages`: Of a district, the poorest first; empty for a village.
    """

    level: Level
    code: str
    name: str
    district: str
    title: str
    under: str
    figure: tuple[str, tuple[str, ...]]
    sentences: tuple[str, ...]
    standing: tuple[Row, ...]
    neighbors: str
    needs: Listed
    plan_lead: str
    plan: Listed
    pledges: tuple[str, ...]
    trend: tuple[str, ...]
    villages: Listed = Listed()


class Profiles:
    """
    Words the profiles of a study; what all of them need is worked out once.

    `budget`: None where the study has none.
    """

    def __init__(self, product: Analysis, budget: BudgetTables | None) -> None:
        self.product = product
        self.villages = product.measured.villages
        self.labels = {one.name: one.label for one in product.measured.indicators}
        self.name_of = place_namer(self.villages, product.found)
        self.measures = measures(product, most=_MEASURES)
        self.near = Neighbors(product, self.measures[0])
        self.largest = largest_excess(product)
        self.changes = wave_changes(product)
        self.rows = {one.before: one.table.to_dict("index") for one in self.changes}
        self.acting = _acting(product)
        self.series = _series(product)
        self.planned = None if budget is None else _by_place(budget.plan.chosen)
        self.plan_of = cache(self._plan_of_village)

    def village(self, sheet: Sheet) -> Profile:
        """Word the profile of a village from its sheet of numbers."""
        row = self.villages.loc[sheet.code]
        district = str(row["district_code"])
        pocket = self.product.found.members.get(sheet.code)
        place = Place("rest", district) if pocket is None else Place("pocket", str(int(pocket)))
        lead, plan = self.plan_of(place)
        kind = "kelurahan" if sheet.code.rpartition(".")[2].startswith("1") else "desa"
        return Profile(
            level="village",
            code=sheet.code,
            name=sheet.name,
            district=district,
            title=say(f"profile_{kind}", name=sheet.name),
            under=say(
                "profile_under", district=row["district_name"], code=sheet.code, **self._study()
            ),
            figure=self._figure(sheet),
            sentences=(
                *filter(None, (*sheet.found, certainty_sentence(row))),
                *self._acting(sheet),
            ),
            standing=tuple(self._standing(sheet.code, district)),
            neighbors=self.near.sentence(sheet.code, sheet.level),
            needs=self._needs(sheet),
            plan_lead=lead,
            plan=plan,
            pledges=self._pledges_of_village(sheet.code, place),
            trend=(*self._change(sheet.code), *self.series),
        )

    def district(self, sheet: Sheet) -> Profile:
        """Word the profile of a district from its sheet of numbers."""
        own = self.villages.index[self.villages["district_code"] == sheet.code]
        lead, plan = self._plan_of_district(sheet.code, own)
        rows = poorest_first(self.product, sheet.code, needs=self.largest)
        return Profile(
            level="district",
            code=sheet.code,
            name=sheet.name,
            district=sheet.code,
            title=say("profile_kecamatan", name=sheet.name),
            under=say("profile_under_district", code=sheet.code, **self._study()),
            figure=self._figure(sheet),
            sentences=(*_first(sheet.found), *self._acting(sheet)),
            standing=tuple(self._standing_of_district(sheet.code)),
            neighbors=self.near.sentence(sheet.code, sheet.level),
            needs=self._needs(sheet),
            plan_lead=lead,
            plan=plan,
            pledges=self._pledges_of_district(own),
            trend=(*self._changes_in(own), *self.series),
            villages=_cut(
                [(one.name, one.poor, one.rate, _mark(one.pocket), one.need) for one in rows],
                _VILLAGES,
                "profile_villages_more",
            ),
        )

    def _study(self) -> dict[str, object]:
        return {"regency": self.product.regency_name, "year": self.product.year}

    def _figure(self, sheet: Sheet) -> tuple[str, tuple[str, ...]]:
        layer = self.product.layers[0]
        one = next((fact for fact in sheet.facts if fact.label == layer.indicator.label), None)
        value = self.measures[0].here(sheet.code, sheet.level)
        unit = layer.indicator.denominator or say("profile_households")
        lines = [layer.indicator.label]
        if one is not None and not math.isnan(one.count):
            counted = {"count": numeral(one.count), "base": numeral(one.base)}
            lines.append(say("profile_key_poor", **counted, unit=unit))
        told = {fact.label: fact.value for fact in sheet.facts}
        households, people = told[say("sheet_households")], told.get(say("sheet_people"))
        if one is None or one.base != households:
            lines.append(say("profile_key_size", number=numeral(households)))
        if people is not None:
            lines.append(say("profile_key_people", number=numeral(people)))
        if sheet.level == "district":
            inside = numeral(told[say("sheet_in_pockets")])
            number = numeral(told[say("sheet_villages")])
            lines.append(say("profile_key_villages", number=number, inside=inside))
        return value, tuple(lines)

    def _acting(self, sheet: Sheet) -> tuple[str, ...]:
        """Say who leads, and name who acts beside: their needs stand in the table."""
        others = self.acting.get(Place(sheet.level, sheet.code), [])
        more = [say("profile_acting", agencies=", ".join(others))] if others else []
        return (*sheet.roles[:1], *more)

    def _standing(self, code: str, district: str) -> Iterable[Row]:
        for one in self.measures:
            here, around = one.here(code, "village"), one.numbers["district"].get(district, "")
            yield (one.label, here, around, one.regency, one.rank(code, "village"))

    def _standing_of_district(self, code: str) -> Iterable[Row]:
        for one in self.measures[:_OF_DISTRICTS]:
            here = one.here(code, "district")
            yield (one.label, here, one.regency, one.rank(code, "district"))

    # ---- needs, plan, pledges

    def _needs(self, sheet: Sheet) -> Listed:
        rows = [
            (
                one.agency,
                one.label,
                say("profile_of", count=numeral(one.unserved), base=numeral(one.asked)),
                say("profile_thin") if math.isnan(one.share) else percentage(one.share),
                _number(one.ratio, 1),
                _number(one.rank),
                ", ".join(self.product.catalogue.movements_for(one.need)) or say("profile_nothing"),
            )
            for one in sheet.needs
        ]
        return _cut(rows, _NEEDS[sheet.level], "profile_needs_more")

    def _plan_of_village(self, place: Place) -> tuple[str, Listed]:
        if self.planned is None:
            return say("profile_no_budget"), Listed()
        own, where = self._chosen([place]), self.name_of(place)
        if own.empty:
            return say("profile_plan_none", place=where), Listed()
        cost = rupiah(float(own["cost"].sum()))
        lead = say("profile_plan_lead", place=where, count=numeral(len(own)), cost=cost)
        return lead, self._plan_rows(own, "village")

    def _plan_of_district(self, code: str, own: pd.Index) -> tuple[str, Listed]:
        if self.planned is None:
            return say("profile_no_budget"), Listed()
        members = self.product.found.members
        numbers = sorted({int(one) for one in members[members.index.isin(own)]})
        places = [*(Place("pocket", str(one)) for one in numbers), Place("rest", code)]
        chosen = self._chosen(places)
        if chosen.empty:
            return say("profile_plan_none", place=self.name_of(Place("district", code))), Listed()
        cost = rupiah(float(chosen["cost"].sum()))
        lead = say("profile_plan_lead_district", count=numeral(len(chosen)), cost=cost)
        return lead, self._plan_rows(chosen, "district")

    def _chosen(self, places: Sequence[Place]) -> pd.DataFrame:
        own = [self.planned[one] for one in places if self.planned and one in self.planned]
        if not own:
            return pd.DataFrame()
        return pd.concat(own).sort_values("households", ascending=False, kind="stable")

    def _plan_rows(self, chosen: pd.DataFrame, level: Level) -> Listed:
        names, most = self.product.catalogue.names, _PLANNED[level]
        rows = []
        for _, one in chosen.head(most).iterrows():
            where = [_where(one["place"])] if level == "district" else []
            rows.append(
                (
                    str(one["year"]), *where, names[one["agency"]], self.labels[one["indicator"]],
                    numeral(one["households"]), rupiah(one["cost"]),
                )
            )  # fmt: skip
        rest = chosen.iloc[most:]
        told = {"count": numeral(len(rest)), "cost": rupiah(float(rest["cost"].sum()))}
        return Listed(tuple(rows), say("profile_plan_more", **told) if len(rest) else "")

    def _pledges_of_village(self, code: str, place: Place) -> tuple[str, ...]:
        lines = self.product.lines
        told = [*lines.get(Place("village", code), ())]
        told += [
            say("profile_pledge_pocket", sentence=one, place=self.name_of(place))
            for one in lines.get(place, ())
        ]
        return _few(told)

    def _pledges_of_district(self, own: pd.Index) -> tuple[str, ...]:
        members = self.product.found.members
        numbers = {str(int(one)) for one in members[members.index.isin(own)]}
        return _few(
            [
                say(
                    "profile_promised",
                    partner=one.name,
                    year=one.year,
                    place=self.name_of(one.place),
                    count=numeral(one.units),
                    label=self.labels[one.indicator],
                )
                for one in sorted(self.product.pledges, key=lambda one: (one.year, one.name))
                if one.place.id in (numbers if one.place.level == "pocket" else own)
            ]
        )

    # ---- trend

    def _change(self, code: str) -> Iterable[str]:
        if not self.changes:
            yield say("profile_no_change")
        for wave in self.changes:
            told = _changed(self.rows[wave.before][code])
            yield say("profile_change", before=wave.before, after=wave.after, told=told)

    def _changes_in(self, own: pd.Index) -> Iterable[str]:
        if not self.changes:
            yield say("profile_no_change")
        for wave in self.changes:
            yield _counted(wave, wave.table.loc[own])


def _changed(change: Mapping[Hashable, Any]) -> str:
    if change["state"] != "ok":
        return say(f"profile_change_{change['state']}")
    direction = "fall" if change["difference"] < 0 else "rise"
    return say(
        "profile_change_value",
        first=percentage(change["before"] / 100),
        last=percentage(change["after"] / 100),
        difference=signed(change["difference"]),
        sure=say(f"profile_change_{direction if change['sure'] else 'same'}"),
    )


def _counted(wave: WaveChange, rows: pd.DataFrame) -> str:
    falls = int((rows["sure"] & rows["difference"].lt(0)).sum())
    rises = int(rows["sure"].sum()) - falls
    ok = int(rows["state"].eq("ok").sum())
    return say(
        "profile_change_district", before=wave.before, after=wave.after, falls=numeral(falls),
        rises=numeral(rises), same=numeral(ok - falls - rises), rest=numeral(len(rows) - ok),
    )  # fmt: skip


def _by_place(chosen: pd.DataFrame) -> dict[Place, pd.DataFrame]:
    return {rows["place"].iloc[0]: rows for _, rows in chosen.groupby("place")}


def _where(place: Place) -> str:
    """Say in a word which part of a district a plan is for."""
    return _mark(place.id) if place.level == "pocket" else say("profile_rest")


def _mark(pocket: str) -> str:
    return say("profile_pocket_mark", number=pocket) if pocket else ""


def _number(value: float, decimals: int = 0) -> str:
    return say("profile_nothing") if math.isnan(value) else numeral(value, decimals)


def _cut(rows: Sequence[Row], most: int, key: str) -> Listed:
    left = len(rows) - most
    return Listed(tuple(rows[:most]), say(key, count=numeral(left)) if left > 0 else "")


def _first(found: Sequence[str]) -> tuple[str, ...]:
    left = len(found) - _FOUND
    more = [say("profile_found_more", count=numeral(left))] if left > 0 else []
    return (*found[:_FOUND], *more)


def _few(told: Sequence[str]) -> tuple[str, ...]:
    if not told:
        return (say("profile_no_pledge"),)
    left = len(told) - _PLEDGES
    more = [say("profile_pledges_more", count=numeral(left), file=PROMISES)] if left > 0 else []
    return (*told[:_PLEDGES], *more)


def _acting(product: Analysis) -> Mapping[Place, list[str]]:
    """Name the agencies that must act in each place beside the one that leads."""
    found: defaultdict[Place, list[str]] = defaultdict(list)
    roles, names = product.focus.roles, product.catalogue.names
    if roles is not None and not roles.empty:
        own = roles[roles["acts"] & ~roles["lead"].astype(bool)]
        for place, agency in own[["place", "agency"]].itertuples(index=False):
            found[place].append(names[agency])
    return found


def _series(product: Analysis) -> tuple[str, ...]:
    """Tell the published figures of the regency, with what is said beside them."""
    if product.series is None:
        return (say("profile_no_series"),)
    first = product.series["series"].iloc[0]
    own = product.series[product.series["series"] == first].dropna(subset=["rate"])
    if own.empty:
        return (say("profile_no_series"),)
    figures = [
        f"{one['year']} {one['text']}{'*' if one['note'] else ''}" for _, one in own.iterrows()
    ]
    noted = own[own["note"] != ""]
    told = say(
        "profile_series",
        area=own["label"].iloc[0],
        source=own["source"].iloc[-1],
        figures="; ".join(figures),
    )
    notes = [
        say("profile_series_note", year=one["year"], note=one["note"])
        for _, one in noted.iterrows()
    ]
    return (told, say("profile_series_notes", notes=" ".join(notes))) if notes else (told,)


def as_profiles(
    product: Analysis, sheets: Sheets, *, budget: BudgetTables | None
) -> dict[str, tuple[Profile, ...]]:
    """
    Word every profile, each district's own first and then those of its villages.

    `sheets`: Numbers of the places to be told of; a village's district is among them.
    `budget`: None where the study has none.
    Returns: By code of the district.
    """
    made = Profiles(product, budget)
    found = {one.code: [made.district(one)] for one in sheets.districts}
    for sheet in sheets.villages:
        one = made.village(sheet)
        found[one.district].append(one)
    return {code: tuple(own) for code, own in found.items()}
