"""The villages of one regency out of any layer: first what is here, then what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.model.types import Note
from sibangkit_geo.sources.boundaries.layouts import UNKNOWN, bare, letters, well_formed
from sibangkit_geo.sources.boundaries.open_file import outside
from sibangkit_geo.sources.boundaries.repair import (
    FAR_WORDS,
    far_reaching,
    polygonal,
    to_metres,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sibangkit_geo.sources.boundaries.layouts import BoundaryLayer

    Locate = Callable[[pd.DataFrame], pd.Series]

_REGENCY_DIGITS, _BPS_DISTRICT = 4, 7
_LISTED = 5
# as long as no village's name holds so many digits, one with them is something else
_SUSPECT = re.compile(r"\d{6}")
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class RegencyVillages:
    """
    The villages of one regency; one row per village.

    `areas`: Indexed by ``village_code``, sorted: ``name``, ``district_name``, ``geometry``.
    `notes`: What was left out, taken out or joined, feature by feature.
    """

    areas: gpd.GeoDataFrame
    notes: tuple[Note, ...]


@dataclass(slots=True)
class _Told:
    """Notes on features, by the names they have in the file."""

    layer: BoundaryLayer
    notes: list[Note] = field(default_factory=list)

    def tell(self, key: str, words: str, features: pd.Index) -> None:
        """Add a note that names the features, where there are any."""
        if len(features):
            text = f"{len(features)} {words}: {listed(called(self.layer, features))}."
            self.notes.append(Note(key, text, len(features)))


def called(layer: BoundaryLayer, features: Iterable[int]) -> list[str]:
    """Name features by name and number."""
    names = shown(layer.areas["name"].reindex(list(features)))
    return [f"{name} (fitur {one})" if name else f"fitur {one}" for one, name in names.items()]


def shown(names: pd.Series) -> pd.Series:
    """Empty names that are missing, or hold what may be the number of a person."""
    told: pd.Series = names.astype(object).where(names.notna(), "")
    return told.mask(told.str.contains(_SUSPECT), "")


def listed(names: list[str]) -> str:
    """Write the first few of many."""
    more = f"; dan {len(names) - _LISTED} lagi" if len(names) > _LISTED else ""
    return "; ".join(names[:_LISTED]) + more


def of_regency(
    layer: BoundaryLayer, *, regency: str, locate: Locate | None = None
) -> RegencyVillages:
    """
    Take the villages of one regency out of a layer, whatever its codes.

    What is of another regency is nobody's problem. Of the rest, features without area
    or usable code are left out, repeated ones count once, and parts of one village are
    joined, each with a note that names it.

    Parameters
    ----------
    layer
        Polygons as `read_layout` reads them.
    regency
        Dotted code.
    locate
        Matches rows (``code``, ``district_name``, ``village_name``) to village codes;
        without it names must agree but for case, spaces and punctuation.

    Returns
    -------
    villages
        One row per village, and what was done.

    Raises
    ------
    ConfigError
        The file has no village of the regency.
    DataError
        Nothing is left, or the file does not say where its villages are.
    """
    told, official = _Told(layer), official_table(regency)
    if official.empty and layer.code_system != "kemendagri":
        msg = f"{layer.file}: no official list of regency {regency} is at hand to match names with"
        raise DataError(msg, remedy="Give polygons with Kemendagri codes.")
    here = layer.areas[is_here(layer, regency=regency)]
    hollow = here.geometry.isna() | here.geometry.is_empty
    if hollow.all():
        msg = f"{layer.file}: villages without geometry"
        rows = pd.DataFrame(index=called(layer, here.index))
        raise DataError(msg, rows=rows, remedy="Draw them or drop their rows.")
    words = (
        "fitur bukan poligon (titik, garis, tanpa geometri atau koordinat bukan angka) ditinggalkan"
    )
    told.tell("features_without_area", words, here.index[hollow])
    here = here[~hollow]
    away = outside(here.geometry)
    if away.all():
        msg = f"{layer.file}: villages that lie outside Indonesia"
        rows = pd.DataFrame(index=called(layer, here.index))
        raise DataError(msg, rows=rows, remedy="Correct their coordinates or the key `crs`.")
    words = "fitur di luar Indonesia ditinggalkan; periksa koordinatnya"
    told.tell("features_outside", words, here.index[away])
    here = here[~away]
    code = _codes(told, here, official, regency, locate)
    here, code = here[code.notna()], code[code.notna()]
    taken = here.index[here.index.isin(layer.collections)]
    words = "fitur berupa kumpulan geometri; hanya poligonnya dipakai"
    told.tell("polygons_extracted", words, taken)
    again = repeated(here.geometry, code)
    told.tell("features_repeated", "fitur berulang persis dan dipakai sekali", here.index[again])
    villages = _joined(here[~again], code[~again], told)
    told.notes += _far_reaching(villages)
    return RegencyVillages(villages, tuple(told.notes))


def repeated(shapes: gpd.GeoSeries, code: pd.Series) -> pd.Series:
    """Tell which features have code and shape of an earlier one."""
    drawn = shapely.to_wkb(shapely.normalize(shapes.array))
    table = pd.DataFrame({"code": code.to_numpy(), "shape": drawn}, index=shapes.index)
    again: pd.Series = table.duplicated() & table["code"].notna() & table["shape"].notna()
    return again


def _joined(here: gpd.GeoDataFrame, code: pd.Series, told: _Told) -> gpd.GeoDataFrame:
    """Join the parts of each village; one row per village, sorted by code."""
    named = gpd.GeoDataFrame(
        {"name": here["name"].fillna(code), "district_name": here["district_name"]},
        geometry=here.geometry,
    ).set_index(code.astype(object).rename("village_code"))
    twice = named.index.duplicated(keep=False)
    if not twice.any():
        return named.sort_index()
    first, parts = named[~named.index.duplicated()], named[twice]
    whole = {
        village: shapely.union_all(polygonal(shapes.array.to_numpy().copy()))
        for village, shapes in parts.geometry.groupby(level=0)
    }
    joined = first.geometry.copy()
    joined[list(whole)] = list(whole.values())
    said = shown(parts["name"]).groupby(level=0)
    names = said.agg(lambda one: " / ".join(dict.fromkeys(name for name in one if name)))
    counts = parts.groupby(level=0).size()
    each = [f"{names[one]} ({one}, {counts[one]} fitur)".lstrip() for one in whole]
    text = f"{len(whole)} desa/kelurahan tergambar dalam beberapa fitur dan digabung"
    told.notes.append(Note("parts_joined", f"{text}: {listed(each)}.", len(whole)))
    return first.set_geometry(joined).sort_index()


def _far_reaching(villages: gpd.GeoDataFrame) -> list[Note]:
    far = far_reaching(to_metres(villages).geometry)
    if far.empty:
        return []
    each = listed([f"{name} ({code})" for code, name in shown(villages["name"][far]).items()])
    text = f"{len(far)} desa/kelurahan {FAR_WORDS}; periksa kode dan bentuknya: {each}."
    return [Note("villages_far_reaching", text, len(far))]


def is_here(layer: BoundaryLayer, *, regency: str) -> pd.Series:
    """
    Tell which features are of a regency: by code, by the name of the regency, or by place.

    Without any of these a feature counts as here where it lies among the others, or where all
    others are here.

    Raises ConfigError: None is, and the file says of others where they are.
    Raises DataError: None is, or nothing says where a village is.
    """
    areas, formed = layer.areas, well_formed(layer)
    starts = {regency.replace(".", "")}
    if layer.code_system == "bps":
        starts = {bps[:_REGENCY_DIGITS] for bps, _ in codes.districts(regency).values()} or starts
    digits = areas["code"].str.replace(r"\D", "", regex=True).str.slice(0, _REGENCY_DIGITS)
    by_code = digits.isin(starts)
    by_name = areas["regency_name"].fillna("").map(letters).isin(_spellings(regency))
    named = areas["regency_name"].notna()
    coded = formed | (~named & (digits.str.len() == _REGENCY_DIGITS).fillna(value=False))
    here: pd.Series = (by_code & coded) | (by_name & named & ~coded)
    unknown = ~coded & ~named
    if here.any():
        alone = bool((here | unknown).all())
        here = here | (unknown & (alone | _among(areas.geometry, areas.geometry[here])))
    elif unknown.all():
        here = _in_districts(layer, regency)
    if here.any():
        return here
    if formed.any():
        dotted = digits[formed].str.replace(r"^(\d{2})(\d{2})$", r"\1.\2", regex=True)
        there = ", ".join(sorted(dotted.unique())[:3])
        msg = f'{layer.file}: no village of regency "{regency}" ([study] regency); it has {there}.'
        raise ConfigError(msg)
    msg = f"{layer.file}: no polygon of regency {regency}"
    raise DataError(msg, remedy="Check the regency and the layer.")


def _spellings(regency: str) -> set[str]:
    kind, _, name = codes.require_regency(regency).partition(" ")
    # "Bandung" alone is the Kabupaten; the Kota is always written out
    spellings = {letters(f"{kind} {name}")}
    if kind == "Kabupaten":
        spellings |= {letters(name), letters(f"Kab {name}")}
    return spellings


def _among(shapes: gpd.GeoSeries, known: gpd.GeoSeries) -> pd.Series:
    west, south, east, north = known.total_bounds
    if np.isnan(west):
        return pd.Series(data=True, index=shapes.index)
    near = shapes.intersects(shapely.box(west, south, east, north))
    among: pd.Series = near | shapes.isna() | shapes.is_empty
    return among


def _in_districts(layer: BoundaryLayer, regency: str) -> pd.Series:
    """
    Tell what is of a regency by the names of districts, where nothing else tells.

    A file half of which is in districts of the regency is of it; of any other only what is in them.
    """
    told = layer.areas["district_name"]
    if told.isna().all():
        who = "the layer" if layer.layout == UNKNOWN else layer.layout
        msg = f"{layer.file}: {who} has no official codes and names no regency"
        remedy = (
            "Give codes like 16.07.05.1022 (key `code`), or names of districts (key `district`)"
        )
        raise DataError(msg, remedy=f"{remedy}: village names repeat.")
    official = {letters(name) for _, name in codes.districts(regency).values()}
    here: pd.Series = bare(told).fillna("").map(letters).isin(official)
    whole = not here.any() or here.sum() >= _HALF * told.notna().sum()
    return here | whole


def _codes(
    told: _Told,
    here: gpd.GeoDataFrame,
    official: pd.DataFrame,
    regency: str,
    locate: Locate | None,
) -> pd.Series:
    """Give each feature its Kemendagri code: the one it has, else that of its names."""
    layer = told.layer
    formed = well_formed(layer)[here.index]
    own = layer.code_system == "kemendagri"
    code: pd.Series = here["code"].where(formed & own)
    free = official[~official.index.isin(code.dropna())]
    rows = pd.DataFrame(
        {
            "code": here["code"].where(formed),
            "district_name": bare(_district_names(layer, here, regency)),
            "village_name": bare(here["name"]),
        }
    )[code.isna()].dropna(subset=["district_name", "village_name"])
    if rows.empty and not own:
        msg = f"{layer.file}: no names of village and district to find villages by"
        remedy = "Village names repeat: give a layer with both (keys `name` and `district`)."
        raise DataError(msg, remedy=remedy)
    if len(rows) and len(free):
        # a lake beside villages with codes must not take the code of one that sounds alike
        loose = locate is not None and len(rows) >= _HALF * len(here)
        found = locate(rows) if locate and loose else same_letters(rows, free)
        found = found[found.isin(free.index)].astype("string")
        code = code.fillna(found)
        _tell_names(told, rows, found, official)
    lost = code.isna()
    if lost.all():
        msg = (
            f"{layer.file}: no polygon matches an official village by code or by district and name"
        )
        rows = pd.DataFrame(index=called(layer, here.index))
        raise DataError(msg, rows=rows, remedy="Check the regency, the layer and its names.")
    key, words = "features_without_code", "fitur tanpa kode desa yang sah ditinggalkan"
    if not own:
        key, official_name = "features_unmatched", "nama desa/kelurahan resmi"
        words = f"dari {len(here)} poligon tidak cocok dengan {official_name} dan ditinggalkan"
    told.tell(key, words, here.index[lost])
    return code


def _tell_names(told: _Told, rows: pd.DataFrame, found: pd.Series, official: pd.DataFrame) -> None:
    if found.empty:
        return
    text = f"{len(found)} poligon dikenali dengan nama kecamatan dan desa, bukan dengan kode."
    told.notes.append(Note("located_by_name", text, len(found)))
    listed_as = found.map(official["name"])
    other = rows["village_name"][found.index].map(letters) != listed_as.map(letters)
    if other.any():
        pairs = zip(called(told.layer, found.index[other]), listed_as[other], strict=True)
        each = listed([f"{name} = {as_listed}" for name, as_listed in pairs])
        text = f"{int(other.sum())} poligon dicocokkan dengan desa yang ejaannya mirip: {each}."
        told.notes.append(Note("located_by_spelling", text, int(other.sum())))


def _district_names(layer: BoundaryLayer, here: gpd.GeoDataFrame, regency: str) -> pd.Series:
    told: pd.Series = here["district_name"]
    if layer.code_system != "bps":
        return told
    # BPS and Kemendagri number districts differently, so the pair list decides
    by_bps = dict(codes.districts(regency).values())
    return told.fillna(here["code"].str.slice(0, _BPS_DISTRICT).map(by_bps).astype("string"))


def same_letters(rows: pd.DataFrame, official: pd.DataFrame) -> pd.Series:
    """
    Find villages whose district and name agree but for case, spaces and punctuation.

    `rows`: Columns ``code``, ``district_name``, ``village_name``; several rows may be parts of one
        village, unless their codes differ.
    Returns: Village code of the rows that have one.
    """
    wanted = _keys(rows["district_name"], rows["village_name"])
    names = _keys(official["district_name"], official["name"])
    names = names[~names.duplicated(keep=False)]
    by_key = dict(zip(names, names.index, strict=True))
    alone = rows["code"].groupby(wanted).transform("nunique") <= 1
    found: pd.Series = wanted[alone].map(by_key).dropna()
    return found


def _keys(district: pd.Series, village: pd.Series) -> pd.Series:
    return district.map(letters) + "/" + village.map(letters)


def official_table(
    regency: str, *, districts: pd.Series | None = None, names: pd.Series | None = None
) -> pd.DataFrame:
    """
    List the official villages of a regency with their districts.

    Grain: one row per village.

    Parameters
    ----------
    regency
        Dotted code.
    districts
        Names of districts by village code, where no list is embedded.
    names
        Names of villages by code that are listed besides the official ones.

    Returns
    -------
    official
        Indexed by ``village_code``: ``name``, ``district_code``, ``district_name``;
        empty where no list is embedded and no name is given.

    Raises
    ------
    MissingFileError
        The installation lacks its data.
    """
    extra = {} if names is None else dict(names)
    every = pd.Series(extra | dict(codes.official_villages(regency)), dtype=object)
    official = pd.DataFrame({"name": every}).sort_index().rename_axis("village_code")
    district = codes.parent(official.index.to_series().astype("string"), level="district")
    official["district_code"] = district.astype(object)
    known = {code: name for code, (_, name) in codes.districts(regency).items()}
    if districts is not None:
        told = districts.dropna()
        by_code = told.groupby(codes.parent(told.index.to_series(), level="district")).first()
        known = dict(by_code) | known
    official["district_name"] = (
        official["district_code"].map(known).fillna(official["district_code"])
    )
    return official
