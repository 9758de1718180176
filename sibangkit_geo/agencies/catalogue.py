"""The catalogue of agencies: mandates, programmes, who delivers, and when an agency must act."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from sibangkit_geo.errors import ConfigError, nearest
from sibangkit_geo.model import limits
from sibangkit_geo.model.toml import build, own_toml, read_toml, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sibangkit_geo.model.types import VillageIndicators

_SHARE = "_share"
PAYERS = ("regency", "province", "ministry", "village_fund", "bank", "baznas", "csr")
#: payers that are no government: what they alone pay is no expense of an agency
PARTNER_PAYERS = frozenset({"bank", "baznas", "csr"})

#: before a name that becomes that of a file or folder
NO_DEVICE = rf"(?!(?:{limits.DEVICE_NAMES})(?:\.|$))"
_KEY = re.compile(rf"{NO_DEVICE}[a-z][a-z0-9_]*")
_PAGE = re.compile(rf"{NO_DEVICE}[a-z0-9][a-z0-9_-]*\.html")
# pages of a run that belong to no agency
_TAKEN = {"index.html", "laporan_mutu_data.html"}


@dataclass(frozen=True, slots=True)
class Agency:
    """
    One agency of the catalogue.

    Attributes
    ----------
    key, name
        Name in the study file, and in Indonesian words.
    focus
        One sentence on what it looks for.
    wanted
        Data that would fill its page.
    always
        Whether it has a page without data too.
    file
        Name of its page, ending in ``.html``; empty takes its key.
    mandate
        Where its duty is written down; empty where nobody has looked it up.
    indicators
        Keys of needs that are its concern, whatever the catalogue of needs says.
    """

    key: str
    name: str
    focus: str
    wanted: tuple[str, ...]
    always: bool
    file: str = ""
    mandate: str = ""
    indicators: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that key and file can be the name of a page, in the folder of the products."""
        if not _KEY.fullmatch(self.key) or not self.name.strip():
            msg = (
                f'[[agency]] "{self.key}": the key is made of a to z, 0 to 9 and _, is no '
                "name that Windows keeps for itself, and has a name"
            )
            raise ConfigError(msg)
        if self.file and (not _PAGE.fullmatch(self.file) or self.file in _TAKEN):
            msg = f'[[agency]] "{self.key}": file must be a plain name ending in .html, not of ours'
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class Programme:
    """
    One programme that answers needs.

    Attributes
    ----------
    name
        In Indonesian words.
    agency
        Key of the agency that handles it.
    needs
        Keys of the needs it answers.
    eligibility
        Who may get it, in one phrase.
    delivers
        Who pays: keys of `PAYERS`.
    cost
        Key of its unit cost; empty where it has none.
    """

    name: str
    agency: str
    needs: tuple[str, ...]
    eligibility: str
    delivers: tuple[str, ...]
    cost: str = ""

    def __post_init__(self) -> None:
        """Check who pays."""
        _require_payers(self.delivers, f'[[programme]] "{self.name}"')


@dataclass(frozen=True, slots=True)
class ActionRule:
    """
    The ``[action]`` table of ``agencies.toml``: when an agency must act in a place.

    Both limits are ours, editable, and printed: they say what is worth a meeting, not
    what is significant.

    `minimum_ratio`: Unserved share over the regency's, at least this.
    `minimum_excess`: Unserved households above the number expected at the regency's share.
    """

    minimum_ratio: float = 1.2
    minimum_excess: float = 10.0

    def __post_init__(self) -> None:
        """Check the limits."""
        if self.minimum_ratio < 1 or self.minimum_excess < 0:
            msg = "[action] minimum_ratio must be at least 1 and minimum_excess at least 0."
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Movement:
    """
    A movement (gerakan) of the regency, under one of its priority programmes.

    `name`, `full`: Short name, and what it stands for; empty where the programme has none.
    `programme`: Priority programme that it serves.
    `needs`: Keys of the needs it answers; empty where nothing here measures them.
    `unmeasured`: What it is about, where no need measures it.
    """

    name: str
    programme: str
    full: str = ""
    needs: tuple[str, ...] = ()
    unmeasured: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """
    Who does what.

    Attributes
    ----------
    agencies
        In the order of the file; the first is the overview.
    programmes
        In the order of the file.
    action
        When an agency must act in a place.
    movements
        What the regency itself calls its programmes, in the order of the file.
    """

    agencies: tuple[Agency, ...]
    programmes: tuple[Programme, ...] = ()
    action: ActionRule = field(default_factory=ActionRule)
    movements: tuple[Movement, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """Name every agency by its key."""
        return {one.key: one.name for one in self.agencies}

    def programmes_for(self, indicator: str, *, agency: str = "") -> tuple[Programme, ...]:
        """
        List what answers a need.

        `indicator`: Key of the need, or its indicator (``floor`` and ``floor_share`` alike).
        `agency`: Only those of this agency; empty for all.
        Returns: In the order of the file; empty where nothing is listed.
        """
        key = indicator.removesuffix(_SHARE)
        return tuple(
            one
            for one in self.programmes
            if key in one.needs and (not agency or one.agency == agency)
        )

    def movements_for(self, indicator: str) -> tuple[str, ...]:
        """Name the movements that answer a need, given by its key or its indicator."""
        key = indicator.removesuffix(_SHARE)
        return tuple(one.name for one in self.movements if key in one.needs)


@cache
def load_catalogue(path: Path | None = None) -> Catalogue:
    """
    Read the catalogue of agencies.

    Parameters
    ----------
    path
        File of the user, UTF-8; nothing: the one that comes along.

    Returns
    -------
    catalogue
        Checked.

    Raises
    ------
    MissingFileError
        There is no such file.
    ConfigError
        The file is no TOML, or an entry is wrong: all of them are told at once, and so are all
        that name something which is not there.

    Examples
    --------
    >>> catalogue = load_catalogue()
    >>> catalogue.names["dinsos"]
    'Dinas Sosial'
    >>> [one.name for one in catalogue.programmes_for("water_share")]
    ['Pamsimas dan SPAM perdesaan']
    """
    table = _read(path, default="agencies.toml", named_by="[agencies] catalogue")
    name = path.name if path else "agencies.toml"
    listed = build(_CatalogueFile, table, file=name)
    agencies = tuple(_with_page(one) for one in listed.agency)
    refuse(_link_faults(agencies, listed.programme), file=name)
    return Catalogue(agencies, listed.programme, listed.action, listed.movement)


def _with_page(agency: Agency) -> Agency:
    return replace(agency, file=agency.file or f"{agency.key}.html")


@dataclass(frozen=True, slots=True)
class _CatalogueFile:
    """Agencies, programmes, movements and when an agency must act."""

    agency: tuple[Agency, ...]
    programme: tuple[Programme, ...] = ()
    movement: tuple[Movement, ...] = ()
    action: ActionRule = field(default_factory=ActionRule)


def _link_faults(agencies: Sequence[Agency], programmes: Sequence[Programme]) -> list[str]:
    """Find what names something else that is not there, or stands twice."""
    keys = [one.key for one in agencies]
    faults = [] if agencies else ["there is no [[agency]]"]
    faults += [f'agency "{one}" is listed twice' for one in _doubles(keys)]
    pages = [one.file for one in agencies]
    faults += [f'page "{one}" belongs to two agencies' for one in _doubles(pages)]
    owned = [key for one in agencies for key in one.indicators]
    faults += [f'need "{one}" has two agencies' for one in _doubles(owned)]
    faults += [
        f'[[programme]] "{one.name}": unknown agency "{one.agency}". {nearest(one.agency, keys)}'
        for one in programmes
        if one.agency not in keys
    ]
    return faults


def _doubles(listed: list[str]) -> list[str]:
    return [one for one in dict.fromkeys(listed) if listed.count(one) > 1]


def _require_payers(delivers: Iterable[str], where: str) -> None:
    faults = [
        f'{where}: unknown payer "{one}". {nearest(one, PAYERS)}'
        for one in delivers
        if one not in PAYERS
    ]
    if faults:
        msg = "; ".join(faults)
        raise ConfigError(msg)


def with_agencies(measured: VillageIndicators, catalogue: Catalogue) -> VillageIndicators:
    """
    Give needs to the agencies that claim them.

    Grain: unchanged, one row per village.

    Parameters
    ----------
    measured
        Village table.
    catalogue
        Who claims which need.

    Returns
    -------
    villages
        The same numbers; definitions name the claiming agency.

    Raises
    ------
    ConfigError
        An indicator names an agency that is not in the catalogue.
    """
    claimed = {key: one.key for one in catalogue.agencies for key in one.indicators}
    defined = tuple(
        replace(one, agency=claimed.get(one.name.removesuffix(_SHARE), one.agency))
        for one in measured.indicators
    )
    for one in defined:
        if one.agency and one.agency not in catalogue.names:
            msg = f'Indicator {one.name}: unknown agency "{one.agency}". '
            raise ConfigError(msg + nearest(one.agency, catalogue.names))
    return replace(measured, indicators=defined)


def load_costs(path: Path | None = None) -> pd.DataFrame:
    """
    Read the table of unit costs.

    Grain: one row per need.

    `path`: File of the user, UTF-8; nothing: the assumptions that come along.
    Returns: Indexed by ``key``: ``label``, ``rupiah`` (per household), ``delivers`` (payers,
        joined by a space), ``status`` (``asumsi`` or ``resmi``), ``note``.
    Raises MissingFileError: There is no such file.
    Raises ConfigError: The file is no TOML, or an entry is wrong; everything wrong is told at
        once.
    """
    table = _read(path, default="costs.toml", named_by="table of unit costs")
    name = path.name if path else "costs.toml"
    listed = build(_CostFile, table, file=name).cost
    refuse([f'"{one}" is listed twice' for one in _doubles([one.key for one in listed])], file=name)
    rows = [{**asdict(one), "delivers": " ".join(one.delivers)} for one in listed]
    return pd.DataFrame(rows).set_index("key")


@dataclass(frozen=True, slots=True)
class _UnitCost:
    """
    One ``[[cost]]``: what it costs to answer one need of one household.

    `key`: Name that a programme gives as its cost, or key of the need.
    `label`: What is bought, in Indonesian words.
    `rupiah`: Per household, above 0.
    `delivers`: Who pays: keys of `PAYERS`.
    `status`: ``"resmi"`` where a rule sets it, else ``"asumsi"``.
    `note`: The rule, or why this is assumed.
    """

    key: str
    label: str
    rupiah: int
    delivers: tuple[str, ...]
    status: Literal["asumsi", "resmi"]
    note: str

    def __post_init__(self) -> None:
        """Check amount and payers."""
        if self.rupiah <= 0:
            msg = f'[[cost]] "{self.key}": rupiah must be above 0'
            raise ConfigError(msg)
        _require_payers(self.delivers, f'[[cost]] "{self.key}"')


@dataclass(frozen=True, slots=True)
class _CostFile:
    """Unit costs, one table each."""

    cost: tuple[_UnitCost, ...]


def _read(path: Path | None, *, default: str, named_by: str) -> dict[str, Any]:
    """Read a file of the user, or the one that comes along."""
    return read_toml(path, named_by=named_by) if path else own_toml(__package__, default)


def unit_costs(indicators: Iterable[str], *, costs: pd.DataFrame) -> pd.Series:
    """
    Look the unit cost of each indicator up.

    Parameters
    ----------
    indicators
        Keys of needs, or their indicators (``floor`` and ``floor_share`` alike).
    costs
        From `load_costs`.

    Returns
    -------
    unit_cost
        Rupiah per household, indexed by indicator.

    Raises
    ------
    ConfigError
        An indicator is not in the table.

    Examples
    --------
    >>> unit_costs(["floor_share"], costs=load_costs()).to_dict()
    {'floor_share': 20000000.0}
    """
    keys = {one: one.removesuffix("_share") for one in dict.fromkeys(indicators)}
    unknown = [key for key in keys.values() if key not in costs.index]
    if unknown:
        hints = "; ".join(f'"{key}": {nearest(key, costs.index)}' for key in unknown)
        msg = f"No unit cost for {hints} Add a [[cost]] to the table of unit costs."
        raise ConfigError(msg)
    amounts = costs["rupiah"].astype(float).reindex(list(keys.values()))
    return pd.Series(amounts.to_numpy(), index=list(keys))
