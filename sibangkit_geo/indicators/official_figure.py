"""The regency's official figure: how far the table is from it, and estimates that add up to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.indicators.benchmarks import benchmark_ratio, official_figures_disagree
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.toml import require_year
from sibangkit_geo.model.types import Indicator, Note

if TYPE_CHECKING:
    import pandas as pd

_PERCENT = 100.0
# the table and the official figure are told apart on paper from one point on
_WORTH_A_NOTE = 0.01

ESTIMATE = "Estimasi, bukan angka resmi."


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
        known), ``poor_people``, ``known_poor`` (households) and ``headcount_ratio``; villages
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
