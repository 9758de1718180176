"""Villages of a map without official codes, found by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo import join
from sibangkit_geo.errors import UnknownAreaError
from sibangkit_geo.sources import boundaries

if TYPE_CHECKING:
    from collections.abc import Callable


def village_finder(regency: str) -> Callable[[pd.DataFrame], pd.Series]:
    """
    Make what finds the villages of a map without official codes.

    Rows of one name are parts of one village, unless their codes differ.

    Returns: From rows (``code``, ``district_name``, ``village_name``) to village codes.
    """
    official = boundaries.official_table(regency)

    def locate(rows: pd.DataFrame) -> pd.Series:
        pairs = zip(rows["district_name"], rows["village_name"], strict=True)
        key = pd.Series(
            [(join.fold_name(district), join.fold_name(village)) for district, village in pairs],
            index=rows.index,
        )
        alone = rows["code"].groupby(key).transform("nunique") <= 1
        first = rows[alone & ~key.duplicated()]
        if first.empty:
            return pd.Series(pd.NA, index=rows.index, dtype="string")
        # a file may lack codes or give one twice: each row gets a label of its own
        single = first.assign(code=first.index.astype(str))
        try:
            found = join.locate_by_name(single, official).rows["village_code"]
        except UnknownAreaError:
            found = pd.Series(pd.NA, index=first.index, dtype="string")
        return key.map(dict(zip(key[first.index], found, strict=True))).astype("string")

    return locate
