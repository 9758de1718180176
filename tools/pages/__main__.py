"""
Build the documentation as a site that opens from its folder, without internet.

    python -m tools.pages [--out dist/dokumentasi] [--no-notebooks]

Pages are assembled beside the project's own texts in a folder that is thrown away: what is written
by hand in `docs/`, what is made from the code, the notebooks, and texts that stand elsewhere.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo

from tools.examples import copy_example, make_demo
from tools.pages import api, columns, commands, messages, products, study_keys

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# texts of the project that are pages too
ELSEWHERE = {
    "CHANGELOG.md": "perubahan.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "keamanan.md",
    "data/boundaries/README.md": "boundaries.md",
    "tools/launchers": "",
    "LICENSE": "",
}
_TUTORIALS = """\
# Buku catatan Jupyter

Dijalankan pada kabupaten rekaan; `notebooks/` memuat berkasnya untuk dibuka dan diubah.

```{toctree}
:glob:
:maxdepth: 1

[0-9]*
```
"""
# words that Sphinx and its theme draw around a page, and have no Indonesian for
_AROUND = {
    "Back to top": "Kembali ke atas",
    "Home": "Beranda",
    "Link to this heading": "Tautan ke judul ini",
    "Link to this definition": "Tautan ke nama ini",
    "Next": "Berikutnya",
    "On this page": "Di halaman ini",
    "Previous": "Sebelumnya",
}
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s:]+)\)")


def assemble(folder: Path) -> None:
    """Put every page of the site into a folder."""
    shutil.copytree(DOCS, folder, dirs_exist_ok=True)
    for name, to in ELSEWHERE.items():
        if to:
            (folder / to).write_text((ROOT / name).read_text("utf-8"), "utf-8")
            _relink(folder / to, ROOT / name)
    for page in DOCS.rglob("*.md"):
        _relink(folder / page.relative_to(DOCS), page)
    shutil.copytree(ROOT / "notebooks", folder / "tutorial", dirs_exist_ok=True)
    (folder / "tutorial" / "index.md").write_text(_TUTORIALS, "utf-8")
    made = {
        "rujukan/kunci-studi": study_keys.page(),
        "rujukan/kamus-data": columns.page(),
        "rujukan/perintah": commands.page(),
        "rujukan/keluaran": products.page(),
        **{f"api/{name}": text for name, text in api.pages().items()},
        **{f"dihasilkan/pesan/{name}": text for name, text in messages.pages().items()},
    }
    _translate(folder / "locale" / "id" / "LC_MESSAGES")
    for name, text in made.items():
        file = folder / f"{name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def _translate(folder: Path) -> None:
    """Write the catalogue of the words around a page."""
    catalogue = Catalog(locale="id")
    for text, twin in _AROUND.items():
        catalogue.add(text, twin)
    folder.mkdir(parents=True)
    with (folder / "sphinx.mo").open("wb") as file:
        write_mo(file, catalogue)


def _relink(page: Path, original: Path) -> None:
    """Lead links to where their pages are in the site; what is no page is named without a link."""
    site = page
    for _ in original.relative_to(DOCS if original.is_relative_to(DOCS) else original.parent).parts:
        site = site.parent

    def led(found: re.Match[str]) -> str:
        path, mark, part = found[3].partition("#")
        target = (original.parent / path).resolve()
        if not path or (target.is_relative_to(DOCS) and original.is_relative_to(DOCS)):
            return found[0]
        if target.is_relative_to(DOCS):
            to = site / target.relative_to(DOCS)
        elif to_name := ELSEWHERE.get(target.relative_to(ROOT).as_posix(), ""):
            to = site / to_name
        else:
            return found[2]
        return f"{found[1]}[{found[2]}]({os.path.relpath(to, page.parent)}{mark}{part})"

    page.write_text(_LINK.sub(led, page.read_text("utf-8")), "utf-8")


def build(out: Path, *, notebooks: bool = True, example: Path | None = None) -> None:
    """
    Build the site; a warning ends it, and nothing is left half-made.

    `notebooks`: Whether the notebooks are run, so that their pages show results.
    `example`: Folder of a demo that visitors are shown some of; nothing: one is made.
    """
    with tempfile.TemporaryDirectory() as work:
        source, made = Path(work, "sumber"), Path(work, "situs")
        assemble(source)
        mode = [] if notebooks else ["-D", "nb_execution_mode=off"]
        called = [
            *(sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"),
            *("--builder", "html", *mode, str(source), str(made)),
        ]
        # a kernel of its own machine warns at every notebook that its wires are not encrypted
        kernel = Path(work, "ipython", "profile_default", "ipython_kernel_config.json")
        kernel.parent.mkdir(parents=True)
        kernel.write_text('{"IPKernelApp": {"log_level": 40}}', "utf-8")
        # Sphinx ends where the machine lacks the locale that its user has chosen
        spoken = {**os.environ, "LC_ALL": "C.UTF-8", "IPYTHONDIR": str(kernel.parents[1])}
        subprocess.run(called, check=True, cwd=ROOT, env=spoken)  # noqa: S603 - our own words
        for left in (".doctrees", ".buildinfo", "objects.inv"):
            path = made / left
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        if example is None:
            example = Path(work, "demo")
            make_demo(example)
        copy_example(example, made / "contoh")
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(out, ignore_errors=True)
        shutil.move(made, out)


def main() -> None:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "dokumentasi")
    parser.add_argument("--no-notebooks", action="store_true")
    asked = parser.parse_args()
    build(asked.out, notebooks=not asked.no_notebooks)
    print(asked.out / "index.html")


if __name__ == "__main__":
    main()
