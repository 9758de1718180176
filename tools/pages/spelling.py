"""
Words of the Indonesian texts that no list knows.

    python -m tools.pages.spelling

A word is known when it stands, or its root does, in the list of Indonesian roots that comes with
PySastrawi, or in `docs/kata.txt`: names, abbreviations and loanwords of ours.
"""

from __future__ import annotations

import functools
import re
import sys
from pathlib import Path
from typing import Any

from Sastrawi.Stemmer.StemmerFactory import StemmerFactory

from sibangkit_geo.voice.translator import messages
from tools.pages import columns, commands, products

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
OWN_WORDS = DOCS / "kata.txt"
# what is written in Indonesian by hand
INDONESIAN = ("index.md", "galeri.md", "perlindungan-data.md", "panduan/*.md", "tanya-jawab/*.md")
# code, addresses, directives, pictures' paths, tables of settings, and the marks of messages
_NO_WORDS = re.compile(
    r"^```.*?^```|^:::.*?$|`[^`]*`|\]\([^)]*\)|<[^>]*>|\{[^}]*\}|\[+[\w.]+\]+(?!\()|--[\w-]+|\\.",
    re.DOTALL | re.MULTILINE,
)
_WORD = re.compile(r"(?<![\w/.@=-])[A-Za-zÀ-ÿ]{3,}(?:-[A-Za-z]{2,})*(?![\w.]*[_=/@])")


@functools.cache
def _roots() -> tuple[frozenset[str], Any]:
    factory = StemmerFactory()
    own = OWN_WORDS.read_text("utf-8").split() if OWN_WORDS.exists() else []
    return frozenset((*factory.get_words(), *own)), factory.create_stemmer()


def unknown(text: str) -> list[str]:
    """List the words of a text that no list knows, each once."""
    return sorted(one for one in words(text) if not _is_known(one))


def words(text: str) -> set[str]:
    """Give the words of a text, without code, paths and marks."""
    return {one.lower() for one in _WORD.findall(_NO_WORDS.sub(" ", text))}


@functools.cache
def _is_known(word: str) -> bool:
    roots, stemmer = _roots()
    if word in roots:
        return True
    # a doubled word, or a prefix before a name
    parts = word.split("-")
    return all(len(one) < 3 or one in roots or stemmer.stem(one) in roots for one in parts)


def texts() -> dict[str, str]:
    """Give every Indonesian text of the documentation, and the messages, by name."""
    found = {
        page.relative_to(ROOT).as_posix(): page.read_text("utf-8")
        for pattern in INDONESIAN
        for page in sorted(DOCS.glob(pattern))
    }
    twins = "\n".join(
        re.sub('"[^"]*"', " ", one) for t in messages().values() for one in t.values()
    )
    return found | {
        "messages.id.toml": twins,
        "perintah": commands.page(),
        "keluaran": products.page(),
        "kamus-data": columns.page(),
    }


def main() -> None:
    """Print what is unknown; end with 1 where something is."""
    found = {name: strange for name, text in texts().items() if (strange := unknown(text))}
    for name, strange in found.items():
        print(f"{name}: {', '.join(strange)}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
