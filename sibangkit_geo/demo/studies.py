"""The waves of the demo and their study files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# rupiah per year, invented
_CEILINGS = {
    "perkimtan": 60_000_000_000,
    "pupr": 45_000_000_000,
    "dinsos": 30_000_000_000,
    "dpmd": 12_000_000_000,
    "disdukcapil": 1_500_000_000,
    "dinkes": 10_000_000_000,
    "disdik": 8_000_000_000,
    "koperasi": 2_000_000_000,
}

_REGISTER = """\
year = {year}
code_system = "kemendagri"
source = "register buatan (demo)"

"""

_STUDY = """\
# Studi contoh: semua rumah tangga, nama dan nomor di dalam register ini buatan.
[study]
title = "CONTOH (data buatan): kantong kemiskinan Kabupaten Banyuasin"
regency = "16.07"
year = {wave.year}
language = "id"
seed = {seed}

[boundaries]
villages = "default"

[[households]]
{register}{register_keys}{earlier}[[profiles]]
path = "desa_{wave.year}.csv"
code = "kode_desa"
code_system = "kemendagri"
households = "jumlah_kk"
year = {wave.year}
source = "tabel desa buatan (demo)"

[poverty]
rule = "decile"
decile_max = 1

[official]
year = {wave.year}
rate_percent = {wave.rate_percent}
poor_people = {wave.poor_people}
source = "{wave.source}"
benchmark = "rate"

[pockets]
alpha = 0.05
replicates = 999

[disclosure]
level = "agency"
minimum_households = 5

[risk_surface]
cell_m = 250
bandwidth_m = 2000

# Pagu dan target berikut dikarang untuk contoh ini.
[target]
rate_percent = 7.5
year = {next_year}
source = "contoh, bukan target resmi"
exit_share_low = 0.05
exit_share_high = 0.15
served_poor_share = 0.4

# Mitra dan janjinya juga dikarang.
[[partners]]
key = "bank"
name = "Bank Contoh"
kind = "bank"

[[partners]]
key = "csr"
name = "CSR PT Contoh Sawit"
kind = "csr"

[[partners]]
key = "baznas"
name = "Baznas (contoh)"
kind = "baznas"

[pledges]
path = "janji_{wave.year}.csv"

[budget]
objective = "need"
{ceilings}
[[budget.decay]]
need = "roof"
households_per_year = 150
source = "contoh, bukan angka resmi"
"""


@dataclass(frozen=True, slots=True)
class Wave:
    """
    One year of the demo.

    `rate_percent`: Poor persons, per cent, that the register is drawn to.
    `poor_people`: Poor persons to the study's ``[official]`` table.
    `line_rp_month`: Poverty line, rupiah per person per month.
    """

    year: int
    rate_percent: float
    poor_people: int
    source: str
    line_rp_month: int
    suffix: str = ""


def register_text(
    year: int, *, name: str = "", generation: str = "regsosek2022", named: bool = True
) -> str:
    """
    Word what a study says about its register.

    `name`: File; empty for the clean one.
    `named`: Whether the columns are named, or left to the alias catalogue.
    """
    path = name or f"register_{year}.csv"
    lines = [f'path = "{path}"', f'code_generation = "{generation}"']
    if named:
        lines += ['village_code = "kode_desa"', 'size = "jumlah_anggota_keluarga"',
                  'longitude = "lon"', 'latitude = "lat"',
                  'photo = "foto_rumah"', 'photo_folder = "foto"']  # fmt: skip
    return "\n".join(lines) + "\n"


def study_text(wave: Wave, *, seed: int, register: str, earlier: Sequence[int] = ()) -> str:
    """
    Word the study file of a wave.

    `seed`: Seed of the study's permutations.
    """
    years = (wave.year + 1, wave.year + 2)
    ceilings = "".join(
        f'\n[[budget.ceilings]]\nagency = "{agency}"\nyear = {year}\nrupiah = {rupiah}\n'
        for agency, rupiah in _CEILINGS.items()
        for year in years
    )
    return _STUDY.format(
        wave=wave,
        seed=seed,
        register=register,
        register_keys=_REGISTER.format(year=wave.year),
        earlier="".join(
            f"[[earlier]]\n{register_text(year)}{_REGISTER.format(year=year)}" for year in earlier
        ),
        ceilings=ceilings,
        next_year=years[0],
    )


WAVES = (
    # 2020: the rate is quoted without its year; persons are the rate times the population of
    # 865 thousand that the published counts of 2021 and 2025 lead back to; the line is invented
    Wave(2020, 11.17, 96_660, "Angka 11,17% (tahun tidak dinyatakan); jumlah orang diturunkan",
         450_000, "_2020"),
    # BPS, Susenas March 2025
    Wave(2025, 8.48, 77_630, "BPS, Susenas 2025", 560_840),
)  # fmt: skip
