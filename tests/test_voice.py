"""Every message has its Indonesian twin, and a finished message finds it."""

from __future__ import annotations

import ast
import re
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from sibangkit_geo.errors import DataError, columns_hint, nearest
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.voice.language import speaking
from sibangkit_geo.voice.reporting import tell_result
from sibangkit_geo.voice.translator import (
    OF_NO_PAGE,
    Translator,
    account,
    error_text,
    remark,
    to_english,
    to_indonesian,
    told,
)
from tests.message_templates import PACKAGE, template, templates

if TYPE_CHECKING:
    from collections.abc import Iterator

MESSAGES: dict[str, dict[str, str]] = own_toml("sibangkit_geo.voice", "messages.id.toml")
PAGES = [name for name in MESSAGES if name not in OF_NO_PAGE]
KNOWN = {text: twin for name in PAGES for text, twin in MESSAGES[name].items()}
ALL = {text: twin for table in MESSAGES.values() for text, twin in table.items()}
SLOT = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
FOUND = templates()
FILLINGS = ("desa.gpkg", "Kec. Muara Padang", "17", 'x"y', "Zq (a, b)")


def slots(text: str) -> Counter[str]:
    return Counter(SLOT.findall(text))


def test_enough_templates_are_found_to_trust_the_walk() -> None:
    assert len(FOUND) > 550


def test_every_text_that_can_reach_the_command_line_has_a_twin() -> None:
    assert {text: where for text, where in FOUND.items() if text not in KNOWN} == {}


def test_no_twin_is_of_a_text_that_is_gone() -> None:
    assert [text for text in KNOWN if text not in FOUND] == []


@pytest.mark.parametrize("table", MESSAGES)
def test_a_twin_keeps_the_places_and_the_spaces_around(table: str) -> None:
    wrong = [
        text
        for text, twin in MESSAGES[table].items()
        if (slots(text) - slots(twin) or slots(twin) - slots(text))
        or (text[0].isspace(), text[-1].isspace()) != (twin[0].isspace(), twin[-1].isspace())
        or not twin.strip()
    ]
    # of a codec's words some are left out: they would show bytes
    assert [one for one in wrong if "codec" not in one] == []


@pytest.mark.parametrize("tables", MESSAGES)
def test_what_a_twin_must_keep_is_kept(tables: str) -> None:
    """Keys in backticks, tables of a study file, options and commands stay as they are."""
    kept = re.compile(r"`[^`{}]+`|\[+[a-z_.]+\]+(?!\})|--[a-z][a-z-]+|[a-z]+_[a-z_]+")
    wrong = {
        text: twin
        for text, twin in MESSAGES[tables].items()
        if set(kept.findall(text)) - set(kept.findall(twin)) - {"--out"}
    }
    assert wrong == {}


def filled(text: str, *, fillings: tuple[str, ...] = FILLINGS) -> str:
    words = {name: fillings[at % len(fillings)] for at, name in enumerate(SLOT.findall(text))}
    return SLOT.sub(lambda one: words[one[1]], text).replace("{{", "{").replace("}}", "}")


def expected(text: str, twin: str, *, fillings: tuple[str, ...] = FILLINGS) -> str:
    words = {name: fillings[at % len(fillings)] for at, name in enumerate(SLOT.findall(text))}
    return SLOT.sub(lambda one: words[one[1]], twin).replace("{{", "{").replace("}}", "}")


@pytest.mark.parametrize("fillings", [FILLINGS, ("1", "2", "3", "4"), ("[[a]] b", "c: d")])
def test_each_message_comes_out_in_indonesian_with_its_fillings(fillings: tuple[str, ...]) -> None:
    wrong = {
        text: said
        for text, twin in ALL.items()
        # of a codec's words some are left out: they would show bytes
        if "codec" not in text
        and (said := to_indonesian()(filled(text, fillings=fillings)))
        != expected(text, twin, fillings=fillings)
    }
    assert wrong == {}


def test_what_holds_another_message_is_translated_through_and_through() -> None:
    hint = nearest("replicate", ["replicates"])
    text = f'study.toml: Unknown key "replicate" in [pockets]. {hint}'
    assert told(text) == (
        'study.toml: Kunci "replicate" tidak dikenal dalam [pockets]. Maksudnya "replicates"?'
    )
    hint = columns_hint(["x"], "abcdefghijklm")
    text = f"Correct the column names in the study file or the command. {hint}"
    assert "Kolom yang ada, yang paling mirip lebih dahulu:" in told(text)
    assert told(text).endswith(" dan 3 lagi.")


def test_problem_rows_and_remedy_of_an_error_are_said_each() -> None:
    pandas = pytest.importorskip("pandas")
    rows = pandas.DataFrame(index=range(2, 1_236))
    error = DataError(
        "profil.csv: column jiwa has fractions above 1", rows=rows, remedy="Correct the cells."
    )
    assert error_text(error) == (
        "profil.csv: kolom jiwa memuat pecahan di atas 1 (baris: 1.234; pertama: 2, 3, 4). "
        "Perbaiki sel-sel itu."
    )
    with speaking("en"):
        assert error_text(error) == str(error)


def test_many_faults_are_read_one_by_one_and_soon() -> None:
    faults = [
        f'Unknown key "k{at}" in [[profiles]] number {at}. Did you mean "x{at}"?'
        for at in range(40)
    ]
    begun = time.process_time()
    said = told(f"study.toml: {'; '.join(faults)}")
    assert time.process_time() - begun < 10
    assert said.count("tidak dikenal dalam [[profiles]] nomor") == 40
    assert said.count("Maksudnya") == 40


def test_thousands_are_marked_as_in_indonesian() -> None:
    said = told("a.csv: 2,001 columns, more than 2,000")
    assert "2.001 kolom" in said
    assert said.endswith("lebih dari 2.000")
    text = "a.csv: column kk has cells that are no whole number from 0 to 1,000,000"
    assert told(text).endswith("bukan bilangan bulat dari 0 sampai 1.000.000")
    # cells that a message names stay
    assert told("a,b 1,234") == "a,b 1,234"


def test_an_account_says_the_errors_in_it() -> None:
    error = "p.csv: the table has a header but no rows. Export it again with its rows."
    text = f"p.csv: tabel desa\n  number  -\nperhatian: {error}"
    assert account(text).splitlines()[:2] == ["p.csv: tabel desa", "  number  -"]
    assert "tanpa baris. Ekspor lagi" in account(text)
    with speaking("en"):
        assert error in account(text)


def test_no_text_ends_where_code_goes_on() -> None:
    """What is added to a text in code is no part of its template, so that it finds no twin."""
    # a problem and its hint, each a sentence of its own
    assert [one for one in KNOWN if one[-1] == " " and one[-2] not in ".:,"] == []


def test_what_follows_a_message_stays_behind_its_twin() -> None:
    """A place at the end may take in what follows: where it stood elsewhere, that would too."""
    last = re.compile(r"\{(\w+)\}$")
    moved = [
        text
        for text, twin in KNOWN.items()
        if (found := last.search(text)) and not twin.endswith(found[0])
    ]
    assert moved == []


def test_what_is_unknown_stays_as_it_is() -> None:
    for text in ("", "Sungsang", "Desa Upang: muara, 3 km", "a.b. c: d; e", "...", ":"):
        assert told(text) == text


def test_a_translator_takes_the_template_that_says_most() -> None:
    translate = Translator([("{0} of {1}", "{1}: {0}"), ("rows of {0}", "baris {0}")])
    assert translate("rows of a") == "baris a"
    assert translate("sheets of a") == "a: sheets"
    translate = Translator([("rows of {0}", "baris {0}")])
    assert translate("x.csv: rows of a.") == "x.csv: baris a."
    assert translate("Rows there: rows of a b") == "Rows there: baris a b"


# ---- remarks
def _remarks_of_the_command_line() -> Iterator[str]:
    """Give what cli.py and the doctor say in Indonesian."""
    tree = ast.parse((PACKAGE / "cli.py").read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"tell", "said"}:
            for one in (part for given in node.args for part in _literals(given)):
                yield template(one) or ""
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in {"_STAGES", "_FOUND"}:
            yield from ast.literal_eval(node.value).values()
    tree = ast.parse((PACKAGE / "study" / "doctor.py").read_text("utf-8"))
    for node in ast.walk(tree):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Finding", "wrong.append"}:
            given = node.args
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in {"remedy", "told"}:
            given = [node.value]
        for one in (part for each in given for part in _literals(each)):
            yield template(one) or ""


def _literals(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.IfExp):
        yield from (*_literals(node.body), *_literals(node.orelse))
    elif isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    ):
        yield node


SAME = {"", "Python", "LibreOffice", "{0}", "{0}: {1}", "{0} ({1})"}


@pytest.mark.parametrize("text", sorted(set(_remarks_of_the_command_line()) - SAME))
def test_what_the_command_line_remarks_has_an_english_twin(text: str) -> None:
    said = to_english()(filled(text, fillings=("Qz9", "7", "8")))
    assert said != filled(text, fillings=("Qz9", "7", "8"))
    assert not re.search(r"\b(tidak|dan|yang|berkas|catatan|dari|sisa|perlu)\b", said)


def test_a_remark_is_said_in_the_language_spoken() -> None:
    assert remark("bersih") == "bersih"
    with speaking("en"):
        assert remark("bersih") == "clean"
        assert remark("3 kantong, 12 catatan (lihat manifest.json)").startswith(
            "pockets: 3, notes: 12 ("
        )
    assert remark("profil.csv: the file is empty") == "profil.csv: berkas kosong"


def test_notes_that_pages_say_in_english_are_so_on_the_command_line() -> None:
    pages = own_toml("sibangkit_geo.products.web", "sentences.en.toml")["text"]
    known = [text for text, twin in pages.items() if "{" not in text and len(text) > 40]
    assert len(known) >= 3
    with speaking("en"):
        assert [text for text in known if remark(text) != pages[text]] == []


def test_what_was_not_tested_is_not_told_as_none(capsys: pytest.CaptureFixture[str]) -> None:
    class Found:
        def __init__(self, p_value: float) -> None:
            self.p_value = p_value

        def __len__(self) -> int:
            return 0

    for p_value, words in ((float("nan"), "kantong tidak diuji, 2"), (0.4, "0 kantong, 2")):
        tell_result(Found(p_value), notes=2)  # type: ignore[arg-type]
        assert words in capsys.readouterr().err
