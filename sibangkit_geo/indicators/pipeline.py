"""Features and types of villages as scikit-learn estimators, for pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted, validate_data

from sibangkit_geo.indicators.features import fit_scale
from sibangkit_geo.indicators.typology import TypologySettings, fit_types

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

    Table = pd.DataFrame | ArrayLike

__all__ = ["VillageFeatures", "VillageTypology"]


class VillageFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """
    Make quantities and categories comparable: `prepare_features` as a transformer.

    What is left out, what stands in holes and how columns are scaled is decided by the rows
    that were fitted. Of other rows, a value that no fitted village had is none of a category's.
    Grain: unchanged, one row per village.

    Parameters
    ----------
    quantities
        Columns of numbers; all but the categories when None. Columns of an array are called
        ``x0``, ``x1`` ...
    categories
        Columns of codes or words.
    limits
        Plausible range of further quantities.

    Attributes
    ----------
    features_
        What `prepare_features` gives for the rows that were fitted.
    scale_
        How other rows are brought to the same scale.
    n_features_in_, feature_names_in_
        Columns that were fitted.

    Examples
    --------
    >>> table = pd.DataFrame({"km": [1, 2, 3, 4], "water": ["well", "well", "well", "river"]})
    >>> fitted = VillageFeatures(categories=["water"]).fit(table)
    >>> fitted.get_feature_names_out().tolist()
    ['km', 'water = river', 'water = well']
    >>> other = pd.DataFrame({"km": [None, 7], "water": ["well", "spring"]})
    >>> fitted.transform(other).round(2).tolist()  # 2.5 km, the median, stands in the hole
    [[0.0, -0.5, 0.29], [4.02, -0.5, -0.87]]
    """

    def __init__(
        self,
        *,
        quantities: Sequence[str] | None = None,
        categories: Sequence[str] = (),
        limits: Mapping[str, tuple[float, float]] | None = None,
    ) -> None:
        self.quantities = quantities
        self.categories = categories
        self.limits = limits

    def fit(self, X: Table, y: object = None) -> Self:  # noqa: ARG002, N803 - scikit-learn's names
        """
        Decide what is left out and how the rest is scaled.

        `X`: One row per village.
        `y`: Of no use.
        Raises DataError: As of `prepare_features`.
        """
        table = _table(self, X, reset=True)
        given = [str(name) for name in table if name not in self.categories]
        self.scale_, self.features_ = fit_scale(
            table,
            quantities=given if self.quantities is None else list(self.quantities),
            categories=list(self.categories),
            limits=self.limits or {},
        )
        return self

    def transform(self, X: Table) -> Floats:  # noqa: N803 - scikit-learn's name
        """
        Bring villages to the fitted scale.

        Grain: unchanged, one row per village.

        Returns: Scores, columns as `get_feature_names_out` names them.
        Raises DataError: A column is missing, or a quantity holds words.
        """
        check_is_fitted(self)
        scores: Floats = self.scale_.transform(_table(self, X, reset=False)).to_numpy(np.float64)
        return scores

    def get_feature_names_out(
        self,
        input_features: ArrayLike | None = None,  # noqa: ARG002 - scikit-learn hands it over
    ) -> NDArray[np.object_]:
        """
        Name the scores.

        `input_features`: Of no use: scores are called after what was fitted.
        """
        check_is_fitted(self)
        return np.asarray(self.scale_.names, dtype=object)

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 - a type and a hook of scikit-learn
        """Tell scikit-learn that holes and words are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags


class VillageTypology(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """
    Group villages that are alike and near each other: `village_types` as a clusterer.

    Ward's method has no model that other villages could be put to. `predict` therefore gives
    each the type of the fitted village nearest to it, by the distance that types were found by;
    a village that was fitted keeps its own.
    Grain: one row per village in, one type per village out.

    Parameters
    ----------
    fewest, most, smallest, seed
        As of `TypologySettings`.

    Attributes
    ----------
    labels_
        Types from 1, the largest first, as maps number them.
    typology_
        What `village_types` gives; its criteria among them.
    n_features_in_, feature_names_in_
        Columns that were fitted.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> table = pd.DataFrame(
    ...     {"km": [1 + row % 3 + row // 12 * 9 for row in range(24)], "huts": [*range(24)]}
    ... )
    >>> places = pd.DataFrame({"x": [0.0] * 12 + [9000.0] * 12, "y": range(24)})
    >>> chain = make_pipeline(VillageFeatures(), VillageTypology(fewest=2, most=3))
    >>> types = chain.fit_predict(table, villagetypology__places=places)
    >>> types[[0, 11, 12, 23]].tolist()
    [1, 1, 2, 2]
    """

    def __init__(
        self, *, fewest: int = 3, most: int = 8, smallest: int = 5, seed: int = 1607
    ) -> None:
        self.fewest = fewest
        self.most = most
        self.smallest = smallest
        self.seed = seed

    def fit(
        self,
        X: Table,  # noqa: N803 - scikit-learn's name
        y: object = None,  # noqa: ARG002 - scikit-learn hands it over
        *,
        places: Table | None = None,
    ) -> Self:
        """
        Find the types.

        `X`: Scores, one row per village, without holes.
        `y`: Of no use.
        `places`: x and y of a point inside each village, metres, in the order of `X`; types are
            found by scores alone when None.
        Raises DataError: As of `village_types`.
        Raises ValueError: `places` are of other villages, or one is missing.
        """
        scores = _table(self, X, reset=True, whole=True)
        where = _places(places, X)
        settings = TypologySettings(self.fewest, self.most, self.smallest, self.seed)
        self.typology_, self._space = fit_types(scores, where, settings=settings)
        self.labels_ = self.typology_.types.to_numpy()
        self._by_place = where is not None
        points = self._space.points(scores.to_numpy(), where, mixing=self.typology_.mixing)
        self._known = NearestNeighbors(n_neighbors=1).fit(points)
        return self

    def predict(self, X: Table, *, places: Table | None = None) -> NDArray[np.int64]:  # noqa: N803
        """
        Give each village the type of the fitted one nearest to it.

        Grain: one row per village in, one type per village out.

        `X`: Scores, as they were fitted.
        `places`: Where types were found by places too.
        Raises ValueError: `places` were fitted and are not given, or the other way round.
        """
        check_is_fitted(self)
        scores = _table(self, X, reset=False, whole=True)
        where = _places(places, X)
        if (where is not None) != self._by_place:
            asked = "need" if self._by_place else "take no"
            msg = f"These types {asked} `places`: they were fitted so."
            raise ValueError(msg)
        points = self._space.points(scores.to_numpy(), where, mixing=self.typology_.mixing)
        nearest = self._known.kneighbors(points, return_distance=False)[:, 0]
        types: NDArray[np.int64] = self.labels_[nearest]
        return types


def _table(
    estimator: BaseEstimator, given: Table, *, reset: bool, whole: bool = False
) -> pd.DataFrame:
    """Read what scikit-learn hands over; `whole`: plain numbers without a hole."""
    if isinstance(given, pd.DataFrame) and not whole:
        validate_data(estimator, given, reset=reset, skip_check_array=True)
        return given
    # one village differs from no other, and one attribute compares nothing
    least = {"ensure_min_samples": 2, "ensure_min_features": 1 if whole else 2} if reset else {}
    array = validate_data(
        estimator, given, reset=reset, dtype=np.float64, ensure_all_finite=whole, **least
    )
    if isinstance(given, pd.DataFrame):
        return pd.DataFrame(array, index=given.index, columns=given.columns)
    return pd.DataFrame(array, columns=[f"x{at}" for at in range(array.shape[1])])


def _places(given: Table | None, scores: Table) -> Floats | None:
    if given is None:
        return None
    where = np.asarray(given[["x", "y"]] if isinstance(given, pd.DataFrame) else given, np.float64)
    other = False
    # scores of a pipeline have mostly lost their labels, and keep their order
    if isinstance(given, pd.DataFrame) and isinstance(scores, pd.DataFrame):
        other = not given.index.equals(scores.index)
    if other or where.shape != (np.shape(scores)[0], 2) or not np.isfinite(where).all():
        msg = "`places` need one x and y for each village, in the order of the scores."
        raise ValueError(msg)
    return where
