"""The documentation: it builds without a warning, leads nowhere wrong, and says all there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, get_args
from urllib.parse import unquote, urldefrag, urlparse

import pyarrow.parquet as pq
import pyogrio
import pytest
from lxml import html

import sibangkit_geo
from sibangkit_geo import errors
from sibangkit_geo.config import Study
from sibangkit_geo.products.column_meanings import meaning_of
from sibangkit_geo.products.published import Kind, published
from sibangkit_geo.voice.translator import PAGES, explained_in, messages
from tools.pages import commands, spelling, study_keys
from tools.pages import messages as message_pages

if TYPE_CHECKING:
    from tests.conftest import TwoLevels

DOCS = Path(__file__).resolve().parents[1] / "docs"
KEYS = {key.name: key for table in study_keys.tables(Study) for key in table.keys}


@pytest.fixture(scope="module")
def pages(built: Path) -> dict[Path, html.HtmlElement]:
    return {file: html.fromstring(file.read_bytes()) for file in sorted(built.rglob("*.html"))}


def test_every_link_and_picture_of_the_site_is_there(
    built: Path, pages: dict[Path, html.HtmlElement]
) -> None:
    names = {file: set(page.xpath("//@id | //a/@name")) for file, page in pages.items()}
    lost = []
    for file, page in pages.items():
        for address in page.xpath("//a/@href | //img/@src | //script/@src | //link/@href"):
            if urlparse(address).scheme:
                continue
            path, part = urldefrag(address)
            path = path.partition("?")[0]
            target = (file.parent / unquote(path)).resolve() if path else file
            if not target.is_file() or (
                # what a map shows is no place in it
                part
                and "=" not in part
                and target.suffix == ".html"
                and unquote(part) not in names[target]
            ):
                lost.append(f"{file.relative_to(built)}: {address}")
    assert lost == []
    assert len(pages) > 60


def test_no_page_loads_anything_from_elsewhere(
    built: Path, pages: dict[Path, html.HtmlElement]
) -> None:
    loads = "//*[not(self::a)]/@src | //link/@href | //*[not(self::a)]/@data"
    for file, page in pages.items():
        outside = [one for one in page.xpath(loads) if urlparse(one).scheme not in {"", "data"}]
        assert outside == [], file
    for sheet in built.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", sheet.read_text("utf-8"))


def test_every_page_is_reached_from_the_first(
    built: Path, pages: dict[Path, html.HtmlElement]
) -> None:
    first = pages[built / "index.html"]
    reached = {(built / urldefrag(one)[0]).resolve() for one in first.xpath("//a/@href")}
    beside = {built / name for name in ("genindex.html", "search.html", "index.html")}
    # an example is a product, whose pages lead to each other
    left = set(pages) - reached - beside
    assert [one for one in left if "contoh" not in one.relative_to(built).parts] == []


# ---- all that there is


def test_every_public_name_has_its_entry(pages: dict[Path, html.HtmlElement]) -> None:
    entries = {one for page in pages.values() for one in page.xpath("//dt/@id")}
    public = {name for name in dir(sibangkit_geo) if name[0] != "_"}
    assert {f"sibangkit_geo.{name}" for name in public} - entries == set()


@pytest.mark.parametrize("kind", [Study, *study_keys.BESIDE.values()], ids=lambda one: one.__name__)
def test_every_key_of_every_file_has_a_meaning(kind: type) -> None:
    listed = [(table.heading, key) for table in study_keys.tables(kind) for key in table.keys]
    assert [(table, key.name) for table, key in listed if len(key.meaning) < 4] == []
    page = study_keys.page()
    assert [(table, key.name) for table, key in listed if f"| `{key.name}` |" not in page] == []


def test_every_key_of_the_written_table_is_read() -> None:
    rows = re.findall(
        r"^\| `(\[+[\w.]+\]+)` \| (.*) \|$",
        (DOCS / "study-file.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert len(rows) > 25
    known: dict[str, set[str]] = {}
    for table in study_keys.tables(Study):
        known.setdefault(table.heading, set()).update(key.name for key in table.keys)
    # what stands within a table, or is the value of a key that stands before it
    known["[[earlier]]"] = known["[[households]]"]
    for heading, told in rows:
        named = {one for one in re.findall(r"`([a-z][a-z_]*)`", told) if "_" in one or one in KEYS}
        assert named - known.get(heading, set()) - {*KEYS, "desa_a", "desa_b"} == set(), heading
    missing = {table.heading for table in study_keys.tables(Study)} - {one for one, _ in rows}
    # their rows stand with the table they are in
    assert missing == {"[[budget.ceilings]]", "[[budget.decay]]"}


def test_every_command_option_and_exit_code_has_its_line() -> None:
    page = commands.page()
    for called, command in commands.commands():
        assert f"## `{called}`" in page
        for one in command.params:
            assert one.param_type_name == "argument" or f"`{one.opts[0]}`" in page
    kinds = [one for one in vars(errors).values() if isinstance(one, type)]
    codes = {one.exit_code for one in kinds if issubclass(one, errors.SibangkitError)} | {0}
    assert codes == set(commands.EXIT_CODES)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_product_has_one_meaning(kind: Kind) -> None:
    for name, one in published(kind).items():
        assert bool(one.told) != bool(one.means), name


def test_every_column_of_every_product_has_a_meaning(two_levels: TwoLevels) -> None:
    unknown = {}
    for _, _, folder in two_levels.finished:
        for file in folder.rglob("*"):
            for column in _columns(file):
                if not meaning_of(column):
                    unknown[column] = file.name
    assert unknown == {}


def _columns(file: Path) -> list[str]:
    if file.suffix == ".csv":
        return file.read_text("utf-8-sig").partition("\n")[0].strip().split(",")
    if file.suffix == ".parquet":
        return list(pq.read_schema(file).names)
    if file.suffix == ".gpkg":
        # styles are QGIS's own table
        layers = [name for name, _ in pyogrio.list_layers(file) if name != "layer_styles"]
        return [one for layer in layers for one in pyogrio.read_info(file, layer=layer)["fields"]]
    return []


# ---- messages name their page


def test_every_table_of_messages_has_its_page_and_every_page_its_messages() -> None:
    written = {file.stem for file in (DOCS / "tanya-jawab").glob("*.md")} - {"index"}
    assert written == message_pages.pages().keys()
    for name in written:
        text = (DOCS / "tanya-jawab" / f"{name}.md").read_text("utf-8")
        assert f"pesan/{name}.md" in text
        assert text.count("\n## ") >= 4


@pytest.mark.parametrize("table", messages())
def test_a_message_leads_to_the_page_where_it_stands(table: str) -> None:
    made = message_pages.pages()
    for text in messages()[table]:
        words = re.sub(r"\{\w+\}", "x", text)
        page = explained_in(words)
        assert page.startswith(f"{PAGES}/")
        assert Path(page).stem in made


# ---- spelling


def test_no_word_of_the_indonesian_texts_is_unknown() -> None:
    unknown = {name: spelling.unknown(text) for name, text in spelling.texts().items()}
    assert {name: words for name, words in unknown.items() if words} == {}


@pytest.mark.parametrize("word", ["kabupatem", "menghitugn", "dengna", "kemiskinian"])
def test_a_slip_of_the_pen_is_found(word: str) -> None:
    assert spelling.unknown(f"Angka {word} itu, `kod`, dan [sini](jalr.md).") == [word]


def test_no_word_of_ours_is_listed_in_vain() -> None:
    listed = spelling.OWN_WORDS.read_text("utf-8").split()
    assert listed == sorted(set(listed))
    used = {one for text in spelling.texts().values() for one in spelling.words(text)}
    parts = used | {part for one in used for part in one.split("-")}
    assert [one for one in listed if one not in parts] == []
