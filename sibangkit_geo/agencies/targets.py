"""Official poverty rates beside targets, year by year; gaps stay gaps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from sibangkit_geo.agencies.costs import read_toml
from sibangkit_geo.errors import ConfigError, nearest
from sibangkit_geo.tables.numerals import percentage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

UNFILLED = "belum diisi"
_SINGLE_DIGIT = 0.10
_STATUSES = ("resmi", "turunan", "target", "tahun tidak dinyatakan")
_SERIES = {"key", "label", "area", "kind", "source", "figure"}
_FIGURE = ("rate_percent", "people", "line", "status", "note")


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
    table = read_toml(path, default="targets.toml", named_by="table of targets")
    rows = table.get("series", [])
    faults = [f'unknown key "{one}"' for one in table.keys() - {"series"}]
    faults += [fault for at, row in enumerate(rows, start=1) for fault in _faults(row, at)]
    keys = [row.get("key") for row in rows]
    faults += [f'"{key}" is listed twice' for key in dict.fromkeys(keys) if keys.count(key) > 1]
    if faults or not rows:
        name = path.name if path else "targets.toml"
        msg = f"{name}: {'; '.join(faults) or 'there is no [[series]]'}."
        raise ConfigError(msg)
    return tuple(
        RateSeries(
            **{name: row[name] for name in sorted(_SERIES - {"figure"})},
            figures=_figures(row["figure"]),
        )
        for row in rows
    )


def _faults(row: dict[str, Any], at: int) -> list[str]:
    where = f"[[series]] number {at}"
    faults = [
        f'{where}: unknown key "{key}". {nearest(key, _SERIES)}'
        for key in sorted(row.keys() - _SERIES)
    ]
    faults += [f"{where}: {key} is missing" for key in sorted(_SERIES - row.keys())]
    figures = row.get("figure", [])
    known = {"year", *_FIGURE}
    for one in figures:
        year = one.get("year")
        faults += [
            f'{where}, {year}: unknown key "{key}". {nearest(key, known)}'
            for key in sorted(one.keys() - known)
        ]
        rate = one.get("rate_percent", -1)
        if not isinstance(year, int) or not 0 <= rate <= 100 or one.get("status") not in _STATUSES:
            faults.append(
                f"{where}, {year}: year, rate_percent (0 to 100) or status is wrong. "
                f"Statuses: {', '.join(_STATUSES)}"
            )
    years = [one.get("year") for one in figures]
    if len(set(years)) < len(years):
        faults.append(f"{where}: a year stands twice")
    return faults


def _figures(rows: list[dict[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["year", *_FIGURE]).set_index("year").sort_index()
    numbers = table[["rate_percent", "people", "line"]].astype(float)
    return pd.DataFrame(
        {
            "rate": numbers["rate_percent"] / 100,
            "people": numbers["people"],
            "line": numbers["line"],
            "status": table["status"],
            "note": table["note"].fillna(""),
        }
    )


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
        f"{series.label}: janji kemiskinan satu digit tercapai pada tahun {year}, "
        f"dengan {percentage(rate, 2)} penduduk miskin."
    )
    return SingleDigit(year, rate, text)


def official_base(series: RateSeries, *, year: int) -> float:
    """
    Derive the population that an official rate is of: poor persons over the rate.

    It is the projection behind the rate; the population of any other table is not.

    Parameters
    ----------
    series
        Published figures.
    year
        With both a rate and poor persons.

    Returns
    -------
    base
        Persons, exact to the rounding of the rate.

    Raises
    ------
    ConfigError
        The year has no rate, or no poor persons.

    Examples
    --------
    >>> round(official_base(load_series()[0], year=2024), -3)
    906000.0
    """
    one = series.figures.reindex([year]).iloc[0]
    if not one["rate"] > 0 or not one["people"] > 0:
        msg = f"{series.label}, {year}: {UNFILLED}. State rate_percent and people of that year."
        raise ConfigError(msg)
    return float(one["people"] / one["rate"])
