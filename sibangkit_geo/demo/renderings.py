"""Write the demo's answers as another generation of register would, or in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo import codes
from sibangkit_geo.registers.answers import code_list
from sibangkit_geo.sources.columns import variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_OURS = "regsosek2022"
# where BDT-2015 has another word for the same thing, or one word for several
_BDT_WORD: Mapping[str, Mapping[str, str]] = {
    "floor": {"wood": "wood_high"},
    "roof": {"tile": "clay_tile"},
    "water": {"piped": "piped_metered"},
    "lighting": {"pln_metered": "pln", "pln_unmetered": "pln"},
    "cooking_fuel": {
        "lpg_5_5": "gas_over_3", "lpg_12": "gas_over_3",
        "city_gas": "city_gas_biogas", "biogas": "city_gas_biogas",
    },
    "toilet": {"communal": "public", "unused": "none"},
    "toilet_type": {"covered_pan": "pan", "uncovered_pan": "pan"},
}  # fmt: skip
_BDT_UNMETERED = "6"
_BDT_NAMES = {
    "size": "jumlah_art", "decile": "desil", "floor_area": "luas_lantai", "floor": "lantai",
    "wall": "dinding", "roof": "atap", "water": "sumber_airminum",
    "lighting": "sumber_penerangan", "power": "daya", "cooking_fuel": "bb_masak",
    "toilet": "fasbab", "toilet_type": "kloset", "faeces_disposal": "buang_tinja",
    "pkh": "sta_pkh", "kur": "sta_kur", "person_name": "nama_krt", "household_serial": "idbdt",
}  # fmt: skip
_P3KE_NAMES = {
    "village_code": "kode_kemdagri", "decile": "desil_kesejahteraan",
    "person_name": "kepala_keluarga", "person_number": "nik", "family_number": "no_kk",
    "civil_match": "padan_dukcapil", "roof": "jenis_atap", "wall": "jenis_dinding",
    "floor": "jenis_lantai", "lighting": "sumber_penerangan",
    "cooking_fuel": "bahan_bakar_memasak", "water": "sumber_air_minum",
    "toilet": "fasilitas_bab", "pkh": "penerima_pkh", "bpnt": "penerima_bpnt",
}  # fmt: skip


def in_words(rows: pd.DataFrame) -> pd.DataFrame:
    """
    Replace codes by the labels of the code list.

    `rows`: Register in the codes of Regsosek-2022, cells as text.
    Returns: A copy; what is no code of the list stays as it is.
    """
    rows = rows.copy()
    for column, variable in _categories(rows).items():
        if variables()[variable].kind == "yes_no":
            label = {"1": "Ya", "2": "Tidak"}
        else:
            label = {str(code): words for code, (_, words) in code_list(_OURS, variable).items()}
        rows[column] = rows[column].map(label).fillna(rows[column])
    return rows


def in_any_case(rows: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """
    Write headers and words in any case, with stray spaces.

    `seed`: Seed of the choice.
    """
    rng = np.random.default_rng([seed, 78])
    rows = rows.copy()
    for column in _categories(rows):
        way = rng.integers(0, 3, len(rows))
        cells = rows[column]
        rows[column] = np.select(
            [way == 0, way == 1], [cells.str.upper(), " " + cells.str.lower()], cells
        )
    return rows.rename(columns={name: str(name).upper().replace("_", " ") for name in rows})


def as_bdt(rows: pd.DataFrame) -> pd.DataFrame:
    """
    Render the register as BDT-2015: its headers, its codes, and only what it asks.

    The form has no decile; one stands beside it, as the list was handed out.

    `rows`: Register in the codes of Regsosek-2022, cells as text.
    Returns: Columns of BDT-2015.
    """
    kept = _columns(rows)
    out = rows[["kode_desa", "nik", "no_kk"]].copy()
    for variable, name in _BDT_NAMES.items():
        if variable not in kept:
            continue
        cells = rows[kept[variable]]
        theirs = {word: str(code) for code, (word, _) in code_list("bdt2015", variable).items()}
        if theirs:
            words = _BDT_WORD.get(variable, {})
            code = {
                str(ours): theirs[words.get(word, word)]
                for ours, (word, _) in code_list(_OURS, variable).items()
                if words.get(word, word) in theirs
            }
            cells = cells.map(code).fillna(cells)
        out[name] = cells
    unmetered = rows[kept["lighting"]] == "2"
    out["daya"] = out["daya"].mask(unmetered, _BDT_UNMETERED)
    return out.assign(lon=rows["lon"], lat=rows["lat"])


def as_p3ke(rows: pd.DataFrame) -> pd.DataFrame:
    """
    Render the register as P3KE: its headers, words instead of codes, names of places.

    `rows`: Register in the codes of Regsosek-2022, cells as text.
    Returns: Columns of P3KE that the demo can fill; P3KE asks neither size nor floor area.
    """
    kept = _columns(rows)
    words = in_words(rows)
    yes_no = {"Ya": "YA", "Tidak": "TIDAK"}
    place = _names_of_places()
    named = rows["kode_desa"].map(place)
    out = rows[[]].copy()
    out["provinsi"] = "SUMATERA SELATAN"
    out["kabupaten"] = "BANYUASIN"
    out["kecamatan"] = named.map(lambda pair: pair[0] if isinstance(pair, tuple) else "")
    out["desa"] = named.map(lambda pair: pair[1] if isinstance(pair, tuple) else "")
    for variable, name in _P3KE_NAMES.items():
        if variable in kept:
            cells = words[kept[variable]]
            out[name] = cells.map(yes_no).fillna(cells)
    return out


def _names_of_places() -> dict[str, tuple[str, str]]:
    regency = "16.07"
    district = {code: name for code, (_, name) in codes.districts(regency).items()}
    return {
        code: (district[code[:8]].upper(), name.upper())
        for code, name in codes.official_villages(regency).items()
    }


def _columns(rows: pd.DataFrame) -> dict[str, str]:
    """Find the column of each variable in the demo's own register."""
    return {
        one.name: column
        for one in variables().values()
        for column in rows.columns
        if column in one.names
    }


def _categories(rows: pd.DataFrame) -> dict[str, str]:
    return {
        column: variable
        for variable, column in _columns(rows).items()
        if variables()[variable].kind in {"category", "yes_no"}
    }


def column_names(rows: pd.DataFrame, generation: str) -> dict[str, str]:
    """
    Tell which column of a rendering each column of the demo's register became.

    `generation`: ``"bdt2015"`` or ``"p3ke"``.
    Returns: Our header to theirs; what the rendering drops is absent.
    """
    theirs = {"bdt2015": _BDT_NAMES, "p3ke": _P3KE_NAMES}[generation]
    names = {column: theirs[one] for one, column in _columns(rows).items() if one in theirs}
    if generation == "bdt2015":
        names |= {name: name for name in ("kode_desa", "nik", "no_kk", "lon", "lat")}
    return names
