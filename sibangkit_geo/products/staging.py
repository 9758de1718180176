"""Products appear whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import stat
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sibangkit_geo.errors import ConfigError, UnprotectedWarning
from sibangkit_geo.products.exchange import can_stand_beside, patiently, put_in_place
from sibangkit_geo.products.left_behind import ClaimedError, claimed, hidden_folder, remove_left
from sibangkit_geo.products.places import cloud_of, require_writable_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from sibangkit_geo.model.types import Note, Provenance
    from sibangkit_geo.products.published import Kind

MANIFEST, SHA256 = "manifest.json", "sha256"
# a run of a regency writes about 12 MB; where one was written, the new one stands beside it
_MEGA = 1_000_000
_LEAST_ROOM, _ROOM = 50 * _MEGA, 1.5
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
    ("kabupaten.csv", "province"),
    ("perubahan.html", "comparison"),
    ("buku_kerja_mitra.xlsx", "partner"),
    ("buku_kerja.xlsx", "annex"),
)
_NAMES = {"run": "a run", "annex": "an annex", "comparison": "a comparison",
          "partner": "a partner", "province": "several regencies"}  # fmt: skip


def stated_time() -> str:
    """Take the time, or the one that reproducible builds ask for (``SOURCE_DATE_EPOCH``)."""
    stamp = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        now = datetime.fromtimestamp(int(stamp), UTC) if stamp else datetime.now(UTC)
    except (ValueError, OverflowError, OSError) as error:
        msg = (
            f'SOURCE_DATE_EPOCH: "{stamp}" is no number of seconds since 1970. Correct it, or take '
            "it out of the environment."
        )
        raise ConfigError(msg) from error
    return now.isoformat(timespec="seconds")


@contextlib.contextmanager
def staged(out: Path, *, kind: Kind = "run", private: bool = False) -> Iterator[Path]:
    """
    Give an empty folder whose files move into `out` when nothing failed.

    Products that an earlier run's manifest lists and this run did not make are
    removed; any other file in `out` stays. A process that is killed leaves all old products
    or all new ones. Where nothing can stand beside the folder (a disk of its own, one that
    somebody's command line stands in) its files are replaced one by one, and its manifest says
    meanwhile that it is unfinished.

    `out`: Final folder, or a link to it; made when absent.
    `kind`: What is written; a folder holds one kind only.
    `private`: Whether the folder and all files in it are for the owner's account alone.
    Yields: Staging folder on the same disk.
    Raises ConfigError: `out` is a file, holds products of another kind, or its place or a file in
        it cannot be written; it belongs to somebody else and should be private; another command
        writes into it.
    """
    require_own(out, kind=kind)
    told, out = out, out.resolve()
    with claim(told), _hidden(out) as folder:
        yield folder
        if private:
            _keep_private(folder)
            _own(out)
        _seal(folder)
        beside = folder.parent.parent == out.parent
        try:
            if beside:
                if out.exists() and not private:
                    shutil.copymode(out, folder)
                put_in_place(folder, out, products=earlier_products(out))
            else:
                _move(folder, out)
        except OSError as error:
            later = "" if beside else "; until then the folder is unfinished"
            msg = (
                f"{error.filename or told}: cannot be replaced ({error.strerror}). Close it where "
                f"it is open and run again{later}."
            )
            raise ConfigError(msg) from error
        if private:
            _keep_private(out)


@contextlib.contextmanager
def claim(out: Path) -> Iterator[None]:
    """
    Keep a folder for this process, once it is known that it can be written and has room.

    Raises ConfigError: Another process writes into it; it is a file; its place cannot be written;
        there is hardly any room.
    """
    told, out = out, out.resolve()
    _require_usable(out, told)
    with contextlib.ExitStack() as ended:
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            ended.enter_context(claimed(_place_of(out)))
        except ClaimedError as error:
            msg = (
                f"{told}: is being written by {error}. Wait until it ends, or choose another --out."
            )
            raise ConfigError(msg) from error
        except OSError as error:
            msg = f"{told}: cannot write there ({error.strerror}). Choose another --out."
            raise ConfigError(msg) from error
        _require_room(out, told)
        yield


def _require_usable(out: Path, told: Path) -> None:
    """Refuse what can be no folder here, and tell of one that others get to see."""
    try:
        is_file = out.exists() and not out.is_dir()
    except OSError as error:
        # a name that is too long
        msg = f"{told}: cannot write there ({error.strerror}). Choose another --out."
        raise ConfigError(msg) from error
    if is_file:
        msg = f"{told}: --out must be a folder, this is a file."
        raise ConfigError(msg)
    if out.exists() and not os.access(out, os.W_OK):
        msg = f"{told}: cannot be written to, as it is read-only. Choose another --out."
        raise ConfigError(msg)
    require_writable_name(out)
    if cloud := cloud_of(out):
        text = (
            f"{told}: folder ini disalin oleh {cloud} ke komputer lain, juga berkas yang belum "
            "selesai. Pilih --out lain bila isinya bukan untuk umum."
        )
        warnings.warn(text, UnprotectedWarning, stacklevel=3)


def _place_of(out: Path) -> Path:
    """Name the folder whose neighbours are on the same disk: `out`, or one within it."""
    return out if can_stand_beside(out) else out / out.name


def _require_room(out: Path, told: Path) -> None:
    """Refuse a disk without room for the products, before a long run."""
    earlier = sum(
        (out / one).stat().st_size for one in earlier_products(out) if (out / one).is_file()
    )
    needed = max(_LEAST_ROOM, round(_ROOM * earlier))
    free = shutil.disk_usage(out.parent if can_stand_beside(out) else out).free
    if free < needed:
        msg = (
            f"{told}: the disk has {free // _MEGA} MB left, about {needed // _MEGA} MB are needed. "
            "Make room, or choose another --out."
        )
        raise ConfigError(msg)


@contextlib.contextmanager
def _hidden(out: Path) -> Iterator[Path]:
    """
    Give a hidden folder on the disk of `out`, whose own folder is made when absent.

    Raises ConfigError: Nothing can be written there.
    """
    with contextlib.ExitStack() as ended:
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            for left in (out, out / out.name):
                remove_left(left)
            folder = ended.enter_context(hidden_folder(_place_of(out)))
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
    with _hidden(out) as folder:
        yield folder / out.name
        if private:
            _keep_private(folder)
        try:
            patiently((folder / out.name).replace, out)
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


def _seal(folder: Path) -> None:
    """Add the checksum of every product to the manifest, when nothing is written any more."""
    manifest = dict(_manifest(folder))
    if not manifest:
        return
    manifest[SHA256] = {
        name: _sha256(folder / name) for name in sorted(_files_in(folder) - {MANIFEST})
    }
    write_text(folder / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")


def _files_in(folder: Path) -> set[str]:
    return {one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Verified:
    """
    How the files of a folder compare with its manifest.

    `changed`, `missing`: Products that differ, or are not there.
    `others`: Files that no manifest lists.
    """

    products: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether every product is as it was written."""
        return not self.changed and not self.missing


def verify(folder: Path) -> Verified:
    """
    Compare the files of a finished folder with the checksums of its manifest.

    A folder of folders, one for each partner, is compared folder by folder.
    Raises ConfigError: It has no manifest with checksums, or is unfinished.
    """
    within = sorted(one.parent.name for one in folder.glob(f"*/{MANIFEST}"))
    if not within or (folder / MANIFEST).exists():
        return _verified(folder)
    each = {name: _verified(folder / name) for name in within}
    # also a partner's folder whose manifest is gone
    beside = (one for one in _files_in(folder) if one.partition("/")[0] not in each)
    return Verified(
        sum(one.products for one in each.values()),
        tuple(f"{name}/{file}" for name, one in each.items() for file in one.changed),
        tuple(f"{name}/{file}" for name, one in each.items() for file in one.missing),
        (*sorted(beside), *(f"{name}/{file}" for name, one in each.items() for file in one.others)),
    )


def _verified(folder: Path) -> Verified:
    require_finished(folder)
    listed = _manifest(folder).get(SHA256)
    if not isinstance(listed, dict):
        msg = f"{folder}: has no {MANIFEST} with checksums. Name the --out folder of a command."
        raise ConfigError(msg)
    there = _files_in(folder) - {MANIFEST}
    changed = [
        one for one, sum_ in listed.items() if one in there and _sha256(folder / one) != sum_
    ]
    return Verified(
        len(listed),
        tuple(sorted(changed)),
        tuple(sorted(listed.keys() - there)),
        tuple(sorted(there - listed.keys())),
    )


def _move(folder: Path, out: Path) -> None:
    """Replace products one by one; between the two manifests the folder says it is unfinished."""
    fresh = _files_in(folder)
    earlier = earlier_products(out)
    out.mkdir(exist_ok=True)
    unfinished = {_UNFINISHED: _SENTENCE, _REPLACED: sorted(earlier | fresh)}
    marker = folder / f".{_UNFINISHED}"
    write_text(marker, json.dumps(unfinished, ensure_ascii=False, indent=2) + "\n")
    patiently(marker.replace, out / MANIFEST)
    for name in sorted(fresh - {MANIFEST}):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        patiently((folder / name).replace, out / name)
    for name in sorted(earlier - fresh):
        if (out / name).is_file():
            patiently((out / name).unlink)
    if MANIFEST in fresh:
        patiently((folder / MANIFEST).replace, out / MANIFEST)


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


def made_at(out: Path) -> str:
    """Tell when finished products were made, ISO time; empty where there are none."""
    manifest = _manifest(out)
    created = manifest.get("created")
    return created if isinstance(created, str) and _UNFINISHED not in manifest else ""


def _manifest(out: Path) -> Mapping[str, object]:
    """Read the manifest of a folder; nothing where it has none, or a damaged one."""
    try:
        found = json.loads((out / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
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
    products = sorted(_files_in(folder))
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
