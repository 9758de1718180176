"""What is wrong with a file of village polygons, kind by kind, and what repairing would change."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.sources.boundaries import open_file as position
from sibangkit_geo.sources.boundaries.layouts import labels, well_formed
from sibangkit_geo.sources.boundaries.open_file import read_layout
from sibangkit_geo.sources.boundaries.regency import is_here, repeated, shown
from sibangkit_geo.sources.boundaries.repair import (
    FAR_WORDS,
    GAP_WIDTH_M,
    LOST_M2,
    NOTABLE_CHANGE,
    SNAPPING_DISTANCE_M,
    area_changes,
    clean_coverage,
    far_reaching,
    polygonal,
    to_metres,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

    from sibangkit_geo.model.types import Note
    from sibangkit_geo.sources.boundaries.layouts import BoundaryColumns, BoundaryLayer

    Shapes = NDArray[np.object_]

_NOTED = ("crs_assumed", "crs_contradicted", "axes_swapped")

# a square of half a metre: straight edges that are projected make smaller overlaps of their own
# (the file of Banyuasin overlaps in 311 pairs in degrees, in 318 in metres, in 303 above this)
OVERLAP_M2 = 0.25
_NEIGHBORS_NAMED = 3

_TITLES = MappingProxyType(
    {
        "crs": "sistem koordinat tidak diketahui/cocok",
        "crs_assumed": "sistem koordinat tidak disebut",
        "crs_contradicted": "sistem koordinat salah disebut",
        "axes_swapped": "sumbu koordinat tertukar",
        "outside": "di luar Indonesia",
        "empty": "tanpa poligon (kosong, titik, garis, koordinat bukan angka)",
        "collection": "kumpulan geometri",
        "invalid": "poligon tidak sah",
        "code_missing": "tanpa kode",
        "code_malformed": "kode salah bentuk",
        "code_twice": "desa dalam beberapa fitur (kode ganda)",
        "repeated": "fitur berulang persis",
        "overlap": "pasangan tumpang tindih",
        "gap": "celah antarpoligon",
        "gap_wide": "celah lebih lebar dari 50 m",
        "sliver": "bagian setipis serpihan",
        "buried": "tertutup poligon lain",
        "far": FAR_WORDS,
        "changed": "luas berubah lebih dari 1%",
    }
)
_SYSTEMS = MappingProxyType({"kemendagri": "Kemendagri", "bps": "BPS", "": "tidak ada"})
_HEADER = ("Masalah", "Jumlah", "Luas (ha)", "Diperbaiki", "Contoh")
_EXAMPLES = 3
_M2_PER_HA, _M2_PER_KM2 = 1e4, 1e6


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One kind of fault in a boundary file.

    Attributes
    ----------
    kind
        Stable name: ``crs``, ``crs_assumed``, ``crs_contradicted``, ``axes_swapped``,
        ``outside``, ``empty``, ``collection``, ``invalid``, ``code_missing``,
        ``code_malformed``, ``code_twice``, ``repeated``, ``overlap``, ``gap``,
        ``gap_wide``, ``sliver``, ``buried``, ``far`` or ``changed``.
    rows
        One row per case: ``label`` (codes or feature numbers), ``area_m2``
        (missing where it has none), ``detail``.
    repairable
        Whether reading the file puts it right.
    """

    kind: str
    rows: pd.DataFrame
    repairable: bool

    def __len__(self) -> int:
        """Count the cases."""
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class BoundaryCheck:
    """
    What a check of a boundary file found.

    Attributes
    ----------
    features
        Rows of the file.
    problems
        Kinds of fault that occur, in the order of `Problem`.
    area_before_m2, area_after_m2
        Sum of the polygons made valid, and of the coverage; missing when they
        cannot be placed.
    changes
        Per feature with area: ``before_m2``, ``after_m2``, ``change`` (share).
    notes
        What was assumed while reading.
    """

    file: str
    layout: str
    code_system: str
    features: int
    problems: tuple[Problem, ...]
    area_before_m2: float
    area_after_m2: float
    changes: pd.DataFrame
    notes: tuple[Note, ...]


def check_file(
    path: Path,
    *,
    layer: str = "",
    crs: str = "",
    columns: BoundaryColumns | None = None,
    regency: str = "",
) -> BoundaryCheck:
    """
    Check a file of village polygons of any known publisher.

    Parameters
    ----------
    path
        File to check.
    layer
        Layer of a file with several.
    crs
        Coordinate reference system, where the file names none or a wrong one.
    columns
        What the user says of the columns.
    regency
        Dotted code; only what may be of it is checked. Empty checks the whole file.

    Returns
    -------
    check
        What is wrong, and what repairing would change.

    Raises
    ------
    ConfigError
        The file is missing, `crs` or `layer` names nothing, or nothing is of the regency.
    DataError
        The file cannot be read, or its columns are nobody's.
    """
    read = read_layout(path, layer=layer, crs=crs, columns=columns, strict=False)
    if regency:
        read = replace(read, areas=read.areas[is_here(read, regency=regency)])
    return check_boundaries(read)


def check_boundaries(layer: BoundaryLayer) -> BoundaryCheck:
    """
    Check the codes and polygons of a layer.

    Parameters
    ----------
    layer
        Polygons as read.

    Returns
    -------
    check
        What is wrong, and what repairing would change.
    """
    names, areas = labels(layer), layer.areas
    placeless = bool(layer.fault) or areas.crs is None
    drawn = ~(areas.geometry.isna() | areas.geometry.is_empty)
    again = repeated(areas.geometry, areas["code"])
    problems = [
        *_crs_problems(layer, placeless=placeless),
        *_code_problems(layer, names, again),
        _problem("empty", names[~drawn], repairable=False, detail=_called(layer, ~drawn)),
    ]
    taken = pd.Series(areas.index.isin(layer.collections), index=areas.index)
    problems.append(_problem("collection", names[taken], repairable=True))
    before = after = float("nan")
    changes = pd.DataFrame({"before_m2": [], "after_m2": [], "change": []})
    if placeless:
        problems.append(_invalid(areas.geometry[drawn], names[drawn]))
    else:
        away = position.outside(areas.geometry)
        problems.append(_problem("outside", names[away], repairable=False))
        # what reading leaves out is not measured
        here = drawn & ~away & ~again & (well_formed(layer) | (layer.code_system == ""))
        if here.any():
            shapes = areas.geometry[here]
            metric = to_metres(shapes.set_axis(names[here].to_list()).to_frame("geometry"))
            problems.append(_invalid(metric.geometry, names[here]))
            found, changes = _coverage_problems(metric)
            problems += found
            before, after = (float(changes[name].sum()) for name in ("before_m2", "after_m2"))
    return BoundaryCheck(
        file=layer.file,
        layout=layer.layout,
        code_system=layer.code_system,
        features=len(areas),
        problems=tuple(one for one in problems if len(one)),
        area_before_m2=before,
        area_after_m2=after,
        changes=changes,
        notes=layer.notes,
    )


def _invalid(shapes: gpd.GeoSeries, names: pd.Series) -> Problem:
    wrong = shapes[~shapes.is_valid.to_numpy()]
    reasons = shapely.is_valid_reason(wrong.to_numpy())
    placed = wrong.crs is not None and wrong.crs.is_projected
    return _problem(
        "invalid",
        names[~shapes.is_valid.to_numpy()],
        repairable=True,
        # where it is broken would be a long number
        detail=[str(reason).partition("[")[0] for reason in reasons],
        size=shapely.area(polygonal(wrong.to_numpy())) if placed else None,
    )


def _crs_problems(layer: BoundaryLayer, *, placeless: bool) -> list[Problem]:
    problems = [
        _problem(note.key, ["-"], repairable=True, detail=[note.text])
        for note in layer.notes
        if note.key in _NOTED
    ]
    if placeless:
        fault = layer.fault or "the layer names no coordinate reference system"
        detail = f"{fault}; name it by --crs, such as EPSG:32748"
        problems.append(_problem("crs", [layer.file], repairable=False, detail=[detail]))
    return problems


def _code_problems(layer: BoundaryLayer, names: pd.Series, again: pd.Series) -> list[Problem]:
    told = [_problem("repeated", names[again], repairable=True)]
    if not layer.code_system:
        return told
    code = layer.areas["code"]
    missing, good = code.isna(), well_formed(layer)
    twice = (good & ~again) & code.where(~again).duplicated(keep=False)
    return [
        _problem("code_missing", names[missing], repairable=False, detail=_called(layer, missing)),
        _problem("code_malformed", names[~missing & ~good], repairable=False),
        _problem("code_twice", names[twice], repairable=True),
        *told,
    ]


def _called(layer: BoundaryLayer, which: pd.Series) -> list[str]:
    return [str(name) for name in shown(layer.areas.loc[which, "name"])]


def _coverage_problems(metric: gpd.GeoDataFrame) -> tuple[list[Problem], pd.DataFrame]:
    valid = polygonal(metric.geometry.to_numpy())
    cleaned = clean_coverage(valid)
    changes = area_changes(valid, cleaned, index=metric.index)
    names = metric.index.to_series()
    holes = gaps(valid, names.to_numpy())
    buried = (changes["after_m2"] < LOST_M2).to_numpy()
    notable = (changes["change"].abs() > NOTABLE_CHANGE).to_numpy() & ~buried
    problems = [
        Problem("overlap", overlaps(valid, names.to_numpy()), repairable=True),
        Problem("gap", holes[~holes["wide"]].drop(columns="wide"), repairable=True),
        Problem("gap_wide", holes[holes["wide"]].drop(columns="wide"), repairable=False),
        Problem("sliver", slivers(valid, names.to_numpy()), repairable=True),
        _problem(
            "buried", names[buried], repairable=False, size=changes["before_m2"].to_numpy()[buried]
        ),
        _problem("far", far_reaching(metric.geometry), repairable=False),
        _problem(
            "changed",
            names[notable],
            repairable=True,
            size=(changes["after_m2"] - changes["before_m2"]).abs().to_numpy()[notable],
            detail=[f"{share:+.1%}".replace(".", ",") for share in changes["change"][notable]],
        ),
    ]
    return problems, changes


def _problem(
    kind: str,
    names: Iterable[object],
    *,
    repairable: bool,
    detail: list[str] | None = None,
    size: np.ndarray | None = None,
) -> Problem:
    rows = pd.DataFrame({"label": [str(name) for name in names]})
    rows["area_m2"] = np.nan if size is None else size
    rows["detail"] = "" if detail is None else detail
    return Problem(kind, rows, repairable=repairable)


def overlaps(shapes: Shapes, names: NDArray[np.object_]) -> pd.DataFrame:
    """
    Find the pairs of polygons that cover the same ground.

    `shapes`: Valid polygons in metres, shape (n,).
    `names`: Label of each, shape (n,).
    Returns: One row per pair, largest first: ``label``, ``area_m2``, ``detail``.
    """
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    size = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    large = size > OVERLAP_M2
    pairs = [f"{names[i]} + {names[j]}" for i, j in zip(first[large], second[large], strict=True)]
    return _largest_first(pairs, size[large])


def gaps(shapes: Shapes, names: NDArray[np.object_]) -> pd.DataFrame:
    """
    Find the holes between polygons, and which of them cleaning fills.

    `shapes`: Valid polygons in metres, shape (n,).
    `names`: Label of each, shape (n,).
    Returns: One row per hole, largest first: ``label`` (villages around), ``area_m2``, ``detail``,
        ``wide`` (too wide to be filled: likely water).
    """
    parts = shapely.get_parts(shapely.union_all(shapes))
    rings = shapely.get_rings(parts)
    # the first ring of each part is its outline
    owner = np.repeat(np.arange(len(parts)), shapely.get_num_interior_rings(parts) + 1)
    inner = np.flatnonzero(owner[1:] == owner[:-1]) + 1
    holes = shapely.polygons(rings[inner])
    if not len(holes):
        return _largest_first([], np.empty(0), wide=np.empty(0, dtype=bool))
    around, island = shapely.STRtree(parts).query(holes, predicate="contains")
    for hole, inside in pd.Series(island).groupby(around):
        # a village may lie alone inside a hole
        holes[hole] = holes[hole] - shapely.union_all(parts[inside])
    holes = shapely.get_parts(holes)
    width = 2 * shapely.length(shapely.maximum_inscribed_circle(holes))
    hole, near = shapely.STRtree(shapes).query(holes, predicate="intersects")
    named = pd.Series(names[near]).astype(str).groupby(hole).agg(_first_few)
    labels = named.reindex(range(len(holes)), fill_value="").tolist()
    return _largest_first(labels, shapely.area(holes), wide=width > GAP_WIDTH_M)


def _first_few(names: pd.Series) -> str:
    return ", ".join(names.sort_values()[:_NEIGHBORS_NAMED])


def slivers(shapes: Shapes, names: NDArray[np.object_]) -> pd.DataFrame:
    """
    Find parts of polygons that are thinner than the snapping distance.

    The width is the mean one, twice the area over the perimeter.

    `shapes`: Valid polygons in metres, shape (n,).
    `names`: Label of each, shape (n,).
    Returns: One row per part, largest first: ``label``, ``area_m2``, ``detail``.
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    size, length = shapely.area(parts), shapely.length(parts)
    thin = (length > 0) & (2 * size < SNAPPING_DISTANCE_M * length)
    labels = [str(name) for name in names[owner[thin]]]
    return _largest_first(labels, size[thin])


def _largest_first(
    labels: list[str], size: NDArray[np.float64], **more: NDArray[np.bool_]
) -> pd.DataFrame:
    table = pd.DataFrame({"label": labels, "area_m2": size, "detail": "", **more})
    return table.sort_values("area_m2", ascending=False, kind="stable", ignore_index=True)


def check_text(check: BoundaryCheck) -> str:
    """
    Write a check as a table for a terminal.

    Parameters
    ----------
    check
        What was found.

    Returns
    -------
    text
        Lines in Indonesian, without trailing newline.
    """
    lines = [
        f"Berkas      : {check.file}",
        f"Susunan     : {check.layout}",
        f"Kode        : {_SYSTEMS[check.code_system]}",
        f"Poligon     : {numeral(check.features)}",
    ]
    if not math.isnan(check.area_before_m2):
        change = check.area_after_m2 - check.area_before_m2
        sign = "+" if change >= 0 else ""
        lines.append(
            f"Luas        : {numeral(check.area_before_m2 / _M2_PER_KM2, 2)} km², "
            f"setelah dirapikan {numeral(check.area_after_m2 / _M2_PER_KM2, 2)} km² "
            f"({sign}{numeral(change / _M2_PER_KM2, 2)} km²)"
        )
    lines += [f"Catatan     : {note.text}" for note in check.notes]
    if not check.problems:
        return "\n".join([*lines, "", "Tidak ada masalah."])
    return "\n".join([*lines, "", *_table([_HEADER, *map(_row, check.problems)])])


def _row(problem: Problem) -> tuple[str, ...]:
    size = problem.rows["area_m2"].sum(min_count=1)
    shown = [
        f"{label} ({detail})" if detail else str(label)
        for label, detail in zip(
            problem.rows["label"][:_EXAMPLES], problem.rows["detail"][:_EXAMPLES], strict=True
        )
        if label != "-"
    ]
    more = len(problem) - len(shown)
    examples = "; ".join(shown) + (" …" if shown and more else "")
    return (
        _TITLES[problem.kind],
        numeral(len(problem)),
        "-" if math.isnan(size) else numeral(size / _M2_PER_HA, 2),
        "ya" if problem.repairable else "tidak",
        examples or "-",
    )


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for title, count, size, repaired, examples in rows:
        cells = (
            title.ljust(widths[0]),
            count.rjust(widths[1]),
            size.rjust(widths[2]),
            repaired.ljust(widths[3]),
            examples,
        )
        lines.append("  ".join(cells).rstrip())
    return [lines[0], "  ".join("-" * width for width in widths[:4]), *lines[1:]]
