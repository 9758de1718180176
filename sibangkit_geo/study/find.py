"""Pockets, hamlets and planning areas of a study."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo import disclosure
from sibangkit_geo.indicators.estimates import tested
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.types import Note
from sibangkit_geo.pockets import find_pockets
from sibangkit_geo.pockets.detector import neighbors_by_rule, with_sensitivity
from sibangkit_geo.pockets.graph import among, with_links
from sibangkit_geo.pockets.hamlets import MOST_POINTS, hamlet_scan
from sibangkit_geo.pockets.regionalization import planning_areas
from sibangkit_geo.products.tables import write_csv, write_layers
from sibangkit_geo.products.words import named_pockets
from sibangkit_geo.sources.text_tables import read_links
from sibangkit_geo.study.protect import protects_poverty
from sibangkit_geo.study.registers import known_houses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import geopandas as gpd

    from sibangkit_geo import config
    from sibangkit_geo.model.types import Pockets, VillageIndicators
    from sibangkit_geo.pockets.graph import Neighbors
    from sibangkit_geo.pockets.hamlets import Hamlets
    from sibangkit_geo.pockets.regionalization import PlanningAreas
    from sibangkit_geo.study.registers import KeptHouses

    Progress = Callable[[str, int, int], None]

log = logging.getLogger(__name__)
HAMLETS = "dusun_miskin.gpkg"
AREAS = "wilayah_perencanaan.csv"
# where rates are worth less than nine tenths of their households, a trial of planted pockets
# (benchmarks/protection.py) finds fewer on protected counts than on true ones
_MUCH = 0.9


@dataclass(frozen=True, slots=True)
class Groups:
    """
    What was found beside pockets.

    `hamlets`: Circles with more poor households than chance allows; None where not asked for.
    `areas`: Contiguous groups of villages; None where not asked for.
    `notes`: What a reader must know.
    """

    hamlets: Hamlets | None
    areas: PlanningAreas | None
    notes: tuple[Note, ...]

    def write(self, folder: Path, villages: gpd.GeoDataFrame, *, created: str) -> None:
        """
        Write what was found; nothing where nothing was asked for.

        `created`: ISO time of the run.
        """
        if self.hamlets is not None and len(self.hamlets):
            table = self.hamlets.clusters.drop(columns=["centre_x", "centre_y"])
            write_layers({"dusun_miskin": table}, folder / HAMLETS, created=created)
        if self.areas is not None:
            named = villages.loc[self.areas.areas.index, ["name", "district_name"]]
            listed = named.assign(wilayah=self.areas.areas).rename_axis("kode_desa")
            listed = listed.rename(columns={"name": "desa", "district_name": "kecamatan"})
            write_csv(listed.reset_index(), folder / AREAS)


def find(study: config.Study, measured: VillageIndicators, progress: Progress) -> Pockets:
    """
    Find the pockets, and how firmly each village stays in its own.

    Grain: one row per village in, one row per pocket out.

    Raises ConfigError: The file of links is missing.
    Raises DataError: It names an unknown village, or counts are impossible.
    """
    done, total = 0, study.pockets.replicates

    def step(count: int) -> None:
        nonlocal done
        done += count
        progress("find", done % total, total)

    villages = tested(measured.villages)
    graph = _graph(study, villages)
    worth = None
    if protects_poverty(study):
        worth = disclosure.worth(
            villages["poor_households"], villages["households"], settings=study.disclosure
        )
    found = find_pockets(
        villages, settings=study.pockets, neighbors=graph, worth=worth, progress=step
    )
    if study.pockets.stability:
        found = with_sensitivity(
            found, villages, settings=study.pockets, neighbors=graph, worth=worth
        )
    log.info("find: %d pockets", len(found))
    notes = [*found.notes, *(graph.notes if graph else ())]
    if worth is not None:
        notes += _hidden(villages["households"], worth)
    return named_pockets(replace(found, notes=tuple(notes)), measured.villages)


def _hidden(households: pd.Series, worth: pd.Series) -> list[Note]:
    """Say where protection hides pockets that true counts would show."""
    left = float(worth.sum() / households.sum())
    if not left < _MUCH:
        return []
    text = (
        "Register ini kecil dibanding pergeseran yang melindungi warga: angka desa di sini "
        f"setara dengan {percentage(left, 0)} rumah tangganya. Kantong yang tampak pada versi "
        "internal dapat tidak tampak di sini, dan sebaliknya."
    )
    return [Note("protection_hides", text)]


def _graph(study: config.Study, villages: gpd.GeoDataFrame) -> Neighbors | None:
    """Draw the graph where links are added or cut; the detector draws its own otherwise."""
    if study.links is None:
        return None
    links = read_links(study.links)
    mapped = villages[~(villages.geometry.isna() | villages.geometry.is_empty)]
    graph = neighbors_by_rule(mapped, study.pockets)
    return with_links(graph, extra=links.extra, cut=links.cut)


def group(
    study: config.Study,
    measured: VillageIndicators,
    houses: Sequence[KeptHouses],
) -> Groups:
    """
    Look for hamlets among the houses, and divide the villages into planning areas.

    `houses`: Points and poverty of all houses, poor or not.
    Returns: Empty where the study asks for neither.
    Raises DataError: All households are poor.
    Raises ValueError: More areas are asked for than there are villages.
    """
    hamlets, notes = _hamlets(study, measured, houses)
    areas = None
    if study.planning_areas is not None:
        areas = _areas(study, measured)
        notes = [*notes, *areas.notes]
    return Groups(hamlets, areas, tuple(notes))


def _hamlets(
    study: config.Study, measured: VillageIndicators, houses: Sequence[KeptHouses]
) -> tuple[Hamlets | None, list[Note]]:
    if study.hamlets is None or not study.disclosure.rights.hamlets:
        return None, []
    points, poor, _ = known_houses(houses)
    if len(points) > MOST_POINTS:
        text = (
            f"Dusun miskin tidak diuji: {numeral(len(points))} titik rumah, paling banyak "
            f"{numeral(MOST_POINTS)}. Jalankan per kecamatan."
        )
        return None, [Note("hamlets_not_tested", text, len(points))]
    settings = replace(study.hamlets, seed=study.study.seed)
    found = hamlet_scan(points, poor, crs=measured.villages.crs, settings=settings)
    text = (
        f"Dusun miskin: {len(found)} lingkaran dengan porsi rumah tangga miskin di atas "
        f"kebetulan, dari {numeral(len(points))} titik rumah ({numeral(settings.replicates)} "
        f"pengacakan, seed {settings.seed}, alfa {numeral(settings.alpha, 2)}). Perbedaan "
        "antardesa ikut terbaca sebagai dusun: baca bersama peta kantong."
    )
    return found, [Note("hamlets", text, len(found)), *found.notes]


def _areas(study: config.Study, measured: VillageIndicators) -> PlanningAreas:
    wanted = study.planning_areas
    if wanted is None:
        msg = "The study asks for no planning areas."
        raise ValueError(msg)
    villages = measured.villages
    mapped = villages[~(villages.geometry.isna() | villages.geometry.is_empty)]
    mapped = mapped[mapped["headcount_ratio"].notna()]
    # only what is known of every village can be compared
    values = pd.DataFrame(
        {one.name: mapped[one.name].astype(float) for one in measured.indicators if one.unit
         == "percent" and mapped[one.name].notna().all()}
    )  # fmt: skip
    graph = _graph(study, villages) or neighbors_by_rule(mapped, study.pockets)
    return planning_areas(
        values,
        among(graph, mapped.index),
        n_areas=wanted.n_areas or None,
        max_villages=wanted.max_villages or None,
    )
