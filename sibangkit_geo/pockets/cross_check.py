"""The verdict on each village: what other methods say of it beside the pockets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from sibangkit_geo.model.types import Indicator
from sibangkit_geo.pockets.moran_gi import local_gi_star, local_moran_rates

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from sibangkit_geo.model.types import Pockets, VillageIndicators
    from sibangkit_geo.pockets.graph import Neighbors

_LEVEL = 0.05


def village_verdicts(
    tested: gpd.GeoDataFrame, pocket: NDArray[np.int64], *, neighbors: Neighbors, rho: float
) -> pd.DataFrame:
    """
    Set what other methods say beside the pockets; they explain, and prove nothing.

    Local Moran of empirical-Bayes standardised rates [1]_ and Gi* of rates [2]_, both
    against the normal distribution; a village is extreme when the upper tail of the
    fitted beta-binomial is below .05 divided by the number of villages (Bonferroni).
    Grain: one row per village in and out.

    Parameters
    ----------
    tested
        Villages with ``poor_households`` and ``households``, sorted.
    pocket
        Pocket number, 0 outside, shape (n,).
    neighbors
        Graph of these villages.
    rho
        Intra-village correlation, 0 to 1.

    Returns
    -------
    villages
        ``rate`` (0 to 1), ``pocket`` (missing outside), ``local_moran`` (``"HH"``, ``"LL"``,
        ``"HL"``, ``"LH"`` where p < .05, else empty), ``local_moran_p``, ``gi_star_z``,
        ``gi_star_p`` (two-sided), ``extreme_p``, ``extreme`` (True below the limit) and
        ``methods``: which of ``pocket``, ``local_moran``, ``gi_star`` and ``extreme`` call
        the village poor, joined by a space. Missing for a village without neighbor.

    Raises
    ------
    DataError
        The graph is of other villages.

    References
    ----------
    .. [1] Assuncao & Reis (1999), Statistics in Medicine 18(16), 2147-2162.
    .. [2] Ord & Getis (1995), Geographical Analysis 27(4), 286-306.
    """
    poor, homes = tested["poor_households"].astype(float), tested["households"].astype(float)
    rate = poor / homes
    moran = local_moran_rates(poor, homes, neighbors, permutations=0).villages
    gi = local_gi_star(rate, neighbors, permutations=0).villages
    marked = moran["p_analytic"] < _LEVEL
    tail = _upper_tail(poor.to_numpy(), homes.to_numpy(), outside=pocket == 0, rho=rho)
    table = pd.DataFrame(
        {
            "rate": rate,
            "pocket": pd.array([int(one) or None for one in pocket], dtype="Int64"),
            "local_moran": moran["kind"].astype(object).where(marked, ""),
            "local_moran_p": moran["p_analytic"],
            "gi_star_z": gi["z"],
            "gi_star_p": gi["p_analytic"],
            "extreme_p": tail,
            "extreme": tail < _LEVEL / len(tested),
        }
    )
    calls = {
        "pocket": pocket > 0,
        "local_moran": (table["local_moran"] == "HH").to_numpy(),
        "gi_star": ((gi["p_analytic"] < _LEVEL) & (gi["z"] > 0)).to_numpy(),
        "extreme": table["extreme"].to_numpy(),
    }
    rows = np.column_stack([*calls.values()])
    return table.assign(
        methods=[" ".join(n for n, on in zip(calls, row, strict=True) if on) for row in rows]
    )


def _upper_tail(
    poor: NDArray[np.float64],
    homes: NDArray[np.float64],
    *,
    outside: NDArray[np.bool_],
    rho: float,
) -> NDArray[np.float64]:
    """Chance of so many poor or more at the rate outside all pockets."""
    base = outside if homes[outside].sum() > 0 else np.ones(len(poor), dtype=bool)
    rate = poor[base].sum() / homes[base].sum()
    if rate in (0.0, 1.0):
        return np.where(poor > homes * rate, 0.0, 1.0)
    if rho <= 0 or rho >= 1:
        return np.asarray(stats.binom.sf(poor - 1, homes, rate))
    scale = (1 - rho) / rho
    return np.asarray(stats.betabinom.sf(poor - 1, homes, rate * scale, (1 - rate) * scale))


def with_methods(shown: VillageIndicators, pockets: Pockets) -> VillageIndicators:
    """
    Put beside each village how many methods call it poor: an explanation, not a test.

    Grain: unchanged, one row per village; column ``n_methods`` (0 to 4) is added.

    `shown`: Village table.
    Returns: With one more indicator; missing where the poverty rate is not shown. As it came where
        nothing was tested.
    """
    if "methods" not in pockets.villages:
        return shown
    first = shown.indicators[0]
    number = pockets.villages["methods"].map(lambda said: len(said.split())).astype(float)
    villages = shown.villages.assign(
        n_methods=number.reindex(shown.villages.index).where(shown.villages[first.name].notna())
    )
    indicator = Indicator(
        name="n_methods",
        label="Penjelas: jumlah metode yang menandai desa",
        unit="count",
        worse="high",
        denominator="",
        agency="",
        source=first.source,
        year=first.year,
        note=(
            "Empat metode: uji kantong, Moran lokal tinggi-tinggi, Gi* tinggi (keduanya "
            "p < 0,05 per desa), dan desa ekstrem. Hanya uji kantong yang memperhitungkan "
            "peluang keliru untuk seluruh peta; tiga lainnya menjelaskan, tidak membuktikan."
        ),
    )
    return replace(shown, villages=villages, indicators=(*shown.indicators, indicator))
