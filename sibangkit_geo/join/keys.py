"""The entry for registers: rows with codes, with names, or with both, many per village."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.join.by_code import bps_suspicion, found_by_code, located_notes, meet_at_parents
from sibangkit_geo.join.by_name import (
    assign_many,
    fold_name,
    match_register,
    pair_districts,
    require_listed,
    similar,
)
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.types import Located, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_COLUMNS = ("code", "district_name", "village_name")

_PROBLEMS = {
    "missing": "kosong",
    "date": "menjadi tanggal",
    "digits_lost": "angka hilang karena pembulatan",
    "wrong_level": "bukan kode desa",
    "malformed": "bentuk salah",
}

# the village table of Banyuasin: 305 of 305 rows betray themselves when declared wrongly and 0
# when declared rightly; up to this share, single slips in a long register are left to the names
MIXUP_SHARE = 0.05
# of the BPS codes of Banyuasin 12 in 305 stand on its Kemendagri list, of its own codes nearly all
_MOSTLY_LISTED = 0.5
# rows of a number that must name one district
_CLEAR = 0.9


def locate_keys(
    keys: pd.DataFrame,
    official: pd.DataFrame,
    *,
    code_system: codes.CodeSystem | None,
    review: Mapping[str, str] | None = None,
    n_rows: pd.Series | None = None,
    n_counted: int | None = None,
) -> Located:
    """
    Match the rows of a register to official villages, by code, name or both.

    Kemendagri codes go first; names serve rows whose code is missing, unusable or off
    the list, and are all that serves BPS codes. One village may be written in several
    ways. Codes that the names betray as the other system are refused, or, up to a few,
    located by name. Split villages without polygon go to their parent.
    Grain: one row per row of the table. Each distinct key is looked up once.

    Parameters
    ----------
    keys
        Columns ``code``, or ``district_name`` and ``village_name``, or all three.
    official
        Official villages: index code, columns ``name``, ``district_code``,
        ``district_name`` and, where some lack a polygon, ``has_polygon``.
    code_system
        Which codes ``code`` holds; None when there are none.
    review
        A person's decisions: the row's code as written, or its `review_key` where it has
        none, to the official code (empty text: no village).
    n_rows
        How many rows of the register each row of `keys` stands for, for the notes; None:
        one each.
    n_counted
        How many rows of the register found a village in the end, some by their point, for the
        notes; None: those that `keys` place.

    Returns
    -------
    located
        Row by row; ``how`` is ``code``, ``name``, ``spelling``, ``review``, ``split`` or
        ``none``.

    Raises
    ------
    ConfigError
        Neither codes nor names, codes without `code_system`, or BPS codes without names.
    DataError
        The names say that the codes are of the other system.
    UnknownAreaError
        No row finds a village, or a decision names a village off the list.
    """
    _require_columns(keys, code_system)
    require_listed(review or {}, official)
    place, distinct = _distinct(keys)
    suspect = np.zeros(len(distinct), dtype=bool)
    if code_system is not None:
        mixup = check_code_system(distinct, official, code_system=code_system)
        mixup.spread(place, index=keys.index).require_none()
        suspect = mixup.suspect.to_numpy()
    found, notes = _by_code(distinct, official, code_system, suspect=suspect)
    found, by_villages = _by_name(found, distinct, official)
    if code_system == "bps":
        found = _by_sibling(found, distinct)
    found = _by_decision(found, distinct, review or {})
    found, told = meet_at_parents(found, official)
    rows = found.take(place).set_axis(keys.index)
    counted = located_notes(rows, official, n_rows=n_rows, n_counted=n_counted)
    told = (*counted, *notes, *by_villages, *told)
    return Located(rows=rows, notes=told)


def review_key(district_name: str, village_name: str) -> str:
    """
    Name a row that has no code, for the review file.

    Parameters
    ----------
    district_name, village_name
        As written in the table.

    Returns
    -------
    key
        Upper case, one space between words, ``KECAMATAN/DESA``.

    Examples
    --------
    >>> review_key("Talang  Kelapa", "Sukajadi")
    'TALANG KELAPA/SUKAJADI'
    """
    return "/".join(" ".join(name.upper().split()) for name in (district_name, village_name))


def _require_columns(keys: pd.DataFrame, code_system: str | None) -> None:
    has_names = {"district_name", "village_name"} <= set(keys.columns)
    if "code" not in keys and not has_names:
        msg = "Rows cannot be located: name `code`, or `district_name` and `village_name`."
        raise ConfigError(msg)
    if "code" in keys and code_system is None:
        msg = 'Codes need their system: write code_system = "kemendagri" or "bps".'
        raise ConfigError(msg)
    names = keys[["district_name", "village_name"]] if has_names else None
    if code_system == "bps" and (names is None or names.isna().any(axis=1).all()):
        msg = (
            "BPS codes number districts differently and cannot be joined to the map as codes: "
            "name district_name and village_name in the study, or give Kemendagri codes."
        )
        raise ConfigError(msg)


def _distinct(keys: pd.DataFrame) -> tuple[NDArray[np.intp], pd.DataFrame]:
    """Give each row the number of its distinct key, and list the keys with their first label."""
    number = np.zeros(len(keys), dtype=np.int64)
    for column in filter(keys.columns.__contains__, _COLUMNS):
        place, values = pd.factorize(keys[column])
        # numbered anew after each column, so that the product of the counts cannot overflow
        number, _ = pd.factorize(number * (len(values) + 1) + place + 1)
    first = np.flatnonzero(~pd.Series(number).duplicated().to_numpy())
    distinct = keys.iloc[first].reindex(columns=list(_COLUMNS))
    return number, distinct.reset_index(names="label")


def _by_code(
    distinct: pd.DataFrame,
    official: pd.DataFrame,
    code_system: codes.CodeSystem | None,
    *,
    suspect: NDArray[np.bool_],
) -> tuple[pd.DataFrame, list[Note]]:
    if code_system != "kemendagri":
        nothing = pd.Series(pd.NA, index=distinct.index, dtype="string")
        return found_by_code(nothing, official), []
    reading = codes.read_codes(distinct["code"], code_system="kemendagri")
    found = found_by_code(reading.code.where(~suspect), official)
    notes = list(_disagreements(found, distinct, official))
    if distinct[["district_name", "village_name"]].isna().any(axis=1).all():
        notes += bps_suspicion(distinct["code"], official)
    unusable = ~reading.usable
    if unusable.any():
        kinds = reading.problem[unusable].astype(str).value_counts()
        text = ", ".join(f"{_PROBLEMS[str(kind)]} {numeral(n)}" for kind, n in kinds.items())
        text = f"Kode desa yang tidak terpakai (menurut bentuk yang berbeda): {text}."
        notes.append(Note("codes_unusable", text, int(unusable.sum())))
    return found, notes


def _disagreements(
    found: pd.DataFrame, distinct: pd.DataFrame, official: pd.DataFrame
) -> tuple[Note, ...]:
    """Tell where code and name differ: the code is kept, but somebody should look."""
    there = found["village_code"].map(official["name"].astype(object).to_dict())
    both = there.notna() & distinct["village_name"].notna()
    differ = [
        not similar(str(here), str(named))
        for here, named in zip(distinct.loc[both, "village_name"], there[both], strict=True)
    ]
    if not any(differ):
        return ()
    text = (
        f"{numeral(sum(differ))} pasangan kode dan nama desa tidak sesuai; kode yang dipakai "
        f"(baris: {', '.join(map(str, distinct.loc[both, 'label'][differ].head(10)))})."
    )
    return (Note("codes_and_names_differ", text, sum(differ)),)


def _by_name(
    found: pd.DataFrame, distinct: pd.DataFrame, official: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    named = distinct["district_name"].notna() & distinct["village_name"].notna()
    wanted = distinct[named & found["village_code"].isna()]
    found = found.assign(name_in_table=distinct["village_name"])
    if wanted.empty:
        return found, ()
    matched, notes = match_register(wanted, official)
    found.loc[wanted.index, ["village_code", "how", "score"]] = matched
    return found, notes


def _by_sibling(found: pd.DataFrame, distinct: pd.DataFrame) -> pd.DataFrame:
    """Let rows without a readable name follow those of the same BPS code, where all agree."""
    code = codes.read_codes(distinct["code"], code_system="bps").code
    pairs = pd.DataFrame({"code": code, "village": found["village_code"]}).dropna()
    village_of = pairs.drop_duplicates().set_index("code")["village"]
    village = code.map(village_of[~village_of.index.duplicated(keep=False)].to_dict()).astype(
        "string"
    )
    follows = found["village_code"].isna() & village.notna()
    return found.assign(
        village_code=found["village_code"].where(~follows, village),
        how=found["how"].where(~follows, "code"),
        score=found["score"].where(~follows, 1.0),
    )


def _by_decision(
    found: pd.DataFrame, distinct: pd.DataFrame, review: Mapping[str, str]
) -> pd.DataFrame:
    if not review:
        return found
    named = zip(distinct["code"], distinct["district_name"], distinct["village_name"], strict=True)
    keys = [
        str(code) if not pd.isna(code) else review_key(str(district), str(village))
        for code, district, village in named
    ]
    told = pd.Series([review.get(key) for key in keys], index=found.index, dtype="string")
    # a line that only repeats the match is no decision
    decided = told.notna() & (told != found["village_code"].fillna(""))
    return found.assign(
        village_code=found["village_code"].where(~decided, told.replace("", pd.NA)),
        how=found["how"].where(~decided, "review"),
        score=found["score"].where(~decided, 1.0),
    )


@dataclass(frozen=True, slots=True)
class CodeSystemCheck:
    """
    What the names say about the declared code system.

    Attributes
    ----------
    declared
        Code system that the table names.
    suspect
        True for rows whose names fit the other system and not the declared one; one row
        per row of the table.
    wrong_place
        True for those of them whose code exists in the declared system as another
        village: they would join the wrong place without a word.
    checked
        True for rows that have a code and both names.
    """

    declared: codes.CodeSystem
    suspect: pd.Series
    wrong_place: pd.Series
    checked: pd.Series

    @property
    def share(self) -> float:
        """Suspect rows among the checked ones, 0 to 1; 0 when none could be checked."""
        return float(self.suspect.sum()) / max(int(self.checked.sum()), 1)

    def spread(self, place: NDArray[np.intp], *, index: pd.Index) -> CodeSystemCheck:
        """
        Say of every row of a register what was found out about its distinct key.

        `index`: Labels of the rows.
        """
        parts = (self.suspect, self.wrong_place, self.checked)
        suspect, wrong_place, checked = (
            pd.Series(part.to_numpy()[place], index=index) for part in parts
        )
        return CodeSystemCheck(self.declared, suspect, wrong_place, checked)

    def require_none(self) -> None:
        """
        Refuse a table whose names fit the other code system.

        Raises DataError: More than `MIXUP_SHARE` of the rows are suspect.
        """
        if self.share <= MIXUP_SHARE:
            return
        other = "bps" if self.declared == "kemendagri" else "kemendagri"
        msg = (
            f'Codes declared as "{self.declared}" whose district and village names say "{other}" '
            f"({int(self.wrong_place.sum())} of them exist as the code of another village)"
        )
        raise DataError(
            msg,
            rows=pd.DataFrame(index=self.suspect.index[self.suspect]),
            remedy=f'Write code_system = "{other}", or correct the codes.',
        )


def check_code_system(
    keys: pd.DataFrame, official: pd.DataFrame, *, code_system: codes.CodeSystem
) -> CodeSystemCheck:
    """
    Find rows whose names say that their code is of the other system.

    A Kemendagri reading agrees when district and village name fit the village that has
    this code. A BPS reading agrees when the district name fits the district that has
    its number: BPS village numbers say nothing about names. Suspect is a row that agrees
    with the other system and not with the declared one. Where no list of BPS districts is
    embedded, the table itself says which of its numbers is which district.
    Grain: one row per row of the table.

    Parameters
    ----------
    keys
        Columns ``code``, ``district_name``, ``village_name``.
    official
        Official villages: index code, columns ``name``, ``district_code``,
        ``district_name``.
    code_system
        Which codes the table says it has.

    Returns
    -------
    mixup
        Row by row; a row without code or names is never suspect.

    Raises
    ------
    ValueError
        `code_system` is unknown.
    """
    as_kemendagri = codes.read_codes(keys["code"], code_system="kemendagri").code
    as_bps = codes.read_codes(keys["code"], code_system="bps").code
    named = keys["district_name"].notna() & keys["village_name"].notna()
    district = _districts(keys[named], official).reindex(keys.index)
    regencies = official.index.str.slice(0, 5).unique()
    crosswalk = {bps: ours for one in regencies for ours, (bps, _) in codes.districts(one).items()}
    if not crosswalk:
        crosswalk = _own_crosswalk(as_bps, as_kemendagri.isin(official.index), district)
    of_bps = as_bps.str.slice(0, 7).map(crosswalk).astype("string")
    fits_bps = (of_bps == district).fillna(value=False).astype(bool)
    same_place = (as_kemendagri.str.slice(0, 8) == district).fillna(value=False).astype(bool)
    name_there = as_kemendagri.map(official["name"].astype(object).to_dict())
    fits_kemendagri = same_place & pd.Series(
        [
            isinstance(there, str) and isinstance(here, str) and similar(here, there)
            for here, there in zip(keys["village_name"], name_there, strict=True)
        ],
        index=keys.index,
        dtype=bool,
    )
    declared, other, reading = fits_kemendagri, fits_bps, as_kemendagri.isin(official.index)
    if code_system == "bps":
        # no list of BPS villages is embedded: a code counts as taken when its district exists
        declared, other, reading = fits_bps, fits_kemendagri, of_bps.notna()
    suspect = named & other & ~declared
    checked = named & keys["code"].notna()
    return CodeSystemCheck(code_system, suspect, suspect & reading, checked)


def _own_crosswalk(as_bps: pd.Series, listed: pd.Series, district: pd.Series) -> dict[str, str]:
    """Learn the districts behind BPS numbers, unless the codes are on the list of the map."""
    coded = as_bps.notna() & district.notna()
    if not coded.any() or listed[coded].mean() >= _MOSTLY_LISTED:
        return {}
    number = as_bps[coded].str.slice(0, 7).astype(object)
    table = pd.crosstab(number, district[coded].astype(object))
    clear = table.max(axis=1) >= _CLEAR * table.sum(axis=1)
    return {str(bps): str(ours) for bps, ours in table.idxmax(axis=1)[clear].items()}


def _districts(named: pd.DataFrame, official: pd.DataFrame) -> pd.Series:
    """Give each row the code of the district it names."""
    pairs = pair_districts(named, official, assign=assign_many).code
    found = named["district_name"].map(lambda name: pairs.get(fold_name(str(name))))
    return found.astype("string")
