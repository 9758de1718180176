"""Budget and target as tables, with Indonesian headings and words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sibangkit_geo.products.tables import write_csv
from sibangkit_geo.products.words import district_names, place_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from sibangkit_geo.agencies.budget import BudgetTables
    from sibangkit_geo.agencies.targets import TargetTables
    from sibangkit_geo.products.result import StudyResult

_HEADINGS = {
    "year": "tahun", "place": "tempat", "agency": "opd", "indicator": "kebutuhan",
    "households": "rumah_tangga", "cost": "biaya_rupiah", "reason": "alasan",
    "ceiling": "pagu_rupiah", "spent": "terpakai_rupiah", "left": "sisa_rupiah",
    "share": "porsi", "cost_factor": "kali_biaya_satuan", "ceiling_factor": "kali_pagu",
    "value": "nilai", "gap": "celah_terbukti",
    "poor_people": "penduduk_miskin_estimasi", "people": "penduduk",
    "leave": "harus_keluar_dari_kemiskinan", "share_of_people": "porsi_penduduk",
    "series": "deret", "label": "wilayah", "rate": "tingkat", "line": "garis_rupiah",
    "text": "tertulis", "status": "status", "note": "catatan", "source": "sumber",
    "new": "rumah_tangga_baru_per_tahun", "years": "tahun_sampai_selesai",
    "persons_low": "orang_keluar_bawah", "persons_high": "orang_keluar_atas",
    "rate_low": "tingkat_bawah", "rate_high": "tingkat_atas",
    "households_low": "rumah_tangga_bawah", "households_high": "rumah_tangga_atas",
}  # fmt: skip


def write_money(
    product: StudyResult, folder: Path, *, budget: BudgetTables | None, target: TargetTables | None
) -> None:
    """Write the tables of budget and target; nothing for what the study does not ask for."""
    tables: dict[str, pd.DataFrame | None] = {}
    if budget:
        tables |= {
            "anggaran_terpilih.csv": budget.plan.chosen,
            "anggaran_belum_termuat.csv": budget.plan.left_out,
            "anggaran_pagu.csv": budget.plan.spent,
            "anggaran_cakupan.csv": budget.plan.coverage,
            "anggaran_kepekaan.csv": budget.sensitivity,
            "anggaran_kurva.csv": budget.curve,
            "anggaran_tahun_selesai.csv": budget.years,
        }
    if target:
        tables |= {
            "sasaran_deret.csv": target.series,
            "sasaran_orang.csv": target.people,
            "sasaran_orang_kecamatan.csv": target.people_by_district,
            "sasaran_dampak_paket.csv": target.effect,
        }
    for name, table in tables.items():
        if table is not None:
            write_csv(worded(table, product), folder / name)


def worded(table: pd.DataFrame, product: StudyResult) -> pd.DataFrame:
    """Put words for the keys of places, agencies and needs, and Indonesian headings."""
    districts = district_names(product.measured.villages)
    labels = {one.name: one.label for one in product.measured.indicators}
    words: dict[str, Callable[[Any], object]] = {
        "place": lambda place: place_name(place, districts),
        "agency": product.catalogue.names.get,
        "indicator": labels.get,
    }
    own: dict[str, Any] = {
        name: list(map(word, table[name])) for name, word in words.items() if name in table
    }
    if "year" in table:
        own["year"] = table["year"].astype(int)
    return table.assign(**own).rename(columns=_HEADINGS)
