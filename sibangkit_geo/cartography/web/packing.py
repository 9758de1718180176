"""Whole numbers as few signs of a page: small numbers take one byte, four bytes five signs."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

# base 85 takes 1.25 signs per byte, base 64 takes 1.33; these three would be escaped in JSON
_SIGNS = bytes.maketrans(b"<>&", b",:[")
_SEVEN = 7
_OBJECTS = ("villages", "context")
_LAST_DIGIT = 9


def in_signs(content: bytes) -> str:
    """
    Write bytes as signs that JSON in a page leaves alone.

    Parameters
    ----------
    content
        Filled up with zeros to whole groups of four, so that reading needs no special end.

    Returns
    -------
    signs
        Python's base 85 with three signs changed.

    Examples
    --------
    >>> in_signs(b"desa")
    'WMy+,'
    """
    return base64.b85encode(content + b"\0" * (-len(content) % 4)).translate(_SIGNS).decode()


def packed_topology(topology: Mapping[str, Any]) -> dict[str, object]:
    """
    Pack a TopoJSON of villages and context to about a third.

    Returns: ``transform``; numbers as `packed_numbers` packs them: for each of ``villages`` and
        ``context`` the number of geometries, then for each of them its polygons, their rings,
        their arcs and the arcs' numbers, each list led by its length; then the number of arcs, and
        for each its points and their steps. ``names`` of the context.
    """
    context = topology["objects"]["context"]["geometries"]
    return {
        "transform": topology["transform"],
        **packed_numbers(_numbers(topology)),
        "names": [one["properties"]["name"] for one in context],
    }


def packed_numbers(numbers: Iterable[int]) -> dict[str, object]:
    """
    Pack whole numbers, small ones in one byte.

    Parameters
    ----------
    numbers
        Any of 32 bits.

    Returns
    -------
    packed
        ``bytes``, how many there are, and ``data``: the bytes as text; each number zigzag
        (twice its size, less one for below zero) in groups of seven bits, low group first.

    Raises
    ------
    OverflowError
        A number does not fit 64 bits.

    Examples
    --------
    >>> packed_numbers([1, -1, 300])["bytes"]
    4
    """
    content = _sevens(np.array([*numbers], dtype=np.int64))
    return {"bytes": len(content), "data": in_signs(content)}


def packed_columns(payload: Mapping[str, Any]) -> dict[str, object]:
    """
    Shorten the long columns of a page with many villages to texts.

    Returns: The same, but for ``villages.code``, the ends of the codes after that of their
        district, with commas between, and ``class`` of each layer, a digit per village and "-" for
        none. A column that does not fit stays a list.
    """
    villages, places = payload["villages"], payload["districts"]
    starts = [f"{places[index]['code']}." for index in villages["district"]]
    ends = [code.removeprefix(start) for code, start in zip(villages["code"], starts, strict=True)]
    fits = all(map(str.isdigit, ends))
    code = {"code": ",".join(ends)} if fits else {}
    layers = [layer | {"class": _digits(layer["class"])} for layer in payload["layers"]]
    return {**payload, "villages": {**villages, **code}, "layers": layers}


def _digits(classes: list[int | None]) -> str | list[int | None]:
    """Write a digit per village where one does."""
    if max((one for one in classes if one is not None), default=0) > _LAST_DIGIT:
        return classes
    return "".join("-" if one is None else str(one) for one in classes)


def _numbers(topology: Mapping[str, Any]) -> Iterator[int]:
    for name in _OBJECTS:
        geometries = topology["objects"][name]["geometries"]
        yield len(geometries)
        for one in geometries:
            yield from _listed(_polygons(one))
    arcs = topology["arcs"]
    yield len(arcs)
    for arc in arcs:
        yield len(arc)
        for point in arc:
            yield from point


def _polygons(geometry: Mapping[str, Any]) -> list[Any]:
    if geometry["type"] is None:
        return []
    arcs: list[Any] = geometry["arcs"]
    return [arcs] if geometry["type"] == "Polygon" else arcs


def _listed(part: Iterable[Any] | int) -> Iterator[int]:
    if isinstance(part, int):
        yield part
        return
    parts = list(part)
    yield len(parts)
    for one in parts:
        yield from _listed(one)


def _sevens(values: NDArray[np.int64]) -> bytes:
    """Write numbers in groups of seven bits; the eighth says that more follow."""
    zigzag = np.where(values >= 0, 2 * values, -2 * values - 1).astype(np.uint64)
    groups = []
    left = zigzag
    while True:
        groups.append((left & np.uint64(127)).astype(np.uint8))
        left = left >> np.uint64(_SEVEN)
        if not left.any():
            break
    table = np.stack(groups, axis=1)
    # a group is written where it or a later one holds something; the first always is
    used = np.flip(np.maximum.accumulate(np.flip(table > 0, axis=1), axis=1), axis=1)
    used[:, 0] = True
    more = np.zeros_like(used)
    more[:, :-1] = used[:, 1:]
    table |= more.astype(np.uint8) << np.uint8(_SEVEN)
    return table[used].tobytes()
