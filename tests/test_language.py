"""The command line speaks one language: help, usage errors, errors, remarks; and its exit codes."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from sibangkit_geo import errors
from sibangkit_geo.cli import app
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.voice import language
from sibangkit_geo.voice.language import of_environment, taken_out
from tests.message_templates import PACKAGE
from tests.test_cli import WRONG

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.testing import Result

DOCS = PACKAGE.parent / "docs" / "study-file.md"
ENGLISH = re.compile(
    r"\b(the|of|and|with|for|where|without|is|are|or|to|an|in|from|by|no|not|that|which|"
    r"file|files|village|show|write|print|usage|options?|commands?|arguments?|required|default)\b",
    re.IGNORECASE,
)
# names of things that stay as they are: metavars, types, options, files, keys
KEPT = re.compile(
    r"--[\w-]+|<[^>]+>|\{[^}]*\}|`[^`]*`|\S+\.(?:toml|json|html)\b|[A-Z]{2}\w*"
    r"|\[[a-z]\w*\]|\bWord\b|sibangkit [\w ]+"
)
NO_VARIABLE = {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "", "TERM": "dumb", "COLUMNS": "300"}


def call(*words: object, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(app, [str(one) for one in words], env=NO_VARIABLE | (env or {}))


def _commands() -> list[tuple[str, ...]]:
    root: Any = typer.main.get_command(app)
    found: list[tuple[str, ...]] = [()]
    for name, command in root.commands.items():
        found.append((name,))
        found += [(name, below) for below in getattr(command, "commands", {})]
    return found


@pytest.mark.parametrize("command", _commands(), ids=" ".join)
def test_help_of_every_command_is_indonesian_and_english_when_asked(
    command: tuple[str, ...],
) -> None:
    told = call(*command, "--help")
    assert told.exit_code == 0
    assert ENGLISH.findall(KEPT.sub(" ", told.stdout)) == []
    assert "Cara pakai: " in told.stdout
    english = call(*command, "--help", "--language", "en")
    assert "Usage: " in english.stdout
    assert "Show this message and exit." in english.stdout
    assert not re.search(r"\b(dan|atau|berkas|keluaran|wajib|bawaan)\b", english.stdout)


def test_every_help_text_has_a_twin_and_no_twin_is_stale() -> None:
    words = own_toml("sibangkit_geo.voice", "help.id.toml")
    root: Any = typer.main.get_command(app)
    found, metavars = {"Show this message and exit."}, set()
    commands = [root]
    while commands:
        one = commands.pop()
        commands += getattr(one, "commands", {}).values()
        found.add(one.help)
        for option in one.params:
            found.add(option.help)
            metavars |= {option.metavar, option.name}
    assert found == words["help"].keys()
    assert words["metavar"].keys() <= metavars


@pytest.mark.parametrize(
    ("variables", "spoken"),
    [
        ({}, "id"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "id_ID.UTF-8"}, "id"),
        ({"LANG": "C.UTF-8"}, "id"),
        ({"LC_ALL": "POSIX", "LANG": "en_US"}, "id"),
        ({"LC_ALL": "", "LC_MESSAGES": "en_US", "LANG": "id_ID"}, "en"),
        ({"LC_ALL": "id_ID", "LC_MESSAGES": "en_US"}, "id"),
        ({"LANG": "de_DE"}, "id"),
    ],
)
def test_the_first_variable_that_is_set_names_the_language(
    variables: dict[str, str], spoken: str
) -> None:
    assert of_environment(variables) == spoken
    told = call("scan", "tiada", env=variables)
    assert told.stderr.startswith({"id": "galat: tiada: berkas", "en": "error: tiada: no"}[spoken])


@pytest.mark.parametrize(("system", "spoken"), [("en_US", "en"), ("id_ID", "id"), ("", "id")])
def test_without_a_variable_the_system_is_asked(
    monkeypatch: pytest.MonkeyPatch, system: str, spoken: str
) -> None:
    monkeypatch.setattr(language, "_of_system", lambda: system)
    assert of_environment({}) == spoken


def test_the_option_may_stand_anywhere_and_is_stronger_than_the_environment() -> None:
    assert taken_out(["run", "x", "--language=en", "--", "--language", "id"]) == (
        ["run", "x", "--", "--language", "id"],
        "en",
    )
    for words in (["--language", "en", "scan", "x"], ["scan", "x", "--language=EN"]):
        assert call(*words).stderr.startswith("error: x: no such file")
    told = call("--language", "id", "scan", "x", env={"LC_ALL": "en_US.UTF-8"})
    assert told.stderr.startswith("galat: x: berkas tidak ditemukan (folder yang diperiksa).")
    for words in (["--language", "fr", "scan", "x"], ["scan", "x", "--language"]):
        told = call(*words)
        assert told.exit_code == 2
        assert "Yang dikenal: en, id." in told.stderr


USAGE = [
    ("runn", "Tidak ada perintah 'runn'. Maksudnya 'run'? Lihat `"),
    ("run study.toml", "Opsi '--out' wajib diisi. Lihat `"),
    ("run --out x", "Argumen 'STUDY.toml' wajib diisi."),
    ("demo --out x --seed=-1", "Nilai untuk '--seed' salah: nilai paling sedikit 0."),
    ("demo --out x --seed=a", "Nilai untuk '--seed' salah: harus berupa bilangan bulat."),
    ("demo --out x --households 900000", "nilai paling banyak 450000"),
    ("compare a --out x --minimum-jaccard=x", "harus berupa angka"),
    ("scan --foo", "Tidak ada opsi --foo"),
    ("boundaries fetch --foo", "Tidak ada opsi --foo (mungkin: --out)."),
    ("scan a b", "Ada argumen berlebih (b)."),
    ("run a --out", "Opsi '--out' memerlukan nilai."),
    ("run a --out b --unlocked=3", "Opsi '--unlocked' tidak memakai nilai."),
]


@pytest.mark.parametrize(("words", "told"), USAGE)
def test_what_the_parser_refuses_is_one_indonesian_line(words: str, told: str) -> None:
    result = call(*words.split())
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("galat: ")
    assert result.stderr.count("\n") == 1
    assert told in result.stderr
    assert ENGLISH.findall(KEPT.sub(" ", result.stderr)) == []
    english = call(*words.split(), "--language", "en") if words != "run a --out" else result
    assert english.stderr.startswith(("error: ", "galat: "))
    assert english.exit_code == 2


def test_nothing_asked_shows_the_help() -> None:
    told = call()
    assert told.exit_code == 2
    assert "Cara pakai: " in told.output


# ---- exit codes
def _raising(error: BaseException) -> Callable[..., object]:
    def stop(*_: object, **__: object) -> object:
        raise error

    return stop


NO_DATA = "The study names no data: add a [[profiles]] or [[households]] table."
TWO = (
    "galat: Studi tidak menyebut data: tambahkan tabel [[profiles]] atau [[households]].\n"
    "galat: a: layer tidak memuat poligon. Periksa kodenya."
)
LEAK = "Personal data in finished products: a.html. Nothing was written; report this."
LEAK_SAID = "Data pribadi dalam berkas keluaran: a.html. Tidak ada yang ditulis; laporkan hal ini."
UNEXPECTED = (
    "galat: berhenti karena hal yang tidak terduga (RuntimeError pada cli.py, baris 0); tidak ada "
    "yang ditulis. Mungkin ada berkas masukan yang rusak: periksa satu per satu dengan `sibangkit "
    "inspect`. Jika tidak, kirim baris ini kepada pengelola program."
)
KINDS: list[tuple[BaseException, int, str]] = [
    (errors.ConfigError("The study file lacks it."), 2, "galat: The study file lacks it."),
    (
        errors.MissingFileError(Path("a.csv"), named_by="study file"),
        2,
        "galat: a.csv: berkas tidak ditemukan (berkas studi). Periksa nama dan foldernya.",
    ),
    (
        errors.DataError("a.csv: the file is empty", remedy="Correct the list."),
        3,
        "galat: a.csv: berkas kosong. Perbaiki daftar itu.",
    ),
    (
        errors.InputsError(
            [
                errors.ConfigError(NO_DATA),
                errors.DataError("a: the layer has no polygon", remedy="Check the codes."),
            ]
        ),
        3,
        TWO,
    ),
    (
        errors.LeakError(LEAK),
        1,
        f"galat: {LEAK_SAID}",
    ),
    (KeyboardInterrupt(), 1, "galat: dihentikan; tidak ada yang ditulis"),
    (MemoryError(), 1, "galat: memori tidak cukup; tidak ada yang ditulis"),
    (
        OSError(28, "No space left on device", "hasil"),
        1,
        "galat: disk penuh; tidak ada yang ditulis. Sediakan ruang, juga untuk jumlah berkas",
    ),
    (
        RuntimeError("a secret"),
        1,
        UNEXPECTED,
    ),
]


@pytest.mark.parametrize(("error", "code", "told"), KINDS, ids=lambda one: type(one).__name__)
def test_each_kind_of_error_has_its_code_and_its_line(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, told: str
) -> None:
    monkeypatch.setattr("sibangkit_geo.study.begin.inspect", _raising(error))
    result = call("inspect", "x.csv")
    assert result.exit_code == code
    said = re.sub(r"baris \d+\)", "baris 0)", result.stderr).splitlines()
    pages = [re.search(r" \(dokumentasi: tanya-jawab/[a-z-]+\.html\)$", line) for line in said]
    # what was stopped on purpose needs no explanation
    assert all(pages) != isinstance(error, KeyboardInterrupt)
    assert "\n".join(line.partition(" (dokumentasi: ")[0] for line in said) == told
    english = call("inspect", "x.csv", "--language", "en")
    assert english.exit_code == code
    assert english.stderr.startswith("error: ")


@pytest.mark.parametrize(
    ("spoil", "code"), [one[1:3] for one in WRONG], ids=[one[0] for one in WRONG]
)
def test_a_wrong_study_is_told_in_indonesian_throughout(
    tmp_path: Path,
    write_small_study: Callable[[Path], Path],
    spoil: Callable[[Path], object],
    code: int,
) -> None:
    study_file = write_small_study(tmp_path)
    spoil(tmp_path)
    result = call("run", study_file, "--out", tmp_path / "out")
    assert result.exit_code == code
    assert result.stderr.startswith("galat: ")
    told = result.stderr.replace(str(tmp_path), "")
    assert ENGLISH.findall(KEPT.sub(" ", told)) == []


def test_an_interrupt_before_a_command_begins_has_the_code_of_any_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("signal.signal", _raising(KeyboardInterrupt()))
    told = call("doctor")
    assert (told.exit_code, told.stderr.strip()) == (
        1,
        "galat: dihentikan; tidak ada yang ditulis",
    )


def _documented() -> dict[int, str]:
    rows = re.findall(r"^\| (\d) \| (.*) \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    return {int(code): told for code, told in rows}


def test_the_table_of_exit_codes_is_that_of_the_code() -> None:
    documented = _documented()
    kinds = [one for one in vars(errors).values() if isinstance(one, type)]
    ours = {one.exit_code for one in kinds if issubclass(one, errors.SibangkitError)}
    # what commands say themselves
    said = set()
    for file in (PACKAGE / "cli.py", PACKAGE / "voice" / "reporting.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code":
                said |= {node.value.value} if isinstance(node.value, ast.Constant) else set()
    assert documented.keys() == {0, *ours, *said}
    for word in ("Ctrl-C", "SIGTERM", "`scan`", "`verify`", "`doctor`"):
        assert word in documented[1]
    assert {code for _, code, _ in KINDS} == documented.keys() - {0}


def test_a_finding_of_scan_and_verify_is_one_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("nik\n" + "16" + "07" + "99" + "55" + "05" + "80" + "0001\n")
    (tmp_path / "manifest.json").write_text('{"sha256": {"b.csv": "0"}}')
    words = {
        "id": ("nomor identitas", "1 berkas perlu diperiksa", "hilang", "berkas berbeda dari"),
        "en": ("identity number", "files that need a look: 1", "missing", "files differ from"),
    }
    for spoken, (kind, summary, lost, differ) in words.items():
        scanned = call("scan", tmp_path, "--language", spoken)
        assert (scanned.exit_code, scanned.stdout) == (1, f"a.csv\t1\t{kind}\n")
        assert scanned.stderr == f"{summary}\n"
        verified = call("verify", tmp_path, "--language", spoken)
        assert verified.exit_code == 1
        assert f"b.csv\t{lost}\n" in verified.stdout
        assert differ in verified.stderr


def test_a_command_of_the_shell_speaks_indonesian_by_default(tmp_path: Path) -> None:
    env = {key: text for key, text in os.environ.items() if not key.startswith(("LC_", "LANG"))}
    command = [sys.executable, "-m", "sibangkit_geo", "run", "tiada.toml", "--out", "out"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=env
    )
    assert done.returncode == 2
    assert done.stderr == (
        "galat: tiada.toml: berkas tidak ditemukan (berkas studi). Periksa nama dan foldernya. "
        "(dokumentasi: tanya-jawab/perintah.html)\n"
    )


def test_help_reads_no_catalogue_of_messages() -> None:
    probe = (
        "import sys\nfrom sibangkit_geo.cli import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "print([one for one in sys.modules if one in ('numpy', 'pandas', 'polars', "
        "'importlib.metadata', 'sibangkit_geo.voice.translator', 'sibangkit_geo.products')], "
        "file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
