"""What a study asks for that its registers are counted with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.indicators.deprivation.loading import default_index, load_index
from sibangkit_geo.indicators.needs import need_catalogue
from sibangkit_geo.sources.text_tables import require_file

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo import config
    from sibangkit_geo.indicators.deprivation.index import DeprivationIndex


def keeps_houses(study: config.Study) -> bool:
    """
    Tell whether a study needs to know where houses stand.

    Returns: True for a risk surface, hamlets, or ways measured from houses.
    """
    from_houses = any(one.measured_from == "household" for one in study.facilities)
    asked = study.risk_surface is not None or study.hamlets is not None
    return asked or from_houses


def deprivation_index(study: config.Study, folder: Path) -> DeprivationIndex:
    """
    Read the deprivation index of a study, or the one of the package.

    Raises ConfigError: The file is missing or wrong.
    """
    keys = {one.key for one in need_catalogue()}
    if not study.deprivation.index:
        return default_index(known_keys=keys)
    path = require_file(folder / study.deprivation.index, named_by="[deprivation] index")
    return load_index(path, known_keys=keys)
