"""
Damaged files: none may end a command but by one message, nor be read as something else unnoticed.

    python -m benchmarks.damage [--inputs 10000] [--commands 500] [--first 0] [--only NAME]

Files of every kind that the product reads (`damage_subjects.py`) are damaged in many ways and read
as the commands read them, in long-lived workers, then some through the command line. Told of every
input: what was damaged, how it ended. An input fails when

- an error is none of ours, or names no file, or holds a cell of the file;
- the process ends by a signal, prints anything by itself, takes over 10 s or 2 GB;
- what was read differs from the sound file though nothing was told: of a format with checksums at
  all, of a table of text in more rows than were damaged, of another in the number of its rows.

The number of an input says all of it. A failed one is kept with `--keep FOLDER`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import multiprocessing
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.damage_subjects import SECRET, Outcome, Subject, subjects
from sibangkit_geo.errors import MissingFileError, SibangkitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

SECONDS, BYTES = 10.0, 2 * 1024**3
_ARCHIVES = (".zip", ".xlsx", ".ods", ".kmz", ".docx")
_SECTOR = 512
# what breaks readers: ends of numbers, marks of every grammar, halves of characters
_BITS = (
    b"\x00", b"\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x80\x00\x00\x00",
    b"\xff\xfe", b"\xed\xa0\x80", b'"', b"'", b";", b",", b"\n", b"\r", b"<", b">", b"&", b"&#0;",
    b"<!--", b"]]>", b"{", b"}", b"[", b"[[", b"]", b"=", b"-", b"1e999", b"NaN", b"9" * 40, b"-1",
    b"\\", b"\\u0000", b"../", b"%s", b"\xe2\x80\xae", b"<![CDATA[", b'<?xml version="1.0"?>',
)  # fmt: skip
_NUMBERS = (b"1e999", b"-5", b"NaN", b"", b"0", b"9" * 40, b"1,5")


@dataclass(frozen=True, slots=True)
class Damage:
    """
    A damaged file.

    `spots`, `reach`: How many places were changed, and how many bytes at most.
    `cut`: Whether its end is gone.
    `resealed`: Whether the checksums were made to fit again.
    """

    data: bytes
    what: str
    spots: int = 1
    reach: int = 0
    cut: bool = False
    resealed: bool = False


def _flip(rng: random.Random, data: bytearray) -> Damage:
    spots = rng.randrange(1, 5)
    for _ in range(spots):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return Damage(bytes(data), "flip", spots, spots)


def _bits(rng: random.Random, data: bytearray) -> Damage:
    spots, reach = rng.randrange(1, 4), 0
    for _ in range(spots):
        at, bit = rng.randrange(len(data)), rng.choice(_BITS)
        gone = rng.choice((0, len(bit)))
        data[at : at + gone] = bit
        reach += len(bit)
    return Damage(bytes(data), "bits", spots, reach)


def _cut(rng: random.Random, data: bytearray) -> Damage:
    return Damage(bytes(data[: rng.randrange(len(data))]), "cut", cut=True)


def _lost(rng: random.Random, data: bytearray) -> Damage:
    at, size = rng.randrange(len(data)), rng.randrange(1, _SECTOR)
    size = min(size, len(data) - at)
    del data[at : at + size]
    return Damage(bytes(data), "lost", reach=size, cut=at + size >= len(data))


def _zeroed(rng: random.Random, data: bytearray) -> Damage:
    at = rng.randrange(0, len(data), _SECTOR)
    size = min(_SECTOR, len(data) - at)
    data[at : at + size] = bytes(size)
    return Damage(bytes(data), "zeroed", reach=size, cut=at + size >= len(data))


def _twice(rng: random.Random, data: bytearray) -> Damage:
    at, size = rng.randrange(len(data)), rng.randrange(1, 200)
    part = bytes(data[at : at + size])
    place = rng.randrange(len(data))
    data[place:place] = part
    return Damage(bytes(data), "twice", reach=2 * len(part))


def _longer(rng: random.Random, data: bytearray) -> Damage:
    more = rng.randbytes(rng.randrange(1, 300))
    return Damage(bytes(data) + more, "longer", reach=len(more))


def _number(rng: random.Random, data: bytearray) -> Damage:
    found = [*re.finditer(rb"\d+", data)]
    if not found:
        return _flip(rng, data)
    one = rng.choice(found)
    data[one.start() : one.end()] = rng.choice(_NUMBERS)
    return Damage(bytes(data), "number", reach=40)


def _member(rng: random.Random, data: bytearray) -> Damage:
    """Damage what an archive holds, and pack it again with fitting checksums."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(one.filename, archive.read(one)) for one in archive.infolist()]
    full = [at for at, (_, text) in enumerate(members) if text]
    at = rng.choice(full)
    inner = _damaged(rng, members[at][1], "")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, text) in enumerate(members):
            archive.writestr(name, inner.data if number == at else text)
    what = f"{inner.what} in {members[at][0]}"
    return Damage(packed.getvalue(), what, inner.spots, inner.reach, inner.cut, resealed=True)


def _deep(rng: random.Random, data: bytearray) -> Damage:
    at, mark = rng.randrange(len(data)), rng.choice((b"[", b"{", b"<a>", b"(", b'{"a":'))
    data[at:at] = mark * 20_000
    return Damage(bytes(data), "deep", reach=20_000)


_WAYS: tuple[Callable[[random.Random, bytearray], Damage], ...] = (
    _flip, _flip, _bits, _bits, _cut, _lost, _zeroed, _twice, _longer, _number, _deep,
)  # fmt: skip


def _damaged(rng: random.Random, data: bytes, ending: str) -> Damage:
    if not data:
        return Damage(b"\0", "longer")
    ways = (*_WAYS, *([_member] * 6 if ending in _ARCHIVES else []))
    return rng.choice(ways)(rng, bytearray(data))


def damaged(subject: Subject, sound: bytes, number: int) -> Damage:
    """Damage a file; the number says how."""
    rng = random.Random(f"{subject.name} {subject.kind} {number}")  # noqa: S311 - no secret
    return _damaged(rng, sound, Path(subject.name).suffix)


def fault_of(subject: Subject, sound: Outcome, read: Outcome, damage: Damage) -> str:
    """Tell what is wrong with what was read; empty where nothing is."""
    before, after = Counter(map(repr, sound.rows)), Counter(map(repr, read.rows))
    changed = max((before - after).total(), (after - before).total())
    if not changed or Counter(read.told) != Counter(sound.told):
        return ""
    if subject.sealed and not damage.resealed:
        return f"{changed} rows differ, and the checksum was not looked at"
    lost = len(sound.rows) - len(read.rows)
    few = damage.spots * 2 + damage.reach // 20
    if subject.text and not damage.resealed and changed > few and not (damage.cut and lost > 0):
        return f"{changed} rows differ where {few} were damaged, untold"
    if not subject.text and lost:
        return f"{lost} rows are lost, untold"
    return ""


def word_of(error: BaseException, name: str) -> str:
    """Tell what is wrong with an error; empty where it is one message of ours."""
    if not isinstance(error, SibangkitError):
        return f"{type(error).__name__}: {error}"[:300]
    text = str(error)
    if SECRET in text:
        return f"a cell of the file in the message: {text}"
    # a study whose path is damaged names a file that is not there
    if Path(name).stem not in text and not isinstance(error, MissingFileError):
        return f"no file in the message: {text}"
    return ""


class Reader:
    """Reads damaged files of every kind, each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.subjects = subjects()
        self.sound: dict[int, tuple[bytes, Outcome]] = {}

    def file(self, at: int) -> Path:
        """Name the file of a subject; what lies beside it is part of it."""
        subject = self.subjects[at]
        place: Path = self.folder / f"{at}"
        if at not in self.sound:
            place.mkdir(parents=True)
            path = place / subject.name
            subject.write(path)
            self.sound[at] = path.read_bytes(), _read(subject, path)
        return place / subject.name

    def damage(self, at: int, number: int) -> tuple[Path, Damage]:
        """Write a damaged file."""
        path = self.file(at)
        damage = damaged(self.subjects[at], self.sound[at][0], number)
        path.write_bytes(damage.data)
        return path, damage

    def outcome(self, at: int, number: int) -> tuple[str, str]:
        """
        Read a damaged file.

        Returns: How it ended (``"read"``, ``"told"`` or ``"refused"``), and what is wrong.
        """
        path, damage = self.damage(at, number)
        subject = self.subjects[at]
        try:
            read = _read(subject, path)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - panics are no Exception
            return "refused", word_of(error, path.name)
        sound = self.sound[at][1]
        told = Counter(read.told) != Counter(sound.told)
        return ("told" if told else "read"), fault_of(subject, sound, read, damage)


def _read(subject: Subject, path: Path) -> Outcome:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read = subject.read(path)
    return Outcome(read.rows, [*read.told, *(str(one.message) for one in caught)])


# ---- workers


def _work(pipe: Connection, folder: str) -> None:
    """Read what is asked for; what a library prints is caught."""
    noise = Path(folder) / f"noise{os.getpid()}"
    with noise.open("wb") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    reader = Reader(Path(folder) / f"{os.getpid()}")
    heard = 0
    while True:
        at, number = pipe.recv()
        ended, fault = reader.outcome(at, number)
        sys.stderr.flush()
        said = noise.read_bytes()[heard:]
        heard += len(said)
        if said and not fault:
            fault = f"printed: {said.decode(errors='replace')[:200]}"
        pipe.send((ended, fault, _peak()))


def _peak() -> int:
    try:
        import resource  # noqa: PLC0415 - POSIX only
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Worker:
    """A process that reads one damaged file after another, and may die of it."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self.process = context.Process(target=_work, args=(other, self._folder), daemon=True)
        self.process.start()
        other.close()

    def ask(self, at: int, number: int, *, seconds: float) -> tuple[str, str, int]:
        """Have a file read; a worker that dies or hangs is replaced."""
        try:
            self._pipe.send((at, number))
            if self._pipe.poll(seconds):
                answer: tuple[str, str, int] = self._pipe.recv()
                return answer
            ended = "hung", f"took more than {seconds:g} s", 0
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self.process.join()
            ended = "died", f"ended by {self.process.exitcode}", 0
        self.process.kill()
        self.process.join()
        self._start()
        return ended

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()


def trial(
    numbers: range, *, seconds: float = SECONDS, only: str = "", folder: str
) -> Iterator[dict[str, Any]]:
    """Read damaged files one after another: input `n` is of subject `n` modulo their number."""
    kinds = subjects()
    worker = Worker(folder)
    # the first of a kind imports its libraries
    warm = dict.fromkeys(range(len(kinds)), 60.0)
    for number in numbers:
        at = number % len(kinds)
        if only and only not in {kinds[at].name, kinds[at].kind}:
            continue
        begun = time.perf_counter()
        ended, fault, peak = worker.ask(at, number, seconds=seconds + warm.pop(at, 0.0))
        if ended in {"died", "hung"}:
            warm = dict.fromkeys(range(len(kinds)), 60.0)
        if peak > BYTES:
            fault = fault or f"took {peak / 1024**3:.1f} GB"
        yield {
            "number": number, "name": kinds[at].name, "kind": kinds[at].kind, "ended": ended,
            "fault": fault, "seconds": time.perf_counter() - begun, "peak": peak,
        }  # fmt: skip
    worker.stop()


# ---- through the command


_LINE = re.compile(r"^(error|galat): ")


def through_command(reader: Reader, number: int, *, seconds: float) -> dict[str, Any] | None:
    """Have the command line read a damaged file; None where only a study reads the kind."""
    at = number % len(reader.subjects)
    subject = reader.subjects[at]
    if not subject.command:
        return None
    path, _ = reader.damage(at, number)
    words = {"FILE": str(path), "FOLDER": str(path.parent)}
    arguments = [words.get(one, one) for one in subject.command]
    if subject.command[0] == "inspect":
        arguments += ["--out", str(path.parent / "laporan")]
    begun = time.perf_counter()
    fault = ""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "sibangkit_geo", *arguments],
            capture_output=True, text=True, check=False, timeout=seconds, errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        fault, code = f"took more than {seconds:g} s", None
    else:
        fault, code = command_fault(done, subject), done.returncode
    return {
        "number": number, "name": subject.name, "kind": subject.kind, "ended": f"exit {code}",
        "fault": fault, "seconds": time.perf_counter() - begun, "peak": 0,
    }  # fmt: skip


def command_fault(done: subprocess.CompletedProcess[str], subject: Subject) -> str:
    """Tell what is wrong with how a command ended; empty where nothing is."""
    told = done.stderr + done.stdout
    if done.returncode not in (0, 1, 2, 3):
        return f"ended by {done.returncode}"
    for word in (
        "Traceback",
        "panicked",
        "Exception ignored",
        "something unexpected",
        "tidak terduga",
        SECRET,
    ):
        if word in told:
            return f"{word} in {told[-300:]}"
    errors = [line for line in done.stderr.splitlines() if _LINE.match(line)]
    if done.returncode in (2, 3) and len(errors) != 1 and subject.command[0] != "scan":
        return f"{len(errors)} errors: {done.stderr[-300:]}"
    return ""


def main() -> None:
    """Run the trial and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--commands", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", default="")
    # a loaded machine takes longer
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        numbers = range(options.first, options.first + options.inputs)
        for row in trial(numbers, seconds=options.seconds, only=options.only, folder=folder):
            rows.append(row)
            if row["fault"]:
                print(json.dumps(row), flush=True)
        reader, number = Reader(Path(folder) / "commands"), options.first
        commands = 0
        while commands < options.commands:
            ended = through_command(reader, number, seconds=options.seconds)
            number += 1
            if ended is not None:
                commands += 1
                rows.append(ended)
                if ended["fault"]:
                    print(json.dumps(ended), flush=True)
        if options.keep:
            _keep(options.keep, reader, rows)
    _print(rows)
    sys.exit(any(row["fault"] for row in rows))


def _keep(folder: Path, reader: Reader, rows: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for row in rows:
        if row["fault"]:
            path, _ = reader.damage(row["number"] % len(reader.subjects), row["number"])
            (folder / f"{row['number']}_{path.name}").write_bytes(path.read_bytes())


def _print(rows: list[dict[str, Any]]) -> None:
    ended = sorted({row["ended"] for row in rows})
    print("kind", "inputs", *ended, "failed", "slowest s", sep="\t")
    for kind in [*sorted({row["kind"] for row in rows}), "all"]:
        of = [row for row in rows if kind in {row["kind"], "all"}]
        counts = Counter(row["ended"] for row in of)
        failed, slowest = sum(bool(row["fault"]) for row in of), max(row["seconds"] for row in of)
        print(kind, len(of), *(counts[one] for one in ended), failed, f"{slowest:.2f}", sep="\t")
    print(f"most memory {max(row['peak'] for row in rows) / 1024**2:.0f} MB")
    key = json.dumps([(row["number"], row["ended"]) for row in rows]).encode()
    print(f"fingerprint {hashlib.sha256(key).hexdigest()[:16]}")


if __name__ == "__main__":
    main()
