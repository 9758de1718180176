"""What is wrong with a file of village polygons, kind by kind, and what repairing would change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from sibangkit_geo.sources.boundaries import position
from sibangkit_geo.sources.boundaries.faults import gaps, overlaps, slivers
from sibangkit_geo.sources.boundaries.layer import labels, well_formed
from sibangkit_geo.sources.boundaries.reading import read_layout
from sibangkit_geo.sources.boundaries.repair import (
    LOST_M2,
    NOTABLE_CHANGE,
    area_changes,
    clean_coverage,
    polygonal,
    to_metres,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import geopandas as gpd

    from sibangkit_geo.sources.boundaries.layer import BoundaryLayer
    from sibangkit_geo.tables.public import Note

_NOTED = ("crs_assumed", "crs_contradicted", "axes_swapped")


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One kind of fault in a boundary file.

    Attributes
    ----------
    kind
        Stable name: ``crs``, ``crs_assumed``, ``crs_contradicted``, ``axes_swapped``,
        ``outside``, ``empty``, ``invalid``, ``code_missing``, ``code_malformed``,
        ``code_twice``, ``overlap``, ``gap``, ``gap_wide``, ``sliver``, ``buried`` or
        ``changed``.
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


def check_file(path: Path, *, layer: str = "", crs: str = "") -> BoundaryCheck:
    """
    Check a file of village polygons of any known publisher.

    Parameters
    ----------
    path
        File to check.
    layer
        Layer of a GeoPackage or archive with several.
    crs
        Coordinate reference system, where the file names none or a wrong one.

    Returns
    -------
    check
        What is wrong, and what repairing would change.

    Raises
    ------
    ConfigError
        The file is missing, or `crs` or `layer` names nothing.
    DataError
        The file cannot be read, or its columns are nobody's.
    """
    return check_boundaries(read_layout(path, layer=layer, crs=crs, strict=False))


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
    problems = [*_crs_problems(layer, placeless=placeless), *_code_problems(layer, names)]
    problems.append(_problem("empty", names[~drawn], repairable=False))
    before = after = float("nan")
    changes = pd.DataFrame({"before_m2": [], "after_m2": [], "change": []})
    if placeless:
        problems.append(_invalid(areas.geometry[drawn], names[drawn]))
    else:
        away = position.outside(areas.geometry)
        problems.append(_problem("outside", names[away], repairable=False))
        here = drawn & ~away
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
        detail = layer.fault or "the layer names no coordinate reference system"
        problems.append(_problem("crs", ["-"], repairable=False, detail=[detail]))
    return problems


def _code_problems(layer: BoundaryLayer, names: pd.Series) -> list[Problem]:
    if not layer.code_system:
        return []
    code = layer.areas["code"]
    missing, good = code.isna(), well_formed(layer)
    return [
        _problem("code_missing", names[missing], repairable=False),
        _problem("code_malformed", names[~missing & ~good], repairable=False),
        _problem("code_twice", names[good & code.duplicated(keep=False)], repairable=False),
    ]


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
