"""
Run every notebook and put what it draws on one picture, to look at.

    python benchmarks/notebook_sheet.py --out sheet.png [--html FOLDER] [--only 03]

Prints the seconds of each notebook, by the clock and of the processor, which a busy machine does
not change; they run one after the other. Figures are taken as they are;
cards, maps and pages are drawn in Chromium where there is one (``SIBANGKIT_CHROMIUM`` names
another), offline. With ``--html`` every notebook is also written as a page with its outputs.
"""

from __future__ import annotations

import argparse
import base64
import html
import io
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from markdown_it import MarkdownIt
from nbclient import NotebookClient
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
              "--disable-background-networking", "--disable-component-update",
              "--disable-sync")  # fmt: skip
_WIDTH, _TILE, _COLUMNS, _GAP, _LINE = 980, 460, 4, 12, 18
_PATIENCE_MS = 120_000
_STYLE = """
body { max-width: 940px; margin: 20px auto; font: 15px/1.5 system-ui, sans-serif; }
pre { background: #f5f6f8; padding: 8px; overflow-x: auto; font-size: 13px; }
.output { margin: 6px 0 18px; overflow-x: auto; }
.output img { max-width: 100%; }
table { border-collapse: collapse; } td, th { padding: 2px 8px; text-align: right; }
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """A notebook with its outputs; seconds by the clock, and of the processor."""

    name: str
    book: Any
    seconds: float
    worked: float


def execute(path: Path) -> Ran:
    """
    Run a notebook in a folder of its own.

    Parameters
    ----------
    path
        Of the notebook.

    Returns
    -------
    ran
        With outputs; seconds from the start of its kernel.

    Raises
    ------
    CellExecutionError
        A cell fails.
    """
    book = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        begun, worked = time.perf_counter(), _worked()
        NotebookClient(book, timeout=1800, resources={"metadata": {"path": folder}}).execute()
        return Ran(path.stem, book, time.perf_counter() - begun, _worked() - worked)


def _worked() -> float:
    """Sum the processor seconds of the kernels that have ended."""
    spent = os.times()
    return spent.children_user + spent.children_system


def page(ran: Ran) -> str:
    """
    Write a notebook as a page, every drawn output an element of class ``drawn``.

    `ran`: A notebook with its outputs.
    """
    words = MarkdownIt("commonmark", {"html": True}).enable("table")
    parts = [f"<!doctype html><meta charset=utf-8><title>{ran.name}</title><style>{_STYLE}</style>"]
    for cell in ran.book.cells:
        if cell.cell_type == "markdown":
            parts.append(words.render(cell.source))
            continue
        parts.append(f"<pre>{html.escape(cell.source)}</pre>")
        parts += [_output(one) for one in cell.get("outputs", [])]
    return "\n".join(parts)


def _output(one: Any) -> str:  # noqa: ANN401 - nbformat publishes no types
    if one.output_type == "stream":
        return f'<div class="output"><pre>{html.escape(one.text)}</pre></div>'
    data = one.get("data", {})
    if "image/png" in data:
        # newlines stand in it every 76 signs
        source = f"data:image/png;base64,{''.join(data['image/png'].split())}"
        return f'<div class="output drawn"><img alt="" src="{source}"></div>'
    if "text/html" in data:
        kind = "output" if "<table" in data["text/html"] and _is_table(one) else "output drawn"
        return f'<div class="{kind}">{data["text/html"]}</div>'
    return f'<div class="output"><pre>{html.escape(data.get("text/plain", ""))}</pre></div>'


def _is_table(one: Any) -> bool:  # noqa: ANN401
    return 'class="dataframe"' in one["data"]["text/html"]


def pictures(ran: Ran, browser: Any) -> Iterator[Image.Image]:  # noqa: ANN401
    """
    Draw the outputs.

    `browser`: Of Playwright; None gives the figures alone.
    """
    if browser is None:
        for cell in ran.book.cells:
            for one in cell.get("outputs", []):
                if "image/png" in one.get("data", {}):
                    yield Image.open(io.BytesIO(base64.b64decode(one.data["image/png"])))
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{ran.name}.html"
        file.write_text(page(ran), encoding="utf-8")
        context = browser.new_context(offline=True, viewport={"width": _WIDTH, "height": 800})
        sheet = context.new_page()
        sheet.goto(file.as_uri(), timeout=_PATIENCE_MS)
        for one in sheet.query_selector_all(".drawn"):
            one.scroll_into_view_if_needed(timeout=_PATIENCE_MS)
            sheet.wait_for_timeout(1500)
            yield Image.open(io.BytesIO(one.screenshot(timeout=_PATIENCE_MS)))
        context.close()


def contact_sheet(drawn: list[tuple[str, Image.Image]]) -> Image.Image:
    """
    Lay pictures out in rows, the name of its notebook over each.

    `drawn`: Names and pictures, in order.
    """
    tiles = []
    for name, one in drawn:
        height = max(1, round(one.height * _TILE / one.width))
        tile = Image.new("RGB", (_TILE, height + _LINE), "white")
        tile.paste(one.convert("RGB").resize((_TILE, height)), (0, _LINE))
        ImageDraw.Draw(tile).text((2, 2), name, fill="#12305a")
        tiles.append(tile)
    rows = [tiles[i : i + _COLUMNS] for i in range(0, len(tiles), _COLUMNS)]
    heights = [max(tile.height for tile in row) + _GAP for row in rows]
    sheet = Image.new("RGB", (_COLUMNS * (_TILE + _GAP), max(1, sum(heights))), "#8b96a4")
    top = 0
    for row, height in zip(rows, heights, strict=True):
        for i, tile in enumerate(row):
            sheet.paste(tile, (i * (_TILE + _GAP), top))
        top += height
    return sheet


def main() -> None:
    """Run, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="PNG to write")
    parser.add_argument("--html", type=Path, help="folder for the notebooks as pages")
    parser.add_argument("--only", default="", help="what the name must begin with")
    options = parser.parse_args()
    done = []
    for path in sorted(NOTEBOOKS.glob(f"{options.only}*.ipynb")):
        done.append(execute(path))
        ran = done[-1]
        print(f"{ran.name}: {ran.seconds:.1f} s ({ran.worked:.1f} of the processor)", flush=True)
    if options.html:
        options.html.mkdir(parents=True, exist_ok=True)
        for ran in done:
            (options.html / f"{ran.name}.html").write_text(page(ran), encoding="utf-8")
    chromium = os.environ.get("SIBANGKIT_CHROMIUM") or next(
        filter(None, map(shutil.which, _CHROMIUM)), None
    )
    if chromium is None:
        drawn = [(ran.name, one) for ran in done for one in pictures(ran, None)]
    else:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only with a browser

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(_ARGUMENTS))
            drawn = [(ran.name, one) for ran in done for one in pictures(ran, browser)]
            browser.close()
    contact_sheet(drawn).save(options.out)
    print(options.out)


if __name__ == "__main__":
    main()
