"""
Do the intervals of the shrunken rates hold, and are they as short as they may be.

For each law of village rates, kind of sizes and number of villages: the share of villages whose
generating probability lies inside its 95 % interval, over all and by size, and the mean width
relative to an oracle that knows the law. No oracle where all villages are alike (its width is 0)
and for the planted pockets (it would have to know them). Times are of this machine.

    python benchmarks/small_areas.py [--villages 6000] [--large 83000]
"""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy import special

from sibangkit_geo.indicators.small_areas import beta_binomial_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

Law = Literal["beta", "logit-normal", "pockets"]
Kind = Literal["lognormal", "tiny", "mixed"]
MEAN = 0.10
SEED = 20260101
LAWS: tuple[tuple[Law, float], ...] = (
    *(("beta", rho) for rho in (0.0, 0.005, 0.01, 0.05, 0.1, 0.2)),
    *(("logit-normal", spread) for spread in (0.3, 0.6, 1.0)),
    ("pockets", 0.01),
)
KINDS: tuple[Kind, ...] = ("lognormal", "tiny", "mixed")
_CLASSES = ("< 50", "50-500", "> 500")


def draw_sizes(kind: Kind, villages: int, rng: np.random.Generator) -> Floats:
    """
    Draw households of villages.

    Parameters
    ----------
    kind
        Around 500, all below 50, or a third each of tens, hundreds and thousands.
    villages
        How many.
    rng
        Source of chance.

    Returns
    -------
    households
        Whole numbers, shape (villages,).

    Raises
    ------
    Nothing
        Any number is drawn.
    """
    if kind == "lognormal":
        return np.asarray(np.floor(np.clip(np.exp(rng.normal(6.2, 1, villages)), 20, 8_000)))
    if kind == "tiny":
        return rng.integers(3, 50, villages).astype("float64")
    ends = np.array([[5, 50], [50, 500], [500, 8_000]])[np.arange(villages) % 3]
    return rng.integers(ends[:, 0], ends[:, 1]).astype("float64")


def draw_rates(law: Law, spread: float, villages: int, rng: np.random.Generator) -> Floats:
    """
    Draw the probabilities of villages around 10 %.

    Parameters
    ----------
    law
        ``"pockets"``: beta, with six groups of five villages at 2 to 3 times, two
        alone at 2.5 times.
    spread
        Intraclass correlation, or standard deviation on the logit scale.
    villages
        How many.
    rng
        Source of chance.

    Returns
    -------
    rates
        Shape (villages,).

    Raises
    ------
    Nothing
        Any number is drawn.
    """
    if law == "logit-normal":
        return np.asarray(special.expit(special.logit(MEAN) + spread * rng.normal(size=villages)))
    if spread == 0:
        return np.full(villages, MEAN)
    size = 1 / spread - 1
    rates = rng.beta(MEAN * size, (1 - MEAN) * size, villages)
    if law == "pockets":
        planted = rng.permutation(villages)[:32]
        risk = np.append(np.repeat(rng.uniform(2, 3, 6), 5), [2.5, 2.5])[: len(planted)]
        rates[planted] = np.minimum(rates[planted] * risk, 0.95)
    return rates


def oracle_width(law: Law, spread: float, poor: Floats, households: Floats) -> Floats:
    """
    Measure the interval of someone who knows the law and its parameters.

    Parameters
    ----------
    law
        Of the rates.
    spread
        As of `draw_rates`.
    poor
        Poor households.
    households
        All households.

    Returns
    -------
    width
        Shape (n_villages,); missing where there is no oracle.

    Raises
    ------
    Nothing
        Any counts are measured.
    """
    if law == "pockets" or spread == 0:
        return np.full_like(poor, np.nan)
    if law == "beta":
        size = 1 / spread - 1
        a, b = MEAN * size + poor, (1 - MEAN) * size + households - poor
        return np.asarray(special.betaincinv(a, b, 0.975) - special.betaincinv(a, b, 0.025))
    normal = np.linspace(-5, 5, 1501)
    rate = special.expit(special.logit(MEAN) + spread * normal)
    log = -(normal**2) / 2 + poor[:, None] * np.log(rate)
    log += (households - poor)[:, None] * np.log1p(-rate)
    height = np.cumsum(np.exp(log - log.max(axis=1, keepdims=True)), axis=1)
    height /= height[:, -1:]
    return np.asarray(rate[(height < 0.975).sum(axis=1)] - rate[(height < 0.025).sum(axis=1)])


def one_map(
    law: Law, spread: float, kind: Kind, villages: int, rng: np.random.Generator
) -> pd.DataFrame:
    """
    Draw one regency and estimate it.

    Parameters
    ----------
    law, spread
        Of the rates.
    kind
        Of the sizes.
    villages
        How many.
    rng
        Source of chance.

    Returns
    -------
    villages
        ``inside`` (bool), ``households``, ``width``, ``oracle``.

    Raises
    ------
    Nothing
        Any law is drawn.
    """
    households = draw_sizes(kind, villages, rng)
    truth = draw_rates(law, spread, villages, rng)
    poor = rng.binomial(households.astype(int), truth).astype("float64")
    table = beta_binomial_rate(pd.Series(poor), pd.Series(households)).table
    return pd.DataFrame(
        {
            "inside": (table["low"] <= truth) & (truth <= table["high"]),
            "households": households,
            "width": table["high"] - table["low"],
            "oracle": oracle_width(law, spread, poor, households),
        }
    )


def coverage(law: Law, spread: float, kind: Kind, villages: int, drawn: int) -> pd.Series:
    """
    Sum up many regencies.

    Parameters
    ----------
    law, spread
        Of the rates.
    kind
        Of the sizes.
    villages
        Per regency.
    drawn
        Villages over all regencies.

    Returns
    -------
    coverage
        ``all`` and one entry per size class (shares), ``width`` (relative to the
        oracle).

    Raises
    ------
    Nothing
        Any law is drawn.
    """
    rng = np.random.default_rng(SEED)
    maps = [one_map(law, spread, kind, villages, rng) for _ in range(max(drawn // villages, 1))]
    every = pd.concat(maps, ignore_index=True)
    size = pd.cut(every["households"], [0, 49, 500, np.inf], labels=list(_CLASSES))
    by_size = every.groupby(size, observed=False)["inside"].mean()
    width = every["width"].mean() / every["oracle"].mean()
    values = [*by_size.tolist(), every["inside"].mean(), width]
    return pd.Series(values, index=[*_CLASSES, "all", "x"], dtype="float64")


def main() -> None:
    """Print the table and the times."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--villages", type=int, default=6_000)
    options.add_argument("--large", type=int, default=83_000)
    chosen = options.parse_args()
    print(
        f"{'law':13}{'spread':>7} {'sizes':10}{'n':>4}", *(f"{one:>7}" for one in _CLASSES), end=""
    )
    print(f" {'all':>7} {'width':>6}")
    for kind in KINDS:
        for villages in (20, 100, 305):
            for law, spread in LAWS:
                if law == "pockets" and villages < 305:
                    continue
                found = coverage(law, spread, kind, villages, chosen.villages)
                print(f"{law:13}{spread:7} {kind:10}{villages:4}", end=" ")
                print(*(f"{found[one]:7.3f}" for one in _CLASSES), end=" ")
                print(f"{found['all']:7.3f} {found['x']:6.2f}", flush=True)
    for villages in (305, chosen.large):
        begun = time.perf_counter()
        one_map("beta", 0.01, "lognormal", villages, np.random.default_rng(SEED))
        print(f"{villages:,} villages: {time.perf_counter() - begun:.2f} s")


if __name__ == "__main__":
    main()
