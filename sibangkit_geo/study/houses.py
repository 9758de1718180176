"""Where houses stand: checked against their villages, and kept as bare arrays where asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyproj import Transformer

from sibangkit_geo import join

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.rosters import KeptCards
    from sibangkit_geo.sources.register import Register
    from sibangkit_geo.tables.private import Households
    from sibangkit_geo.tables.public import Boundaries

_NOWHERE = -1
# ends of Indonesia in degrees, rounded outwards (94 to 142 E, 12 S to 8 N)
_EAST, _NORTH = (94.0, 142.0), (-12.0, 8.0)


@dataclass(frozen=True, slots=True)
class KeptHouses:
    """
    Points and poverty of houses, batch by batch; nothing else of a household.

    `points`: Easting and northing, metres, shape (n, 2) each.
    `cards`: What house cards need; None where no card is made.
    """

    points: list[NDArray[np.float64]] = field(default_factory=list, repr=False)
    poor: list[NDArray[np.bool_]] = field(default_factory=list, repr=False)
    village: list[NDArray[np.int64]] = field(default_factory=list, repr=False)
    cards: KeptCards | None = None

    def add(
        self, points: NDArray[np.float64], poor: NDArray[np.bool_], village: NDArray[np.int64]
    ) -> None:
        """
        Keep the houses of a batch that have a place.

        `points`, `poor`, `village`: One row per household.
        """
        known = np.isfinite(points).all(axis=1) & (village >= 0)
        self.points.append(points[known])
        self.poor.append(poor[known])
        self.village.append(village[known])

    def __len__(self) -> int:
        """Count the houses."""
        return sum(map(len, self.poor))


@dataclass(frozen=True, slots=True)
class HousePoints:
    """
    Points of houses against the villages; polygons and official villages count differently.

    `locator`, `transformer`: Villages with polygon, and degrees to metres.
    `position`, `drawn`: Official village of each polygon, and polygon of each official village (-1
        for none).
    """

    locator: join.PointLocator
    transformer: Transformer
    position: NDArray[np.int64]
    drawn: NDArray[np.int64]

    @classmethod
    def of(cls, register: Register, areas: Boundaries) -> HousePoints | None:
        """
        Prepare the villages, where the register has points.

        Returns: None where the register has none.
        Raises ValueError: No village has a polygon.
        """
        if not {"longitude", "latitude"} <= set(register.mapped.positions):
            return None
        locator = join.build_locator(areas.villages)
        transformer = Transformer.from_crs("EPSG:4326", areas.villages.crs, always_xy=True)
        position = areas.official.index.get_indexer(pd.Index(locator.village_code))
        drawn = np.full(len(areas.official) + 1, _NOWHERE)
        drawn[position] = np.arange(len(position))
        return cls(locator, transformer, position, drawn)

    def check(
        self, register: Register, households: Households, village: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """
        Note points that do not fit, and locate rows that only their point can.

        `village`: Position of the village of each row by its code or name, -1 for none.
        Returns: With the villages that only the point tells.
        Returns: Easting and northing, metres, shape (n_households, 2); missing where a point lies
            in no village or in another one than the row's.
        """
        numbers = households.rows["row"].to_numpy()
        column = register.mapped.names["longitude"]
        east = households.rows["longitude"].to_numpy()
        north = households.rows["latitude"].to_numpy()
        swapped = _inside(east, _NORTH) & _inside(north, _EAST)
        register.gathered.add("point_swapped", numbers[swapped], column=column)
        east = np.where(swapped, np.nan, east)
        x, y = self.transformer.transform(east, north)
        points = np.column_stack([x, y]).astype(np.float64)
        points[~np.isfinite(points).all(axis=1)] = np.nan
        found = join.locate_points(self.locator, points[:, 0], points[:, 1])
        # of a row without village the last entry is looked up, which is nowhere
        stated = self.drawn[village]
        conflicts = join.code_point_conflicts(stated, found, points=points, locator=self.locator)
        register.gathered.add("point_outside", numbers[conflicts.outside], column=column)
        register.gathered.add("point_conflict", numbers[conflicts.elsewhere], column=column)
        points[found < 0] = np.nan
        points[conflicts.elsewhere] = np.nan
        return np.where((village < 0) & (found >= 0), self.position[found], village), points


def _inside(values: NDArray[np.float64], ends: tuple[float, float]) -> NDArray[np.bool_]:
    return (values >= ends[0]) & (values <= ends[1])
