"""The printed sheet: its words read back from the PDF, its scale measured on the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from pyproj import Transformer

from sibangkit_geo import codes
from sibangkit_geo.config import resolved
from sibangkit_geo.products.atlas.ground import SCALES, Frame, fit
from sibangkit_geo.products.atlas.labels import place
from sibangkit_geo.products.web.topology import district_label_points
from sibangkit_geo.products.words import say
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sibangkit_geo import study
    from sibangkit_geo.products.atlas.labels import Label
    from tests.conftest import SmallStudy

ANNEX = "annex/peta_kantong_kemiskinan_A4.pdf"
MM_PER_POINT = 25.4 / 72
MAP_BOTTOM_MM = 105.0
REGENCY_LINE = 0.9


def page_of(out: Path) -> pypdf.PageObject:
    """Open the first sheet."""
    return pypdf.PdfReader(out / ANNEX).pages[0]


def words(page: pypdf.PageObject) -> str:
    """Take the text of a page, its line breaks as spaces."""
    return " ".join(page.extract_text().split())


def paths(page: pypdf.PageObject) -> list[tuple[float, list[tuple[float, float]]]]:
    """List drawn paths: line width in points, corners in millimetres."""
    contents = page.get_contents()
    assert contents is not None
    found: list[tuple[float, list[tuple[float, float]]]] = []
    width, corners = 1.0, list[tuple[float, float]]()
    unit = 1.0
    stack: list[float] = []
    number = re.compile(r"-?\d*\.?\d+$")
    for word in contents.get_data().decode("latin-1").split():
        if number.match(word):
            stack.append(float(word))
            continue
        if word == "cm" and stack[-6] == stack[-3] < 1:
            unit = stack[-6]
        elif word == "w":
            width = stack[-1] * unit
        elif word in {"m", "l"}:
            x, y = stack[-2] * unit, stack[-1] * unit
            corners.append((x * MM_PER_POINT, y * MM_PER_POINT))
        elif word in {"S", "s", "B", "b", "f", "n", "B*", "f*"}:
            # what is only filled has no line, whatever the last one was
            found.append((0.0 if word in {"f", "f*", "n"} else width, corners))
            corners = []
        stack = []
    return found


def printed_scale(text: str) -> int:
    """Read the denominator off the sheet."""
    match = re.search(r"Skala 1 : ([\d.]+)", text)
    assert match
    return int(match[1].replace(".", ""))


def overlaps(labels: Sequence[Label]) -> list[tuple[str, str]]:
    """Pair labels whose boxes overlap."""
    return [
        (one.text, other.text)
        for i, one in enumerate(labels)
        for other in labels[i + 1 :]
        if one.box[0] < other.box[2]
        and other.box[0] < one.box[2]
        and one.box[1] < other.box[3]
        and other.box[1] < one.box[3]
    ]


# ---- frame


def test_fit_by_hand() -> None:
    # 10 km and 4 % are 10.4 km on 100 mm: 1 : 104,000, so 1 : 150,000 and 15 km of ground
    frame = fit((0, 0, 10_000, 2_000), width_mm=100, height_mm=50)
    assert frame == Frame(-2_500, -2_750, 12_500, 4_750, 150_000)


@pytest.mark.parametrize(
    ("wide", "high", "scale"),
    [
        (9_600, 100, 100_000),  # 9 984 m on 100 mm
        (9_700, 100, 150_000),
        (100, 4_800, 100_000),  # 4 992 m on 50 mm
        (100, 4_900, 150_000),
        (1, 1, SCALES[0]),
    ],
)
def test_fit_takes_the_largest_round_scale(wide: float, high: float, scale: int) -> None:
    assert fit((0, 0, wide, high), width_mm=100, height_mm=50).scale == scale


def test_an_area_beyond_the_smallest_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="too large for 1 : 5,000,000"):
        fit((0, 0, 500_000, 1), width_mm=100, height_mm=50)


@given(
    west=st.floats(-1e6, 1e6),
    south=st.floats(-1e6, 1e6),
    wide=st.floats(1, 8e5),
    high=st.floats(1, 8e5),
)
def test_the_frame_is_paper_times_scale_and_holds_the_area(
    west: float, south: float, wide: float, high: float
) -> None:
    frame = fit((west, south, west + wide, south + high), width_mm=178, height_mm=177.5)
    assert frame.east - frame.west == pytest.approx(178 / 1000 * frame.scale)
    assert frame.north - frame.south == pytest.approx(177.5 / 1000 * frame.scale)
    assert frame.west <= west
    assert frame.south <= south
    assert frame.east >= west + wide
    assert frame.north >= south + high


# ---- labels

FRAME = Frame(0, 0, 178_000, 177_500, 1_000_000)
NAMES = {code: name for code, (_, name) in codes.districts("16.07").items()}


@pytest.mark.parametrize("seed", range(12))
def test_names_of_districts_never_overlap(seed: int) -> None:
    # one district per cell of a 5 x 5 grid, its places anywhere inside: as crowded as Banyuasin
    rng = np.random.default_rng(seed)
    west, south = (axis.ravel()[: len(NAMES)] * 35_000 for axis in np.meshgrid(range(5), range(5)))
    points = {
        code: [(x + float(dx), y + float(dy)) for dx, dy in rng.uniform(2_000, 33_000, (4, 2))]
        for code, x, y in zip(NAMES, west.tolist(), south.tolist(), strict=True)
    }
    labels = place(NAMES, points, frame=FRAME)
    assert sorted(one.text.replace("\n", " ") for one in labels) == sorted(
        name.upper() for name in NAMES.values()
    )
    assert overlaps(labels) == []
    for one in labels:
        assert one.box[0] >= FRAME.west
        assert one.box[1] >= FRAME.south
        assert one.box[2] <= FRAME.east
        assert one.box[3] <= FRAME.north


def test_a_name_gives_way_to_one_in_the_same_place() -> None:
    names = {"a": "Sembawa", "b": "Suak Tapeh", "c": "Betung"}
    points = {key: [(89_000.0, 89_000.0)] for key in names}
    labels = place(names, points, frame=FRAME)
    assert overlaps(labels) == []
    # the one in place needs no leader line, the others point back to it
    assert [one.anchor for one in labels].count(None) == 1
    assert {one.anchor for one in labels if one.anchor} == {(89_000.0, 89_000.0)}


def test_names_of_the_embedded_map_stand_apart(tmp_path: Path) -> None:
    read = read_boundaries(resolved(BoundarySource("default"), tmp_path), regency="16.07")
    there = Transformer.from_crs(4326, read.villages.crs, always_xy=True)
    spots = district_label_points(read.villages, read.villages["district_code"])
    points = {code: [there.transform(x[0], x[1]) for x in found] for code, found in spots.items()}
    frame = fit(read.villages.total_bounds.tolist(), width_mm=178, height_mm=177.5)
    labels = place({code: NAMES[code] for code in points}, points, frame=frame)
    assert len(labels) == len(NAMES)
    assert overlaps(labels) == []


def test_a_label_box_is_no_smaller_than_its_letters() -> None:
    bold = FontProperties(family="DejaVu Sans", weight="bold")
    points = {code: [(9_000.0 + 40_000 * (i % 4), 9_000.0 + 25_000 * (i // 4))]
              for i, code in enumerate(NAMES)}  # fmt: skip
    for label in place(NAMES, points, frame=FRAME):
        line = max(label.text.split("\n"), key=len)
        letters = TextPath((0, 0), line, size=label.size, prop=bold).get_extents().width
        box_points = (label.box[2] - label.box[0]) / FRAME.scale * 1000 / MM_PER_POINT
        assert letters <= box_points


# ---- the sheet


def test_the_sheet_is_one_a4_page_with_searchable_embedded_type(small_study: SmallStudy) -> None:
    reader = pypdf.PdfReader(small_study.out / ANNEX)
    assert len(reader.pages) >= 1
    box = reader.pages[0].mediabox
    assert float(box.width) * MM_PER_POINT == pytest.approx(210, abs=0.1)
    assert float(box.height) * MM_PER_POINT == pytest.approx(297, abs=0.1)
    raw = (small_study.out / ANNEX).read_bytes()
    assert b"/Type3" not in raw
    assert b"/FontFile2" in raw
    assert reader.metadata is not None
    assert reader.metadata.title == "Uji kecil"
    assert "/CreationDate" not in reader.metadata


def test_the_sheet_says_what_a_planning_document_asks_for(small_study: SmallStudy) -> None:
    text = words(page_of(small_study.out))
    assert say("estimate") in text
    assert "PETA KANTONG KEMISKINAN KABUPATEN" in text
    assert "Uji kecil" in text
    assert "Kisi buatan" in text
    assert "Profil buatan" in text
    assert "199 permutasi, seed 7" in text
    for needed in ("LEGENDA", "PETA INDEKS", "SUMBER DATA", "METODE", "CATATAN", "Skala 1 :"):
        assert needed in text
    assert "Kantong kemiskinan (bukti kuat)" in text
    assert "EPSG:32748" in text
    # the boundaries of this study are not the embedded ones
    assert say("approximate") not in text


def test_every_district_is_named_on_the_map(small_study: SmallStudy) -> None:
    text = words(page_of(small_study.out))
    mapped = gpd.read_file(small_study.folder / "desa.geojson")
    districts = {NAMES[code[:8]].upper() for code in mapped["kode"]}
    assert len(districts) >= 2
    assert [name for name in sorted(districts) if name not in text] == []


def test_the_legend_counts_all_villages_with_polygon(small_study: SmallStudy) -> None:
    text = words(page_of(small_study.out))
    legend = text[text.index("LEGENDA") :]
    counts = [int(one) for one in re.findall(r"(\d+) desa\b", legend)]
    # five classes, then the one village without a poverty figure
    assert sum(counts[:5]) == 35
    assert counts[5] == 1


def test_the_printed_scale_is_true(small_study: SmallStudy) -> None:
    page = page_of(small_study.out)
    scale = printed_scale(words(page))
    outline = [
        corner
        for width, corners in paths(page)
        if width == pytest.approx(REGENCY_LINE)
        for corner in corners
        if corner[1] > MAP_BOTTOM_MM
    ]
    west, south, east, north = (
        gpd.read_file(small_study.folder / "desa.geojson").to_crs(32748).total_bounds
    )
    on_paper = [
        max(corner[axis] for corner in outline) - min(corner[axis] for corner in outline)
        for axis in (0, 1)
    ]
    assert on_paper[0] * scale / 1000 == pytest.approx(east - west, rel=0.003)
    assert on_paper[1] * scale / 1000 == pytest.approx(north - south, rel=0.003)


def test_the_scale_bar_is_as_long_as_it_says(small_study: SmallStudy) -> None:
    page = page_of(small_study.out)
    text = words(page)
    match = re.search(r"([\d,]+) km\b", text[text.index("Skala") :])
    assert match
    kilometres = float(match[1].replace(",", "."))
    bars = [
        corners
        for width, corners in paths(page)
        if corners
        and width == pytest.approx(0.4)
        and max(y for _, y in corners) - min(y for _, y in corners) == pytest.approx(1.3, abs=0.01)
    ]
    assert len(bars) == 2
    ends = [x for corners in bars for x, _ in corners]
    assert (max(ends) - min(ends)) * printed_scale(text) / 1e6 == pytest.approx(
        kilometres, rel=0.002
    )


def test_the_real_sheet_names_all_districts_and_both_sources(study_run: study.Finished) -> None:
    text = words(page_of(study_run.out))
    assert [name for name in NAMES.values() if name.upper() not in text] == []
    assert say("estimate") in text
    assert "PODES 2021 (BPS)" in text
    assert "wilayah_boundaries 3c5a796 (MIT)" in text
