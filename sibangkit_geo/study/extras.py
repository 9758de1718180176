"""What a study asks for beside its core: surroundings, typology, lists of villages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.sources.review import read_review
from sibangkit_geo.study.locus import locus_lists, locus_overlap, write_locus
from sibangkit_geo.study.surroundings import surroundings
from sibangkit_geo.study.typology import TypologyRun, typology_of, write_typology

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from sibangkit_geo import config
    from sibangkit_geo.cartography.product import Product
    from sibangkit_geo.study.locating import Carried
    from sibangkit_geo.tables.public import Boundaries, Pockets, VillageIndicators


@dataclass(frozen=True, slots=True)
class Extras:
    """
    Further tables of a study.

    Attributes
    ----------
    types
        Typology; None where it is not asked for.
    lists
        Lists of villages, one column each.
    """

    types: TypologyRun | None
    lists: pd.DataFrame


def read_extras(
    study: config.Study, areas: Boundaries, carried: Carried, folder: Path, review_file: Path
) -> Extras:
    """
    Read what a study asks for beside its core; village tables and notes join `carried`.

    Parameters
    ----------
    study
        Settings.
    areas
        Boundaries.
    carried
        Tables carried to villages; parts and notes are added to it.
    folder
        Folder of the study file.
    review_file
        A person's decisions on names, where the file is there.

    Returns
    -------
    extras
        Typology and lists.

    Raises
    ------
    ConfigError
        A file is missing.
    DataError
        A file is damaged or breaks its contract.
    """
    around, told = surroundings(study, areas, folder)
    carried.parts.extend(around)
    carried.notes.extend(told)
    decisions = read_review(review_file) if review_file.is_file() else {}
    types = typology_of(study, areas, folder, decisions)
    carried.notes.extend(types.notes if types else ())
    lists, told = locus_lists(study, areas, folder, decisions)
    carried.notes.extend(told)
    return Extras(types, lists)


def compare_lists(
    extras: Extras,
    study: config.Study,
    carried: Carried,
    measured: VillageIndicators,
    pockets: Pockets,
) -> pd.DataFrame:
    """
    Compare the pockets with every list; the sentences join `carried`.

    Parameters
    ----------
    extras
        From `read_extras`.
    study
        Settings.
    carried
        Notes are added to it.
    measured
        Village table before masking.
    pockets
        Result of the detector.

    Returns
    -------
    overlap
        One row per list.

    Raises
    ------
    KeyError
        A list is missing.
    """
    overlap, told = locus_overlap(study, extras.lists, measured, pockets)
    carried.notes.extend(told)
    return overlap


def extras_writer(
    extras: Extras, study: config.Study, product: Product, overlap: pd.DataFrame
) -> Callable[[Path], None]:
    """
    Make what writes the further products.

    Parameters
    ----------
    extras
        From `read_extras`.
    study
        Settings.
    product
        Finished study.
    overlap
        From `compare_lists`.

    Returns
    -------
    write
        Takes the folder of the products.

    Raises
    ------
    OSError
        When called: the disk refuses.
    """

    def write(folder: Path) -> None:
        write_typology(extras.types, study, product, folder)
        write_locus(extras.lists, overlap, folder)

    return write
