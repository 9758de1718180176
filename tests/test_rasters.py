"""Numbers out of rasters: hand-worked cells, another tool, hard files, the risk surface."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.io import MemoryFile
from rasterio.windows import Window
from rasterstats import zonal_stats
from shapely.geometry import Point, box

from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.rasters import INFINITE, zonal_statistics
from sibangkit_geo.indicators.risk_surface import as_cog, risk_surface

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

UTM = "EPSG:32748"
# cells of 100 m from (500000, 9700300) down to (500300, 9700000)
WEST, NORTH = 500_000.0, 9_700_300.0
GRID = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])


def write(
    path: Path, cells: NDArray[np.float64], *, nodata: float | None = -1.0, crs: str | None = UTM
) -> Path:
    with rasterio.open(
        path, "w", driver="GTiff", height=cells.shape[0], width=cells.shape[1], count=1,
        dtype="float64", crs=crs, transform=Affine(100, 0, WEST, 0, -100, NORTH), nodata=nodata,
    ) as file:  # fmt: skip
        file.write(cells, 1)
    return path


def villages(*boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    shapes = [box(WEST + w, NORTH - s, WEST + e, NORTH - n) for w, n, e, s in boxes]
    codes = [f"16.07.01.{2001 + i}" for i in range(len(boxes))]
    return gpd.GeoDataFrame(geometry=shapes, index=codes, crs=UTM)


def test_border_cells_count_by_the_part_inside(tmp_path: Path) -> None:
    # 150 m x 150 m from the upper left corner: whole cell 1, halves of 2 and 4, a quarter of 5
    found = zonal_statistics(
        write(tmp_path / "a.tif", GRID), villages((0, 0, 150, 150)), statistic="mean"
    )
    assert found["value"].item() == pytest.approx((1 + 2 / 2 + 4 / 2 + 5 / 4) / 2.25)
    assert found["covered"].item() == pytest.approx(1)
    total = zonal_statistics(
        write(tmp_path / "a.tif", GRID), villages((0, 0, 150, 150)), statistic="sum"
    )
    assert total["value"].item() == pytest.approx(1 + 2 / 2 + 4 / 2 + 5 / 4)


def test_classes_share_the_village(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", np.array([[1.0, 2, 2], [3, 2, 1], [1, 1, 1]]))
    found = zonal_statistics(
        path, villages((0, 0, 300, 200), (0, 200, 300, 300)), statistic="share", classes=(2, 3)
    )
    assert found["value"].tolist() == pytest.approx([4 / 6, 0])


def test_people_weigh_the_cells(tmp_path: Path) -> None:
    people = write(tmp_path / "p.tif", np.array([[10.0, 0, 0], [30, -1, 0], [0, 0, 0]]))
    found = zonal_statistics(
        write(tmp_path / "a.tif", GRID), villages((0, 0, 200, 200)), statistic="mean",
        weights=people,
    )  # fmt: skip
    assert found["value"].item() == pytest.approx((10 * 1 + 30 * 4) / 40)
    share = zonal_statistics(
        write(tmp_path / "a.tif", GRID), villages((0, 0, 200, 200)), statistic="share",
        classes=(4.0,), weights=people,
    )  # fmt: skip
    assert share["value"].item() == pytest.approx(30 / 40)


def test_no_data_is_no_value_and_half_a_village_is_said(tmp_path: Path) -> None:
    cells = GRID.copy()
    cells[:, 0] = -1
    areas = villages((0, 0, 100, 300), (0, 0, 300, 100), (100, 0, 300, 300))
    found = zonal_statistics(write(tmp_path / "a.tif", cells), areas, statistic="mean")
    assert np.isnan(found["value"].iloc[0])
    assert found["value"].tolist()[1:] == pytest.approx([2.5, (2 + 3 + 5 + 6 + 8 + 9) / 6])
    assert found["covered"].tolist() == pytest.approx([0, 2 / 3, 1])
    same = write(tmp_path / "b.tif", cells, nodata=None)
    named = zonal_statistics(same, areas, statistic="mean", nodata=-1.0)
    assert named["value"].iloc[2] == found["value"].iloc[2]
    assert np.isnan(named["value"].iloc[0])


def test_a_raster_smaller_than_the_regency_leaves_the_rest_missing(tmp_path: Path) -> None:
    areas = villages((0, 0, 300, 300), (200, 0, 500, 300), (1000, 0, 1300, 300))
    found = zonal_statistics(write(tmp_path / "a.tif", GRID), areas, statistic="mean")
    assert found["value"].iloc[0] == pytest.approx(5)
    assert found["value"].iloc[1:].isna().all()
    assert found["covered"].tolist() == pytest.approx([1, 1 / 3, 0])
    half = zonal_statistics(
        write(tmp_path / "a.tif", GRID), areas, statistic="mean", minimum_cover=0.3
    )
    assert half["value"].iloc[1] == pytest.approx(6)


def test_another_crs_gives_the_same_number(tmp_path: Path) -> None:
    areas = villages((0, 0, 150, 150), (100, 100, 300, 300))
    path = write(tmp_path / "a.tif", GRID)
    metres = zonal_statistics(path, areas, statistic="mean")
    degrees = zonal_statistics(path, areas.to_crs("EPSG:4326"), statistic="mean")
    np.testing.assert_allclose(degrees["value"], metres["value"], rtol=1e-6)


def test_a_village_without_polygon_has_no_number(tmp_path: Path) -> None:
    areas = villages((0, 0, 300, 300), (0, 0, 300, 300))
    areas.loc["16.07.01.2002", "geometry"] = None
    found = zonal_statistics(write(tmp_path / "a.tif", GRID), areas, statistic="mean")
    assert found["value"].tolist()[0] == pytest.approx(5)
    assert np.isnan(found["value"].iloc[1])
    assert found["covered"].tolist() == [1, 0]


def test_agrees_with_another_tool_on_fine_cells(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    path = tmp_path / "fine.tif"
    cells = rng.gamma(2, 5, (300, 300))
    with rasterio.open(
        path, "w", driver="GTiff", height=300, width=300, count=1, dtype="float64", crs=UTM,
        transform=Affine(10, 0, WEST, 0, -10, NORTH),
    ) as file:  # fmt: skip
        file.write(cells, 1)
    circles = [
        Point(WEST + x, NORTH - y).buffer(r) for x, y, r in ((900, 900, 700), (2000, 2100, 800))
    ]
    areas = gpd.GeoDataFrame(geometry=circles, index=["16.07.01.2001", "16.07.01.2002"], crs=UTM)
    ours = zonal_statistics(path, areas, statistic="mean")["value"]
    # it takes whole cells by their centre, so the two differ by the border cells only
    theirs = [
        one["mean"] for one in zonal_stats(areas.geometry, str(path), stats=["mean"], nodata=-1)
    ]
    np.testing.assert_allclose(ours, theirs, rtol=2e-3)


@pytest.mark.parametrize("damage", ["text", "cut", "no_crs"])
def test_a_bad_file_is_named_with_its_remedy(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "lahan.tif"
    if damage == "text":
        path.write_text("bukan raster")
    else:
        with rasterio.open(
            path, "w", driver="GTiff", height=400, width=400, count=1, dtype="float64",
            crs=None if damage == "no_crs" else UTM, transform=Affine(1, 0, WEST, 0, -1, NORTH),
        ) as file:  # fmt: skip
            file.write(np.random.default_rng(1).random((400, 400)), 1)
        if damage == "cut":
            path.write_bytes(path.read_bytes()[:-900_000])
    with pytest.raises(DataError, match=r"lahan\.tif: .*QGIS"):
        zonal_statistics(path, villages((0, 0, 300, 300)), statistic="mean")


def test_a_file_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path / "rahasia.tif", GRID)
    vrt = tmp_path / "biasa.tif"
    band = f"<SimpleSource><SourceFilename>{secret}</SourceFilename></SimpleSource>"
    vrt.write_text(
        '<VRTDataset rasterXSize="3" rasterYSize="3"><SRS>EPSG:32748</SRS><GeoTransform>500000,100,'
        f'0,9700300,0,-100</GeoTransform><VRTRasterBand dataType="Float64" band="1">{band}'
        "</VRTRasterBand></VRTDataset>"
    )
    with pytest.raises(DataError, match=r"biasa\.tif: only GeoTIFF"):
        zonal_statistics(vrt, villages((0, 0, 300, 300)), statistic="mean")
    tagged = write(tmp_path / "bertanda.tif", GRID)
    with rasterio.open(tagged, "r+") as file:
        file.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=str(vrt))
    with pytest.raises(DataError, match=r"bertanda\.tif: the raster names other files"):
        zonal_statistics(tagged, villages((0, 0, 300, 300)), statistic="mean")


def test_files_beside_a_raster_are_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", GRID, nodata=None)
    text = "<PAMDataset><PAMRasterBand band='1'>{}</PAMRasterBand></PAMDataset>"
    beside = tmp_path / "a.tif.aux.xml"
    beside.write_text(text.format("<Scale>100</Scale>"))
    found = zonal_statistics(path, villages((0, 0, 300, 300)), statistic="mean")
    assert found["value"].item() == pytest.approx(5)
    beside.write_text(text.format("<NoDataValue>9</NoDataValue>"))
    with pytest.raises(DataError, match=r"a\.tif: its no-data value .*aux\.xml"):
        zonal_statistics(path, villages((0, 0, 300, 300)), statistic="mean")
    found = zonal_statistics(path, villages((0, 0, 300, 300)), statistic="mean", nodata=9)
    assert found["value"].item() == pytest.approx(4.5)


def test_an_ascii_grid_keeps_its_crs(tmp_path: Path) -> None:
    path = tmp_path / "a.asc"
    path.write_text(
        "ncols 2\nnrows 1\nxllcorner 500000\nyllcorner 9700200\ncellsize 100\n1.5 2.5\n"
    )
    (tmp_path / "a.prj").write_text(CRS(UTM).to_wkt("WKT1_ESRI"))
    found = zonal_statistics(path, villages((0, 0, 200, 100)), statistic="mean")
    assert found["value"].item() == pytest.approx(2)


@pytest.mark.parametrize(
    ("size", "bands", "told"), [(400_000, 1, "cells over the villages"), (10, 2_000, "bands")]
)
def test_a_giant_is_refused_by_its_header(tmp_path: Path, size: int, bands: int, told: str) -> None:
    path, cell = tmp_path / "besar.tif", 300 / size
    with rasterio.open(
        path, "w", driver="GTiff", height=size, width=size, count=bands, dtype="uint8", crs=UTM,
        transform=Affine(cell, 0, WEST, 0, -cell, NORTH), tiled=True, SPARSE_OK=True,
        BIGTIFF="YES", blockxsize=1024, blockysize=1024,
    ):  # fmt: skip
        pass
    began = time.monotonic()
    with pytest.raises(DataError, match=rf"besar\.tif: .*{told}"):
        zonal_statistics(path, villages((0, 0, 300, 300)), statistic="mean")
    assert time.monotonic() - began < 5


def test_of_a_national_raster_a_window_is_read(tmp_path: Path) -> None:
    path = tmp_path / "nasional.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=20_000, width=55_000, count=1, dtype="float32", crs=UTM,
        transform=Affine(100, 0, WEST, 0, -100, NORTH), tiled=True, SPARSE_OK=True,
        compress="deflate",
    ) as file:  # fmt: skip
        file.write(GRID, 1, window=Window(0, 0, 3, 3))
    found = zonal_statistics(path, villages((0, 0, 300, 300)), statistic="mean")
    assert found["value"].item() == pytest.approx(5)


@pytest.mark.parametrize("mark", [-9999.0, -32768.0, -3.4028234663852886e38, 1e20])
def test_a_mark_of_no_data_is_never_a_value(tmp_path: Path, mark: float) -> None:
    cells = np.where(GRID == 5, mark, GRID)
    path, areas = write(tmp_path / "a.tif", cells, nodata=None), villages((0, 0, 300, 300))
    with pytest.raises(DataError, match=r'a\.tif: cells hold .*Write nodata = "') as caught:
        zonal_statistics(path, areas, statistic="mean")
    told = float(str(caught.value).split('"')[1])
    found = zonal_statistics(path, areas, statistic="mean", nodata=told)
    assert found["value"].item() == pytest.approx(5)
    plain = write(tmp_path / "b.tif", GRID)
    with pytest.raises(DataError, match=r"a\.tif: cells hold"):
        zonal_statistics(plain, areas, statistic="mean", weights=path)


def test_an_infinite_cell_has_no_data_and_is_told(tmp_path: Path) -> None:
    areas = villages((0, 0, 300, 300))
    path = write(tmp_path / "a.tif", np.where(GRID == 9, np.inf, GRID))
    found = zonal_statistics(path, areas, statistic="mean")
    assert found["value"].item() == pytest.approx(4.5)
    assert found["covered"].item() == pytest.approx(8 / 9)
    assert found.attrs[INFINITE]
    path = write(tmp_path / "b.tif", GRID)
    assert not zonal_statistics(path, areas, statistic="mean").attrs[INFINITE]


@pytest.mark.parametrize("crs", ["EPSG:4978", "EPSG:4326", UTM])
def test_a_raster_that_covers_nothing_is_refused(tmp_path: Path, crs: str) -> None:
    path = write(tmp_path / "a.tif", np.where(crs == UTM, np.nan, GRID), crs=crs)
    with pytest.raises(DataError, match=r"a\.tif: .*CRS"):
        zonal_statistics(path, villages((0, 0, 300, 300)), statistic="mean")


def test_complex_cells_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=3, width=3, count=1, dtype="complex64", crs=UTM,
        transform=Affine(100, 0, WEST, 0, -100, NORTH),
    ) as file:  # fmt: skip
        file.write(GRID + 1j, 1)
    with pytest.raises(DataError, match=r"a\.tif: the cells are complex"):
        zonal_statistics(path, villages((0, 0, 300, 300)), statistic="mean")


def test_arguments_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    path, areas = write(tmp_path / "a.tif", GRID), villages((0, 0, 300, 300))
    with pytest.raises(ValueError, match="classes"):
        zonal_statistics(path, areas, statistic="share")
    with pytest.raises(ValueError, match="classes"):
        zonal_statistics(path, areas, statistic="mean", classes=(1,))
    with pytest.raises(ValueError, match="no weights"):
        zonal_statistics(path, areas, statistic="sum", weights=path)


def homes(seed: int, number: int = 4000) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    points = np.column_stack([rng.uniform(0, 20_000, number), rng.uniform(0, 20_000, number)])
    near = np.hypot(points[:, 0] - 5000, points[:, 1] - 5000) < 3000
    return points, rng.random(number) < np.where(near, 0.5, 0.1)


def test_risk_is_high_where_the_poor_live_and_near_one_elsewhere() -> None:
    points, poor = homes(3)
    surface = risk_surface(points, poor, crs=UTM, bandwidth_m=1000)
    risk, at = surface.relative_risk, ~surface.transform
    column, row = at * (5000, 5000)
    here = float(risk[int(row), int(column)])
    overall = poor.mean()
    assert here == pytest.approx(0.5 / overall, rel=0.2)
    column, row = at * (15000, 15000)
    assert float(risk[int(row), int(column)]) == pytest.approx(0.1 / overall, rel=0.35)


def test_cells_with_few_households_are_masked() -> None:
    points, poor = homes(4)
    lone = np.array([[60_000.0, 60_000.0]])
    surface = risk_surface(
        np.vstack([points, lone]), np.append(poor, True), crs=UTM, bandwidth_m=1000
    )
    column, row = ~surface.transform * (60_000, 60_000)
    assert np.isnan(surface.relative_risk[int(row), int(column)])
    # one household alone is one effective household
    shown = risk_surface(
        np.vstack([points, lone]), np.append(poor, True), crs=UTM, bandwidth_m=1000,
        minimum_households=1,
    )  # fmt: skip
    assert float(shown.relative_risk[int(row), int(column)]) == pytest.approx(
        1 / np.append(poor, True).mean(), rel=1e-4
    )


def test_everybody_poor_is_a_flat_surface_and_order_changes_nothing() -> None:
    points, poor = homes(5, 800)
    flat = risk_surface(points, np.ones(800, dtype=bool), crs=UTM).relative_risk
    np.testing.assert_allclose(flat[np.isfinite(flat)], 1, rtol=1e-5)
    order = np.random.default_rng(1).permutation(800)
    one, other = (
        risk_surface(points, poor, crs=UTM),
        risk_surface(points[order], poor[order], crs=UTM),
    )
    np.testing.assert_array_equal(one.relative_risk, other.relative_risk)


def test_nobody_poor_is_refused() -> None:
    with pytest.raises(ValueError, match="some of them poor"):
        risk_surface(np.zeros((3, 2)), np.zeros(3, dtype=bool), crs=UTM)
    with pytest.raises(ValueError, match="above 0"):
        risk_surface(np.zeros((3, 2)), np.ones(3, dtype=bool), crs=UTM, cell_m=0)


def test_the_surface_is_a_cloud_optimised_geotiff() -> None:
    points, poor = homes(6)
    surface = risk_surface(points, poor, crs=UTM)
    packed = as_cog(surface, tags={"note": "estimasi, bukan angka resmi"})
    assert packed == as_cog(surface, tags={"note": "estimasi, bukan angka resmi"})
    with MemoryFile(packed) as memory, memory.open() as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.crs.to_epsg() == 32748
        assert file.tags()["note"] == "estimasi, bukan angka resmi"
        cells = file.read(1, masked=True)
    np.testing.assert_array_equal(cells.mask, ~np.isfinite(surface.relative_risk))
    np.testing.assert_allclose(cells.compressed(), surface.relative_risk[~cells.mask])
