"""The data that a finished map page carries, unpacked as its own scripts do."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def data_of(page: str) -> dict[str, Any]:
    """Read the data of a page's text."""
    found = DATA.search(page)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    villages = data["villages"]
    if isinstance(villages["code"], str):
        places = [data["districts"][at]["code"] for at in villages["district"]]
        ends = villages["code"].split(",")
        villages["code"] = [f"{one}.{end}" for one, end in zip(places, ends, strict=True)]
    for key in ("certainty", "verdict"):
        if isinstance(villages[key], dict):
            villages[key] = [
                _sentence(row, villages[key]["frames"]) for row in villages[key]["rows"]
            ]
    for place in data["districts"]:
        if isinstance(place.get("labels"), dict):
            place["labels"] = _label_places(place["labels"])
    for layer in data["layers"]:
        _open_layer(layer, len(villages["code"]))
    if data.get("trend"):
        by_key = {layer["key"]: layer for layer in data["layers"]}
        values = data["trend"]["values"]
        for key in values:
            if isinstance(values[key], dict):
                values[key] = _steps(values[key], by_key[key]["values"], by_key[key]["decimals"])
    return data


def _label_places(packed: dict[str, Any]) -> list[list[float]]:
    """Read places for names, written as their number and steps in 0.0001 degrees."""
    count, *steps = _numbers(packed)
    at = [0, 0]
    places = []
    for i in range(count):
        at = [at[0] + steps[2 * i], at[1] + steps[2 * i + 1]]
        places.append([at[0] / 1e4, at[1] / 1e4])
    return places


def _open_layer(layer: dict[str, Any], count: int) -> None:
    for key, decimals in (("values", layer["decimals"]), ("counts", 0)):
        if isinstance(layer[key], dict):
            (layer[key],) = _steps(layer[key], [None] * count, decimals)
    if isinstance(layer["class"], str):
        layer["class"] = [None if one == "-" else ord(one) - ord("a") for one in layer["class"]]


def _steps(
    packed: dict[str, Any], own: Sequence[float | None], decimals: int
) -> list[list[float | None]]:
    """Read columns of numbers written as steps from others of the same rows."""
    scale = 10**decimals
    starts = [round((one or 0) * scale) for one in own]
    steps = list(_numbers(packed))
    return [
        [
            (value + step - (step > 0)) / scale if step else None
            for value, step in zip(starts, steps[at : at + len(own)], strict=True)
        ]
        for at in range(0, len(steps), len(own))
    ]


def _numbers(packed: dict[str, Any]) -> Iterator[int]:
    signs = packed["data"].translate(str.maketrans(",:[", "<>&"))
    value = place = 0
    for byte in base64.b85decode(signs)[: packed["bytes"]]:
        value |= (byte & 127) << place
        place += 7
        if byte < 128:
            yield (value >> 1) ^ -(value & 1)
            value = place = 0


def _sentence(row: str, frames: list[str]) -> str:
    frame, *numbers = row.split(";")
    parts = frames[int(frame)].split("{}")
    return parts[0] + "".join(n + part for n, part in zip(numbers, parts[1:], strict=True))
