"""Overlap of what was found with existing lists of villages (locus decrees)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection


def list_overlap(
    found: pd.Series, listed: Collection[str], *, poor_households: pd.Series
) -> pd.Series:
    """
    Compare the villages of a finding with a list of villages.

    Grain: one row per village in, one set of counts out.

    Parameters
    ----------
    found
        True where a village was found (in a pocket, with a need), indexed by
        ``village_code``, all villages of the regency.
    listed
        Codes of the list.
    poor_households
        Indexed alike; missing counts as unknown and is left out of the shares.

    Returns
    -------
    overlap
        ``n_found``, ``n_listed``, ``n_both``, ``n_found_only``, ``n_listed_only``
        (villages), ``jaccard`` (both over either, 0 to 1, missing where neither has any) and
        ``poor_found_share``, ``poor_listed_share``, ``poor_both_share`` (of the poor
        households of the regency, 0 to 1; missing without any).

    Raises
    ------
    DataError
        A listed code is none of the villages.
    ValueError
        The two are indexed differently.

    Examples
    --------
    >>> code = ["16.07.01.2001", "16.07.01.2002", "16.07.01.2003"]
    >>> pocket = pd.Series([True, True, False], index=code)
    >>> poor = pd.Series([10.0, 30.0, 60.0], index=code)
    >>> found = list_overlap(pocket, code[1:], poor_households=poor)
    >>> found[["n_both", "jaccard"]].round(2).tolist()
    [1.0, 0.33]
    """
    if not found.index.equals(poor_households.index):
        msg = "`found` and `poor_households` are indexed differently."
        raise ValueError(msg)
    stray = sorted(set(listed) - set(found.index))
    if stray:
        msg = "Listed codes are none of the regency's villages"
        raise DataError(msg, rows=pd.DataFrame(index=stray), remedy="Correct the list.")
    on_list = found.index.isin(list(listed))
    hit = found.to_numpy(dtype=bool)
    poor = poor_households.fillna(0.0).to_numpy(dtype=float)
    either, total = int((hit | on_list).sum()), float(poor.sum())
    counts = {
        "n_found": hit.sum(),
        "n_listed": on_list.sum(),
        "n_both": (hit & on_list).sum(),
        "n_found_only": (hit & ~on_list).sum(),
        "n_listed_only": (~hit & on_list).sum(),
        "jaccard": (hit & on_list).sum() / either if either else float("nan"),
    }
    for name, part in (("found", hit), ("listed", on_list), ("both", hit & on_list)):
        counts[f"poor_{name}_share"] = poor[part].sum() / total if total else float("nan")
    return pd.Series(counts, dtype=float)
