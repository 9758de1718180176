"""Village estimates against the regency's own published figure: told apart, or scaled to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.indicators.small_areas import official_figures_disagree
from sibangkit_geo.tables.numerals import numeral, percentage
from sibangkit_geo.tables.public import Indicator, Note

if TYPE_CHECKING:
    import pandas as pd

ESTIMATE = "Estimasi, bukan angka resmi."
_PERCENT = 100.0
# the table and the official figure are told apart on paper from one point on
_WORTH_A_NOTE = 0.01


@dataclass(frozen=True, slots=True)
class OfficialFigures:
    """
    The ``[official]`` table of a study: the regency's own published figure.

    `rate_percent`: Share of persons in poverty, per cent.
    `poor_people`: Persons in poverty.
    `benchmark`: ``"rate"`` or ``"count"``: scale the village estimates so that they add up to it;
        ``"none"``: leave them. Never both, since the rate's population is another one than the
        table's.
    """

    year: int
    rate_percent: float
    poor_people: int
    source: str
    benchmark: Literal["rate", "count", "none"]

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0 <= self.rate_percent <= _PERCENT:
            msg = f"[official] rate_percent must be 0 to 100, got {self.rate_percent}."
            raise ConfigError(msg)


def distance_notes(table: pd.DataFrame, official: OfficialFigures) -> list[Note]:
    """
    Say how far the table's own poverty is from the official figure.

    `table`: Village table with ``poor_households`` and ``households``.
    Returns: None when the two are within one point.
    """
    known = table["poor_households"].notna() & (table["households"] > 0)
    homes = table.loc[known, "households"].sum()
    of_table = float(table.loc[known, "poor_households"].sum() / homes) if homes else 0.0
    rate = official.rate_percent / _PERCENT
    of_persons = _rate_of_persons(table)
    if min(abs(of_table - rate), abs(of_persons - rate)) < _WORTH_A_NOTE:
        return []
    text = (
        f"Kemiskinan menurut tabel ({percentage(of_table)} rumah tangga, tertimbang) berbeda jauh "
        f"dari angka resmi {official.year} ({percentage(rate, 2)} penduduk; {official.source}): "
        f"ukurannya lain, jadi bacalah perbandingan antardesa, bukan tingginya angka."
    )
    return [Note("official_rate_differs", text)]


def _rate_of_persons(table: pd.DataFrame) -> float:
    """Take the rate in the official figure's own unit, where the table counts people."""
    if not {"people", "poor_people"} <= set(table):
        return float("inf")
    both = table[["people", "poor_people"]].dropna()
    people = both["people"].sum()
    return float(both["poor_people"].sum() / people) if people else float("inf")


def benchmark(
    table: pd.DataFrame, official: OfficialFigures
) -> tuple[Indicator | None, list[Note]]:
    """
    Scale person estimates by one ratio to the official figure (ratio benchmarking).

    Grain: unchanged, one row per village; two columns are added to `table`.

    `table`: Village table with ``people`` and ``poor_people``.
    Returns: The scaled rate; None where it cannot be scaled.
    Returns: The factor, and villages held at 100 %.
    """
    if official.benchmark == "none" or not {"people", "poor_people"} <= set(table):
        return None, []
    people = table["people"].where(table["people"] > 0)
    poor = table["poor_people"].where(people.notna())
    if not poor.sum() > 0:
        return None, []
    counted = people[poor.notna()].sum()
    rate = official.rate_percent / _PERCENT
    target = rate * counted if official.benchmark == "rate" else official.poor_people
    factor = float(target / poor.sum())
    over = poor * factor > people
    table["poor_people_benchmarked"] = (poor * factor).mask(over, people)
    table["poverty_rate_benchmarked"] = table["poor_people_benchmarked"] / people
    what = "tingkat" if official.benchmark == "rate" else "jumlah"
    text = (
        f"Estimasi penduduk miskin per desa diselaraskan dengan satu faktor "
        f"({numeral(factor, 3)}) ke {what} resmi {official.year}; faktor ini tidak mengubah urutan "
        f"desa. Penduduk menurut tabel {numeral(counted)} jiwa."
    )
    if over.any():
        short = float((poor * factor - people)[over].sum())
        text += (
            f" {int(over.sum())} desa dibatasi pada 100 %, sehingga jumlahnya {numeral(short)} "
            f"jiwa di bawah angka resmi."
        )
    disagree = official_figures_disagree(
        people[poor.notna()], rate=rate, count=official.poor_people
    )
    return _benchmarked(official), [Note("benchmarked", text), *disagree]


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
        base_column="people",
        count_label="penduduk miskin",
        note=ESTIMATE,
    )
