"""
Kills of commands over a finished folder: what is left is the old one or the new one, whole.

    python benchmarks/kills.py [--households 12000] [--moments 12] [--last 12] [--changes 12]

Each command runs over the finished folder of another study and is killed, at moments spread at
random over its life and over its last second, and just before chosen changes of files. Then the
folder must hold all of the old or all of the new products; files of the user stay; and the same
command ends whole and takes away what the killed one left beside it.

POSIX only: nothing else kills a process between two calls.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.products.published import published
from sibangkit_geo.products.staging import MANIFEST, require_finished, staged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sibangkit_geo.products.published import Kind

MINE = {"catatan.txt": b"milik saya", "gis/milik_saya.txt": b"milik saya"}
_CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"})
_NEVER, _TOLD = 1 << 30, "SIBANGKIT_KILLS_TOLD"
Files = dict[str, bytes]
_QUICK = """\
[study]
title = "{name}: studi buatan"
regency = "16.07"
year = 2025
[boundaries]
villages = "default"
[[profiles]]
path = "desa.csv"
code = "kode"
code_system = "kemendagri"
households = "kk"
poor_share_percent = "miskin"
year = 2024
[pockets]
replicates = 99
stability = false
[disclosure]
level = "{level}"
"""


def files_in(folder: Path) -> Files:
    """Read every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def state_of(out: Path, old: Files, new: Files) -> str:
    """
    Tell what a folder holds after a kill.

    Returns: ``"old"``, ``"new"`` or ``"unfinished"``; else what is wrong.
    """
    found = files_in(out)
    if {name: found.pop(name, b"") for name in MINE if name in old} != {
        name: MINE[name] for name in MINE if name in old
    }:
        return "a file of the user is gone"
    for name, whole in (("old", old), ("new", new)):
        if found == {key: text for key, text in whole.items() if key not in MINE}:
            return name
    try:
        require_finished(out)
    except ConfigError:
        return "unfinished"
    return "a mixture that its manifest calls finished" if MANIFEST in found else "no manifest"


def kill_before(number: int, folder: str = "", *, writes: bool = True) -> Callable[[], int]:
    """
    Let this process kill itself just before its change of files of this number.

    `folder`: Counts only what names it.
    `writes`: Whether a file opened for writing is a change, beside moves and removals.
    Returns: How many changes there were.
    """
    count = 0

    def watch(event: str, told: tuple[object, ...]) -> None:
        nonlocal count
        opens = writes and event == "open" and isinstance(told[1], str)
        if not (opens and set(str(told[1])) & set("wxa+")) and event not in _CHANGES:
            return
        if any(folder in str(one) for one in told[:2]):
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    return lambda: count


# ---- the short form: the way every product takes into its folder, in a process of its own


def made_up(kind: Kind, text: str, *, optional: bool) -> Files:
    """Make up a finished folder: every line of the list, or none of the optional ones."""
    lines = [name for name, one in published(kind).items() if optional or not one.optional]
    names = [name.replace("*", sign).replace("?", "4") for name in lines for sign in ("a", "b")]
    files = {name: text.encode() for name in names if name != MANIFEST}
    listed = {"run": text, "products": [*files, MANIFEST]}
    return {**files, MANIFEST: json.dumps(listed).encode()}


def write_all(files: Files, folder: Path) -> None:
    """Write files into a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _replace(out: Path, kind: Kind, new: Files) -> None:
    with staged(out, kind=kind, private=kind == "run") as folder:
        write_all(new, folder)


def _forked(work: Callable[[], None], number: int) -> bool:
    """Do work in a child that is killed; tell whether it was, or ended before."""
    child = os.fork()
    if child == 0:
        kill_before(number, writes=False)
        work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def short_form(kind: Kind, home: Path, *, every: int = 1) -> dict[str, int]:
    """
    Kill the move of one kind of products before the changes of files it makes.

    `every`: Of how many changes one is tried.
    Returns: How often each state was left; the one after another run must be whole.
    """
    out = home / "out"
    fresh = made_up(kind, "new", optional=False)
    made = []
    for files in (made_up(kind, "old", optional=True), fresh):
        shutil.rmtree(home, ignore_errors=True)
        _replace(out, kind, files)
        # what is sealed on the way counts too
        made.append({**files_in(out), **MINE})
    old, new = made
    states: dict[str, int] = {}
    for number in range(1, _NEVER, every):
        shutil.rmtree(home, ignore_errors=True)
        write_all(old, out)
        killed = _forked(lambda: _replace(out, kind, fresh), number)
        state = state_of(out, old, new)
        states[state] = states.get(state, 0) + 1
        _replace(out, kind, fresh)
        if state_of(out, old, new) != "new":
            states["not whole after another run"] = number
        if [one.name for one in home.iterdir()] != ["out"]:
            states["something left beside the folder"] = number
        if not killed:
            break
    return states


# ---- the long form: real commands


@dataclass(frozen=True, slots=True)
class Command:
    """
    A command over a folder.

    `before`, `after`: Its arguments for the old and for the new products, without ``--out``.
    """

    name: str
    before: Sequence[str]
    after: Sequence[str]


def start(
    arguments: Sequence[str], out: Path, *, before: int = _NEVER, told: Path | None = None
) -> subprocess.Popen[bytes]:
    """
    Start a command that kills itself before its change of this number in or beside the folder.

    `told`: File that is to hold the number of changes, of a command that ends.
    """
    script = [sys.executable, __file__, "--child", str(before), *arguments, "--out", str(out)]
    # equal runs are equal to the byte where they are told the time
    return subprocess.Popen(
        script,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000", _TOLD: str(told or "")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def killed(
    command: Command, home: Path, *, moments: int, last: int, changes: int
) -> Iterator[dict[str, str]]:
    """Kill a command in every way, and tell what each left and whether another run mends it."""
    old, new, seconds, number = _finished(command, home)
    rng = np.random.default_rng(1607)
    points = sorted({int(one) for one in np.linspace(1, number, changes)})
    spread = np.concatenate(
        [rng.uniform(0, seconds, moments), rng.uniform(max(0, seconds - 1), seconds, last)]
    )
    kills = [("moment", float(one)) for one in np.sort(spread)]
    kills += [("change", float(one)) for one in points]
    for way, at in kills:
        out = home / "kill" / "out"
        shutil.rmtree(home / "kill", ignore_errors=True)
        write_all({**old, **_mine(command)}, out)
        process = start(command.after, out, before=int(at) if way == "change" else _NEVER)
        if way == "moment":
            time.sleep(at)
            process.kill()
        process.wait()
        told = _states(out, old, new, command)
        again = start(command.after, out).wait()
        beside = [one.name for one in (home / "kill").rglob(".*-*")]
        mended = again == 0 and _states(out, old, new, command) == {"new"} and not beside
        yield {
            "command": command.name, "way": way, "at": f"{at:.2f}", "left": ", ".join(sorted(told)),
            "held": str(told <= {"old", "new"} and mended),
        }  # fmt: skip


def _mine(command: Command) -> Files:
    return {} if command.name == "partners" else MINE


def _finished(command: Command, home: Path) -> tuple[Files, Files, float, int]:
    """Make the old and the new products undisturbed; measure seconds and changes of files."""
    made = []
    seconds = 0.0
    told = home / "changes"
    for name, arguments in (("old", command.before), ("new", command.after)):
        # the name of the folder may stand in a product
        out = home / name / "out"
        begin = time.monotonic()
        if start(arguments, out, told=told).wait():
            msg = f"{command.name}: does not run undisturbed"
            raise RuntimeError(msg)
        seconds = time.monotonic() - begin
        made.append(files_in(out))
    return made[0], made[1], seconds, int(told.read_text())


def _states(out: Path, old: Files, new: Files, command: Command) -> set[str]:
    """Tell the states of a folder, or of the folders of all partners in it."""
    if command.name != "partners":
        return {state_of(out, {**old, **MINE}, {**new, **MINE})}
    keys = sorted({name.split("/")[0] for name in old})
    return {state_of(out / key, _part(old, key), _part(new, key)) for key in keys}


def _part(files: Files, key: str) -> Files:
    start_of = f"{key}/"
    return {n.removeprefix(start_of): one for n, one in files.items() if n.startswith(start_of)}


def quick(home: Path) -> list[Command]:
    """Make up two studies of a table of villages, the quickest there are, and runs of both."""
    from sibangkit_geo import codes  # noqa: PLC0415 - the short form forks, and these start threads

    data = home / "data"
    data.mkdir()
    rows = [
        f"{code};{400 + at};{8 + at % 7}"
        for at, code in enumerate(codes.official_villages("16.07"))
    ]
    (data / "desa.csv").write_text("\n".join(["kode;kk;miskin", *rows]) + "\n", "utf-8")
    for name, level in (("one", "agency"), ("two", "public")):
        (data / f"{name}.toml").write_text(_QUICK.format(name=name, level=level), "utf-8")
    one, two = (["run", str(data / f"{name}.toml")] for name in ("one", "two"))
    return [Command("run", one, two)]


def commands(home: Path, households: int) -> list[Command]:
    """Make up two studies of one regency, which differ in level and title, and runs of both."""
    # the short form forks, and these start threads
    from sibangkit_geo.demo import DemoSettings, write_demo  # noqa: PLC0415

    data = write_demo(home / "data", settings=DemoSettings(households=households)).parent
    text = (data / "study.toml").read_text("utf-8")
    text = text.replace("replicates = 999", "replicates = 99\nstability = false")
    text += '\n[annex]\nsheets = ["overview"]\n'
    for name, level in (("one", "agency"), ("two", "public")):
        own = text.replace('level = "agency"', f'level = "{level}"')
        own = own.replace('title = "', f'title = "{name}: ')
        (data / f"{name}.toml").write_text(own, "utf-8")
        earlier = own.replace("year = 2025\nlanguage", "year = 2020\nlanguage")
        (data / f"{name}_2020.toml").write_text(earlier, "utf-8")
        for study in (name, f"{name}_2020"):
            start(["run", str(data / f"{study}.toml")], home / "runs" / study).wait()
    files = [str(data / f"{name}.toml") for name in ("one", "two")]
    runs = [
        [str(home / "runs" / name), str(home / "runs" / f"{name}_2020")] for name in ("one", "two")
    ]
    return [
        *(Command(name, [name, files[0]], [name, files[1]]) for name in ("run", "annex")),
        Command("partners", ["partners", files[0]], ["partners", files[1]]),
        Command("compare", ["compare", *runs[0]], ["compare", *runs[1]]),
    ]


def main() -> None:
    """Kill, and print what each kill left."""
    if "--child" in sys.argv[:2]:
        _child()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--households", type=int, default=12_000, help="0 for a table of villages alone"
    )
    parser.add_argument("--moments", type=int, default=12)
    parser.add_argument("--last", type=int, default=12)
    parser.add_argument("--changes", type=int, default=12)
    parser.add_argument("--only", help="one of run, annex, partners, compare")
    options = parser.parse_args()
    held = True
    with tempfile.TemporaryDirectory() as name:
        made = commands(Path(name), options.households) if options.households else quick(Path(name))
        for command in made:
            if options.only not in {None, command.name}:
                continue
            home = Path(name) / command.name
            for row in killed(
                command, home, moments=options.moments, last=options.last, changes=options.changes
            ):
                held &= row["held"] == "True"
                print(*row.values(), sep="\t", flush=True)
    sys.exit(not held)


def _child() -> None:
    """Be a command that kills itself: number, then its arguments, the folder last."""
    from sibangkit_geo.cli import app  # noqa: PLC0415 - the same

    number, *arguments = sys.argv[2:]
    sys.argv[1:] = arguments
    changes = kill_before(int(number), str(Path(arguments[-1]).parent))
    try:
        app()
    finally:
        if os.environ[_TOLD]:
            Path(os.environ[_TOLD]).write_text(str(changes()))


if __name__ == "__main__":
    main()
