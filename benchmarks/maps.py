"""
The map page against plain folium, in one run: size, time to interactive, heap, frames.

    python -m benchmarks.maps [--assets FOLDER] [--province villages.parquet] [--chromium PATH]

Both show the same villages, indicators and household points, from file, with the processor slowed
four times. The peer is plain folium: one `GeoJson` per indicator with tooltip, `MarkerCluster` of
`CircleMarker` with tooltip (`FastMarkerCluster` beside it), `LayerControl`, its default assets
inlined from FOLDER by file name; an asset that is not there is left out, in the peer's favour.
Interactive means loaded, drawn and answering; ours is also timed with the houses switched on. A
province has columns `kode` and `nama`; without one, wavy squares of as many corners are drawn.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from folium.plugins import FastMarkerCluster, MarkerCluster
from playwright.sync_api import sync_playwright

from benchmarks.atlas import make_product, read_layer
from sibangkit_geo.indicators.needs import need_catalogue
from sibangkit_geo.model.types import PER_DEGREE, HouseCards
from sibangkit_geo.products.web.page import render_page
from sibangkit_geo.products.web.payload import page_payload, shared_payload

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from sibangkit_geo.model.types import Boundaries
    from sibangkit_geo.products.result import Analysis

INDICATORS = 8
HOUSES, MANY_HOUSES = 25_000, 100_000
PROVINCE_SIDE = 57  # squares; 3,249 villages
CORNERS = 8  # between two crossings of the squares
SLOWED = 4
FRAMES = """async () => {
  const map = sibangkit.map; const times = []; let last = performance.now();
  const frame = () => new Promise(done => requestAnimationFrame(now => {
    const t = performance.now(); times.push(t - last); last = t; done(now); }));
  const drags = async (n, x, y) => { for (let i = 0; i < n; i += 1) {
    map._rawPanBy(new L.Point(x, y)); map.fire('move'); await frame();
  } map.fire('moveend'); await frame(); };
  await frame(); times.length = 0;
  const moves = [[1.5, 6, 3], [1.5, -5, 4], [1.5, 4, -6], [-1.5, 5, 5], [-1.5, -6, -2]];
  for (const [zoom, x, y] of moves) {
    map.setZoom(map.getZoom() + zoom, { animate: false });
    await frame();
    await drags(45, x, y);
  }
  times.sort((a, b) => a - b);
  return [times[Math.floor(times.length * 0.95)], times[times.length - 1], times.length];
}"""


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """One page in the browser: megabytes, seconds, megabytes, milliseconds."""

    size_mb: float
    ready_s: float
    heap_mb: float
    houses_s: float = float("nan")
    houses_heap_mb: float = float("nan")
    frame_ms: float = float("nan")
    worst_ms: float = float("nan")


def main() -> None:
    """
    Run the comparison and print it.

    Raises
    ------
    Nothing
        argparse reports wrong arguments itself.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=Path)
    parser.add_argument("--province", type=Path)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    options = parser.parse_args()
    regency = few_indicators(make_product(read_layer(None)))
    province = few_indicators(make_product(province_areas(options.province)))
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        folder = Path(name)
        houses = some_houses(regency, HOUSES)
        for label, fast in (("folium", False), ("folium, FastMarkerCluster", True)):
            text = folium_page(regency, houses, assets=options.assets, fast=fast)
            show(label, measure(browser, write(folder / "folium.html", text)))
        show("ours", measure(browser, write(folder / "a.html", our_page(regency, houses))))
        more = some_houses(regency, MANY_HOUSES)
        show("ours, 100,000", measure(browser, write(folder / "b.html", our_page(regency, more))))
        show("province", measure(browser, write(folder / "c.html", our_page(province, None))))
        browser.close()


def write(path: Path, text: str) -> Path:
    """
    Write a page.

    Parameters
    ----------
    path, text
        Where and what.

    Returns
    -------
    path
        As given.

    Raises
    ------
    OSError
        The disk refuses.
    """
    path.write_text(text, encoding="utf-8")
    return path


def show(label: str, one: Measured) -> None:
    """
    Print a line.

    Parameters
    ----------
    label, one
        What was measured.

    Raises
    ------
    Nothing
        Whatever was measured is printed.
    """
    print(
        f"{label:28} {one.size_mb:6.2f} MB  ready {one.ready_s:6.2f} s  heap {one.heap_mb:6.1f} MB"
        f"  with houses {one.houses_s:5.2f} s {one.houses_heap_mb:6.1f} MB"
        f"  frame p95 {one.frame_ms:6.1f} ms, worst {one.worst_ms:6.0f} ms"
    )


def measure(browser: Browser, path: Path) -> Measured:
    """
    Open a page on a slowed processor and measure it.

    Parameters
    ----------
    browser
        Chromium.
    path
        Page.

    Returns
    -------
    measured
        Frames and houses for our pages alone.

    Raises
    ------
    playwright.sync_api.Error
        The page does not open.
    """
    context = browser.new_context(viewport={"width": 1366, "height": 768}, offline=True)
    page = context.new_page()
    page.set_default_timeout(120_000)
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable")
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    drawn = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))"

    def heap() -> float:
        devtools.send("HeapProfiler.collectGarbage")
        values = {
            one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]
        }
        return float(values["JSHeapUsedSize"]) / 1e6

    start = time.perf_counter()
    page.goto(path.as_uri(), wait_until="load", timeout=120_000)
    page.evaluate(drawn)
    found = Measured(path.stat().st_size / 1e6, time.perf_counter() - start, heap())
    if page.evaluate("() => Boolean(window.sibangkit)"):
        if page.locator("#show-houses-box").is_visible():
            start = time.perf_counter()
            page.check("#show-houses")
            page.wait_for_selector("#map[data-houses]")
            page.evaluate(drawn)
            seconds = time.perf_counter() - start
            found = dataclasses.replace(found, houses_s=seconds, houses_heap_mb=heap())
        usual, worst, _ = page.evaluate(FRAMES)
        found = dataclasses.replace(found, frame_ms=usual, worst_ms=worst)
    context.close()
    return found


def few_indicators(product: Analysis) -> Analysis:
    """
    Keep as many indicators as an agency looks at.

    Parameters
    ----------
    product
        Study.

    Returns
    -------
    product
        With the first eight layers.

    Raises
    ------
    Nothing
        A study of fewer keeps them.
    """
    measured = dataclasses.replace(
        product.measured, indicators=product.measured.indicators[:INDICATORS]
    )
    return dataclasses.replace(product, measured=measured, layers=product.layers[:INDICATORS])


def our_page(product: Analysis, houses: HouseCards | None) -> str:
    """
    Render the overview.

    Parameters
    ----------
    product, houses
        Study, and its houses.

    Returns
    -------
    page
        HTML.

    Raises
    ------
    PageError
        The page cannot be built.
    """
    product = dataclasses.replace(product, houses=houses)
    agencies = product.catalogue.agencies
    shared = shared_payload(product, agencies=agencies)
    return render_page(page_payload(product, agencies[0], shared=shared, pages=agencies[:1]))


def some_houses(product: Analysis, count: int) -> HouseCards:
    """
    Scatter houses over the villages, with needs as common as in registers.

    Parameters
    ----------
    product, count
        Villages, and how many houses.

    Returns
    -------
    houses
        Ordered along a curve within each village, as `registers` does.

    Raises
    ------
    ValueError
        There is no village.
    """
    rng = np.random.default_rng(7)
    shapes = product.mapped.geometry
    each = np.bincount(np.arange(count) % len(shapes), minlength=len(shapes))
    inside = [
        shape.sample_points(int(homes), rng=rng).to_crs("EPSG:4326").iloc[0]
        for shape, homes in zip(
            (gpd.GeoSeries([one], crs=shapes.crs) for one in shapes), each, strict=True
        )
    ]
    points = np.vstack([_along_curve(shapely.get_coordinates(one)) for one in inside])
    needs = need_catalogue()
    common = rng.uniform(0.03, 0.35, len(needs))
    held = rng.random((count, len(needs))) < common
    deprived = (held << np.arange(len(needs))).sum(axis=1)
    served = held & (rng.random(held.shape) < 0.3) & [bool(one.served) for one in needs]
    return HouseCards(
        needs=tuple(one.label for one in needs),
        assisted=tuple(bool(one.served) for one in needs),
        groups=("Desil tidak diketahui", *(f"Desil {one}" for one in range(1, 11))),
        per_village=each,
        east=np.round(points[:, 0] * PER_DEGREE).astype(np.int32),
        north=np.round(points[:, 1] * PER_DEGREE).astype(np.int32),
        deprived=deprived.astype(np.uint32),
        served=(served << np.arange(len(needs))).sum(axis=1).astype(np.uint32),
        group=rng.integers(1, 5, count).astype(np.uint8),
        poor=rng.random(count) < 0.5, shuffle=7,
        photo=np.full(count, -1, dtype=np.int32),
    )  # fmt: skip


def _along_curve(
    points: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    steps = ((points - points.min(axis=0)) * PER_DEGREE).astype(np.int64)
    code = sum(
        ((steps[:, side] >> bit) & 1) << (2 * bit + side) for bit in range(20) for side in (0, 1)
    )
    return points[np.argsort(code)]


def province_areas(layer: Path | None) -> Boundaries:
    """
    Read or make a province.

    Parameters
    ----------
    layer
        Polygons with ``kode`` and ``nama``; None makes wavy squares.

    Returns
    -------
    areas
        Boundaries of one made-up regency of as many villages.

    Raises
    ------
    DataError
        The layer cannot be used.
    """
    areas = read_layer(None)
    shapes = gpd.read_parquet(layer).geometry if layer else _wavy_squares()
    shapes = shapes.to_crs(areas.villages.crs).reset_index(drop=True)
    clean = shapely.coverage_clean(shapes.to_numpy())
    shapes = gpd.GeoSeries(clean[~shapely.is_empty(clean)], crs=shapes.crs)
    code = [
        f"16.{1 + i // 400:02d}.{1 + i // 20 % 20:02d}.{2001 + i % 20}" for i in range(len(shapes))
    ]
    table = pd.DataFrame(
        {
            "name": [f"Desa {i}" for i in range(len(shapes))],
            "district_code": [one[:8] for one in code],
            "district_name": [f"Kecamatan {one[3:8]}" for one in code],
        },
        index=pd.Index(code, name="village_code"),
    )
    drawn = gpd.GeoDataFrame(table, geometry=shapes.to_numpy(), crs=shapes.crs)
    return dataclasses.replace(
        areas, villages=drawn, official=table, context=areas.context.iloc[:0]
    )


def _wavy_squares() -> gpd.GeoSeries:
    """Cut a square of five degrees by lines that wander as rivers do."""
    rng = np.random.default_rng(3)
    side, ends = 5.0 / PROVINCE_SIDE, np.linspace(0, 5, PROVINCE_SIDE * CORNERS + 1)
    knots = np.arange(len(ends))
    lines = []
    for at in range(PROVINCE_SIDE + 1):
        shift = rng.normal(0, side / 20, len(ends)) * ((knots % CORNERS) > 0)
        for x, y in ((ends, at * side + shift), (at * side + shift, ends)):
            lines.append(shapely.LineString(np.column_stack([102 + x, y - 5])))
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines)]))
    large = faces[np.argsort(-shapely.area(faces))][: PROVINCE_SIDE**2]
    return gpd.GeoSeries(large, crs="EPSG:4326")


def folium_page(product: Analysis, houses: HouseCards, *, assets: Path | None, fast: bool) -> str:
    """
    Draw the same with folium as most would.

    Parameters
    ----------
    product, houses
        Villages and points.
    assets
        Folder of folium's default assets.
    fast
        `FastMarkerCluster` instead of one marker per house.

    Returns
    -------
    page
        HTML without outside address.

    Raises
    ------
    KeyError
        A layer has no value.
    """
    villages = product.mapped[["name", "geometry"]].to_crs("EPSG:4326")
    chart = folium.Map(location=[-2.5, 104.8], zoom_start=9, tiles=None, max_zoom=18)
    for layer in product.layers:
        shown = villages.assign(value=layer.shown, color=layer.colors)
        folium.GeoJson(
            shown, name=layer.indicator.label,
            style_function=lambda one: {"fillColor": one["properties"]["color"], "weight": 0.7,
                                        "color": "white", "fillOpacity": 1},
            tooltip=folium.GeoJsonTooltip(["name", "value"]),
        ).add_to(chart)  # fmt: skip
    points = np.column_stack([houses.north, houses.east]) / PER_DEGREE
    if fast:
        FastMarkerCluster(points.tolist(), name="Rumah tangga").add_to(chart)
    else:
        group = MarkerCluster(name="Rumah tangga").add_to(chart)
        for at, place in enumerate(points.tolist()):
            folium.CircleMarker(place, radius=4, tooltip=f"Rumah tangga {at}").add_to(group)
    folium.LayerControl().add_to(chart)
    return _inlined(chart.get_root().render(), assets)


def _inlined(page: str, assets: Path | None) -> str:
    def content(address: str) -> str:
        file = (assets or Path("/nowhere")) / address.rsplit("/", 1)[-1]
        return file.read_text(encoding="utf-8") if file.is_file() else ""

    page = re.sub(
        r'<script src="([^"]+)"></script>', lambda one: f"<script>{content(one[1])}</script>", page
    )
    return re.sub(
        r'<link rel="stylesheet" href="([^"]+)"\s*/>',
        lambda one: f"<style>{content(one[1])}</style>",
        page,
    )


if __name__ == "__main__":
    main()
