"""Numbers in columns: marks decided by the column and the file, never guessed, never silent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sibangkit_geo.errors import DataError
from sibangkit_geo.model.numeric_columns import (
    Evidence,
    NumberKind,
    NumericColumn,
    file_mark,
)
from sibangkit_geo.sources.text_tables import NumericText, read_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COUNT = NumberKind(0, 1e6, whole=True)
SHARE = NumberKind(0, 100, per_cent=True)
AMOUNT = NumberKind(-1e12, 1e12)
RUPIAH = NumberKind(1e4, 1e8, money=True, nothing=math.nan)


def read(cells: Sequence[str | None], kind: NumberKind) -> list[float | str]:
    """Read a column by its own evidence; name cells that are no number or have two readings."""
    column = NumericColumn.of(pl.Series(cells, dtype=pl.String), kind)
    found = column.numbers(column.reading())
    told: list[float | str] = list(found.amounts.tolist())
    for at in np.flatnonzero(found.bad):
        told[at] = "bad"
    for at in np.flatnonzero(found.undecided):
        told[at] = "open"
    return told


@pytest.mark.parametrize(
    ("cells", "kind", "meant"),
    [
        # a count is whole, so the point parts thousands; the same of a comma
        (["1.104", "2.305", "327"], COUNT, [1104, 2305, 327]),
        (["1,104", "2,305", "327"], COUNT, [1104, 2305, 327]),
        # 2.000 may be two: nothing says
        (["1.000", "2.000"], COUNT, ["open", "open"]),
        # all cells of a count have decimals, or none has
        (["1.000", "2.000", "950"], COUNT, [1000, 2000, 950]),
        (["1.000", "2.000", "0"], COUNT, ["open", "open", 0]),
        (["1.104", "1.000"], COUNT, [1104, 1000]),
        (["1.104", "327", "2,000"], COUNT, [1104, 327, 2000]),
        (["1.104 KK", "45 jiwa", "\uff11\uff12"], COUNT, [1104, 45, 12]),
        # a share is at most 100
        (["8.150", "7,95", "12"], SHARE, [8.15, 7.95, 12]),
        (["1.104", "2.305"], SHARE, [1.104, 2.305]),
        (["8,15 %", "8.15%", "12 persen"], SHARE, [8.15, 8.15, 12]),
        (["0.0815e2%", "1e2%", "8.15e0"], SHARE, [8.15, 100, 8.15]),
        (["101", "-1"], SHARE, ["bad", "bad"]),
        # nothing is impossible of an index, so one sure cell decides for all
        (["1.104", "2.305"], AMOUNT, ["open", "open"]),
        (["1.250", "1.812", "1"], AMOUNT, ["open", "open", 1]),
        (["1.104", "36,5"], AMOUNT, [1104, 36.5]),
        (["1.104", "36.5"], AMOUNT, [1.104, 36.5]),
        (["1.104", "1.104.305"], AMOUNT, [1104, 1104305]),
        (["1.104", "0.815"], AMOUNT, [1.104, 0.815]),
        (["1.104", "12 345"], AMOUNT, [1.104, 12345]),
        (["1.104", "36,5", "36.5"], AMOUNT, ["open", 36.5, 36.5]),
        (["1.104e0", "1.104", "36,5"], AMOUNT, [1.104, 1104, 36.5]),
        (["1.5e-05", "\u22125", "+7", ".5"], AMOUNT, [1.5e-05, -5, 7, 0.5]),
        # rupiah have no thousandths
        (["938.000", "1.075.000", "Rp 671.000,-"], RUPIAH, [938000, 1075000, 671000]),
        (["938,000.50", "IDR 671,000"], RUPIAH, [938000.5, 671000]),
        (["480 ribu", "1,2 juta", "Rp 1.250 rb"], RUPIAH, [480000, 1200000, 1250000]),
        (["Rp. 1.200.000,00", "938"], RUPIAH, [1200000, "bad"]),
        # a count with decimals or an exponent is no count
        (["8.15", "1.104e0", "1,2E+04", "1 104", "1\u00a0104"], COUNT,
         ["bad", "bad", "bad", 1104, 1104]),
        # marks of Statistics Indonesia: revised figures, nothing, not available
        (["5x", "7r", "9 **)", "12*"], COUNT, [5, 7, 9, 12]),
        (["abc", "1,2,3", "1.23.456", "12a"], AMOUNT, ["bad"] * 4),
    ],
)  # fmt: skip
def test_a_column_decides_what_its_marks_mean(
    cells: list[str], kind: NumberKind, meant: list[float | str]
) -> None:
    assert read(cells, kind) == meant


@pytest.mark.parametrize("dash", ["-", "\u2013", "\u2014"])
def test_a_dash_is_nothing_in_a_table_and_no_answer_in_a_register(dash: str) -> None:
    assert read([dash, "5"], COUNT) == [0, 5]
    assert math.isnan(float(read([dash, "938.000"], RUPIAH)[0]))


@pytest.mark.parametrize(
    "mark", ["...", "\u2026", "NA", "n/a", "#N/A", "#DIV/0!", "nan", "", "t.a.d"]
)
def test_marks_for_no_data_are_missing(mark: str) -> None:
    found = read([mark, "5"], COUNT)
    assert math.isnan(float(found[0]))
    assert found[1] == 5


def test_the_other_columns_of_a_file_decide_what_stays_open() -> None:
    table = pd.DataFrame({"rasio": ["1.104", "2.305"], "miskin": ["8,15", "7,9"]}, dtype="string")
    kinds = {"rasio": AMOUNT, "miskin": SHARE}
    found, told = read_numbers(table, kinds, text=NumericText("desa.csv"))
    assert found["rasio"].tolist() == [1104, 2305]
    assert found["miskin"].tolist() == [pytest.approx(0.0815), pytest.approx(0.079)]
    assert "kolom rasio: koma = tanda desimal, titik = pemisah ribuan" in told[0].text


def test_a_count_never_takes_a_decimal_mark_from_its_file() -> None:
    # 2.000 households beside 8.15 per cent are hardly two
    table = pd.DataFrame({"kk": ["1.000", "2.000"], "miskin": ["8.15", "7.9"]}, dtype="string")
    kinds = {"kk": COUNT, "miskin": SHARE}
    with pytest.raises(DataError, match="column kk can be read in two ways"):
        read_numbers(table, kinds, text=NumericText("desa.csv"))
    table["miskin"] = table["miskin"].str.replace(".", ",")
    found, _ = read_numbers(table, kinds, text=NumericText("desa.csv"))
    assert found["kk"].tolist() == [1000, 2000]


@pytest.mark.parametrize(
    ("cells", "asked"),
    [
        (["0.0815", "8.15", "0.09", "9"], True),  # a hundredfold they lie where the others do
        (["0.024", "12", "0.55", "55", "2.4"], True),
        (["0", "0,1", "0,7", "0,9", "1,4", "2,1"], False),
        (["0.4", "3", "7", "12", "18", "25", "33", "41", "55"], False),  # one low end
        (["0.4", "0.9", "1.2", "3", "7", "12", "18", "33", "55"], False),
        (["0,5", "1,2", "3,4", "12"], False),  # a rare thing
        (["8 %", "0,09"], True),
        (["8 %", "8,15"], False),
    ],
)
def test_fractions_among_per_cents_are_asked(cells: list[str], asked: bool) -> None:  # noqa: FBT001
    table = pd.DataFrame({"miskin": cells}, dtype="string")
    if asked:
        with pytest.raises(DataError, match="shares ="):
            read_numbers(table, {"miskin": SHARE}, text=NumericText("desa.csv"))
    else:
        read_numbers(table, {"miskin": SHARE}, text=NumericText("desa.csv"))


def test_a_share_of_the_poor_is_seldom_below_one_per_cent() -> None:
    table = pd.DataFrame({"miskin": ["0,08", "0,09", "0,12", "1,5"]}, dtype="string")
    kind = NumberKind(0, 100, per_cent=True, common=True)
    with pytest.raises(DataError, match="mix fractions and per cents"):
        read_numbers(table, {"miskin": kind}, text=NumericText("desa.csv"))


def test_columns_that_disagree_decide_nothing_for_others() -> None:
    table = pd.DataFrame(
        {"a": ["1.104", "2.305"], "b": ["8,15", "7"], "c": ["8.15", "7"]}, dtype="string"
    )
    with pytest.raises(DataError, match=r"desa\.csv: column a can be read in two ways.*numerals"):
        read_numbers(table, dict.fromkeys("abc", AMOUNT), text=NumericText("desa.csv"))


def test_what_stays_open_is_asked_and_the_key_settles_it() -> None:
    table = pd.DataFrame({"rasio": ["1.104", "2.305"]}, dtype="string", index=[7, 9])
    with pytest.raises(DataError, match=r"rows: 2; first: 7, 9") as caught:
        read_numbers(table, {"rasio": AMOUNT}, text=NumericText("desa.csv"))
    assert "1.104" not in str(caught.value)
    for key, meant in (("id", [1104, 2305]), ("en", [1.104, 2.305])):
        text = NumericText("desa.csv", numerals=key)  # type: ignore[arg-type]
        assert read_numbers(table, {"rasio": AMOUNT}, text=text)[0]["rasio"].tolist() == meant


def test_the_key_refuses_cells_of_the_other_way() -> None:
    table = pd.DataFrame({"miskin": ["8.15", "7,9"]}, dtype="string", index=[2, 3])
    text = NumericText("desa.csv", numerals="id")
    with pytest.raises(DataError, match=r"first: 2\).*") as caught:
        read_numbers(table, {"miskin": SHARE}, text=text)
    assert 'numerals = "id"' in str(caught.value)


def test_all_faults_of_a_file_are_told_at_once() -> None:
    table = pd.DataFrame(
        {"kk": ["8.15", "12"], "miskin": ["101", "5"], "rasio": ["1.104", "2"]}, dtype="string"
    )
    kinds = {"kk": COUNT, "miskin": SHARE, "rasio": AMOUNT}
    with pytest.raises(DataError) as caught:
        read_numbers(table, kinds, text=NumericText("desa.csv"))
    assert all(f"column {name}" in str(caught.value) for name in kinds)
    assert caught.value.rows is not None
    assert caught.value.rows.index.tolist() == [0]


def test_shares_that_are_fractions_are_refused_with_the_way_out() -> None:
    table = pd.DataFrame({"miskin": ["0,0815", "0,0795", "0"]}, dtype="string", index=[2, 3, 4])
    with pytest.raises(DataError, match=r'rows: 2; first: 2, 3.*shares = "fraction"'):
        read_numbers(table, {"miskin": SHARE}, text=NumericText("desa.csv"))
    asked = {
        key: read_numbers(table, {"miskin": SHARE}, text=NumericText("desa.csv", shares=key))
        for key in ("fraction", "percent")
    }
    assert asked["fraction"][0]["miskin"].tolist() == [0.0815, 0.0795, 0]
    assert asked["percent"][0]["miskin"].tolist() == pytest.approx([0.000815, 0.000795, 0])


def test_a_fraction_above_one_is_none() -> None:
    table = pd.DataFrame({"miskin": ["0,08", "1,2"]}, dtype="string")
    text = NumericText("desa.csv", shares="fraction")
    with pytest.raises(DataError, match="fractions above 1"):
        read_numbers(table, {"miskin": SHARE}, text=text)


def test_cells_with_a_sign_need_no_asking() -> None:
    table = pd.DataFrame({"miskin": ["0,08 %", "0,5%"]}, dtype="string")
    found, _ = read_numbers(table, {"miskin": SHARE}, text=NumericText("desa.csv"))
    assert found["miskin"].tolist() == [0.0008, 0.005]


@given(
    cells=st.lists(
        st.sampled_from(["1.104", "36,5", "36.5", "12 345", "950", "2.000", "", "0"]), max_size=12
    ),
    cut=st.integers(0, 12),
)
def test_evidence_of_two_parts_adds_up_to_that_of_the_whole(cells: list[str], cut: int) -> None:
    def evidence(part: list[str]) -> Evidence:
        return NumericColumn.of(pl.Series(part, dtype=pl.String), AMOUNT).evidence

    assert evidence(cells[:cut]) + evidence(cells[cut:]) == evidence(cells)


@given(st.lists(st.text(alphabet="0123456789.,-%e rRpKx\u00a0'", max_size=9), max_size=8))
def test_no_cell_is_read_and_refused_at_once(cells: list[str]) -> None:
    column = NumericColumn.of(pl.Series(cells, dtype=pl.String), AMOUNT)
    for mark in ("", ",", "."):
        found = column.numbers(mark)
        assert not (found.bad & ~np.isnan(found.amounts)).any()
        assert not (found.undecided & ~np.isnan(found.amounts)).any()
        assert not mark or not found.undecided.any()


def test_a_file_without_numbers_proves_nothing() -> None:
    assert file_mark([]) == ""
    assert file_mark([Evidence(comma=3), Evidence(open_point=2)]) == ","
    assert file_mark([Evidence(comma=3), Evidence(point=1)]) == ""


def test_tables_in_every_convention_and_format_are_read_as_meant(
    benchmark: Callable[[str], Any],
) -> None:
    # a short form of benchmarks/numerals.py, whose long form writes 2,000 tables
    trial = benchmark("numerals")
    ended = trial.trial(100)
    assert set(ended) <= {"read", "refused, open"}
    assert ended["read"] >= 95
