"""What a study asks for beside its core: surroundings, typology, lists of villages."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from sibangkit_geo import disclosure
from sibangkit_geo.agencies.partners import pledges_of
from sibangkit_geo.errors import DataError, DegradedInputWarning, naming
from sibangkit_geo.indicators import access, rasters
from sibangkit_geo.indicators.estimates import list_overlap
from sibangkit_geo.indicators.needs import need_catalogue
from sibangkit_geo.indicators.risk_surface import RiskSurface, as_cog, risk_surface
from sibangkit_geo.indicators.typology import (
    Features,
    Typology,
    TypologySettings,
    prepare_features,
    type_profiles,
    village_types,
)
from sibangkit_geo.model import optional
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.types import Indicator, Note, VillageCounts
from sibangkit_geo.products.blocks import write_money
from sibangkit_geo.products.tables import write_csv
from sibangkit_geo.products.words import say
from sibangkit_geo.registers import sum_keys
from sibangkit_geo.sources.pledges import read_pledges
from sibangkit_geo.sources.profiles import read_attributes, read_locus
from sibangkit_geo.sources.surroundings import read_facilities
from sibangkit_geo.study.locate import decisions, locate_places
from sibangkit_geo.study.plan import Plans, make_plans
from sibangkit_geo.study.registers import known_houses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sibangkit_geo import config
    from sibangkit_geo.agencies import Catalogue
    from sibangkit_geo.model.types import Boundaries, Pledge, Pockets, VillageIndicators
    from sibangkit_geo.products.result import Analysis
    from sibangkit_geo.sources.surroundings import FacilitySource, RasterSource
    from sibangkit_geo.study.locate import Carried
    from sibangkit_geo.study.registers import KeptHouses

log = logging.getLogger(__name__)
_WHOLE = 0.99

_HEADINGS = {
    "n_found": "desa_kantong",
    "n_listed": "desa_lokus",
    "n_both": "keduanya",
    "n_found_only": "kantong_di_luar_lokus",
    "n_listed_only": "lokus_di_luar_kantong",
    "jaccard": "kesamaan_jaccard",
    "poor_found_share": "porsi_kk_miskin_di_kantong",
    "poor_listed_share": "porsi_kk_miskin_di_lokus",
    "poor_both_share": "porsi_kk_miskin_di_keduanya",
}

SURFACE = "risiko_kemiskinan.tif"


@dataclass(frozen=True, slots=True)
class Extras:
    """
    Further tables of a study.

    `types`: Typology; None where it is not asked for.
    `lists`: Lists of villages, one column each.
    `surface`: Relative risk of being poor; None where it is not asked for.
    `pledged`: Rows of the file of pledges; None where there is none.
    """

    types: TypologyRun | None
    lists: pd.DataFrame
    surface: RiskSurface | None
    pledged: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Conclusions:
    """
    What follows from pockets and needs.

    `overlap`: Pockets against each list, one row per list.
    `pledges`: What partners have promised, found on the map.
    """

    overlap: pd.DataFrame
    plans: Plans
    pledges: tuple[Pledge, ...]
    notes: tuple[Note, ...]


def read_extras(
    study: config.Study, areas: Boundaries, carried: Carried, review_file: Path
) -> tuple[Extras, Carried]:
    """
    Read what a study asks for beside its core.

    `carried`: Tables carried to villages.
    `review_file`: A person's decisions on names, where the file is there.
    Returns: And `carried` with the further village tables and notes.
    Raises ConfigError: A file is missing.
    Raises DataError: A file is damaged or breaks its contract.
    """
    around, of_places = surroundings(study, areas, carried.houses)
    reviewed = decisions(review_file)
    types = typology_of(study, areas, reviewed)
    lists, of_lists = locus_lists(study, areas, reviewed)
    surface = surface_of(study, areas, carried.houses)
    pledged, of_pledges = read_pledges(study.pledges) if study.pledges else (None, ())
    notes = (*of_places, *(types.notes if types else ()), *of_lists, *of_pledges)
    more = replace(carried, parts=(*carried.parts, *around), notes=(*carried.notes, *notes))
    return Extras(types, lists, surface, pledged), more


def conclude(
    extras: Extras,
    study: config.Study,
    carried: Carried,
    measured: VillageIndicators,
    pockets: Pockets,
    catalogue: Catalogue,
) -> Conclusions:
    """
    Compare the pockets with every list, find the pledges' places, and plan.

    Raises ConfigError: A file is missing or wrong, or a need has no unit cost.
    Raises DataError: The target asks more persons than are estimated poor, or pledges name no
        partner, need or place.
    """
    overlap, told = locus_overlap(study, extras.lists, measured, pockets)
    pledges, of_pledges = _pledges(extras.pledged, study, measured, pockets)
    plans = make_plans(study, measured, pockets, carried.counts, catalogue, pledges)
    return Conclusions(overlap, plans, pledges, (*told, *of_pledges, *plans.notes))


def _pledges(
    rows: pd.DataFrame | None, study: config.Study, measured: VillageIndicators, pockets: Pockets
) -> tuple[tuple[Pledge, ...], tuple[Note, ...]]:
    """Find partner, need and place of every pledge."""
    if rows is None or study.pledges is None:
        return (), ()
    labels = {one.key: one.label for one in need_catalogue()}
    with naming(Path(study.pledges.path).name):
        return pledges_of(
            rows,
            study.partners,
            measured,
            pocket=pockets.members,
            catalogue=labels,
            year=study.study.year,
        )


def extras_writer(
    extras: Extras, study: config.Study, product: Analysis, conclusions: Conclusions
) -> Callable[[Path], None]:
    """Make what writes the further products."""

    def write(folder: Path) -> None:
        write_typology(extras.types, study, product, folder)
        write_surface(extras.surface, product, folder)
        write_locus(extras.lists, conclusions.overlap, folder)
        write_money(
            product, folder, budget=conclusions.plans.budget, target=conclusions.plans.target
        )

    return write


def surroundings(
    study: config.Study, areas: Boundaries, houses: Sequence[KeptHouses] = ()
) -> tuple[list[tuple[pd.DataFrame, list[Indicator]]], list[Note]]:
    """
    Summarise every raster and measure the way to every facility, village by village.

    Returns: Village tables with the definitions of their columns.
    Returns: Villages that a raster does not cover, and from where ways are measured.
    Raises ConfigError: A file is missing.
    Raises DataError: A file is damaged, empty, or lies nowhere.
    """
    parts, notes = [], []
    for raster in study.rasters:
        table, found = _raster(raster, areas)
        parts.append((table, [_raster_indicator(raster)]))
        notes += [*_cover_note(raster, found["covered"]), *_infinite_note(raster, found)]
    for facility in study.facilities:
        places, unplaced = read_facilities(facility, crs=areas.villages.crs)
        for note in unplaced:
            warnings.warn(note.text, DegradedInputWarning, stacklevel=2)
        notes += unplaced
        if facility.measured_from == "household":
            parts.append(_of_houses(study, facility, areas, houses, places))
            continue
        parts.append((_facility(facility, areas, places), [_facility_indicator(facility)]))
        where = "titik tengah desa"
        text = f"Jarak ke {facility.label} diukur dari {where}, bukan dari tiap rumah."
        notes.append(Note("distance_from_villages", text))
    log.info("measure: %d rasters, %d facilities", len(study.rasters), len(study.facilities))
    return parts, notes


def _raster(source: RasterSource, areas: Boundaries) -> tuple[pd.DataFrame, pd.DataFrame]:
    path, weights = Path(source.path), Path(source.weights) if source.weights else None
    found = rasters.zonal_statistics(
        path,
        areas.villages,
        statistic=source.statistic,
        classes=source.classes,
        weights=weights,
        nodata=float(source.nodata) if source.nodata else None,
    )
    return found[["value"]].rename(columns={"value": source.name}), found


def _cover_note(source: RasterSource, covered: pd.Series) -> list[Note]:
    short = covered < _WHOLE
    if not short.any():
        return []
    text = (
        f"{source.label}: raster tidak menutup seluruh wilayah {numeral(int(short.sum()))} desa; "
        f"desa yang tertutup kurang dari separuh dinyatakan tanpa data."
    )
    return [Note("raster_cover", text, int(short.sum()))]


def _infinite_note(source: RasterSource, found: pd.DataFrame) -> list[Note]:
    if not found.attrs[rasters.INFINITE]:
        return []
    text = f"{source.label}: raster memuat sel bernilai tak hingga; sel itu dihitung tanpa data."
    warnings.warn(text, DegradedInputWarning, stacklevel=3)
    return [Note("raster_infinite", text)]


def _raster_indicator(source: RasterSource) -> Indicator:
    share = source.statistic == "share"
    return Indicator(
        name=source.name,
        label=source.label,
        unit="percent" if share else source.unit,
        worse=source.worse,
        denominator="luas desa" if share and not source.weights else "penduduk" if share else "",
        agency=source.agency,
        source=source.source or Path(source.path).name,
        year=source.year,
    )


def _facility(source: FacilitySource, areas: Boundaries, places: gpd.GeoSeries) -> pd.DataFrame:
    villages = areas.villages
    if source.cost:
        path = Path(source.cost)
        way = rasters.travel_cost(path, villages, places)
    else:
        way = access.nearest_distance(villages.geometry.representative_point(), places)
    return way.to_frame(_column(source))


def _of_houses(
    study: config.Study,
    source: FacilitySource,
    areas: Boundaries,
    houses: Sequence[KeptHouses],
    places: gpd.GeoSeries,
) -> tuple[pd.DataFrame, list[Indicator]]:
    crs = areas.villages.crs
    points = [point for one in houses for point in one.points]
    if not sum(map(len, points)):
        msg = f"[[facilities]] {source.name}: the register has no points of houses"
        raise DataError(msg, remedy='Measure from villages (measured_from = "village").')
    where, village = (
        np.concatenate(points),
        np.concatenate([v for one in houses for v in one.village]),
    )
    way = access.nearest_distance(gpd.GeoSeries.from_xy(where[:, 0], where[:, 1], crs=crs), places)
    code = pd.Series(areas.official.index[village], index=way.index)
    if study.disclosure.rights.protected:
        counts = _tally_distances(way, code, houses, limit_km=source.limit_km)
        found = disclosure.protect_distances(counts, settings=study.disclosure)
    else:
        found = access.beyond(way, village_code=code, limit_km=source.limit_km)
    stem = source.name
    table = found.rename(
        columns={"known": f"{stem}_known", "far": f"{stem}_far", "far_share": f"{stem}_far_share",
                 "mean_km": f"{stem}_km"}
    )  # fmt: skip
    far = Indicator(
        name=f"{stem}_far_share",
        label=f"Rumah lebih dari {numeral(source.limit_km, 1)} km dari {source.label}",
        unit="percent",
        worse="high",
        denominator="rumah tangga bertitik",
        agency=source.agency,
        source=source.source or Path(source.path).name,
        year=source.year,
        count_column=f"{stem}_far",
        count_label="rumah tangga jauh",
        base_column=f"{stem}_known",
        same=(f"{stem}_km",),
    )
    return table, [far]


def _tally_distances(
    way: pd.Series, code: pd.Series, houses: Sequence[KeptHouses], *, limit_km: float
) -> VillageCounts:
    """Count the houses of each village and add up their ways and keys."""
    keys = np.concatenate([one for kept in houses for one in kept.keys])
    place, villages = pd.factorize(code, sort=True)
    known = np.ones(len(place), dtype=np.bool_)
    km, number = way.to_numpy(), len(villages)
    longest = np.zeros(number)
    np.maximum.at(longest, place, km)
    counts: dict[str, NDArray[np.generic]] = {}
    sums: dict[str, NDArray[np.uint32]] = {}
    for name, flag in (("known", known), ("far", km > limit_km)):
        counts[name] = np.bincount(place[flag], minlength=number).astype(np.float64)
        sums[name] = sum_keys(keys[flag], place[flag], number)
    counts |= {"km_sum": np.bincount(place, weights=km, minlength=number), "km_max": longest}
    index = pd.Index(villages, name="village_code")
    return VillageCounts(pd.DataFrame(counts, index), pd.DataFrame(sums, index))


def _column(source: FacilitySource) -> str:
    return f"{source.name}_cost" if source.cost else f"{source.name}_km"


def _facility_indicator(source: FacilitySource) -> Indicator:
    unit = "biaya tempuh" if source.cost else "km"
    return Indicator(
        name=_column(source),
        label=f"Jarak ke {source.label} ({unit})",
        unit="index",
        worse="high",
        denominator="",
        agency=source.agency,
        source=source.source or Path(source.path).name,
        year=source.year,
        note=f"Dianggap jauh di atas {numeral(source.limit_km, 1)} {unit}.",
    )


@dataclass(frozen=True, slots=True)
class TypologyRun:
    """What the typology of a study made."""

    found: Typology
    features: Features
    profiles: pd.DataFrame
    notes: tuple[Note, ...]


def typology_of(
    study: config.Study, areas: Boundaries, review: dict[str, str]
) -> TypologyRun | None:
    """
    Group the villages of a study, where it asks for it.

    `areas`: Boundaries; villages without polygon are left out.
    `review`: A person's decisions on names.
    Returns: None where the study has no ``[typology]``.
    Raises ConfigError: The file is missing.
    Raises DataError: The table is damaged, a code is taken for a quantity, or too few villages.
    """
    source = study.typology
    if source is None:
        return None
    read = read_attributes(source)
    located = locate_places(read.places, areas, code_system=source.code_system, review=review)
    code = located.rows["village_code"]
    known = code.isin(areas.villages.index) & ~code.duplicated(keep=False)
    table = read.table[known].set_index(pd.Index(code[known].astype(object), name="village_code"))
    with naming(Path(source.path).name):
        features = prepare_features(table, quantities=read.quantities, categories=source.categories)
        inner = areas.villages.geometry.representative_point().loc[table.index]
        places = pd.DataFrame({"x": inner.x, "y": inner.y}, index=table.index)
        settings = TypologySettings(fewest=source.fewest, most=source.most, seed=study.study.seed)
        found = village_types(features, places, settings=settings)
    log.info("measure: %d types of villages", int(found.types.max()))
    notes = (*read.notes, *_notes(found, features, len(areas.official)))
    return TypologyRun(found, features, type_profiles(features, found.types), notes)


def _notes(found: Typology, features: Features, official: int) -> tuple[Note, ...]:
    chosen = found.criteria[found.criteria["chosen"]].iloc[0]
    text = (
        f"Tipologi desa: {numeral(len(found.types))} dari {numeral(official)} desa, "
        f"{len(features.quantities)} besaran dan {len(features.categories)} kategori; "
        f"{found.components} komponen utama ({percentage(found.explained, 0)} keragaman, analisis "
        f"paralel); Ward dengan bobot jarak tempat {numeral(found.mixing, 1)}; "
        f"{int(chosen['n_types'])} tipe menurut siluet ({numeral(chosen['silhouette'], 2)}). "
        f"Kesesuaian dengan pengelompokan tanpa tempat (indeks Rand terkoreksi): "
        f"{numeral(found.agreement, 2)}. Tipe menggambarkan kemiripan, bukan kemiskinan."
    )
    notes = [Note("typology", text)]
    if features.dropped:
        listed = "; ".join(f"{name}: {why}" for name, why in features.dropped.items())
        told = f"Tidak dipakai dalam tipologi: {listed}."
        notes.append(Note("typology_dropped", told, len(features.dropped)))
    if features.impossible:
        listed = ", ".join(f"{name} ({n})" for name, n in features.impossible.items())
        told = f"Nilai mustahil dibaca sebagai tidak ada data dalam tipologi: {listed}."
        notes.append(Note("typology_impossible", told, sum(features.impossible.values())))
    return tuple(notes)


def write_typology(
    run: TypologyRun | None, study: config.Study, product: Analysis, folder: Path
) -> None:
    """
    Write the table and the profiles of a typology, and its card where paper is drawn.

    `run`: The typology; None writes nothing.
    """
    if run is None or study.typology is None:
        return
    types = run.found.types
    mapped = product.mapped
    table = mapped[["name", "district_name"]].assign(
        village_type=types.reindex(mapped.index).astype("Int64"),
        village_type_without_place=run.found.plain_types.reindex(mapped.index).astype("Int64"),
    )
    write_csv(table.reset_index(), folder / "tipologi_desa.csv")
    write_csv(run.profiles.round(6), folder / "tipologi_profil.csv")
    if optional.missing("annex"):
        return
    # matplotlib, which a plain installation lacks
    from sibangkit_geo.products.typology_card import TypeCard, write_type_card  # noqa: PLC0415

    source = study.typology.source or Path(study.typology.path).name
    card = TypeCard(
        title=say("types_title", regency=product.regency_name),
        source=say("data_source", label="Tipologi", source=source, year=study.typology.year),
        note=" ".join(note.text for note in run.notes[:1]),
        villages=mapped[["geometry"]].assign(
            village_type=types.reindex(mapped.index).astype(float)
        ),
        profiles=run.profiles,
    )
    write_type_card(card, folder / "annex" / "tipologi_desa.pdf")


def locus_lists(
    study: config.Study, areas: Boundaries, review: dict[str, str]
) -> tuple[pd.DataFrame, list[Note]]:
    """
    Read every list of the study and find its villages.

    `review`: A person's decisions on names.
    Returns: True where a village is listed; one column per list, indexed by ``village_code``.
    Raises ConfigError: A file is missing.
    Raises DataError: A list is damaged, or none of its rows is a village of the regency.
    """
    lists = pd.DataFrame(index=areas.official.index)
    notes = []
    for source in study.locus:
        places = read_locus(source)
        located = locate_places(places, areas, code_system=source.code_system, review=review)
        code = located.rows["village_code"]
        lists[source.name] = lists.index.isin(code.dropna())
        lost = int(code.isna().sum())
        if lost:
            text = f"{source.label}: {numeral(lost)} baris daftar tidak cocok dengan desa mana pun."
            notes.append(Note("locus_rows_lost", text, lost))
    return lists, notes


def locus_overlap(
    study: config.Study, lists: pd.DataFrame, measured: VillageIndicators, pockets: Pockets
) -> tuple[pd.DataFrame, list[Note]]:
    """
    Compare the pockets with every list.

    `measured`: Village table, for the poor households.
    Returns: One row per list, Indonesian headings.
    """
    found = pd.Series(lists.index.isin(pockets.members.index), index=lists.index)
    poor = measured.villages["poor_households"].reindex(lists.index)
    rows, notes = [], []
    for source in study.locus:
        listed = lists.index[lists[source.name]]
        one = list_overlap(found, listed, poor_households=poor)
        named = {"daftar": source.label, "tahun": source.year, "sumber": source.source}
        rows.append(named | one.rename(_HEADINGS).round(6).to_dict())
        text = (
            f"{source.label} ({source.year}): {numeral(one['n_both'])} dari "
            f"{numeral(one['n_found'])} desa kantong ada dalam daftar {numeral(one['n_listed'])} "
            f"desa itu; daftar memuat {percentage(one['poor_listed_share'])} rumah tangga miskin, "
            f"kantong {percentage(one['poor_found_share'])}."
        )
        notes.append(Note("locus_overlap", text))
    return pd.DataFrame(rows), notes


def write_locus(lists: pd.DataFrame, overlap: pd.DataFrame, folder: Path) -> None:
    """Write the lists and their overlap with the pockets; nothing where there is no list."""
    if overlap.empty:
        return
    write_csv(overlap, folder / "lokus.csv")
    listed = lists[lists.any(axis=1)].replace({True: "ya", False: "tidak"})
    write_csv(listed.reset_index(), folder / "lokus_desa.csv")


def surface_of(
    study: config.Study, areas: Boundaries, houses: Sequence[KeptHouses]
) -> RiskSurface | None:
    """
    Smooth the share of poor households over space, where the study asks for it.

    `areas`: Boundaries, for their CRS.
    Returns: None where it is not asked for.
    Raises DataError: No house has a point, or nobody is poor.
    """
    settings = study.risk_surface
    if settings is None:
        return None
    points, poor, keys = known_houses(houses)
    if not poor.any():
        msg = "[risk_surface] needs a register with points of houses, some of them poor"
        raise DataError(msg, remedy="Leave [risk_surface] out.")
    return risk_surface(
        points,
        poor,
        crs=areas.villages.crs.to_string(),
        cell_m=settings.cell_m,
        bandwidth_m=settings.bandwidth_m,
        minimum_households=settings.minimum_households,
        count=partial(_protected_cells, study, keys) if len(keys) else None,
    )


def _protected_cells(
    study: config.Study,
    keys: NDArray[np.uint32],
    cell: NDArray[np.int64],
    counted: NDArray[np.bool_],
    number: int,
) -> NDArray[np.int64]:
    """Count houses cell by cell and protect the counts."""
    counts = np.bincount(cell[counted], minlength=number)
    return study.disclosure.table.shown(counts, sum_keys(keys[counted], cell[counted], number))


def write_surface(surface: RiskSurface | None, product: Analysis, folder: Path) -> None:
    """
    Write the surface as Cloud-Optimised GeoTIFF.

    `surface`: From `surface_of`; None writes nothing.
    """
    if surface is None:
        return
    tags = {
        "TITLE": product.title,
        "DESCRIPTION": "Risiko relatif rumah tangga miskin terhadap rata-rata kabupaten",
        "NOTE": product.estimate_line,
        "BANDWIDTH_M": f"{surface.bandwidth_m:g}",
        "MINIMUM_HOUSEHOLDS": str(surface.minimum_households),
    }
    (folder / SURFACE).write_bytes(as_cog(surface, tags=tags))
