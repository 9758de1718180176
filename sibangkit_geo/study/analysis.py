"""What notebooks and the command line both call: a layer or a study in, findings out."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from sibangkit_geo.errors import ConfigError, DataError, columns_hint, nearest
from sibangkit_geo.model.numeric_columns import NumberKind
from sibangkit_geo.model.types import Note
from sibangkit_geo.pockets import detector
from sibangkit_geo.pockets.pysal import as_neighbors
from sibangkit_geo.pockets.settings import PocketSettings
from sibangkit_geo.products.found import ADDED, ORIGIN, FoundPockets
from sibangkit_geo.products.shown import whole_seed
from sibangkit_geo.products.words import around_pockets, named_pockets
from sibangkit_geo.sources.boundaries.repair import polygonal, to_metres
from sibangkit_geo.sources.readers.grid import number_text
from sibangkit_geo.sources.text_tables import NumericText, read_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike

    from sibangkit_geo import disclosure
    from sibangkit_geo.config import Study
    from sibangkit_geo.pockets.pysal import GraphLike
    from sibangkit_geo.products.result import Analysis

# more than the largest regency has (Bogor, 1.6 million families)
# of a table without a polygon: nothing is measured in it
_NOWHERE = "EPSG:32748"
# no projection has its coordinates so near its origin
_DEGREES = 360.0
_DEFAULTS = ("poor_households", "households")
_HOUSEHOLDS = NumberKind(0, 1e7, whole=True)


def find_pockets(  # noqa: PLR0913 - a door: each says what one thing of the user's is called
    villages: gpd.GeoDataFrame,
    *,
    poor: str | ArrayLike = "poor_households",
    households: str | ArrayLike = "households",
    name: str = "",
    district: str = "",
    neighbors: GraphLike | None = None,
    settings: PocketSettings | None = None,
    seed: int | np.random.Generator | None = None,
    progress: bool | Callable[[int], None] = False,
) -> FoundPockets:
    """
    Find neighboring villages whose poverty together exceeds chance.

    The test is `pockets.detector.find_pockets`; here any table of villages is taken as it is.
    Nothing is protected: what is shown are the numbers given. The villages of an `Analysis` are
    tested as the study tests them, and keep its level.
    Grain: one row per village in and out, one row per pocket beside.

    Parameters
    ----------
    villages
        Polygons with a coordinate system, one row per village, whatever index and columns are
        called. Degrees are projected to metres, and a note says so.
    poor, households
        Column with the number of poor households and of all households; or the numbers, a
        Series indexed alike or any array of that length (numpy, nullable, Arrow, polars). A
        village with missing numbers is left out of the test and noted.
    name, district
        Columns with the names of villages and of their districts, which pockets are called
        after; empty takes columns ``name`` and ``district_name`` where they are there.
    neighbors
        Graph of the villages: `Neighbors`, or a ``Graph`` or ``W`` of libpysal, by the labels
        of the index; None draws it by the rule of the settings.
    settings
        Error rate, permutations, neighbor rule; the defaults when None.
    seed
        Of the permutations, in place of that of the settings.
    progress
        True shows a bar; a function is called with the replicates done since its last call.

    Returns
    -------
    found
        Possibly no pocket; that is a result, not an error.

    Raises
    ------
    DataError
        A column is missing; a label stands twice; a count is no number, infinite, negative or
        a share; a village has more poor households than households; there is no coordinate
        system; the places are no polygons, or none has a neighbor.
    TypeError
        `villages` is no GeoDataFrame, or `neighbors` no graph.
    ValueError
        An array has another length than the table.

    Examples
    --------
    >>> import sibangkit_geo as sg
    >>> villages = sg.read_boundaries().villages.assign(kk=400, miskin=40)
    >>> villages.loc[villages["district_code"] == "16.07.10", "miskin"] = 220
    >>> found = sg.find_pockets(villages, poor="miskin", households="kk")
    >>> len(found), found.summary()["evidence"].tolist()
    (1, ['strict'])
    """
    _require_table(villages)
    names = {
        "name": name or _there(villages, "name"),
        "district_name": district or _there(villages, "district_name"),
    }
    told = {key: _column(villages, one) for key, one in names.items() if one and names["name"]}
    chosen = _settings(settings, seed)
    by_name = isinstance(poor, str) and isinstance(households, str)
    origin = _origin(villages) if by_name and (poor, households) == _DEFAULTS else {}
    table, labels, notes = _laid_out(_known(villages) if origin else villages, poor, households)
    graph = None
    if neighbors is not None:
        graph = as_neighbors(neighbors, one_sided="link")
        if not labels.equals(villages.index):
            graph = replace(graph, ids=_plain_labels(graph.ids))
    with _stepping(chosen.replicates, progress=progress) as step:
        found = detector.find_pockets(
            table, settings=chosen, neighbors=graph, worth=_worth(table, origin), progress=step
        )
    found = replace(found, notes=(*notes, *_overwritten(villages), *found.notes))
    if told:
        named = table[["geometry"]].assign(
            **{key: one.astype(str).to_numpy() for key, one in told.items()}
        )
        found = (named_pockets if len(told) > 1 else around_pockets)(found, named)
    level, caveat = (str(origin.get(key, "")) for key in ("level", "caveat"))
    return FoundPockets(found, villages, labels, names["name"], level, caveat)


def _require_table(villages: object) -> None:
    if not isinstance(villages, gpd.GeoDataFrame):
        kind = type(villages).__name__
        msg = f"`villages` must be a GeoDataFrame, got {kind}: read it with geopandas.read_file."
        raise TypeError(msg)


def _settings(
    settings: PocketSettings | None, seed: int | np.random.Generator | None
) -> PocketSettings:
    if settings is not None and not isinstance(settings, PocketSettings):
        msg = f"`settings` must be PocketSettings(...), got {type(settings).__name__}."
        raise TypeError(msg)
    chosen = settings or PocketSettings()
    return chosen if seed is None else replace(chosen, seed=whole_seed(seed))


def _column(villages: gpd.GeoDataFrame, name: str, meant: str = "") -> pd.Series:
    """Take one column of the table; `meant` names the argument in messages."""
    if name not in villages:
        msg = f'The table has no column "{name}"{f" ({meant})" if meant else ""}'
        raise DataError(msg, remedy=columns_hint([name], villages.columns))
    column: pd.Series | pd.DataFrame = villages[name]
    if isinstance(column, pd.DataFrame):
        msg = f'The table has several columns "{name}"'
        raise DataError(msg, remedy="Rename them.")
    return column


def _overwritten(villages: gpd.GeoDataFrame) -> list[Note]:
    """Say which columns of the user's the result has its own of."""
    own = [one for one in ADDED if one in villages]
    if not own or villages.attrs.get(ORIGIN):
        return []
    text = f"Kolom {', '.join(own)} pada tabel diganti oleh hasil uji ini."
    return [Note("columns_replaced", text, len(own))]


def _origin(villages: object) -> dict[str, Any]:
    """Read what an analysis says of its villages; empty of a table of the user's own."""
    told = getattr(villages, "attrs", {}).get(ORIGIN, {})
    return told if {"known_poor", "headcount_ratio"} <= {*getattr(villages, "columns", ())} else {}


def _known(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take the households whose poverty is known, where enough are, as the study does."""
    from sibangkit_geo.indicators.estimates import tested  # noqa: PLC0415 - slow to load

    return tested(villages)


def _worth(table: gpd.GeoDataFrame, origin: dict[str, Any]) -> pd.Series | None:
    """Tell what protected households are worth; None where nothing was protected."""
    if not origin.get("disclosure"):
        return None
    from sibangkit_geo import disclosure  # noqa: PLC0415 - a table of one's own needs none

    settings = disclosure.DisclosureSettings(**origin["disclosure"])
    if not settings.rights.protected:
        return None
    return disclosure.worth(table["poor_households"], table["households"], settings=settings)


def _laid_out(
    villages: gpd.GeoDataFrame, poor: str | ArrayLike, households: str | ArrayLike
) -> tuple[gpd.GeoDataFrame, pd.Index, list[Note]]:
    """
    Bring any table to what the detector takes.

    Returns: Counts and polygons in metres, their labels, and what was done.
    """
    shapes = _places(villages)
    twice = villages.index[villages.index.duplicated(keep=False)]
    if len(twice):
        msg = "Villages stand twice in the index"
        rows = pd.DataFrame(index=[_words(one) for one in twice])
        remedy = "Keep one row per village, or `reset_index(drop=True)`."
        raise DataError(msg, rows=rows, remedy=remedy)
    labels = _plain_labels(villages.index)
    notes: list[Note] = []
    usual = isinstance(households, str) and households == "households"
    if usual and "known_poor" in villages and not villages.attrs.get(ORIGIN):
        # who is not known to be poor is not known to be not poor
        households = "known_poor"
        text = "Penyebut: rumah tangga yang kemiskinannya diketahui (kolom known_poor)."
        notes.append(Note("of_known", text))
    columns = {}
    for key, given in (("poor_households", poor), ("households", households)):
        columns[key], told = _counts(villages, given, key)
        notes += told
    table = gpd.GeoDataFrame(columns, index=labels, geometry=shapes.to_numpy(), crs=shapes.crs)
    if not table.crs.is_projected:
        here = table[~(table.geometry.isna() | table.geometry.is_empty)]
        table = table.to_crs(to_metres(here).crs if len(here) else _NOWHERE)
        text = f"Koordinat derajat diproyeksikan ke {table.crs.name} untuk mengukur jarak."
        notes.append(Note("projected", text, len(table)))
    bad = ~(table.geometry.is_valid | table.geometry.isna())
    if bad.any():
        mended = polygonal(table.geometry[bad].to_numpy())
        table.loc[bad, "geometry"] = gpd.GeoSeries(mended, table.index[bad], crs=table.crs)
        text = f"{int(bad.sum())} poligon tidak sah diperbaiki sebelum diuji."
        notes.append(Note("polygons_repaired", text, int(bad.sum())))
    _require_apart(table)
    return table, labels, notes


def _require_apart(table: gpd.GeoDataFrame) -> None:
    """Refuse degrees that are called metres, and a polygon that stands twice."""
    here = table[~(table.geometry.isna() | table.geometry.is_empty)]
    if not len(here):
        return
    if np.abs(here.total_bounds).max() <= _DEGREES:
        msg = f"The coordinates are degrees, but the table says {table.crs.name}"
        raise DataError(msg, remedy='Set the true one: set_crs("EPSG:4326", allow_override=True).')
    twice = here.index[pd.Series(here.geometry.normalize().to_wkb()).duplicated(keep=False)]
    if len(twice):
        msg = "Villages with one and the same polygon"
        remedy = "Keep one row per village: a join may have doubled them."
        raise DataError(msg, rows=pd.DataFrame(index=twice), remedy=remedy)


def _places(villages: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Take the polygons, whatever their column is called."""
    name = villages.active_geometry_name
    if name is None or name not in villages:
        msg = "The table has no active geometry; name it: villages.set_geometry(...)"
        raise DataError(msg, remedy=columns_hint(["geometry"], villages.columns))
    if villages.crs is None:
        msg = "The polygons have no coordinate system"
        remedy = 'Set the one the file was made in, such as villages.set_crs("EPSG:32748").'
        raise DataError(msg, remedy=remedy)
    return villages.geometry


def _plain_labels(index: pd.Index) -> pd.Index:
    """Keep labels that can be sorted; write others, such as those of several levels, as text."""
    if not isinstance(index, pd.MultiIndex):
        try:
            index.sort_values()
        except TypeError:
            pass
        else:
            return index
    return pd.Index([_words(one) for one in index], name="village_code")


def _words(label: object) -> str:
    return " / ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _counts(
    villages: gpd.GeoDataFrame, given: str | ArrayLike, key: str
) -> tuple[np.ndarray[Any, np.dtype[np.float64]], list[Note]]:
    """Read counts of a column, or those handed over, as plain numbers; missing ones are NaN."""
    if isinstance(given, str):
        argument = "poor" if key == "poor_households" else key
        values, what = _column(villages, given, f"{argument}="), given
    else:
        values, what = _handed_over(villages, given, key), key
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if numeric:
        numbers = pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)
        if (numbers > _HOUSEHOLDS.high).any():
            msg = f'Villages with more than {_HOUSEHOLDS.high:,.0f} households in "{what}"'
            rows = pd.DataFrame(index=villages.index[numbers > _HOUSEHOLDS.high])
            raise DataError(msg, rows=rows, remedy="Give the number of households.")
        return numbers, []
    # texts have marks that can be read in two ways: the column tells, or it is refused
    text = pd.DataFrame(
        {what: [_cell(one) for one in values]}, index=villages.index, dtype="string"
    )
    found, told = read_numbers(text, {what: _HOUSEHOLDS}, text=NumericText("table"))
    return found[what].to_numpy(dtype=float), list(told)


def _cell(value: Any) -> str | None:  # noqa: ANN401 - whatever a column holds
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    return number_text(value) if isinstance(value, float) else str(value)


def _handed_over(villages: gpd.GeoDataFrame, given: object, key: str) -> pd.Series:
    """Set numbers that are no column of the table beside its rows."""
    if isinstance(given, pd.DataFrame):
        msg = f"`{key}` must be one column, got a table."
        raise TypeError(msg)
    if isinstance(given, pd.Series):
        if given.index.is_unique and villages.index.isin(given.index).all():
            return given.reindex(villages.index)
        msg = f"`{key}` is a Series of other labels than the table"
        remedy = "Index it like the table; by position: give `.to_numpy()`."
        raise DataError(msg, remedy=remedy)
    to_pandas = getattr(given, "to_pandas", None)
    values = pd.Series(to_pandas() if to_pandas else given)
    if len(values) != len(villages):
        msg = f"`{key}` has {len(values)} numbers, the table {len(villages)} rows."
        raise ValueError(msg)
    return values.set_axis(villages.index)


def _there(villages: gpd.GeoDataFrame, column: str) -> str:
    return column if column in villages else ""


@contextmanager
def _stepping(
    total: int, *, progress: bool | Callable[[int], None]
) -> Iterator[Callable[[int], None] | None]:
    """Give what a stage calls as it goes on; True draws a bar, in a notebook and on a terminal."""
    if callable(progress):
        yield progress
    elif progress:
        from tqdm import tqdm  # noqa: PLC0415 - only where a bar is asked for

        with tqdm(total=total, unit="acak", leave=False) as bar:

            def step(done: int) -> None:
                if bar.n + done > bar.total:
                    # another zone is tested
                    bar.total += total
                bar.update(done)

            yield step
    else:
        yield None


def analyse(
    study: str | Path | Study,
    *,
    level: disclosure.Level | None = None,
    progress: bool | Callable[[str, int, int], None] = False,
) -> Analysis:
    """
    Run a study up to the drawing: read, locate, measure, protect, find, focus.

    What `run` writes is what this gives: ``analyse(study).write(folder)`` is `run`.

    Parameters
    ----------
    study
        TOML file; or a `Study` built in code, whose paths are relative to this folder.
    level
        Whom it is for, where that is not what the study says: ``"public"``, ``"partner"``,
        ``"agency"`` or ``"internal"``.
    progress
        True shows a bar; a function is called with stage, steps done and steps in all.

    Returns
    -------
    analysis
        Tables, pockets, pages and maps as this reader may see them.

    Raises
    ------
    ConfigError
        The study, or a file it names, is wrong or missing; no level has this name.
    DataError
        A table breaks its contract.

    Examples
    --------
    >>> import tempfile, pathlib, sibangkit_geo as sg
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> study = sg.write_demo(folder, settings=sg.DemoSettings(households=5_000))
    >>> sg.analyse(study, level="public").summary()["level"].unique().tolist()
    ['public']
    """
    from sibangkit_geo.config import Study  # noqa: PLC0415
    from sibangkit_geo.disclosure import LEVELS  # noqa: PLC0415 - a layer needs no registers
    from sibangkit_geo.study.prepare import prepare  # noqa: PLC0415
    from sibangkit_geo.study.running import write_run  # noqa: PLC0415

    if level is not None and level not in LEVELS:
        msg = f'No level is called "{level}". {nearest(level, LEVELS)}'
        raise ConfigError(msg)
    asked = Path(study) if isinstance(study, str) else study
    if not isinstance(asked, Path | Study):
        msg = f"`study` must be a path or a Study, got {type(study).__name__}."
        raise TypeError(msg)
    with _bars(progress=progress) as show:
        ready = prepare(asked, None, progress=show, level=level)
    return replace(ready.product, writer=partial(write_run, ready))


@contextmanager
def _bars(
    *, progress: bool | Callable[[str, int, int], None]
) -> Iterator[Callable[[str, int, int], None]]:
    """Give what a study calls as it goes on; True draws one bar for every stage in turn."""
    if callable(progress):
        yield progress
        return
    if not progress:
        yield lambda _stage, _done, _total: None
        return
    from tqdm import tqdm  # noqa: PLC0415 - only where a bar is asked for

    with tqdm(leave=False) as bar:

        def show(stage: str, done: int, total: int) -> None:
            if bar.desc != f"{stage}: ":
                bar.set_description(stage, refresh=False)
                bar.reset(total=total)
            bar.n = done
            bar.refresh()

        yield show
