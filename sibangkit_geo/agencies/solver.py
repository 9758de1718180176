"""Which items to serve in which year under ceilings: exact, for whole and for divisible items."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# feasibility tolerance of HiGHS, absolute; households are whole numbers, so it hides none
_TOLERANCE = 1e-6
# what is left of a bound over the value found counts as nothing below this part of an item
_ROUNDING = 1e-6

_STDOUT = 1


@dataclass(frozen=True, slots=True)
class Effort:
    """
    When a solve may stop.

    `seconds`: At the latest after these; the best found so far comes with its gap.
    `relative_gap`: Once no better plan can be better by more than this share; 0 is the exact
        optimum.
    """

    seconds: float
    relative_gap: float


@dataclass(frozen=True, slots=True)
class Problem:
    """
    Items under the ceilings of their agencies; arrays of n items, a agencies, y years.

    Attributes
    ----------
    cost
        Whole rupiah of serving each item, above 0, shape (n,).
    value
        What serving it counts, at least 0, shape (n,).
    households
        Served with it, above 0, shape (n,).
    agency, district
        Row of `ceilings` and of `required` of each item, shape (n,).
    ceilings
        Rupiah, at least 0, shape (a, y).
    required
        Households to be served in each district; empty when nothing is required.
    """

    cost: NDArray[np.float64]
    value: NDArray[np.float64]
    households: NDArray[np.float64]
    agency: NDArray[np.intp]
    district: NDArray[np.intp]
    ceilings: NDArray[np.float64]
    required: NDArray[np.float64]

    def of(self, items: NDArray[np.intp]) -> Problem:
        """Keep some of the items."""
        names = ("cost", "value", "households", "agency", "district")
        kept = {name: getattr(self, name)[items] for name in names}
        return Problem(**kept, ceilings=self.ceilings, required=self.required)


@dataclass(frozen=True, slots=True)
class Solution:
    """
    What is served when, and how much better any other choice could be.

    `served`: Share of each item served in each year, 0 to 1, shape (n, y).
    """

    served: NDArray[np.float64]
    bound: float


@dataclass(frozen=True, slots=True)
class _Model:
    """Constraints over the pairs of item and year, then one shortfall per district."""

    item: NDArray[np.intp]
    year: NDArray[np.intp]
    integer: NDArray[np.int_]
    upper: NDArray[np.float64]
    limits: LinearConstraint
    effort: Effort

    def minimise(self, weight: NDArray[np.float64], *, cap: float = np.inf) -> object:
        """Solve with at most `cap` households of shortfall in all."""
        n_pairs = len(self.item)
        limits = [self.limits]
        if np.isfinite(cap):
            row = sparse.csr_array((np.arange(len(weight)) >= n_pairs).astype(float)[None, :])
            limits.append(LinearConstraint(row, -np.inf, cap + _TOLERANCE))
        effort = {"time_limit": self.effort.seconds, "mip_rel_gap": self.effort.relative_gap}
        with without_prints():
            return milp(
                weight,
                integrality=self.integer,
                bounds=Bounds(0, self.upper),
                constraints=limits,
                options=effort,
            )


def solve(problem: Problem, *, whole: bool, effort: Effort) -> Solution:
    """
    Serve what is worth most; first of all leave the districts as little short as possible.

    Whole items are a multiple knapsack problem [1]_, solved by branch and bound (HiGHS
    [2]_) until the gap asked for is proven; divisible ones a linear programme, without
    requirement Dantzig's order of value per rupiah. The order of the items decides
    between equal choices.

    Parameters
    ----------
    problem
        Items and ceilings; may be without items.
    whole
        Whether an item is served in one year completely or not at all.
    effort
        How long and how exactly each solve goes on.

    Returns
    -------
    solution
        Within `bound`, items are moved to the earliest year with room, and room that is
        left over goes to items without value.

    References
    ----------
    .. [1] Martello, S. & Toth, P. (1990), Knapsack Problems, Wiley, ch. 6.
    .. [2] Huangfu, Q. & Hall, J. A. J. (2018), Mathematical Programming Computation 10, 119-142.
    """
    if not whole:
        return _divisible(problem, effort)
    # without requirement nothing ties one agency to another
    groups = problem.agency if not problem.required.any() else np.zeros_like(problem.agency)
    served = np.zeros((len(problem.cost), problem.ceilings.shape[1]))
    bound = 0.0
    for group in np.unique(groups):
        items = np.flatnonzero(groups == group)
        part = problem.of(items)
        share, limit = _optimise(part, whole=True, effort=effort)
        served[items] = _settle(part, share)
        bound += limit
    return Solution(served, _without_rounding(bound, problem, served))


def _divisible(problem: Problem, effort: Effort) -> Solution:
    share = np.ones(len(problem.cost))
    bound = None
    if problem.required.any() and len(share):
        pooled = problem.ceilings.sum(axis=1, keepdims=True)
        # what can be split can be split over years: only the sum of the ceilings binds
        once = replace(problem, ceilings=pooled)
        found, bound = _optimise(once, whole=False, effort=effort)
        share = found[:, 0]
    served = _spread(problem, share)
    if bound is None:
        bound = float(problem.value @ served.sum(axis=1))
    return Solution(served, _without_rounding(bound, problem, served))


def _without_rounding(bound: float, problem: Problem, served: NDArray[np.float64]) -> float:
    value = float(problem.value @ served.sum(axis=1))
    near = _ROUNDING * max(problem.value.max(initial=0.0), 1e-12)
    return value if bound - value <= near else bound


def _optimise(
    problem: Problem, *, whole: bool, effort: Effort
) -> tuple[NDArray[np.float64], float]:
    model = _model(problem, whole=whole, effort=effort)
    n_pairs, n_all = len(model.item), len(model.upper)
    served = np.zeros((len(problem.cost), problem.ceilings.shape[1]))
    if n_pairs == 0:
        return served, 0.0
    short = (np.arange(n_all) >= n_pairs).astype(float)
    cap, best = np.inf, None
    if n_all > n_pairs:
        first = model.minimise(short)
        best = first.x  # type: ignore[attr-defined]
        cap = np.inf if best is None else float(best[n_pairs:].sum())
    # HiGHS stops at an absolute gap of 1e-6: values that are no whole numbers are made larger
    values = problem.value
    scale = 1.0 if np.all(values == np.rint(values)) else 1e3 / values.max()
    weight = np.concatenate([-scale * values[model.item], np.zeros(n_all - n_pairs)])
    second = model.minimise(weight, cap=cap)
    best = second.x if second.x is not None else best  # type: ignore[attr-defined]
    bound = second.mip_dual_bound if whole else second.fun  # type: ignore[attr-defined]
    limit = float(values.sum()) if bound is None or not np.isfinite(bound) else -bound / scale
    if best is not None:
        pairs = np.rint(best[:n_pairs]) if whole else np.clip(best[:n_pairs], 0.0, 1.0)
        served[model.item, model.year] = pairs
    return served, limit


def _model(problem: Problem, *, whole: bool, effort: Effort) -> _Model:
    n, years = len(problem.cost), problem.ceilings.shape[1]
    affordable = problem.cost[:, None] <= problem.ceilings[problem.agency] if whole else None
    useful = problem.value > 0 if not problem.required.any() else np.ones(n, dtype=bool)
    open_pairs = np.ones((n, years), dtype=bool) if affordable is None else affordable
    item, year = np.nonzero(open_pairs & useful[:, None])
    districts = len(problem.required) if problem.required.any() else 0
    n_all = len(item) + districts
    pair = np.arange(len(item))
    once = _matrix(np.ones(len(item)), item, pair, (n, n_all))
    account = problem.agency[item] * years + year
    unit = _unit(problem.cost) if whole else 1.0
    spent = _matrix(problem.cost[item] / unit, account, pair, (problem.ceilings.size, n_all))
    blocks = [once, spent]
    low: list[NDArray[np.float64] | float] = [-np.inf, -np.inf]
    high: list[NDArray[np.float64]] = [np.ones(n)]
    high.append(np.floor(problem.ceilings.ravel() / unit))
    if districts:
        place = problem.district[item]
        ends = np.arange(districts)
        reached = _matrix(problem.households[item], place, pair, (districts, n_all))
        blocks.append(reached + _matrix(np.ones(districts), ends, len(item) + ends, reached.shape))
        low.append(problem.required)
        high.append(np.full(districts, np.inf))
    lower = np.concatenate(
        [np.broadcast_to(one, len(top)) for one, top in zip(low, high, strict=True)]
    )
    return _Model(
        item=item,
        year=year,
        integer=np.concatenate([np.full(len(item), int(whole)), np.zeros(districts, dtype=int)]),
        upper=np.concatenate([np.ones(len(item)), np.full(districts, np.inf)]),
        limits=LinearConstraint(sparse.vstack(blocks, format="csr"), lower, np.concatenate(high)),
        effort=effort,
    )


def _matrix(
    data: NDArray[np.float64],
    row: NDArray[np.intp],
    column: NDArray[np.intp],
    shape: tuple[int, int],
) -> sparse.csr_array:
    return sparse.csr_array((data, (row, column)), shape=shape)


def _unit(cost: NDArray[np.float64]) -> float:
    # small whole numbers: a tolerance on rupiah in the billions would let a ceiling be exceeded
    return float(np.gcd.reduce(cost.astype(np.int64))) if len(cost) else 1.0


def _settle(problem: Problem, served: NDArray[np.float64]) -> NDArray[np.float64]:
    year = np.where(served.any(axis=1), served.argmax(axis=1), -1)
    last = np.where(year < 0, served.shape[1], year)
    room = problem.ceilings.copy()
    chosen = np.flatnonzero(year >= 0)
    np.subtract.at(room, (problem.agency[chosen], year[chosen]), problem.cost[chosen])
    # one after another: each item takes room that the next one then lacks
    for item in np.lexsort((-problem.households, -problem.value, last)):
        account, cost = room[problem.agency[item]], problem.cost[item]
        if year[item] >= 0:
            account[year[item]] += cost
        fits = np.flatnonzero(account >= cost)
        year[item] = fits[0] if fits.size else -1
        if fits.size:
            account[year[item]] -= cost
    settled: NDArray[np.float64] = (year[:, None] == np.arange(served.shape[1])).astype(float)
    return settled


def _spread(problem: Problem, share: NDArray[np.float64]) -> NDArray[np.float64]:
    # what was chosen comes first, dearest use of a rupiah first; then what the rest can pay
    item = np.tile(np.arange(len(share)), 2)
    part = np.concatenate([share, 1 - share])
    later = np.repeat([0, 1], len(share))
    order = np.lexsort((item, -(problem.value / problem.cost)[item], later, problem.agency[item]))
    item, cost = item[order], (part * problem.cost[np.tile(np.arange(len(share)), 2)])[order]
    agency = problem.agency[item]
    start = np.zeros(len(problem.ceilings))
    np.add.at(start, agency, cost)
    before = np.cumsum(start) - start
    stop_at = np.cumsum(cost) - before[agency]
    edges = np.cumsum(problem.ceilings, axis=1)[agency]
    floor = edges - problem.ceilings[agency]
    paid = np.minimum(stop_at[:, None], edges) - np.maximum((stop_at - cost)[:, None], floor)
    served = np.zeros((len(share), problem.ceilings.shape[1]))
    np.add.at(served, item, paid.clip(min=0) / problem.cost[item][:, None])
    return served


@contextmanager
def without_prints() -> Iterator[None]:
    """
    Drop what compiled code writes to standard output meanwhile.

    HiGHS of SciPy 1.17 prints a line of its own whenever it mends a rounded solution,
    whatever it is told (HiGHS.jl, report 312). Output of other threads is dropped too.

    Yields: Without a standard output (a windowed program) nothing is changed.
    """
    try:
        kept = os.dup(_STDOUT)
    except OSError:
        yield
        return
    _flush()
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - no path, a device
            os.dup2(nowhere.fileno(), _STDOUT)
            yield
            _flush()
    finally:
        os.dup2(kept, _STDOUT)
        os.close(kept)


def _flush() -> None:
    """Empty Python's buffer and the one of C, which holds lines back where nobody looks on."""
    if sys.stdout is not None:
        sys.stdout.flush()
    library = ctypes.CDLL("ucrtbase" if os.name == "nt" else None)
    library.fflush(None)
