"""A study of several regencies: each is run by itself, and put in place with the others at last."""

from __future__ import annotations

import logging
import os
import shutil
from dataclasses import dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from sibangkit_geo import codes, config, disclosure
from sibangkit_geo.errors import DataError, InputsError, SibangkitError
from sibangkit_geo.indicators.estimates import tested
from sibangkit_geo.model.stages import cores
from sibangkit_geo.pockets import find_pockets
from sibangkit_geo.products import staging
from sibangkit_geo.products.province import (
    PAGE,
    MissingRegency,
    Province,
    RegencyResult,
    needs_of,
    plain_result,
    result_of,
    write_manifest,
    write_province,
)
from sibangkit_geo.products.web.province_page import province_page
from sibangkit_geo.products.words import named_pockets, say, told_grades
from sibangkit_geo.sources.text_tables import checksum
from sibangkit_geo.study.locate import review_file_of
from sibangkit_geo.study.lock import require_lock
from sibangkit_geo.study.prepare import prepare
from sibangkit_geo.study.protect import protects_poverty, salt_of
from sibangkit_geo.study.running import require_apart, write_run
from sibangkit_geo.study.waiting import WaitingRoom, key_of, result_from
from sibangkit_geo.study.workers import Ended, run_apart

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from sibangkit_geo.model.types import Note, Pockets
    from sibangkit_geo.study.lock import Lock
    from sibangkit_geo.study.prepare import Progress
    from sibangkit_geo.study.regencies import Several

log = logging.getLogger(__name__)
_CODE = len("16.07")
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class ProvinceOrder:
    """
    How a study of several regencies is run.

    Attributes
    ----------
    jobs
        Regencies at a time; 0: one per core.
    restart
        Run all anew, also those that an interrupted run has finished.
    lock
        As of a study of one regency.
    explain
        Words a message in the language of the products.

    Raises
    ------
    ValueError
        `jobs` is below 0.

    Examples
    --------
    >>> ProvinceOrder(jobs=1).restart
    False
    """

    jobs: int = 0
    restart: bool = False
    lock: Lock | None = None
    explain: Callable[[str], str] = str

    def __post_init__(self) -> None:
        """Check the range."""
        if self.jobs < 0:
            msg = f"`jobs` must be at least 0, got {self.jobs}."
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class ProvinceFinished:
    """
    What was made.

    `products`: Relative paths of the province's own files and of each regency's front page.
    `reused`: Code to the age of the result that was taken from an interrupted run.
    `missing`: Name to what is wrong, in English, one message each.
    """

    out: Path
    products: tuple[str, ...]
    finished: tuple[str, ...]
    reused: Mapping[str, str]
    missing: Mapping[str, tuple[str, ...]]


def run_province(
    several: Several, out: Path, *, order: ProvinceOrder, progress: Progress
) -> ProvinceFinished:
    """
    Run each regency of a study, and write them with a front page of all.

    What is wrong with one regency stops no other: it is listed as missing. Finished regencies wait
    beside `out` until all have ended; a run that is interrupted takes them up again where
    inputs, settings, versions and secrets are the same.

    `out`: Folder; nothing in it changes before all have ended.
    Raises ConfigError: No regency's settings are in order; `out` holds products of another kind;
        level internal has no lock.
    Raises DataError: No regency has a result.
    Raises LeakError: A product would show personal data; nothing is written.
    """
    staging.require_own(out, kind="province")
    common = several.common()
    rights = common.disclosure.rights
    require_lock(several.file.name, order.lock, internal=rights.houses)
    with staging.claim(out):
        room = WaitingRoom.beside(out)
        if order.restart:
            room.clear()
        room.open()
        found, reused = _results(several, out, room, order, progress)
        results = {code: one.made for code, one in found.items() if one.made is not None}
        if not results:
            raise _nothing(found)
        failed = {code: one.errors for code, one in found.items() if one.made is None}
        products = _written(several, common, out, room, order, results, failed)
        if not failed:
            # else the others are not run again once what is missing was mended
            room.clear()
    names = {code: codes.require_regency(code) for code in failed}
    return ProvinceFinished(
        out, products, tuple(results), reused, {names[one]: failed[one] for one in failed}
    )


def _results(
    several: Several, out: Path, room: WaitingRoom, order: ProvinceOrder, progress: Progress
) -> tuple[dict[str, Ended], dict[str, str]]:
    """Take up what waits, and run the others; a regency whose settings are wrong has ended."""
    ended: dict[str, Ended] = {}
    reused: dict[str, str] = {}
    orders: dict[str, tuple[Any, ...]] = {}
    for code, table in several.tables.items():
        try:
            study = several.study(code)
            for folder in (out, out / code):
                require_apart(study, folder)
            # drawn here where there is none yet: of two processes each would draw its own
            salt_of(study)
            review = review_file_of(study, out)
            key = key_of(study, table, lock=order.lock, review=review)
        except SibangkitError as error:
            ended[code] = Ended(errors=_texts(error), exit_code=error.exit_code)
            continue
        if waited := room.found(code, key):
            ended[code], reused[code] = Ended(waited[0]), waited[1]
            log.info("%s: taken up, finished %s ago", code, waited[1])
        else:
            orders[code] = (study, code, out, room, key, order.lock)
    jobs = min(order.jobs or cores(), max(1, len(orders)))
    before = len(ended)
    every = len(several.tables)
    made = run_apart(
        _regency,
        orders,
        jobs=jobs,
        done=lambda done, _: progress("regency", before + done, every),
    )
    for code, one in made.items():
        ended[code] = replace(one, made=result_from(one.made)) if one.made else one
    return {code: ended[code] for code in several.tables}, reused


def _texts(error: SibangkitError) -> tuple[str, ...]:
    each = error.errors if isinstance(error, InputsError) else (error,)
    return tuple(map(str, each))


def _nothing(found: Mapping[str, Ended]) -> DataError:
    """Word that every regency failed, by what is wrong with the first."""
    first = next(iter(found.values())).errors
    same = sum(one.errors == first for one in found.values())
    msg = f"No regency has a result; of {same} of {len(found)} the same is wrong: {first[0]}"
    return DataError(msg.rstrip("."), remedy="Mend it and run again.")


def _regency(
    study: config.Study, code: str, out: Path, room: WaitingRoom, key: str, lock: Lock | None
) -> dict[str, object]:
    """Run one regency into the waiting room; this is what a process of its own does."""
    # beside the products of the province, where a person's decisions on names are looked for
    ready = prepare(study, out, progress=_silent)
    write_run(ready, room.folder(code), lock=lock)
    official = study.official
    result = result_of(
        ready.product,
        code=code,
        rule=_rule(study),
        official=(official.rate_percent, official.year, official.source) if official else (),
    )
    plain = plain_result(result)
    room.keep(code, key, plain)
    return plain


def _silent(stage: str, done: int, total: int) -> None:
    """Report nothing: several regencies run side by side."""


def _rule(study: config.Study) -> str:
    """Word who counts as poor, alike where it is alike."""
    if study.poverty is None:
        return "tabel desa"
    told = config.plain(study.poverty)
    assert isinstance(told, dict)  # noqa: S101 - settings are
    return ", ".join(f"{key} {one}" for key, one in told.items() if one not in ("", None, 0))


def _written(
    several: Several,
    common: config.Study,
    out: Path,
    room: WaitingRoom,
    order: ProvinceOrder,
    results: Mapping[str, RegencyResult],
    failed: Mapping[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """Put the regencies into the folder with what tells of all of them."""
    private = common.disclosure.rights.houses
    with staging.staged(out, kind="province", private=private) as folder:
        missing = tuple(
            MissingRegency(
                code,
                codes.require_regency(code),
                " ".join(map(order.explain, errors)),
                staging.made_at(out / code),
            )
            for code, errors in failed.items()
        )
        province = _province(several, common, room, results, missing)
        software = f"sibangkit_geo {metadata.version('sibangkit_geo')}"
        own = write_province(province, folder, page=lambda files: province_page(
            province, files=files, software=software))  # fmt: skip
        # each regency's folder was searched with the texts of its register when it was written
        disclosure.require_clean(folder)
        for code in results:
            _linked(room.folder(code), folder / code)
        for one in missing:
            if one.earlier:
                _linked(out / one.code, folder / one.code)
        write_manifest(province, folder, _manifest(several, common))
    return (*own, *(f"{code}/{PAGE}" for code in results))


def _linked(source: Path, target: Path) -> None:
    """Copy a folder as links where the disk has them: what waits stays until all is in place."""

    def link(one: str, other: str) -> None:
        try:
            os.link(one, other)
        except OSError:
            shutil.copy2(one, other)

    shutil.copytree(source, target, copy_function=link)


def _province(
    several: Several,
    common: config.Study,
    room: WaitingRoom,
    results: Mapping[str, RegencyResult],
    missing: tuple[MissingRegency, ...],
) -> Province:
    """Gather what the front page tells, from the products of the regencies themselves."""
    layers = {code: _layers(room.folder(code)) for code in results}
    crs = next(iter(layers.values()))[0].crs
    districts = _together([one[0].assign(regency=code) for code, one in layers.items()], crs)
    pockets = _together([one[1].assign(regency=code) for code, one in layers.items()], crs)
    across = crossing = None
    notes: tuple[Note, ...] = ()
    if several.section.across_borders:
        across, crossing = _across(common, [room.folder(one) for one in results], crs)
        notes = across.notes
    section = several.section
    return Province(
        title=section.title.replace("{regency_name}", "").strip(" :"),
        place=say("province_place", n=len(results) + len(missing)),
        year=section.year,
        created=staging.stated_time(),
        level=common.disclosure.level,
        finished=tuple(results.values()),
        missing=missing,
        districts=districts,
        pockets=pockets,
        needs=pd.concat([needs_of(code, room.folder(code)) for code in results], ignore_index=True),
        notes=notes,
        across=across,
        crossing=crossing,
    )


def _layers(folder: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    return tuple(gpd.read_parquet(folder / "gis" / f"{one}.parquet")
                 for one in ("districts", "pockets"))  # fmt: skip


def _together(tables: Sequence[gpd.GeoDataFrame], crs: object) -> gpd.GeoDataFrame:
    """Lay tables of regencies below each other, in one CRS."""
    moved = [one.to_crs(crs) for one in tables]
    full = [one for one in moved if len(one)] or moved[:1]
    return gpd.GeoDataFrame(pd.concat(full, ignore_index=True), geometry="geometry", crs=crs)


def _across(
    common: config.Study, folders: Sequence[Path], crs: object
) -> tuple[Pockets, gpd.GeoDataFrame]:
    """
    Look for pockets on the map of all regencies, from the counts that their products show.

    Returns: What was found, and a table of the pockets with villages of several regencies.
    """
    parts = [gpd.read_parquet(one / "gis" / "villages.parquet") for one in folders]
    kept = ["village_code", "name", "district_name", "headcount_ratio", "poor_households",
            "known_poor", "households", "geometry"]  # fmt: skip
    every = _together([one.reindex(columns=kept) for one in parts], crs).set_index("village_code")
    counted = tested(every)
    worth = None
    if protects_poverty(common):
        worth = disclosure.worth(
            counted["poor_households"], counted["households"], settings=common.disclosure
        )
    found = find_pockets(counted, settings=common.pockets, worth=worth)
    found = named_pockets(found, every)
    return found, _crossing(found)


def _crossing(found: Pockets) -> gpd.GeoDataFrame:
    """List the pockets that have villages of two regencies or more."""
    of = found.members.index.to_series().str[:_CODE]
    of = of.groupby(found.members).unique()
    regencies = {int(str(number)): sorted(own) for number, own in of.items()}
    several = [number for number, own in regencies.items() if len(own) > 1]
    chosen = found.outlines.loc[several]
    grades = told_grades(chosen["evidence"])
    names = [", ".join(map(codes.require_regency, regencies[one])) for one in several]
    inside = [" ".join(sorted(found.members.index[found.members == one])) for one in several]
    return gpd.GeoDataFrame(
        {
            "nomor": several,
            "nama_kantong": list(chosen.get("name", "")),
            "bukti": list(grades),
            "kabupaten": names,
            "desa": list(chosen["n_villages"]),
            "rumah_tangga_diketahui": list(chosen["households"]),
            "rumah_tangga_miskin": list(chosen["poor"]),
            "porsi": chosen["rate"].round(_DIGITS).tolist(),
            "nilai_p": chosen["p_value"].round(_DIGITS).tolist(),
            "kode_desa_anggota": inside,
        },
        geometry=list(chosen.geometry),
        crs=chosen.crs,
    )


def _manifest(several: Several, common: config.Study) -> dict[str, object]:
    settings = config.plain(several.section)
    return {
        "seed": several.section.seed,
        "versions": {"sibangkit_geo": metadata.version("sibangkit_geo")},
        "inputs": [
            {"role": "study", "file": several.file.name, "sha256": checksum(several.file),
             "source": ""}
        ],
        "settings": {"study": settings, "disclosure": config.plain(common.disclosure)},
    }  # fmt: skip
