"""
Make a small finished product of the demo, for readers of the documentation to open.

Front page, the overview, one agency's page, one district's profiles and one A4 sheet, of few
made-up households; links to what is not copied become plain words.
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

#: what is copied, and under which name
COPIED = (
    "index.html",
    "bappeda.html",
    "perkimtan.html",
    "profil/16.07.07.html",
    "kecamatan/16.07.07.html",
    "annex/peta_kantong_kemiskinan_A4.pdf",
)
MOST_BYTES = 3_000_000
_HOUSEHOLDS = 12_000
#: 1 January 2026, the day that the pages call the day of their making
_EPOCH = "1767225600"
_LINK = re.compile(r'<a\b[^>]*?\bhref="([^"#]+)(#[^"]*)?"[^>]*>(.*?)</a>', re.DOTALL)


def make_demo(folder: Path) -> None:
    """Run the demo into a folder."""
    subprocess.run(  # noqa: S603 - this Python, and words of our own
        [
            sys.executable, "-m", "sibangkit_geo", "demo",
            "--households", str(_HOUSEHOLDS), "--out", str(folder),
        ],
        env={**os.environ, "SOURCE_DATE_EPOCH": _EPOCH},
        stdout=subprocess.DEVNULL,
        check=True,
    )  # fmt: skip


def without_dead_links(page: str, *, place: str) -> str:
    """Turn links to files that are not copied into words; `place` is the page's own name."""
    home = Path(place).parent

    def kept(link: re.Match[str]) -> str:
        target = os.path.normpath(home / link[1]).replace(os.sep, "/")
        return link[0] if target in COPIED else link[3]

    return _LINK.sub(kept, page)


def copy_example(product: Path, out: Path) -> int:
    """Copy what is shown of a finished product; give its bytes."""
    total = 0
    for name in COPIED:
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".html":
            text = (product / name).read_text(encoding="utf-8")
            target.write_text(without_dead_links(text, place=name), encoding="utf-8", newline="\n")
        else:
            shutil.copyfile(product / name, target)
        total += target.stat().st_size
    return total


def main() -> int:
    """Make the example; end with 1 where it is too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder of the example")
    parser.add_argument("--made", type=Path, help="folder of a run made before")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as own:
        product = given.made or Path(own) / "demo"
        if given.made is None:
            make_demo(product)
        size = copy_example(product, given.out)
    sys.stdout.write(f"{given.out} {size:,}\n")
    return int(size > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
