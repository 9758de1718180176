"""What one file says, in pieces: the words that the readers of all formats hand to the search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from sibangkit_geo.disclosure.packing import Budget

#: what a file can have: numbers, texts and points of a register, the point of a photo, and what
#: keeps it from being searched
Kind = Literal["identity", "register", "photo_point", "unreadable", "too_much"]
# more than may stand between two parts of a number
APART = "\n" * 4


@dataclass(frozen=True, slots=True)
class Text:
    """
    A text, escapes resolved.

    `office`: Whether tags of any name cut its words.
    """

    text: str
    office: bool = False


@dataclass(frozen=True, slots=True)
class Vertices:
    """
    Vertices of drawn things.

    `degrees`: Longitude and latitude, shape (n, 2).
    `alone`: Whether they are points, and not corners of lines and areas.
    """

    degrees: NDArray[np.float64]
    alone: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding that is none of a text."""

    kind: Kind


Piece = Text | Vertices | Remark


@dataclass(frozen=True, slots=True)
class Reading:
    """
    How one file is read.

    `budget`: What it may unpack to.
    `geometry`: Whether vertices are wanted.
    `inner`: Reads what lies inside: its bytes and its name.
    """

    budget: Budget
    geometry: bool
    inner: Callable[[bytes, str, Reading], Iterator[Piece]]

    def open(self, data: bytes, name: str = "") -> Iterator[Piece]:
        """Read a file that lies inside this one."""
        return self.inner(data, name, self)
