"""Begin a study from a folder of files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sibangkit_geo import codes
from sibangkit_geo.errors import ConfigError, DataError, MissingFileError, SibangkitError
from sibangkit_geo.outputs.staging import write_text
from sibangkit_geo.sources import boundaries as boundary_source
from sibangkit_geo.study import blocks
from sibangkit_geo.study.inspection import Known, inspect

if TYPE_CHECKING:
    from pathlib import Path

NAME = "study.toml"
_TABLES = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".parquet"})
_LAYERS = frozenset({".geojson", ".gpkg", ".shp", ".zip", ".fgb"})


@dataclass(frozen=True, slots=True)
class Begun:
    """A study file that was begun."""

    path: Path
    used: dict[str, str]
    remarks: tuple[str, ...]


def new_study(folder: Path, *, known: Known, title: str = "") -> Begun:
    """
    Write ``study.toml`` from the files of a folder.

    `known`: What the user says; the rest is asked in the file, never guessed.
    `title`: Title of the products; empty names the regency.
    Raises MissingFileError: There is no such folder.
    Raises ConfigError: A study file is there already, or the regency is unknown.
    Raises DataError: No file of the folder can be used.
    """
    if not folder.is_dir():
        raise MissingFileError(folder, named_by="folder of a new study")
    path = folder / NAME
    if path.exists():
        msg = f"{path}: a study file is there already; move it away to begin anew."
        raise ConfigError(msg)
    regency = codes.require_regency(known.regency)
    used: dict[str, str] = {}
    parts: list[str] = []
    remarks: list[str] = []
    polygons = ""
    for file in sorted(one for one in folder.iterdir() if one.is_file()):
        suffix = file.suffix.lower()
        if suffix in _LAYERS and not polygons and _has_villages(file):
            polygons, used[file.name] = file.name, "boundaries"
        elif suffix in _TABLES:
            part, kind, told = _block(file, known)
            used[file.name] = kind
            parts += [part] if part else []
            remarks += told
    if not parts:
        msg = f"{folder.name}: no register and no village table is recognised in this folder"
        raise DataError(msg, remedy="Look at one file with `sibangkit inspect FILE`.")
    text = blocks.study_of(
        title or f"Kantong kemiskinan {regency}", known, parts, boundaries=polygons
    )
    write_text(path, text)
    return Begun(path, used, tuple(remarks))


def _has_villages(path: Path) -> bool:
    try:
        areas = boundary_source.read_layout(path, strict=False).areas
    except SibangkitError:
        return False
    return bool(areas.geom_type.isin(["Polygon", "MultiPolygon"]).any())


def _block(path: Path, known: Known) -> tuple[str, str, list[str]]:
    try:
        found = inspect(path, known=replace(known, sheet=""))
    except SibangkitError as error:
        return "", "unreadable", [str(error)]
    return found.block, found.kind, [f"{path.name}: {text}" for text in found.remarks]
