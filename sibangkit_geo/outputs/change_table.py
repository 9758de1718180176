"""Change of every village since each earlier wave, as a table of the workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.cartography.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sibangkit_geo.cartography.annex import WaveChange
    from sibangkit_geo.cartography.product import Product

KINDS = {"tingkat_sebelum": "share", "tingkat_sesudah": "share", "selisih_poin": "points",
         "dari_tahun": "year", "ke_tahun": "year"}  # fmt: skip
_VERDICTS = {"unreliable": "tidak andal", "missing": "tanpa data"}


def change_table(product: Product, changes: Sequence[WaveChange]) -> pd.DataFrame:
    """
    Set the rates of both waves beside each other.

    Grain: one row per official village and earlier wave, the largest fall first.

    Returns: ``village_code``, ``name``, ``district_name``, ``dari_tahun``, ``ke_tahun``,
        ``tingkat_sebelum``, ``tingkat_sesudah`` (shares 0 to 1), ``selisih_poin`` (percentage
        points), ``perubahan`` (words); missing where not compared.
    """
    return pd.concat([_one(product, change) for change in changes], ignore_index=True)


def _one(product: Product, change: WaveChange) -> pd.DataFrame:
    table = change.table.sort_values("difference", kind="stable", na_position="last")
    villages = product.measured.villages.loc[table.index]
    words = table["state"].map({**_VERDICTS, "masked": say("document_masked")})
    words = words.mask(table["state"].eq("ok"), "tidak nyata")
    words = words.mask(table["sure"] & table["difference"].lt(0), "turun nyata")
    words = words.mask(table["sure"] & table["difference"].gt(0), "naik nyata")
    return pd.DataFrame({
        "village_code": table.index, "name": villages["name"].to_numpy(),
        "district_name": villages["district_name"].to_numpy(),
        "dari_tahun": change.before, "ke_tahun": change.after,
        "tingkat_sebelum": (table["before"] / 100).to_numpy(),
        "tingkat_sesudah": (table["after"] / 100).to_numpy(),
        "selisih_poin": table["difference"].to_numpy(), "perubahan": words.to_numpy(),
    })  # fmt: skip
