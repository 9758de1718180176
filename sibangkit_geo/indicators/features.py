"""Attributes of villages on one scale: what may be compared, holes filled, skew taken out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from sklearn.preprocessing import PowerTransformer

from sibangkit_geo.errors import DataError, refuse_missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# words by which PODES, IDM and registers name what is coded, not measured
_CODED = re.compile(r"^(jenis|ada|kejadian|kejadain|dampak|status|tipe|kategori|klasifikasi)_")
# words by which they name what numbers an area
_AREA = re.compile(
    r"^(?:(?:id|kode|kd)(?:_.*|_?(?:desa|kel|kec|kab|kota|prov|wil)[_a-z]*)?|(?:periode|tahun)(?:_data)?)$"
)
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

    Examples
    --------
    >>> table = pd.DataFrame({"km": [1, 2, 3, 4], "water": ["well", "well", "well", "river"]})
    >>> found = prepare_features(table, quantities=["km"], categories=["water"])
    >>> found.scores.columns.tolist(), found.quantities, found.categories
    (['km', 'water = river', 'water = well'], ('km',), ('water',))
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

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"km": [1, 2, 3, 4, 5], "persen_kebun": [10, 20, 30, 40, 242], "sama": 7}
    ... )
    >>> found = prepare_features(table, quantities=["km", "persen_kebun", "sama"])
    >>> found.dropped, found.impossible, found.filled
    ({'sama': 'semua desa sama'}, {'persen_kebun': 1}, {'persen_kebun': 1})
    >>> found.scores["km"].round(2).tolist()
    [-1.41, -0.71, 0.0, 0.71, 1.41]
    """
    _, features = fit_scale(
        attributes, quantities=quantities, categories=categories, limits=limits or {}
    )
    return features


@dataclass(frozen=True, slots=True)
class AttributeScale:
    """
    What brings attributes to one scale: measured on one table, applied to any.

    `limits`: Plausible range of quantities.
    `median`, `commonest`: What stands in a hole, by quantity and by category.
    `skewed`, `shape`: Quantities whose skew is taken out, and how; None where there is none.
    `mean`, `spread`: Of each quantity afterwards.
    `share`: Share of the villages with each value of a category.
    """

    limits: Mapping[str, tuple[float, float]]
    median: pd.Series
    commonest: pd.Series
    skewed: tuple[str, ...]
    shape: PowerTransformer | None
    mean: pd.Series
    spread: pd.Series
    share: pd.Series

    @classmethod
    def of(
        cls, numbers: pd.DataFrame, words: pd.DataFrame, limits: Mapping[str, tuple[float, float]]
    ) -> Self:
        """Measure a table whose impossible values are missing."""
        median = numbers.median()
        filled = numbers.fillna(median)
        skew = filled.skew().astype(float).abs()
        skewed = [str(name) for name in skew.index[skew > _SKEWED]]
        shape = PowerTransformer(method="yeo-johnson").fit(filled[skewed]) if skewed else None
        shaped = _shaped(filled, skewed, shape)
        spread = shaped.std(ddof=0)
        spread = spread[spread > 0]
        commonest = words.mode().iloc[0] if words.shape[1] else pd.Series(dtype="string")
        share = _flags(words, commonest).mean()
        mean = shaped[spread.index].mean()
        return cls(limits, median, commonest, tuple(skewed), shape, mean, spread, share)

    @property
    def names(self) -> list[str]:
        """Columns of the scores."""
        return [*map(str, self.spread.index), *map(str, self.share.index)]

    def scores(self, numbers: pd.DataFrame, words: pd.DataFrame) -> pd.DataFrame:
        """Bring a table to the scale; a value that no village had is none of a category's."""
        shaped = _shaped(numbers.fillna(self.median), self.skewed, self.shape)
        scaled = (shaped[self.spread.index] - self.mean) / self.spread
        flags = _flags(words, self.commonest).reindex(columns=self.share.index, fill_value=0.0)
        return pd.concat([scaled, (flags - self.share) / self.share**0.5], axis=1)

    def transform(self, attributes: pd.DataFrame) -> pd.DataFrame:
        """
        Bring other villages to the scale.

        Grain: unchanged, one row per village.

        Raises DataError: A column is missing, or a quantity holds words.
        """
        quantities, categories = (
            list(map(str, one.index)) for one in (self.median, self.commonest)
        )
        _require(attributes, quantities, categories)
        numbers, words, _ = _read(attributes, quantities, categories, self.limits)
        return self.scores(numbers, words)


def fit_scale(
    attributes: pd.DataFrame,
    *,
    quantities: Sequence[str],
    categories: Sequence[str],
    limits: Mapping[str, tuple[float, float]],
) -> tuple[AttributeScale, Features]:
    """
    Measure the scale of attributes, and bring them to it.

    Returns: The scale, and what `prepare_features` gives.
    Raises DataError: As of `prepare_features`.
    """
    _require(attributes, quantities, categories)
    numbers, words, impossible = _read(attributes, quantities, categories, limits)
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
    scale = AttributeScale.of(numbers, words, limits)
    features = Features(
        scores=scale.scores(numbers, words),
        kept=pd.concat([numbers, words], axis=1),
        quantities=tuple(map(str, numbers)),
        categories=tuple(map(str, words)),
        transformed=scale.skewed,
        dropped={str(name): why for name, why in dropped.items()},
        impossible={str(k): int(n) for k, n in impossible.sum().items() if n},
        filled={str(k): int(n) for k, n in holes.items() if n},
    )
    return scale, features


def _read(
    table: pd.DataFrame,
    quantities: Sequence[str],
    categories: Sequence[str],
    limits: Mapping[str, tuple[float, float]],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Read numbers, words, and which numbers cannot be true; these are missing."""
    numbers = table[list(quantities)].apply(pd.to_numeric, errors="raise").astype(float)
    impossible = _impossible(numbers, limits)
    return numbers.mask(impossible), table[list(categories)].astype("string"), impossible


def _require(table: pd.DataFrame, quantities: Sequence[str], categories: Sequence[str]) -> None:
    refuse_missing(table.columns, (*quantities, *categories), table="The table of attributes")
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


def _shaped(
    filled: pd.DataFrame, skewed: Sequence[str], shape: PowerTransformer | None
) -> pd.DataFrame:
    if shape is None:
        return filled
    names = list(skewed)
    shaped = pd.DataFrame(np.asarray(shape.transform(filled[names])), filled.index, names)
    return filled.assign(**{name: shaped[name] for name in names})


def _flags(words: pd.DataFrame, commonest: pd.Series) -> pd.DataFrame:
    if words.empty or not words.shape[1]:
        return words[[]]
    return pd.get_dummies(words.fillna(commonest), prefix_sep=" = ", dtype=float)
