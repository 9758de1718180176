"""Houses kept batch by batch as bare numbers, then made into cards without a name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sibangkit_geo.indicators.needs import needs_of
from sibangkit_geo.model.types import PER_DEGREE, HouseCards
from sibangkit_geo.registers.judge import judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.indicators.needs import Need
    from sibangkit_geo.registers.households import Households
    from sibangkit_geo.registers.photos import Photos
    from sibangkit_geo.registers.tally import Poverty

#: above this many houses a page carries the poor ones alone: it must open on an office machine
MOST_CARDS = 100_000
_GROUPS = ("Desil tidak diketahui", *(f"Desil {one}" for one in range(1, 11)))
_POOR = ("Tidak miskin", "Miskin", "Kemiskinan tidak diketahui")
_UNKNOWN = 2
_CURVE_BITS = 20
# kind of number of each column of the kept houses
_COLUMNS = {
    "row": np.int64, "village": np.int32, "east": np.int32, "north": np.int32,
    "deprived": np.uint32, "served": np.uint32, "decile": np.uint8, "poor": np.bool_,
    "unknown": np.bool_,
}  # fmt: skip


def _no_houses() -> dict[str, NDArray[Any]]:
    return {name: np.zeros(0, dtype=kind) for name, kind in _COLUMNS.items()}


@dataclass(frozen=True, slots=True)
class KeptCards:
    """
    What the cards need of a part of a register; 27 bytes per house.

    Attributes
    ----------
    needs
        Needs that the register can express; bits of the masks.
    columns
        ``row`` (in the file), ``village`` (among the official ones), ``east`` and
        ``north`` (whole 1e-5 degrees), ``deprived``, ``served``, ``decile`` (0 for not
        known), ``poor``, ``unknown`` (whether poor); arrays of one length.
    """

    needs: tuple[Need, ...] = ()
    columns: Mapping[str, NDArray[Any]] = field(default_factory=_no_houses, repr=False)

    @classmethod
    def of(
        cls,
        households: Households,
        *,
        village: NDArray[np.int64],
        placed: NDArray[np.bool_],
        poverty: Poverty,
    ) -> KeptCards:
        """
        Keep the houses of a batch that have a place and are poor or deprived of something.

        Of the others an agency has nothing to know.

        `village`: Position among the official villages, -1 for none.
        `placed`: Whose point lies in its village.
        """
        rows = households.rows
        needs = tuple(needs_of(rows.columns))
        deprived = np.zeros(len(rows), dtype=np.uint32)
        served = np.zeros(len(rows), dtype=np.uint32)
        for bit, need in enumerate(needs):
            judged = judge(households, need)
            deprived |= judged.deprived.astype(np.uint32) << np.uint32(bit)
            served |= (judged.deprived & judged.served).astype(np.uint32) << np.uint32(bit)
        kept = placed & (village >= 0) & (poverty.poor | (deprived > 0))
        decile = rows["decile"].to_numpy() if "decile" in rows.columns else np.zeros(len(rows))
        columns = {
            "row": rows["row"].to_numpy(),
            "village": village,
            "east": np.round(rows["longitude"].to_numpy() * PER_DEGREE),
            "north": np.round(rows["latitude"].to_numpy() * PER_DEGREE),
            "deprived": deprived,
            "served": served,
            "decile": np.nan_to_num(decile, nan=0.0),
            "poor": poverty.poor,
            "unknown": poverty.unknown,
        }
        return cls(
            needs, {name: columns[name][kept].astype(kind) for name, kind in _COLUMNS.items()}
        )

    @classmethod
    def joined(cls, parts: Sequence[KeptCards]) -> KeptCards:
        """
        Put parts together, of one register or of several that express different needs.

        Returns: The houses of the first part, then those of the next.
        """
        parts = [part for part in parts if len(part)]
        needs = tuple(dict.fromkeys(need for part in parts for need in part.needs))
        pieces = [_moved(part, needs) for part in parts]
        return cls(
            needs,
            {
                name: np.concatenate([nothing, *(piece[name] for piece in pieces)])
                for name, nothing in _no_houses().items()
            },
        )

    def __len__(self) -> int:
        """Count the houses."""
        return len(self.columns["row"])


@dataclass(frozen=True, slots=True)
class BuiltCards:
    """
    Cards, and where each came from; the second part is never handed on.

    `left_out`: Houses that are not poor and were left out for their number.
    """

    cards: HouseCards
    register: NDArray[np.int64] = field(repr=False)
    row: NDArray[np.int64] = field(repr=False)
    left_out: int = 0


def build_cards(kept: Sequence[KeptCards], *, page_row: NDArray[np.int64], seed: int) -> BuiltCards:
    """
    Make cards of the kept houses of all registers.

    Grain: one row per kept house in a village with polygon.

    Parameters
    ----------
    kept
        Of each register, or of parts of one.
    page_row
        Row on the page of each official village, -1 without polygon.
    seed
        Of the study; with the points themselves it makes the key of the serial numbers.

    Returns
    -------
    built
        Cards in the order of the page; where there are more than `MOST_CARDS`, the poor alone.

    Raises
    ------
    ValueError
        The registers express more than 32 needs together.
    """
    houses = KeptCards.joined(kept)
    row, village, east, north, deprived, served, decile, poor, unknown = (
        houses.columns[name] for name in _COLUMNS
    )
    place = page_row[village]
    wanted = place >= 0
    left_out = int((wanted & ~poor).sum()) if wanted.sum() > MOST_CARDS else 0
    if left_out:
        wanted &= poor
    # houses at one spot are told apart by what is on their cards, not by the register's order
    order = np.lexsort((served, deprived, decile, _curve(east, north), place))
    order = order[wanted[order]]
    deciles = bool(decile.any())
    number = np.repeat(np.arange(len(kept)), [len(part) for part in kept])
    cards = HouseCards(
        needs=tuple(need.label for need in houses.needs),
        assisted=tuple(bool(need.served) for need in houses.needs),
        groups=_GROUPS if deciles else _POOR,
        per_village=np.bincount(place[order], minlength=int(page_row.max(initial=-1)) + 1),
        east=east[order], north=north[order],
        deprived=deprived[order], served=served[order],
        group=(decile if deciles else np.where(unknown, _UNKNOWN, poor).astype(np.uint8))[order],
        poor=poor[order],
        shuffle=_key(seed, east, north), photo=np.full(len(order), -1, dtype=np.int32),
    )  # fmt: skip
    return BuiltCards(cards, number[order], row[order], left_out)


def with_photos(cards: HouseCards, photos: Photos, names: Iterable[str]) -> HouseCards:
    """
    Put pictures on cards.

    Parameters
    ----------
    cards
        Those without a name below keep what they have.
    photos
        Reads the pictures.
    names
        File of each card as the register writes it; empty without.

    Returns
    -------
    cards
        A picture that cannot be shown is left out and counted in `photos`.

    Raises
    ------
    ValueError
        There are not as many names as cards.
    """
    at: dict[str, int] = {}
    pictures = list(cards.photos)
    photo = cards.photo.copy()
    for card, name in zip(range(len(cards)), names, strict=True):
        if name and name not in at:
            picture = photos.read(name)
            at[name] = -1 if picture is None else len(pictures)
            pictures += [picture] if picture is not None else []
        photo[card] = at.get(name, photo[card])
    return replace(cards, photo=photo, photos=tuple(pictures))


def _moved(part: KeptCards, needs: Sequence[Need]) -> dict[str, NDArray[Any]]:
    """Move the bits of the masks to where they stand among the needs of all parts."""
    columns = dict(part.columns)
    for name in ("deprived", "served"):
        mask, columns[name] = columns[name], np.zeros_like(columns[name])
        for bit, need in enumerate(part.needs):
            held = (mask >> np.uint32(bit)) & np.uint32(1)
            columns[name] |= held << np.uint32(needs.index(need))
    return columns


def _curve(east: NDArray[np.int32], north: NDArray[np.int32]) -> NDArray[np.int64]:
    """Find the rank of places along a Z curve (Morton 1966), where neighbours mostly meet."""
    low = [one - one.min(initial=0) for one in (east.astype(np.int64), north.astype(np.int64))]
    code = np.zeros(len(east), dtype=np.int64)
    for bit in range(_CURVE_BITS + 1):
        for side, values in enumerate(low):
            code |= ((values >> bit) & 1) << (2 * bit + side)
    return code


def _key(seed: int, east: NDArray[np.int32], north: NDArray[np.int32]) -> int:
    content = seed.to_bytes(16, "big", signed=True) + east.tobytes() + north.tobytes()
    return int.from_bytes(hashlib.sha256(content).digest()[:4], "big")
