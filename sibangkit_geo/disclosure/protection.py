"""
Protection of counts: drawn once per village, everything else derived from what was drawn.

The cell-key method [1]_: whoever is counted has a key, a count has the sum of their keys, and
key and count together say what the count is shown as. The same households always give the same
deviation; others an independent one. Nothing that leaves here holds a true count of a village.

.. [1] Thompson, G., Broadfoot, S. & Elazar, D. (2013), Methodology for the automatic
   confidentialisation of statistical outputs from remote servers at the Australian Bureau of
   Statistics, UNECE/Eurostat work session on statistical data confidentiality.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError
from sibangkit_geo.model.types import KEYS, Note, VillageCounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sibangkit_geo.disclosure.levels import DisclosureSettings

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

_DISTRICT = 8
# a mean size of a district is told to hundredths, and of fewer households that of the regency
_SIZE_DIGITS, _SIZE_HOUSEHOLDS = 2, 50
# averages are told to three digits
_DIGITS = 3
# the household that adds most counts at most this many times the average one
_WINSOR = 3.0
_MIX = np.uint32(2654435761)  # odd, near 2^32 over the golden ratio (Knuth, TAOCP 3, 6.4)


def protect_counts(counts: VillageCounts, *, settings: DisclosureSettings) -> VillageCounts:
    """
    Protect the tally of a register.

    Drawn once per village are all households, the poor, those of whom it is not known, and
    for each need who is not served, who is in need and served, who is served and not in need,
    and whose answer is missing; of a deprivation index the poor, those it leaves out and the
    poor deprived in each indicator. All other columns follow from these and from means of
    districts.
    Grain: unchanged, one row per village.

    Parameters
    ----------
    counts
        Tally with keys, one row per village.
    settings
        Level, smallest count, largest deviation, variance.

    Returns
    -------
    protected
        The same columns as far as they are needed, without keys. Counts of households are
        whole; persons follow from the mean sizes of districts.

    Raises
    ------
    DataError
        The tally has no keys.
    """
    if counts.keys is None:
        msg = "A tally without keys cannot be protected"
        raise DataError(msg, remedy="Count the register with the salt of the study.")
    if not len(counts.table):
        return VillageCounts(counts.table)
    drawn = _Drawn(counts, settings)
    table = drawn.of_poverty()
    for key in _keys_of(counts.table, "known_"):
        if key not in {"poor", "people"}:
            table |= drawn.of_need(key)
    if "af_people" in counts.table:
        table |= drawn.of_index()
    made = pd.DataFrame(table, index=counts.table.index)
    return VillageCounts(made[[name for name in counts.table if name in made]].astype(float))


def _keys_of(table: pd.DataFrame, prefix: str) -> list[str]:
    return [str(name).removeprefix(prefix) for name in table if str(name).startswith(prefix)]


class _Drawn:
    """
    The counts of one tally while they are drawn.

    `homes`: Households as they are shown, shape (n_villages,).
    """

    def __init__(
        self, counts: VillageCounts, settings: DisclosureSettings, *, homes: str = "households"
    ) -> None:
        self.true, self.settings, self.table = counts.table, settings, settings.table
        self.keys = pd.DataFrame() if counts.keys is None else counts.keys
        self.district = districts_of(counts.table.index)
        drawn = self.drawn(homes)
        # that somebody lives in a village is no secret
        empty = (drawn == 0) & (self.true[homes].to_numpy() > 0)
        self.homes = np.where(empty, settings.minimum_households, drawn)

    def drawn(self, *plus: str, minus: Sequence[str] = ()) -> Whole:
        """Draw a count: of sets that contain each other, the difference is a set with a key."""
        count = np.zeros(len(self.true), dtype=np.int64)
        key = np.zeros(len(self.true), dtype=np.uint32)
        for names, sign in ((plus, 1), (minus, -1)):
            for name in names:
                count += sign * self.true[name].to_numpy().astype(np.int64)
                part = self.keys[name].to_numpy()
                key = key + part if sign > 0 else key - part
        return self.table.shown(count, key)

    def of_poverty(self) -> dict[str, Floats | Whole]:
        """Draw the poor and the unknown; persons follow from the mean sizes of districts."""
        unknown, (poor,) = self.fitted(self.drawn("unknown_poor"), [self.drawn("poor_households")])
        rest = self.homes - poor - unknown
        true = self.true
        poor_people = self.persons(poor, "poor_people", "poor_households")
        others = true["known_people"] - true["poor_people"]
        others_homes = true["households"] - true["unknown_poor"] - true["poor_households"]
        rest_people = self.persons(rest, others, others_homes)
        strangers = self.persons(unknown, true["people"] - true["known_people"],
                                 true["unknown_poor"])  # fmt: skip
        known_people = poor_people + rest_people
        nobody = not true["people"].sum()
        found: dict[str, Floats | Whole] = {
            "households": self.homes,
            "poor_households": poor,
            "unknown_poor": unknown,
            # whose size is missing is not told; a register without sizes has no persons at all
            "unknown_size": self.homes if nobody else np.zeros_like(self.homes),
            "people": known_people + strangers,
            "known_people": known_people,
            "poor_people": poor_people,
        }
        if "gap_sum" in true:
            gap = np.minimum(self.mean("gap_sum", "gap_max", poor), 1.0)
            squared = self.mean("gap_squared_sum", "gap_squared_max", poor)
            found["gap_sum"] = gap * poor_people
            # a mean of squares lies between the square of the mean and the mean
            found["gap_squared_sum"] = np.clip(squared, gap**2, gap) * poor_people
        return found

    def of_need(self, key: str) -> dict[str, Floats | Whole]:
        """Draw one need: unserved, in need and served, served and not in need, not known."""
        known, deprived, unserved = f"known_{key}", f"deprived_{key}", f"unserved_{key}"
        served = f"served_{key}"
        unknown, atoms = self.drawn("households", minus=[known]), [self.drawn(unserved)]
        if served in self.true:
            atoms.append(self.drawn(deprived, minus=[unserved]))
            atoms.append(self.drawn(served, unserved, minus=[deprived]))
        unknown, parts = self.fitted(unknown, atoms)
        found: dict[str, Floats | Whole] = {known: self.homes - unknown, unserved: parts[0]}
        if served in self.true:
            found |= {deprived: parts[0] + parts[1], served: parts[1] + parts[2]}
        else:
            found[deprived] = parts[0]
        return found

    def of_index(self) -> dict[str, Floats | Whole]:
        """Draw the poor of a deprivation index and what they lack; its sums follow."""
        true = self.true
        outside = self.drawn("households", minus=["af_known_households"])
        outside, (poor,) = self.fitted(outside, [self.drawn("af_poor_households")])
        kept = self.homes - outside
        poor_people = self.persons(poor, "af_poor_people", "af_poor_households")
        others = self.persons(
            kept - poor,
            true["af_people"] - true["af_poor_people"],
            true["af_known_households"] - true["af_poor_households"],
        )
        people = poor_people + others
        return {
            "af_known_households": kept,
            "af_poor_households": poor,
            "af_people": people,
            "af_poor_people": poor_people,
        } | self._lacking(poor, poor_people, people)

    def _lacking(self, poor: Whole, poor_people: Whole, people: Whole) -> dict[str, Floats | Whole]:
        """Draw the poor who lack each thing, and add up what they lack."""
        true = self.true
        found: dict[str, Floats | Whole] = {}
        few = poor < self.settings.minimum_amount
        size = np.divide(poor_people, poor, out=np.zeros(len(poor)), where=poor > 0)
        score, keys = np.zeros(len(poor)), _keys_of(true, "af_part_")
        for key in keys:
            homes = np.minimum(self.drawn(f"censored_{key}"), poor)
            lacking = self._of_district(homes, poor, few)
            persons = lacking * size
            # the weight of the indicator, times what the index multiplies it with
            weight = ratio(true[f"af_part_{key}"].sum(), true[f"censored_people_{key}"].sum())
            answered = ratio(true[f"af_known_people_{key}"].sum(), true["af_people"].sum())
            found[f"censored_{key}"] = lacking
            found[f"censored_people_{key}"] = persons
            found[f"af_part_{key}"] = _digits(weight) * persons
            found[f"af_known_people_{key}"] = _digits(answered) * people
            score += found[f"af_part_{key}"]
        # nobody lacks more than everything
        share = np.divide(poor_people, score, out=np.ones(len(score)), where=score > poor_people)
        for key in keys:
            found[f"af_part_{key}"] = found[f"af_part_{key}"] * share
        found["af_score_sum"] = score * share
        return found

    def fitted(self, unknown: Whole, atoms: list[Whole]) -> tuple[Whole, list[Whole]]:
        """Make parts fit the households shown; what falls below the smallest count is 0."""
        parts = np.stack([unknown, *atoms])
        for _ in range(len(parts) + 1):
            excess = np.maximum(parts.sum(axis=0) - self.homes, 0)
            if not excess.any():
                break
            parts = _lowered(parts, excess, self.settings.minimum_households)
        known = self.homes - parts[0]
        # so few known ones are noise: of such a village most are known, or none
        noise = (known > 0) & (known < self.settings.minimum_households)
        settled = np.where(2 * parts[0] >= self.homes, self.homes, 0)
        return np.where(noise, settled, parts[0]), [*parts[1:]]

    def persons(self, homes: Whole, people: pd.Series | str, of_homes: pd.Series | str) -> Whole:
        """Turn households into persons by the mean size of their district."""
        total = self.true[people] if isinstance(people, str) else people
        count = self.true[of_homes] if isinstance(of_homes, str) else of_homes
        everybody = self.true["people"], self.true["households"]
        mean = mean_sizes(total, count, district=self.district, shown=homes, else_of=everybody)
        return np.round(homes * mean).astype(np.int64)

    def mean(self, total: str, largest: str, shown: Whole) -> Floats:
        """Average an amount over poor persons, as `noisy_means` does."""
        true = self.true
        amounts = Amounts(
            total=true[total].to_numpy(),
            largest=true[largest].to_numpy(),
            weight=true["poor_people"].to_numpy(),
            homes=true["poor_households"].to_numpy(),
            keys=self.keys["poor_households"].to_numpy(),
        )
        least = self.settings.minimum_amount
        return noisy_means(amounts, shown, district=self.district, least=least)

    def _of_district(self, part: Whole, whole: Whole, few: NDArray[np.bool_]) -> Floats:
        """Give places that show few households the share of their district."""
        there = int(self.district.max()) + 1
        sums = [np.bincount(self.district, weights=one, minlength=there) for one in (part, whole)]
        share = np.divide(sums[0], sums[1], out=np.zeros(there), where=sums[1] > 0)
        return np.where(few, share[self.district] * whole, part.astype(np.float64))


def mean_sizes(
    people: pd.Series,
    households: pd.Series,
    *,
    district: Whole,
    shown: Whole | pd.Series,
    else_of: tuple[pd.Series, pd.Series],
) -> Floats:
    """
    Give each village the mean size of such households in its district, to hundredths.

    Of a district that shows fewer than 50 it is that of the regency, and where the regency
    shows fewer that of all its households: the size of a few is nobody's business.

    `people`, `households`: True sums, one per village; both missing where one is.
    `district`: Position of the district of each village.
    `shown`: Protected households of each village.
    `else_of`: People and households of everybody.
    """
    both = people.notna() & households.notna()
    sums = [
        np.bincount(district, weights=one.where(both, 0.0) if isinstance(one, pd.Series) else one)
        for one in (people, households, shown)
    ]
    few = sums[2].sum() < _SIZE_HOUSEHOLDS
    of_all = [one.sum() for one in else_of] if few else [sums[0].sum(), sums[1].sum()]
    whole = ratio(*of_all)
    each = np.divide(sums[0], sums[1], out=np.full(len(sums[0]), whole), where=sums[1] > 0)
    mean = np.where(sums[2] >= _SIZE_HOUSEHOLDS, each, whole)
    rounded: Floats = np.asarray(np.round(mean, _SIZE_DIGITS), dtype=np.float64)
    return rounded[district]


def districts_of(codes: pd.Index) -> Whole:
    """Give each village the number of its district, the first eight characters of a dotted code."""
    return pd.factorize(codes.astype(str).str[:_DISTRICT])[0].astype(np.int64)


def worth(poor: pd.Series, households: pd.Series, *, settings: DisclosureSettings) -> pd.Series:
    """
    Tell how many households the rate of a village is worth once it was protected.

    Sampling and protection together let a rate r vary by ``p (1 - p) / N + v / N^2``, p the
    rate of all villages, N the households, and ``v = v(poor) + r^2 v(households)`` of the
    transition table, for two counts that are drawn apart. As many households would vary alike
    without protection: ``1 / (1 / N + v / (N^2 p (1 - p)))``.

    Parameters
    ----------
    poor, households
        Protected counts of a village; missing allowed.
    settings
        Smallest count, largest deviation, variance.

    Returns
    -------
    worth
        At most `households`, indexed alike.
    """
    known = poor.notna() & (households > 0)
    homes, table = households.where(known), settings.table
    everywhere = ratio(poor[known].sum(), homes.sum())
    if not 0 < everywhere < 1:
        return households
    spread, whole = (
        pd.Series(table.variance_of(one.fillna(0.0).to_numpy()), index=poor.index)
        for one in (poor, homes)
    )
    noise = spread + (poor / homes) ** 2 * whole
    least = 1 / (1 / homes + noise / (homes**2 * everywhere * (1 - everywhere)))
    return least.where(known, households)


def protection_note(settings: DisclosureSettings) -> Note:
    """
    Say in one sentence what was done, or at other levels what the public version differs by.

    Parameters
    ----------
    settings
        Level, smallest count, largest deviation.

    Returns
    -------
    note
        In Indonesian.
    """
    few = settings.minimum_households - 1
    small = "" if few < 1 else (
        "; jumlah 1 tidak ditampilkan" if few == 1 else f"; jumlah 1 sampai {few} tidak ditampilkan"
    )  # fmt: skip
    reader = settings.rights.reader
    if settings.rights.protected:
        text = (
            f"{reader} Untuk melindungi warga, setiap jumlah disamarkan secara acak paling banyak "
            f"{settings.largest} rumah tangga{small}. Nomor dan garis kantong dapat berbeda dari "
            "peta perangkat daerah."
        )
        return Note("protected", text)
    text = (
        f"{reader} Angka di sini tidak disamarkan; pada versi publik setiap jumlah per desa dapat "
        f"berbeda paling banyak {settings.largest} rumah tangga."
    )
    return Note("not_protected", text)


@dataclass(frozen=True, slots=True)
class Amounts:
    """
    Sums of an amount, one per village, shape (n,) each.

    `total`, `largest`: Sum, and what one household added most.
    `weight`: What the mean is per: persons or households.
    `homes`, `keys`: Households that added something, and the sum of their keys.
    """

    total: Floats
    largest: Floats
    weight: Floats
    homes: Floats
    keys: NDArray[np.uint32]


def noisy_means(amounts: Amounts, shown: Whole, *, district: Whole, least: int) -> Floats:
    """
    Average an amount: winsorised, with noise as large as the household that adds most.

    A household counts at most three times the average one, the key moves the sum by at most
    what the largest adds, and the mean is told to three digits. Places that show fewer
    households than `least` get their district's mean, and districts the regency's.

    `shown`: Protected households of each village, shape (n,).
    `district`: Position of the district of each village, shape (n,).
    Returns: 0 where even the regency shows too few.
    """
    found = np.full(len(shown), np.nan)
    for where in (np.arange(len(found)), district, np.zeros(len(found), np.int64)):
        count = np.bincount(where, weights=shown)[where]
        mean = _noisy_mean(amounts, where)[where]
        found = np.where(np.isnan(found) & (count >= least), mean, found)
    known: Floats = np.nan_to_num(found, nan=0.0)
    return known


def _noisy_mean(amounts: Amounts, where: Whole) -> Floats:
    total, weight, homes = (
        np.bincount(where, weights=one) for one in (amounts.total, amounts.weight, amounts.homes)
    )
    top = np.zeros(len(total))
    np.maximum.at(top, where, amounts.largest)
    key = np.zeros(len(total), dtype=np.uint32)
    np.add.at(key, where, amounts.keys)
    usual = np.divide(total, homes, out=np.zeros(len(total)), where=homes > 0)
    kept = np.minimum(top, _WINSOR * usual)
    noise = (key * _MIX).astype(np.float64) / (KEYS / 2) - 1.0
    return _digits(np.maximum(total - top + kept * (1 + noise), 0) / np.maximum(weight, 1))


def protect_distances(counts: VillageCounts, *, settings: DisclosureSettings) -> pd.DataFrame:
    """
    Protect how far houses are from something.

    Grain: unchanged, one row per village.

    Parameters
    ----------
    counts
        ``known``, ``far`` (households), ``km_sum``, ``km_max`` (kilometres), with keys of
        both counts.
    settings
        Smallest count, largest deviation, variance.

    Returns
    -------
    access
        As `beyond` of the indicators: ``known`` and ``far`` (households), ``far_share`` of the
        known (0 to 1) and ``mean_km``; missing where no household is shown.
    """
    drawn = _Drawn(counts, settings, homes="known")
    near, (far,) = drawn.fitted(drawn.drawn("known", minus=["far"]), [drawn.drawn("far")])
    known = near + far
    of_village = counts.table
    amounts = Amounts(
        total=of_village["km_sum"].to_numpy(),
        largest=of_village["km_max"].to_numpy(),
        weight=of_village["known"].to_numpy(),
        homes=of_village["known"].to_numpy(),
        keys=drawn.keys["known"].to_numpy(),
    )
    least = settings.minimum_amount
    mean = noisy_means(amounts, known, district=drawn.district, least=least)
    table = pd.DataFrame({"known": known, "far": far}, counts.table.index, dtype=float)
    base = table["known"].where(table["known"] > 0)
    return table.assign(far_share=table["far"] / base, mean_km=mean).where(base.notna())


def _lowered(parts: Whole, excess: Whole, smallest: int) -> Whole:
    """
    Take an excess off the parts that can bear it: evenly, so that none moves far.

    What would be left of 1 to `smallest` - 1 goes altogether, and the others bear less.
    """
    able = (parts >= smallest + excess) & (excess > 0)
    # where none can bear it alone the largest does
    largest = np.arange(len(parts))[:, None] == parts.argmax(axis=0)
    able = np.where(able.any(axis=0), able, largest & (excess > 0))
    share = excess // np.maximum(able.sum(axis=0), 1)
    left = excess - share * able.sum(axis=0)
    order = np.cumsum(able, axis=0)
    taken = able * (share + (order <= left))
    lowered = np.maximum(parts - taken, 0)
    result: Whole = np.where((lowered < smallest) & able, 0, lowered)
    return result


def ratio(part: float, whole: float) -> float:
    """Divide; 0 by nothing."""
    return float(part) / float(whole) if whole else 0.0


def _digits(values: Floats | float) -> Floats:
    """Round to three digits."""
    amounts = np.asarray(values, dtype=np.float64)
    power = np.floor(np.log10(np.where(amounts > 0, amounts, 1.0)))
    unit = 10.0 ** (power - _DIGITS + 1)
    rounded: Floats = np.round(amounts / unit) * unit
    return rounded
