"""One need has one total: on the page, the front page, the card, in every table and on the map."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from sibangkit_geo.agencies import load_catalogue
from sibangkit_geo.model.numerals import numeral

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import TwoLevels

LEVELS = ("public", "agency")
NEEDS = "kebutuhan_opd.csv"


def _page(path: Path) -> dict[str, Any]:
    text = path.read_text("utf-8")
    start = text.index('id="data">') + len('id="data">')
    found: dict[str, Any] = json.loads(text[start : text.index("</script>", start)])
    return found


def _of_needs(table: pd.DataFrame, level: str) -> dict[str, float]:
    own = table[table["tingkat"] == level]
    return {str(k): float(n) for k, n in own.groupby("kebutuhan")["belum_terlayani"].sum().items()}


def _everywhere(folder: Path) -> Iterator[tuple[str, dict[str, float]]]:
    """Give every product that tells households of a need, with its totals by label."""
    needs = pd.read_csv(folder / NEEDS)
    for level in ("kabupaten", "kecamatan", "desa"):
        yield f"{NEEDS} {level}", _of_needs(needs, level)
    told = pd.read_csv(folder / "kamus_data.csv").dropna(subset=["kolom_jumlah"])
    counted = {
        str(label): str(column)
        for label, column in zip(told["arti"], told["kolom_jumlah"], strict=True)
        if str(column).startswith("unserved_")
    }
    villages = pd.read_csv(folder / "villages.csv")
    wide = {label: float(villages[column].sum()) for label, column in counted.items()}
    yield "villages.csv", wide
    for page in sorted(folder.glob("*.html")):
        if 'id="data">' not in page.read_text("utf-8"):
            continue
        data = _page(page)
        assert not data["unmapped"]
        yield (
            page.name,
            {
                one["label"]: float(sum(count or 0 for count in one["counts"]))
                for one in data["layers"]
                if one["counts"] and one["key"].endswith("_share")
            },
        )
    sheet = openpyxl.load_workbook(folder / "buku_kerja.xlsx")["Kebutuhan OPD"]
    rows = [list(row) for row in sheet.iter_rows(min_row=3, values_only=True)]
    # place level, code, name, agency, need, asked, in need, not served
    book = pd.DataFrame({
        "tingkat": [row[0] for row in rows], "kebutuhan": [row[4] for row in rows],
        "belum_terlayani": [row[7] for row in rows],
    })  # fmt: skip
    yield "buku_kerja.xlsx", _of_needs(book, "kabupaten")
    layer = gpd.read_file(next((folder / "gis").glob("*.gpkg")), layer="villages")
    yield "gis", {label: float(layer[column].sum()) for label, column in counted.items()}
    plan = [pd.read_csv(folder / f"anggaran_{one}.csv") for one in ("terpilih", "belum_termuat")]
    money = pd.concat(plan)
    yield (
        "anggaran",
        {str(k): float(n) for k, n in money.groupby("kebutuhan")["rumah_tangga"].sum().items()},
    )
    sheets = pd.read_csv(folder / "lembar_kecamatan.csv")
    told = sheets[sheets["ukuran"].isin(_of_needs(needs, "kabupaten"))]
    yield (
        "lembar_kecamatan.csv",
        {str(k): float(n) for k, n in told.groupby("ukuran")["jumlah"].sum().items()},
    )


@pytest.mark.parametrize("level", LEVELS)
def test_every_product_tells_the_same_total(two_levels: TwoLevels, level: str) -> None:
    folder = two_levels.folders[level]
    total = _of_needs(pd.read_csv(folder / NEEDS), "kabupaten")
    assert len(total) >= 12
    seen: dict[str, int] = {}
    for where, found in _everywhere(folder):
        shared = {label: one for label, one in found.items() if label in total}
        assert shared, where
        for label, number in shared.items():
            assert number == pytest.approx(total[label]), (where, label)
            seen[label] = seen.get(label, 0) + 1
    assert min(seen.get(label, 0) for label in total) >= 7


@pytest.mark.parametrize("level", LEVELS)
def test_the_front_page_says_the_totals(two_levels: TwoLevels, level: str) -> None:
    folder = two_levels.folders[level]
    needs = pd.read_csv(folder / NEEDS)
    whole = needs[needs["tingkat"] == "kabupaten"]
    text = (folder / "index.html").read_text("utf-8")
    names = {one.name for one in load_catalogue().agencies}
    told = 0
    for agency, own in whole.groupby("opd"):
        if agency not in names:
            continue
        # the front page tells the need that is the agency's largest
        told += any(f"{numeral(one)} rumah tangga" in text for one in own["belum_terlayani"])
    assert told >= 6


def test_both_levels_have_the_same_villages_on_the_map(two_levels: TwoLevels) -> None:
    pages = {level: _page(two_levels.folders[level] / "bappeda.html") for level in LEVELS}
    for shown, true in zip(*(pages[level]["layers"] for level in LEVELS), strict=True):
        hatched = [
            {row for row, one in enumerate(layer["class"]) if one in (None, "-")}
            for layer in (shown, true)
        ]
        assert hatched[0] <= hatched[1], shown["key"]
