"""
The study file: one TOML, read into frozen dataclasses; unknown keys are refused.

Every stage defines its own settings; this module fills them and nothing else.
"""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from sibangkit_geo import codes
from sibangkit_geo.agencies.budget import AgencySettings, BudgetSettings, Objective, TargetSettings
from sibangkit_geo.disclosure import DisclosureSettings
from sibangkit_geo.errors import ConfigError, MissingFileError, nearest
from sibangkit_geo.indicators.deprivation import DeprivationSettings
from sibangkit_geo.indicators.needs import PovertyRule
from sibangkit_geo.indicators.risk_surface import RiskSettings
from sibangkit_geo.indicators.villages import OfficialFigures
from sibangkit_geo.join import JoinSettings
from sibangkit_geo.pockets import PocketSettings
from sibangkit_geo.pockets.hamlets import HamletSettings
from sibangkit_geo.pockets.regionalization import AreaSettings
from sibangkit_geo.products.atlas.settings import AnnexSettings
from sibangkit_geo.sources.boundaries import BoundarySource
from sibangkit_geo.sources.household_source import HouseholdSource
from sibangkit_geo.sources.profiles import LocusSource, ProfileSource, TypologySource
from sibangkit_geo.sources.surroundings import FacilitySource, RasterSource
from sibangkit_geo.sources.text_tables import LinkSource

_DEFAULT_SEED = 1607


@dataclass(frozen=True, slots=True)
class StudySection:
    """
    The ``[study]`` table.

    `regency`: Dotted Kemendagri code, such as ``"16.07"``.
    `year`: Year of the study; each indicator keeps the year of its data.
    `language`: Language of the products; Indonesian today.
    `seed`: Seed of every random draw.
    """

    title: str
    regency: str
    year: int
    language: Literal["id"] = "id"
    seed: int = _DEFAULT_SEED


@dataclass(frozen=True, slots=True)
class Study:
    """
    A whole study file.

    Attributes
    ----------
    study, boundaries, join, official, pockets, disclosure, poverty, deprivation, agencies, annex
        The tables of those names.
    typology, budget, target, risk_surface, links, hamlets, planning_areas
        The tables of those names, where the study asks for them.
    profiles, households
        The ``[[profiles]]`` and ``[[households]]`` tables, at least one in all.
    earlier
        The ``[[earlier]]`` tables: registers of earlier years, for the trend.
    rasters, facilities, locus
        The ``[[rasters]]``, ``[[facilities]]`` and ``[[locus]]`` tables.
    """

    study: StudySection
    boundaries: BoundarySource
    profiles: tuple[ProfileSource, ...] = ()
    households: tuple[HouseholdSource, ...] = ()
    earlier: tuple[HouseholdSource, ...] = ()
    rasters: tuple[RasterSource, ...] = ()
    facilities: tuple[FacilitySource, ...] = ()
    locus: tuple[LocusSource, ...] = ()
    poverty: PovertyRule | None = None
    typology: TypologySource | None = None
    budget: BudgetSettings | None = None
    target: TargetSettings | None = None
    risk_surface: RiskSettings | None = None
    links: LinkSource | None = None
    hamlets: HamletSettings | None = None
    planning_areas: AreaSettings | None = None
    agencies: AgencySettings = field(default_factory=AgencySettings)
    deprivation: DeprivationSettings = field(default_factory=DeprivationSettings)
    join: JoinSettings = field(default_factory=JoinSettings)
    official: OfficialFigures | None = None
    pockets: PocketSettings = field(default_factory=PocketSettings)
    disclosure: DisclosureSettings = field(default_factory=DisclosureSettings)
    annex: AnnexSettings = field(default_factory=AnnexSettings)

    def __post_init__(self) -> None:
        """Check what no table can check alone."""
        if not self.profiles and not self.households:
            msg = "The study names no data: add a [[profiles]] or [[households]] table."
            raise ConfigError(msg)
        if self.households and self.poverty is None:
            msg = "A study with [[households]] needs [poverty]: say who counts as poor."
            raise ConfigError(msg)
        if len(self.households) > 1:
            msg = "Only one [[households]] table can be run; earlier years go into [[earlier]]."
            raise ConfigError(msg)
        years = [one.year for one in (*self.earlier, *self.households)]
        if self.earlier and (
            not self.households or len(set(years)) < len(years) or max(years) != years[-1]
        ):
            msg = (
                "[[earlier]] names registers of earlier years: it needs a [[households]] table "
                "of a later year than all of them, each year once."
            )
            raise ConfigError(msg)
        codes.require_regency(self.study.regency)


def read_study(path: Path) -> Study:
    """
    Read a study file.

    Parameters
    ----------
    path
        TOML file; paths in it are relative to its folder.

    Returns
    -------
    study
        Checked settings of all stages; ``[pockets]`` takes the study's seed.

    Raises
    ------
    ConfigError
        The file is missing or no TOML, a key is unknown or absent, a value has
        the wrong kind, the regency is unknown.
    """
    if not path.is_file():
        raise MissingFileError(path, named_by="study file")
    try:
        table = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path.name}: not a TOML file: {error}."
        raise ConfigError(msg) from error
    pockets = table.get("pockets", {})
    if isinstance(pockets, dict) and isinstance(table.get("study"), dict):
        pockets.setdefault("seed", table["study"].get("seed", _DEFAULT_SEED))
        table["pockets"] = pockets
    try:
        study = _fill(Study, table, where="")
    except ConfigError as error:
        msg = f"{path.name}: {error}"
        raise ConfigError(msg) from error
    return cast("Study", study)


def plain(value: object) -> object:
    """Turn settings into plain values for the manifest."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, str) and "://" in value:
        # the address of a database holds user, host and password
        return value.split("://", 1)[0] + "://…"
    return value


def _fill(kind: type, table: object, *, where: str) -> object:
    """Build a dataclass from a TOML table."""
    name = where or "the study file"
    if not isinstance(table, dict):
        msg = f"{name} must be a table of keys."
        raise ConfigError(msg)
    fields = {one.name: one for one in dataclasses.fields(kind)}
    # stages import the first two names for type checking only
    names = {
        "CodeSystem": codes.CodeSystem,
        "Path": Path,
        "Mapping": Mapping,
        "Objective": Objective,
    }
    hints = typing.get_type_hints(kind, localns=names)
    for key in table:
        if key not in fields:
            msg = f'Unknown key "{key}" in {name}. {nearest(key, fields)}'
            raise ConfigError(msg)
    absent = [
        key
        for key, one in fields.items()
        if key not in table
        and one.default is dataclasses.MISSING
        and one.default_factory is dataclasses.MISSING
    ]
    if absent:
        msg = f"Missing in {name}: {', '.join(absent)}."
        raise ConfigError(msg)
    values = {key: _value(hints[key], value, key=key, where=where) for key, value in table.items()}
    try:
        built: object = kind(**values)
    except ConfigError:
        raise
    except ValueError as error:
        msg = f"{name}: {error}"
        raise ConfigError(msg) from error
    return built


def _value(hint: object, value: object, *, key: str, where: str) -> object:
    """Check one value against its annotation, and build what is nested."""
    origin, options = typing.get_origin(hint), typing.get_args(hint)
    place = f"[{key}]" if not where else f"{where} {key}"
    if origin in {types.UnionType, typing.Union}:
        return _value(options[0], value, key=key, where=where)
    if origin is tuple and not dataclasses.is_dataclass(options[0]):
        if not isinstance(value, list):
            msg = f"{place} must be a list of values."
            raise ConfigError(msg)
        return tuple(_value(options[0], one, key=key, where=where) for one in value)
    if origin is tuple:
        if not isinstance(value, list):
            msg = f"{place} must be a list of tables: write [[{key}]]."
            raise ConfigError(msg)
        return tuple(_fill(options[0], one, where=f"[{place}]") for one in value)
    if origin is Literal:
        if value not in options:
            known = ", ".join(f'"{one}"' for one in options)
            msg = f'{place} is "{value}"; it must be one of {known}.'
            raise ConfigError(msg)
        return value
    if origin is not None:
        return _texts(value, place)
    return _single(hint, value, place)


def _texts(value: object, place: str) -> object:
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        msg = f"{place} must be a table of texts."
        raise ConfigError(msg)
    return value


def _single(hint: object, value: object, place: str) -> object:
    kind = cast("type", hint)
    if dataclasses.is_dataclass(kind):
        return _fill(kind, value, where=place)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        words = {str: "text in quotes", int: "a whole number", float: "a number"}
        msg = f"{place} must be {words.get(kind, kind.__name__)}, got {value!r}."
        raise ConfigError(msg)
    return value
