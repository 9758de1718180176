"""
What a guide tells its reader to do, read from its words and done as it stands there.

A ``console`` block holds commands behind ``$``, what is typed behind ``>``, and below each command
lines that its output must have in this order; ``…`` stands for what is left out. A line that begins
with ``galat:`` says that the command fails, and so does ``batal`` as the last thing typed.
Sentences that begin with one of `VERBS` are done as well, and none may have another form.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PANDUAN = Path(__file__).resolve().parents[1] / "docs" / "panduan"
#: the second goes on in the folder of the first; the third only reads what they have made
NAMES = ("analis", "bappeda", "perencana")
VERBS = (
    "Buat folder",
    "Salin",
    "Ganti di",
    "Tulis di",
    "Buka",
    "Klik",
    "Ketik",
    "Pilih",
    "Terlihat",
)
CLICKS = frozenset({"Buka", "Klik", "Ketik", "Pilih", "Terlihat"})
#: what follows a verb: `code` and **label** in a fixed order
_FORMS = {
    "Buat folder": r" `([^`]+)`\.",
    "Salin": r" `([^`]+)` ke `([^`]+)`\.",
    "Ganti di": r" `([^`]+)`:\Z",
    "Tulis di": r" `([^`]+)`:\Z",
    "Buka": r" `([^`]+)`\.",
    "Klik": r" \*\*([^*]+)\*\*\.",
    "Ketik": r" `([^`]+)` pada \*\*([^*]+)\*\*\.",
    "Pilih": r" \*\*([^*]+)\*\* pada \*\*([^*]+)\*\*\.",
    "Terlihat": r" ((?:\*\*[^*]+\*\*(?:, | dan |, dan )?)+)\.",
}
_VERB = re.compile(rf"(?<![\w*`])({'|'.join(VERBS)})\b")
_FENCE = re.compile(
    r"^( *)(```|~~~|:::)\{?([\w\-]*)\}?[^\n]*\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL
)
_NOT_READ = re.compile(r"\*\*[^*]+\*\*|`[^`\n]+`|!?\[[^\]]*\]\([^)]*\)")
_INLINE = re.compile(r"(?<!`)`(sibangkit[^`\n]*)`(?!`)")
_DECORATIVE = frozenset({"figure", "image", "note", "tip", "warning", "important", "admonition"})
_SECONDS = 300
#: how long a reader would look for a label
PATIENCE_MS = 20_000
_BUTTONS = ("button", "link", "tab", "option", "checkbox", "radio")
_FIELDS = ("combobox", "textbox", "searchbox")


class GuideError(AssertionError):
    """A guide says what cannot be done, or promises what did not come."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: a command with what it must tell, an edit, or a click."""

    verb: str
    words: tuple[str, ...]
    body: str = ""
    typed: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()

    @property
    def fails(self) -> bool:
        stopped = self.typed[-1:] == ("batal",)
        return stopped or any(line.startswith("galat:") for line in self.expected)


@dataclass(slots=True)
class Guide:
    """The steps of one guide, in the order in which they stand there."""

    name: str
    steps: list[Step] = field(default_factory=list)

    def done_by(self, *, clicking: bool) -> list[Step]:
        return [one for one in self.steps if (one.verb in CLICKS) == clicking]


def own_guide(name: str) -> Guide:
    """Read a guide of the documentation."""
    return read_guide((PANDUAN / f"{name}.md").read_text(encoding="utf-8"), name=name)


def read_guide(text: str, *, name: str = "") -> Guide:
    """Read every step; whatever looks like one and has no known form is an error."""
    guide, place, wants = Guide(name), 0, ""
    for fence in _FENCE.finditer(text):
        guide.steps += _sentences(text[place : fence.start()])
        wants = guide.steps[-1].verb if guide.steps and not guide.steps[-1].body else ""
        kind, body = fence[3], re.sub(rf"^{fence[1]}", "", fence[4], flags=re.MULTILINE)
        if kind == "console":
            guide.steps += _commands(body)
        elif wants in {"Ganti di", "Tulis di"}:
            guide.steps[-1] = Step(wants, guide.steps[-1].words, body)
        elif kind not in _DECORATIVE:
            msg = f"{name}: nobody does what this block says:\n{body}"
            raise GuideError(msg)
        place = fence.end()
    guide.steps += _sentences(text[place:])
    for one in guide.steps:
        if one.verb in {"Ganti di", "Tulis di"} and not one.body:
            msg = f"{name}: no block follows `{one.words[0]}`"
            raise GuideError(msg)
    _check_inline(text, guide)
    return guide


def _sentences(prose: str) -> Iterator[Step]:
    for part in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.|\|) )", prose):
        words = " ".join(part.split())
        # a verb within a label, a link or code is none
        plain = _NOT_READ.sub(lambda found: "·" * len(found[0]), words)
        for found in _VERB.finditer(plain):
            form = re.compile(_FORMS[found[1]]).match(words, found.end())
            if form is None:
                msg = f"no form of {found[1]!r}: {words[found.start() :]}"
                raise GuideError(msg)
            said = form.groups()
            if found[1] == "Terlihat":
                said = tuple(re.findall(r"\*\*([^*]+)\*\*", form[1]))
            yield Step(found[1], said)


def _commands(body: str) -> Iterator[Step]:
    lines = body.splitlines()
    starts = [at for at, line in enumerate(lines) if line.startswith("$ ")]
    if not starts or starts[0] != 0:
        msg = f"a block of commands begins with `$ `:\n{body}"
        raise GuideError(msg)
    for first, last in zip(starts, [*starts[1:], len(lines)], strict=True):
        below = lines[first + 1 : last]
        yield Step(
            "$",
            tuple(shlex.split(lines[first][2:])),
            typed=tuple(line[1:].strip() for line in below if line.startswith(">")),
            expected=tuple(
                line.strip() for line in below if line.strip(" …") and not line.startswith(">")
            ),
        )


def _check_inline(text: str, guide: Guide) -> None:
    """Refuse a command that stands in a sentence with arguments and in no block."""
    run = {shlex.join(one.words) for one in guide.steps if one.verb == "$"}
    for said in _INLINE.findall(text):
        if len(said.split()) > 2 and not any(one.startswith(said) for one in run):
            msg = f"{guide.name}: `{said}` is said and never run"
            raise GuideError(msg)


# ---- done without a browser
def do(step: Step, folder: Path) -> None:
    """Do what a step says within a folder."""
    if step.verb == "$":
        _run(step, folder)
    elif step.verb == "Buat folder":
        (folder / step.words[0]).mkdir()
    elif step.verb == "Salin":
        shutil.copy(folder / step.words[0], folder / step.words[1])
    elif step.verb == "Tulis di":
        (folder / step.words[0]).write_text(step.body, encoding="utf-8")
    elif step.verb == "Ganti di":
        path = folder / step.words[0]
        path.write_text(edited(path.read_text(encoding="utf-8"), step.body), encoding="utf-8")
    else:
        msg = f"{step.verb} needs a browser"
        raise GuideError(msg)


def edited(text: str, wanted: str) -> str:
    """Set the keys of each named table; a new table or key goes to the end of its place."""
    table = ""
    for line in filter(str.strip, wanted.splitlines()):
        if line.startswith("["):
            table = line.strip()
            if table.startswith("[[") or table not in text:
                text = f"{text.rstrip()}\n\n{table}\n"
            continue
        key = line.partition("=")[0].strip()
        head, named, below = text.rpartition(f"{table}\n")
        if not named:
            msg = f"{table} is no table of the file"
            raise GuideError(msg)
        cut = below.find("\n[")
        own, after = (below, "") if cut < 0 else (below[:cut], below[cut:])
        pattern = re.compile(rf"^{re.escape(key)} *=.*$", re.MULTILINE)
        if pattern.search(own):
            own = pattern.sub(line.replace("\\", r"\\"), own)
        else:
            own = f"{own.rstrip()}\n{line}\n".lstrip("\n")
        text = head + named + own + after
    return text


def _run(step: Step, folder: Path) -> None:
    code, output = _told(step, folder)
    said = shlex.join(step.words)
    if (code != 0) != step.fails:
        msg = f"$ {said}\nended with {code}:\n{output}"
        raise GuideError(msg)
    if line := _missing(step, output):
        msg = f"$ {said}\ndid not tell, or not in this place: {line}\n{output}"
        raise GuideError(msg)


def _told(step: Step, folder: Path) -> tuple[int, str]:
    """Run a command; give its exit code, and what it tells as a terminal would show it."""
    program, *arguments = step.words
    typed = "".join(f"{line}\n" for line in step.typed)
    if program == "sibangkit":
        # not before the tests have settled which language they read
        from typer.testing import CliRunner  # noqa: PLC0415

        from sibangkit_geo.cli import app  # noqa: PLC0415

        # in this process: starting Python anew for each would take a third of the time
        with contextlib.chdir(folder), warnings.catch_warnings():
            warnings.simplefilter("default")
            env = dict.fromkeys(("LC_MESSAGES", "LANG")) | {"LC_ALL": "C.UTF-8"}
            done = CliRunner().invoke(app, arguments, input=typed, env=env)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.output
    if program != "python":
        msg = f"a reader may lack the command {program!r}"
        raise GuideError(msg)
    script = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=_SECONDS,
        check=False,
    )
    return script.returncode, script.stdout


def _missing(step: Step, output: str) -> str:
    """Give the first expected line that does not come after those before it."""
    if step.typed:
        # the echo of what is typed is missing: a question and what follows stand on one line
        text, place = " ".join(output.split()), 0
        for line in step.expected:
            found = _pattern(line.strip("… ")).search(text, place)
            if found is None:
                return line
            place = found.end()
        return ""
    told = iter([" ".join(line.split()) for line in output.splitlines()])
    lines = ((line, _pattern(line)) for line in step.expected)
    return next(
        (line for line, told_as in lines if not any(map(told_as.fullmatch, told))),
        "",
    )


def _pattern(line: str) -> re.Pattern[str]:
    parts = (re.escape(" ".join(part.split())) for part in line.split("…"))
    return re.compile(r"\s*.*?\s*".join(parts))


def do_all(guide: Guide, folder: Path, *, told: Callable[[str], None] = lambda _: None) -> int:
    """Do every step that needs no browser; give how many."""
    steps = guide.done_by(clicking=False)
    for step in steps:
        told(f"{guide.name}: {step.verb} {shlex.join(step.words)}")
        do(step, folder)
    return len(steps)


# ---- done in a browser
def _first(page: Any, label: str, roles: tuple[str, ...]) -> Any:
    """Find what is seen under a label, as a reader does: first what can be used, then any text."""
    finders = [page.get_by_role(role, name=label, exact=True) for role in roles]
    if roles is not _FIELDS:
        finders.append(page.get_by_text(label, exact=True))
    for finder in finders:
        for place in range(min(finder.count(), 20)):
            if finder.nth(place).is_visible():
                return finder.nth(place)
    return None


def _until(page: Any, find: Callable[[], Any], what: str, patience: int) -> Any:
    waited = 0
    while (found := find()) is None or found is False:
        if waited >= patience:
            msg = f"not on the page: {what}"
            raise GuideError(msg)
        page.wait_for_timeout(100)
        waited += 100
    return found


def _seen(page: Any, text: str) -> bool:
    words = " ".join(page.locator("body").inner_text().split())
    return text in words


def click(page: Any, step: Step, folder: Path, *, patience: int = PATIENCE_MS) -> None:
    """Do what a step says on a page."""
    if step.verb == "Buka":
        file, _, place = step.words[0].partition("#")
        assert (folder / file).is_file(), f"there is no {file}"
        page.goto((folder / file).as_uri() + (f"#{place}" if place else ""))
        page.wait_for_selector("html[data-ready='1'], html:not(:has(script))")
    elif step.verb == "Klik":
        _until(page, lambda: _first(page, step.words[0], _BUTTONS), step.words[0], patience).click()
        page.wait_for_load_state()
    elif step.verb in {"Ketik", "Pilih"}:
        said, label = step.words
        field = _until(page, lambda: _first(page, label, _FIELDS), label, patience)
        if step.verb == "Ketik":
            field.fill(said)
        else:
            field.select_option(label=said)
    else:
        for text in step.words:
            _until(page, lambda text=text: _seen(page, text), text, patience)  # type: ignore[misc]
