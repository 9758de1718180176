"""
The study file: one TOML, read into frozen dataclasses; unknown keys are refused.

Every stage defines its own settings; this module fills them and nothing else.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sibangkit_geo import codes
from sibangkit_geo.agencies.budget import AgencySettings, BudgetSettings, TargetSettings
from sibangkit_geo.agencies.partners import PartnerSettings, require_partners
from sibangkit_geo.disclosure import DisclosureSettings
from sibangkit_geo.errors import ConfigError, InputsError, MissingFileError, require_file
from sibangkit_geo.indicators.benchmarks import OfficialFigures
from sibangkit_geo.indicators.deprivation import DeprivationSettings
from sibangkit_geo.indicators.needs import PovertyRule, need_catalogue
from sibangkit_geo.indicators.risk_surface import RiskSettings
from sibangkit_geo.indicators.villages import CoverageSettings
from sibangkit_geo.join import JoinSettings
from sibangkit_geo.model.toml import build, read_toml, refuse, require_year
from sibangkit_geo.pockets import PocketSettings
from sibangkit_geo.pockets.hamlets import HamletSettings
from sibangkit_geo.pockets.regionalization import AreaSettings
from sibangkit_geo.products.atlas.settings import AnnexSettings
from sibangkit_geo.sources.boundaries import BoundarySource
from sibangkit_geo.sources.context import ContextSource
from sibangkit_geo.sources.engine_settings import EngineSettings
from sibangkit_geo.sources.household_source import HouseholdSource
from sibangkit_geo.sources.pledges import PledgeSource
from sibangkit_geo.sources.profiles import LocusSource, ProfileSource, TypologySource
from sibangkit_geo.sources.readers import is_address
from sibangkit_geo.sources.readers.archives import require_layer
from sibangkit_geo.sources.surroundings import FacilitySource, RasterSource
from sibangkit_geo.sources.text_tables import LinkSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import DataclassInstance

#: seed of every random draw where a study names none
DEFAULT_SEED = 1607
#: keys of ``[study]`` that stand in the place of ``regency`` where a study has several
SEVERAL = ("province", "regencies")
T = TypeVar("T", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class StudySection:
    """
    The ``[study]`` table.

    Attributes
    ----------
    title
        Of the products.
    regency
        Dotted Kemendagri code, such as ``"16.07"``.
    year
        Year of the study; each indicator keeps the year of its data.
    language
        Language of the products; Indonesian today.
    seed
        Seed of every random draw.

    Examples
    --------
    >>> StudySection("Kantong kemiskinan", "16.07", 2025).seed
    1607
    """

    title: str
    regency: str
    year: int
    language: Literal["id"] = "id"
    seed: int = DEFAULT_SEED

    def __post_init__(self) -> None:
        """Check the year."""
        require_year(self.year)


@dataclass(frozen=True, slots=True)
class Study:
    """
    A whole study file.

    Attributes
    ----------
    study, boundaries, join, coverage, official, pockets, disclosure, poverty, deprivation,
    agencies, annex, engine
        The tables of those names.
    typology, budget, target, risk_surface, links, hamlets, planning_areas
        The tables of those names, where the study asks for them.
    profiles, households
        The ``[[profiles]]`` and ``[[households]]`` tables, at least one in all.
    earlier
        The ``[[earlier]]`` tables: registers of earlier years, for the trend.
    context, rasters, facilities, locus, partners
        The ``[[context]]``, ``[[rasters]]``, ``[[facilities]]``, ``[[locus]]`` and
        ``[[partners]]`` tables.
    pledges
        The ``[pledges]`` table, where partners have promised something.

    Examples
    --------
    >>> section = StudySection("Kantong", regency="16.07", year=2024)
    >>> table = ProfileSource(
    ...     path="profil.csv", year=2024, code="kode", code_system="kemendagri", households="kk"
    ... )
    >>> study = Study(section, BoundarySource("default"), profiles=(table,))
    >>> study.pockets.alpha, study.disclosure.level
    (0.05, 'public')
    >>> Study(section, BoundarySource("default"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sibangkit_geo.errors.ConfigError: The study names no data: add a [[profiles]] or ...
    """

    study: StudySection
    boundaries: BoundarySource
    profiles: tuple[ProfileSource, ...] = ()
    households: tuple[HouseholdSource, ...] = ()
    earlier: tuple[HouseholdSource, ...] = ()
    context: tuple[ContextSource, ...] = ()
    rasters: tuple[RasterSource, ...] = ()
    facilities: tuple[FacilitySource, ...] = ()
    locus: tuple[LocusSource, ...] = ()
    partners: tuple[PartnerSettings, ...] = ()
    pledges: PledgeSource | None = None
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
    coverage: CoverageSettings = field(default_factory=CoverageSettings)
    official: OfficialFigures | None = None
    pockets: PocketSettings = field(default_factory=PocketSettings)
    disclosure: DisclosureSettings = field(default_factory=DisclosureSettings)
    annex: AnnexSettings = field(default_factory=AnnexSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)

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
        names = [
            *(one.name for table in self.profiles for one in table.indicators),
            *(raster.name for raster in self.rasters),
            *(facility.name for facility in self.facilities),
        ]
        for listed, what in ((names, "indicators"), ([one.name for one in self.locus], "lists")):
            twice = [name for name in dict.fromkeys(listed) if listed.count(name) > 1]
            if twice:
                msg = f"Two {what} are called {', '.join(twice)}; give each its own name."
                raise ConfigError(msg)
        require_partners(self.partners, needs=self._needs())
        if self.pledges and not self.partners:
            msg = "[pledges] needs the [[partners]] that have pledged something."
            raise ConfigError(msg)
        codes.require_regency(self.study.regency)

    def _needs(self) -> set[str]:
        """Keys of every need that a study can name: of the catalogue and of its own tables."""
        own = (
            one.name
            for table in self.profiles
            for one in table.indicators
            if one.agency and one.unit == "percent"
        )
        far = (f"{one.name}_far" for one in self.facilities if one.agency)
        return {
            *(one.key for one in need_catalogue()),
            *(name.removesuffix("_share") for name in own),
            *far,
        }


# what names a file in the tables of a study, and what the manifest calls the file; the boundaries
# list their own, since they have some of the package
_INPUTS: dict[type, dict[str, str]] = {
    AgencySettings: {"catalogue": "agencies"},
    AnnexSettings: {"template": "template", "outline": "outline"},
    BoundarySource: {"villages": "", "context": ""},
    BudgetSettings: {"costs": "unit_costs"},
    ContextSource: {"path": "context"},
    DeprivationSettings: {"index": "deprivation"},
    FacilitySource: {"path": "facilities", "cost": "facilities"},
    HouseholdSource: {"path": "households"},
    LinkSource: {"path": "links"},
    LocusSource: {"path": "locus"},
    PledgeSource: {"path": "pledges"},
    ProfileSource: {"path": "profiles"},
    RasterSource: {"path": "raster", "weights": "raster"},
    TargetSettings: {"series": "series"},
    TypologySource: {"path": "typology"},
}
# what need not be there
_OPTIONAL: dict[type, tuple[str, ...]] = {
    AnnexSettings: ("logo",),
    DisclosureSettings: ("salt",),
    HouseholdSource: ("photo_folder",),
    JoinSettings: ("review",),
}
# where they lie when the study does not say
_DEFAULTS = {"review": "join.review.csv", "salt": "sibangkit.salt"}
# tables that change nothing of a product: who reads a register, and where, stays out of it
_UNTOLD = ("engine",)
# no database answers at these
_WEB = ("http:", "https:", "ftp:", "ftps:", "sftp:", "file:", "s3:", "gs:")
# as `sibangkit new` writes what only the user knows
_PLACEHOLDER = re.compile(r'\s*([\w.]+)\s*=\s*(?:"ISI|0\s*#\s*ISI)\b([^"]*)')


def read_study(path: str | Path) -> Study:
    """
    Read a study file, its paths resolved and its files there.

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
        The file or one that it names is missing, it is no TOML, a key is unknown or
        absent, a value has the wrong kind, the regency is unknown.

    Examples
    --------
    >>> import tempfile
    >>> text = '''
    ... study = {title = "Kantong", regency = "16.07", year = 2024, seed = 7}
    ... boundaries = {villages = "default"}
    ... [[profiles]]
    ... path = "profil.csv"
    ... year = 2024
    ... code = "kode"
    ... code_system = "kemendagri"
    ... households = "kk"
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "profil.csv").write_text("kode,kk")
    ...     _ = Path(folder, "study.toml").write_text(text)
    ...     read_study(Path(folder, "study.toml")).pockets.seed
    7
    """
    file = Path(path)
    return resolved(written_study(file), file.resolve().parent)


def written_study(path: Path) -> Study:
    """
    Read a study file with its paths as they are written.

    Raises ConfigError: As of `read_study`, but for the files it names.
    """
    return study_of(study_table(path), file=path.name)


def study_table(path: Path) -> dict[str, Any]:
    """
    Read the tables of a study file as they are written.

    Raises ConfigError: The file is missing, no TOML, or still asks for something.
    """
    require_file(path, named_by="study file")
    table = read_toml(path, named_by="study file")
    refuse(_unfilled(path.read_text("utf-8-sig")), file=path.name)
    return table


def study_of(table: dict[str, Any], *, file: str) -> Study:
    """
    Check the tables of one study.

    `file`: Name of the file, for the message.
    Raises ConfigError: A key is unknown or absent, a value has the wrong kind.
    """
    table = dict(table)
    pockets = table.get("pockets", {})
    section = table.get("study")
    if isinstance(section, dict) and section.keys() & {*SEVERAL}:
        msg = (
            f"{file}: [study] names several regencies, and this command takes one. Run the study, "
            "or write a study file of one regency."
        )
        raise ConfigError(msg)
    if isinstance(pockets, dict) and isinstance(section, dict):
        seed = section.get("seed", DEFAULT_SEED)
        # a wrong one is told of where it stands
        seed = seed if isinstance(seed, int) else DEFAULT_SEED
        table["pockets"] = {"seed": seed, **pockets}
    return build(Study, table, file=file, called="study file")


def _unfilled(text: str) -> list[str]:
    """List what a study file that was begun still asks for: no placeholder is ever published."""
    return [
        f"line {number}: {found[1]} still says ISI: write {found[2].strip(' :') or 'its value'}"
        for number, line in enumerate(text.splitlines(), 1)
        if (found := _PLACEHOLDER.match(line))
    ]


def resolved(settings: T, folder: Path, *, table: str = "", require: bool = True) -> T:
    """
    Resolve every path of a study against the folder of its file, and require its files.

    `settings`: A study, or one of its tables, called `table` in messages.
    `require`: Whether the files must be there.
    Raises MissingFileError: A file is not there; none has been read yet.
    Raises InputsError: Several files are not there.
    """
    missing: list[ConfigError] = []
    found = _resolved(settings, folder, table, missing)
    if missing and require:
        raise missing[0] if len(missing) == 1 else InputsError(missing)
    return found


def _resolved(settings: T, folder: Path, table: str, missing: list[ConfigError]) -> T:
    changed: dict[str, object] = {}
    for one in dataclasses.fields(settings):
        value = getattr(settings, one.name)
        where = f"[[{one.name}]]" if isinstance(value, tuple) else f"[{one.name}]"
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            changed[one.name] = _resolved(value, folder, where, missing)
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            changed[one.name] = tuple(_resolved(each, folder, where, missing) for each in value)
    for key in _INPUTS.get(type(settings), ()):
        path = getattr(settings, key)
        if not path or (key == "villages" and path == "default"):
            continue
        if is_address(path):
            if path.lower().startswith(_WEB) or not hasattr(settings, "table"):
                # an address may hold user and password
                msg = (
                    f"{table} {key} is an address ({path.split('://')[0]}://...), and a file is "
                    "needed. Download it, and write where it lies."
                )
                missing.append(ConfigError(msg))
            continue
        changed[key] = str(folder / path)
        try:
            require_layer(folder / path, named_by=f"{table} {key}")
        except MissingFileError as error:
            missing.append(error)
    for key in _OPTIONAL.get(type(settings), ()):
        path = getattr(settings, key) or _DEFAULTS.get(key, "")
        changed[key] = str(folder / path) if path else ""
    return dataclasses.replace(settings, **changed)


def named_files(settings: DataclassInstance) -> Iterator[tuple[str, DataclassInstance, str]]:
    """Go through the files of a study: what the manifest calls each, its table and its path."""
    for key, role in _INPUTS.get(type(settings), {}).items():
        path = getattr(settings, key)
        if path and role:
            yield role, settings, path
    for one in dataclasses.fields(settings):
        value = getattr(settings, one.name)
        for each in value if isinstance(value, tuple) else (value,):
            if dataclasses.is_dataclass(each) and not isinstance(each, type):
                yield from named_files(each)


def plain(value: object) -> object:
    """Turn settings into plain values for the manifest."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [one.name for one in dataclasses.fields(value) if one.name not in _UNTOLD]
        told = {name: plain(getattr(value, name)) for name in names}
        for key in (*_INPUTS.get(type(value), ()), *_OPTIONAL.get(type(value), ())):
            # where a file lies on this machine is nobody's business
            if Path(getattr(value, key)).is_absolute():
                told[key] = Path(getattr(value, key)).name
        return told
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, str) and "://" in value:
        # the address of a database holds user, host and password
        return value.split("://", 1)[0] + "://…"
    return value
