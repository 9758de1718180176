"""Sheets of numbers of one district or one village, for pages, annex and tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from sibangkit_geo.model.types import Place
from sibangkit_geo.products.sentences import role_sentences
from sibangkit_geo.products.words import (
    pocket_sentence,
    say,
    village_sentence,
    wide_sentences,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sibangkit_geo.products.classes import Layer
    from sibangkit_geo.products.result import Analysis

Level = Literal["district", "village"]
_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Fact:
    """
    One number of a place.

    `value`: Here; per cent for shares; missing without data.
    `unit`: ``"percent"``, ``"count"`` or ``"index"``.
    `regency`: In the whole regency, same unit; missing where there is none.
    `count`, `base`: Number concerned and what the share is of; missing where there is none.
    `source`, `year`: Of the data; empty and 0 for plain counts.
    """

    label: str
    value: float
    unit: str
    regency: float = _NAN
    count: float = _NAN
    base: float = _NAN
    source: str = ""
    year: int = 0
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class NeedLine:
    """
    One need of a place: households ``deprived`` and ``unserved`` out of ``asked``.

    ``share`` (0 to 1) is unserved over asked, ``ratio`` the share over the regency's,
    ``rank`` 1 for the place with the largest excess of its level; missing where unknown.

    `need`: Name of its indicator.
    """

    agency: str
    label: str
    need: str
    asked: float
    deprived: float
    unserved: float
    share: float
    ratio: float
    rank: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """
    Numbers of one place.

    `found`: Pockets, in sentences.
    `roles`: Who must act, in sentences.
    """

    level: Level
    code: str
    name: str
    facts: tuple[Fact, ...]
    needs: tuple[NeedLine, ...]
    found: tuple[str, ...]
    roles: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say first what was found, then who must act."""
        return (*self.found, *self.roles)


@dataclass(frozen=True, slots=True)
class Sheets:
    """Of every district, by code, and of every village, in the order of the official list."""

    districts: tuple[Sheet, ...]
    villages: tuple[Sheet, ...]


def every_sheet(product: Analysis) -> Sheets:
    """Gather the numbers of every district and every village, once for all that tell them."""
    return Sheets(district_sheets(product), village_sheets(product))


def district_sheets(product: Analysis) -> tuple[Sheet, ...]:
    """
    Gather the numbers of every district.

    Grain: one row per village in, one sheet per district out.

    Returns: By code. A district without data has counts of zero and missing shares.
    """
    villages = product.measured.villages
    sheets = []
    for code, own in villages.groupby("district_code"):
        facts = [
            *_counts(own, product),
            *(
                _district_fact(one, str(code))
                for one in product.layers
                if one.indicator.count_column
            ),
        ]
        sheets.append(
            Sheet(
                "district", str(code), str(own["district_name"].iloc[0]), tuple(facts),
                _needs(product, "district", str(code)),
                tuple(_pockets(own, product)),
                tuple(_roles(product, "district", str(code))),
            )
        )  # fmt: skip
    return tuple(sheets)


def village_sheets(product: Analysis) -> tuple[Sheet, ...]:
    """
    Gather the numbers of every village.

    Grain: one row per village in, one sheet per village out.

    Returns: In the order of the official list; villages without polygon have no indicators.
    """
    needs = _by_place(product, "village")
    every = product.focus.roles
    own = None if every is None or every.empty else every[every["level"] == "village"]
    roles = {} if own is None else {str(place): rows for place, rows in own.groupby("place")}
    return tuple(
        Sheet(
            "village", str(code), str(row["name"]),
            (*_village_counts(row), *_village_facts(row, product)),
            needs.get(str(code), ()),
            (village_sentence(str(code), product.found),),
            tuple(_said(roles.get(str(code)), product)),
        )
        for code, row in product.measured.villages.iterrows()
    )  # fmt: skip


def sheet_table(sheets: Iterable[Sheet]) -> pd.DataFrame:
    """
    List the numbers of sheets.

    Grain: one row per number.

    Returns: ``kode``, ``nama``, ``opd`` (empty for facts), ``ukuran``, ``nilai``, ``satuan``,
        ``jumlah``, ``penyebut``, ``kabupaten`` (facts) or ``kali_kabupaten`` (needs),
        ``peringkat_kelebihan``, ``sumber``, ``tahun``; shares in per cent.
    """
    units = {"percent": "persen", "count": "jumlah", "index": "indeks"}
    rows: list[dict[str, object]] = []
    for sheet in sheets:
        place = {"kode": sheet.code, "nama": sheet.name}
        rows += [
            place
            | {"opd": "", "ukuran": one.label, "nilai": one.value, "satuan": units[one.unit],
               "jumlah": one.count, "penyebut": one.base, "kabupaten": one.regency,
               "sumber": one.source, "tahun": one.year or pd.NA}
            for one in sheet.facts
        ]  # fmt: skip
        rows += [
            place
            | {"opd": one.agency, "ukuran": f"Belum terlayani: {one.label}",
               "nilai": one.share * 100, "satuan": "persen", "jumlah": one.unserved,
               "penyebut": one.asked, "kali_kabupaten": one.ratio,
               "peringkat_kelebihan": one.rank}
            for one in sheet.needs
        ]  # fmt: skip
    columns = ["kode", "nama", "opd", "ukuran", "nilai", "satuan", "jumlah", "penyebut",
               "kabupaten", "kali_kabupaten", "peringkat_kelebihan", "sumber", "tahun"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _counts(own: pd.DataFrame, product: Analysis) -> list[Fact]:
    inside = own.index.isin(product.found.members.index)
    return [
        Fact(say("sheet_villages"), float(len(own)), "count"),
        Fact(say("sheet_villages_data"), float((own["status"] == "ok").sum()), "count"),
        Fact(say("sheet_in_pockets"), float(inside.sum()), "count"),
        Fact(say("sheet_households"), float(own["households"].sum()), "count"),
        *([Fact(say("sheet_people"), float(own["people"].sum()), "count")]
          if "people" in own else []),
    ]  # fmt: skip


def _village_counts(row: pd.Series) -> list[Fact]:
    people = row.get("people", _NAN)
    return [
        Fact(say("sheet_households"), float(row["households"]), "count"),
        *([] if math.isnan(people) else [Fact(say("sheet_people"), float(people), "count")]),
    ]


def _district_fact(layer: Layer, code: str) -> Fact:
    one = layer.indicator
    return Fact(
        one.label, float(layer.district_values.get(code, _NAN)), one.unit, layer.regency_value,
        float(layer.district_counts.get(code, _NAN)), float(layer.district_bases.get(code, _NAN)),
        one.source, one.year, layer.decimals,
    )  # fmt: skip


def _village_facts(row: pd.Series, product: Analysis) -> list[Fact]:
    facts = []
    for layer in product.layers:
        one, code = layer.indicator, str(row.name)
        if code not in layer.shown.index:
            continue
        count = _NAN if layer.counts is None else float(layer.counts[code])
        base = _NAN if math.isnan(count) else float(row[one.base_column])
        facts.append(
            Fact(
                one.label, float(layer.shown[code]), one.unit, layer.regency_value, count, base,
                one.source, one.year, layer.decimals,
            )
        )  # fmt: skip
    return facts


def _by_place(product: Analysis, level: Level) -> dict[str, tuple[NeedLine, ...]]:
    table = product.focus.places
    if table is None or table.empty:
        return {}
    labels = {one.name: one.label for one in product.measured.indicators}
    own = table[table["level"] == level].sort_values("excess", ascending=False, kind="stable")
    names = product.catalogue.names
    found: dict[str, list[NeedLine]] = {}
    columns = ["asked", "deprived", "unserved", "share", "ratio", "rank_excess"]
    for place, agency, indicator, *numbers in own[
        ["place", "agency", "indicator", *columns]
    ].itertuples(index=False):
        line = NeedLine(names[agency], labels[indicator], indicator, *map(float, numbers))
        found.setdefault(place.id, []).append(line)
    return {place: tuple(lines) for place, lines in found.items()}


def _needs(product: Analysis, level: Level, code: str) -> tuple[NeedLine, ...]:
    return _by_place(product, level).get(code, ())


def _pockets(own: pd.DataFrame, product: Analysis) -> list[str]:
    members = product.found.members
    numbers = sorted(int(one) for one in members[members.index.isin(own.index)].unique())
    wide = _wide(own, product)
    if not numbers:
        return [say("sheet_no_pocket"), *wide]
    outlines = product.found.outlines
    return [*(pocket_sentence(number, outlines.loc[number]) for number in numbers), *wide]


def _wide(own: pd.DataFrame, product: Analysis) -> list[str]:
    """Describe the parts of a wide pattern that reach into a district."""
    areas = product.found.wide_villages.values()
    every = wide_sentences(product.found)
    return [
        sentence
        for codes, sentence in zip(areas, every, strict=True)
        if own.index.isin(codes).any()
    ]


def _roles(product: Analysis, level: Level, code: str) -> list[str]:
    roles = product.focus.roles
    if roles is None or roles.empty:
        return []
    return _said(roles[roles["place"] == Place(level, code)], product)


def _said(roles: pd.DataFrame | None, product: Analysis) -> list[str]:
    """Say who must act in the one place that the rows are of."""
    if roles is None or roles.empty:
        return []
    labels = {one.name: one.label for one in product.measured.indicators}
    place = roles["place"].iloc[0]
    return list(role_sentences(place, roles, labels=labels, names=product.catalogue.names))
