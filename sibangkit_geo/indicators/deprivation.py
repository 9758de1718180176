"""Settings of a deprivation index: indicators, their weights, and who counts as poor."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from importlib import resources
from typing import TYPE_CHECKING, Literal, get_args

from sibangkit_geo.errors import ConfigError, nearest
from sibangkit_geo.model.toml import build, read_toml, refuse

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from importlib.resources.abc import Traversable
    from pathlib import Path

Missing = Literal["drop", "reweight", "not_deprived"]
# sums of weights such as 1/12 miss 1/3 by rounding only
TOLERANCE = 1e-9

# as many digits as a planner writes of a third
_SUM_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class IndexItem:
    """
    One indicator of an index.

    Attributes
    ----------
    key
        Name of the indicator, as in the columns of flags.
    dimension
        Key of what it is an aspect of.
    weight
        Above 0, in any unit that is the same for all.

    Examples
    --------
    >>> IndexItem("roof", dimension="housing", weight=2).weight
    2
    """

    key: str
    dimension: str
    weight: float


@dataclass(frozen=True, slots=True)
class DeprivationIndex:
    """
    Who is deprived of how much, and from where on that makes a household poor.

    Attributes
    ----------
    items
        Indicators, at least one.
    cutoff
        A household is poor from this score on, in the unit of the weights: a share where
        they add up to 1, a count where each of them is 1.
    missing
        What becomes of a household with an unanswered indicator: ``"drop"``: it leaves;
        ``"reweight"``: the weights of the answered ones are scaled up to the total;
        ``"not_deprived"``: it counts as not deprived in it.
    least_known
        Under ``"reweight"``, a household with less than this share of the weight answered
        leaves. The half is our choice: with less, what is known says little.
    labels
        Words for the dimensions, by key.

    Examples
    --------
    >>> items = (IndexItem("roof", "housing", 2), IndexItem("water", "services", 1))
    >>> index = DeprivationIndex(items, cutoff=2)
    >>> round(index.cutoff_share, 3), index.lacking(["roof"])
    (0.667, ('water',))
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


def default_index(*, known_keys: Collection[str] | None = None) -> DeprivationIndex:
    """
    Read the index that comes with the package.

    Parameters
    ----------
    known_keys
        Indicators that may be used; nothing: any.

    Returns
    -------
    index
        Three dimensions of equal weight, poor from one third on.

    Raises
    ------
    ConfigError
        The file was edited and is now wrong.

    Examples
    --------
    >>> list(default_index().dimensions)
    ['housing', 'basic_services', 'human_protection']
    """
    file = resources.files("sibangkit_geo.indicators").joinpath("deprivation.toml")
    return load_index(file, known_keys=known_keys)


def load_index(
    path: Path | Traversable, *, known_keys: Collection[str] | None = None
) -> DeprivationIndex:
    r"""
    Read an index from a TOML file with tables ``[[dimension]]`` and ``[[indicator]]``.

    Weights are of a dimension, or of an indicator within its dimension: fractions that
    add up to 1 within 0.000001, or whole numbers, which are points and are divided by
    their sum; where all are left out they are equal. Anything else is refused, since
    fractions that do not add up are rather a slip than a wish.

    Parameters
    ----------
    path
        File, UTF-8.
    known_keys
        Indicators that may be used; nothing: any.

    Returns
    -------
    index
        With weights that add up to 1.

    Raises
    ------
    MissingFileError
        There is no such file.
    ConfigError
        The file is no TOML, or has a wrong, unknown or doubled key, or wrong weights;
        everything wrong is told at once.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> parts = {"roof": 3, "wall": 1}
    >>> rows = [f'[[indicator]]\nkey = "{key}"\ndimension = "housing"\nweight = {points}'
    ...         for key, points in parts.items()]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "index.toml")
    ...     text = "\n".join(['cutoff = "1/3"', '[[dimension]]\nkey = "housing"', *rows])
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     load_index(path).shares
    {'roof': 0.75, 'wall': 0.25}
    """
    listed = build(_IndexFile, read_toml(path, named_by="deprivation index"), file=path.name)
    refuse(_key_faults(listed, known_keys), file=path.name)
    try:
        return _build(listed)
    except (ConfigError, ValueError, ZeroDivisionError) as error:
        msg = f"{path.name}: {error}"
        raise ConfigError(msg) from error


@dataclass(frozen=True, slots=True)
class _Dimension:
    """
    One ``[[dimension]]`` of an index.

    `key`: Name that its indicators give.
    `label`: Indonesian words.
    `weight`: Fraction, or points; left out of all, they weigh the same.
    """

    key: str
    label: str = ""
    weight: int | float | str | None = None


@dataclass(frozen=True, slots=True)
class _Indicator:
    """
    One ``[[indicator]]`` of an index.

    `key`: Key of a need in the catalogue of needs.
    `dimension`: Key of its dimension.
    `weight`: Within its dimension: fraction, or points; left out of all, they weigh the same.
    """

    key: str
    dimension: str
    weight: int | float | str | None = None


@dataclass(frozen=True, slots=True)
class _IndexFile:
    """
    An index of deprivation (Alkire and Foster).

    `cutoff`: Weighted share of deprivations from which a household counts as poor, such as
        ``"1/3"``.
    `missing`: What becomes of a household with an unknown answer: ``"drop"``: it leaves;
        ``"reweight"``: the weights of the answered ones are scaled up to the total;
        ``"not_deprived"``: it counts as not deprived in it.
    `least_known`: Under ``"reweight"``, a household with less than this share of the weight
        answered leaves.
    """

    cutoff: int | float | str
    dimension: tuple[_Dimension, ...]
    indicator: tuple[_Indicator, ...]
    missing: Missing = "drop"
    least_known: int | float | str = 0.5


def _key_faults(listed: _IndexFile, known_keys: Collection[str] | None) -> list[str]:
    dimensions = [one.key for one in listed.dimension]
    keys = [one.key for one in listed.indicator]
    faults = [
        f'{kind} "{key}" is listed twice'
        for kind, named in (("dimension", dimensions), ("indicator", keys))
        for key in sorted({*named})
        if named.count(key) > 1
    ]
    if known_keys is not None:
        faults += [
            f'unknown indicator "{key}". {nearest(key, known_keys)}'
            for key in keys
            if key not in known_keys
        ]
    used = {one.dimension for one in listed.indicator}
    faults += [
        f'unknown dimension "{key}". {nearest(key, dimensions)}'
        for key in sorted(used - {*dimensions})
    ]
    faults += [f'dimension "{key}" has no indicator' for key in dimensions if key not in used]
    return faults


def _build(listed: _IndexFile) -> DeprivationIndex:
    items = []
    outer = _weights(listed.dimension, "the dimensions")
    for dimension, share in zip(listed.dimension, outer, strict=True):
        rows = [one for one in listed.indicator if one.dimension == dimension.key]
        inner = _weights(rows, f'the indicators of "{dimension.key}"')
        items += [
            IndexItem(one.key, dimension.key, share * within)
            for one, within in zip(rows, inner, strict=True)
        ]
    return DeprivationIndex(
        tuple(items),
        cutoff=float(_number(listed.cutoff, "cutoff")),
        missing=listed.missing,
        least_known=float(_number(listed.least_known, "least_known")),
        labels={one.key: one.label or one.key for one in listed.dimension},
    )


def _weights(rows: Sequence[_Dimension | _Indicator], what: str) -> list[float]:
    given = [one.weight for one in rows if one.weight is not None]
    if not given:
        return [1 / len(rows)] * len(rows)
    if len(given) < len(rows):
        msg = f"weights of {what}: give all of them or none"
        raise ValueError(msg)
    weights = [_number(one, f"a weight of {what}") for one in given]
    if min(weights) <= 0:
        msg = f"weights of {what} must be above 0"
        raise ValueError(msg)
    total = sum(weights)
    points = all(isinstance(one, int) for one in given)
    if not points and abs(float(total) - 1) > _SUM_TOLERANCE:
        msg = (
            f"weights of {what} add up to {float(total):g}, not 1 (or give whole numbers as points)"
        )
        raise ValueError(msg)
    return [float(one / total) for one in weights]


def _number(value: object, what: str) -> Fraction:
    try:
        if isinstance(value, (int, float, str)) and not isinstance(value, bool):
            return Fraction(value)
    except (ValueError, OverflowError, ZeroDivisionError):
        pass
    msg = f'{what} must be a number or a fraction such as "1/3"'
    raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class DeprivationSettings:
    """
    The ``[deprivation]`` table of a study.

    Attributes
    ----------
    index
        TOML file with dimensions, indicators and weights, relative to the study file; empty
        takes the one of the package.

    Examples
    --------
    >>> DeprivationSettings(index="indeks.toml")
    DeprivationSettings(index='indeks.toml')
    """

    index: str = ""
