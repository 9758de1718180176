"""The pocket detector: one zone after another, each tested against what is left."""

from __future__ import annotations

import itertools
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.stages import stage
from sibangkit_geo.model.types import Note, Pockets
from sibangkit_geo.pockets.cross_check import village_verdicts
from sibangkit_geo.pockets.graph import Neighbors, among
from sibangkit_geo.pockets.large_map import LARGE_MAP, LargeSearch
from sibangkit_geo.pockets.membership import Memberships
from sibangkit_geo.pockets.neighbors import k_nearest, neighbors_within, queen, rook
from sibangkit_geo.pockets.outline import components
from sibangkit_geo.pockets.power import TOLD_SIZES, smallest_detectable_risk
from sibangkit_geo.pockets.pysal import as_neighbors
from sibangkit_geo.pockets.settings import PocketSettings
from sibangkit_geo.pockets.tested import usable_villages
from sibangkit_geo.pockets.uneven_noise import MOST_VILLAGES, uneven_noise
from sibangkit_geo.pockets.wide_pattern import standing
from sibangkit_geo.pockets.zone_search import FEWEST_VILLAGES, Found, Search

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.pockets.pysal import GraphLike

    Floats = NDArray[np.float64]

log = logging.getLogger(__name__)

_RISKS = ["relative_risk", "relative_risk_low", "relative_risk_high"]
# enough to tell p of .05 from p of .1; a variant is not printed with a p of its own
_VARIANT_REPLICATES = 99


def find_pockets(
    villages: gpd.GeoDataFrame,
    *,
    settings: PocketSettings | None = None,
    neighbors: GraphLike | None = None,
    worth: pd.Series | None = None,
    progress: Callable[[int], None] | None = None,
) -> Pockets:
    """
    Find neighboring villages whose poverty together exceeds chance.

    Village rates vary by themselves; that overdispersion is fitted (robustly) and
    four statistics on rates standardised by it are compared with a joint
    permutation of the villages not yet in a pocket. While the test passes, the
    strongest zone is taken out, its outline fitted by an exact cut, and the rest
    tested again: strict at p <= alpha, indicative at p <= 2 alpha, p being the
    running maximum.
    Grain: one row per village in, one row per pocket out.

    Parameters
    ----------
    villages
        Indexed by ``village_code``, polygons in a metric CRS, columns
        ``poor_households`` and ``households`` (counts). Villages with missing
        numbers, or without households or polygon, are left out and noted.
    settings
        Error rate, permutations, seed; the defaults when None.
    neighbors
        Graph of the villages, where links were added or cut: `Neighbors`, or a ``Graph`` or
        ``W`` of libpysal with their codes as labels; None draws it by the rule of the settings.
    worth
        Households that the rate of each village is worth, indexed alike, above 0 and at most
        ``households``: fewer where counts were protected. ``households`` when None.
    progress
        Called with the number of replicates done since the last call.

    Returns
    -------
    pockets
        Possibly none; that is a result, not an error.

    Raises
    ------
    DataError
        A column is missing; a count is text, infinite, negative or a share; a village has more
        poor households than households, stands twice, or is not in `neighbors`; the places are
        no polygons in metres, or none has a neighbor; a link of `neighbors` leads one way.
    TypeError
        `neighbors` is no graph.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> cells = [(x, y) for y in range(5) for x in range(5)]
    >>> squares = [box(1000 * x, 1000 * y, 1000 * x + 1000, 1000 * y + 1000) for x, y in cells]
    >>> poor = [60 if x < 2 and y < 2 else 8 + (x + 2 * y) % 5 for x, y in cells]
    >>> villages = gpd.GeoDataFrame(
    ...     {"households": 100, "poor_households": poor}, geometry=squares, crs="EPSG:32748"
    ... )
    >>> found = find_pockets(villages, settings=PocketSettings(replicates=99))
    >>> found.outlines[["rate", "poor", "n_villages"]].to_dict("records")
    [{'rate': 0.6, 'poor': 240, 'n_villages': 4}]
    """
    settings = settings or PocketSettings()
    tested, notes = usable_villages(villages)
    poor = tested["poor_households"].to_numpy(dtype=float)
    homes = tested["households"].to_numpy(dtype=float)
    if len(tested) < FEWEST_VILLAGES or not poor.sum():
        return _nothing_tested(tested, settings, notes)
    near = _graph(tested, neighbors, settings)
    centres = tested.geometry.representative_point()
    if worth is not None:
        least = _worth(worth, tested)
        poor, homes = poor / homes * least, least
    at = np.column_stack([centres.x, centres.y])
    rates = poor / homes
    with stage(log, "search") as counts:
        found, homes, uneven = _searched(
            poor, homes, at, near=near, settings=settings, progress=progress
        )
        counts.append(f"{len(found.p_values)} zones")
    with stage(log, "grade") as counts:
        graded, told = _graded(tested, found, rates, homes, at, near=near, settings=settings)
        counts.append(f"{len(graded.outlines)} pockets")
        verdicts = village_verdicts(tested, graded.pockets, neighbors=near, rho=found.rho)
    return Pockets(
        members=_members(tested, graded.pockets),
        outlines=graded.outlines,
        wide_members=_members(tested, graded.wide),
        wide=graded.wide_outlines,
        villages=verdicts.assign(membership=graded.membership),
        p_value=found.map_p_value,
        overdispersion=found.rho,
        alpha=settings.alpha,
        replicates=settings.replicates,
        seed=settings.seed,
        notes=(*notes, *_isolates(near), *uneven, *told, *_limits(settings, uneven)),
        smallest_risks=_smallest_risks(rates, homes, found),
        neighbors=_pairs(near),
    )


def _graph(
    tested: gpd.GeoDataFrame, neighbors: GraphLike | None, settings: PocketSettings
) -> Neighbors:
    """Take the graph of the tested villages, or draw it."""
    with stage(log, "neighbors") as counts:
        if neighbors is None:
            near = neighbors_by_rule(tested, settings)
        else:
            near = among(as_neighbors(neighbors), tested.index)
        counts += [f"{len(near)} villages", f"{len(near.pairs)} pairs"]
    if len(near.isolates) == len(tested):
        msg = "No village has a neighbor"
        remedy = "Check polygons and CRS, or allow a larger gap (`neighbor_distance_m`)."
        raise DataError(msg, rows=pd.DataFrame(index=tested.index), remedy=remedy)
    return near


def _pairs(near: Neighbors) -> pd.DataFrame:
    codes = [near.ids[near.pairs[:, end]] for end in (0, 1)]
    return pd.DataFrame(dict(zip(("village_code", "neighbor_code"), codes, strict=True)))


def _worth(worth: pd.Series, tested: gpd.GeoDataFrame) -> Floats:
    """Read what the households of each village are worth, at most themselves."""
    least = pd.to_numeric(worth.reindex(tested.index), errors="coerce").astype(float)
    fine = (least > 0) & (least <= tested["households"] * (1 + 1e-9))
    if not fine.all():
        msg = "Villages whose `worth` is missing, not above 0, or more than their households"
        rows = pd.DataFrame(index=tested.index[~fine])
        raise DataError(msg, rows=rows, remedy="Give what `disclosure.worth` gives, or None.")
    return np.asarray(least, dtype=np.float64)


def _searched(
    poor: Floats,
    homes: Floats,
    centres: Floats,
    *,
    near: Neighbors,
    settings: PocketSettings,
    progress: Callable[[int], None] | None,
) -> tuple[Found, Floats, list[Note]]:
    """
    Search; where something is found on a map of uneven noise, search again as it asks.

    Returns: What was found, what the households of each village are worth, and notes.
    """
    kind = Search if len(poor) <= LARGE_MAP else LargeSearch
    search = kind(poor, homes, centres, near=near, largest_zone=settings.largest_zone)
    found = search.run(settings, progress)
    if not found.labels.any():
        return found, homes, []
    noise = uneven_noise(poor, homes, free=found.labels == 0, centres=centres, seed=settings.seed)
    if noise is None:
        return found, homes, _too_many(len(poor))
    least = noise.worth(homes)
    search = kind(
        poor / homes * least, least, centres, near=near,
        largest_zone=settings.largest_zone, part=noise.part,
    )  # fmt: skip
    inside = int(noise.part.sum())
    text = (
        f"Tingkat kemiskinan {inside} desa yang berdekatan jauh lebih beragam daripada desa lain "
        "(korelasi dalam desa "
        f"{numeral(noise.rho[1], 2)}, di luarnya {numeral(noise.rho[0], 2)}): desa ditukar acak "
        "hanya di dalam bagiannya masing-masing, dan nilai p digandakan."
    )
    # part and rho are estimated on the map that is tested: p counts twice
    found = search.run(replace(settings, alpha=settings.alpha / 2), progress)
    doubled = tuple(2.0 * one for one in found.p_values)
    found = replace(found, p_values=doubled, map_p_value=min(1.0, 2.0 * found.map_p_value))
    return found, least, [Note("uneven_noise", text, inside)]


def _too_many(villages: int) -> list[Note]:
    """Say that a map is too large to ask whether its noise is even."""
    if villages <= MOST_VILLAGES:
        return []
    text = (
        f"Peta ini memuat lebih dari {numeral(MOST_VILLAGES)} desa: tidak diperiksa apakah tingkat "
        "kemiskinan di satu bagian lebih beragam daripada di bagian lain."
    )
    return [Note("noise_not_looked_at", text, villages)]


@dataclass(frozen=True, slots=True)
class _Graded:
    """
    Zones by what they are: numbers per village (0 outside) and one outline per number.

    `membership`: Probability that a village belongs to a pocket, NaN far from every one.
    """

    pockets: NDArray[np.int64]
    outlines: gpd.GeoDataFrame
    wide: NDArray[np.int64]
    wide_outlines: gpd.GeoDataFrame
    membership: Floats


def _graded(
    tested: gpd.GeoDataFrame,
    found: Found,
    rates: Floats,
    homes: Floats,
    centres: Floats,
    *,
    near: Neighbors,
    settings: PocketSettings,
) -> tuple[_Graded, list[Note]]:
    """Tell pockets from parts of a wide pattern, and from zones that hardly differ."""
    zones = [frozenset(one.tolist()) for one in _by_number(found)]
    stand = standing(rates, homes, zones, centres=centres, rho=found.rho)
    found, apart = _joined(found, zones, stand.apart, near)
    zones = [frozenset(one.tolist()) for one in _by_number(found)]
    outside = found.labels == 0
    level = _expected_level(stand.expected, homes, outside)
    sampled = Memberships(
        rates * homes, homes, outside=outside, rho=found.rho, pairs=near.pairs, seed=settings.seed
    )
    risks, sure = [], []
    for zone, own in zip(zones, apart, strict=True):
        if not own:
            # what a wide pattern is by itself, without the noise that its zone was chosen for
            risks.append((_expected_risk(stand.expected, homes, zone, level), np.nan, np.nan))
            continue
        one = sampled.of(zone)
        risks.append((one.relative_risk, one.low, one.high))
        sure.append(one)
    whole = _outlines(tested, found, risks, settings.alpha)
    large = (whole["relative_risk"] >= settings.smallest_relative_risk).to_numpy()
    chance = np.full(len(rates), np.nan)
    # pockets come first, so that these stand in their order
    for one in itertools.compress(sure, large):
        chance[one.villages] = np.fmax(chance[one.villages], one.chance)
    pockets, outlines = _renumbered(whole, found.labels, apart & large)
    wide, patterns = _renumbered(whole, found.labels, ~apart & large)
    patterns = patterns.assign(evidence="wide").drop(columns=_RISKS[1:])
    trifles = int((~large).sum())
    notes = _ended(found)
    if trifles:
        text = (
            f"{trifles} kumpulan desa memang lebih miskin daripada kebetulan, tetapi kurang dari "
            f"{numeral(settings.smallest_relative_risk, 1)} kali desa lain: tidak disebut kantong."
        )
        notes.append(Note("trifles", text, trifles))
    return _Graded(pockets, outlines, wide, patterns, chance), notes


def _by_number(found: Found) -> list[NDArray[np.intp]]:
    """List the positions of each zone in order, going over the map once for all of them."""
    order = np.argsort(found.labels, kind="stable")
    numbers = np.arange(1, len(found.p_values) + 2)
    ends = np.searchsorted(found.labels[order], numbers)
    return [order[first:last] for first, last in itertools.pairwise(ends)]


def _joined(
    found: Found, zones: Sequence[frozenset[int]], apart: NDArray[np.bool_], near: Neighbors
) -> tuple[Found, NDArray[np.bool_]]:
    """Join parts of a wide pattern that touch, with the p of the clearest; pockets come first."""
    pockets = [i for i, own in enumerate(apart) if own]
    others = [i for i, own in enumerate(apart) if not own]
    every = frozenset().union(*(zones[i] for i in others))
    parts = sorted(components(every, near.pairs), key=min)
    p_values = [found.p_values[i] for i in pockets]
    smallest: dict[int, float] = {}
    for i in others:
        smallest.update({one: min(smallest.get(one, 1.0), found.p_values[i]) for one in zones[i]})
    p_values += [min(smallest[one] for one in part) for part in parts]
    labels = np.zeros(len(found.labels), dtype=np.int64)
    for number, zone in enumerate([*(zones[i] for i in pockets), *parts], 1):
        labels[list(zone)] = number
    joined = replace(found, labels=labels, p_values=tuple(p_values))
    return joined, np.arange(len(p_values)) < len(pockets)


def _expected_level(expected: Floats, homes: Floats, outside: NDArray[np.bool_]) -> float:
    if not outside.any():
        return float("nan")
    return float(np.average(expected[outside], weights=homes[outside]))


def _expected_risk(expected: Floats, homes: Floats, zone: frozenset[int], level: float) -> float:
    """Set the rate expected in a zone against that outside all zones; infinite where that is 0."""
    inside = list(zone)
    own = float(np.average(expected[inside], weights=homes[inside]))
    return own / level if level else float("inf")


def _renumbered(
    outlines: gpd.GeoDataFrame, labels: NDArray[np.int64], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], gpd.GeoDataFrame]:
    """Keep some zones and number them from 1."""
    numbers = np.concatenate([[0], np.where(kept, np.cumsum(kept), 0)])
    own = outlines[kept]
    return numbers[labels], own.set_index(pd.RangeIndex(1, len(own) + 1, name="pocket"))


def _limits(settings: PocketSettings, uneven: list[Note]) -> list[Note]:
    """Say where the settings decide, and not the data."""
    # on a map of uneven noise p counts twice
    doubled = any(one.key == "uneven_noise" for one in uneven)
    smallest = (1 + doubled) / (settings.replicates + 1)
    if smallest <= settings.alpha:
        return []
    text = (
        f"Dengan {numeral(settings.replicates)} permutasi nilai p paling kecil "
        f"{numeral(smallest, 3)}: kantong berbukti kuat (p paling besar "
        f"{numeral(settings.alpha, 3)}) tidak mungkin ditemukan."
    )
    return [Note("few_replicates", text, settings.replicates)]


def _ended(found: Found) -> list[Note]:
    """Say that the search of a large map ended at its bound, and not because nothing was left."""
    if not found.unfinished:
        return []
    text = (
        "Pencarian dihentikan pada batas jumlah putarannya: di peta seluas ini mungkin masih ada "
        "kantong lain yang lebih lemah."
    )
    return [Note("search_ended", text, len(found.p_values))]


def _smallest_risks(rates: Floats, homes: Floats, found: Found) -> tuple[tuple[int, float], ...]:
    """Say from which relative risk on this map would have shown a pocket, by its villages."""
    outside = found.labels == 0
    return tuple(
        (
            size,
            smallest_detectable_risk(
                rates[outside], homes[outside], rho=found.rho, n_villages=size
            ),
        )
        for size in TOLD_SIZES
    )


def _members(tested: gpd.GeoDataFrame, labels: NDArray[np.int64]) -> pd.Series:
    every = pd.Series(labels, index=tested.index, name="pocket")
    return every[every > 0]


def _outlines(
    tested: gpd.GeoDataFrame,
    found: Found,
    risks: Sequence[tuple[float, float, float]],
    alpha: float,
) -> gpd.GeoDataFrame:
    background = tested[found.labels == 0]
    homes_outside = background["households"].sum()
    baseline = background["poor_households"].sum() / homes_outside if homes_outside else 0.0
    rows = []
    for where, p_value, risk in zip(_by_number(found), found.p_values, risks, strict=True):
        inside = tested.iloc[where]
        poor, homes = int(inside["poor_households"].sum()), int(inside["households"].sum())
        rows.append(
            {
                # as poor as the rest for all that is known: p alone makes it no strong evidence
                "evidence": "indicative" if p_value > alpha or risk[1] < 1.0 else "strict",
                "p_value": p_value,
                "rate": poor / homes,
                **dict(zip(_RISKS, risk, strict=True)),
                "poor": poor,
                "expected": homes * float(baseline),
                "households": homes,
                "n_villages": len(inside),
                "geometry": inside.geometry.union_all(),
            }
        )
    columns = ["evidence", "p_value", "rate", *_RISKS, "poor", "expected", "households"]
    numbers = pd.RangeIndex(1, len(rows) + 1, name="pocket")
    return gpd.GeoDataFrame(
        rows,
        index=numbers,
        columns=[*columns, "n_villages", "geometry"],
        geometry="geometry",
        crs=tested.crs,
    )


def _isolates(near: Neighbors) -> list[Note]:
    if not near.isolates:
        return []
    text = f"{len(near.isolates)} desa tanpa tetangga dihubungkan dengan desa terdekat."
    return [Note("isolates_linked", text, len(near.isolates))]


def _nothing_tested(
    tested: gpd.GeoDataFrame, settings: PocketSettings, notes: list[Note]
) -> Pockets:
    few = len(tested) < FEWEST_VILLAGES
    why = (
        f"hanya {len(tested)} desa berdata, paling sedikit {FEWEST_VILLAGES}"
        if few
        else "tidak ada rumah tangga miskin pada data"
    )
    text = f"Kantong kemiskinan tidak diuji: {why}."
    nothing = Found(np.zeros(len(tested), dtype=np.int64), (), float("nan"), float("nan"))
    return Pockets(
        members=pd.Series(dtype="int64", name="pocket", index=tested.index[:0]),
        outlines=_outlines(tested, nothing, (), settings.alpha),
        villages=pd.DataFrame({"rate": pd.Series(dtype=float), "pocket": pd.array([], "Int64")}),
        p_value=float("nan"),
        overdispersion=float("nan"),
        alpha=settings.alpha,
        replicates=settings.replicates,
        seed=settings.seed,
        notes=(*notes, Note("nothing_tested", text, len(tested))),
    )


def variants(settings: PocketSettings) -> tuple[PocketSettings, ...]:
    """
    List other settings that a careful analyst might have chosen.

    Returns: Another neighbor rule (two), half and double the error rate, smaller and larger
        circles, other seeds (two); 99 permutations each.
    """
    rules = [one for one in ("distance", "queen", "nearest") if one != settings.neighbors][:2]
    changed: list[dict[str, object]] = [{"neighbors": one} for one in rules]
    changed += [{"alpha": settings.alpha / 2}, {"alpha": min(2 * settings.alpha, 0.49)}]
    changed += [{"largest_zone": 15}, {"largest_zone": 40}]
    changed += [{"seed": settings.seed + 1}, {"seed": settings.seed + 2}]
    few = min(_VARIANT_REPLICATES, settings.replicates)
    return tuple(replace(settings, **one, replicates=few) for one in changed)  # type: ignore[arg-type]


def with_sensitivity(
    found: Pockets,
    villages: gpd.GeoDataFrame,
    *,
    settings: PocketSettings,
    neighbors: GraphLike | None = None,
    worth: pd.Series | None = None,
) -> Pockets:
    """
    Count in how many variants of the settings each village stays in a pocket.

    Grain: unchanged; the village table gets ``stability`` (share of the variants that put
    the village into a pocket of either grade, 0 to 1) and ``n_variants``.

    Parameters
    ----------
    found
        Result of the detector.
    villages
        What it was found in.
    settings
        What it was found with.
    neighbors
        The study's own graph, where links were added or cut; a variant with another rule
        draws its own.
    worth
        As `find_pockets` was given.

    Returns
    -------
    pockets
        Unchanged where nothing was tested.

    Raises
    ------
    DataError
        The villages break their contract.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> cells = [(x, y) for y in range(5) for x in range(5)]
    >>> squares = [box(1000 * x, 1000 * y, 1000 * x + 1000, 1000 * y + 1000) for x, y in cells]
    >>> poor = [60 if x < 2 and y < 2 else 8 + (x + 2 * y) % 5 for x, y in cells]
    >>> counts = {"households": 100, "poor_households": poor}
    >>> villages = gpd.GeoDataFrame(counts, geometry=squares, crs="EPSG:32748")
    >>> settings = PocketSettings(replicates=19)
    >>> tried = with_sensitivity(
    ...     find_pockets(villages, settings=settings), villages, settings=settings
    ... )
    >>> tried.villages["stability"].iloc[[0, 24]].tolist()  # in 7 of 8 variants, in none
    [0.875, 0.0]
    """
    if not len(found.villages):
        return found
    tried = variants(settings)
    hits = pd.Series(0, index=found.villages.index)
    for one in tried:
        own = neighbors if one.neighbors == settings.neighbors else None
        members = find_pockets(villages, settings=one, neighbors=own, worth=worth).members
        hits[members.index] += 1
    table = found.villages.assign(stability=hits / len(tried), n_variants=len(tried))
    return replace(found, villages=table)


def neighbors_by_rule(villages: gpd.GeoDataFrame, settings: PocketSettings) -> Neighbors:
    """
    Draw the graph by the rule that the settings name.

    `villages`: Polygons in a metric CRS, indexed by label.
    `settings`: ``neighbors``, and ``neighbor_distance_m`` or ``nearest``.
    Raises DataError: A village stands twice, or the CRS is not metric.
    Raises ValueError: There are not more villages than ``nearest``.
    """
    if settings.neighbors == "queen":
        return queen(villages)
    if settings.neighbors == "rook":
        return rook(villages)
    if settings.neighbors == "nearest":
        return k_nearest(villages, k=settings.nearest)
    return neighbors_within(villages, distance_m=settings.neighbor_distance_m)
