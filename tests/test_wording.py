"""What planners read is worded as agreed: the old words are gone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sibangkit_geo
from sibangkit_geo.model.numerals import percentage, rupiah

PACKAGE = Path(sibangkit_geo.__file__).parent
DOCS = PACKAGE.parent / "docs"
GUIDES = (DOCS / "galeri.md", *sorted((DOCS / "panduan").glob("*.md")))
#: words that sounded translated, or meant something else to a statistician of BPS
OLD = (
    "Keparahan multidimensi", "Langkah pertama", "Ikut bertindak", "harus bertindak",
    "kali angka kabupaten", "Kali kabupaten", "Rumah sesak", "Ada anak usia",
    "tanpa PKH dan BPNT", "tanpa BLT Desa", "Tanpa listrik PLN", "Data kependudukan belum padan",
    "rumah tangga membutuhkan", "muat di bawah pagu", "tidak muat dalam pagu", "celah terbukti",
    "Peringkat kelebihan", "Per. kelebihan", "Putusan setiap desa", "Bertahan pada",
    "menemukan desanya", "Batas pendekatan", "tidak diurutkan", "terburuk di atas", "urun nyata",
    "tidak nyata", "Tetangga dalam uji", "janji satu digit", "(tegas)", "tunggakan",
    "ikut bertindak", "perlu bertindak", "perubahan nyata", "keparahan (M0)", "rumah sesak",
    "Peringkat keparahan", "di bawah pagu", "dipakai pendekatan", "lihat angkanya sendiri",
    "angka kabupaten", "salah tandai", "per jumlah per desa", "kali pagu", "karangan",
)  # fmt: skip
#: a space before a per cent sign or after Rp, in what planners read
SPACED = re.compile(r"\d %|Rp \d|\} %(?!\})")
#: what a template works out is no text
WORKED_OUT = re.compile(r"\{%.*?%\}", re.DOTALL)


def _catalogues() -> list[Path]:
    files = [one for one in PACKAGE.rglob("*.toml") if ".en." not in one.name]
    return sorted([*files, *PACKAGE.rglob("*.j2")])


@pytest.mark.parametrize("file", _catalogues(), ids=lambda one: str(one.relative_to(PACKAGE)))
def test_no_catalogue_says_an_old_word(file: Path) -> None:
    text = "\n".join(
        line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")
    )
    assert [word for word in OLD if word.casefold() in text.casefold()] == []
    assert SPACED.findall(WORKED_OUT.sub("", text)) == []


@pytest.mark.parametrize("file", GUIDES, ids=lambda one: one.stem)
def test_no_guide_says_an_old_word(file: Path) -> None:
    text = file.read_text("utf-8")
    assert [word for word in OLD if word.casefold() in text.casefold()] == []
    assert SPACED.findall(text) == []


def test_no_sentence_of_the_code_says_an_old_word() -> None:
    found = {
        str(one.relative_to(PACKAGE)): [word for word in OLD if word.casefold() in text.casefold()]
        for one in [*PACKAGE.rglob("*.py"), *(PACKAGE / "products" / "web").glob("*.js")]
        for text in (one.read_text("utf-8"),)
    }
    assert {name: words for name, words in found.items() if words} == {}


def test_a_number_stands_beside_its_unit() -> None:
    assert percentage(0.155) == "15,5%"
    assert rupiah(1_070_000_000) == "Rp1,07 miliar"
