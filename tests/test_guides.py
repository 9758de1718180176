"""The guides, done word by word by one who has an empty folder: commands and edits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

import sibangkit_geo
from tests.guides import PANDUAN, GuideError, do, do_all, edited, own_guide, read_guide

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DOCS = PANDUAN.parent
SHOWN = re.compile(r"!\[[^\]]+\]\((?:\.\./)?gambar/([\w.]+)\)")


#: what each guide must have its reader do
WANTED = {
    "analis": ["demo", "inspect", "new", "run", "compare", "annex", "verify", "scan"],
    "bappeda": ["annex", "partners", "scan", "verify", "mulai"],
    "perencana": [],
}


@pytest.mark.parametrize("name", WANTED)
def test_every_command_of_a_guide_is_run_and_has_an_outcome(name: str) -> None:
    text = (PANDUAN / f"{name}.md").read_text(encoding="utf-8")
    steps = [one for one in own_guide(name).steps if one.verb == "$"]
    assert len(steps) == len(re.findall(r"^\$ ", text, re.MULTILINE))
    assert all(one.expected for one in steps)
    assert set(WANTED[name]) <= {one.words[1] for one in steps}


def test_commands_and_edits_do_what_the_guides_say(
    followed: tuple[Path, dict[str, int]],
) -> None:
    _, done = followed
    assert done["analis"] > 15
    assert done["bappeda"] > 9


# ---- the reader of the guides itself
SMALL = """
Buat folder `kerja`.

Tulis di `kerja/a.toml`:

```toml
[satu]
x = 1
```

Ganti di `kerja/a.toml`:

```toml
[satu]
x = 2
```

```console
$ sibangkit --version
sibangkit … 0.1.0
```
"""


def test_a_right_guide_is_done(tmp_path: Path) -> None:
    text = SMALL.replace("sibangkit … 0.1.0", f"…{sibangkit_geo.__version__}")
    assert do_all(read_guide(text), tmp_path) == 4
    assert (tmp_path / "kerja" / "a.toml").read_text("utf-8") == "[satu]\nx = 2\n"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("sibangkit versi\n", "ended with 2"),
        ("sibangkit --version\nsibangkit 999", "did not tell"),
        ("sibangkit --version\ngalat: tidak ada", "ended with 0"),
        ("sibangkit verify tiada\n", "ended with"),
        ("rm -r kerja\n", "may lack the command"),
    ],
)
def test_a_wrong_command_or_line_fails(tmp_path: Path, command: str, told: str) -> None:
    (step,) = read_guide(f"```console\n$ {command}\n```\n").steps
    with pytest.raises(GuideError, match=told):
        do(step, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "```bash\nsibangkit demo\n```\n",
        "```console\nsibangkit demo\n```\n",
        "```toml\nx = 1\n```\n",
        "Ganti di `study.toml`:\n\nlalu jalankan.\n",
        "Klik tombol **Cetak**.\n",
        "Kemudian Klik **Cetak** dan tunggu.\n",
        "Jalankan `sibangkit run a.toml --out b`.\n",
    ],
)
def test_what_nobody_would_do_is_refused(text: str) -> None:
    with pytest.raises(GuideError):
        read_guide(text)


def test_order_and_gaps_of_expected_lines_count(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("for n in (1, 2, 3): print('baris', n)\n", encoding="utf-8")
    good, bad = "baris 1\n…\nbaris …3", "baris 2\nbaris 1"
    (right,) = read_guide(f"```console\n$ python a.py\n{good}\n```\n").steps
    (wrong,) = read_guide(f"```console\n$ python a.py\n{bad}\n```\n").steps
    do(right, tmp_path)
    with pytest.raises(GuideError, match="not in this place"):
        do(wrong, tmp_path)


def test_an_edit_reaches_its_table_alone() -> None:
    text = "[a]\nx = 1\n\n[b]\nx = 1\n"
    assert edited(text, '[b]\nx = 2\ny = "z"\n') == '[a]\nx = 1\n\n[b]\nx = 2\ny = "z"\n'
    assert edited(text, "[a]\ny = 3\n") == "[a]\nx = 1\ny = 3\n\n[b]\nx = 1\n"
    assert edited(text, "[[c]]\nk = 1\n").endswith("\n[[c]]\nk = 1\n")


# ---- pictures and the example
def test_pictures_are_light_and_each_is_shown() -> None:
    pictures = {one.name: one.stat().st_size for one in (DOCS / "gambar").iterdir()}
    assert all(one.endswith(".png") and size <= 150_000 for one, size in pictures.items())
    assert sum(pictures.values()) <= 2_500_000
    pages = (DOCS / "galeri.md", *PANDUAN.glob("*.md"))
    shown = {name for one in pages for name in SHOWN.findall(one.read_text(encoding="utf-8"))}
    assert shown == pictures.keys()


def test_every_picture_is_made_by_the_tool(tool: Callable[[str], Any]) -> None:
    made = tool("screenshots")
    names = {one.name for one in made.SHOTS} | {name for name, _, _ in made.SHEETS}
    assert {f"{one}.png" for one in names | {made.REAL.name}} == {
        one.name for one in (DOCS / "gambar").iterdir()
    }


def test_the_example_is_small_and_leads_nowhere_else(
    followed: tuple[Path, dict[str, int]], tool: Callable[[str], Any], tmp_path: Path
) -> None:
    folder, _ = followed
    examples = tool("examples")
    assert examples.copy_example(folder / "hasil", tmp_path) <= examples.MOST_BYTES
    for name in examples.COPIED:
        assert (tmp_path / name).is_file()
        text = (tmp_path / name).read_bytes().decode("utf-8", "ignore")
        for target in re.findall(r'<a\b[^>]*?\bhref="([^"#]+)', text):
            assert (tmp_path / name).parent.joinpath(target).is_file(), (name, target)
