"""Maps for a page of another office: true size in three forms, words beside them, nothing else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # nosec B405 # it reads files of our own
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pypdf
import pytest
from matplotlib.path import Path as Outline
from PIL import Image
from typer.testing import CliRunner

from sibangkit_geo import disclosure
from sibangkit_geo.cli import app
from sibangkit_geo.products.atlas import AtlasSettings, write_pieces
from sibangkit_geo.products.atlas.canvas import Page, Pen, Type
from sibangkit_geo.products.atlas.map_pieces import CAPTIONS_NAME, MapPiece
from sibangkit_geo.products.atlas.rect import Rect
from sibangkit_geo.products.atlas.settings import AnnexSettings, layout_of_piece
from sibangkit_geo.products.atlas.svg_page import svg_of
from sibangkit_geo.study.annex import AnnexFinished, AnnexOrder
from tests.test_annex import paths, printed_scale, words
from tests.test_atlas import HOSTILE, areas, piece_product

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.model.types import Boundaries

__all__ = ["areas"]

SVG = "{http://www.w3.org/2000/svg}"
# in parts: no village has district 99, so that nobody can bear the number
NIK = "16" + "07" + "99" + "55" + "05" + "80" + "0001"
SETTINGS = AtlasSettings(
    numbering="3.", first_map=7, dpi=150, only=("kantong", "pupr", "flood_index", "16.07.06"),
    titles={"kantong": "Lokasi <Prioritas> & Uji"}, signature=("Kepala", "Nama"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """The pieces of four sheets."""

    folder: Path
    pieces: tuple[MapPiece, ...]

    def svg(self, piece: MapPiece) -> ET.Element:
        return ET.fromstring((self.folder / f"{piece.slug}.svg").read_bytes())  # noqa: S314


@pytest.fixture(scope="session")
def written(areas: Boundaries, tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("pieces")
    return Written(folder, write_pieces(piece_product(areas), folder, settings=SETTINGS))


def test_each_sheet_asked_for_has_three_forms_under_a_name_without_number(
    written: Written,
) -> None:
    slugs = [one.slug for one in written.pieces]
    assert slugs == ["kantong", "opd_pupr", "flood_index", *slugs[3:]]
    assert slugs[3].startswith("kecamatan_")
    expected = {f"{slug}.{end}" for slug in slugs for end in ("png", "svg", "pdf")}
    assert {one.name for one in written.folder.iterdir()} == expected | {CAPTIONS_NAME}


def test_the_three_forms_have_the_width_of_a_text_and_one_size(written: Written) -> None:
    layout = layout_of_piece()
    assert layout.width == 160
    for piece in written.pieces:
        with Image.open(written.folder / f"{piece.slug}.png") as image:
            dots = image.info["dpi"][0]
            assert image.width / dots * 25.4 == pytest.approx(layout.width, abs=0.2)
            assert image.height / dots * 25.4 == pytest.approx(layout.height, abs=0.2)
        page = pypdf.PdfReader(written.folder / f"{piece.slug}.pdf").pages[0]
        assert float(page.mediabox.width) / 72 * 25.4 == pytest.approx(layout.width, abs=0.01)
        root = written.svg(piece)
        assert root.attrib["width"] == f"{layout.width}mm"
        assert root.attrib["height"] == f"{layout.height}mm"
        box = [float(one) for one in root.attrib["viewBox"].split()]
        assert box == pytest.approx([0, 0, layout.width / 25.4 * 7200, layout.height / 25.4 * 7200])


def test_the_scale_is_true_at_that_size(written: Written) -> None:
    for piece in written.pieces:
        page = pypdf.PdfReader(written.folder / f"{piece.slug}.pdf").pages[0]
        scale = printed_scale(words(page))
        assert f"1 : {scale:,}".replace(",", ".") in piece.words
        told = re.search(r"(\d+(?:,\d+)?) km", words(page))
        assert told
        km = float(told[1].replace(",", "."))
        bars = [
            line for width, line in paths(page)
            if line and width == pytest.approx(0.4)
            and np.ptp([y for _, y in line]) == pytest.approx(1.3, abs=0.01)
        ]  # fmt: skip
        assert len(bars) == 2
        long = np.ptp([x for line in bars for x, _ in line])
        assert long * scale / 1e6 == pytest.approx(km, rel=0.002)


def test_a_piece_says_what_the_numbers_are_and_nothing_of_the_sheet(written: Written) -> None:
    for piece in written.pieces:
        page = pypdf.PdfReader(written.folder / f"{piece.slug}.pdf").pages[0]
        text = words(page)
        for told in (
            "Estimasi, bukan angka resmi",
            "Batas indikatif",
            "Sumber:",
            "LEGENDA",
            "Skala 1 :",
        ):
            assert told in text, (piece.slug, told)
        for left in ("Peta 3.", "PETA", "Lembar", "PEMERINTAH", "CATATAN", "daftar di samping",
                     "Kepala", "sibangkit_geo 0.0"):  # fmt: skip
            assert left not in text, (piece.slug, left)
        # no line around it all
        assert min(x for _, line in paths(page) for x, _ in line) >= 4


def test_numbers_that_stand_for_names_are_explained_and_ranks_are_not_drawn(
    written: Written,
) -> None:
    for piece in written.pieces:
        text = words(pypdf.PdfReader(written.folder / f"{piece.slug}.pdf").pages[0])
        told = re.search(r"Nomor pada peta: (.*?)\. ", text)
        assert (told is not None) == ("Nomor pada peta" in piece.words)
        if not piece.slug.startswith("kecamatan"):
            assert told is None


def test_captions_open_in_notepad_and_have_every_map(written: Written) -> None:
    raw = (written.folder / CAPTIONS_NAME).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\n") == raw.count(b"\r\n") > 0
    text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    for piece in written.pieces:
        assert piece.words in text
        for told in (piece.title, f"{piece.slug}.svg", "Teks alternatif: ", "Sumber: ",
                     "Estimasi, bukan angka resmi", "Kabupaten Banyuasin", "160 x "):  # fmt: skip
            assert told in piece.words
    assert "Peta Lokasi <Prioritas> & Uji" in text
    # the number is told for whoever looks a map up, and stands nowhere else
    numbered = [one for one in text.splitlines() if "Peta 3." in one]
    assert len(numbered) == len(written.pieces)
    assert all(one.startswith("Di atlas: Peta 3.") for one in numbered)


def test_an_svg_needs_no_font_and_reaches_nowhere(written: Written) -> None:
    for piece in written.pieces:
        text = (written.folder / f"{piece.slug}.svg").read_text("utf-8")
        assert re.findall(r'https?://[^"]*', text) == [
            "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
        ]  # fmt: skip
        root = written.svg(piece)
        kinds = {one.tag.removeprefix(SVG) for one in root.iter()}
        # what Word, LibreOffice and Inkscape draw alike
        assert kinds == {"svg", "g", "title", "desc", "path"}
        assert not {name for one in root.iter() for name in one.attrib if name.startswith("on")}
        assert root.findtext(f"{SVG}title") == piece.title
        assert piece.alt in (root.findtext(f"{SVG}desc") or "")
        assert "Estimasi, bukan angka resmi" in (root.findtext(f"{SVG}desc") or "")
        # words of the outlines, for those who search
        told = {one.attrib["aria-label"] for one in root.iter() if "aria-label" in one.attrib}
        assert "LEGENDA" in told


def test_the_same_study_gives_the_same_pieces_and_a_new_order_renames_none(
    written: Written, areas: Boundaries, tmp_path: Path
) -> None:  # fmt: skip
    settings = AtlasSettings(dpi=150, only=("flood_index",))
    write_pieces(piece_product(areas), tmp_path, settings=settings)
    for end in ("png", "svg", "pdf"):
        mine, theirs = (one / f"flood_index.{end}" for one in (tmp_path, written.folder))
        assert mine.read_bytes() == theirs.read_bytes(), end


def test_the_scan_finds_nothing_in_pieces_and_reads_the_words_of_an_svg(
    written: Written, tmp_path: Path
) -> None:
    assert disclosure.find_leaks(written.folder) == ()
    for place in ("label", "title", "told"):
        page = Page(100, 20)
        page.text((5, 5), NIK if place == "label" else "Rambutan", Type(8))
        title, told = (NIK if place == one else "Peta" for one in ("title", "told"))
        (tmp_path / "a.svg").write_text(svg_of(page, title=title, told=told), "utf-8")
        assert [one.kind for one in disclosure.find_leaks(tmp_path)] == ["identity"], place


@pytest.mark.parametrize(("given", "asked"), [([], False), (["--pieces"], True)])
def test_pieces_are_written_where_they_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, given: list[str], asked: bool
) -> None:
    orders: list[AnnexOrder] = []

    def take(_: Path, out: Path, *, order: AnnexOrder, **__: object) -> AnnexFinished:
        orders.append(order)
        return AnnexFinished(out, ())

    monkeypatch.setattr("sibangkit_geo.study.annex.run_annex", take)
    command = ["annex", "study.toml", "--out", str(tmp_path), "--only", "kantong, pupr", *given]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert [one.pieces for one in orders] == [asked]
    assert orders[0].only == ("kantong", "pupr")
    assert not AnnexSettings().pieces


# ---- marks as SVG, by hand


def _attributes(page: Page, *, title: str = "a") -> list[dict[str, str]]:
    root = ET.fromstring(svg_of(page, title=title, told="b"))  # noqa: S314
    return [one.attrib for one in root.iter() if one.tag.endswith(("path", "image"))]


def test_a_box_is_drawn_from_its_upper_edge_down() -> None:
    page = Page(25.4, 25.4)
    page.box(Rect(0, 0, 12.7, 25.4), Pen("#112233", "#445566", 0.5, dash=(1, 2)))
    assert _attributes(page) == [{
        "fill": "#112233", "stroke": "#445566", "stroke-width": "50", "stroke-dasharray": "100,200",
        "d": "M0 7200l3600 0l0-7200l-3600 0z",
    }]  # fmt: skip


def test_a_pattern_is_lines_within_the_shape_and_not_in_its_hole() -> None:
    page = Page(25.4, 25.4)
    outer = [(10, 10), (40, 10), (40, 40), (10, 40), (0, 0)]
    hole = [(20, 20), (20, 30), (30, 30), (30, 20), (0, 0)]
    codes = [Outline.MOVETO, *[Outline.LINETO] * 3, Outline.CLOSEPOLY]
    page.path(Outline(np.array([*outer, *hole], dtype=float), codes * 2),
              Pen(edge="#8a939c", hatch="lines"))  # fmt: skip
    drawn = _attributes(page)[0]
    lines = re.findall(r"M(\d+) (\d+)l(\d+)(-\d+)", drawn["d"])
    steps = [[int(one) for one in line] for line in lines]
    assert "".join(f"M{x} {y}l{dx}{dy}" for x, y, dx, dy in steps) == drawn["d"]
    # at 45 degrees, each 5 points, the diagonal cut in two by the hole
    assert all(dx == -dy for _, _, dx, dy in steps)
    assert sorted(dx for x, y, dx, _ in steps if x + y == 7200) == [1000, 1000]
    assert {(x + y - 7200) % 500 for x, y, _, _ in steps} == {0}
    page = Page(25.4, 25.4)
    page.box(Rect(0.3, 0.1, 0.2, 0.1), Pen(edge="#8a939c", hatch="lines"))
    assert _attributes(page) == []


def test_letters_are_outlines_where_their_words_are_read() -> None:
    page = Page(25.4, 25.4)
    page.text((0, 0), HOSTILE + '"<', Type(10))
    page.text((12.7, 0), "l l", Type(10, upright=True, bold=True, italic=True))
    flat, upright = _attributes(page, title="a\x07")
    assert flat["aria-label"] == HOSTILE + '"<'
    starts = [tuple(map(int, one)) for one in re.findall(r"M(-?\d+) (-?\d+)", upright["d"])]
    # upwards along the page, and the blank takes room
    assert len(starts) == 2
    assert starts[0][0] == starts[1][0] <= 3600
    assert starts[0][1] - starts[1][1] > 400


def test_a_picture_travels_in_the_file() -> None:
    page = Page(25.4, 25.4)
    page.picture(np.zeros((2, 2, 4), dtype=np.uint8), Rect(0, 0, 25.4, 25.4))
    (drawn,) = _attributes(page)
    assert drawn["width"] == drawn["height"] == "7200"
    assert drawn["{http://www.w3.org/1999/xlink}href"].startswith("data:image/png;base64,")
