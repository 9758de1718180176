"""Damage a register in the ways that real ones arrive damaged, and write down which rows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.demo import renderings
from sibangkit_geo.demo.studies import register_text
from sibangkit_geo.demo.village_tables import Sheet, write_csv, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

#: kinds that touch single rows; each has findings
ROW_KINDS = ("scientific", "zeros", "duplicates", "totals", "implausible", "unknown", "places")
#: kinds that touch how the file is written; read without loss and without a finding
FORM_KINDS = ("semicolon", "decimal-comma", "cp1252", "merged-header", "labels", "case", "xlsx")
#: renderings in another generation of register
GENERATION_KINDS = ("p3ke", "bdt2015")
KINDS = (*ROW_KINDS, *FORM_KINDS, *GENERATION_KINDS)

# share of rows that each kind of damage takes
_SHARE = 0.002
_FEWEST = 6
_IDENTITIES = ("nik", "no_kk")

# every so many a name with a letter that only an encoding tells
_ACCENTED = 9


def damage_kinds(words: Iterable[str]) -> tuple[str, ...]:
    """
    Read kinds of damage as they are written on a command line.

    Parameters
    ----------
    words
        Kinds, several in one word where commas divide them; ``all`` stands for all
        but the renderings of other generations.

    Returns
    -------
    kinds
        Once each, in the order of `KINDS`; unknown ones last, for the check.

    Examples
    --------
    >>> damage_kinds(["totals,zeros"])
    ('zeros', 'totals')
    """
    named = {kind.strip() for word in words for kind in word.split(",") if kind.strip()}
    if "all" in named:
        named = (named - {"all"}) | {*ROW_KINDS, *FORM_KINDS}
    known = tuple(kind for kind in KINDS if kind in named)
    return (*known, *sorted(named - set(KINDS)))


@dataclass(frozen=True, slots=True)
class Damaged:
    """
    A register after damage.

    `rows`: Cells as text, in the order of the file.
    `expected`: Rule of the intake and column to positions of the rows in it (0 = first).
    """

    rows: pd.DataFrame
    expected: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    tail: tuple[tuple[str, ...], ...] = ()


def damage_rows(rows: pd.DataFrame, *, kinds: Collection[str], seed: int) -> Damaged:
    """
    Damage single rows; no row is damaged twice.

    `kinds`: Kinds of `ROW_KINDS`; others are ignored here.
    `seed`: Seed of the choice of rows.
    Returns: A copy, and which findings its intake must have.
    """
    rows = rows.reset_index(drop=True).copy()
    rng = np.random.default_rng([seed, 77])
    each = max(_FEWEST, int(len(rows) * _SHARE))
    free = rng.permutation(len(rows))
    expected: dict[tuple[str, str], list[int]] = {}
    tail: tuple[tuple[str, ...], ...] = ()
    for kind in ROW_KINDS:
        if kind not in kinds:
            continue
        chosen, free = np.sort(free[:each]), free[each:]
        if kind == "scientific":
            _scientific(rows, chosen, expected)
        elif kind == "zeros":
            _zeros(rows, chosen, expected)
        elif kind == "implausible":
            _implausible(rows, chosen, expected)
        elif kind == "unknown":
            _unknown(rows, chosen, expected)
        elif kind == "places":
            _places(rows, chosen, expected)
        elif kind == "duplicates":
            # rows that later ones repeat stay sound themselves
            spare, free = free[:each], free[each:]
            rows = _duplicates(rows, (chosen, spare), expected)
        else:
            tail = (("JUMLAH", "", str(len(rows))), ("Sumber: data buatan, bukan register",))
    if tail:
        expected["not_data", ""] = [len(rows), len(rows) + 1]
    return Damaged(rows, {key: sorted(places) for key, places in expected.items()}, tail)


def _scientific(
    rows: pd.DataFrame, chosen: NDArray[np.intp], expected: dict[tuple[str, str], list[int]]
) -> None:
    for column in _IDENTITIES:
        numbers = rows.loc[chosen, column].astype(float)
        rows.loc[chosen, column] = [f"{value:.2E}" for value in numbers]
        expected["identity_digits_lost", column] = chosen.tolist()


def _zeros(
    rows: pd.DataFrame, chosen: NDArray[np.intp], expected: dict[tuple[str, str], list[int]]
) -> None:
    code = rows.loc[chosen, "kode_desa"]
    rows.loc[chosen, "kode_desa"] = code.str.replace(r"\.0(\d)\b", r".\1", regex=True)
    expected["village_padded", "kode_desa"] = chosen.tolist()


def _implausible(
    rows: pd.DataFrame, chosen: NDArray[np.intp], expected: dict[tuple[str, str], list[int]]
) -> None:
    wrong = (("jumlah_anggota_keluarga", "0"), ("luas_lantai", "9999"), ("desil_nasional", "11"))
    for place, (column, cell) in enumerate(wrong):
        these = chosen[place::3]
        rows.loc[these, column] = cell
        expected["out_of_range", column] = these.tolist()


def _unknown(
    rows: pd.DataFrame, chosen: NDArray[np.intp], expected: dict[tuple[str, str], list[int]]
) -> None:
    for place, column in enumerate(("jenis_lantai_terluas", "fasilitas_bab")):
        these = chosen[place::2]
        rows.loc[these, column] = "77"
        expected["category_unknown", column] = these.tolist()


def _places(
    rows: pd.DataFrame, chosen: NDArray[np.intp], expected: dict[tuple[str, str], list[int]]
) -> None:
    kinds = (("16.07.99.2001", "village_unknown"), ("desa", "village_malformed"),
             ("1.607E+09", "village_digits_lost"), ("", "village_missing"))  # fmt: skip
    for place, (cell, kind) in enumerate(kinds):
        these = chosen[place::4]
        rows.loc[these, "kode_desa"] = cell
        expected[kind, "kode_desa"] = these.tolist()


def _duplicates(
    rows: pd.DataFrame,
    chosen: tuple[NDArray[np.intp], NDArray[np.intp]],
    expected: dict[tuple[str, str], list[int]],
) -> pd.DataFrame:
    """Append whole rows again, and give other rows a number that an earlier row has."""
    copied, spare = chosen
    later, earlier = np.maximum(copied, spare), np.minimum(copied, spare)
    half = len(later) // 2
    rows.loc[later[half:], "no_kk"] = rows.loc[earlier[half:], "no_kk"].to_numpy()
    expected["duplicate_family", "no_kk"] = sorted(later[half:].tolist())
    again = rows.loc[earlier[:half]]
    expected["repeated_row", ""] = list(range(len(rows), len(rows) + half))
    return pd.concat([rows, again], ignore_index=True)


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
