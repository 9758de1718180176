"""What a reader must know about how rows found their village."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.errors import UnknownAreaError
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.types import Note

if TYPE_CHECKING:
    import pandas as pd

_ROWS_NAMED = 10
# ways that only some tables use are named only when used
_OCCASIONAL = {"split": "lewat induk pemekarannya", "point": "menurut titik koordinat"}


def located_notes(
    found: pd.DataFrame, official: pd.DataFrame, *, n_rows: pd.Series | None = None
) -> tuple[Note, ...]:
    """
    Count the rows per way of locating, those lost, and the villages that no row names.

    `found`: Columns ``village_code`` and ``how``, one row per row of the table.
    `official`: Official villages, indexed by code.
    `n_rows`: How many rows of the register each row of `found` stands for; None: one each.
    Raises UnknownAreaError: No row has a village.
    """
    missing = found["village_code"].isna()
    lost = found[missing]
    if len(lost) == len(found):
        msg = "No row of the table belongs to a village of the boundary file"
        raise UnknownAreaError(msg, rows=lost, remedy="Check regency, code system and names.")
    weight = np.ones(len(found), dtype=np.int64) if n_rows is None else n_rows.to_numpy(np.int64)
    total, n_lost = int(weight.sum()), int(weight[missing.to_numpy()].sum())
    how = found["how"].to_numpy()
    ways = {way: int(weight[how == way].sum()) for way in found["how"].unique()}
    text = (
        f"{numeral(total - n_lost)} dari {numeral(total)} baris menemukan desanya: "
        f"{numeral(ways.get('code', 0))} menurut kode, {numeral(ways.get('name', 0))} menurut "
        f"kecamatan dan nama persis, {numeral(ways.get('spelling', 0))} menurut ejaan yang mirip, "
        f"{numeral(ways.get('review', 0))} menurut berkas tinjauan"
    )
    for way, words in _OCCASIONAL.items():
        text += f", {numeral(ways[way])} {words}" if way in ways else ""
    notes = [Note("rows_located", f"{text}.", total - n_lost)]
    if n_lost:
        text = f"{n_lost} baris tidak menemukan desa dan tidak dihitung (baris: "
        text += ", ".join(str(label) for label in lost.index[:_ROWS_NAMED]) + ")."
        notes.append(Note("rows_unlocated", text, n_lost))
    empty = official.index.difference(found["village_code"].dropna().unique().tolist())
    if len(empty):
        text = (
            f"{len(empty)} desa/kelurahan resmi tidak mempunyai baris pada tabel: tidak ada data."
        )
        notes.append(Note("villages_without_rows", text, len(empty)))
    return tuple(notes)
