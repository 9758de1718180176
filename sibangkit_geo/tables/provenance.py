"""Where a result comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class InputFile:
    """
    One file that was read.

    `name`: File name without folder.
    `sha256`: Checksum of its bytes.
    `source`: Words for the source line; empty when the study names none.
    """

    role: str
    name: str
    sha256: str
    source: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """
    Where a result comes from.

    `inputs`: Files read, in order.
    `seed`: Seed of every random draw.
    `created`: ISO time in UTC of the run, the only thing that differs between two equal runs.
    """

    inputs: tuple[InputFile, ...]
    settings: Mapping[str, object]
    seed: int
    versions: Mapping[str, str]
    created: str
