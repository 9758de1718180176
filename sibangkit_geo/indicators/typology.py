"""Types of villages: Ward's clustering on attributes and places at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from sklearn.cluster import AgglomerativeClustering
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, silhouette_score

from sibangkit_geo.errors import DataError, refuse_missing
from sibangkit_geo.indicators.features import Features, prepare_features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "Features",
    "Typology",
    "TypologySettings",
    "prepare_features",
    "type_profiles",
    "village_types",
]

_MIXES = tuple(np.round(np.arange(0.0, 1.0, 0.1), 1))
_PERMUTATIONS, _QUANTILE = 50, 0.95
_FEWEST = 20


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
        There are fewer than 20 villages, every split has a type that is too small, or `places`
        lack a column.

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
    refuse_missing(places.columns, ["x", "y"], table="The table of places")
    if not features.scores.index.equals(places.index) or places[["x", "y"]].isna().any(axis=None):
        msg = "`features` and `places` need one index, and a place for each village."
        raise ValueError(msg)
    where = places[["x", "y"]].to_numpy(dtype=float)
    return fit_types(features.scores, where, settings=settings)[0]


def fit_types(
    scores: pd.DataFrame, where: Floats | None, *, settings: TypologySettings
) -> tuple[Typology, MixedSpace]:
    """
    Group villages by their scores and, where there are any, their places.

    Grain: unchanged, one row per village.

    `where`: x and y, metres, shape (n, 2); None groups them by their scores alone.
    Returns: The types, and the space they were found in.
    Raises DataError: As of `village_types`.
    """
    if len(scores) < max(_FEWEST, settings.most * 2):
        msg = f"Types need at least {max(_FEWEST, settings.most * 2)} villages"
        raise DataError(msg, remedy="Ask for fewer types, or leave the typology out.")
    space = MixedSpace.of(scores.to_numpy(dtype=float), where, seed=settings.seed)
    attributes, places = space.parts(scores.to_numpy(dtype=float), where)
    rows = [
        _tried(attributes, places, mixing, number)
        for number in range(settings.fewest, settings.most + 1)
        for mixing in (_MIXES if where is not None else _MIXES[:1])
    ]
    criteria = _chosen(pd.DataFrame(rows), attributes, places, settings)
    best = criteria[criteria["chosen"]].iloc[0]
    number, mixing = int(best["n_types"]), float(best["mixing"])
    types = _numbered(_ward(attributes, places, mixing, number))
    plain = _numbered(_ward(attributes, places, 0.0, number))
    typology = Typology(
        types=pd.Series(types, index=scores.index, name="village_type"),
        plain_types=pd.Series(plain, index=scores.index, name="village_type_without_place"),
        criteria=criteria,
        components=space.kept,
        explained=float(space.components.explained_variance_ratio_[: space.kept].sum()),
        agreement=float(adjusted_rand_score(types, plain)),
    )
    return typology, space


@dataclass(frozen=True, slots=True)
class MixedSpace:
    """
    Attributes and places of villages, both of inertia 1; fitted once, for these and others.

    `components`, `kept`: Principal components, and how many count.
    `attributes`, `places`: Middle and root of the inertia of each part.
    """

    components: PCA
    kept: int
    attributes: tuple[Floats, float]
    places: tuple[Floats, float]

    @classmethod
    def of(cls, scores: Floats, where: Floats | None, *, seed: int) -> Self:
        """Fit the space; `where` is None where places do not count."""
        fitted, kept = _components(scores, seed)
        where = np.zeros((len(scores), 2)) if where is None else where
        return cls(fitted, kept, _inertia(fitted.transform(scores)[:, :kept]), _inertia(where))

    def parts(self, scores: Floats, where: Floats | None) -> tuple[Floats, Floats]:
        """Place villages by their scores, and by their places; these are one where None."""
        where = np.zeros((len(scores), 2)) if where is None else where
        known = self.components.transform(scores)[:, : self.kept]
        (middle, root), (centre, reach) = self.attributes, self.places
        return (known - middle) / root, (where - centre) / reach

    def points(self, scores: Floats, where: Floats | None, *, mixing: float) -> Floats:
        """Place villages where their distances are those that types were found by."""
        return _mixed(*self.parts(scores, where), mixing)


def _components(scores: Floats, seed: int) -> tuple[PCA, int]:
    """Keep the components that a table without any relation would hardly show."""
    fitted = PCA().fit(scores)
    rng = np.random.default_rng(seed)
    chance = [
        PCA().fit(rng.permuted(scores, axis=0)).explained_variance_ for _ in range(_PERMUTATIONS)
    ]
    above = fitted.explained_variance_ > np.quantile(chance, _QUANTILE, axis=0)
    # the first one that chance reaches ends the list
    return fitted, max(1, int(np.argmin(above)) if not above.all() else len(above))


def _inertia(points: Floats) -> tuple[Floats, float]:
    """Tell the middle, and the root of the inertia around it; 1 where all points are one."""
    middle = points.mean(axis=0)
    inertia = float(((points - middle) ** 2).sum() / len(points))
    return middle, float(np.sqrt(inertia)) if inertia > 0 else 1.0


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
    # where all places are one they explain nothing
    gained += (criteria["place_inertia"] / criteria["n_types"].map(by_place)).fillna(0.0)
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
