"""What the extras of the installation bring, and what is told where one is missing."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING

from sibangkit_geo.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# libraries of each extra as they are loaded; `pyproject.toml` has them as they are installed
EXTRAS: dict[str, tuple[str, ...]] = {
    "annex": ("docx", "fontTools", "matplotlib", "pypdfium2"),
    "postgis": ("psycopg", "sqlalchemy"),
    "notebook": (
        "docx", "fontTools", "ipykernel", "matplotlib", "nbclient", "nbformat", "pypdfium2",
    ),
    "dask": ("dask", "distributed"),
}  # fmt: skip


def missing(extra: str, *libraries: str) -> tuple[str, ...]:
    """
    List the libraries of an extra that are not installed, without loading any.

    `libraries`: Those that are needed; empty asks for all of the extra.
    """
    return tuple(one for one in libraries or EXTRAS[extra] if not _is_there(one))


def _is_there(library: str) -> bool:
    try:
        found = importlib.util.find_spec(library)
    except (ImportError, ValueError):
        return False
    # a folder that happens to have the name is no library
    return found is not None and found.origin is not None


def command(extra: str) -> str:
    """Write the command that installs an extra."""
    return f'pip install "sibangkit_geo[{extra}]"'


def require_extra(extra: str, *libraries: str) -> None:
    """
    Refuse, before anything is loaded, what stands on an extra that is not installed.

    `libraries`: As of `missing`.
    Raises MissingExtraError: One is not installed; the extra and the command are named.
    """
    if absent := missing(extra, *libraries):
        raise MissingExtraError(extra, absent)


def door(package: str, homes: Mapping[str, str], *, extra: str) -> Callable[[str], object]:
    """
    Make the ``__getattr__`` of a room whose names stand on an extra.

    The room itself can be imported without it: a run must know its settings.

    `homes`: Module of each public name, relative to `package`.
    """

    def opened(name: str) -> object:
        if name not in homes:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        require_extra(extra)
        return getattr(importlib.import_module(homes[name], package), name)

    return opened
