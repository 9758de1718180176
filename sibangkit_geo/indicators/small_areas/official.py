"""Village estimates made to add up to the regency's official figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.indicators.small_areas.benchmarks import benchmark_ratio
from sibangkit_geo.indicators.small_areas.checks import require_same_index
from sibangkit_geo.tables.numerals import numeral, percentage
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    import pandas as pd

# Official counts are published in hundredths of a thousand people, so rounding explains far less
# than 1 %: a larger gap is another population.
_WORTH_A_NOTE = 0.01


@dataclass(frozen=True, slots=True)
class Benchmarked:
    """
    Estimates that add up to an official figure.

    Attributes
    ----------
    estimate
        Share 0 to 1, indexed by ``village_code``; missing stays missing.
    total
        People the estimates add up to.
    held
        Villages held at 100 %, bool, indexed alike.
    notes
        Villages held or without estimate.
    """

    estimate: pd.Series
    total: float
    held: pd.Series
    notes: tuple[Note, ...]


def benchmark_to_official(
    estimate: pd.Series,
    people: pd.Series,
    *,
    rate: float | None = None,
    count: float | None = None,
) -> Benchmarked:
    """
    Scale estimates to the regency's official rate or to its official count.

    Never to both: the official rate's population is another one than the table's.
    A rate is a rate of the people in villages with an estimate; a count falls on
    these villages whole.
    Grain: one row per village in and out.

    Parameters
    ----------
    estimate
        Share of people 0 to 1; missing allowed.
    people
        Residents, at least 0, indexed like `estimate`.
    rate
        Official share 0 to 1.
    count
        Official poor people, at least 0.

    Returns
    -------
    benchmarked
        Estimates that add up to the figure.

    Raises
    ------
    DataError
        As of `benchmark_ratio`.
    ValueError
        Both or neither figure is given, the rate is outside 0 to 1, or the two
        columns are indexed differently.
    """
    if (rate is None) == (count is None):
        msg = "Give either `rate` or `count`: benchmarking to both would count people twice."
        raise ValueError(msg)
    require_same_index(estimate=estimate, people=people)
    if rate is not None and not 0 <= rate <= 1:
        msg = f"`rate` must be a share from 0 to 1, got {rate}."
        raise ValueError(msg)
    known = float(people[estimate.notna()].sum())
    total = float(count) if count is not None else float(rate or 0.0) * known
    scaled = benchmark_ratio(estimate, people, total=total)
    held = (scaled == 1.0) & (estimate < 1.0)
    notes = []
    if held.any():
        text = f"{int(held.sum())} desa dibatasi pada 100 % saat diselaraskan ke angka resmi."
        notes.append(Note("benchmark_held", text, int(held.sum())))
    missing = int(estimate.isna().sum())
    if missing:
        text = f"{missing} desa tanpa estimasi tidak ikut diselaraskan ke angka resmi."
        notes.append(Note("benchmark_missing", text, missing))
    return Benchmarked(scaled, total, held, tuple(notes))


def official_figures_disagree(
    people: pd.Series, *, rate: float, count: float, tolerance: float = _WORTH_A_NOTE
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
