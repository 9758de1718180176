"""Villages by code, and split villages that meet the map at their parent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError, DataError, UnknownAreaError
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.types import Located, Note

_ROWS_NAMED = 10
# ways that only some tables use are named only when used
_OCCASIONAL = {"split": "lewat induk pemekarannya", "point": "menurut titik koordinat"}


def locate_by_code(
    code: pd.Series,
    official: pd.DataFrame,
    *,
    code_system: codes.CodeSystem,
    meet_splits: bool = False,
) -> Located:
    """
    Match rows to official villages by Kemendagri code.

    Codes are read by the rules of `codes.read_codes`; a village may have many rows.
    Grain: one row per row of the table.

    Parameters
    ----------
    code
        Village codes as they came.
    official
        Official villages, indexed by code; ``has_polygon`` tells which are on the map.
    code_system
        Which codes these are; BPS codes cannot be matched without names.
    meet_splits
        Whether rows of a split village without polygon go to its parent. Right for
        households, which add up; not for a table of villages, where the parent has a
        row of its own.

    Returns
    -------
    located
        Rows whose code is not on the list, or that of a district or regency (subtotals), have no
        village and are noted.

    Raises
    ------
    ConfigError
        `code_system` is ``"bps"``.
    DataError
        Codes are malformed or none of a village, or none is on the list.
    """
    if code_system != "kemendagri":
        msg = "BPS codes number districts differently and cannot be joined to the map as codes: "
        remedy = "name district_name and village_name in the study, or give Kemendagri codes."
        raise ConfigError(msg + remedy)
    reading = codes.read_codes(code, code_system=code_system)
    above = reading.problem == "wrong_level"
    bad = ~reading.usable if above.all() else ~(reading.usable | above)
    if bad.any():
        problems = reading.problem[bad].astype(str).value_counts()
        words = codes.PROBLEM_WORDS
        kinds = ", ".join(f"{count:,}{words[str(kind)]}" for kind, count in problems.items())
        msg = f"Village codes that are not of the form 16.07.05.1022 ({kinds})"
        remedy = 'Correct them, or name the code system ("bps" for ten digits) and the names.'
        raise DataError(msg, rows=pd.DataFrame(index=code.index[bad]), remedy=remedy)
    found = found_by_code(reading.code, official)
    notes = (*bps_suspicion(code, official), *_subtotals(above))
    if meet_splits:
        found, told = meet_at_parents(found, official)
        notes += told
    return Located(rows=found, notes=(*located_notes(found, official), *notes))


def _subtotals(above: pd.Series) -> tuple[Note, ...]:
    if not above.any():
        return ()
    count = int(above.sum())
    text = f"{numeral(count)} baris kode kecamatan atau kabupaten (subjumlah) tidak dihitung."
    return (Note("subtotals", text, count),)


def found_by_code(code: pd.Series, official: pd.DataFrame) -> pd.DataFrame:
    """
    Look canonical codes up on the official list.

    Grain: one row per row of the table.

    `code`: Dotted codes, missing where not usable.
    `official`: Official villages, indexed by code.
    Returns: ``village_code``, ``score`` (1 or 0), ``how`` (``code`` or ``none``) and an empty
        ``name_in_table``.
    """
    known = code.isin(official.index.tolist())
    return pd.DataFrame(
        {
            "village_code": code.where(known).astype("string"),
            "score": known.astype(float),
            "how": np.where(known, "code", "none"),
            "name_in_table": pd.NA,
        },
    )


def bps_suspicion(code: pd.Series, official: pd.DataFrame) -> tuple[Note, ...]:
    """
    Warn that undotted codes declared as Kemendagri, without names, look like BPS codes.

    Parameters
    ----------
    code
        Village codes as they came.
    official
        Official villages, indexed by code.

    Returns
    -------
    notes
        One note when more distinct codes have a BPS district than are on the official
        list. On the village table of Banyuasin, declared wrongly: 305 against 12.

    Raises
    ------
    MissingFileError
        The installation lacks its data.
    """
    distinct = code.dropna().drop_duplicates()
    as_bps = codes.read_codes(distinct, code_system="bps")
    undotted = distinct[as_bps.usable]
    regencies = official.index.str.slice(0, 5).unique()
    known = {bps for regency in regencies for bps, _ in codes.districts(regency).values()}
    fits_bps = as_bps.code.str.slice(0, 7).isin(list(known))
    as_kemendagri = codes.read_codes(undotted, code_system="kemendagri").code
    fits_list = as_kemendagri.isin(official.index.tolist())
    if int(fits_bps.sum()) <= int(fits_list.sum()):
        return ()
    text = (
        f"{numeral(int(fits_bps.sum()))} kode sepuluh angka tanpa titik lebih cocok dengan "
        "daftar kecamatan BPS daripada dengan daftar Kemendagri "
        f"({numeral(int(fits_list.sum()))} cocok dan mungkin salah tempat): periksa code_system, "
        "dan sertakan nama kecamatan dan desa."
    )
    return (Note("codes_look_bps", text, int(fits_bps.sum())),)


def meet_at_parents(
    found: pd.DataFrame, official: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """
    Take rows of split villages that the map lacks to the village they were split off.

    Grain: one row per row of the table.

    Parameters
    ----------
    found
        Columns ``village_code`` and ``how``.
    official
        Official villages, indexed by code; without ``has_polygon`` all are on the map.

    Returns
    -------
    met
        The same rows, ``how`` being ``split`` where a parent was taken. A village of
        unknown parent keeps its code: it counts in its district, and on no polygon.
    notes
        What was merged, and which split villages the table does not know yet.

    Raises
    ------
    MissingFileError
        The installation lacks its data.
    """
    if "has_polygon" not in official:
        return found, ()
    drawn = official.index[official["has_polygon"].to_numpy(dtype=bool)]
    used = found["village_code"].dropna().unique().tolist()
    level = codes.common_level(used, drawn.tolist())
    moved = {one.code: one.parent_code for one in level.merged if one.code in used}
    notes = []
    ours = codes.CommonLevel(
        level.code,
        tuple(one for one in level.merged if one.code in moved),
        tuple(one for one in level.at_district if one.code in used),
    )
    if ours.text:
        notes.append(Note("splits_met", ours.text, len(ours.merged) + len(ours.at_district)))
    older = [one for one in (*level.merged, *level.at_district) if one.code not in used]
    if older:
        text = (
            f"{len(older)} desa/kelurahan hasil pemekaran belum dikenal tabel; warganya masih "
            f"tercatat pada induknya: {', '.join(one.name for one in older)}."
        )
        notes.append(Note("splits_unknown_to_table", text, len(older)))
    at_parent = found["village_code"].isin(list(moved))
    met = found.assign(
        village_code=found["village_code"].where(
            ~at_parent, found["village_code"].map(moved).astype("string")
        ),
        how=found["how"].where(~at_parent, "split"),
    )
    return met, tuple(notes)


def located_notes(
    found: pd.DataFrame,
    official: pd.DataFrame,
    *,
    n_rows: pd.Series | None = None,
    n_counted: int | None = None,
) -> tuple[Note, ...]:
    """
    Count the rows per way of locating, those lost, and the villages that no row names.

    `found`: Columns ``village_code`` and ``how``, one row per row of the table.
    `official`: Official villages, indexed by code.
    `n_rows`: How many rows of the register each row of `found` stands for; None: one each.
    `n_counted`: How many of those found a village in the end, some of them by their point.
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
    if n_counted is not None and n_counted > total - n_lost:
        # rows whose place is blank are in no row of `found`
        ways["point"] = n_counted - (total - n_lost)
        total = max(total, n_counted)
        n_lost = total - n_counted
    text = (
        f"{numeral(total - n_lost)} dari {numeral(total)} baris cocok dengan desa: "
        f"{numeral(ways.get('code', 0))} menurut kode, {numeral(ways.get('name', 0))} menurut "
        f"kecamatan dan nama persis, {numeral(ways.get('spelling', 0))} menurut ejaan yang mirip, "
        f"{numeral(ways.get('review', 0))} menurut berkas tinjauan"
    )
    for way, words in _OCCASIONAL.items():
        text += f", {numeral(ways[way])} {words}" if way in ways else ""
    notes = [Note("rows_located", f"{text}.", total - n_lost)]
    if n_lost:
        text = f"{n_lost} baris tidak menemukan desa dan tidak dihitung"
        # rows of a register are named in its report; here each stands for several
        labels = ", ".join(str(label) for label in lost.index[:_ROWS_NAMED])
        text += f" (baris: {labels})." if n_rows is None else "."
        notes.append(Note("rows_unlocated", text, n_lost))
    empty = official.index.difference(found["village_code"].dropna().unique().tolist())
    if len(empty):
        text = (
            f"{len(empty)} desa/kelurahan resmi tidak mempunyai baris pada tabel: tidak ada data."
        )
        notes.append(Note("villages_without_rows", text, len(empty)))
    return tuple(notes)
