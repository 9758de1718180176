"""Look at the installation: what is there, what is missing, and what that costs."""

from __future__ import annotations

import errno
import importlib
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sibangkit_geo.model.optional import command
from sibangkit_geo.products.machine import FAMILY, has_font, office_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from packaging.requirements import Requirement

State = Literal["baik", "kurang", "rusak"]
_OLDEST = (3, 11)
_ROOM_MB = 500
_PROJECT = "sibangkit_geo"
_AGAIN = "Pasang ulang: pip install --require-hashes -r requirements.lock"
# libraries that are loaded under another name than they are installed
_LOADED_AS = {
    "fonttools": "fontTools",
    "pillow": "PIL",
    "python-docx": "docx",
    "scikit-learn": "sklearn",
}
# what a user may install beside, and what cannot be done without it
_COSTS = {
    "annex": "Tanpa itu run tidak membuat lembar cetak, dan annex (atlas, dokumen Word) berhenti.",
    "postgis": "Tanpa itu basis data tidak dapat dibaca, dan annex --to berhenti.",
    "notebook": "Tanpa itu buku catatan Jupyter tidak jalan dan plot() berhenti.",
    "dask": "Tanpa itu register tidak dapat dihitung dengan Dask.",
}
_REASONS = {
    errno.EACCES: "tidak boleh ditulis",
    errno.EDQUOT: "jatah ruang habis",
    errno.ENOENT: "tidak ada",
    errno.ENOSPC: "disk penuh",
    errno.EROFS: "hanya dapat dibaca",
}
_SHARED = re.compile(r"\blib[\w.+\-]+\.so[.\d]*")


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
    """
    Look at Python, libraries, folders, fonts, the office program and compiled code in turn.

    Nothing is loaded before it is looked at: what is missing must not stop what tells it.
    """
    version = ".".join(map(str, sys.version_info[:3]))
    old = sys.version_info[:2] < _OLDEST
    remedy = "Pasang Python 3.11 atau lebih baru." if old else ""
    yield Finding("Python", "rusak" if old else "baik", version, remedy)
    yield _libraries()
    yield _loaded()
    yield from _extras()
    yield _temporary()
    yield _working()
    yield from _if_loaded(_compiled)
    yield from _if_loaded(_font)
    program = office_program()
    yield Finding(
        "LibreOffice",
        "baik" if program else "kurang",
        Path(program).name if program else "tidak ada",
        "" if program else "Tanpa LibreOffice lampiran.pdf tidak dibuat; lampiran.docx tetap ada.",
    )


def _libraries() -> Finding:
    """Compare what is installed with what is needed, and with what that needs in turn."""
    try:
        wrong, count = _differences()
    except ImportError:
        return Finding("Pustaka", "rusak", "packaging tidak ada", _AGAIN)
    if wrong:
        return Finding("Pustaka", "rusak", "; ".join(wrong), _AGAIN)
    told = f"{count} lengkap, {_PROJECT} {metadata.version(_PROJECT)}"
    return Finding("Pustaka", "baik", told)


def _extras() -> Iterator[Finding]:
    """Look at what a user may install beside; without it all else works."""
    try:
        needed, _ = _differences()
        for extra, cost in _COSTS.items():
            wrong = [one for one in _differences(extra)[0] if one not in needed]
            wrong = wrong or _unloadable(extra)
            what = f"Tambahan {extra}"
            if wrong:
                yield Finding(what, "kurang", "; ".join(wrong), " ".join((cost, command(extra))))
            else:
                yield Finding(what, "baik", "terpasang")
    except ImportError:
        return


def _differences(extra: str = "") -> tuple[list[str], int]:
    wrong: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(_PROJECT, extra)]
    while waiting:
        name, extra = one = waiting.pop(0)
        if one in seen:
            continue
        seen.add(one)
        for need in _needs(name, extra):
            version = _version(need.name)
            if version is None:
                wrong.setdefault(need.name, f"{need.name} tidak ada")
                continue
            if not need.specifier.contains(version, prereleases=True):
                wrong.setdefault(need.name, f"{need.name} {version}, perlu {need.specifier}")
            waiting += [(need.name, part) for part in ("", *sorted(need.extras))]
    return [*wrong.values()], len({name.lower() for name, _ in seen}) - 1


def _needs(name: str, extra: str) -> list[Requirement]:
    from packaging.requirements import Requirement  # noqa: PLC0415 - it may be missing

    try:
        every = [Requirement(one) for one in metadata.requires(name) or ()]
    except metadata.PackageNotFoundError:
        return []
    return [one for one in every if one.marker is None or one.marker.evaluate({"extra": extra})]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _loaded() -> Finding:
    """Load each library: one that is there may lack a file of its own or of the system."""
    try:
        wrong = _unloadable("")
    except ImportError:
        wrong = []
    if wrong:
        remedy = f"{_AGAIN}; berkas lib*.so yang disebut ada dalam paket sistem operasi."
        return Finding("Pemuatan pustaka", "rusak", "; ".join(wrong), remedy)
    return Finding("Pemuatan pustaka", "baik", "semua dapat dimuat")


def _unloadable(extra: str) -> list[str]:
    """List what the project itself, or an extra of it alone, cannot load."""
    always = {one.name for one in _needs(_PROJECT, "")} if extra else set()
    wrong = []
    for name in [one.name for one in _needs(_PROJECT, extra) if one.name not in always]:
        try:
            importlib.import_module(_LOADED_AS.get(name, name.replace("-", "_")))
        except Exception as error:  # noqa: BLE001 - whatever a damaged library raises is told
            shared = _SHARED.search(str(error))
            wrong.append(f"{name} ({shared[0] if shared else type(error).__name__})")
    return wrong


def _temporary() -> Finding:
    what, wanted = "Folder sementara", os.environ.get("TMPDIR")
    try:
        used = Path(tempfile.gettempdir())
    except OSError:
        remedy = "Kosongkan ruang, atau tetapkan TMPDIR ke folder yang dapat ditulis."
        return Finding(what, "rusak", "tidak satu pun dapat ditulis", remedy)
    found = _writable(what, used)
    if found.state == "baik" and wanted and Path(wanted).absolute() != used.absolute():
        remedy = "Kosongkan ruang di sana, atau tetapkan TMPDIR ke folder lain."
        return Finding(what, "kurang", f"TMPDIR tidak dapat ditulis; dipakai {used}", remedy)
    return found


def _working() -> Finding:
    try:
        found = _writable("Folder kerja", Path.cwd())
    except OSError:
        return Finding("Folder kerja", "kurang", "tidak ada lagi", "Pindah ke folder lain.")
    if found.state == "rusak":
        remedy = "Beri --out sebuah folder yang dapat ditulis, atau pindah ke folder lain."
        return Finding(found.what, "kurang", found.told, remedy)
    return found


def _writable(what: str, folder: Path) -> Finding:
    try:
        with tempfile.TemporaryDirectory(dir=folder):
            free = shutil.disk_usage(folder).free // 1_000_000
    except OSError as error:
        told = _REASONS.get(error.errno or 0, "tidak dapat ditulis")
        return Finding(what, "rusak", told, "Pilih folder lain, atau minta hak menulis.")
    if free < _ROOM_MB:
        return Finding(what, "kurang", f"sisa {free} MB", "Kosongkan ruang pada disk.")
    return Finding(what, "baik", f"dapat ditulis, sisa {free} MB")


def _if_loaded(look: Callable[[], Finding]) -> Iterator[Finding]:
    """Leave out what stands on a library that is missing: that has been told."""
    try:
        yield look()
    except ImportError:
        return


def _compiled() -> Finding:
    """Tell whether compiled code can be kept, without which every start waits for it anew."""
    from sibangkit_geo.pockets.compiled import are_kept  # noqa: PLC0415 - numba may be missing

    if are_kept():
        return Finding("Simpanan kode numba", "baik", "dapat ditulis")
    remedy = "Setiap mulai menunggu beberapa detik: tetapkan NUMBA_CACHE_DIR ke folder lain."
    return Finding("Simpanan kode numba", "kurang", "tidak dapat ditulis", remedy)


def _font() -> Finding:
    if has_font():
        return Finding("Huruf peta cetak", "baik", FAMILY)
    remedy = "Peta cetak tidak dapat dibuat. Pasang ulang matplotlib, yang membawa huruf ini."
    return Finding("Huruf peta cetak", "rusak", f"{FAMILY} tidak ada", remedy)
