"""The only reader of TOML: text into checked dataclasses; unknown keys are refused."""

from __future__ import annotations

import dataclasses
import math
import re
import tomllib
import typing
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from sibangkit_geo.errors import ConfigError, MissingFileError, nearest
from sibangkit_geo.model import limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.resources.abc import Traversable

T = TypeVar("T")
# what the library calls a kind of value, and what a user calls it
_KINDS = {"int": "a whole number", "float": "a number", "str": "text in quotes",
          "array": "a list of values", "object": "a table of keys",
          "bool": "true or false"}  # fmt: skip
# of a value that is told
_LONGEST = 80
_MISSING = (dataclasses.MISSING, dataclasses.MISSING)
_DEEP_KEY = re.compile(rf"^[ \t\[]*(?:[\w\"'-]+[ \t]*\.[ \t]*){{{limits.KEY_PARTS}}}", re.MULTILINE)
_EXPECTED = re.compile(r"Expected `([^`]+)`")


def read_toml(file: Traversable, *, named_by: str = "installation") -> dict[str, Any]:
    """
    Read a TOML file.

    `named_by`: What names the file, for the message.
    Raises MissingFileError: There is no such file.
    Raises ConfigError: It is no TOML in UTF-8.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
        if deep := _DEEP_KEY.search(text):
            line = text.count("\n", 0, deep.end()) + 1
            msg = (
                f"{file.name}: line {line} has a key of more than {limits.KEY_PARTS} parts. "
                "Keys of a study have at most three."
            )
            raise ConfigError(msg)
        return tomllib.loads(text)
    except FileNotFoundError as error:
        raise MissingFileError(file, named_by=named_by) from error  # type: ignore[arg-type]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{file.name}: not a TOML file: {error}."
        raise ConfigError(msg) from error
    except RecursionError as error:
        msg = f"{file.name}: not a TOML file: brackets within brackets without end."
        raise ConfigError(msg) from error


def own_toml(package: str, name: str) -> dict[str, Any]:
    """Read a TOML file that comes along with the package."""
    return read_toml(resources.files(package).joinpath(name))


def build(kind: type[T], table: object, *, file: str, called: str = "") -> T:
    """
    Build a dataclass from a table.

    `file`: Name of the file, for the message.
    `called`: What the user knows the whole file as; empty: by its name.
    Raises ConfigError: A key is unknown or missing, or a value wrong; everything is told at once.
    """
    faults: list[str] = []
    built = _table(kind, table, f"the {called or 'file'}", "", faults)
    refuse(faults, file=file)
    return typing.cast("T", built)


def refuse(faults: Sequence[str], *, file: str) -> None:
    """
    Tell all that is wrong with a file at once; nothing where there is nothing.

    Raises ConfigError: There is a fault.
    """
    if faults:
        text = "; ".join(dict.fromkeys(fault.rstrip(".") for fault in faults))
        msg = f"{file}: {text}" + ("" if text.endswith("?") else ".")
        raise ConfigError(msg)


def _table(kind: type[Any], table: object, name: str, path: str, faults: list[str]) -> object:
    """Build one table, called `name` and found at `path`; what is wrong is added to `faults`."""
    if not isinstance(table, dict):
        faults.append(f"{name} must be a table of keys")
        return None
    fields = {one.name: one for one in dataclasses.fields(kind)}
    before = len(faults)
    faults += [
        f'Unknown key "{key}" in {name}. {nearest(key, fields)}'
        for key in sorted(table.keys() - {*fields})
    ]
    needed = (one for one in fields.values() if (one.default, one.default_factory) == _MISSING)
    absent = [one.name for one in needed if one.name not in table]
    if absent:
        faults.append(f"Missing in {name}: {', '.join(absent)}")
    hints = typing.get_type_hints(kind)
    values = {
        key: _value(hints[key], value, key, path, faults)
        for key, value in table.items()
        if key in fields
    }
    if len(faults) > before:
        return None
    try:
        return kind(**values)
    except ValueError as error:
        faults.append(str(error) if isinstance(error, ConfigError) else f"{name}: {error}")
        return None


def _value(hint: Any, value: object, key: str, path: str, faults: list[str]) -> object:  # noqa: ANN401
    """Check one value against its annotation; tables within are built."""
    here = f"{path}.{key}" if path else key
    options = [one for one in typing.get_args(hint) if one is not type(None)]
    inner = options[0] if options and typing.get_origin(hint) is not Literal else hint
    if dataclasses.is_dataclass(inner):
        kind = typing.cast("type[Any]", inner)
        if typing.get_origin(hint) is not tuple:
            return _table(kind, value, f"[{here}]", here, faults)
        if not isinstance(value, list):
            faults.append(f"[{here}] must be a list of tables: write [[{here}]]")
            return ()
        many = len(value) > 1
        names = [f"[[{here}]]{f' number {at}' * many}" for at in range(1, len(value) + 1)]
        return tuple(
            _table(kind, one, name, here, faults) for one, name in zip(value, names, strict=True)
        )
    try:
        # nan passes every limit that is not written for it
        if all(map(math.isfinite, _numbers(value))):
            return msgspec.convert(value, hint)
        wanted = f"a finite number, got {_written(value)}"
    except msgspec.ValidationError as error:
        wanted = _wanted(hint, error, value)
    faults.append(f"{f'[{path}] ' if path else ''}{key} must be {wanted}")
    return None


def _numbers(value: object) -> Iterator[float]:
    """Give the floating numbers of a value, however deep they lie."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _numbers(one)


def _written(value: object) -> str:
    """Write a value as TOML does, as far as a message needs it."""
    match value:
        case bool():
            text = str(value).lower()
        case str():
            text = f'"{value}"'
        case list():
            text = f"[{', '.join(map(_written, value))}]"
        case dict():
            text = f"{{{', '.join(f'{key} = {_written(one)}' for key, one in value.items())}}}"
        case _:
            text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _wanted(hint: Any, error: Exception, value: object) -> str:  # noqa: ANN401
    inner = next(iter(typing.get_args(hint)), hint) if typing.get_origin(hint) is tuple else hint
    if typing.get_origin(inner) is Literal:
        known = ", ".join(f'"{one}"' for one in typing.get_args(inner) if one)
        return f"{'made of' if inner is not hint else 'one of'} {known}, got {_written(value)}"
    found = _EXPECTED.search(str(error))
    kind = found[1].partition(" | ")[0] if found else str(error)
    return f"{_KINDS.get(kind, kind)}, got {_written(value)}"


def require_year(year: int) -> None:
    """
    Refuse a year that no data can have.

    `year`: Calendar year.
    Raises ValueError: It lies before the republic or after this century.
    """
    if not limits.FIRST_YEAR <= year <= limits.LAST_YEAR:
        msg = f"year = {year}: write the year of the data, such as 2025"
        raise ValueError(msg)
