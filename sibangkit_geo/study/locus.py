"""Lists of villages that decrees name, beside what the study finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo import join
from sibangkit_geo.indicators.locus import list_overlap
from sibangkit_geo.outputs.staging import write_text
from sibangkit_geo.sources.attributes import read_locus
from sibangkit_geo.tables.numerals import numeral, percentage
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo import config
    from sibangkit_geo.tables.public import Boundaries, Located, Pockets, VillageIndicators

_HEADINGS = {
    "n_found": "desa_kantong",
    "n_listed": "desa_lokus",
    "n_both": "keduanya",
    "n_found_only": "kantong_di_luar_lokus",
    "n_listed_only": "lokus_di_luar_kantong",
    "jaccard": "kesamaan_jaccard",
    "poor_found_share": "porsi_kk_miskin_di_kantong",
    "poor_listed_share": "porsi_kk_miskin_di_lokus",
    "poor_both_share": "porsi_kk_miskin_di_keduanya",
}


def locus_lists(
    study: config.Study, areas: Boundaries, folder: Path, review: dict[str, str]
) -> tuple[pd.DataFrame, list[Note]]:
    """
    Read every list of the study and find its villages.

    `review`: A person's decisions on names.
    Returns: True where a village is listed; one column per list, indexed by ``village_code``.
    Raises ConfigError: A file is missing.
    Raises DataError: A list is damaged, or none of its rows is a village of the regency.
    """
    lists = pd.DataFrame(index=areas.official.index)
    notes = []
    for source in study.locus:
        places = read_locus(source, folder=folder)
        located = locate_places(places, areas, code_system=source.code_system, review=review)
        code = located.rows["village_code"]
        lists[source.name] = lists.index.isin(code.dropna())
        lost = int(code.isna().sum())
        if lost:
            text = f"{source.label}: {numeral(lost)} baris daftar tidak menemukan desanya."
            notes.append(Note("locus_rows_lost", text, lost))
    return lists, notes


def locate_places(
    places: pd.DataFrame, areas: Boundaries, *, code_system: str, review: dict[str, str]
) -> Located:
    """
    Find the villages of rows with a code, or with names where codes are BPS ones.

    `places`: ``code``, ``district_name``, ``village_name``.
    `review`: A person's decisions on names.
    Raises ConfigError: BPS codes without names.
    Raises DataError: No row is a village of the regency.
    """
    if code_system == "kemendagri":
        return join.locate_by_code(places["code"], areas.official, code_system="kemendagri")
    if places["village_name"].isna().all():
        # says what to do instead
        return join.locate_by_code(places["code"], areas.official, code_system="bps")
    return join.locate_by_name(places, areas.official, review=review)


def locus_overlap(
    study: config.Study, lists: pd.DataFrame, measured: VillageIndicators, pockets: Pockets
) -> tuple[pd.DataFrame, list[Note]]:
    """
    Compare the pockets with every list.

    `measured`: Village table before masking, for the poor households.
    Returns: One row per list, Indonesian headings.
    """
    found = pd.Series(lists.index.isin(pockets.members.index), index=lists.index)
    poor = measured.villages["poor_households"].reindex(lists.index)
    rows, notes = [], []
    for source in study.locus:
        listed = lists.index[lists[source.name]]
        one = list_overlap(found, listed, poor_households=poor)
        named = {"daftar": source.label, "tahun": source.year, "sumber": source.source}
        rows.append(named | one.rename(_HEADINGS).round(6).to_dict())
        text = (
            f"{source.label} ({source.year}): {numeral(one['n_both'])} dari "
            f"{numeral(one['n_found'])} desa kantong ada dalam daftar {numeral(one['n_listed'])} "
            f"desa itu; daftar memuat {percentage(one['poor_listed_share'])} rumah tangga miskin, "
            f"kantong {percentage(one['poor_found_share'])}."
        )
        notes.append(Note("locus_overlap", text))
    return pd.DataFrame(rows), notes


def write_locus(lists: pd.DataFrame, overlap: pd.DataFrame, folder: Path) -> None:
    """Write the lists and their overlap with the pockets; nothing where there is no list."""
    if overlap.empty:
        return
    write_text(folder / "lokus.csv", overlap.to_csv(index=False, lineterminator="\n"))
    listed = lists[lists.any(axis=1)].replace({True: "ya", False: "tidak"})
    write_text(folder / "lokus_desa.csv", listed.to_csv(lineterminator="\n"))
