"""What is double-clicked: each starts `sibangkit mulai` with the folder that was dropped on it.

The macOS and Linux scripts are run here. Of the Windows one only what can be read off it is tested:
its line ends, signs, quotes and places; cmd.exe is on no machine that tests this.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LAUNCHERS = Path(__file__).resolve().parents[1] / "tools" / "launchers"
BAT = LAUNCHERS / "Sibangkit.bat"
SHELL = LAUNCHERS / "Sibangkit.command"
DESKTOP = LAUNCHERS / "Sibangkit.desktop"
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no POSIX shell to run it")
FOLDERS = ["data", "data desa", "A&B", "R&D (a) $x 'k' é ü 数据"]


@pytest.mark.parametrize("file", [BAT, SHELL, DESKTOP], ids=lambda one: one.name)
def test_a_launcher_names_no_place_of_one_machine(file: Path) -> None:
    text = file.read_bytes().decode("ascii")
    assert not re.search(r"[A-Za-z]:\\|/(?:home|usr|opt|Users|Applications)/", text)
    assert not re.search(r"\x1b|[\x00-\x08]", text)


# ---- Windows, as far as it can be read
def _lines() -> list[str]:
    return BAT.read_bytes().decode("ascii").split("\r\n")


def test_the_windows_launcher_has_the_line_ends_that_its_labels_need() -> None:
    raw = BAT.read_bytes()
    assert raw.endswith(b"\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    attributes = (LAUNCHERS.parents[1] / ".gitattributes").read_text("utf-8")
    assert "*.bat text eol=crlf" in attributes.splitlines()


def test_the_windows_launcher_speaks_utf8_and_stays_open() -> None:
    lines = _lines()
    assert lines[0] == "@echo off"
    assert "chcp 65001 >nul" in lines
    assert lines.index("pause >nul") < lines.index("exit /b !CODE!")
    labels = {one[1:] for one in lines if one.startswith(":")}
    jumps = set(re.findall(r"goto (\w+)", "\n".join(lines)))
    assert jumps <= labels
    # every way ends at the pause
    assert lines.index(":end") < lines.index("pause >nul")
    assert not [one for one in lines[: lines.index(":end")] if re.search(r"\bexit\b", one)]


def test_the_windows_launcher_quotes_every_path() -> None:
    code = [one for one in _lines() if not one.startswith("rem ")]
    for line in code:
        # a dropped folder, the place of the file and what was found stand within quotes
        for found in re.finditer(r"%~?\w*1\b|%~dp0|%~nx0|%%~[P$]|!(?:RUN|FOLDER)\b", line):
            assert line[: found.start()].count('"') % 2 == 1, line
    joined = "\n".join(code)
    assert '"!RUN!" mulai "!FOLDER!"' in joined
    # what is dropped is expanded late: no sign in it is read as a command
    assert joined.index("EnableDelayedExpansion") < joined.index("!cmdcmdline:")
    assert joined.index('set "FOLDER=%~1"') < joined.index("setlocal EnableDelayedExpansion")


# ---- macOS and Linux
@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Lay the launchers below an installation whose `sibangkit` tells its arguments."""
    root = tmp_path / "a & b é"
    tools = root / "tools" / "launchers"
    shutil.copytree(LAUNCHERS, tools)
    _stub(root / ".venv" / "bin" / "sibangkit")
    return tools


def _stub(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text('#!/bin/sh\nprintf "%s|" "$@"\nexit 3\n', encoding="utf-8")
    file.chmod(0o755)


def _start(
    command: list[str], cwd: Path, path: str = os.environ["PATH"]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
        env={"PATH": path},
    )


@posix
@pytest.mark.parametrize("name", FOLDERS)
def test_the_shell_launcher_hands_a_folder_on_as_it_is(
    place: Path, tmp_path: Path, name: str
) -> None:
    told = _start([str(place / SHELL.name), name], tmp_path)
    assert (told.stdout, told.returncode) == (f"mulai|--|{name}|", 3)
    assert _start([str(place / SHELL.name)], tmp_path).stdout == "mulai|"


@posix
def test_the_shell_launcher_finds_an_installed_command_or_says_what_is_missing(
    place: Path, tmp_path: Path
) -> None:
    shutil.rmtree(place.parents[1] / ".venv")
    _stub(tmp_path / "bin" / "sibangkit")
    # the shell itself and its few helpers
    system = os.pathsep.join(
        {str(Path(shutil.which(one) or "").parent) for one in ("sh", "dirname")}
    )
    found = _start([str(place / SHELL.name)], tmp_path, f"{tmp_path / 'bin'}{os.pathsep}{system}")
    assert found.stdout == "mulai|"
    (tmp_path / "bin" / "sibangkit").unlink()
    if shutil.which("sibangkit", path=system) is None:
        missing = _start([str(place / SHELL.name)], tmp_path, system)
        assert missing.returncode == 1
        assert "belum terpasang" in missing.stdout


def _expanded(text: str, *, own: str, dropped: str) -> list[str]:
    """Expand the line as the Desktop Entry Specification says."""
    line = next(one for one in text.splitlines() if one.startswith("Exec="))
    value = line.removeprefix("Exec=").replace("\\\\", "\\")
    words = []
    for word in shlex.split(value):
        if word in {"%k", "%f"}:
            words += [one for one in [{"%k": own, "%f": dropped}[word]] if one]
        else:
            # within quotes the specification masks one sign more than shlex does
            words.append(word.replace("\\$", "$").replace("%%", "%"))
    return words


@posix
@pytest.mark.parametrize("name", ["", *FOLDERS])
@pytest.mark.parametrize("scheme", ["", "file://"])
def test_the_linux_launcher_finds_its_script_beside_it(
    place: Path, tmp_path: Path, name: str, scheme: str
) -> None:
    text = (place / DESKTOP.name).read_text("utf-8")
    command = _expanded(text, own=f"{scheme}{place / DESKTOP.name}", dropped=name)
    told = _start(command, tmp_path)
    assert told.stdout == (f"mulai|--|{name}|" if name else "mulai|")
    # where the desktop does not say where the file lies, an installed command is taken
    _stub(tmp_path / "bin" / "sibangkit")
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    told = _start(_expanded(text, own="", dropped=name), tmp_path, path)
    assert told.stdout == (f"mulai|{name}|" if name else "mulai|")


def test_the_linux_launcher_masks_what_the_specification_asks_for() -> None:
    text = DESKTOP.read_text("utf-8")
    line = next(one for one in text.splitlines() if one.startswith("Exec="))
    script = re.sub(r"\\\\.", "", line.partition('"')[2].rpartition('"')[0])
    assert not re.search(r'["$`\\]', script)
    assert "%" not in re.sub(r"%%|%k|%f", "", line)
    assert "Terminal=true" in text.splitlines()
