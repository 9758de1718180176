"""The strongest zones of one data set, none sharing a place with another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.errors import DataError
from sibangkit_geo.pockets.scan.kernels_connected import best_connected
from sibangkit_geo.pockets.scan.kernels_nested import Values, best_nested

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.pockets.scan.hot import HotLimits
    from sibangkit_geo.pockets.scan.kernels_connected import Web
    from sibangkit_geo.pockets.scan.kernels_law import Law
    from sibangkit_geo.pockets.scan.problem import Problem
    from sibangkit_geo.pockets.scan.settings import ScanSettings
    from sibangkit_geo.pockets.scan.shapes import NestedZones

    Floats = NDArray[np.float64]

Window = tuple[int, int]
# a ratio below is rounding
SMALLEST_RATIO = 1e-9


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    One zone.

    `score`: Log likelihood ratio times the factor of the shape.
    `members`: Positions in scan order.
    `centre`: Position, -1 for a zone without centre.
    `ratio`, `angle`: Of the ellipse; 1 and 0 for a disc.
    `sign`: 1 for high, -1 for low.
    """

    score: float
    members: NDArray[np.int64]
    centre: int
    ratio: float
    angle: float
    window: Window
    sign: int


@dataclass(frozen=True, slots=True)
class Frame:
    """
    Everything that stays the same between the data and its replicates.

    `zones`, `web`: What is looked at: exactly one of them.
    `signs`: 1 for high, -1 for low rates.
    `hot`: Which places may join a connected zone; None for all.
    `cap`: Largest sum of `space` in a zone.
    """

    problem: Problem
    zones: NestedZones | None
    web: Web | None
    windows: tuple[Window, ...]
    signs: tuple[int, ...]
    settings: ScanSettings
    hot: HotLimits | None
    cap: float

    def laws(self, total: float | None = None) -> dict[int, Law]:
        """
        Gather the totals for each direction.

        `total`: Cases of a null map; None takes those observed.
        """
        fewest = self.settings.min_cases
        return {sign: self.problem.law(sign, fewest=fewest, total=total) for sign in self.signs}


def best_zone(
    frame: Frame, cases: Floats, size: Floats, space: Floats, free: NDArray[np.bool_]
) -> Candidate | None:
    """
    Find the strongest zone of the data among free places.

    `cases`, `size`: Shape (n, n_times).
    `space`: Shape (n,).
    Returns: None when no zone stands out. Of equal zones the first in canonical order.
    Raises DataError: Too many connected sets to search.
    """
    best, mark = None, SMALLEST_RATIO
    for window in frame.windows:
        inside = slice(window[0], window[1] + 1)
        values = Values(
            cases[:, inside].sum(axis=1), size[:, inside].sum(axis=1), space, free, frame.cap
        )
        for sign, law in frame.laws().items():
            if frame.zones is not None:
                found = _nested(frame.zones, values, law, mark)
            else:
                found = _connected(frame, values, law, window, mark)
            if found is not None:
                mark, members, centre, ratio, angle = found
                best = Candidate(mark, members, centre, ratio, angle, window, sign)
    return best


_Found = tuple[float, "NDArray[np.int64]", int, float, float]


def _nested(zones: NestedZones, values: Values, law: Law, mark: float) -> _Found | None:
    best: _Found | None = None
    for block in zones.blocks():
        score, row, count = best_nested(values, block.nest, law, mark)
        if row >= 0:
            members = block.nest.order[row, :count].astype(np.int64)
            centre = block.first + row if block.first >= 0 else -1
            best = (score, members, centre, block.ratio, block.angle)
            mark = score
    return best


def _connected(
    frame: Frame, values: Values, law: Law, window: Window, mark: float
) -> _Found | None:
    if frame.web is None:
        return None
    hot = hot_places(frame, values.cases, window, int(law.sign))
    score, centre, mask, finished = best_connected(values, hot, frame.web, law, mark)
    refuse_unfinished(finished=finished)
    if centre < 0:
        return None
    row = frame.web.near[centre].tolist()
    members = np.array([row[k] for k in range(len(row)) if mask >> k & 1], dtype=np.int64)
    return score, members, centre, 1.0, 0.0


def hot_places(frame: Frame, cases: Floats, window: Window, sign: int) -> NDArray[np.bool_]:
    """
    Tell which places may join a connected zone.

    `cases`: Of the window, shape (n,).
    `sign`: 1 for high, -1 for low.
    Returns: Shape (n,); all without limits.
    """
    if frame.hot is None:
        return np.ones(len(cases), dtype=np.bool_)
    limit = frame.hot[window, sign]
    hot: NDArray[np.bool_] = sign * (cases - limit) >= -1e-9 * np.maximum(1.0, np.abs(cases))
    return hot


def refuse_unfinished(*, finished: bool) -> None:
    """
    Refuse a search that ran out of branches: its maximum would be too small.

    Raises DataError: It was not.
    """
    if not finished:
        msg = "Too many connected sets among the nearest places"
        raise DataError(msg, remedy="Lower `k`, `alpha1` or `max_places`.")


def separate_zones(frame: Frame) -> list[Candidate]:
    """
    Find the most likely cluster, then the next one with no place in common, and so on.

    Returns: Strongest first, at most `max_clusters`.
    Raises DataError: Too many connected sets to search.
    """
    problem = frame.problem
    free = np.ones(len(problem.space), dtype=np.bool_)
    found: list[Candidate] = []
    while len(found) < frame.settings.max_clusters:
        best = best_zone(frame, problem.cases, problem.size, problem.space, free)
        if best is None:
            break
        found.append(best)
        free[best.members] = False
    return found
