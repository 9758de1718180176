"""Official poverty rates beside targets, year by year; gaps stay gaps."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.toml import build, own_toml, read_toml, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sibangkit_geo.agencies.budget import Plan

UNFILLED = "belum diisi"
_SINGLE_DIGIT = 0.10
_COLUMNS = ["year", "rate_percent", "people", "line", "status", "note"]
_PERCENT = 100

# a share of a person is rounding
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class RateSeries:
    """
    Poverty rates of one area, published or aimed at.

    `key`, `label`, `area`: Name, Indonesian words, dotted code (empty for the nation).
    `kind`: ``"official"`` or ``"target"``.
    `figures`: Indexed by ``year``: ``rate`` (share of persons, 0 to 1), ``people`` (poor persons)
        and ``line`` (rupiah per person and month), missing where not published, ``status``,
        ``note``. May be empty.
    """

    key: str
    label: str
    area: str
    kind: str
    source: str
    figures: pd.DataFrame


@dataclass(frozen=True, slots=True)
class TargetTables:
    """
    The way to a study's target, in tables.

    `series`: Published rates and targets side by side, from `series_table`.
    `people`, `people_by_district`: From `persons_to_leave`, by pocket and what is left of each
        district, and by district; None where nothing can be shared out.
    `effect`: From `package_effect`, one row; None without a budget or assumptions.
    """

    series: pd.DataFrame
    people: pd.DataFrame | None = None
    people_by_district: pd.DataFrame | None = None
    effect: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class SingleDigit:
    """First year below ten per cent: ``year`` and ``rate`` (missing when none), ``text``."""

    year: int | None
    rate: float
    text: str


def load_series(path: Path | None = None) -> tuple[RateSeries, ...]:
    """
    Read the rates and targets.

    `path`: File of the user, UTF-8; nothing: the one that comes along.
    Returns: In the order of the file.
    Raises MissingFileError: There is no such file.
    Raises ConfigError: The file is no TOML, or a series is wrong; everything wrong is told at
        once.
    """
    table = (
        read_toml(path, named_by="table of targets")
        if path
        else own_toml(__package__, "targets.toml")
    )
    name = path.name if path else "targets.toml"
    listed = build(_SeriesFile, table, file=name).series
    keys = [one.key for one in listed]
    twice = [one for one in dict.fromkeys(keys) if keys.count(one) > 1]
    refuse([f'"{one}" is listed twice' for one in twice], file=name)
    return tuple(
        RateSeries(one.key, one.label, one.area, one.kind, one.source, _figures(one.figure))
        for one in listed
    )


@dataclass(frozen=True, slots=True)
class _Figure:
    """
    One figure of a series.

    `year`: Each year once.
    `rate_percent`: Share of persons in poverty, 0 to 100.
    `status`: Published, derived, a target, or of a year that its source does not tell.
    `people`: Persons in poverty, where published.
    `line`: Poverty line, rupiah per person and month, where published.
    `note`: Month and place of the publication.
    """

    year: int
    rate_percent: float
    status: Literal["resmi", "turunan", "target", "tahun tidak dinyatakan"]
    people: float | None = None
    line: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Check the rate."""
        if not 0 <= self.rate_percent <= _PERCENT:
            msg = f"rate_percent of {self.year} must be 0 to 100"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class _Series:
    """
    One ``[[series]]`` of published rates or of targets.

    `key`: Name of the series.
    `label`: Indonesian words for tables.
    `area`: Dotted code; empty for the nation.
    `kind`: ``"official"`` or ``"target"``.
    `source`: Who published it, and where.
    """

    key: str
    label: str
    area: str
    kind: str
    source: str
    figure: tuple[_Figure, ...]

    def __post_init__(self) -> None:
        """Check that a year has one figure."""
        if len({one.year for one in self.figure}) < len(self.figure):
            msg = f'a year stands twice in "{self.key}"'
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class _SeriesFile:
    """Published rates and targets, one table for each area and kind."""

    series: tuple[_Series, ...]


def _figures(listed: Sequence[_Figure]) -> pd.DataFrame:
    table = pd.DataFrame([asdict(one) for one in listed], columns=_COLUMNS)
    table = table.set_index("year").sort_index()
    return pd.DataFrame(
        {
            "rate": table["rate_percent"].astype(float) / _PERCENT,
            "people": table["people"].astype(float),
            "line": table["line"].astype(float),
            "status": table["status"],
            "note": table["note"],
        }
    )


def target_series(*, year: int, rate_percent: float, source: str) -> RateSeries:
    """Set a study's own target beside the published figures."""
    figures = _figures([_Figure(year, rate_percent, "target")])
    return RateSeries("study_target", "Target studi ini", "", "target", source, figures)


def series_table(series: Iterable[RateSeries], years: Iterable[int]) -> pd.DataFrame:
    """
    Put all series side by side for the years asked; gaps stay gaps.

    Grain: one row per series and year.

    `years`: To be shown, in this order.
    Returns: ``series``, ``label``, ``year``, ``rate`` (0 to 1), ``people``, ``line``, ``text``
        (the rate, or "belum diisi"), ``status`` (alike), ``note``, ``source``.
    """
    wanted = list(years)
    frames = [
        one.figures.reindex(wanted)
        .rename_axis("year")
        .reset_index()
        .assign(series=one.key, label=one.label, source=one.source)
        for one in series
    ]
    table = pd.concat(frames, ignore_index=True)
    filled = table["rate"].notna()
    table["text"] = [percentage(one, 2) for one in table["rate"]]
    table["text"] = table["text"].where(filled, UNFILLED)
    table["status"] = table["status"].astype(object).where(filled, UNFILLED)
    table["note"] = table["note"].fillna("")
    columns = ["series", "label", "year", "rate", "people", "line", "text", "status", "note"]
    return table[[*columns, "source"]]


def single_digit_year(series: RateSeries) -> SingleDigit:
    """
    Find the first year whose rate is below ten per cent.

    Parameters
    ----------
    series
        Published figures; exactly ten per cent is not below.

    Returns
    -------
    found
        With a sentence in Indonesian.

    Raises
    ------
    ValueError
        The series is of targets, which nobody has reached by writing them down.

    Examples
    --------
    >>> single_digit_year(load_series()[0]).year
    2023
    """
    if series.kind != "official":
        msg = f"`series` must be of published figures, got {series.key}."
        raise ValueError(msg)
    below = series.figures[series.figures["rate"] < _SINGLE_DIGIT]
    if below.empty:
        return SingleDigit(None, math.nan, f"{series.label}: kemiskinan satu digit belum tercapai.")
    year, rate = int(below.index[0]), float(below["rate"].iloc[0])
    text = (
        f"{series.label}: target kemiskinan satu digit tercapai pada tahun {year}, "
        f"dengan {percentage(rate, 2)} penduduk miskin."
    )
    return SingleDigit(year, rate, text)


@dataclass(frozen=True, slots=True)
class Reduction:
    """
    Persons who must leave poverty to reach a target.

    `total`: Persons of the whole regency.
    `places`: Indexed by place: ``poor_people`` (estimated), ``people``, ``leave`` (whole persons,
        adding up to `total`) and ``share_of_people`` (0 to 1, missing without people).
    """

    total: int
    places: pd.DataFrame
    text: str


@dataclass(frozen=True, slots=True)
class ExitAssumption:
    """
    What the user assumes of served households; nothing of it is known, so no default.

    `exit_share_low`, `exit_share_high`: Share of the served poor households whose people leave
        poverty, 0 to 1.
    `poor_share`: Share of the served households that are poor, 0 to 1.
    `household_size`: Persons per poor household, above 0.
    """

    exit_share_low: float
    exit_share_high: float
    poor_share: float
    household_size: float

    def __post_init__(self) -> None:
        """Check the shares."""
        if not 0 <= self.exit_share_low <= self.exit_share_high <= 1:
            msg = "Exit shares must be 0 to 1, and the low one not above the high one."
            raise ValueError(msg)
        if not 0 <= self.poor_share <= 1 or not self.household_size > 0:
            msg = "`poor_share` must be 0 to 1 and `household_size` above 0."
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class PackageEffect:
    """
    What a plan would do to the rate, as a range under stated assumptions.

    `households_low`, `households_high`: Different households served: all needs in one household,
        or each in another.
    `persons_low`, `persons_high`: Persons who leave poverty.
    `rate_low`, `rate_high`: Rate afterwards, 0 to 1; the low one belongs to `persons_high`.
    """

    households_low: float
    households_high: float
    persons_low: float
    persons_high: float
    rate_low: float
    rate_high: float
    text: str


def persons_to_leave(
    poor_people: pd.Series,
    people: pd.Series,
    *,
    current_rate: float,
    target_rate: float,
    base: float,
) -> Reduction:
    """
    Count the persons who must leave poverty for a target, and share them out to places.

    In proportion to the estimated poor, by largest remainders [1]_; equal remainders go
    to the lower place.
    Grain: unchanged, one row per place (districts; or pockets and one row for the rest).

    Parameters
    ----------
    poor_people
        Estimated poor persons of each place, at least 0.
    people
        Persons of each place, indexed alike; only for the share beside.
    current_rate, target_rate
        Shares of persons, 0 to 1.
    base
        Population that the official rate is of, from `official_base`.

    Returns
    -------
    reduction
        Zero where the target is already reached.

    Raises
    ------
    DataError
        Numbers are missing or negative, a place stands twice, or fewer poor are estimated
        than must leave poverty.
    ValueError
        A rate is not between 0 and 1, or `base` not above 0.

    References
    ----------
    .. [1] Balinski, M. & Young, H. P. (1982), Fair Representation, Yale University Press.

    Examples
    --------
    >>> import pandas as pd
    >>> persons_to_leave(
    ...     pd.Series({"a": 30.0, "b": 10.0}), pd.Series({"a": 300.0, "b": 100.0}),
    ...     current_rate=0.10, target_rate=0.09, base=400.0,
    ... ).places["leave"].tolist()
    [3, 1]
    """
    if not (0 <= target_rate <= 1 and 0 <= current_rate <= 1 and base > 0):
        msg = "Rates must be 0 to 1 and `base` above 0."
        raise ValueError(msg)
    table = pd.DataFrame({"poor_people": poor_people, "people": people.reindex(poor_people.index)})
    bad = ~(table["poor_people"] >= 0) | ~(table["people"] >= table["poor_people"])
    bad |= table.index.duplicated(keep=False)
    if bad.any():
        msg = "Places that stand twice, or whose poor are missing, negative or above its people"
        raise DataError(msg, rows=table[bad], remedy="Keep one row per place with both numbers.")
    total = max(0, math.ceil(base * (current_rate - target_rate) - _ROUNDING))
    if total > table["poor_people"].sum():
        msg = "More persons must leave poverty than are estimated poor"
        raise DataError(msg, remedy="Benchmark the estimates to the official number first.")
    table["leave"] = _largest_remainders(table["poor_people"], total)
    table["share_of_people"] = table["leave"] / table["people"].where(table["people"] > 0)
    return Reduction(total, table, _reduction_text(total, current_rate, target_rate, base=base))


def _largest_remainders(weight: pd.Series, total: int) -> pd.Series:
    if total == 0:
        return pd.Series(0, index=weight.index)
    quota = weight * total / weight.sum()
    # quotas that are whole but for rounding must not lose their person
    whole = np.floor(quota + 1e-9).astype(int)
    rest = (quota - whole).round(9)
    rank = {place: at for at, place in enumerate(sorted(rest.index))}
    order = np.lexsort(([rank[place] for place in rest.index], -rest.to_numpy()))
    leave = whole.to_numpy().copy()
    leave[order[: total - int(whole.sum())]] += 1
    return pd.Series(leave, index=weight.index)


def _reduction_text(total: int, current: float, target: float, *, base: float) -> str:
    if total == 0:
        return f"Target {percentage(target, 2)} sudah tercapai ({percentage(current, 2)})."
    return (
        f"Dari {percentage(current, 2)} ke {percentage(target, 2)}: {numeral(total)} orang harus "
        f"keluar dari kemiskinan. Dihitung dari penduduk proyeksi BPS {numeral(base)} orang, "
        "penduduk dianggap tetap; dibagi menurut estimasi penduduk miskin (estimasi, bukan "
        "angka resmi)."
    )


def package_effect(
    plan: Plan, *, assumption: ExitAssumption, current_rate: float, base: float
) -> PackageEffect:
    """
    Say what a plan would do to the rate if the user's assumptions hold.

    Several needs of a place may be those of one household or of different ones; the
    table cannot tell, so both ends are taken.

    `assumption`: What is assumed of served households.
    `current_rate`: Share of persons, 0 to 1.
    Returns: Never more persons than are poor.
    Raises ValueError: The rate is not between 0 and 1, or `base` not above 0.
    """
    if not 0 <= current_rate <= 1 or not base > 0:
        msg = "`current_rate` must be 0 to 1 and `base` above 0."
        raise ValueError(msg)
    by_need = plan.chosen.groupby(["place", "indicator"])["households"].sum()
    fewest = float(by_need.groupby("place").max().sum())
    most = float(by_need.sum())
    each = assumption.poor_share * assumption.household_size
    poor = current_rate * base
    low = min(poor, fewest * assumption.exit_share_low * each)
    high = min(poor, most * assumption.exit_share_high * each)
    after = max(0.0, current_rate - high / base), max(0.0, current_rate - low / base)
    text = (
        f"Paket ini diperkirakan mengurangi penduduk miskin sebanyak {numeral(low)} sampai "
        f"{numeral(high)} orang: tingkat kemiskinan turun dari {percentage(current_rate, 2)} "
        f"menjadi {percentage(after[1], 2)} sampai {percentage(after[0], 2)}. Batas bawah: satu "
        "rumah tangga memiliki semua kebutuhan yang ditangani; batas atas: setiap kebutuhan pada "
        "rumah tangga lain. Asumsi pengguna, bukan hasil ukur: "
        f"{percentage(assumption.poor_share)} rumah tangga terlayani adalah miskin, "
        f"{percentage(assumption.exit_share_low)} sampai {percentage(assumption.exit_share_high)} "
        f"di antaranya keluar dari kemiskinan, {numeral(assumption.household_size, 2)} orang per "
        f"rumah tangga, penduduk proyeksi BPS {numeral(base)} orang tetap."
    )
    return PackageEffect(fewest, most, low, high, after[0], after[1], text)
