"""Budget: which unserved needs are served in which year under the ceilings of the agencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from sibangkit_geo.agencies.solver import Effort, Problem, solve
from sibangkit_geo.errors import ConfigError, DataError, nearest, refuse_missing
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.model.types import Note

if TYPE_CHECKING:
    from numpy.typing import NDArray

Objective = Literal["need", "severity", "excess"]
_KEYS = ["place", "agency", "indicator"]
_REASONS = {
    "no_data": "jumlah rumah tangga belum ada datanya",
    "no_need": "tidak ada kebutuhan yang belum terlayani",
    "no_ceiling": "pagu perangkat daerah belum diisi",
    "zero": "pagu perangkat daerah nol",
    "dear": "biayanya melebihi pagu setiap tahun",
    "partly": "terlayani sebagian, pagu habis",
    "outbid": "pagu tidak cukup; lokasi lain menjangkau lebih banyak rumah tangga",
}
# less than this part of a household is rounding
_ROUNDING = 1e-6
_NEARLY = 1e-3

_PERCENT = 100.0
# a smaller one changes no decision and is not told
_TELLING_GAP = 0.01


@dataclass(frozen=True, slots=True)
class BudgetRule:
    """
    What a budget is to achieve.

    Attributes
    ----------
    objective
        ``"need"`` counts unserved households, ``"severity"`` weights each with the column
        ``severity`` of its row, ``"excess"`` counts the households above the regency's share
        (column ``excess``; what is below counts nothing).
    floor_per_district
        Least share of each district's unserved households, all needs together, 0 to 1. It goes
        before the objective; where the ceilings do not allow it, as few households as possible
        are short of it, and a note says so.
    whole_places
        A need in a place is served in one year completely or not at all; else divisible.
    time_limit
        Seconds per solve; when they are over, the best plan so far comes with its gap.
    relative_gap
        A solve may stop once no plan can be better by more than this share; 0 asks for the
        exact optimum.

    Examples
    --------
    >>> BudgetRule(floor_per_district=0.2).objective
    'need'
    >>> BudgetRule(objective="exces")
    Traceback (most recent call last):
        ...
    ValueError: Unknown objective "exces". Did you mean "excess"?
    """

    objective: Objective = "need"
    floor_per_district: float = 0.0
    whole_places: bool = True
    time_limit: float = 60.0
    relative_gap: float = 0.0

    def __post_init__(self) -> None:
        """Check the values."""
        if self.objective not in get_args(Objective):
            msg = f'Unknown objective "{self.objective}". '
            raise ValueError(msg + nearest(self.objective, get_args(Objective)))
        if not 0 <= self.floor_per_district <= 1 or self.time_limit <= 0:
            msg = "`floor_per_district` must be 0 to 1 and `time_limit` above 0."
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What is served when, what is not, and why.

    Attributes
    ----------
    chosen
        ``year``, ``place``, ``agency``, ``indicator``, ``households``, ``cost`` (rupiah).
    left_out
        Every row that is not or only partly served: ``place``, ``agency``, ``indicator``,
        ``households`` (left), ``cost`` (to serve them, rupiah), ``reason`` (Indonesian).
    coverage
        ``year``, ``agency``, ``households`` (served up to that year) and ``share`` of the
        agency's need, 0 to 1; missing where it has none.
    spent
        ``agency``, ``year``, ``ceiling``, ``spent``, ``left``; rupiah.
    districts
        Indexed by district: ``need``, ``served``, ``required``, ``short`` (households);
        empty where no row names its district.
    value
        What the objective adds up to over the rows that are served.
    gap
        Proven: no plan is better by more than this share of the best possible value.
    notes
        What a reader must know.

    Examples
    --------
    >>> rows = {"place": ["a"], "agency": ["pupr"], "indicator": ["water"], "unserved": [30]}
    >>> money = pd.DataFrame({2026: [20_000]}, index=["pupr"])
    >>> plan = plan_budget(
    ...     pd.DataFrame(rows), pd.Series({"water": 1000}), ceilings=money, rule=BudgetRule()
    ... )
    >>> plan.left_out[["place", "households", "reason"]].to_dict("records")
    [{'place': 'a', 'households': 30.0, 'reason': 'biayanya melebihi pagu setiap tahun'}]
    """

    chosen: pd.DataFrame
    left_out: pd.DataFrame
    coverage: pd.DataFrame
    spent: pd.DataFrame
    districts: pd.DataFrame
    value: float
    gap: float
    notes: tuple[Note, ...]

    def __post_init__(self) -> None:
        """Check that no ceiling is exceeded."""
        # a share of a rupiah is rounding
        over = self.spent[self.spent["left"] < -1]
        if len(over):
            msg = "A plan exceeds its ceilings"
            raise DataError(msg, rows=over, remedy="Build plans with `plan_budget`.")


@dataclass(frozen=True, slots=True)
class BudgetTables:
    """
    A budget in tables, with keys of places, agencies and needs.

    Attributes
    ----------
    plan
        What is served when, what is not, and why.
    sensitivity, curve
        What dearer units and other ceilings reach, one row per factor.
    years
        Years until each agency's backlog is served at its ceiling.
    unit
        Rupiah for one household of each need, by indicator.
    pledged
        What partners serve instead: ``year``, ``partner``, ``place``, ``agency``,
        ``indicator``, ``households``, ``cost`` (rupiah, at the unit costs of the budget).

    Examples
    --------
    >>> import dataclasses
    >>> [one.name for one in dataclasses.fields(BudgetTables)][:3]
    ['plan', 'sensitivity', 'curve']
    """

    plan: Plan
    sensitivity: pd.DataFrame
    curve: pd.DataFrame
    years: pd.DataFrame
    unit: pd.Series
    pledged: pd.DataFrame


def plan_budget(
    needs: pd.DataFrame, unit_cost: pd.Series, *, ceilings: pd.DataFrame, rule: BudgetRule
) -> Plan:
    """
    Choose where unserved needs are served, all years together and exactly.

    The years share one optimum: what is served in one is not served in another, and
    within the optimum work is moved to the earliest year with room. Costs are rounded to
    whole rupiah.
    Grain: one row per place, agency and indicator in.

    Parameters
    ----------
    needs
        ``place``, ``agency``, ``indicator``, ``unserved`` (households, at least 0 or
        missing), and ``severity``, ``excess`` or ``district`` where the rule asks them.
    unit_cost
        Rupiah per household, above 0, indexed by indicator.
    ceilings
        Rupiah, at least 0, indexed by agency, one column per year. An agency without a row
        is served nothing, and a note says so.
    rule
        What is to be achieved.

    Returns
    -------
    plan
        The same for any order of the rows; equal choices go to the lower place.

    Raises
    ------
    ConfigError
        An indicator has no unit cost, or one that is not above 0.
    DataError
        A column is missing, rows stand twice, or households, severity or ceilings are
        negative or missing where they are needed.

    Examples
    --------
    >>> needs = pd.DataFrame({"place": ["a", "b", "c"], "unserved": [30, 20, 15]})
    >>> needs = needs.assign(agency="pupr", indicator="water")
    >>> money = pd.DataFrame({2026: [36_000], 2027: [15_000]}, index=["pupr"])
    >>> cost = pd.Series({"water": 1000})
    >>> plan = plan_budget(needs, cost, ceilings=money, rule=BudgetRule())
    >>> plan.chosen[["year", "place", "cost"]].to_dict("list")  # 35 and 15: more than 30 and 15
    {'year': [2026, 2027], 'place': ['a', 'c'], 'cost': [30000.0, 15000.0]}
    """
    table = checked_needs(needs, rule)
    money = checked_ceilings(ceilings)
    table["unit"] = table["indicator"].map(checked_cost(unit_cost, table).to_dict()).astype(float)
    table["cost"] = (table["unserved"] * table["unit"]).round()
    open_rows = np.flatnonzero((table["unserved"] > 0) & table["agency"].isin(money.index))
    found = solve(
        _problem(table, table.iloc[open_rows], money=money, rule=rule),
        whole=rule.whole_places,
        effort=Effort(rule.time_limit, rule.relative_gap),
    )
    served = np.zeros((len(table), money.shape[1]))
    served[open_rows] = found.served
    value = float(table["value"].to_numpy() @ served.sum(axis=1))
    gap = max(0.0, (found.bound - value) / found.bound) if found.bound > 0 else 0.0
    districts = _districts(table, served, rule)
    return Plan(
        chosen=_chosen(table, served, money),
        left_out=_left_out(table, served, money=money, rule=rule),
        coverage=_coverage(table, served, money),
        spent=_spent(table, served, money),
        districts=districts,
        value=value,
        gap=gap,
        notes=_notes(table, money, districts=districts, gap=gap, rule=rule),
    )


def _problem(
    table: pd.DataFrame, rows: pd.DataFrame, *, money: pd.DataFrame, rule: BudgetRule
) -> Problem:
    district: NDArray[np.intp] = np.zeros(len(rows), dtype=np.intp)
    required = np.zeros(0)
    if rule.floor_per_district:
        wanted = _required(table, rule)
        district = wanted.index.get_indexer(pd.Index(rows["district"]))
        required = wanted.to_numpy()
    return Problem(
        cost=rows["cost"].clip(lower=1).to_numpy(),
        value=rows["value"].to_numpy(),
        households=rows["unserved"].to_numpy(),
        agency=money.index.get_indexer(pd.Index(rows["agency"])),
        district=district,
        ceilings=money.to_numpy(),
        required=required,
    )


def _required(table: pd.DataFrame, rule: BudgetRule) -> pd.Series:
    need = table[table["unserved"] > 0].groupby("district")["unserved"].sum()
    required = need * rule.floor_per_district
    # whole households: the share is reached by no fewer
    return (required - _ROUNDING).apply(np.ceil) if rule.whole_places else required


def _districts(table: pd.DataFrame, served: NDArray[np.float64], rule: BudgetRule) -> pd.DataFrame:
    if "district" not in table:
        return pd.DataFrame(columns=["need", "served", "required", "short"], dtype=float)
    households = table["unserved"].fillna(0) * served.sum(axis=1)
    rows = table.assign(served=households)[table["unserved"] > 0]
    sums = rows.groupby("district")[["unserved", "served"]].sum()
    sums["required"] = _required(table, rule)
    short = (sums["required"] - sums["served"]).clip(lower=0)
    # a linear programme meets a limit within its tolerance only
    sums["short"] = short.where(short > _NEARLY, 0.0)
    return sums.rename(columns={"unserved": "need"})


def _chosen(table: pd.DataFrame, served: NDArray[np.float64], money: pd.DataFrame) -> pd.DataFrame:
    row, year = np.nonzero(served * table["unserved"].fillna(0).to_numpy()[:, None] > _ROUNDING)
    share = served[row, year]
    rows = table.iloc[row]
    chosen = pd.DataFrame(
        {
            "year": money.columns[year],
            **{key: rows[key].to_numpy() for key in _KEYS},
            "households": rows["unserved"].to_numpy() * share,
            "cost": rows["cost"].to_numpy() * share,
        }
    )
    return chosen.sort_values("year", kind="stable", ignore_index=True)


def _left_out(
    table: pd.DataFrame, served: NDArray[np.float64], *, money: pd.DataFrame, rule: BudgetRule
) -> pd.DataFrame:
    share = served.sum(axis=1)
    left = table["unserved"] * (1 - share)
    top = table["agency"].map(money.max(axis=1).to_dict()).astype(float)
    tests = {
        "no_data": table["unserved"].isna(),
        "no_need": table["unserved"] == 0,
        "no_ceiling": top.isna(),
        "zero": top == 0,
        "dear": (table["cost"] > top) & rule.whole_places,
        "partly": pd.Series(share > 0, index=table.index),
    }
    reason = np.select(
        [one.to_numpy() for one in tests.values()],
        [_REASONS[one] for one in tests],
        default=_REASONS["outbid"],
    )
    rows = table[_KEYS].assign(households=left, cost=table["cost"] * (1 - share), reason=reason)
    open_rows: pd.Series = ~(left <= _ROUNDING) | (table["unserved"] == 0)
    return rows.loc[open_rows].reset_index(drop=True)


def _coverage(
    table: pd.DataFrame, served: NDArray[np.float64], money: pd.DataFrame
) -> pd.DataFrame:
    households = served * table["unserved"].fillna(0).to_numpy()[:, None]
    agencies = pd.Index(sorted({*table["agency"], *money.index}), name="agency")
    by_agency = pd.DataFrame(households, columns=money.columns).groupby(table["agency"]).sum()
    total = by_agency.reindex(agencies, fill_value=0.0).cumsum(axis=1)
    need = table.groupby("agency")["unserved"].sum().reindex(agencies, fill_value=0.0)
    long = total.reset_index().melt("agency", var_name="year", value_name="households")
    base = long["agency"].map(need.to_dict())
    long["share"] = (long["households"] / base.where(base > 0)).clip(upper=1.0)
    order = long.sort_values("year", kind="stable", ignore_index=True)
    return order.loc[:, ["year", "agency", "households", "share"]]


def _spent(table: pd.DataFrame, served: NDArray[np.float64], money: pd.DataFrame) -> pd.DataFrame:
    rupiah = served * table["cost"].fillna(0).to_numpy()[:, None]
    spent = pd.DataFrame(rupiah, columns=money.columns).groupby(table["agency"]).sum()
    spent = spent.reindex(money.index, fill_value=0.0)
    long = pd.DataFrame(
        {
            "agency": np.repeat(money.index.to_numpy(), money.shape[1]),
            "year": np.tile(money.columns.to_numpy(), len(money)),
            "ceiling": money.to_numpy().ravel(),
            "spent": spent.to_numpy().ravel(),
        }
    )
    return long.assign(left=long["ceiling"] - long["spent"])


def _notes(
    table: pd.DataFrame,
    money: pd.DataFrame,
    *,
    districts: pd.DataFrame,
    gap: float,
    rule: BudgetRule,
) -> tuple[Note, ...]:
    notes = []
    short = districts[districts["short"] > 0]
    if len(short):
        text = (
            f"Batas bawah {percentage(rule.floor_per_district, 0)} per kecamatan tidak tercapai "
            f"dengan pagu ini di {len(short)} kecamatan ({', '.join(map(str, short.index))}): "
            f"kurang {numeral(short['short'].sum())} rumah tangga."
        )
        notes.append(Note("floor_not_reached", text, len(short)))
    bare = sorted(set(table.loc[table["unserved"] > 0, "agency"]) - set(money.index))
    if bare:
        text = (
            f"Pagu belum diisi untuk {', '.join(bare)}: kebutuhannya belum masuk rencana anggaran."
        )
        notes.append(Note("no_ceiling", text, len(bare)))
    unknown = int(table["unserved"].isna().sum())
    if unknown:
        text = f"{numeral(unknown)} baris tanpa data rumah tangga tidak ikut direncanakan."
        notes.append(Note("no_data", text, unknown))
    if gap > _TELLING_GAP:
        text = (
            "Waktu hitung habis: rencana anggaran lain mungkin menjangkau sampai "
            f"{percentage(gap)} lebih banyak."
        )
        notes.append(Note("gap", text))
    return tuple(notes)


def checked_needs(needs: pd.DataFrame, rule: BudgetRule) -> pd.DataFrame:
    """
    Check a table of needs, put it in the order of the places and value its rows.

    Grain: unchanged, one row per place, agency and indicator.

    Returns: With ``value``, what serving the row counts.
    Raises DataError: A column is missing, or rows break the contract; all are told at once.
    """
    wanted = [*_KEYS, "unserved"]
    wanted += [] if rule.objective == "need" else [rule.objective]
    wanted += ["district"] if rule.floor_per_district else []
    refuse_missing(needs.columns, wanted, table="The table of needs")
    bad = needs.duplicated(_KEYS, keep=False) | needs[_KEYS].isna().any(axis=1)
    bad |= (needs["unserved"] < 0) | np.isinf(needs["unserved"].astype(float))
    some = needs["unserved"] > 0
    if rule.objective == "severity":
        bad |= some & ~(needs["severity"] >= 0)
    if rule.floor_per_district:
        bad |= some & needs["district"].isna()
    if bad.any():
        msg = "Needs that stand twice, or have no place, negative households, severity or district"
        raise DataError(
            msg,
            rows=needs[bad],
            remedy="Keep one row per place, agency and indicator, and fill the columns.",
        )
    table = needs.sort_values("place", kind="stable")
    table = table.sort_values(["agency", "indicator"], kind="stable", ignore_index=True)
    table["unserved"] = table["unserved"].astype(float)
    table["value"] = _value(table, rule)
    return table


def _value(table: pd.DataFrame, rule: BudgetRule) -> pd.Series:
    value = table["unserved"]
    if rule.objective == "severity":
        value = value * table["severity"]
    if rule.objective == "excess":
        # nobody can serve more households above the regency's share than there are
        value = table["excess"].astype(float).clip(lower=0).clip(upper=table["unserved"])
    return value.astype(float).fillna(0.0)


def checked_cost(unit_cost: pd.Series, table: pd.DataFrame) -> pd.Series:
    """
    Check that every indicator of a table has its unit cost.

    `unit_cost`: Rupiah per household, indexed by indicator.
    Raises ConfigError: A cost is missing, stands twice or is not above 0.
    """
    used = sorted(set(table["indicator"]))
    if unit_cost.index.has_duplicates:
        twice = sorted(set(unit_cost.index[unit_cost.index.duplicated()]))
        msg = f"Unit cost stands twice: {', '.join(twice)}. Keep one per indicator."
        raise ConfigError(msg)
    cost = unit_cost.reindex(used).astype(float)
    bad = cost[~(cost > 0) | np.isinf(cost)]
    if len(bad):
        msg = (
            f"No unit cost above 0 for: {', '.join(map(str, bad.index))}. "
            "State rupiah per household in the table of unit costs."
        )
        raise ConfigError(msg)
    return cost


def checked_ceilings(ceilings: pd.DataFrame) -> pd.DataFrame:
    """
    Check ceilings and put them in order.

    Grain: unchanged, one row per agency, one column per year.

    `ceilings`: Rupiah, at least 0.
    Returns: Sorted by agency and year.
    Raises DataError: An agency or year stands twice, or an amount is missing or negative.
    """
    if ceilings.index.has_duplicates or ceilings.columns.has_duplicates or not ceilings.shape[1]:
        msg = "Ceilings need one row per agency and one column per year, each once"
        raise DataError(msg, remedy="Add the amounts of one agency and year up.")
    money = ceilings.astype(float).sort_index().sort_index(axis=1)
    bad = ~(money >= 0).all(axis=1) | money.isin([np.inf]).any(axis=1)
    if bad.any():
        msg = "Ceilings are missing or negative"
        raise DataError(msg, rows=money[bad], remedy="Write 0 where nothing may be spent.")
    return money


@dataclass(frozen=True, slots=True)
class AgencySettings:
    """
    The ``[agencies]`` table of a study.

    Attributes
    ----------
    catalogue
        TOML with agencies, programmes and the rule of action; empty takes the one of the
        package.

    Examples
    --------
    >>> AgencySettings(catalogue="opd.toml")
    AgencySettings(catalogue='opd.toml')
    """

    catalogue: str = ""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """
    One ``[[budget.ceilings]]`` table: what an agency may spend in a year.

    `agency`: Key in the catalogue of agencies.
    `year`: Of the budget; one ceiling per agency and year.
    `rupiah`: Ceiling, at least 0.
    """

    agency: str
    year: int
    rupiah: int

    def __post_init__(self) -> None:
        """Check the amount."""
        if self.rupiah < 0:
            msg = f"[[budget.ceilings]] {self.agency} {self.year}: rupiah must be at least 0."
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class Decay:
    """
    One ``[[budget.decay]]`` table: new households in need every year.

    `need`: Key of the need, such as ``"roof"``.
    `households_per_year`: Of the whole regency, at least 0.
    `source`: Where the number comes from; without one it is an assumption.
    """

    need: str
    households_per_year: float
    source: str = ""

    def __post_init__(self) -> None:
        """Check the number."""
        if self.households_per_year < 0:
            msg = f"[[budget.decay]] {self.need}: households_per_year must be at least 0."
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """
    The ``[budget]`` table of a study.

    Attributes
    ----------
    ceilings
        The ``[[budget.ceilings]]`` tables.
    objective
        ``"need"``, ``"excess"`` (over the regency's share) or ``"severity"`` (households
        weighted with the place's M0).
    floor_per_place
        Least share of the need of each place (pocket, or the rest of a district), 0 to 1.
    whole_places
        A need in a place is served completely or not at all.
    costs
        TOML with unit costs; empty takes the one of the package, whose amounts are
        assumptions.
    decay
        The ``[[budget.decay]]`` tables; a need without one gets no new households.

    Examples
    --------
    >>> settings = BudgetSettings((Ceiling("pupr", year=2026, rupiah=2_000_000_000),))
    >>> settings.objective, settings.ceilings[0].year
    ('need', 2026)
    >>> BudgetSettings()
    Traceback (most recent call last):
        ...
    sibangkit_geo.errors.ConfigError: [budget] needs [[budget.ceilings]], one per agency and year.
    """

    ceilings: tuple[Ceiling, ...] = ()
    objective: Objective = "need"
    floor_per_place: float = 0.0
    whole_places: bool = True
    costs: str = ""
    decay: tuple[Decay, ...] = ()

    def __post_init__(self) -> None:
        """Check that there is a ceiling, each once."""
        keys = [(one.agency, one.year) for one in self.ceilings]
        if not keys or len(set(keys)) < len(keys):
            msg = "[budget] needs [[budget.ceilings]], one per agency and year."
            raise ConfigError(msg)
        needs = [one.need for one in self.decay]
        if len(set(needs)) < len(needs):
            msg = "[[budget.decay]] names a need twice."
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """
    The ``[target]`` table of a study: the next rate to reach.

    Attributes
    ----------
    rate_percent, year
        Target, per cent of persons, and its year.
    source
        Who set it.
    series
        TOML with published figures; empty takes the one of the package.
    exit_share_low, exit_share_high, served_poor_share
        Assumed share of served poor households that leave poverty, from and to, and of the
        served that are poor, 0 to 1. Without all three the effect of the budget on the rate
        is not worked out: nothing is known of it.

    Examples
    --------
    >>> TargetSettings(7.5, 2029, source="RPJMD").exit_share_low is None
    True
    >>> TargetSettings(7.5, 2029, source="RPJMD", exit_share_low=0.1)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sibangkit_geo.errors.ConfigError: [target] exit_share_low, ... are given together, ...
    """

    rate_percent: float
    year: int
    source: str
    series: str = ""
    exit_share_low: float | None = None
    exit_share_high: float | None = None
    served_poor_share: float | None = None

    def __post_init__(self) -> None:
        """Check the rate and the assumption."""
        assumed = [self.exit_share_low, self.exit_share_high, self.served_poor_share]
        told = [one for one in assumed if one is not None]
        if told and (len(told) < len(assumed) or not all(0 <= one <= 1 for one in told)):
            msg = (
                "[target] exit_share_low, exit_share_high and served_poor_share are given "
                "together, each 0 to 1, or not at all."
            )
            raise ConfigError(msg)
        if told and told[0] > told[1]:
            msg = "[target] exit_share_low must not be above exit_share_high."
            raise ConfigError(msg)
        if not 0 <= self.rate_percent <= _PERCENT:
            msg = f"[target] rate_percent must be 0 to 100, got {self.rate_percent}."
            raise ConfigError(msg)
