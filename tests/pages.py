"""The data that a finished map page carries, unpacked as its own scripts do."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    for layer in data["layers"]:
        if isinstance(layer["class"], str):
            layer["class"] = [None if one == "-" else ord(one) - ord("a") for one in layer["class"]]
    if data.get("trend"):
        by_key = {layer["key"]: layer for layer in data["layers"]}
        values = data["trend"]["values"]
        for key in values:
            if isinstance(values[key], dict):
                values[key] = _years(values[key], by_key[key])
    return data


def _years(packed: dict[str, Any], layer: dict[str, Any]) -> list[list[float | None]]:
    """Read earlier years, written as steps from the layer's own numbers."""
    scale = 10 ** layer["decimals"]
    own = [round((one or 0) * scale) for one in layer["values"]]
    steps = list(_numbers(packed))
    return [
        [
            (value + step - (step > 0)) / scale if step else None
            for value, step in zip(own, steps[at : at + len(own)], strict=True)
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
