"""
What one partner is given: a page and a workbook of its own needs, and of nothing else.

A product is narrowed to the partner's needs first; page and workbook are then written as for
anybody, from what is left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from sibangkit_geo.agencies import Agency, Catalogue
from sibangkit_geo.model.numerals import numeral, rupiah
from sibangkit_geo.model.types import AgencyNeeds, Note, Place
from sibangkit_geo.products.blocks import programme_block, worded
from sibangkit_geo.products.book_columns import with_dictionary
from sibangkit_geo.products.book_writer import write_pages
from sibangkit_geo.products.parts import Block, EarlierWave
from sibangkit_geo.products.promises import promise_blocks, promise_sentences
from sibangkit_geo.products.result import Analysis, build_layers
from sibangkit_geo.products.staging import write_text
from sibangkit_geo.products.tables import open_tables
from sibangkit_geo.products.web.page import render_page
from sibangkit_geo.products.web.payload import page_payload, shared_payload
from sibangkit_geo.products.words import listing, place_namer, say
from sibangkit_geo.products.workbook import note_page, plain_page, village_page
from sibangkit_geo.sources.pledges import COLUMNS, FORM

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    from sibangkit_geo.agencies import Programme
    from sibangkit_geo.agencies.partners import PartnerSettings
    from sibangkit_geo.model.types import Indicator, Pockets, Provenance, VillageIndicators

PAGE_NAME, BOOK_NAME = "peta.html", "buku_kerja_mitra.xlsx"
_SHOWN, _NAMED = 15, 2
_PLACE = ("name", "district_code", "district_name", "households")
# notes on where rows and boundaries come from and on what was protected; those on poverty, money
# and targets of the agencies are not the partner's
_NOTES = frozenset(
    {
        "protected", "protection_hides", "boundaries", "coverage_cleaned", "polygons_repaired",
        "parts_joined",
        "numbers_twice", "axes_swapped", "crs_assumed", "crs_contradicted", "z_dropped",
        "villages_without_polygon", "villages_without_rows", "rows_located", "rows_unlocated",
        "review_unmet", "review_displaced",
        "located_by_name", "located_by_point", "located_by_spelling", "splits_met",
        "splits_unknown_to_table",
    }
)  # fmt: skip
# what the manifest tells of: the files that the partner's numbers come from
_INPUTS = ("study", "households", "profiles", "unit_costs", "agencies", "review")


@dataclass(frozen=True, slots=True)
class PartnerTables:
    """
    What a partner's files show beside the map, of its own needs alone.

    `fits`: From `sibangkit_geo.agencies.partners.contributions`.
    `planned`: What agencies serve under their ceilings: ``year``, ``opd`` (name), ``place``,
        ``indicator``, ``households``, ``cost``.
    `budgeted`: Whether the study has a budget that could plan anything.
    `costs`: Unit costs, as `load_costs` gives them.
    `unasked`: Labels of its needs that the data do not ask.
    `notes`: On the pledges of its needs.
    """

    fits: pd.DataFrame
    planned: pd.DataFrame
    budgeted: bool
    costs: pd.DataFrame
    unasked: tuple[str, ...]
    notes: tuple[Note, ...] = ()


def partner_product(
    product: Analysis, partner: PartnerSettings, own: Sequence[str], tables: PartnerTables
) -> Analysis:
    """
    Narrow a product to what one partner may see.

    Grain: unchanged, one row per village.

    `product`: Of a level that protects.
    `own`: Its indicators, at least one.
    Returns: With the columns, layers, needs, pledges and notes of these indicators alone, and
        pockets without any number on poverty.
    """
    measured = _measured(product.measured, own)
    agency = _as_agency(partner, measured.indicators)
    narrow = replace(
        product,
        measured=measured,
        layers=build_layers(measured),
        found=_pockets(product.found),
        focus=_needs(product.focus, own, partner.key),
        notes=(*_notes(product, own), *tables.notes),
        provenance=_provenance(product.provenance, partner),
        catalogue=Catalogue((agency,), _programmes(product.catalogue, own)),
        earlier=_earlier(product.earlier, own),
        pledges=tuple(one for one in product.pledges if one.indicator in own),
        series=None,
        houses=None,
    )
    return replace(
        narrow,
        blocks=_blocks(narrow, tables),
        honesty=_honesty(narrow, tables),
        lines=_lines(narrow),
    )


def _measured(measured: VillageIndicators, own: Sequence[str]) -> VillageIndicators:
    defined = tuple(
        replace(one, same=(), detail=()) for one in measured.indicators if one.name in own
    )
    columns = [
        name for one in defined for name in (one.name, one.count_column, one.base_column) if name
    ]
    villages = measured.villages
    kept = villages[[*dict.fromkeys((*_PLACE, *columns)), "geometry"]].copy()
    bare = kept.geometry.isna() | kept.geometry.is_empty
    known = kept[[one.name for one in defined]].notna().any(axis=1)
    kept["status"] = known.map({True: "ok", False: "no_data"}).mask(bare, "no_polygon")
    return replace(measured, villages=kept, indicators=defined, notes=())


def _as_agency(partner: PartnerSettings, indicators: Sequence[Indicator]) -> Agency:
    """Head its page as that of an agency is headed."""
    labels = "; ".join(one.label for one in indicators)
    focus = say("partner_focus", needs=labels)
    return Agency(partner.key, partner.name, focus, (), always=True, file=PAGE_NAME)


def _pockets(pockets: Pockets) -> Pockets:
    """Keep where the pockets are and how firm they are; what makes them poor is not told."""
    return replace(
        pockets,
        outlines=pockets.outlines[["name", "evidence", "n_villages", "geometry"]],
        villages=pd.DataFrame(index=pockets.villages.index),
        notes=(),
        neighbors=None,
        wide_members=None,
        wide=None,
    )


def _needs(needs: AgencyNeeds, own: Sequence[str], key: str) -> AgencyNeeds:
    def mine(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["indicator"].isin(own)].assign(agency=key)

    nothing = {"severity": float("nan"), "rank_severity": float("nan")}
    places = None if needs.places is None else mine(needs.places).assign(**nothing)
    return AgencyNeeds(mine(needs.table), {key: tuple(own)}, places)


def _programmes(catalogue: Catalogue, own: Sequence[str]) -> tuple[Programme, ...]:
    answering = {one for name in own for one in catalogue.programmes_for(name)}
    keys = {name.removesuffix("_share") for name in own}
    return tuple(
        replace(one, needs=tuple(key for key in one.needs if key in keys))
        for one in catalogue.programmes
        if one in answering
    )


def _notes(product: Analysis, own: Sequence[str]) -> tuple[Note, ...]:
    told = [
        Note(one.key, say("partner_incomplete"))
        for one in product.notes
        if one.key == "answers_incomplete"
    ]
    others = [one.label for one in product.measured.indicators if one.name not in own]
    return (
        *told,
        *(
            note
            for note in product.notes
            if note.key in _NOTES and not any(label in note.text for label in others)
        ),
    )


def _provenance(provenance: Provenance, partner: PartnerSettings) -> Provenance:
    settings = {
        key: provenance.settings[key]
        for key in ("study", "disclosure")
        if key in provenance.settings
    }
    who = {"key": partner.key, "name": partner.name, "needs": list(partner.answers)}
    return replace(
        provenance,
        inputs=tuple(one for one in provenance.inputs if one.role in _INPUTS),
        settings={**settings, "partner": who},
    )


def _earlier(waves: Sequence[EarlierWave], own: Sequence[str]) -> tuple[EarlierWave, ...]:
    return tuple(
        replace(one, numbers=one.numbers[[name for name in own if name in one.numbers]])
        for one in waves
    )


def _blocks(product: Analysis, tables: PartnerTables) -> tuple[Block, ...]:
    key = product.catalogue.agencies[0].key
    return (
        _fits(product, tables),
        _planned(product, tables),
        _costs(product, tables),
        *promise_blocks(product),
        *programme_block(key, product),
    )


def _fits(product: Analysis, tables: PartnerTables) -> Block:
    """Word where a contribution fits: the largest needs that nobody has planned."""
    labels = {one.name: one.label for one in product.measured.indicators}
    name_of = place_namer(product.measured.villages, product.found)
    shown = tables.fits[tables.fits["unplanned"] > 0].head(_SHOWN)
    rows = tuple(
        (
            f"{name_of(one['place'])}: {labels[one['indicator']]}",
            numeral(one["unplanned"]), rupiah(one["cost"]), numeral(one["unserved"]),
            numeral(one["planned"]), numeral(one["pledged"]),
        )
        for _, one in shown.iterrows()
    )  # fmt: skip
    sums = tables.fits[["unserved", "planned", "pledged", "unplanned"]].sum()
    counts = {str(name): numeral(count) for name, count in sums.items()}
    return Block(
        key="fits",
        headline=say("fits_headline"),
        lead=say("fits_lead" if tables.budgeted else "fits_lead_unplanned", **counts),
        items=(
            *(() if rows else (say("fits_none"),)),
            say("fits_more", file=BOOK_NAME),
        ),
        head=listing("fits_head") if rows else (),
        align=("l", *("r",) * 5) if rows else (),
        rows=rows,
    )


def _planned(product: Analysis, tables: PartnerTables) -> Block:
    labels = {one.name: one.label for one in product.measured.indicators}
    name_of = place_namer(product.measured.villages, product.found)
    largest = tables.planned.sort_values("households", ascending=False, kind="stable")
    rows = tuple(
        (
            str(one["year"]), one["opd"], name_of(one["place"]),
            labels[one["indicator"]], numeral(one["households"]), rupiah(one["cost"]),
        )
        for _, one in largest.head(_SHOWN).sort_values("year", kind="stable").iterrows()
    )  # fmt: skip
    told = "planned_lead" if rows else "planned_nothing" if tables.budgeted else "planned_no_budget"
    return Block(
        key="planned",
        headline=say("planned_headline"),
        lead=say(told, count=numeral(tables.planned["households"].sum())),
        head=listing("planned_head") if rows else (),
        align=("r", "l", "l", "l", "r", "r") if rows else (),
        rows=rows,
    )


def cost_rows(product: Analysis, costs: pd.DataFrame) -> list[tuple[str, str, float, str, str]]:
    """
    List what one household of each need costs.

    Returns: Need, what is delivered, rupiah (missing where nobody has said), status and remark.
    """
    known: dict[Hashable, dict[Hashable, Any]] = costs.to_dict("index")
    nothing: dict[Hashable, Any] = {
        "label": "",
        "rupiah": math.nan,
        "status": say("cost_unknown"),
        "note": "",
    }
    rows = []
    for one in product.measured.indicators:
        cost = known.get(one.name.removesuffix("_share"), nothing)
        told = (str(cost["label"]), float(cost["rupiah"]), str(cost["status"]), str(cost["note"]))
        rows.append((one.label, *told))
    return rows


def _costs(product: Analysis, tables: PartnerTables) -> Block:
    rows = [(need, what, rupiah(cost), status) for need, what, cost, status, _
            in cost_rows(product, tables.costs)]  # fmt: skip
    return Block(
        key="costs",
        headline=say("costs_headline"),
        lead=say("costs_lead"),
        head=listing("costs_head"),
        align=("l", "l", "r", "l"),
        rows=tuple(rows),
    )


def _honesty(product: Analysis, tables: PartnerTables) -> tuple[str, ...]:
    said = [say("honest_partner_house"), say("honest_programmes"), say("honest_partner_needs")]
    if tables.unasked:
        said.insert(0, say("honest_unasked", agencies="; ".join(tables.unasked)))
    missing = int((product.measured.villages["status"] != "ok").sum())
    if missing:
        said.append(say("honest_missing", count=numeral(missing)))
    if product.boundaries.approximate:
        said.append(say("honest_approximate"))
    return tuple(said)


def _lines(product: Analysis) -> Mapping[Place, tuple[str, ...]]:
    """Say of each pocket how large its largest needs are there, then what is pledged."""
    said = promise_sentences(product)
    places = product.focus.places
    if places is None:
        return said
    labels = {one.name: one.label for one in product.measured.indicators}
    for number in product.found.outlines.index:
        place = Place("pocket", str(number))
        own = places[places["place"] == place].sort_values("unserved", ascending=False)
        listed = "; ".join(
            f"{labels[one['indicator']]} {numeral(one['unserved'])}"
            for _, one in own.head(_NAMED).iterrows()
        )
        if listed:
            said[place] = (say("partner_pocket", needs=listed), *said.get(place, ()))
    return said


def write_partner(product: Analysis, tables: PartnerTables, folder: Path) -> None:
    """
    Write page and workbook of a partner.

    `product`: From `partner_product`.
    """
    agency = product.catalogue.agencies[0]
    shared = shared_payload(product, agencies=[agency])
    payload = page_payload(product, agency, shared=shared, pages=[agency])
    write_text(folder / PAGE_NAME, render_page(payload))
    opened = open_tables(product)
    costs = pd.DataFrame(cost_rows(product, tables.costs), columns=list(_COSTS))
    pages = [
        plain_page(say("book_fits"), worded(tables.fits, product)),
        village_page(product, opened),
        plain_page(say("book_planned"), worded(tables.planned, product)),
        plain_page(say("book_costs"), costs),
        plain_page(say("book_pledges"), opened.promises),
        plain_page(FORM, _form(product, tables)),
        note_page(product),
    ]
    write_pages(product, with_dictionary(pages), folder / BOOK_NAME)


_COSTS = ("kebutuhan", "satuan", "biaya_rupiah", "status_biaya", "catatan")
# of a form without pockets, where every village is a place
_FORM_ROWS = 100


def _form(product: Analysis, tables: PartnerTables) -> pd.DataFrame:
    """
    Prepare the file of pledges: a row per pocket and need, the units to be filled in.

    A village stands beside each pocket, since another level may number it otherwise. Without a
    pocket, a row for each of the villages with most households in need.
    """
    members, places = product.found.members, product.focus.places
    homes = product.measured.villages["households"].reindex(members.index)
    # the largest village of a pocket is the one that another level most likely finds too
    first = homes.groupby(members.to_numpy()).idxmax()
    key = product.catalogue.agencies[0].key
    own = tables.fits[[one.level == "pocket" for one in tables.fits["place"]]]
    own = own.sort_values("place", kind="stable")
    if own.empty and places is not None:
        villages = places[(places["level"] == "village") & (places["unserved"] > 0)]
        own = villages.nlargest(_FORM_ROWS, "unserved")
    rows = [
        {
            "partner": key,
            "village": first.loc[int(place.id)] if place.level == "pocket" else place.id,
            "pocket": int(place.id) if place.level == "pocket" else None,
            "need": one["indicator"].removesuffix("_share"),
            "units": None,
            "year": product.year + 1,
        }
        for _, one in own.iterrows()
        for place in (one["place"],)
    ]
    return pd.DataFrame(rows).rename(columns=COLUMNS)
