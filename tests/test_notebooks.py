"""Every notebook runs from top to bottom."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    assert [path.name for path in NOTEBOOKS] == ["03_pockets.ipynb"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_finds_pockets_only_where_they_are(path: Path, tmp_path: Path) -> None:
    book = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    NotebookClient(book, timeout=1800, resources={"metadata": {"path": str(tmp_path)}}).execute()
    printed = [
        output["text"] for cell in book.cells for output in cell.get("outputs", [])
        if output["output_type"] == "stream" and output["name"] == "stdout"
    ]  # fmt: skip
    counts = [int(text.rsplit("pockets: ", 1)[1]) for text in printed if "pockets: " in text]
    assert counts[0] >= 1
    assert counts[1] == 0


def test_notebooks_are_committed_without_output() -> None:
    for path in NOTEBOOKS:
        book = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        assert not any(cell.get("outputs") for cell in book.cells)
