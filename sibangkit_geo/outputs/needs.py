"""Needs, roles and targeting of places, and what each column means, in Indonesian."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.cartography.sheets import district_sheets, sheet_table, village_sheets
from sibangkit_geo.outputs.staging import write_text
from sibangkit_geo.outputs.tables import formula_safe

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from sibangkit_geo.cartography.product import Product
    from sibangkit_geo.tables.public import AgencyNeeds, Indicator

_DIGITS = 6
LEVELS = {
    "regency": "kabupaten",
    "district": "kecamatan",
    "pocket": "kantong",
    "village": "desa",
}
_PLACES = {
    "asked": "rumah_tangga_ditanya",
    "deprived": "kekurangan",
    "unserved": "belum_terlayani",
    "served": "menerima",
    "served_not_deprived": "menerima_di_luar_sasaran",
    "share": "porsi_belum_terlayani",
    "expected": "harapan_menurut_porsi_kabupaten",
    "excess": "kelebihan",
    "ratio": "kali_angka_kabupaten",
    "severity": "keparahan_m0",
    "rank_need": "peringkat_jumlah",
    "rank_excess": "peringkat_kelebihan",
    "rank_severity": "peringkat_keparahan",
}
_ROLES = {
    "rank": "urutan",
    "unserved": "belum_terlayani",
    "share": "porsi_belum_terlayani",
    "excess": "kelebihan",
    "ratio": "kali_angka_kabupaten",
    "m0_contribution": "sumbangan_pada_m0",
    "acts": "harus_bertindak",
    "lead": "memimpin",
}
_TARGETING = {
    "eligible": "sasaran",
    "excluded": "sasaran_tidak_menerima",
    "receiving": "penerima",
    "included": "penerima_di_luar_sasaran",
    "exclusion_error": "galat_eksklusi",
    "exclusion_error_low": "galat_eksklusi_bawah",
    "exclusion_error_high": "galat_eksklusi_atas",
    "inclusion_error": "galat_inklusi",
    "inclusion_error_low": "galat_inklusi_bawah",
    "inclusion_error_high": "galat_inklusi_atas",
    "leakage": "kebocoran",
    "leakage_low": "kebocoran_bawah",
    "leakage_high": "kebocoran_atas",
}
MATRIX = "matriks_opd_kantong.csv"
FILES = ("kebutuhan_opd.csv", "peran_opd.csv", "ketepatan_sasaran.csv")


def write_needs(
    needs: AgencyNeeds,
    folder: Path,
    *,
    indicators: tuple[Indicator, ...],
    names: Mapping[str, str],
) -> None:
    """
    Write three tables; nothing where no agency has a need.

    `indicators`: Definitions, for label, source and year.
    `names`: Names of places and agencies by key; a key without one stands for itself.
    """
    defined = {one.name: one for one in indicators}
    tables = (needs.places, needs.roles, needs.targeting)
    for file, table, columns in zip(FILES, tables, (_PLACES, _ROLES, _TARGETING), strict=True):
        if table is None or table.empty:
            continue
        made = _worded(table, columns, defined=defined, names=names)
        write_text(folder / file, made.to_csv(index=False, lineterminator="\n"))
    roles = needs.roles
    if roles is not None and "level" in roles and "pocket" in set(roles["level"]):
        matrix = _matrix(roles[roles["level"] == "pocket"], names)
        write_text(folder / MATRIX, matrix.to_csv(lineterminator="\n"))


def _matrix(roles: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Set agencies against pockets: who takes the first step, who must act too."""
    order = roles["place"].unique()
    told = roles.assign(
        opd=[names.get(agency, agency) for agency in roles["agency"]],
        peran=roles["acts"]
        .map({True: "bertindak", False: ""})
        .mask(roles["lead"], "langkah pertama"),
    )
    table = told.pivot_table(index="opd", columns="place", values="peran", aggfunc="first")
    number = sorted(order, key=lambda place: int(str(place).split()[-1]))
    return table.reindex(columns=number)


def _worded(
    table: pd.DataFrame,
    columns: Mapping[str, str],
    *,
    defined: Mapping[str, Indicator],
    names: Mapping[str, str],
) -> pd.DataFrame:
    made = table[["place"]].rename(columns={"place": "kode"})
    made.insert(0, "tingkat", table["level"].map(LEVELS))
    made["nama"] = [names.get(place, place) for place in table["place"]]
    made["opd"] = [names.get(agency, agency) for agency in table["agency"]]
    made["kebutuhan"] = [defined[name].label for name in table["indicator"]]
    for name, heading in columns.items():
        values = table[name]
        if values.dtype == bool:
            values = values.map({True: "ya", False: "tidak"})
        if values.dtype.kind == "f":
            whole = bool((values.dropna() % 1 == 0).all())
            values = values.astype("Int64") if whole else values.round(_DIGITS)
        made[heading] = values
    made["sumber"] = [defined[name].source for name in table["indicator"]]
    made["tahun"] = [defined[name].year for name in table["indicator"]]
    made["keterangan"] = "estimasi"
    for name in ("nama", "opd", "kebutuhan", "sumber"):
        made[name] = made[name].map(formula_safe)
    return made


_UNITS = {"percent": "porsi 0 sampai 1", "count": "jumlah", "index": "indeks"}
_BESIDE = (
    ("village_code", "Kode desa Kemendagri", "kode"),
    ("headcount_low", "Batas bawah selang kredibel 95 % rumah tangga miskin", "porsi 0 sampai 1"),
    ("headcount_high", "Batas atas selang kredibel 95 % rumah tangga miskin", "porsi 0 sampai 1"),
    ("reliability", "Keandalan: baik, hati-hati, tidak dapat dipakai", "kategori"),
    ("multidimensional_intensity", "Intensitas multidimensi (A)", "porsi 0 sampai 1"),
    ("lead_agency", "OPD yang mengambil langkah pertama", "kunci OPD"),
    ("acting_agencies", "OPD yang harus bertindak, kelebihan terbesar dahulu", "kunci OPD"),
    ("pocket", "Nomor kantong kemiskinan", "nomor"),
    ("evidence", "Tingkat bukti kantong: strict (tegas), indicative (indikatif)", "kategori"),
    ("masked", "Indikator yang disamarkan", "nama kolom"),
)


def write_dictionary(
    indicators: tuple[Indicator, ...], columns: Collection[str], path: Path
) -> None:
    """
    Write what each column of ``villages.csv`` means.

    `columns`: Columns of the table.
    """
    rows = [
        {
            "kolom": one.name,
            "arti": one.label,
            "satuan": _UNITS[one.unit],
            "penyebut": one.denominator,
            "kolom_jumlah": one.count_column,
            "kolom_penyebut": one.base_column if one.count_column else "",
            "ujung_buruk": "tinggi" if one.worse == "high" else "rendah",
            "sumber": one.source,
            "tahun_data": one.year,
            "keterangan": one.note or "Estimasi, bukan angka resmi.",
        }
        for one in indicators
    ]
    rows += [
        {"kolom": name, "arti": meaning, "satuan": unit}
        for name, meaning, unit in _BESIDE
        if name in columns or name == "village_code"
    ]
    table = pd.DataFrame(rows).map(formula_safe)
    write_text(path, table.to_csv(index=False, lineterminator="\n"))


def write_sheets(product: Product, folder: Path) -> None:
    """Write the numbers of every district and every village, one per row."""
    for name, sheets in (
        ("lembar_kecamatan.csv", district_sheets(product)),
        ("lembar_desa.csv", village_sheets(product)),
    ):
        table = sheet_table(sheets).round(_DIGITS)
        for column in ("nama", "opd", "ukuran", "sumber"):
            table[column] = table[column].map(formula_safe)
        write_text(folder / name, table.to_csv(index=False, lineterminator="\n"))
