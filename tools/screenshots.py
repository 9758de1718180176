"""
Make the pictures of the guides and of the gallery from the demo (needs Chromium).

Everything comes from a made-up regency, so equal programs make equal pictures. With ``--real`` a
map of a study over real villages is drawn too, at level public; nothing of its data is kept.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2  # type: ignore[import-untyped]
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "gambar"
#: 1 January 2026: the day that pages and sheets call the day of their making
_EPOCH = "1767225600"
_HOUSEHOLDS = 60_000
_COLOURS = 128
#: summed difference of red, green and blue
_ALIKE = 18
#: what a picture of the documentation may weigh
MOST_BYTES = 150_000
_SIZE = (1280, 800)
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
]
_READY = "html[data-ready='1'], html:not(:has(script))"
_HIDE = "all => all.forEach(one => { one.style.visibility = 'hidden'; })"
_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass(frozen=True, slots=True)
class Shot:
    """
    One picture of a page.

    `file`: Page below the folder of all products.
    `steps`: What is done on the page before: ("click", label) or (words, label of the field).
    `part`: Selector of what is taken alone; empty takes the window.
    `hidden`: Selector of what is not shown.
    """

    name: str
    file: str
    steps: tuple[tuple[str, str], ...] = ()
    part: str = ""
    hidden: str = ""
    size: tuple[int, int] = _SIZE


SHOTS = (
    Shot("halaman_depan", "demo/index.html"),
    Shot("peta_bappeda", "demo/bappeda.html", size=(1280, 860)),
    Shot("peta_perkimtan", "demo/perkimtan.html", size=(1280, 860)),
    Shot("cari_desa", "demo/bappeda.html", steps=(("Muara Pad", "#search"),)),
    Shot("desa_terpilih", "demo/bappeda.html",
         steps=(("Sumber Makmur", "#search"), ("click", "#matches [role=option]")),
         size=(1280, 860)),
    Shot("halaman_kecamatan", "demo/kecamatan/16.07.07.html"),
    Shot("profil_desa", "demo/profil/16.07.07.html#16.07.07.2007", size=(1000, 1200)),
    Shot("laporan_mutu_data", "rusak/register_2025_rusak_laporan/laporan_mutu_data.html"),
    Shot("halaman_mitra", "mitra/csr/peta.html"),
    Shot("perubahan", "perubahan/perubahan.html"),
)  # fmt: skip
#: a map and what was found; the values of real villages are no part of this project
REAL = Shot("peta_desa_nyata", "nyata/bappeda.html", hidden=".ranking", size=(1280, 860))
#: pages of a PDF, counted from 0 or from its end
SHEETS = (
    ("lampiran_kantong", "lampiran/A4/atlas_peta.pdf", 0),
    ("lampiran_perkimtan", "lampiran/A4/atlas_peta.pdf", 1),
    ("lampiran_kecamatan", "lampiran/A4/atlas_peta.pdf", -1),
    ("lampiran_word", "lampiran/lampiran.pdf", 3),
)


def command(folder: Path, *arguments: str) -> None:
    """Run a command of the program in a folder; what it tells is not wanted."""
    subprocess.run(  # noqa: S603 - this Python, and words of our own
        [sys.executable, "-m", "sibangkit_geo", *arguments],
        cwd=folder,
        env={**os.environ, "SOURCE_DATE_EPOCH": _EPOCH, "LC_ALL": "C.UTF-8"},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def make_products(folder: Path) -> None:
    """Make all that is pictured: demo, annex, partners, change, report of a damaged register."""
    few = ("--households", "12000", "--damage", "all", "--register-only")
    command(folder, "demo", "--households", str(_HOUSEHOLDS), "--out", "demo")
    command(folder, "demo", *few, "--out", "latihan")
    (folder / "rusak").mkdir()
    shutil.copy(folder / "latihan" / "data" / "register_2025_rusak.xlsx", folder / "rusak")
    register = "rusak/register_2025_rusak.xlsx"
    command(folder, "inspect", register, "--code-generation", "regsosek2022")
    study = "demo/data/study.toml"
    sheets = "kantong, perkimtan, kecamatan_muara_padang"
    command(folder, "annex", study, "--out", "lampiran", "--only", sheets)
    command(folder, "partners", study, "--out", "mitra")
    command(folder, "run", "demo/data/study_2020.toml", "--out", "hasil_2020")
    command(folder, "compare", "hasil_2020", "demo", "--out", "perubahan")


def palette(picture: Image.Image, colours: int) -> Image.Image:
    """Take the most frequent colours as they are, so that legend and map keep theirs."""
    every, counts = np.unique(
        np.asarray(picture, dtype=np.int64).reshape(-1, 3), axis=0, return_counts=True
    )
    every = every[np.argsort(-counts, kind="stable")]
    taken = every[:1]
    for one in every[1:]:
        if len(taken) == colours:
            break
        # what no eye tells from a colour that is there already is left out
        if np.abs(taken - one).sum(axis=1).min() > _ALIKE:
            taken = np.vstack([taken, one])
    own = Image.new("P", (1, 1))
    own.putpalette(taken.astype(np.uint8).tobytes())
    return own


def save(picture: Image.Image, path: Path) -> int:
    """Save with few colours, fewer where the file would be too heavy; give its bytes."""
    plain = picture.convert("RGB")
    for colours in (_COLOURS, _COLOURS // 2, _COLOURS // 4):
        few = plain.quantize(palette=palette(plain, colours), dither=Image.Dither.NONE)
        stream = BytesIO()
        few.save(stream, "PNG", optimize=True)
        if stream.tell() <= MOST_BYTES:
            break
    path.write_bytes(stream.getvalue())
    return stream.tell()


def sheet(path: Path, number: int, *, scale: float = 1.25) -> Image.Image:
    """Draw one page of a PDF."""
    pdf = pypdfium2.PdfDocument(path)
    page = pdf[number % len(pdf)]
    drawn: Image.Image = page.render(scale=scale).to_pil()
    pdf.close()
    return drawn


def taken(page: Page, shot: Shot, folder: Path) -> Image.Image:
    """Open a page, do the steps and take the picture."""
    file, _, place = shot.file.partition("#")
    page.set_viewport_size({"width": shot.size[0], "height": shot.size[1]})
    page.goto((folder / file).as_uri() + (f"#{place}" if place else ""))
    page.wait_for_selector(_READY)
    for said, target in shot.steps:
        if said == "click":
            page.locator(target).first.click()
        else:
            page.fill(target, said)
    page.wait_for_timeout(700)
    page.evaluate(_FRAMES)
    if shot.hidden:
        page.locator(shot.hidden).evaluate_all(_HIDE)
    raw = page.locator(shot.part).first.screenshot() if shot.part else page.screenshot()
    return Image.open(BytesIO(raw))


def pictures(folder: Path) -> Iterator[tuple[str, Image.Image]]:
    """Take every picture of a folder that `make_products` has filled."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not where sheets are enough

    path = os.environ.get("SIBANGKIT_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        page = browser.new_context(offline=True, reduced_motion="reduce").new_page()
        # only where `--real` was asked for
        real = [REAL] if (folder / REAL.file).is_file() else []
        for shot in (*SHOTS, *real):
            yield shot.name, taken(page, shot, folder)
        browser.close()
    for name, file, number in SHEETS:
        # the document needs LibreOffice
        if (folder / file).is_file():
            yield name, sheet(folder / file, number)


def main() -> int:
    """Make all pictures; end with 1 where one is too heavy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=PICTURES, help="folder of the pictures")
    parser.add_argument("--real", type=Path, help="study over real villages, drawn at level public")
    parser.add_argument("--made", type=Path, help="folder of products made before")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    heavy = 0
    with tempfile.TemporaryDirectory() as own:
        folder = given.made.resolve() if given.made else Path(own)
        if given.made is None:
            make_products(folder)
        if given.real is not None:
            command(folder, "run", str(given.real.resolve()), "--out", "nyata")
        for name, picture in pictures(folder):
            size = save(picture, given.out / f"{name}.png")
            heavy += size > MOST_BYTES
            sys.stdout.write(f"{name}.png {size:,}\n")
    return int(heavy > 0)


if __name__ == "__main__":
    sys.exit(main())
