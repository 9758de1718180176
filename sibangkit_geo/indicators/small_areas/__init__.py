"""Rates of small villages: drawn together, bounded, made to add up, and judged."""

from __future__ import annotations

from sibangkit_geo.indicators.small_areas.benchmarks import (
    benchmark_difference,
    benchmark_ratio,
)
from sibangkit_geo.indicators.small_areas.beta_binomial import ShrunkenRates, beta_binomial_rate
from sibangkit_geo.indicators.small_areas.empirical_bayes import (
    assuncao_reis,
    empirical_bayes_rate,
)
from sibangkit_geo.indicators.small_areas.fay_herriot import FayHerriot, fay_herriot
from sibangkit_geo.indicators.small_areas.intervals import mask_small, wilson_interval
from sibangkit_geo.indicators.small_areas.official import (
    Benchmarked,
    benchmark_to_official,
    official_figures_disagree,
)
from sibangkit_geo.indicators.small_areas.reliability import ReliabilityLimits, reliability

__all__ = [
    "Benchmarked",
    "FayHerriot",
    "ReliabilityLimits",
    "ShrunkenRates",
    "assuncao_reis",
    "benchmark_difference",
    "benchmark_ratio",
    "benchmark_to_official",
    "beta_binomial_rate",
    "empirical_bayes_rate",
    "fay_herriot",
    "mask_small",
    "official_figures_disagree",
    "reliability",
    "wilson_interval",
]
