"""Look at the installation: what is there, what is missing, and what that costs."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from packaging.requirements import Requirement

from sibangkit_geo.products.document.conversion import office_program

if TYPE_CHECKING:
    from collections.abc import Iterator

State = Literal["baik", "kurang", "rusak"]
_OLDEST = (3, 11)
_ROOM_MB = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that was looked at.

    `state`: ``"kurang"`` where something works without it, ``"rusak"`` where nothing does.
    `remedy`: What to do; empty where all is well.
    """

    what: str
    state: State
    told: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """Look at Python, libraries, folders, fonts, the office program and compiled code in turn."""
    version = ".".join(map(str, sys.version_info[:3]))
    old = sys.version_info[:2] < _OLDEST
    remedy = "Pasang Python 3.11 atau lebih baru." if old else ""
    yield Finding("Python", "rusak" if old else "baik", version, remedy)
    yield _libraries()
    yield _writable("Folder sementara", Path(tempfile.gettempdir()))
    yield _writable("Folder kerja", Path.cwd())
    yield _compiled()
    yield _font()
    program = office_program()
    yield Finding(
        "LibreOffice",
        "baik" if program else "kurang",
        Path(program).name if program else "tidak ada",
        "" if program else "Tanpa LibreOffice lampiran.pdf tidak dibuat; lampiran.docx tetap ada.",
    )


def _libraries() -> Finding:
    wrong = []
    required = [Requirement(one) for one in metadata.requires("sibangkit_geo") or ()]
    needed = [one for one in required if one.marker is None or one.marker.evaluate()]
    for one in needed:
        try:
            version = metadata.version(one.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{one.name} tidak ada")
            continue
        if not one.specifier.contains(version, prereleases=True):
            wrong.append(f"{one.name} {version}, perlu {one.specifier}")
    if wrong:
        remedy = "Pasang ulang: pip install --require-hashes -r requirements.lock"
        return Finding("Pustaka", "rusak", "; ".join(wrong), remedy)
    told = f"{len(needed)} lengkap, sibangkit_geo {metadata.version('sibangkit_geo')}"
    return Finding("Pustaka", "baik", told)


def _writable(what: str, folder: Path) -> Finding:
    try:
        with tempfile.TemporaryDirectory(dir=folder):
            free = shutil.disk_usage(folder).free // 1_000_000
    except OSError as error:
        told = error.strerror or "tidak dapat ditulis"
        return Finding(what, "rusak", told, "Pilih folder lain, atau minta hak menulis.")
    if free < _ROOM_MB:
        return Finding(what, "kurang", f"sisa {free} MB", "Kosongkan ruang pada disk.")
    return Finding(what, "baik", f"dapat ditulis, sisa {free} MB")


def _compiled() -> Finding:
    """Tell whether compiled code can be kept, without which every start waits for it anew."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    beside = Path(__file__).resolve().parents[1] / "pockets" / "__pycache__"
    places = [beside, _home_cache(), Path(named) if named else None]
    for folder in (one for one in places if one is not None):
        existing = next(one for one in (folder, *folder.parents) if one.exists())
        if os.access(existing, os.W_OK):
            return Finding("Simpanan kode numba", "baik", "dapat ditulis")
    remedy = "Setiap mulai menunggu beberapa detik: tetapkan NUMBA_CACHE_DIR ke folder lain."
    return Finding("Simpanan kode numba", "kurang", "tidak dapat ditulis", remedy)


def _home_cache() -> Path | None:
    try:
        return Path.home() / ".cache" / "numba"
    except RuntimeError:
        return None


def _font() -> Finding:
    from sibangkit_geo.products.atlas.canvas import (  # noqa: PLC0415 - matplotlib is slow to load
        FAMILY,
        face,
        font_file,
    )

    file = font_file(face(10.0))
    if file.stem.startswith(FAMILY.replace(" ", "")):
        return Finding("Huruf peta cetak", "baik", FAMILY)
    remedy = "Pasang ulang matplotlib, yang membawa huruf ini."
    return Finding("Huruf peta cetak", "kurang", f"{FAMILY} tidak ada", remedy)
