"""Types of villages: Ward's clustering on attributes and places at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.cluster import AgglomerativeClustering
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.preprocessing import PowerTransformer

from sibangkit_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MIXES = tuple(np.round(np.arange(0.0, 1.0, 0.1), 1))
_PERMUTATIONS, _QUANTILE = 50, 0.95
_FEWEST = 20

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
class TypologySettings:
    """
    How types are looked for.

    Attributes
    ----------
    fewest, most
        Numbers of types that are tried.
    smallest
        Fewest villages of a type; splits with a smaller one are not chosen.
    seed
        Of the permutations that say how many components count.

    Examples
    --------
    >>> TypologySettings(fewest=4, most=6).smallest
    5
    >>> TypologySettings(fewest=1)
    Traceback (most recent call last):
        ...
    ValueError: Need 2 <= fewest <= most and smallest of at least 1.
    """

    fewest: int = 3
    most: int = 8
    smallest: int = 5
    seed: int = 1607

    def __post_init__(self) -> None:
        """Check the range."""
        if not 2 <= self.fewest <= self.most or self.smallest < 1:
            msg = "Need 2 <= fewest <= most and smallest of at least 1."
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Typology:
    """
    Types of villages; one row per village.

    Attributes
    ----------
    types
        Number of the type, 1 for the largest; indexed by ``village_code``.
    plain_types
        The same number of types without regard to place, numbered alike.
    criteria
        Every number of types and mixing that was tried: ``n_types``, ``mixing``,
        ``attribute_inertia`` and ``place_inertia`` (shares of the inertia that the types
        explain, 0 to 1), ``silhouette`` (-1 to 1, in the mixed space), ``smallest``
        (villages of the smallest type) and ``chosen``.
    components
        Components that were kept; ``explained`` is the share of variance they hold.
    agreement
        Adjusted Rand index [1]_ between the types with and without place.

    References
    ----------
    .. [1] Hubert, L. & Arabie, P. (1985), Journal of Classification 2, 193-218.

    Examples
    --------
    >>> line = pd.DataFrame({"x": range(24), "y": 0.0})
    >>> kind = [0] * 15 + [9] * 9
    >>> table = pd.DataFrame({"km": kind, "share": [one + row % 3 for row, one in enumerate(kind)]})
    >>> found = village_types(
    ...     prepare_features(table, quantities=["km", "share"]), line,
    ...     settings=TypologySettings(fewest=2, most=2),
    ... )
    >>> found.types.value_counts().to_dict(), found.agreement
    ({1: 15, 2: 9}, 1.0)
    """

    types: pd.Series
    plain_types: pd.Series
    criteria: pd.DataFrame
    components: int
    explained: float
    agreement: float

    @property
    def mixing(self) -> float:
        """Weight of place that was chosen, 0 to 1."""
        return float(self.criteria.loc[self.criteria["chosen"], "mixing"].iloc[0])


def village_types(
    features: Features, places: pd.DataFrame, *, settings: TypologySettings
) -> Typology:
    """
    Group villages that are alike and near each other.

    Components are those whose variance is above that of 95 % of permuted tables
    (parallel analysis [1]_). Ward's method joins villages on squared distances
    (1 - mixing) x attributes + mixing x places, both of inertia 1 [2]_. For each number of
    types the mixing is the one with the largest sum of the two explained inertias, each
    over the most that attributes alone and places alone reach; the number of types is the
    one with the largest mean silhouette [3]_ there.
    Grain: unchanged, one row per village.

    Parameters
    ----------
    features
        From `prepare_features`.
    places
        ``x`` and ``y`` of a point inside each village, metres, indexed alike.
    settings
        Numbers of types, seed.

    Returns
    -------
    typology
        Types, and every choice with its criterion.

    Raises
    ------
    ValueError
        The two are indexed differently, or a place is missing.
    DataError
        There are fewer than 20 villages, or every split has a type that is too small.

    References
    ----------
    .. [1] Horn, J. L. (1965), Psychometrika 30(2), 179-185.
    .. [2] Chavent, Kuentz-Simonet, Labenne & Saracco (2018), Computational Statistics 33,
       1799-1822.
    .. [3] Rousseeuw, P. J. (1987), Journal of Computational and Applied Mathematics 20, 53-65.

    Examples
    --------
    >>> places = pd.DataFrame({"x": [0.0] * 12 + [9000.0] * 12, "y": range(24)})
    >>> table = pd.DataFrame(
    ...     {"km": [1 + row % 3 + row // 12 * 9 for row in range(24)], "huts": [*range(24)]}
    ... )
    >>> features = prepare_features(table, quantities=["km", "huts"])
    >>> found = village_types(features, places, settings=TypologySettings(fewest=2, most=3))
    >>> found.types.tolist() == [1] * 12 + [2] * 12
    True
    """
    if not features.scores.index.equals(places.index) or places[["x", "y"]].isna().any(axis=None):
        msg = "`features` and `places` need one index, and a place for each village."
        raise ValueError(msg)
    if len(places) < max(_FEWEST, settings.most * 2):
        msg = f"Types need at least {max(_FEWEST, settings.most * 2)} villages"
        raise DataError(msg, remedy="Ask for fewer types, or leave the typology out.")
    attributes, components, explained = _components(features.scores.to_numpy(), settings.seed)
    where = places[["x", "y"]].to_numpy(dtype=float)
    attributes, where = _unit_inertia(attributes), _unit_inertia(where)
    rows = [
        _tried(attributes, where, mixing, number)
        for number in range(settings.fewest, settings.most + 1)
        for mixing in _MIXES
    ]
    criteria = _chosen(pd.DataFrame(rows), attributes, where, settings)
    best = criteria[criteria["chosen"]].iloc[0]
    number, mixing = int(best["n_types"]), float(best["mixing"])
    types = _numbered(_ward(attributes, where, mixing, number))
    plain = _numbered(_ward(attributes, where, 0.0, number))
    index = features.scores.index
    return Typology(
        types=pd.Series(types, index=index, name="village_type"),
        plain_types=pd.Series(plain, index=index, name="village_type_without_place"),
        criteria=criteria,
        components=components,
        explained=explained,
        agreement=float(adjusted_rand_score(types, plain)),
    )


def _components(scores: Floats, seed: int) -> tuple[Floats, int, float]:
    """Keep the components that a table without any relation would hardly show."""
    fitted = PCA().fit(scores)
    rng = np.random.default_rng(seed)
    chance = [
        PCA().fit(rng.permuted(scores, axis=0)).explained_variance_ for _ in range(_PERMUTATIONS)
    ]
    above = fitted.explained_variance_ > np.quantile(chance, _QUANTILE, axis=0)
    # the first one that chance reaches ends the list
    kept = max(1, int(np.argmin(above)) if not above.all() else len(above))
    return (
        fitted.transform(scores)[:, :kept],
        kept,
        float(fitted.explained_variance_ratio_[:kept].sum()),
    )


def _unit_inertia(points: Floats) -> Floats:
    centred: Floats = points - points.mean(axis=0)
    inertia = (centred**2).sum() / len(points)
    return centred / np.sqrt(inertia) if inertia > 0 else centred


def _mixed(attributes: Floats, where: Floats, mixing: float) -> Floats:
    # squared Euclidean distances add up over columns
    return np.hstack([np.sqrt(1 - mixing) * attributes, np.sqrt(mixing) * where])


def _ward(attributes: Floats, where: Floats, mixing: float, number: int) -> NDArray[np.int64]:
    model = AgglomerativeClustering(n_clusters=number, linkage="ward")
    labels: NDArray[np.int64] = model.fit_predict(_mixed(attributes, where, mixing))
    return labels


def _explained(points: Floats, labels: NDArray[np.int64]) -> float:
    within = sum(
        float(((points[labels == one] - points[labels == one].mean(axis=0)) ** 2).sum())
        for one in np.unique(labels)
    )
    total = float(((points - points.mean(axis=0)) ** 2).sum())
    return 1 - within / total if total else 0.0


def _tried(attributes: Floats, where: Floats, mixing: float, number: int) -> dict[str, float]:
    labels = _ward(attributes, where, mixing, number)
    return {
        "n_types": number,
        "mixing": mixing,
        "attribute_inertia": _explained(attributes, labels),
        "place_inertia": _explained(where, labels),
        "silhouette": float(silhouette_score(_mixed(attributes, where, mixing), labels)),
        "smallest": int(np.bincount(labels).min()),
    }


def _chosen(
    criteria: pd.DataFrame, attributes: Floats, where: Floats, settings: TypologySettings
) -> pd.DataFrame:
    """Mark the number of types and the mixing that the criteria choose."""
    by_place = {
        number: _explained(where, _ward(attributes, where, 1.0, number))
        for number in criteria["n_types"].unique()
    }
    most = criteria[criteria["mixing"] == 0].set_index("n_types")["attribute_inertia"]
    gained = criteria["attribute_inertia"] / criteria["n_types"].map(most.to_dict())
    gained += criteria["place_inertia"] / criteria["n_types"].map(by_place)
    fit = criteria[criteria["smallest"] >= settings.smallest]
    if fit.empty:
        msg = f"Every split has a type of fewer than {settings.smallest} villages"
        raise DataError(msg, remedy="Ask for fewer types or allow smaller ones.")
    order = fit.assign(gained=gained[fit.index].round(9))
    mixes = order.sort_values(["gained", "mixing"], ascending=[False, True], kind="stable")
    mixes = mixes.drop_duplicates("n_types")
    best = mixes.sort_values(["silhouette", "n_types"], ascending=[False, True], kind="stable")
    return criteria.assign(chosen=criteria.index == best.index[0])


def _numbered(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the largest type number 1; the first village decides between equals."""
    first = {one: int(np.flatnonzero(labels == one)[0]) for one in np.unique(labels)}
    order = sorted(first, key=lambda one: (-int((labels == one).sum()), first[one]))
    place = {one: number for number, one in enumerate(order, 1)}
    return np.array([place[one] for one in labels], dtype=np.int64)


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


def type_profiles(features: Features, types: pd.Series) -> pd.DataFrame:
    """
    Describe each type by its attributes, against all villages.

    Grain: one row per village in; one per type and attribute out.

    Parameters
    ----------
    features
        From `prepare_features`.
    types
        Type of each village.

    Returns
    -------
    profiles
        ``village_type``, ``n_villages``, ``attribute`` (a category reads
        ``attribute = value``), ``value`` (median of a quantity in its own unit; share of
        villages with the value of a category), ``all_villages`` (the same of all) and
        ``difference`` (how many standard deviations of all villages the mean of the type
        lies away, of the values as they were compared); largest absolute difference first.

    Raises
    ------
    ValueError
        The two are indexed differently.

    Examples
    --------
    >>> table = pd.DataFrame({"km": [1, 2, 8, 9], "roofs": [5, 6, 5, 6]})
    >>> features = prepare_features(table, quantities=["km", "roofs"])
    >>> found = type_profiles(features, pd.Series([1, 1, 2, 2]))
    >>> found[["village_type", "attribute", "value", "all_villages"]].to_dict("records")[0]
    {'village_type': 1, 'attribute': 'km', 'value': 1.5, 'all_villages': 5.0}
    """
    if not features.scores.index.equals(types.index):
        msg = "`features` and `types` are indexed differently."
        raise ValueError(msg)
    words = features.kept[list(features.categories)]
    # without any category there is nothing to make columns of
    flags = pd.get_dummies(words, prefix_sep=" = ", dtype=float) if words.shape[1] else words
    shown = pd.concat([features.kept[list(features.quantities)], flags], axis=1)
    spread = features.scores.std(ddof=0)
    away = (features.scores.groupby(types).mean() / spread).T
    rows = []
    for number, members in types.groupby(types):
        own = shown.loc[members.index]
        table = pd.DataFrame(
            {
                "village_type": number,
                "n_villages": len(members),
                "attribute": shown.columns,
                "value": [_middle(own, name, features) for name in map(str, shown)],
                "all_villages": [_middle(shown, name, features) for name in map(str, shown)],
                "difference": away[number].reindex(shown.columns).to_numpy(),
            }
        )
        order = table["difference"].abs().sort_values(ascending=False, kind="stable").index
        rows.append(table.loc[order].dropna(subset="difference"))
    return pd.concat(rows, ignore_index=True)


def _middle(table: pd.DataFrame, name: str, features: Features) -> float:
    column = table[name]
    return float(column.median() if name in features.quantities else column.mean())
