"""What every local statistic does alike: align, weigh, test, lay out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse, stats

from sibangkit_geo.errors import DataError
from sibangkit_geo.pockets.adjacency import weight_matrix
from sibangkit_geo.pockets.hotspots.permutation import Rows
from sibangkit_geo.pockets.hotspots.results import NOT_CONTROLLED, LocalStatistic
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sibangkit_geo.pockets.adjacency import Neighbors
    from sibangkit_geo.pockets.hotspots.results import Alternative, Transform

    Floats = NDArray[np.float64]

FEWEST_VILLAGES = 4


@dataclass(frozen=True, slots=True)
class Options:
    """
    Options that the local statistics share.

    `permutations`, `seed`: Of the conditional permutation; 0 permutations leave it out.
    """

    transform: Transform
    alternative: Alternative
    permutations: int
    seed: int

    def __post_init__(self) -> None:
        """Check names and ranges."""
        if self.transform not in ("row", "binary"):
            msg = f'`transform` must be "row" or "binary", got {self.transform!r}.'
            raise ValueError(msg)
        if self.alternative not in ("two-sided", "greater", "less"):
            msg = (
                f'`alternative` must be "two-sided", "greater" or "less", got {self.alternative!r}.'
            )
            raise ValueError(msg)
        if self.permutations < 0 or self.seed < 0:
            msg = "`permutations` and `seed` must be at least 0."
            raise ValueError(msg)


def aligned(values: pd.Series, neighbors: Neighbors) -> Floats:
    """
    Put values into the order of the graph.

    `values`: One finite number per village of the graph, in any order.
    Returns: Shape (n,).
    Raises DataError: The villages differ, stand twice, or have no finite value.
    """
    twice = values.index[values.index.duplicated()]
    strange = values.index.symmetric_difference(neighbors.ids)
    for wrong, problem in (
        (twice, "Villages stand twice in the values"),
        (strange, "Values and neighbors are of different villages"),
    ):
        if len(wrong):
            remedy = "Give one value per village of the graph; `among` takes part of a graph."
            raise DataError(problem, rows=pd.DataFrame(index=wrong), remedy=remedy)
    numbers = values.reindex(neighbors.ids).to_numpy(dtype=np.float64, na_value=np.nan)
    missing = ~np.isfinite(numbers)
    if missing.any():
        msg = "Villages without a value"
        remedy = "Leave them out of the values and, with `among`, of the graph."
        raise DataError(msg, rows=pd.DataFrame(index=neighbors.ids[missing]), remedy=remedy)
    return numbers


def at_least_zero(values: pd.Series, neighbors: Neighbors) -> Floats:
    """
    Put values into the order of the graph, none below 0.

    `values`: One finite number per village of the graph, in any order.
    Returns: Shape (n,).
    Raises DataError: A value is negative, or `aligned` refuses them.
    """
    x = aligned(values, neighbors)
    if (x < 0).any():
        msg = "The G statistics need values of at least 0"
        rows = pd.DataFrame(index=neighbors.ids[x < 0])
        raise DataError(msg, rows=rows, remedy="Use shares or counts, not standard scores.")
    return x


def weights_of(neighbors: Neighbors, transform: Transform) -> sparse.csr_array:
    """
    Weigh the links.

    `transform`: ``"row"``: weights of a village sum to 1; ``"binary"``: each is 1.
    Returns: Shape (n, n), zero diagonal; an empty row for a village without neighbor.
    """
    matrix = weight_matrix(neighbors, binary=transform == "binary")
    if transform == "row":
        sums = np.asarray(matrix.sum(axis=1)).ravel()
        matrix.data = matrix.data / np.repeat(sums, np.diff(matrix.indptr))
    return matrix


def rows_of(matrix: sparse.csr_array) -> Rows:
    """
    Take the weights of each village out of the matrix.

    `matrix`: Without diagonal.
    Returns: Weights per village.
    """
    return Rows(matrix.indptr.astype(np.int64), np.asarray(matrix.data, dtype=np.float64))


def standardised(numbers: Floats) -> Floats:
    """
    Subtract the mean and divide by the standard deviation over n.

    `numbers`: Shape (n,).
    Returns: Shape (n,); missing where all numbers are equal.
    """
    spread = numbers.std()
    # a constant that has no exact binary form leaves rounding, no spread
    if spread <= 1e-12 * np.abs(numbers).max(initial=0.0) or len(numbers) < FEWEST_VILLAGES:
        return np.full(len(numbers), np.nan)
    return np.asarray((numbers - numbers.mean()) / spread)


def normal_p_values(z: Floats, alternative: Alternative) -> Floats:
    """
    Read p off the normal distribution.

    `z`: Standard scores.
    Returns: From 0 to 1; missing where z is.
    """
    if alternative == "two-sided":
        return np.asarray(2 * stats.norm.sf(np.abs(z)))
    return np.asarray(stats.norm.sf(z if alternative == "greater" else -z))


def laid_out(
    name: str,
    columns: dict[str, NDArray[np.float64] | NDArray[np.object_]],
    *,
    index: pd.Index,
    neighbors: Neighbors,
    options: Options,
) -> LocalStatistic:
    """
    Lay a result out in the order of the values, with its notes.

    `columns`: ``statistic``, ``expected``, ``variance``, ``p_permutation`` and ``kind``, in the
        order of the graph; ``z`` where it is not the plain standard score.
    `index`: Labels in the order of the values.
    Returns: Missing for villages without neighbor.
    """
    table = pd.DataFrame(columns, index=neighbors.ids)
    if "z" not in table:
        with np.errstate(invalid="ignore", divide="ignore"):
            table["z"] = (table["statistic"] - table["expected"]) / np.sqrt(table["variance"])
    # without variance (every other village alike) nothing can be tested
    table["z"] = table["z"].where(table["variance"] > 0)
    table["p_analytic"] = normal_p_values(table["z"].to_numpy(), options.alternative)
    count = np.bincount(neighbors.pairs.ravel(), minlength=len(neighbors))
    table[count == 0] = np.nan
    table["n_neighbors"] = count
    notes = [Note("not_error_controlled", NOT_CONTROLLED)]
    if alone := int((count == 0).sum()):
        text = f"{alone} desa tanpa tetangga tidak mempunyai statistik lokal."
        notes.append(Note("isolates_without_statistic", text, alone))
    if table["statistic"].isna().all():
        text = "Statistik lokal tidak terdefinisi: semua nilai sama atau desa terlalu sedikit."
        notes.append(Note("statistic_undefined", text, len(table)))
    order = ["statistic", "expected", "variance", "z", "p_analytic", "p_permutation", "kind"]
    return LocalStatistic(
        table[[*order, "n_neighbors"]].reindex(index),
        name,
        options.transform,
        options.alternative,
        options.permutations,
        options.seed,
        tuple(notes),
    )
