"""The verdict on every tested village as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.cartography.texts import village_sentence
from sibangkit_geo.outputs.staging import write_text
from sibangkit_geo.outputs.tables import formula_safe

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.cartography.product import Product

VERDICTS = "putusan_desa.csv"
_DIGITS = 6
_HEADINGS = {
    "pocket": "kantong",
    "evidence": "bukti",
    "stability": "porsi_pengaturan_lain",
    "n_variants": "pengaturan_lain",
    "local_moran": "moran_lokal",
    "local_moran_p": "moran_lokal_p",
    "gi_star_z": "gi_bintang_z",
    "gi_star_p": "gi_bintang_p",
    "extreme_p": "ekstrem_p",
    "extreme": "ekstrem",
}
# p of a village's own count, or of a masked neighbour, would tell the count
_TELLING = ["local_moran_p", "gi_star_z", "gi_star_p", "extreme_p"]


def write_verdicts(product: Product, folder: Path) -> None:
    """
    Write which methods call each village poor, and how firmly it stays in its pocket.

    `product`: Finished study; villages whose poverty is masked show no numbers of their tests.
    """
    table = product.pockets.villages
    if table.empty:
        return
    named = product.measured.villages.loc[table.index, ["name", "district_name"]]
    named = named.map(formula_safe).rename(columns={"name": "desa", "district_name": "kecamatan"})
    told = table.copy()
    told["evidence"] = told["pocket"].map(product.pockets.outlines["evidence"].to_dict())
    hidden = product.measured.villages.loc[table.index, "poor_households"].isna()
    told.loc[hidden, _TELLING] = float("nan")
    told["extreme"] = told["extreme"].map({True: "ya", False: "tidak"})
    shown = told.reindex(columns=list(_HEADINGS)).rename(columns=_HEADINGS).round(_DIGITS)
    shown["putusan"] = [village_sentence(str(code), product.pockets) for code in shown.index]
    listed = named.join(shown).rename_axis("kode_desa")
    write_text(folder / VERDICTS, listed.to_csv(lineterminator="\n"))
