"""Land, sea and a study's own layers: what is drawn where, and what is refused."""

from __future__ import annotations

import base64
import html
import json
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image

from sibangkit_geo.config import read_study
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning
from sibangkit_geo.model.backdrop import Backdrop
from sibangkit_geo.products.atlas.canvas import POINTS_PER_MM, Page
from sibangkit_geo.products.atlas.ground import Frame
from sibangkit_geo.products.atlas.land import draw_land, draw_lines, ground_marks, ground_names
from sibangkit_geo.products.atlas.pdf import PdfBook
from sibangkit_geo.products.atlas.png import paint
from sibangkit_geo.products.atlas.rect import Rect
from sibangkit_geo.products.atlas.underlay import Underlay
from sibangkit_geo.products.web.front_page import front_page
from sibangkit_geo.products.web.ground_data import ground_payload
from sibangkit_geo.products.web.svg import village_map
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries
from sibangkit_geo.sources.boundaries.land_sea import backdrop_of
from sibangkit_geo.sources.context import ContextSource, read_context, with_context
from tests.demo_product import demo_product
from tests.test_embedded_boundaries import LAND, SEA

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from sibangkit_geo.model.types import Boundaries
    from tests.conftest import SmallStudy

METRES = 32748
PANGKALAN_BALAI = (104.39, -2.89)
HOSTILE = "<img src=x onerror=alert(1)> & </script>"
COLORS = {"land": (239, 237, 231), "sea": (220, 232, 240), "unknown": (255, 255, 255)}


@pytest.fixture(scope="session")
def areas() -> Boundaries:
    return read_boundaries(BoundarySource("default"), regency="16.07")


def file_of(
    path: Path, shapes: Sequence[object], names: Sequence[str | None] = (), crs: int | None = 4326
) -> Path:
    """Write shapes with a name and a secret each."""
    told = list(names) or ["satu"] * len(shapes)
    table = gpd.GeoDataFrame(
        {"NAMA": told, "rahasia": ["0000001300000000"] * len(shapes)}, geometry=[*shapes], crs=4326
    )
    if crs not in {None, 4326}:
        table = table.to_crs(crs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        (table if crs else table.set_crs(None, allow_override=True)).to_file(path)
    return path


def metres(place: tuple[float, float]) -> shapely.Point:
    point: shapely.Point = gpd.GeoSeries([shapely.Point(place)], crs=4326).to_crs(METRES).iloc[0]
    return point


# ---- land and sea


def test_known_places_are_land_and_sea_also_around_a_file_of_ones_own(tmp_path: Path) -> None:
    # nine villages of the embedded map, moved 700 m to the north-east, as another source has them
    read = read_boundaries(BoundarySource("default"), regency="16.07")
    own = read.villages[["name", "geometry"]].translate(700, 700)
    table = gpd.GeoDataFrame(
        {"kode": own.index, "nama": read.villages["name"].to_numpy()},
        geometry=own.to_numpy(),
        crs=METRES,
    )
    table.to_file(tmp_path / "desa.gpkg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegradedInputWarning)
        found = read_boundaries(
            BoundarySource(str(tmp_path / "desa.gpkg"), code_system="kemendagri"), regency="16.07"
        )
    for name, place in LAND.items():
        assert shapely.contains(found.backdrop.extent, metres(place)), name
        assert not shapely.intersects(found.backdrop.sea, metres(place)), name
        assert found.context.contains(metres(place)).sum() == 1, name
    for name, place in SEA.items():
        assert shapely.contains(found.backdrop.sea, metres(place)), name
    # the moved villages overlap some neighbours and leave chinks of 700 m to others
    home = found.villages.union_all()
    assert found.context.intersection(home).area.sum() < 1.0
    assert "Kabupaten Banyuasin" not in found.context["name"].to_numpy()
    assert {"Kabupaten Musi Banyuasin", "Kota Palembang"} <= set(found.context["name"])
    # along the border on land nothing is sea: half a kilometre either way
    border = shapely.intersection(home.boundary, found.context.union_all().buffer(3_000))
    border = shapely.difference(border, found.backdrop.sea.buffer(6_000))
    assert border.length > 200_000
    assert shapely.intersection(border.buffer(500), found.backdrop.sea).area == 0.0


def test_sea_reaches_under_the_coast_of_the_villages_and_no_further(areas: Boundaries) -> None:
    home, sea = areas.villages.union_all(), areas.backdrop.sea
    under = shapely.intersection(home, sea)
    assert under.area > 1e6
    inland = shapely.buffer(home, -2_500)
    assert shapely.intersection(inland, sea).area == 0.0


def test_beyond_the_embedded_ground_nothing_is_known() -> None:
    far = gpd.GeoDataFrame(geometry=[shapely.box(5e5, 9.2e6, 5.1e5, 9.21e6)], crs=32750)
    backdrop = backdrop_of(far, context=far.iloc[:0])
    assert backdrop.extent.is_empty
    assert backdrop.sea.is_empty
    assert backdrop.sources == ()


def test_borders_of_other_regencies_keep_off_villages_and_coast(areas: Boundaries) -> None:
    borders = areas.backdrop.borders
    assert borders.length > 1e6
    drawn = shapely.union_all([areas.villages.union_all(), areas.backdrop.sea])
    assert borders.distance(drawn) == pytest.approx(400, abs=20)


# ---- the page


def unpacked(told: Any) -> tuple[list[list[NDArray[np.float64]]], list[Any]]:
    """Read a page's ground as its script does."""
    signs = told["data"].translate(str.maketrans(",:[", "<>&"))
    content = iter(base64.b85decode(signs)[: told["bytes"]])

    def number() -> int:
        value = shift = 0
        while True:
            byte = next(content)
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return (value >> 1) ^ -(value & 1)

    def parts(step: float) -> list[NDArray[np.float64]]:
        found = []
        for _ in range(number()):
            steps = np.array([[number(), number()] for _ in range(number())])
            found.append(np.cumsum(steps, axis=0) * step + told["origin"])
        return found

    under = [parts(told["step"]) for _ in range(3)]
    over = [[parts(told["fine"]) for _ in range(number())] for _ in told["layers"]]
    assert next(content, None) is None
    return under, over


def test_a_page_tells_land_from_sea_in_few_bytes(areas: Boundaries) -> None:
    told = ground_payload(areas.backdrop, areas.villages)
    assert len(json.dumps(told)) < 10_000
    (extent, sea, borders), over = unpacked(told)
    assert len(extent) == 1
    assert borders
    water = shapely.polygons(extent)[0]
    rings = [shapely.Polygon(ring) for ring in sea if len(ring) > 3]
    for name, place in (LAND | SEA).items():
        point = shapely.Point(place)
        assert water.contains(point), name
        # even or odd, as the page fills it
        assert sum(ring.contains(point) for ring in rings) % 2 == (name in SEA), name
    layers: Any = told["layers"]
    (rivers,) = layers
    assert (rivers["kind"], rivers["scale"]) == ("river", 400_000)
    assert "Sungai Musi" in rivers["names"]
    assert len(over[0]) == len(rivers["names"])


def test_a_page_without_ground_says_so(areas: Boundaries) -> None:
    told = ground_payload(Backdrop(), areas.villages)
    assert unpacked(told) == ([[], [], []], [])
    assert told["layers"] == []


# ---- a study's own layers


def test_a_layer_is_brought_near_cut_and_has_names_only(areas: Boundaries, tmp_path: Path) -> None:
    # 33 degrees long, of which a map shows what lies around Banyuasin
    line = shapely.LineString([(104.5, -2.8), (104.6, -2.9), (138.0, -3.0)])
    path = file_of(tmp_path / "jalan.gpkg", [line, line.reverse()], ["  Jalan\x07 A\n", None], 3857)
    layer = read_context(ContextSource(str(path), "road", name="NAMA"), villages=areas.villages)
    assert layer.features.columns.tolist() == ["name", "geometry"]
    assert layer.features["name"].tolist() == ["", "Jalan A"]
    assert layer.features.crs == areas.villages.crs
    west, south, east, north = areas.villages.total_bounds
    seen = shapely.box(west, south, east, north).buffer(0.8 * max(east - west, north - south))
    assert layer.features.within(seen).all()
    assert layer.source == "jalan.gpkg"
    assert layer.largest_scale == 0


def test_rivers_of_a_study_replace_the_embedded_ones_and_roads_do_not(
    areas: Boundaries, tmp_path: Path
) -> None:
    line = shapely.LineString([(104.5, -2.8), (104.6, -2.9)])
    path = str(file_of(tmp_path / "garis.geojson", [line]))
    road = with_context(areas, [ContextSource(path, "road")]).backdrop.layers
    assert [(one.kind, one.largest_scale) for one in road] == [("river", 400_000), ("road", 0)]
    river = with_context(areas, [ContextSource(path, "river", source="BWS 2024")]).backdrop
    assert [(one.kind, one.largest_scale) for one in river.layers] == [("river", 0)]
    assert river.sources[-1] == "BWS 2024"
    assert not any("World Data Bank" in one for one in river.sources)
    assert with_context(areas, []) is areas


LINE = shapely.LineString([(104.5, -2.8), (104.6, -2.9)])
AREA = shapely.box(104.5, -2.9, 104.6, -2.8)
POINT = shapely.Point(PANGKALAN_BALAI)


@pytest.mark.parametrize(
    ("shape", "keys", "told"),
    [
        (LINE, {"kind": "roda"}, r'kind = "roda": Did you mean "road"\?'),
        (AREA, {"kind": "river"}, r'a\.gpkg: .*draws lines, the layer holds areas.*kind "water"'),
        (LINE, {"kind": "seat"}, r'a\.gpkg: .*draws points, the layer holds lines.*"river" or'),
        (POINT, {"kind": "water"}, r'a\.gpkg: .*draws areas, the layer holds points.*"seat" or'),
        (
            LINE,
            {"kind": "road", "name": "NAMAA"},
            r'a\.gpkg: .*name = "NAMAA".*nearest first: "NAMA"',
        ),
        (LINE, {"kind": "road", "layer": "b"}, r'a\.gpkg: .*layer = "b" is not in the file'),
        (LINE, {"kind": "road", "crs": "EPSG:0"}, r'a\.gpkg: .*crs = "EPSG:0" is unknown'),
        (LINE, {"kind": "road", "crs": "EPSG:32750"}, r"a\.gpkg: nothing of .* lies near"),
    ],
)
def test_what_does_not_fit_is_told_with_file_key_and_remedy(
    areas: Boundaries, tmp_path: Path, shape: object, keys: dict[str, str], told: str
) -> None:
    path = file_of(tmp_path / "a.gpkg", [shape])
    with pytest.raises((ConfigError, DataError), match=told):
        read_context(ContextSource(str(path), **keys), villages=areas.villages)


def test_a_file_that_is_not_there_says_not_where_it_lies_or_is_no_layer(
    areas: Boundaries, tmp_path: Path
) -> None:
    def read(path: Path) -> None:
        read_context(ContextSource(str(path), "road"), villages=areas.villages)

    with pytest.raises(ConfigError, match=r"jalan\.gpkg: no such file \(\[\[context\]\] path\)"):
        read(tmp_path / "jalan.gpkg")
    with pytest.raises(DataError, match=r"a\.gpkg: the layer names no .*\[\[context\]\]"):
        read(file_of(tmp_path / "a.gpkg", [LINE], crs=None))
    (tmp_path / "b.txt").write_text("bukan peta")
    with pytest.raises(DataError, match=r"b\.txt: .*no vector file"):
        read(tmp_path / "b.txt")


def test_hundreds_of_points_are_houses_and_no_places(areas: Boundaries, tmp_path: Path) -> None:
    many = [shapely.Point(104.4 + i / 5_000, -2.9) for i in range(501)]
    source = ContextSource(str(file_of(tmp_path / "rumah.gpkg", many)), "place")
    with pytest.raises(DataError, match=r"rumah\.gpkg: 501 points .*houses belong into"):
        read_context(source, villages=areas.villages)
    fewer = ContextSource(str(file_of(tmp_path / "pasar.gpkg", many[:500])), "place")
    assert len(read_context(fewer, villages=areas.villages).features) == 500


def test_a_study_file_names_its_layers(small_study: SmallStudy, tmp_path: Path) -> None:
    text = small_study.study_file.read_text("utf-8")
    for path in small_study.study_file.parent.glob("*.*"):
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    file_of(tmp_path / "ibu.geojson", [POINT], ["Pangkalan Balai"])
    added = '\n[[context]]\npath = "{}"\nkind = "{}"\nname = "NAMA"\n'
    study_file = tmp_path / small_study.study_file.name
    study_file.write_text(text + added.format("ibu.geojson", "seat"), "utf-8")
    (source,) = read_study(study_file).context
    assert (source.kind, source.name) == ("seat", "NAMA")
    study_file.write_text(text + added.format("tiada.geojson", "seat"), "utf-8")
    with pytest.raises(ConfigError, match=r"tiada\.geojson: no such file \(\[\[context\]\] path"):
        read_study(study_file)
    study_file.write_text(text + added.format("ibu.geojson", "seats"), "utf-8")
    with pytest.raises(ConfigError, match=r'kind = "seats": Did you mean "seat"'):
        read_study(study_file)


# ---- drawn


def with_hostile_layers(areas: Boundaries, folder: Path) -> Boundaries:
    shapes = {"road": LINE, "water": shapely.box(104.9, -3.4, 105.0, -3.3), "place": POINT}
    sources = [
        ContextSource(
            str(file_of(folder / f"{kind}.gpkg", [shape], [HOSTILE])), kind, name="NAMA",
            label=HOSTILE, source=HOSTILE,
        )
        for kind, shape in shapes.items()
    ]  # fmt: skip
    return with_context(areas, sources)


def test_drawings_and_front_page_keep_hostile_names_words(
    areas: Boundaries, tmp_path: Path
) -> None:
    product = demo_product()
    product = replace(product, boundaries=with_hostile_layers(product.boundaries, tmp_path))
    drawing = village_map(product, list(product.mapped.index), width=560)
    titles = [one.title for one in drawing.outlines if "onerror" in one.title]
    assert len(titles) == 2  # water lies under the villages, untitled
    page = front_page(product, pages=product.catalogue.agencies, files=[])
    assert HOSTILE not in page
    assert page.count(html.escape("<img src=x")) >= 3
    assert "0000001300000000" not in page
    # land lies under all, sea on it, then what is drawn on both
    fills = [one.fill for one in drawing.outlines]
    assert fills[:2] == ["#efede7", "#dce8f0"]
    del areas


def test_a_small_drawing_shows_no_river_that_it_would_show_wrong() -> None:
    product = demo_product()
    whole = village_map(product, list(product.mapped.index), width=560)
    assert "Sungai Musi" in {one.title for one in whole.outlines}
    villages = product.mapped.index[product.mapped["district_code"] == "16.07.06"]
    near = village_map(product, list(villages), width=560)
    assert "Sungai Musi" not in {one.title for one in near.outlines}


def _painted(
    backdrop: Backdrop, frame: Frame, rect: Rect, path: Path
) -> tuple[Underlay, Image.Image]:
    """Draw the ground alone on a sheet of 200 by 200 mm."""
    underlay = Underlay.of(backdrop, tolerance=50.0).inside(frame.box, scale=frame.scale)
    page = Page(200.0, 200.0)
    draw_land(page, underlay, frame=frame, rect=rect)
    draw_lines(page, underlay, frame=frame, rect=rect)
    with PdfBook(path.with_suffix(".pdf")) as book:
        book.add(page)
        book.finish((), {})
    paint(path.with_suffix(".pdf"), [path.name], path.parent, dpi=72)
    return underlay, Image.open(path).convert("RGB")


def test_a_sheet_paints_known_places_as_what_they_are(areas: Boundaries, tmp_path: Path) -> None:
    rect, scale = Rect(0.0, 0.0, 200.0, 200.0), 4_000_000
    x, y = metres((104.9, -2.6)).coords[0]
    frame = Frame(x - 400e3, y - 400e3, x + 400e3, y + 400e3, scale)
    underlay, picture = _painted(areas.backdrop, frame, rect, tmp_path / "a.png")
    unknown = {"Bengkulu Selatan": (101.6, -4.3), "Laut Jawa": (108.2, -5.5)}
    for kind, places in (("land", LAND), ("sea", SEA), ("unknown", unknown)):
        for name, place in places.items():
            on_paper = frame.on_paper(np.array(metres(place).coords[0]), rect) / POINTS_PER_MM
            pixel = on_paper / 200.0 * picture.width
            seen = picture.getpixel((int(pixel[0]), int(picture.height - pixel[1])))
            # a river or border may run through the very pixel
            off = max(abs(a - b) for a, b in zip(seen, COLORS[kind], strict=True))  # type: ignore[arg-type]
            assert off <= 3 or kind == "land", (name, seen)
            if kind == "land":
                away = max(abs(a - b) for a, b in zip(seen, COLORS["sea"], strict=True))  # type: ignore[arg-type]
                assert away > 3, (name, seen)
    words = [said for _, said in ground_marks(underlay, frame)]
    assert words == ["Sungai", "Putih: di luar peta dasar"]
    lines, points = ground_names(underlay, frame=frame, taken=[])
    assert {"Sungai Musi", "Sungai Komering"} <= {one.text for one in lines}
    assert points == []


def test_a_sheet_of_a_district_has_no_coarse_river_but_the_studys(
    areas: Boundaries, tmp_path: Path
) -> None:
    path = str(file_of(tmp_path / "sungai.gpkg", [LINE], ["Sungai Uji"]))
    own = with_context(areas, [ContextSource(path, "river", name="NAMA")])
    x, y = metres((104.55, -2.85)).coords[0]
    frame = Frame(x - 10e3, y - 10e3, x + 10e3, y + 10e3, 100_000)
    rect = Rect(0.0, 0.0, 200.0, 200.0)
    coarse, _ = _painted(areas.backdrop, frame, rect, tmp_path / "a.png")
    exact, picture = _painted(own.backdrop, frame, rect, tmp_path / "b.png")
    assert list(coarse.seen()) == []
    assert [one.kind for one, _ in exact.seen()] == ["river"]
    x, y = picture.width // 2, picture.height // 2
    counted = picture.crop((x - 4, y - 4, x + 5, y + 5)).getcolors()
    assert counted
    # thinner than a pixel, and bluer than land all the same
    assert max(color[2] - color[0] for _, color in counted) > 5  # type: ignore[index]
    assert [one.text for one in ground_names(exact, frame=frame, taken=[])[0]] == ["Sungai Uji"]
    assert [said for _, said in ground_marks(exact, frame)] == ["Sungai"]
