"""
The same job by esda, libpysal, mapclassify and folium, and by five lines of this package.

    python benchmarks/analyst.py [--maps 100] [--repeats 3]

Runs both snippets of ``docs/peers.md`` on one village layer: lines of code, seconds (cold: a new
process with its imports; warm: again in one process), bytes of the page, what it asks for outside,
and how many villages it draws without a network (in Chromium, where there is one). Then the share
of null maps, on which nothing lies together, where either calls anything a cluster: beta-binomial
noise and planted maps whose villages are shuffled, as ``benchmarks/pockets.py`` draws them. Last,
as many planted maps, and how well either names the planted villages.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pockets  # type: ignore[import-not-found]  # the script beside

import sibangkit_geo as sg

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

PAGE = Path(__file__).resolve().parents[1] / "docs" / "peers.md"
#: name of a snippet, and the page that it saves
WAYS = {"peers": "lisa.html", "sibangkit_geo": "kantong.html"}
LAYER = "desa.gpkg"
#: name, kind and spread as of `pockets.draw`
NULLS = (("beta-binomial, rho .05", "rho", 0.05), ("villages shuffled", "shuffled", 0.0))
_ALPHA, _PERMUTATIONS = 0.05, 999
_CODE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ADDRESS = re.compile(r"""(?:src|href)=["']https?://|L\.tileLayer\(\s*["']https?://""")
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
              "--disable-background-networking", "--disable-component-update",
              "--disable-sync")  # fmt: skip


def snippets() -> dict[str, str]:
    """Read the code of both ways from the page that shows it."""
    found = _CODE.findall(PAGE.read_text(encoding="utf-8"))
    return dict(zip(WAYS, found, strict=True))


def lines(code: str) -> int:
    """Count lines that are neither empty nor a comment."""
    return sum(bool(one.strip()) and not one.strip().startswith("#") for one in code.splitlines())


def write_layer(folder: Path, *, seed: int = 1) -> Path:
    """
    Write the layer that both read: the embedded villages with pockets planted.

    Parameters
    ----------
    folder
        Where.
    seed
        Of the pockets and the counts.

    Returns
    -------
    layer
        With the columns of the page.

    Raises
    ------
    OSError
        The disk refuses.
    """
    villages, _ = planted(pockets.world(None), np.random.default_rng(seed))
    names = {"name": "nama", "district_name": "kecamatan", "poor_households": "miskin",
             "households": "kk"}  # fmt: skip
    table = villages.rename(columns=names)[[*names.values(), "geometry"]]
    table.to_file(folder / LAYER)
    return folder / LAYER


def planted(
    where: Any,  # noqa: ANN401 - of `pockets.world`, a script without a package
    rng: np.random.Generator,
) -> tuple[gpd.GeoDataFrame, set[int]]:
    """
    Draw a map with pockets of relative risk 2.5.

    Returns: Villages, and the positions of those in a pocket.
    """
    inside = pockets.plant(where, rng)
    return pockets.draw(where, inside, "rho", 0.01, 2.5, rng), inside


@dataclass(frozen=True, slots=True)
class Page:
    """
    A finished page.

    `bytes`: Size of the file.
    `addresses`: Scripts, styles and tiles outside that its text names.
    `asked`: Addresses outside that Chromium asked for; None without Chromium.
    `drawn`: Outlines on the map without a network; None without Chromium.
    """

    bytes: int
    addresses: int
    asked: int | None
    drawn: int | None


def look(path: Path) -> Page:
    """
    Open a page without a network.

    Parameters
    ----------
    path
        Of the page.

    Returns
    -------
    page
        What it asks for and shows.

    Raises
    ------
    OSError
        There is no such file.
    """
    text = path.read_text(encoding="utf-8")
    size, named = path.stat().st_size, len(_ADDRESS.findall(text))
    chromium = os.environ.get("SIBANGKIT_CHROMIUM") or next(
        filter(None, map(shutil.which, _CHROMIUM)), None
    )
    if chromium is None:
        return Page(size, named, None, None)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only with a browser

    asked: set[str] = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_ARGUMENTS))
        context = browser.new_context(offline=True, viewport={"width": 1366, "height": 768})
        sheet = context.new_page()
        sheet.on("request", lambda one: asked.add(one.url))
        sheet.goto(path.as_uri(), wait_until="load")
        sheet.wait_for_timeout(3000)
        drawn = len(sheet.query_selector_all("path.leaflet-interactive"))
        browser.close()
    outside = [one for one in asked if one.startswith("http")]
    return Page(size, named, len(outside), drawn)


def seconds(code: str, folder: Path, *, repeats: int) -> tuple[float, float]:
    """
    Time a snippet.

    `repeats`: Runs of each kind, of which the median counts.
    Returns: Cold, in a new process, and warm, within one that has run it before.
    """
    script = folder / "snippet.py"
    script.write_text(code, encoding="utf-8")
    cold = []
    for _ in range(repeats):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-W", "ignore", script.name], cwd=folder, check=True)
        cold.append(time.perf_counter() - begun)
    warm = []
    compiled = compile(code, script.name, "exec")
    with contextlib.chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(repeats + 1):
            begun = time.perf_counter()
            exec(compiled, {})  # noqa: S102 - the code of the page
            warm.append(time.perf_counter() - begun)
    return median(cold), median(warm[1:])


def null_maps(number: int) -> Iterator[tuple[str, int, gpd.GeoDataFrame]]:
    """
    Draw maps on which nothing lies together.

    `number`: Of each kind.
    Returns: Kind, number of the map, villages.
    """
    where = pockets.world(None)
    for name, kind, spread in NULLS:
        for seed in range(number):
            rng = np.random.default_rng([seed, 11])
            own = where
            if kind == "shuffled":
                own = replace(where, villages=planted(where, rng)[0])
            yield name, seed, pockets.draw(own, set(), kind, spread, 1.0, rng)


def called(
    villages: gpd.GeoDataFrame,
    seed: int,
    near: Any,  # noqa: ANN401 - a graph of libpysal, as the page builds it
) -> dict[str, NDArray[np.bool_]]:
    """Tell which villages each way calls part of a cluster."""
    esda = importlib.import_module("esda")
    rate = villages["poor_households"] / villages["households"]
    lisa = esda.Moran_Local(rate, near, permutations=_PERMUTATIONS, seed=seed)
    high = lisa.q == 1
    evidence = sg.find_pockets(villages, seed=seed).villages["evidence"]
    return {
        "LISA high-high, p <= .05": high & (lisa.p_sim <= _ALPHA),
        "LISA high-high, false discovery rate .05": high
        & (lisa.p_sim <= esda.fdr(lisa.p_sim, _ALPHA)),
        "pockets of strong evidence": (evidence == "strict").to_numpy(),
        "pockets of either grade": evidence.notna().to_numpy(),
    }


def _queen(villages: gpd.GeoDataFrame) -> Any:  # noqa: ANN401
    graph = importlib.import_module("libpysal.graph")
    return graph.Graph.build_contiguity(villages, rook=False).transform("R")


def trial(number: int) -> pd.DataFrame:
    """
    Count false alarms.

    Parameters
    ----------
    number
        Maps of each kind.

    Returns
    -------
    alarms
        By kind of map and way: ``maps``, ``share`` with any village called, its standard error,
        and ``villages`` called on such a map (median).

    Raises
    ------
    DataError
        A map cannot be tested.
    """
    near = _queen(pockets.world(None).villages)
    rows = [
        (kind, way, int(inside.sum()))
        for kind, seed, villages in null_maps(number)
        for way, inside in called(villages, seed, near).items()
    ]
    table = pd.DataFrame(rows, columns=["kind", "way", "villages"])
    table["any"] = table["villages"] > 0
    groups = table.groupby(["kind", "way"], sort=False)
    alarms = groups["any"].agg(maps="size", share="mean")
    alarms["error"] = np.sqrt(alarms["share"] * (1 - alarms["share"]) / alarms["maps"])
    some = table[table["any"]].groupby(["kind", "way"], sort=False)["villages"].median()
    made: pd.DataFrame = alarms.assign(villages=some)
    return made


def power(number: int) -> pd.DataFrame:
    """
    Score what each way names on planted maps.

    Parameters
    ----------
    number
        Of maps.

    Returns
    -------
    scores
        By way: ``f1`` over villages (0 where nothing is named), and of the villages named the
        share that was ``planted``; means over maps.

    Raises
    ------
    DataError
        A map cannot be tested.
    """
    where = pockets.world(None)
    near, rows = _queen(where.villages), []
    for seed in range(number):
        villages, inside = planted(where, np.random.default_rng([seed, 12]))
        for way, flags in called(villages, seed, near).items():
            named = set(np.flatnonzero(flags).tolist())
            right = len(named & inside) / len(named) if named else np.nan
            rows.append((way, pockets.f1(named, inside), right))
    table = pd.DataFrame(rows, columns=["way", "f1", "planted"])
    made: pd.DataFrame = table.groupby("way", sort=False).mean()
    return made


def main() -> None:
    """Run both, and print what they come to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--maps", type=int, default=100, help="null maps of each kind")
    parser.add_argument("--repeats", type=int, default=3, help="runs, of which the median counts")
    options = parser.parse_args()
    rows = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_layer(folder)
        for way, code in snippets().items():
            cold, warm = seconds(code, folder, repeats=options.repeats)
            seen = look(folder / WAYS[way])
            rows[way] = {
                "lines of code": lines(code), "seconds, cold": round(cold, 2),
                "seconds, warm": round(warm, 2), "page, kB": round(seen.bytes / 1000),
                "addresses outside in its text": seen.addresses,
                "asked for outside": seen.asked, "outlines drawn offline": seen.drawn,
            }  # fmt: skip
    table = pd.DataFrame(rows)
    ratio = (table["sibangkit_geo"] / table["peers"]).astype(float).round(2)
    print(table.assign(ratio=ratio).to_string(), flush=True)
    begun = time.perf_counter()
    print(trial(options.maps).round(3).to_string())
    print(power(options.maps).round(3).to_string())
    print(f"{time.perf_counter() - begun:.0f} s for the maps")


if __name__ == "__main__":
    main()
