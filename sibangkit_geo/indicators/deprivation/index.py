"""Settings of a deprivation index: indicators, their weights, and who counts as poor."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, get_args

from sibangkit_geo.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Missing = Literal["drop", "reweight", "not_deprived"]
# sums of weights such as 1/12 miss 1/3 by rounding only
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class IndexItem:
    """
    One indicator of an index.

    `key`: Name of the indicator, as in the columns of flags.
    `weight`: Above 0, in any unit that is the same for all.
    """

    key: str
    dimension: str
    weight: float


@dataclass(frozen=True, slots=True)
class DeprivationIndex:
    """
    Who is deprived of how much, and from where on that makes a household poor.

    `items`: Indicators, at least one.
    `cutoff`: A household is poor from this score on, in the unit of the weights: a share where
        they add up to 1, a count where each of them is 1.
    `missing`: What becomes of a household with an unanswered indicator: ``"drop"``: it leaves;
        ``"reweight"``: the weights of the answered ones are scaled up to the total;
        ``"not_deprived"``: it counts as not deprived in it.
    `least_known`: Under ``"reweight"``, a household with less than this share of the weight
        answered leaves. The half is our choice: with less, what is known says little.
    """

    items: tuple[IndexItem, ...]
    cutoff: float
    missing: Missing = "drop"
    least_known: float = 0.5
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Gather everything that is wrong, and say it once."""
        faults = []
        keys = [one.key for one in self.items]
        if not keys:
            faults.append("an index needs at least one indicator")
        faults += [f'"{key}" is listed twice' for key in sorted({*keys}) if keys.count(key) > 1]
        faults += [
            f'the weight of "{one.key}" must be above 0'
            for one in self.items
            if not 0 < one.weight < float("inf")
        ]
        total = sum(one.weight for one in self.items)
        if not faults and not 0 < self.cutoff <= total * (1 + TOLERANCE):
            faults.append(f"cutoff must be above 0 and at most {total:g}, the sum of the weights")
        if self.missing not in get_args(Missing):
            faults.append(f"missing must be one of {', '.join(get_args(Missing))}")
        if not 0 < self.least_known <= 1:
            faults.append("least_known must be above 0 and at most 1")
        if faults:
            msg = f"Deprivation index: {'; '.join(faults)}."
            raise ConfigError(msg)

    @property
    def shares(self) -> dict[str, float]:
        """Weight of each indicator as a share of the total, in the order of `items`."""
        total = sum(one.weight for one in self.items)
        return {one.key: one.weight / total for one in self.items}

    @property
    def cutoff_share(self) -> float:
        """Cut-off as a share of the total weight."""
        return self.cutoff / sum(one.weight for one in self.items)

    @property
    def dimensions(self) -> dict[str, tuple[str, ...]]:
        """Keys of the indicators of each dimension, in the order of `items`."""
        found: dict[str, tuple[str, ...]] = {}
        for one in self.items:
            found[one.dimension] = (*found.get(one.dimension, ()), one.key)
        return found

    def lacking(self, keys: Collection[str]) -> tuple[str, ...]:
        """
        Tell which indicators a register does not carry.

        Returns: In the order of `items`; a product that uses the rest should name them.
        """
        return tuple(one.key for one in self.items if one.key not in keys)

    def restricted(self, keys: Collection[str]) -> DeprivationIndex:
        """
        Leave out the indicators that a register does not carry.

        The others of the dimension are scaled up, so that it keeps its weight; a dimension
        without any indicator is left out, and the others are scaled up to the total. The
        cut-off stays the same share of the total.

        Raises ConfigError: None is left.
        """
        left = [one for one in self.items if one.key in keys]
        whole = _by_dimension(self.items)
        kept = _by_dimension(left)
        scale = sum(whole.values()) / (sum(whole[name] for name in kept) or 1.0)
        items = tuple(
            replace(one, weight=one.weight * scale * whole[one.dimension] / kept[one.dimension])
            for one in left
        )
        return replace(self, items=items)


def _by_dimension(items: Collection[IndexItem]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for one in items:
        totals[one.dimension] = totals.get(one.dimension, 0.0) + one.weight
    return totals
