"""Village attributes made comparable: quantities, categories, and what is neither."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.preprocessing import PowerTransformer

from sibangkit_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# words by which PODES, IDM and registers name what is coded, not measured
_CODED = re.compile(r"^(jenis|ada|kejadian|kejadain|dampak|status|tipe|kategori|klasifikasi)_")
# words by which they name what numbers an area
_AREA = re.compile(r"^(id|kode|kd|iddesa|kodedesa|periode|tahun)([_a-z]*(desa|kec|kab|prov)?)?$")
_PERCENT = re.compile(r"^(persentase|persen|pct)_|_(persen|percent|pct)$")
# a near-constant column: its commonest value 19 times as frequent as the next, and few different
# ones (Kuhn & Johnson 2013, Applied Predictive Modeling, section 3.5)
_FREQUENCY_RATIO, _FEW_UNIQUE = 19.0, 0.10
# above this a distribution is highly skewed (Bulmer 1979, Principles of Statistics, p. 63)
_SKEWED = 1.0
# a column that misses more than a fifth says more about who answered; our choice
_MOST_MISSING = 0.2
_MOST_CATEGORIES = 12


@dataclass(frozen=True, slots=True)
class Features:
    """
    Attributes of villages on one scale; one row per village.

    Attributes
    ----------
    scores
        Columns of mean 0; a quantity has variance 1, a category is a column divided by
        the root of its share (the scaling of a factor analysis of mixed data [1]_).
    kept
        The attributes that were kept, in their own units, with holes filled by nothing.
    quantities, categories
        Names of the attributes that were kept.
    transformed
        Quantities whose skew was taken out (Yeo-Johnson).
    dropped
        Attribute to the reason why it was left out, in Indonesian.
    impossible
        Attribute to the number of values that cannot be true and were read as missing.
    filled
        Attribute to the number of missing values that stand at the median.

    References
    ----------
    .. [1] Pages, J. (2004), Revue de statistique appliquee 52(4), 93-111.
    """

    scores: pd.DataFrame
    kept: pd.DataFrame
    quantities: tuple[str, ...]
    categories: tuple[str, ...]
    transformed: tuple[str, ...]
    dropped: Mapping[str, str]
    impossible: Mapping[str, int]
    filled: Mapping[str, int]


def prepare_features(
    attributes: pd.DataFrame,
    *,
    quantities: Sequence[str],
    categories: Sequence[str] = (),
    limits: Mapping[str, tuple[float, float]] | None = None,
) -> Features:
    """
    Make quantities and categories comparable, leaving out what tells nothing.

    Percentages lie between 0 and 100; a value outside is missing, never cut. Quantities
    with a skew above 1 are made symmetric by the Yeo-Johnson power [1]_. Missing values
    stand at the median (categories at the commonest).
    Grain: unchanged, one row per village.

    Parameters
    ----------
    attributes
        Indexed by ``village_code``.
    quantities
        Columns of numbers.
    categories
        Columns of codes or words.
    limits
        Plausible range of further quantities.

    Returns
    -------
    features
        Which attributes are in, and what was done to them.

    Raises
    ------
    DataError
        A code is given as a quantity, a column is missing or holds words, or nothing
        is left.

    References
    ----------
    .. [1] Yeo, I.-K. & Johnson, R. A. (2000), Biometrika 87(4), 954-959.
    """
    _require(attributes, quantities, categories)
    numbers = attributes[list(quantities)].apply(pd.to_numeric, errors="raise").astype(float)
    impossible = _impossible(numbers, limits or {})
    numbers = numbers.mask(impossible)
    words = attributes[list(categories)].astype("string")
    dropped = {name: why for name in numbers if (why := _idle(numbers[name]))}
    dropped |= {name: why for name in words if (why := _idle(words[name]))}
    dropped |= {
        name: "terlalu banyak kategori"
        for name in words
        if name not in dropped and words[name].nunique() > _MOST_CATEGORIES
    }
    numbers = numbers.drop(columns=[name for name in numbers if name in dropped])
    words = words.drop(columns=[name for name in words if name in dropped])
    if numbers.shape[1] + words.shape[1] < 2:
        msg = "Fewer than two attributes are left to compare villages by"
        raise DataError(msg, remedy="Name more quantities or categories.")
    holes = pd.concat([numbers, words], axis=1).isna().sum()
    scaled, transformed = _scaled(numbers)
    return Features(
        scores=pd.concat([scaled, _indicators(words)], axis=1),
        kept=pd.concat([numbers, words], axis=1),
        quantities=tuple(map(str, numbers)),
        categories=tuple(map(str, words)),
        transformed=transformed,
        dropped={str(name): why for name, why in dropped.items()},
        impossible={str(k): int(n) for k, n in impossible.sum().items() if n},
        filled={str(k): int(n) for k, n in holes.items() if n},
    )


def _require(table: pd.DataFrame, quantities: Sequence[str], categories: Sequence[str]) -> None:
    lacking = [name for name in (*quantities, *categories) if name not in table]
    if lacking:
        msg = f"Columns are missing: {', '.join(lacking)}"
        raise DataError(msg, remedy="Check their names.")
    coded = [name for name in quantities if _CODED.match(name)]
    if coded:
        msg = f"Codes are given as quantities: {', '.join(coded)}"
        raise DataError(msg, remedy="Name them under categories: a code is no amount.")
    areas = [name for name in (*quantities, *categories) if _AREA.match(name)]
    if areas:
        msg = f"Area codes or years are given as attributes: {', '.join(areas)}"
        raise DataError(msg, remedy="Leave them out: a number of an area describes nothing.")
    wordy = [
        name
        for name in quantities
        if pd.to_numeric(table[name], errors="coerce").notna().sum() < table[name].notna().sum()
    ]
    if wordy:
        msg = f"Quantities hold words: {', '.join(wordy)}"
        raise DataError(msg, remedy="Name them under categories, or correct the cells.")


def _impossible(numbers: pd.DataFrame, limits: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    found = numbers.isna() & False
    for name in map(str, numbers):
        percent = (0.0, 100.0) if _PERCENT.search(name) else (-np.inf, np.inf)
        low, high = limits.get(name, percent)
        found[name] = (numbers[name] < low) | (numbers[name] > high)
    return found | np.isinf(numbers)


def _idle(column: pd.Series) -> str:
    """Say why a column tells nothing about how villages differ; empty where it does."""
    known = column.dropna()
    if len(known) < (1 - _MOST_MISSING) * len(column):
        return "lebih dari seperlima kosong"
    counts = known.value_counts()
    if len(counts) < 2:
        return "semua desa sama"
    few = len(counts) / len(known) < _FEW_UNIQUE
    if few and counts.iloc[0] / counts.iloc[1] > _FREQUENCY_RATIO:
        return "hampir semua desa sama"
    return ""


def _scaled(numbers: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    filled = numbers.fillna(numbers.median())
    skew = filled.skew().astype(float).abs()
    skewed = [str(name) for name in skew.index[skew > _SKEWED]]
    if skewed:
        shaped = PowerTransformer(method="yeo-johnson").fit_transform(filled[skewed])
        filled[skewed] = np.asarray(shaped)
    spread = filled.std(ddof=0)
    kept = [str(name) for name in spread.index[spread > 0]]
    scaled: pd.DataFrame = (filled[kept] - filled[kept].mean()) / spread[kept]
    return scaled, tuple(skewed)


def _indicators(words: pd.DataFrame) -> pd.DataFrame:
    if words.empty or not words.shape[1]:
        return words[[]]
    filled = words.fillna(words.mode().iloc[0])
    flags = pd.get_dummies(filled, prefix_sep=" = ", dtype=float)
    share = flags.mean()
    return (flags - share) / share**0.5
