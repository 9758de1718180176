"""Keys of households: keyed hashes of who they are, for the protection of counts."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from sibangkit_geo.model.types import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

SALT_BYTES = 16
# so many rows at a time stay in a processor's cache
_BLOCK = 8192
# "somepseudorandomlygeneratedbytes" (Aumasson & Bernstein 2012, section 2.1)
_START = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_LAST = np.uint64(0xFF)
_TEXT_LENGTH = 56


def siphash(words: Words, salt: bytes) -> Words:
    """
    Hash rows of 64-bit words with a secret: SipHash-2-4 [1]_.

    Parameters
    ----------
    words
        Message of each row, little-endian words, shape (n_rows, n_words).
    salt
        Secret of 16 bytes.

    Returns
    -------
    hashes
        Shape (n_rows,).

    Raises
    ------
    ValueError
        The secret has not 16 bytes.

    References
    ----------
    .. [1] Aumasson, J.-P. & Bernstein, D. J. (2012), SipHash: a fast short-input PRF,
       Indocrypt 2012, LNCS 7668, 489-508.

    Examples
    --------
    >>> message = np.frombuffer(bytes(range(8)), dtype="<u8")[None]
    >>> f"{siphash(message, bytes(range(16)))[0]:016x}"  # of the authors' test vectors
    '93f5f5799a932462'
    """
    if len(salt) != SALT_BYTES:
        msg = f"`salt` must have {SALT_BYTES} bytes, got {len(salt)}."
        raise ValueError(msg)
    found = np.empty(len(words), dtype=np.uint64)
    for start in range(0, len(words), _BLOCK):
        found[start : start + _BLOCK] = _siphash(words[start : start + _BLOCK], salt)
    return found


def _siphash(words: Words, salt: bytes) -> Words:
    halves = np.frombuffer(salt, dtype="<u8")
    state = [
        np.full(len(words), np.uint64(start) ^ halves[at % 2]) for at, start in enumerate(_START)
    ]
    length = np.uint64((8 * words.shape[1] & 0xFF) << _TEXT_LENGTH)
    for word in (*words.T, np.full(len(words), length)):
        state[3] ^= word
        _rounds(state, 2)
        state[0] ^= word
    state[2] ^= _LAST
    _rounds(state, 4)
    hashed: Words = state[0] ^ state[1] ^ state[2] ^ state[3]
    return hashed


def _rounds(state: list[Words], number: int) -> None:
    """Mix the four words of each row, as the authors' figure 2.1 does."""
    a, b, c, d = state
    for _ in range(number):
        a += b
        _turn(b, 13)
        b ^= a
        _turn(a, 32)
        c += d
        _turn(d, 16)
        d ^= c
        a += d
        _turn(d, 21)
        d ^= a
        c += b
        _turn(b, 17)
        b ^= c
        _turn(c, 32)


def _turn(words: Words, bits: int) -> None:
    high = words << np.uint64(bits)
    words >>= np.uint64(64 - bits)
    words |= high


def sum_keys(keys: NDArray[np.uint32], place: NDArray[np.int64], number: int) -> NDArray[np.uint32]:
    """
    Add keys up place by place, modulo 2 to the power of 32.

    Parameters
    ----------
    keys
        Of households, shape (n,).
    place
        Position of the place of each, below `number`, shape (n,).
    number
        How many places there are.

    Returns
    -------
    sums
        Shape (number,); 0 where nobody is.
    """
    found = np.zeros(number, dtype=np.uint32)
    np.add.at(found, place, keys)
    return found


def household_keys(
    rows: pl.DataFrame,
    meanings: Mapping[str, Sequence[frozenset[str]]],
    *,
    cards: NDArray[np.int64] | None,
    salt: bytes,
) -> NDArray[np.uint32]:
    """
    Give each household its key: of its family card, else of what its row says.

    The same household has the same key in every file, in whatever order its rows come.

    `rows`: Rows of `Households`.
    `cards`: Family card numbers, -1 for rows without a sound one; None where there are none.
    `salt`: Secret of 16 bytes.
    """
    found = np.zeros(rows.height, dtype=np.uint64)
    named = np.zeros(rows.height, dtype=np.bool_) if cards is None else cards >= 0
    if cards is not None and named.any():
        found[named] = siphash(cards[named].astype(np.uint64)[:, None], salt)
    if not named.all():
        left = rows.filter(pl.Series(~named))
        found[~named] = siphash(contents(left, meanings, salt), salt)
    # the other half of the hash is as good, and is not kept
    return (found & np.uint64(KEYS - 1)).astype(np.uint32)


def contents(
    rows: pl.DataFrame, meanings: Mapping[str, Sequence[frozenset[str]]], salt: bytes
) -> Words:
    """
    Write rows as words; the number of a row in its file says nothing of the household.

    `rows`, `meanings`: Of `Households`.
    `salt`: Secret.
    Returns: Of equal rows equal words, whatever was read before; shape (n_rows, n_words).
    """
    columns = []
    for name in sorted(rows.columns):
        cells = rows[name]
        if name == "row":
            continue
        if name in meanings:
            # ids of meanings come in the order of the file: what they mean counts
            listed = [_text("|".join(sorted(one)), salt) for one in meanings[name]]
            table = np.array([*listed, 0], dtype=np.uint64)
            columns.append(table[cells.to_numpy()])
        elif cells.dtype == pl.String:
            texts = cells.unique().to_list()
            known = {text: _text(text, salt) for text in texts if text is not None}
            columns.append(np.array([known.get(text, 0) for text in cells], dtype=np.uint64))
        else:
            # one way to write "missing", and one to write nothing
            numbers = cells.cast(pl.Float64).to_numpy() + 0.0
            columns.append(np.where(np.isnan(numbers), np.nan, numbers).view(np.uint64))
        columns[-1] = columns[-1] ^ np.uint64(_text(name, salt))
    return np.column_stack(columns)


def _text(text: str, salt: bytes) -> int:
    digest = hashlib.blake2b(text.encode(), key=salt, digest_size=8).digest()
    return int.from_bytes(digest, "little")
