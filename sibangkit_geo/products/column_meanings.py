"""What the columns of tables, workbooks and layers mean."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from sibangkit_geo.model.toml import own_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

#: what stands before or behind the key of a need, facility or pocket
PATTERNS: Final = {
    r"deprived_(?P<key>\w+)": "Rumah tangga dengan kekurangan: {key}",
    r"known_(?P<key>\w+)": "Rumah tangga dengan jawaban tentang: {key}; penyebut porsinya",
    r"unserved_(?P<key>\w+)": "Rumah tangga dengan kekurangan yang belum menerima program: {key}",
    r"served_(?P<key>\w+)": "Rumah tangga yang menerima program untuk: {key}",
    r"kantong \d+": "Peran OPD di kantong itu: utama, pendukung, atau kosong",
    r"(?P<key>\w+)_km": "Jarak ke {key}, kilometer",
    r"(?P<key>\w+)_far": "Porsi rumah tangga yang lebih jauh dari batas ke {key}",
    r"(?P<key>\w+)_share": "Porsi rumah tangga belum terlayani: {key}",
}  # fmt: skip


@cache
def meanings() -> Mapping[str, str]:
    """
    Read what the columns of products mean.

    Raises FileNotFoundError: The installation is incomplete.
    """
    told: dict[str, str] = own_toml(__package__, "columns.id.toml")
    return told


def meaning_of(column: str, *, labels: Mapping[str, str] | None = None) -> str:
    """
    Say what a column means; empty where nobody has said it.

    `labels`: Words for the keys of needs and facilities; the key itself where there are none.
    """
    if known := meanings().get(column):
        return known
    for pattern, told in PATTERNS.items():
        if found := re.fullmatch(pattern, column):
            words = {name: (labels or {}).get(key, key) for name, key in found.groupdict().items()}
            return told.format(**words)
    return ""
