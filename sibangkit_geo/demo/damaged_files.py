"""A damaged register as a file, and beside it which findings its intake must have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.demo import renderings
from sibangkit_geo.demo.damage import damage_rows
from sibangkit_geo.demo.studies import register_text
from sibangkit_geo.demo.tables import Sheet, write_csv, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import pandas as pd

# every so many a name with a letter that only an encoding tells
_ACCENTED = 9


def write_damaged(
    rows: pd.DataFrame, folder: Path, *, year: int, kinds: Collection[str], seed: int
) -> str:
    """
    Write the register damaged, and ``damage.json`` with the findings to expect.

    `seed`: Seed of the choice of rows.
    """
    damaged = damage_rows(_as_text(rows), kinds=kinds, seed=seed)
    shown, column_of, generation = _rendered(damaged.rows, kinds)
    if "decimal-comma" in kinds:
        points = [str(name) for name in shown if str(name).lower() in {"lon", "lat"}]
        shown = shown.assign(**{name: shown[name].str.replace(".", ",") for name in points})
    if "case" in kinds:
        column_of = {name: label.upper().replace("_", " ") for name, label in column_of.items()}
        shown = renderings.in_any_case(shown, seed=seed)
    semicolon = "semicolon" in kinds or "decimal-comma" in kinds
    sheet = Sheet(
        delimiter=";" if semicolon else ",",
        encoding="cp1252" if "cp1252" in kinds else "utf-8",
        merged="merged-header" in kinds,
        tail=damaged.tail,
    )
    name = f"register_{year}_rusak" + (".xlsx" if "xlsx" in kinds else ".csv")
    temporary = folder / f".{name}.tmp"
    (write_xlsx if "xlsx" in kinds else write_csv)(shown, temporary, sheet=sheet)
    temporary.replace(folder / name)
    truth = [
        {
            "kind": kind,
            "column": column_of.get(column, column),
            "rows": [place + sheet.first_row for place in places],
        }
        for (kind, column), places in damaged.expected.items()
        if column in column_of or not column
    ]
    text = json.dumps({"kinds": sorted(kinds), "file": name, "findings": truth}, indent=1) + "\n"
    (folder / "damage.json").write_text(text, encoding="utf-8", newline="\n")
    return register_text(year, name=name, generation=generation, named=False)


def _as_text(rows: pd.DataFrame) -> pd.DataFrame:
    """Write every cell as the clean file does, with a few names that need an encoding."""
    text = rows.copy()
    for column in text:
        cells = text[column]
        kind = cells.dtype.kind
        text[column] = cells.map("{:.5f}".format) if kind == "f" else cells.astype(str)
    accented = np.arange(len(text)) % _ACCENTED == 0
    name = "nama_kepala_keluarga"
    text[name] = text[name].mask(accented, text[name].str.replace("CONTOH", "CONTÓH"))
    return text


def _rendered(
    rows: pd.DataFrame, kinds: Collection[str]
) -> tuple[pd.DataFrame, dict[str, str], str]:
    """Render as another generation, and say which column each of ours became."""
    if "bdt2015" in kinds:
        return renderings.as_bdt(rows), renderings.column_names(rows, "bdt2015"), "bdt2015"
    if "p3ke" in kinds:
        return renderings.as_p3ke(rows), renderings.column_names(rows, "p3ke"), "p3ke"
    shown = renderings.in_words(rows) if "labels" in kinds else rows
    return shown, {str(name): str(name) for name in rows}, "regsosek2022"
