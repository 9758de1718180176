"""Products appear whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.products.left_behind import hidden_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from sibangkit_geo.model.types import Note, Provenance
    from sibangkit_geo.products.published import Kind

MANIFEST = "manifest.json"
# stands in the place of the manifest while files are moved, and lists what may lie there
_UNFINISHED = "unfinished"
_REPLACED = "replaced"
_SENTENCE = (
    "Berkas di folder ini belum lengkap atau bercampur: pembuatannya terhenti saat berkas "
    "dipindahkan. Jalankan sekali lagi."
)
_OWNER = stat.S_IRWXU
# a file that products of this kind always have; a run has a workbook too, so it comes first
_MARKS: tuple[tuple[str, Kind], ...] = (
    ("villages.csv", "run"),
    ("perubahan.html", "comparison"),
    ("buku_kerja_mitra.xlsx", "partner"),
    ("buku_kerja.xlsx", "annex"),
)
_NAMES = {"run": "a run", "annex": "an annex", "comparison": "a comparison",
          "partner": "a partner"}  # fmt: skip


def stated_time() -> str:
    """Take the time, or the one that reproducible builds ask for (``SOURCE_DATE_EPOCH``)."""
    stamp = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.fromtimestamp(int(stamp), UTC) if stamp else datetime.now(UTC)
    return now.isoformat(timespec="seconds")


@contextlib.contextmanager
def staged(out: Path, *, kind: Kind = "run", private: bool = False) -> Iterator[Path]:
    """
    Give an empty folder whose files move into `out` when nothing failed.

    Products that an earlier run's manifest lists and this run did not make are
    removed; any other file in `out` stays. A process that is killed leaves all old products
    or all new ones, or a folder whose manifest says that it is unfinished.

    `out`: Final folder; made when absent.
    `kind`: What is written; a folder holds one kind only.
    `private`: Whether the folder and all files in it are for the owner's account alone.
    Yields: Staging folder on the same disk.
    Raises ConfigError: `out` is a file, holds products of another kind, or its place or a file in
        it cannot be written; it belongs to somebody else and should be private.
    """
    require_own(out, kind=kind)
    if out.exists() and not out.is_dir():
        msg = f"{out}: --out must be a folder, this is a file."
        raise ConfigError(msg)
    with _beside(out) as folder:
        yield folder
        if private:
            _keep_private(folder)
            _own(out)
        try:
            _move(folder, out)
        except OSError as error:
            msg = (
                f"{error.filename or out}: cannot be replaced ({error.strerror}). Close it where "
                "it is open and run again; until then the folder is unfinished."
            )
            raise ConfigError(msg) from error
        if private:
            _keep_private(out)


@contextlib.contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """
    Give a hidden folder beside `out`, whose own folder is made when absent.

    Raises ConfigError: Nothing can be written there.
    """
    with contextlib.ExitStack() as ended:
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            folder = ended.enter_context(hidden_folder(out))
        except OSError as error:
            msg = f"{out}: cannot write there ({error.strerror}). Choose another --out."
            raise ConfigError(msg) from error
        yield folder


@contextlib.contextmanager
def staged_file(out: Path, *, private: bool = False) -> Iterator[Path]:
    """
    Give a hidden place for one file, alone in its folder, that becomes `out` when nothing failed.

    `private`: Whether the file is for the owner's account alone.
    Raises ConfigError: `out` is a folder, or cannot be written.
    """
    if out.is_dir():
        msg = f"{out}: --out must be a file, this is a folder."
        raise ConfigError(msg)
    with _beside(out) as folder:
        yield folder / out.name
        if private:
            _keep_private(folder)
        try:
            (folder / out.name).replace(out)
        except OSError as error:
            msg = f"{out}: cannot be replaced ({error.strerror}). Close it where it is open."
            raise ConfigError(msg) from error


def require_own(out: Path, *, kind: Kind) -> None:
    """
    Refuse a folder with finished products of another kind, which would be removed.

    `out`: Final folder.
    Raises ConfigError: The folder holds another kind.
    """
    products = earlier_products(out)
    held = next((found for mark, found in _MARKS if mark in products), kind)
    if held != kind:
        msg = (
            f"{out}: holds the products of {_NAMES[held]}, which {_NAMES[kind]} would replace. "
            "Choose another --out."
        )
        raise ConfigError(msg)


def _move(folder: Path, out: Path) -> None:
    """Replace products one by one; between the two manifests the folder says it is unfinished."""
    fresh = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    earlier = earlier_products(out)
    out.mkdir(exist_ok=True)
    unfinished = {_UNFINISHED: _SENTENCE, _REPLACED: sorted(earlier | fresh)}
    marker = folder / f".{_UNFINISHED}"
    write_text(marker, json.dumps(unfinished, ensure_ascii=False, indent=2) + "\n")
    marker.replace(out / MANIFEST)
    for name in sorted(fresh - {MANIFEST}):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).replace(out / name)
    for name in sorted(earlier - fresh):
        if (out / name).is_file():
            (out / name).unlink()
    if MANIFEST in fresh:
        (folder / MANIFEST).replace(out / MANIFEST)


def require_finished(out: Path) -> None:
    """
    Refuse a folder whose products are partly of one run and partly of another.

    Raises ConfigError: A run was stopped while it moved its files there.
    """
    if _UNFINISHED in _manifest(out):
        msg = f"{out}: is unfinished, as a run was stopped while its files were moved there. "
        raise ConfigError(msg + "Run it again.")


def _own(out: Path) -> None:
    """Close a folder to other accounts before the first file is in it."""
    try:
        out.mkdir(mode=_OWNER, exist_ok=True)
        out.chmod(_OWNER)
    except OSError as error:
        msg = (
            f"{out}: cannot be closed to other accounts ({error.strerror}), as level internal "
            "asks. Choose an --out of your own."
        )
        raise ConfigError(msg) from error


def _keep_private(folder: Path) -> None:
    """Take the rights of all other accounts, 0700 for folders and 0600 for files; none is given."""
    for path in (folder, *folder.rglob("*")):
        # what somebody else has put there stays theirs: the folder above is closed
        with contextlib.suppress(PermissionError):
            if not path.is_symlink():
                path.chmod(stat.S_IMODE(path.stat().st_mode) & _OWNER)


def earlier_products(out: Path) -> set[str]:
    """
    Read which files an earlier run made.

    `out`: Folder of products.
    Returns: Relative paths inside `out`; empty without a readable manifest.
    """
    manifest = _manifest(out)
    listed = manifest.get("products", manifest.get(_REPLACED))
    if not isinstance(listed, list):
        return set()
    inside = out.resolve()
    return {
        name
        for name in listed
        if isinstance(name, str) and (out / name).resolve().is_relative_to(inside)
    }


def _manifest(out: Path) -> Mapping[str, object]:
    """Read the manifest of a folder; nothing where it has none, or a damaged one."""
    try:
        found = json.loads((out / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_text(path: Path, text: str) -> None:
    """
    Write a text file as UTF-8 with line feeds on every system.

    `path`: File; its folder is made when absent.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    temporary.replace(path)


def write_manifest(
    folder: Path, provenance: Provenance, *, result: Mapping[str, object], notes: Iterable[Note]
) -> None:
    """
    Write ``manifest.json`` beside the products that are already in the folder.

    `provenance`: Inputs, settings, seed, versions, time.
    """
    products = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    content = {
        "created": provenance.created,
        "seed": provenance.seed,
        "versions": dict(provenance.versions),
        "inputs": [
            {"role": one.role, "file": one.name, "sha256": one.sha256, "source": one.source}
            for one in provenance.inputs
        ],
        "settings": provenance.settings,
        "result": result,
        "notes": [{"key": one.key, "text": one.text, "count": one.count} for one in notes],
        "products": [*products, MANIFEST],
    }
    write_text(folder / MANIFEST, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
