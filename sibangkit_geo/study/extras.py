"""What a study asks for beside its core: surroundings, typology, lists of villages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo.study.locus import locus_lists, locus_overlap, write_locus
from sibangkit_geo.study.planning import Plans, make_plans
from sibangkit_geo.study.reviewing import decisions
from sibangkit_geo.study.surfaces import surface_of, write_surface
from sibangkit_geo.study.surroundings import surroundings
from sibangkit_geo.study.typology import TypologyRun, typology_of, write_typology

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from sibangkit_geo import config
    from sibangkit_geo.agencies import Catalogue
    from sibangkit_geo.cartography.product import Product
    from sibangkit_geo.indicators.rasters import RiskSurface
    from sibangkit_geo.study.locating import Carried
    from sibangkit_geo.tables.public import Boundaries, Pockets, VillageIndicators


@dataclass(frozen=True, slots=True)
class Extras:
    """
    Further tables of a study.

    `types`: Typology; None where it is not asked for.
    `lists`: Lists of villages, one column each.
    `surface`: Relative risk of being poor; None where it is not asked for.
    """

    types: TypologyRun | None
    lists: pd.DataFrame
    surface: RiskSurface | None


@dataclass(frozen=True, slots=True)
class Conclusions:
    """
    What follows from pockets and needs.

    `overlap`: Pockets against each list, one row per list.
    """

    overlap: pd.DataFrame
    plans: Plans


def read_extras(
    study: config.Study, areas: Boundaries, carried: Carried, folder: Path, review_file: Path
) -> Extras:
    """
    Read what a study asks for beside its core; village tables and notes join `carried`.

    `carried`: Tables carried to villages; parts and notes are added to it.
    `review_file`: A person's decisions on names, where the file is there.
    Raises ConfigError: A file is missing.
    Raises DataError: A file is damaged or breaks its contract.
    """
    around, told = surroundings(study, areas, folder, carried.houses)
    carried.parts.extend(around)
    carried.notes.extend(told)
    reviewed = decisions(review_file)
    types = typology_of(study, areas, folder, reviewed)
    carried.notes.extend(types.notes if types else ())
    lists, told = locus_lists(study, areas, folder, reviewed)
    carried.notes.extend(told)
    surface = surface_of(study, areas, carried.houses)
    return Extras(types, lists, surface)


def conclude(
    extras: Extras,
    study: config.Study,
    carried: Carried,
    measured: VillageIndicators,
    pockets: Pockets,
    folder: Path,
    catalogue: Catalogue,
) -> Conclusions:
    """
    Compare the pockets with every list, and plan; the sentences join `carried`.

    `measured`: Village table before masking.
    Raises ConfigError: A file is missing or wrong, or a need has no unit cost.
    Raises DataError: The target asks more persons than are estimated poor.
    """
    overlap, told = locus_overlap(study, extras.lists, measured, pockets)
    plans = make_plans(study, folder, measured, pockets, carried.counts, catalogue)
    carried.notes.extend([*told, *plans.notes])
    return Conclusions(overlap, plans)


def extras_writer(
    extras: Extras, study: config.Study, product: Product, conclusions: Conclusions
) -> Callable[[Path], None]:
    """Make what writes the further products."""

    def write(folder: Path) -> None:
        write_typology(extras.types, study, product, folder)
        write_surface(extras.surface, product, folder)
        write_locus(extras.lists, conclusions.overlap, folder)
        conclusions.plans.write(
            folder,
            words={
                "agency": product.catalogue.names,
                "indicator": {one.name: one.label for one in product.measured.indicators},
            },
        )

    return write
