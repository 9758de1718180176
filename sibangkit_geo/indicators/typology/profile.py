"""What sets each type of village apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from sibangkit_geo.indicators.typology.features import Features


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
