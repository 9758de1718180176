"""The regency's official figure: how far the table is from it, and estimates that add up to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd

from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.toml import require_year
from sibangkit_geo.model.types import Indicator, Note

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

# Official counts are published in hundredths of a thousand people, so rounding explains far less
# than 1 %: a larger gap is another population.
_POPULATIONS_DIFFER = 0.01
# the table and the official figure are told apart on paper from one point on
_RATES_DIFFER = 0.01
_PERCENT = 100.0

# totals that differ by rounding alone are the same total
_ROUNDING = 1e-9
_LARGEST = float(np.finfo(float).max)

ESTIMATE = "Estimasi, bukan angka resmi."
GOOD, CARE, UNUSABLE = "baik", "hati-hati", "tidak dapat dipakai"


def official_figures_disagree(
    people: pd.Series, *, rate: float, count: float, tolerance: float = _POPULATIONS_DIFFER
) -> list[Note]:
    """
    Say whether the official rate times the table's people is the official count.

    Parameters
    ----------
    people
        Residents, at least 0; missing counts as none.
    rate
        Official share 0 to 1.
    count
        Official poor people, at least 0.
    tolerance
        Relative difference that is worth a note.

    Returns
    -------
    notes
        None where the two agree.

    Raises
    ------
    ValueError
        The rate is outside 0 to 1, or the count negative.
    """
    if not (0 <= rate <= 1 and count >= 0):
        msg = f"`rate` must be 0 to 1 and `count` at least 0, got {rate} and {count}."
        raise ValueError(msg)
    implied = rate * float(people.sum())
    if abs(implied - count) <= tolerance * count:
        return []
    text = (
        f"Tingkat resmi ({percentage(rate, 2)}) dikalikan penduduk menurut tabel memberi "
        f"{numeral(implied)} jiwa, sedangkan jumlah resmi {numeral(count)} jiwa: penduduk acuannya "
        f"lain, jadi estimasi diselaraskan ke salah satu saja."
    )
    return [Note("official_figures_disagree", text)]


def benchmark_ratio(estimate: pd.Series, weight: pd.Series, *, total: float) -> pd.Series:
    """
    Scale estimates by one factor so that they add up to a total.

    x = min(f e, 1) with sum(w x) = total: villages that would pass 100 % are held
    there and the rest scaled further (ratio benchmarking, [1]_). The order of
    villages stays.
    Grain: one row per village in and out.

    Parameters
    ----------
    estimate
        Share 0 to 1; missing allowed.
    weight
        People, at least 0, indexed like `estimate`.
    total
        Poor people that ``sum(estimate * weight)`` is to equal.

    Returns
    -------
    benchmarked
        Share 0 to 1, indexed like `estimate`; missing stays missing.

    Raises
    ------
    DataError
        An estimate is outside 0 to 1, a weight missing or negative, or no factor
        reaches `total`.
    ValueError
        The two are indexed differently, or `total` is negative or not finite.

    References
    ----------
    .. [1] Rao & Molina (2015), Small Area Estimation, 2nd ed..

    Examples
    --------
    >>> import pandas as pd
    >>> e, w = pd.Series([0.1, 0.2, 0.6]), pd.Series([10, 10, 10])
    >>> benchmark_ratio(e, w, total=16).round(9).tolist()
    [0.2, 0.4, 1.0]
    """
    known = _known(estimate, weight, total)
    outside = known[(known["estimate"] < 0) | (known["estimate"] > 1)]
    if len(outside):
        msg = "Estimates outside 0 to 1 cannot be scaled"
        raise DataError(msg, rows=outside, remedy="Give shares.")
    e, w = known["estimate"].to_numpy(), known["weight"].to_numpy()
    _require_within(total, 0.0, float(w[e > 0].sum()), known)
    out = estimate.astype("float64").rename(None)
    out[estimate.notna()] = np.minimum(e * min(_factor(e, w, total), _LARGEST), 1.0)
    return out.rename("benchmark_ratio")


def _factor(e: Floats, w: Floats, total: float) -> float:
    order = np.argsort(-e, kind="stable")
    order = order[(e[order] > 0) & (w[order] > 0)]
    if total == 0 or not len(order):
        return 0.0
    held = np.concatenate([[0.0], np.cumsum(w[order])])[:-1]
    rest = np.cumsum((w * e)[order][::-1])[::-1]
    # estimates next to 0 need factors beyond all numbers; those never fit
    with np.errstate(over="ignore"):
        factor = (total - held) / rest
        most = 1 / e[order[-1]]
    # hold the k largest, for the first k where the next one stays below 100 %
    fits = np.flatnonzero(factor * e[order] <= 1)
    return float(factor[fits[0]] if len(fits) else most)


def _known(estimate: pd.Series, weight: pd.Series, total: float) -> pd.DataFrame:
    require_same_index(estimate=estimate, weight=weight)
    if not (np.isfinite(total) and total >= 0):
        msg = f"`total` must be a finite number of at least 0, got {total}."
        raise ValueError(msg)
    both = pd.DataFrame({"estimate": estimate, "weight": weight}).astype("float64")
    known = both[both["estimate"].notna()]
    good = (known["weight"] >= 0) & finite_rows(known)
    if not good.all():
        msg = "Villages with an estimate but an impossible or no weight"
        raise DataError(msg, rows=known[~good], remedy="Correct the number of people.")
    return known


def _require_within(total: float, least: float, most: float, rows: pd.DataFrame) -> None:
    slack = _ROUNDING * max(abs(least), abs(most), abs(total))
    if not least - slack <= total <= most + slack:
        msg = f"The total {total:,.6g} is out of reach: the villages can sum to {least:,.6g} to"
        msg += f" {most:,.6g}"
        raise DataError(msg, rows=rows, remedy="Check the figure and the number of people.")


@dataclass(frozen=True, slots=True)
class ReliabilityLimits:
    """
    Relative standard errors up to which a rate is good, or usable with care.

    The defaults are the practice of BPS for Susenas estimates (up to 25 % accurate,
    25 to 50 % with care, above that not used); other offices draw the lines
    elsewhere, so they may be changed.

    Attributes
    ----------
    good
        Largest relative standard error called good.
    care
        Largest one that may be used with care.
    near_zero
        Rate below which the error is measured against this rate instead of its own.
        At the default, 2 %, a rate known within one point (1.96 x 25 % x 2 points)
        is good however close to 0 it is. A choice of this package.
    """

    good: float = 0.25
    care: float = 0.50
    near_zero: float = 0.02

    def __post_init__(self) -> None:
        """Check the order of the limits."""
        if not (0 < self.good <= self.care and 0 <= self.near_zero < 1):
            msg = f"Need 0 < good <= care and 0 <= near_zero < 1, got {self}."
            raise ValueError(msg)


def reliability(
    rate: pd.Series, standard_error: pd.Series, *, limits: ReliabilityLimits | None = None
) -> pd.Series:
    """
    Class village rates by their relative standard error.

    Relative to max(rate, near_zero): the error of a rate near 0 is large relative to
    it however many households were counted, so a plain ratio would call the
    best-known villages unusable; there the absolute error decides.
    Grain: one row per village in and out.

    Parameters
    ----------
    rate
        Share 0 to 1 (posterior mean, or direct estimate); missing allowed.
    standard_error
        Posterior standard deviation, or standard error, indexed like `rate`.
    limits
        Where the classes end; the practice of BPS by default.

    Returns
    -------
    reliability
        ``"baik"``, ``"hati-hati"`` or ``"tidak dapat dipakai"``, the last also where
        either is missing or the error is 0: a direct estimate of 0 or 100 % has
        error 0 because nothing varied in the sample, not because it is certain.

    Raises
    ------
    DataError
        A rate is outside 0 to 1, or an error negative.
    ValueError
        The two are indexed differently.

    Examples
    --------
    >>> import pandas as pd
    >>> rate = pd.Series([0.10, 0.10, 0.10, 0.001])
    >>> error = pd.Series([0.02, 0.04, 0.06, 0.001])
    >>> reliability(rate, error).tolist()
    ['baik', 'hati-hati', 'tidak dapat dipakai', 'baik']
    """
    require_same_index(rate=rate, standard_error=standard_error)
    used = limits or ReliabilityLimits()
    both = pd.DataFrame({"rate": rate, "standard_error": standard_error}).astype("float64")
    wrong = (both < 0).any(axis=1) | (both["rate"] > 1)
    if wrong.any():
        msg = "Rates outside 0 to 1, or negative standard errors"
        raise DataError(msg, rows=both[wrong], remedy="Give shares, not per cent.")
    floor = both["rate"].clip(lower=max(used.near_zero, np.finfo(float).tiny))
    relative = (both["standard_error"] / floor).where(both["standard_error"] > 0)
    classes = np.select([relative <= used.good, relative <= used.care], [GOOD, CARE], UNUSABLE)
    return pd.Series(classes, index=rate.index, name="reliability", dtype="str")


def require_level(level: float) -> None:
    """
    Refuse a confidence that is no probability.

    `level`: To be above 0 and below 1.
    Raises ValueError: It is not.
    """
    if not 0 < level < 1:
        msg = f"`level` must be above 0 and below 1, got {level}."
        raise ValueError(msg)


def require_same_index(**columns: pd.Series | pd.DataFrame) -> None:
    """
    Refuse columns that are indexed differently.

    Raises ValueError: One differs from the first.
    """
    (first, reference), *others = columns.items()
    for name, column in others:
        if not column.index.equals(reference.index):
            msg = f"`{first}` and `{name}` are indexed differently."
            raise ValueError(msg)


def finite_rows(frame: pd.DataFrame) -> pd.Series[bool]:
    """
    Tell rows where every number is known and finite.

    Returns: Indexed like `frame`; a row without columns is finite.
    """
    return pd.Series(np.isfinite(frame.to_numpy()).all(axis=1), index=frame.index)


def counts_of(poor: pd.Series, households: pd.Series) -> pd.DataFrame:
    """
    Lay counts beside their base, as floats.

    `poor`: Counted, 0 to `households` or missing.
    `households`: Base, at least 0 or missing, indexed alike.
    Returns: Columns ``poor`` and ``households``, ``float64``.
    Raises DataError: A count is negative, infinite or above its base.
    Raises ValueError: The two are indexed differently.
    """
    require_same_index(poor=poor, households=households)
    counts = pd.DataFrame({"poor": poor, "households": households}).astype("float64")
    wrong = (counts < 0).any(axis=1) | ~finite_rows(counts.fillna(0.0))
    wrong |= counts["poor"] > counts["households"]
    if wrong.any():
        msg = "Villages with a negative count, or more poor households than households"
        raise DataError(msg, rows=counts[wrong], remedy="Correct the counts of these villages.")
    return counts


@dataclass(frozen=True, slots=True)
class OfficialFigures:
    """
    The ``[official]`` table of a study: the regency's own published figure.

    Attributes
    ----------
    year
        Of the figure.
    rate_percent
        Share of persons in poverty, per cent.
    poor_people
        Persons in poverty.
    source
        Who published it.
    benchmark
        ``"rate"`` or ``"count"``: scale the village estimates so that they add up to it;
        ``"none"``: leave them. Never both, since the rate's population is another one than the
        table's.

    Examples
    --------
    >>> figure = OfficialFigures(2024, 9.31, 84_360, source="BPS", benchmark="rate")
    >>> round(figure.poor_people / figure.rate_percent * 100, -3)  # people it is a share of
    906000.0
    """

    year: int
    rate_percent: float
    poor_people: int
    source: str
    benchmark: Literal["rate", "count", "none"]

    def __post_init__(self) -> None:
        """Check the ranges."""
        require_year(self.year)
        if not 0 <= self.rate_percent <= _PERCENT:
            msg = f"[official] rate_percent must be 0 to 100, got {self.rate_percent}."
            raise ConfigError(msg)


def distance_notes(table: pd.DataFrame, official: OfficialFigures) -> list[Note]:
    """
    Say how far the table's own poverty is from the official figure.

    `table`: Village table with ``poor_households`` and ``known_poor``.
    Returns: None when the two are within one point.
    """
    known = table["poor_households"].notna() & (table["known_poor"] > 0)
    homes = table.loc[known, "known_poor"].sum()
    of_table = float(table.loc[known, "poor_households"].sum() / homes) if homes else 0.0
    rate = official.rate_percent / _PERCENT
    of_persons = _rate_of_persons(table)
    if min(abs(of_table - rate), abs(of_persons - rate)) < _RATES_DIFFER:
        return []
    text = (
        f"Kemiskinan menurut tabel ({percentage(of_table)} rumah tangga, tertimbang) berbeda jauh "
        f"dari angka resmi {official.year} ({percentage(rate, 2)} penduduk; {official.source}): "
        f"ukurannya lain, jadi bacalah perbandingan antardesa, bukan tingginya angka."
    )
    return [Note("official_rate_differs", text)]


def _rate_of_persons(table: pd.DataFrame) -> float:
    """Take the rate in the official figure's own unit, where the table counts people."""
    if not {"known_people", "poor_people"} <= set(table):
        return float("inf")
    both = table[["known_people", "poor_people"]].dropna()
    people = both["known_people"].sum()
    return float(both["poor_people"].sum() / people) if people else float("inf")


@dataclass(frozen=True, slots=True)
class _Basis:
    """
    What is scaled.

    `share`: Share of poor people, 0 to 1.
    `people`: People it is of; estimated where the table has none.
    `estimated`: Whether they are.
    `size`: People of a household elsewhere.
    """

    share: pd.Series
    people: pd.Series
    estimated: pd.Series
    size: float


def benchmark(
    table: pd.DataFrame, official: OfficialFigures
) -> tuple[Indicator | None, list[Note]]:
    """
    Scale person estimates to the official figure by one factor (`benchmark_ratio`).

    No village passes 100 %: what it would have more falls on the others, so that the sum
    is the official one wherever the table has people enough. A village without a number of
    people takes part with its households times the people of a household elsewhere, and its
    share of households: left out, its poor would fall on the others.

    Grain: unchanged, one row per village; three columns are added to `table`.

    `table`: Village table with ``people``, ``known_people`` (of households whose poverty is
        known), ``poor_people``, ``households`` and ``headcount_ratio``; villages
        without the latter get none.
    Returns: The scaled rate; None where it cannot be scaled.
    Returns: The factor, people that were estimated, and villages held at 100 %.
    """
    if official.benchmark == "none" or not {"people", "poor_people"} <= set(table):
        return None, []
    basis = _basis(table)
    if basis is None:
        return None, []
    share, people = basis.share, basis.people
    rate = official.rate_percent / _PERCENT
    target = rate * people.sum() if official.benchmark == "rate" else official.poor_people
    scaled = benchmark_ratio(share, people, total=min(target, float(people[share > 0].sum())))
    table["poor_people_benchmarked"] = scaled * people
    table["poverty_rate_benchmarked"] = scaled
    table["benchmarked_people"] = people
    text = _told(basis, scaled, official, target=target)
    disagree = official_figures_disagree(people, rate=rate, count=official.poor_people)
    return _benchmarked(official), [Note("benchmarked", text), *disagree]


def _basis(table: pd.DataFrame) -> _Basis | None:
    """Find share and people of every village with a poverty figure; None where nobody is poor."""
    people = table["people"].where(table["people"] > 0)
    known = table["known_people"].where(table["known_people"] > 0)
    poor = table["poor_people"].where(known.notna() & table["headcount_ratio"].notna())
    share = (poor / known).clip(upper=1.0)
    counted = share.notna() & people.notna()
    if not poor[counted].sum() > 0:
        return None
    size = float(people[counted].sum() / table.loc[counted, "households"].sum())
    share = share.fillna(table["headcount_ratio"])
    estimated = people.isna() & share.notna() & (table["households"] > 0)
    people = people.fillna(size * table["households"].where(estimated)).where(share.notna())
    return _Basis(share.where(people.notna()), people, estimated, size)


def _told(basis: _Basis, scaled: pd.Series, official: OfficialFigures, *, target: float) -> str:
    """Say the factor, whose people were estimated, and what could not be reached."""
    held = (scaled >= 1.0) & (basis.share < 1.0)
    factor = float((scaled / basis.share.where(basis.share > 0)).mask(held).max())
    what = "tingkat" if official.benchmark == "rate" else "jumlah"
    text = (
        f"Estimasi penduduk miskin per desa diselaraskan dengan satu faktor "
        f"({numeral(factor, 3)}) ke {what} resmi {official.year}; faktor ini tidak mengubah urutan "
        f"desa. Penduduk menurut tabel {numeral(basis.people.sum())} jiwa."
    )
    if basis.estimated.any():
        text += (
            f" {int(basis.estimated.sum())} desa tanpa jumlah penduduk diperkirakan dari rumah "
            f"tangganya ({numeral(basis.size, 2)} orang per rumah tangga, rata-rata desa lain)."
        )
    if held.any():
        text += f" {int(held.sum())} desa dibatasi pada 100%; selebihnya dipikul desa lain."
    short = target - float((scaled * basis.people).sum())
    if round(short) > 0:
        text += (
            f" Penduduk menurut tabel tidak mencukupi: jumlahnya {numeral(short)} jiwa di bawah "
            f"angka resmi."
        )
    return text


def _benchmarked(official: OfficialFigures) -> Indicator:
    return Indicator(
        name="poverty_rate_benchmarked",
        label=f"Penduduk miskin, diselaraskan ke angka resmi {official.year}",
        unit="percent",
        worse="high",
        denominator="penduduk",
        agency="",
        source=official.source,
        year=official.year,
        count_column="poor_people_benchmarked",
        base_column="benchmarked_people",
        count_label="penduduk miskin",
        note=ESTIMATE,
    )
