"""What a study says about its deprivation index."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeprivationSettings:
    """
    The ``[deprivation]`` table of a study.

    `index`: TOML file with dimensions, indicators and weights, relative to the study file; empty
        takes the one of the package.
    """

    index: str = ""
