"""Unit costs of serving a need: editable assumptions, checked when they are loaded."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

from sibangkit_geo.errors import ConfigError, MissingFileError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.resources.abc import Traversable
    from pathlib import Path

PAYERS = ("regency", "province", "ministry", "village_fund", "bank", "baznas", "csr")
STATUSES = ("asumsi", "resmi")
_GRAMMAR: dict[str, type] = {
    "key": str, "label": str, "rupiah": int, "delivers": list, "status": str, "note": str,
}  # fmt: skip


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
