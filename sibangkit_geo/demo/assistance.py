"""Who receives assistance: by decile, with a leak and a gap of known size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.demo.answers import HIGHEST_CHANCE, NO, YES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from sibangkit_geo.demo.answers import Register

# Chance to receive, for deciles 1 to 10; invented. About a fifth of all households receive PKH or
# BPNT and a third hold a PBI card, as in the nation.
RECEIVES: Mapping[str, tuple[float, ...]] = {
    "pkh_bpnt": (0.70, 0.58, 0.45, 0.30, 0.10, 0.08, 0.06, 0.04, 0.03, 0.02),
    "blt_desa": (0.45, 0.12, 0.08, 0.05, 0.03, 0.02, 0.01, 0.01, 0.0, 0.0),
    "pbi": (0.80, 0.70, 0.60, 0.50, 0.30, 0.22, 0.16, 0.12, 0.08, 0.05),
}
#: need of the catalogue that a lack of the programme is
NEED_OF = {
    "pkh_bpnt": "no_social_assistance",
    "blt_desa": "no_village_aid",
    "pbi": "health_insurance",
}
#: what remains of the chance in a pocket planted on the lack of the programme
CAUSED_FACTOR = 0.12
_COLUMNS = ("penerima_pkh", "penerima_bpnt", "penerima_blt_desa", "pbi_nas", "pbi_pemda")
# deciles that PKH, BPNT and PBI are meant for
_ENTITLED = 4
# share of receivers who get the first, the second and both of two programmes; invented
_PKH_ONLY, _BPNT_ONLY = 0.15, 0.45
_REGENCY_PAYS, _BOTH_PAY = 0.12, 0.02


def assistance_answers(register: Register) -> dict[str, NDArray[np.int64]]:
    """
    Draw who receives what.

    Grain: one row per household.

    `register`: Households as drawn.
    Returns: Column name to 1 (yes) or 2 (no).
    """
    family, village, health = (_receives(register, one) for one in RECEIVES)
    kind = register.rng.random(len(family))
    payer = register.rng.random(len(family))
    bpnt_only = (kind >= _PKH_ONLY) & (kind < _PKH_ONLY + _BPNT_ONLY)
    regency = payer < _REGENCY_PAYS
    both = payer > 1 - _BOTH_PAY
    return {
        "penerima_pkh": np.where(family & ~bpnt_only, YES, NO),
        "penerima_bpnt": np.where(family & (kind >= _PKH_ONLY), YES, NO),
        "penerima_blt_desa": np.where(village, YES, NO),
        "pbi_nas": np.where(health & ~regency, YES, NO),
        "pbi_pemda": np.where(health & (regency | both), YES, NO),
    }


def leak_and_gap(rows: pd.DataFrame) -> dict[str, dict[str, object]]:
    """
    Count who receives without being meant, and who is meant and does not.

    Grain: one row per household in, one entry per programme out.

    `rows`: Register: ``desil_nasional`` and the columns of `assistance_answers`.
    Returns: Per programme: the generating chances, ``gap`` (share of decile 1 that does not
        receive) and ``leak`` (share of deciles 5 to 10 that does).
    """
    decile = rows["desil_nasional"].to_numpy()
    columns = {name: rows[name].to_numpy() for name in _COLUMNS}
    served = {
        "pkh_bpnt": (columns["penerima_pkh"] == YES) | (columns["penerima_bpnt"] == YES),
        "blt_desa": columns["penerima_blt_desa"] == YES,
        "pbi": (columns["pbi_nas"] == YES) | (columns["pbi_pemda"] == YES),
    }
    return {
        name: {
            "chance_by_decile": list(RECEIVES[name]),
            "factor_in_planted_pocket": CAUSED_FACTOR,
            "gap": round(float(1 - got[decile == 1].mean()), 6),
            "leak": round(float(got[decile > _ENTITLED].mean()), 6),
        }
        for name, got in served.items()
    }


def _receives(register: Register, programme: str) -> NDArray[np.bool_]:
    need, village = NEED_OF[programme], register.houses.village
    # where the need is more common than usual, fewer receive
    factor = 1 / register.villages.factor[need]
    factor = np.where(register.villages.caused[need], CAUSED_FACTOR, factor)
    chance = np.array(RECEIVES[programme])[register.people.decile - 1] * factor[village]
    return register.rng.random(len(village)) < np.minimum(chance, HIGHEST_CHANCE)
