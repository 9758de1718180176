"""Points, cases and population at the door: checked, labelled, in an order of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from sibangkit_geo.errors import DataError
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# products of two such numbers still fit
_LARGEST = 1e100


@dataclass(frozen=True, slots=True)
class Places:
    """
    What is scanned, in canonical order: by x, y, population, cases, label.

    Rows that come in another order give the same arrays, hence the same draws and
    the same clusters. Only places that agree in everything but their label are told
    apart by it.

    `labels`: Label of each place: the index of the data, or row numbers.
    `xy`: Coordinates, metres, shape (n, 2).
    `cases`, `population`: Shape (n, n_times); one column without times.
    """

    labels: pd.Index
    xy: Floats
    cases: Floats
    population: Floats
    notes: tuple[Note, ...]

    def positions(self, labels: Any) -> NDArray[np.int64]:  # noqa: ANN401 - any array of labels
        """
        Find places by label.

        Returns: Of the labels that are scanned; others, left out, are dropped.
        """
        found = self.labels.get_indexer(pd.Index(labels))
        return found[found >= 0].astype(np.int64)


def read_places(
    points: object, cases: object, population: object, *, times: int = 0, values: bool = False
) -> Places:
    """
    Check and sort the data of a scan.

    Grain: one row per place in, one row per place with population out.

    `points`: Shape (n, 2), or a GeoSeries of points.
    `cases`: Shape (n,) or (n, n_times).
    `population`: Shape of `cases` or (n,); None stands for 1 everywhere.
    `times`: Number of waves; 0 for a scan in space alone.
    `values`: Cases are measured values of either sign, not counts.
    Returns: In canonical order.
    Raises DataError: Missing, negative or fractional numbers, labels that stand twice, cases where
        nobody lives, no population at all.
    Raises ValueError: Shapes or indexes do not fit each other.
    """
    labels = _labels(points, cases, population)
    xy = _coordinates(points)
    labels = pd.RangeIndex(len(xy)) if labels is None else labels
    count = _matrix(cases, len(xy), times, "cases")
    people = (
        np.ones_like(count)
        if population is None
        else _matrix(population, len(xy), times, "population")
    )
    if len(labels) != len(xy):
        msg = f"`points` has {len(xy)} rows, the labels {len(labels)}."
        raise ValueError(msg)
    _refuse_bad_rows(labels, xy, count, people, values=values)
    return _sorted(labels, xy, count, people)


def _labels(*sources: object) -> pd.Index | None:
    found: pd.Index | None = None
    for source in sources:
        index = getattr(source, "index", None)
        if not isinstance(index, pd.Index):
            continue
        if found is not None and not index.equals(found):
            msg = (
                "`points`, `cases` and `population` carry different indexes. Align them first, "
                "e.g. `population.reindex(cases.index)`, or hand over plain arrays."
            )
            raise ValueError(msg)
        found = index
    return found


def _coordinates(points: object) -> Floats:
    geometry = getattr(points, "geometry", points)
    try:
        raw = np.asarray(geometry)
        if raw.dtype == object and len(raw) and isinstance(raw.flat[0], shapely.Geometry):
            if not np.isin(shapely.get_type_id(raw), (-1, 0)).all():
                msg = "`points` must be points; take `.representative_point()` of areas first."
                raise ValueError(msg)
            raw = np.column_stack([shapely.get_x(raw), shapely.get_y(raw)])
        xy = np.asarray(raw, dtype=np.float64)
    except TypeError as error:
        msg = "`points` must be numbers, shape (n, 2), or a GeoSeries of points."
        raise ValueError(msg) from error
    if xy.ndim != 2 or xy.shape[1] != 2 or not len(xy):
        msg = f"`points` must have shape (n, 2) with n at least 1, got {xy.shape}."
        raise ValueError(msg)
    return xy


def _matrix(data: object, n: int, times: int, name: str) -> Floats:
    array = np.asarray(data, dtype=np.float64)
    if array.ndim == 1 and (not times or name == "population"):
        # one population for every wave
        array = np.repeat(array[:, None], max(times, 1), axis=1)
    if array.shape != (n, max(times, 1)):
        wanted = f"({n}, {times})" if times else f"({n},)"
        msg = f"`{name}` must have shape {wanted} to fit `points`, got {array.shape}."
        raise ValueError(msg)
    return array


def _refuse_bad_rows(
    labels: pd.Index, xy: Floats, cases: Floats, people: Floats, *, values: bool
) -> None:
    def refuse(bad: Any, problem: str, remedy: str) -> None:  # noqa: ANN401 - any mask
        bad = np.asarray(bad).reshape(len(labels), -1).any(axis=1)
        if bad.any():
            raise DataError(problem, rows=pd.DataFrame(index=labels[bad]), remedy=remedy)

    refuse(labels.duplicated(keep=False), "Labels stand twice", "Keep one row per place.")
    # false for missing and infinite numbers too
    fine = [(np.abs(part) <= _LARGEST).all(axis=1) for part in (xy, cases, people)]
    refuse(
        ~np.logical_and.reduce(fine),
        "Coordinates, cases or population are missing, infinite or beyond 1e100",
        "Fill these rows or leave them out of all three inputs.",
    )
    refuse(people < 0, "Negative population", "Correct these numbers.")
    if not values:
        refuse(cases < 0, "Negative cases", "Correct these counts.")
        remedy = "Truncate or round them first, e.g. `cases.astype(int)`."
        refuse(cases != np.floor(cases), "Cases are not whole numbers", remedy)
        remedy = "Correct the population, or leave these places out."
        refuse((cases > 0) & (people == 0), "Cases where the population is 0", remedy)
    if not people.sum():
        msg = "The population is 0 everywhere"
        raise DataError(msg, remedy="Without population there is no rate to compare.")


def _sorted(labels: pd.Index, xy: Floats, cases: Floats, people: Floats) -> Places:
    kept = people.sum(axis=1) > 0
    left_out = int((~kept).sum())
    notes: tuple[Note, ...] = ()
    if left_out:
        text = f"{left_out} tempat tanpa penduduk tidak ikut dipindai."
        notes = (Note("places_without_population", text, left_out),)
    names = np.array([str(label) for label in labels])
    keys = [names, *cases.T[::-1], *people.T[::-1], xy[:, 1], xy[:, 0]]
    order = np.lexsort(keys)
    order = order[kept[order]]
    return Places(labels[order], xy[order], cases[order], people[order], notes)
