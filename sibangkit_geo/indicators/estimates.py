"""Village estimates with what is known about their certainty, and the deprivation index."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from sibangkit_geo.errors import DataError, refuse_missing
from sibangkit_geo.indicators.benchmarks import reliability
from sibangkit_geo.indicators.deprivation_sums import index_from_sums
from sibangkit_geo.indicators.small_areas import beta_binomial_rate
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.types import Indicator, Note

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sibangkit_geo.indicators.deprivation import DeprivationIndex

T = TypeVar("T", bound=pd.DataFrame)
#: columns that tell the poverty rate again, and are emptied with it
SAME_AS_RATE = ("headcount_shrunken", "headcount_low", "headcount_high", "reliability")


def tested(villages: T) -> T:
    """
    Take the counts that a test or an estimate is made of: known households, enough of them.

    Grain: unchanged, one row per village.

    `villages`: Village table with ``headcount_ratio``, ``poor_households`` and ``known_poor``.
    Returns: The same with ``households``: those whose poverty is known; both counts are missing
        where too few are known.
    """
    enough = villages["headcount_ratio"].notna()
    return villages.assign(
        households=villages["known_poor"].where(enough),
        poor_households=villages["poor_households"].where(enough),
    )


def add_shrunken(
    table: pd.DataFrame,
    *,
    source: tuple[str, int],
    worth: Callable[[pd.Series, pd.Series], pd.Series] | None = None,
) -> tuple[list[Indicator], list[Note]]:
    """
    Add the beta-binomial estimate of each village with its interval and reliability.

    Grain: unchanged, one row per village; columns ``headcount_shrunken``,
    ``headcount_low``, ``headcount_high``, ``headcount_interval_width`` (shares 0 to 1)
    and ``reliability`` are added to `table`.

    `table`: Village table with ``headcount_ratio``, ``poor_households`` and ``known_poor``.
    `worth`: Of poor and all households: how many the rate is worth, where counts were protected.
    Returns: Method, fitted rho, and how many villages are how reliable; none without data.
    Raises DataError: More households are poor than there are.
    """
    counts = tested(table)
    known = counts["poor_households"].notna() & (counts["households"] > 0)
    poor, homes = counts["poor_households"].where(known), counts["households"].where(known)
    if worth is not None:
        least = worth(poor, homes)
        poor, homes = poor / homes * least, least
    shrunken = beta_binomial_rate(poor, homes)
    found = shrunken.table
    table["headcount_shrunken"] = found["rate"]
    table["headcount_low"], table["headcount_high"] = found["low"], found["high"]
    table["headcount_interval_width"] = found["high"] - found["low"]
    grade = reliability(found["rate"], found["standard_error"])
    table["reliability"] = grade.astype(object).where(known)
    if not known.any():
        return [], []
    count = table["reliability"].value_counts()
    how = (
        f"Bayes empiris beta-binomial (korelasi dalam desa {numeral(shrunken.rho, 3)})"
        if shrunken.method == "beta_binomial"
        else "selang Jeffreys per desa (desa terlalu sedikit untuk saling meminjam informasi)"
    )
    text = (
        f"Selang kredibel {percentage(shrunken.level, 0)} tiap desa: {how}. Keandalan menurut "
        f"kesalahan baku relatif (sampai 25% baik, 25–50% hati-hati, selebihnya tidak dapat "
        f"dipakai): {_counted(count)}."
    )
    return _shrunken_indicators(source), [Note("interval_method", text)]


def _counted(count: pd.Series) -> str:
    return ", ".join(
        f"{numeral(int(count.get(grade, 0)))} desa {grade}"
        for grade in ("baik", "hati-hati", "tidak dapat dipakai")
    )


def _shrunken_indicators(source: tuple[str, int]) -> list[Indicator]:
    told = {
        "headcount_shrunken": (
            "Rumah tangga miskin, dihaluskan (Bayes empiris)",
            "Estimasi, bukan angka resmi; desa kecil ditarik ke rata-rata semua desa.",
        ),
        "headcount_interval_width": (
            "Ketidakpastian: lebar selang 95% (poin persen)",
            "Makin lebar makin tidak pasti; angka satu desa jangan dibaca terlalu tepat.",
        ),
    }
    return [
        Indicator(
            name, label, "percent", "high", "rumah tangga", "", source[0], source[1], note=note
        )
        for name, (label, note) in told.items()
    ]


def deprivation_columns(
    counts: pd.DataFrame, *, index: DeprivationIndex | None, source: str, year: int
) -> tuple[pd.DataFrame, list[Indicator]]:
    """
    Work the multidimensional poverty of villages out of their sums.

    Grain: unchanged, one row per village.

    `counts`: Table of a tally with an index; without its columns nothing is made.
    `index`: The index that was tallied; without one nothing is made.
    Returns: ``multidimensional_headcount`` (H), ``multidimensional_intensity`` (A),
        ``multidimensional_poverty`` (M0), of people, 0 to 1, and ``multidimensional_poor_people``
        of ``multidimensional_people``.
    Returns: H with its count, and M0.
    Raises DataError: The columns of the index are incomplete.
    """
    if index is None or "af_people" not in counts:
        return counts[[]], []
    found = index_from_sums(counts)
    columns = counts[[]].assign(
        multidimensional_headcount=found["headcount_ratio"],
        multidimensional_intensity=found["intensity"],
        multidimensional_poverty=found["adjusted_headcount_ratio"],
        multidimensional_poor_people=counts["af_poor_people"],
        multidimensional_people=counts["af_people"].where(counts["af_people"] > 0),
    )
    cut = percentage(index.cutoff_share, 0)
    asked = [str(name).removeprefix("af_part_") for name in counts if "af_part_" in str(name)]
    lacking = index.lacking(asked)
    note = f"Metode Alkire-Foster, {len(asked)} indikator, batas {cut} bobot."
    if lacking:
        note += f" Tidak ditanyakan register: {', '.join(lacking)}."
    same = ("multidimensional_intensity", "multidimensional_poverty")
    headcount = Indicator(
        name="multidimensional_headcount",
        label="Penduduk miskin multidimensi (H)",
        unit="percent",
        worse="high",
        denominator="penduduk",
        agency="",
        source=source,
        year=year,
        count_column="multidimensional_poor_people",
        count_label="penduduk miskin multidimensi",
        base_column="multidimensional_people",
        note=note,
        same=same,
    )
    label = "Indeks kemiskinan multidimensi (M0)"
    adjusted = Indicator(same[1], label, "index", "high", "", "", source, year, note=note)
    return columns, [headcount, adjusted]


def gap_columns(
    counts: pd.DataFrame, *, source: str, year: int
) -> tuple[pd.DataFrame, list[Indicator]]:
    """
    Work depth and severity of poverty out of their sums, where spending is known [1]_.

    Grain: unchanged, one row per village.

    Parameters
    ----------
    counts
        Table of a tally; without the sums of gaps nothing is made.
    source, year
        Of the register.

    Returns
    -------
    columns
        ``poverty_gap`` (P1) and ``poverty_severity`` (P2), of people, 0 to 1.
    indicators
        Their definitions.

    Raises
    ------
    DataError
        The tally lacks ``known_people`` or ``gap_squared_sum``.

    References
    ----------
    .. [1] Foster, Greer & Thorbecke (1984), Econometrica 52(3), 761-766.
    """
    if "gap_sum" not in counts:
        return counts[[]], []
    refuse_missing(counts.columns, ["known_people", "gap_squared_sum"], table="The tally")
    people = counts["known_people"].where(counts["known_people"] > 0)
    columns = counts[[]].assign(
        poverty_gap=counts["gap_sum"] / people,
        poverty_severity=counts["gap_squared_sum"] / people,
    )
    labels = {"poverty_gap": "Kedalaman kemiskinan (P1)", "poverty_severity": "Keparahan (P2)"}
    return columns, [
        Indicator(
            name, label, "percent", "high", "penduduk", "", source, year,
            base_column="known_people", note="Estimasi, bukan angka resmi.",
        )
        for name, label in labels.items()
    ]  # fmt: skip


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
