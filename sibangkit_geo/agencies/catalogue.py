"""The catalogue of agencies: mandates, programmes, who delivers, and when an agency must act."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

from sibangkit_geo.agencies.place_needs import ActionRule
from sibangkit_geo.errors import ConfigError, MissingFileError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from sibangkit_geo.model.types import VillageIndicators

_SHARE = "_share"
_TABLES = ("action", "agency", "programme")
_AGENCY: dict[str, type] = {
    "key": str, "name": str, "focus": str, "wanted": list, "always": bool,
    "mandate": str, "file": str, "indicators": list,
}  # fmt: skip
_PROGRAMME: dict[str, type] = {
    "name": str, "agency": str, "needs": list, "eligibility": str, "delivers": list, "cost": str,
}  # fmt: skip
_OPTIONAL = {"mandate", "file", "indicators", "cost"}

PAYERS = ("regency", "province", "ministry", "village_fund", "bank", "baznas", "csr")
STATUSES = ("asumsi", "resmi")
_GRAMMAR: dict[str, type] = {
    "key": str, "label": str, "rupiah": int, "delivers": list, "status": str, "note": str,
}  # fmt: skip


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
    mandate
        Where its duty is written down; empty where nobody has looked it up.
    indicators
        Keys of needs that are its concern, whatever the catalogue of needs says.
    """

    key: str
    name: str
    file: str
    focus: str
    wanted: tuple[str, ...]
    always: bool
    mandate: str = ""
    indicators: tuple[str, ...] = ()


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
    """

    agencies: tuple[Agency, ...]
    programmes: tuple[Programme, ...] = ()
    action: ActionRule = field(default_factory=ActionRule)

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
        The file is no TOML, or an entry is wrong; everything wrong is told at once.
    """
    table = read_toml(path, default="agencies.toml", named_by="[agencies] catalogue")
    name = path.name if path else "agencies.toml"
    agencies, programmes = table.get("agency", []), table.get("programme", [])
    faults = [
        f'unknown table "{one}". {nearest(one, _TABLES)}' for one in table.keys() - {*_TABLES}
    ]
    faults += _entry_faults(agencies, _AGENCY, "agency")
    faults += _entry_faults(programmes, _PROGRAMME, "programme")
    if not agencies:
        faults.append("there is no [[agency]]")
    if not faults:
        faults = _link_faults(agencies, programmes)
    try:
        action = ActionRule(**table.get("action", {}))
    except (TypeError, ValueError) as error:
        faults.append(f"[action]: {error}")
    if faults:
        msg = f"{name}: {'; '.join(faults)}."
        raise ConfigError(msg)
    return Catalogue(
        tuple(_agency(one) for one in agencies),
        tuple(_programme(one) for one in programmes),
        action,
    )


def _entry_faults(rows: list[dict[str, Any]], grammar: dict[str, type], table: str) -> list[str]:
    faults = []
    for at, row in enumerate(rows, start=1):
        where = f"[[{table}]] number {at}"
        faults += [
            f'{where}: unknown key "{key}". {nearest(key, grammar)}'
            for key in sorted(row.keys() - grammar.keys())
        ]
        faults += [
            f"{where}: {key} is missing or no {kind.__name__}"
            for key, kind in grammar.items()
            if not (key in _OPTIONAL and key not in row) and not isinstance(row.get(key), kind)
        ]
    return faults


def _link_faults(agencies: list[dict[str, Any]], programmes: list[dict[str, Any]]) -> list[str]:
    """Find what names something else that is not there, or stands twice."""
    keys = [one["key"] for one in agencies]
    files = [_file(one) for one in agencies]
    faults = [
        f'agency "{key}" is listed twice' for key in dict.fromkeys(keys) if keys.count(key) > 1
    ]
    faults += [
        f'page "{one}" belongs to two agencies' for one in set(files) if files.count(one) > 1
    ]
    owned = [key for one in agencies for key in one.get("indicators", ())]
    faults += [f'need "{one}" has two agencies' for one in set(owned) if owned.count(one) > 1]
    for one in programmes:
        where = f'[[programme]] "{one["name"]}"'
        if one["agency"] not in keys:
            faults.append(
                f'{where}: unknown agency "{one["agency"]}". {nearest(one["agency"], keys)}'
            )
        faults += [
            f'{where}: unknown payer "{payer}". {nearest(str(payer), PAYERS)}'
            for payer in one["delivers"]
            if payer not in PAYERS
        ]
    return faults


def _file(row: dict[str, Any]) -> str:
    return str(row.get("file", f"{row['key']}.html"))


def _agency(row: dict[str, Any]) -> Agency:
    told = {**row, "file": _file(row), "wanted": tuple(row["wanted"])}
    return Agency(**{**told, "indicators": tuple(row.get("indicators", ()))})


def _programme(row: dict[str, Any]) -> Programme:
    lists = {"needs": tuple(row["needs"]), "delivers": tuple(row["delivers"])}
    return Programme(**{**row, **lists})


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
    table = read_toml(path, default="costs.toml", named_by="table of unit costs")
    name = path.name if path else "costs.toml"
    rows = table.get("cost", [])
    faults = [f'unknown key "{key}". {nearest(key, ["cost"])}' for key in table.keys() - {"cost"}]
    faults += [fault for at, row in enumerate(rows, start=1) for fault in _faults(row, at)]
    keys = [row.get("key") for row in rows]
    faults += [f'"{key}" is listed twice' for key in dict.fromkeys(keys) if keys.count(key) > 1]
    if faults or not rows:
        msg = f"{name}: {'; '.join(faults) or 'there is no [[cost]]'}."
        raise ConfigError(msg)
    costs = pd.DataFrame(rows)[list(_GRAMMAR)].set_index("key")
    costs["delivers"] = costs["delivers"].map(" ".join)
    return costs


def _faults(row: dict[str, Any], at: int) -> list[str]:
    where = f"[[cost]] number {at}"
    faults = [
        f'{where}: unknown key "{key}". {nearest(key, _GRAMMAR)}'
        for key in sorted(row.keys() - _GRAMMAR.keys())
    ]
    faults += [
        f"{where}: {key} is missing or no {kind.__name__}"
        for key, kind in _GRAMMAR.items()
        if not isinstance(row.get(key), kind)
    ]
    if faults:
        return faults
    if row["rupiah"] <= 0:
        faults.append(f"{where}: rupiah must be above 0")
    if row["status"] not in STATUSES:
        faults.append(f'{where}: unknown status "{row["status"]}". {nearest("", STATUSES)}')
    faults += [
        f'{where}: unknown payer "{one}". {nearest(str(one), PAYERS)}'
        for one in row["delivers"]
        if one not in PAYERS
    ]
    return faults


def read_toml(path: Path | None, *, default: str, named_by: str) -> dict[str, Any]:
    """
    Read a TOML file of the user, or the one that comes along.

    `path`: File of the user; nothing: `default`.
    Raises MissingFileError: There is no such file.
    Raises ConfigError: The file is no TOML in UTF-8.
    """
    file: Path | Traversable = path or resources.files(__package__).joinpath(default)
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError as error:
        raise MissingFileError(file, named_by=named_by) from error  # type: ignore[arg-type]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{file.name}: not readable as TOML: {error}."
        raise ConfigError(msg) from error


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
