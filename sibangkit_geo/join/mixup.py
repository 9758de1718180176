"""Codes of one system declared as the other: found out by the names beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo import codes
from sibangkit_geo.errors import DataError
from sibangkit_geo.join.districts import pair_districts
from sibangkit_geo.join.spelling import assign_many, fold_name, similar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# the village table of Banyuasin: 305 of 305 rows betray themselves when declared wrongly and 0
# when declared rightly; up to this share, single slips in a long register are left to the names
MIXUP_SHARE = 0.05
# of the BPS codes of Banyuasin 12 in 305 stand on its Kemendagri list, of its own codes nearly all
_MOSTLY_LISTED = 0.5
# rows of a number that must name one district
_CLEAR = 0.9


@dataclass(frozen=True, slots=True)
class CodeMixup:
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

    def spread(self, place: NDArray[np.intp], *, index: pd.Index) -> CodeMixup:
        """
        Say of every row of a register what was found out about its distinct key.

        `index`: Labels of the rows.
        """
        parts = (self.suspect, self.wrong_place, self.checked)
        suspect, wrong_place, checked = (
            pd.Series(part.to_numpy()[place], index=index) for part in parts
        )
        return CodeMixup(self.declared, suspect, wrong_place, checked)

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


def detect_code_mixup(
    keys: pd.DataFrame, official: pd.DataFrame, *, code_system: codes.CodeSystem
) -> CodeMixup:
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
    return CodeMixup(code_system, suspect, suspect & reading, checked)


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
