"""The data that a finished map page carries, unpacked as its own scripts do."""

from __future__ import annotations

import json
import re
from typing import Any

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
    return data


def _sentence(row: str, frames: list[str]) -> str:
    frame, *numbers = row.split(";")
    parts = frames[int(frame)].split("{}")
    return parts[0] + "".join(n + part for n, part in zip(numbers, parts[1:], strict=True))
