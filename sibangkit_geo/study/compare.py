"""Compare finished runs over time: read, bring to common codes, measure, write."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sibangkit_geo import codes
from sibangkit_geo.config import plain
from sibangkit_geo.disclosure import DisclosureSettings, protection_note
from sibangkit_geo.errors import ConfigError, DegradedInputWarning
from sibangkit_geo.model.types import Note
from sibangkit_geo.pockets.change import (
    COUNTS,
    ChangeSettings,
    Wave,
    at_common_codes,
    emerging_classes,
    level_change,
    pocket_changes,
    rate_change,
)
from sibangkit_geo.products.comparison import Comparison
from sibangkit_geo.products.result import Analysis
from sibangkit_geo.products.staging import require_finished
from sibangkit_geo.sources.text_tables import checksum

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

_NEEDED = ("village_code", "households", "poor_households", "pocket")
_DISTRICT = 8
_VILLAGE = 13
_FEWEST_HISTORY = 3


@dataclass(frozen=True, slots=True)
class _Run:
    label: str
    wave: Wave
    names: Mapping[str, str]
    coverage: pd.Series
    generations: tuple[str, ...]
    boundaries: tuple[str, ...]
    checksums: Mapping[str, str]
    notes: tuple[Note, ...]
    disclosure: DisclosureSettings
    shapes: gpd.GeoDataFrame | None = None


def compare(
    runs: Sequence[str | Path | Analysis], *, settings: ChangeSettings | None = None
) -> Comparison:
    """
    Compare two or more finished runs: pockets, rates, and what else changed.

    Parameters
    ----------
    runs
        Folders of finished products, or analyses; ordered here by study year.
    settings
        Parameters; the default when None.

    Returns
    -------
    comparison
        Pockets matched over time, changes of rates with intervals.

    Raises
    ------
    ConfigError
        Fewer than two runs, a folder that is no finished run, or runs of the same year, of
        different regencies, or some protected and some not.

    Examples
    --------
    >>> import tempfile, pathlib, sibangkit_geo as sg
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> file = sg.write_demo(folder, settings=sg.DemoSettings(households=5_000))
    >>> old, new = sg.analyse(file.with_name("study_2020.toml")), sg.analyse(file)
    >>> sg.compare([old, new]).areas["level"].value_counts()["kabupaten"].item()
    1
    """
    chosen = settings or ChangeSettings()
    foreign = [one for one in runs if not isinstance(one, str | Path | Analysis)]
    if isinstance(runs, str | Path) or foreign:
        kind = type(foreign[0] if foreign else runs).__name__
        msg = f"`runs` must be a list of folders or analyses, got {kind}."
        raise TypeError(msg)
    every = [_of(one) if isinstance(one, Analysis) else _read(Path(one)) for one in runs]
    read = sorted(every, key=lambda one: one.wave.year)
    _check(read)
    code, notes = _common(read)
    waves = [at_common_codes(one.wave, code) for one in read]
    split = {to for one, to in code.items() if one != to}
    caution, more = _cautions(read, waves, split, chosen)
    notes += more
    for one in notes:
        warnings.warn(one.text, DegradedInputWarning, stacklevel=2)
    carried = [n for one in read for n in one.notes]
    provenance = {
        "runs": [
            {"folder": one.label, "year": one.wave.year, "overdispersion_rho": one.wave.rho,
             "sha256": dict(one.checksums)} for one in read
        ],
        "parameters": plain(chosen),
    }  # fmt: skip
    return Comparison(
        *_measure(read, waves, caution, chosen),
        tuple(dict.fromkeys([*notes, *carried])),
        provenance,
        read[-1].disclosure.level,
        protection_note(read[-1].disclosure).text,
        read[-1].shapes,
    )


def compare_runs(
    folders: Sequence[Path], out: Path, *, settings: ChangeSettings | None = None
) -> tuple[str, ...]:
    """
    Compare two or more finished runs and write what changed.

    `folders`: Folders of finished products; ordered here by study year.
    `out`: Folder for the products of the comparison.
    `settings`: Parameters; the default when None.
    Raises ConfigError: As of `compare`; `out` is one of the runs.
    Raises LeakError: A product would show personal data; nothing is written.
    """
    if out.resolve() in {one.resolve() for one in folders}:
        msg = f"{out}: --out is one of the runs. Choose another folder."
        raise ConfigError(msg)
    return compare(folders, settings=settings).write(out)


def _of(analysis: Analysis) -> _Run:
    """Take a run out of an analysis, with the numbers that its files would have."""
    settings = analysis.provenance.settings
    return _as_run(
        analysis.title,
        _present(pd.DataFrame(analysis.villages.drop(columns="geometry"))),
        analysis.found.overdispersion,
        settings,
        inputs=[{"role": one.role, "sha256": one.sha256} for one in analysis.provenance.inputs],
        year=analysis.year,
        shapes=analysis.mapped,
    )


def _read(folder: Path) -> _Run:
    table_file, manifest_file = folder / "villages.csv", folder / "manifest.json"
    require_finished(folder)
    try:
        manifest = json.loads(manifest_file.read_text("utf-8"))
        year = int(manifest["settings"]["study"]["year"])
        table = pd.read_csv(table_file, dtype={"village_code": str})
        missing = [one for one in _NEEDED if one not in table]
        rho = manifest["result"]["overdispersion_rho"]
        settings = manifest["settings"]
        DisclosureSettings(**settings.get("disclosure", {}))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        msg = f"{folder}: not a folder of finished products (villages.csv, manifest.json). "
        raise ConfigError(msg + "Name the --out folder of a run.") from error
    if missing:
        msg = f"{folder}: villages.csv lacks {', '.join(missing)}. Run the study again."
        raise ConfigError(msg)
    checksums = {one.name: checksum(one) for one in (table_file, manifest_file)}
    return _as_run(
        folder.name,
        _present(table.set_index("village_code")),
        rho,
        settings,
        inputs=manifest.get("inputs", []),
        year=year,
        checksums=checksums,
    )


def _as_run(  # noqa: PLR0913 - what a run is made of, from files or from memory
    label: str,
    table: pd.DataFrame,
    rho: float | None,
    settings: Mapping[str, Any],
    *,
    inputs: Sequence[Mapping[str, str]],
    year: int,
    checksums: Mapping[str, str] | None = None,
    shapes: gpd.GeoDataFrame | None = None,
) -> _Run:
    """Lay out what a comparison needs of a run; `table` holds the villages with data."""
    known = rho is not None and not math.isnan(rho)
    text = f"Sebaran berlebih tahun {year} tidak tercatat; selangnya terlalu sempit."
    areas = ["pocket", *({"wide_area"} & set(table))]
    numbers = table.reindex(columns=[*COUNTS, *areas]).astype(float)
    if "known_poor" in table:
        # rates are of those whose poverty is known; none where too few are
        thin = table["headcount_ratio"].isna()
        numbers["households"] = table["known_poor"].astype(float).fillna(numbers["households"])
        numbers["poor_households"] = numbers["poor_households"].mask(thin)
    chosen = DisclosureSettings(**settings.get("disclosure", {}))
    registers = settings.get("households") or []
    return _Run(
        label=label,
        wave=Wave(year, numbers, float(rho or 0.0) if known else 0.0, _noise(chosen)),
        names=_names(table),
        coverage=table.reindex(columns=["register_coverage"])["register_coverage"],
        generations=tuple(sorted({str(one.get("code_generation", "")) for one in registers})),
        boundaries=tuple(sorted(one["sha256"] for one in inputs if one["role"] == "boundaries")),
        checksums=checksums or {},
        notes=() if known else (Note("no_rho", text),),
        disclosure=chosen,
        shapes=shapes,
    )


def _noise(settings: DisclosureSettings) -> float:
    return settings.variance if settings.rights.protected else 0.0


def _present(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out villages without data."""
    known = table.reindex(columns=[*COUNTS, "pocket"])
    return table[known.notna().any(axis=1)]


def _names(table: pd.DataFrame) -> dict[str, str]:
    found = table.reindex(columns=["name", "district_name"]).fillna("").astype(str)
    districts = dict(zip(found.index.str[:_DISTRICT], found["district_name"], strict=True))
    villages = {str(code): str(name) for code, name in found["name"].items()}
    return {**districts, **villages}


def _check(runs: Sequence[_Run]) -> None:
    years = [one.wave.year for one in runs]
    msg = ""
    if len(runs) < 2:
        msg = "Name two folders of finished products or more."
    elif len(set(years)) < len(years):
        msg = f"{', '.join(one.label for one in runs)}: two runs are of the same study year."
    elif len({one.wave.table.index[0][:5] for one in runs if len(one.wave.table)}) > 1:
        msg = "The runs are of different regencies. Compare runs of one regency."
    elif len({one.disclosure.rights.protected for one in runs}) > 1:
        levels = ", ".join(f"{one.label} {one.disclosure.level}" for one in runs)
        msg = f"The counts are in some protected and some not: {levels}. Compare runs of one level."
    if msg:
        raise ConfigError(msg)


def _common(runs: Sequence[_Run]) -> tuple[dict[str, str], list[Note]]:
    """Take the codes that every wave supports; a split in any pair counts for all."""
    present = [one.wave.table.index for one in runs]
    code: dict[str, str] = {}
    notes: dict[str, Note] = {}
    for earlier, later in pairwise(present):
        level = codes.common_level(list(earlier), list(later))
        code |= {one: to for one, to in level.code.items() if one != to}
        if level.text:
            text = level.text.replace("tabel dan peta", "kedua waktu")
            notes[text] = Note("codes", text, len(level.merged) + len(level.at_district))
    return code, list(notes.values())


def _cautions(
    runs: Sequence[_Run], waves: Sequence[Wave], split: set[str], settings: ChangeSettings
) -> tuple[list[pd.Series], list[Note]]:
    """Say per step and village what beside a real change may have moved its numbers."""
    cautions, notes = [], []
    for (one, other), (old, new) in zip(pairwise(runs), pairwise(waves), strict=True):
        index = old.table.index.union(new.table.index)
        text = pd.Series("", index=index) + pd.Series(
            ["pemekaran " if one in split else "" for one in index], index=index
        )
        years = f"{old.year} dan {new.year}"
        if one.generations != other.generations:
            text += "generasi "
            notes.append(Note("generation", f"Data {years} berasal dari generasi pendataan yang "
                f"berbeda ({', '.join(one.generations)}; {', '.join(other.generations)}): sebagian "
                "perubahan dapat berasal dari cara mendata."))  # fmt: skip
        if one.boundaries != other.boundaries:
            text += "batas "
            notes.append(Note("boundaries", f"Berkas batas desa {years} berbeda: perubahan bentuk "
                "kantong dapat berasal dari batas."))  # fmt: skip
        moved = _coverage_moved(one, other, (old, new), settings).reindex(index, fill_value=False)
        text = text.where(~moved, text + "cakupan")
        if moved.any():
            notes.append(Note("coverage", f"Jumlah rumah tangga atau cakupan register antara "
                f"{years} berubah lebih dari {settings.coverage_tolerance:.0%} di {moved.sum()} "
                "desa/kelurahan: perubahannya dapat berasal dari cakupan.",
                int(moved.sum())))  # fmt: skip
        cautions.append(text.str.strip())
    return cautions, notes


def _coverage_moved(
    one: _Run, other: _Run, waves: tuple[Wave, Wave], settings: ChangeSettings
) -> pd.Series:
    before, after = (wave.table["households"] for wave in waves)
    moved = (after / before.where(before > 0) - 1).abs() > settings.coverage_tolerance
    registers = (other.coverage - one.coverage).abs() > settings.coverage_tolerance
    return moved | registers.reindex(moved.index, fill_value=False)


def _measure(
    runs: Sequence[_Run], waves: Sequence[Wave], caution: Sequence[pd.Series], set_: ChangeSettings
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    names = {code: name for one in runs for code, name in one.names.items()}
    villages, areas = [], []
    for (old, new), words in zip(pairwise(waves), caution, strict=True):
        found = _labelled(level_change(old, new, level="desa"), names, (old.year, new.year))
        villages.append(found.assign(caution=words.reindex(found["code"]).to_numpy()))
        for level in ("kecamatan", "kabupaten"):
            found = _labelled(level_change(old, new, level=level), names, (old.year, new.year))
            found.insert(0, "level", level)
            told = [_joined(words[words.index.str.startswith(one)]) for one in found["code"]]
            areas.append(found.assign(caution=told))
    table = pd.concat(villages, ignore_index=True)
    if len(waves) >= _FEWEST_HISTORY:
        table["history"] = table["code"].map(_history(waves))
    pockets = pocket_changes(waves, set_)
    if len(pockets):
        step = {old.year: words for (old, _), words in zip(pairwise(waves), caution, strict=True)}
        pockets["caution"] = [
            _joined(step[year].reindex(inside.split()))
            for year, inside in zip(pockets["year_before"], pockets["villages"], strict=True)
        ]
    return pockets, table, pd.concat(areas, ignore_index=True)


def _joined(words: pd.Series) -> str:
    return " ".join(dict.fromkeys(" ".join(sorted(set(words.dropna()))).split()))


def _labelled(
    table: pd.DataFrame, names: Mapping[str, str], years: tuple[int, int]
) -> pd.DataFrame:
    made = table.rename_axis("code").reset_index()
    made.insert(1, "name", made["code"].map(dict(names)).fillna(""))
    made.insert(2, "year_before", years[0])
    made.insert(3, "year_after", years[1])
    return made


def _history(waves: Sequence[Wave]) -> pd.Series:
    index = waves[0].table.index
    for one in waves[1:]:
        index = index.union(one.table.index)
    index = index[index.str.len() == _VILLAGE]
    columns: dict[str, list[pd.Series]] = {"hot": [], "rates": [], "cold": []}
    for one in waves:
        table = one.table.reindex(index)
        # a wave against itself gives the interval of a difference; the rate is what is needed
        rates = rate_change(one, one, group=index.to_series())["rate_after"].reindex(index)
        known = one.table.dropna(subset=["households", "poor_households"])
        whole = known["poor_households"].sum() / known["households"].sum()
        n = table["households"]
        spread = whole * (1 - whole) * (1 + one.rho * (n - 1)) / n.where(n > 0)
        columns["hot"].append(table["pocket"].notna())
        columns["rates"].append(rates)
        columns["cold"].append(rates < whole - 1.959964 * spread**0.5)
    frames = [pd.concat(one, axis=1, keys=range(len(waves))) for one in columns.values()]
    return emerging_classes(*frames)
