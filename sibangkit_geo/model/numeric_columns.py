"""
What the cells of a column say as numbers: the column decides what its marks mean.

A cell such as ``1.104`` has two readings, 1104 and 1,104 (1 and a bit). Its own column tells
which: other cells have one reading only (``36,5``, ``1.104.000``, a share above 100, a count that
would not be whole). What stays open after the column and the file is never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

#: how a file writes its numbers: Indonesian ``1.234,5`` or English ``1,234.5``
Numerals = Literal["", "id", "en"]
#: decimal mark of a column; empty where no cell asks for one
Mark = Literal["", ".", ","]
#: what cells with two readings are read by: a decimal mark, or all marks part thousands
Reading = Literal["", ".", ",", "thousands"]
DECIMAL_MARK: dict[str, Mark] = {"id": ",", "en": ".", "": ""}

_SPACES = r"[\s\u00a0\u2007\u2009\u202f]"
# spaces and apostrophes part thousands (SI; Excel in French and Swiss settings)
_PARTED = rf"^-?[1-9]\d{{0,2}}(?:(?:{_SPACES}|['\u2019])\d{{3}})+(?:[.,]\d+)?$"
_INDONESIAN = r"^-?(?:[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?|,\d+)$"
_ENGLISH = r"^-?(?:[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)$"
# as readers write what a program stored as a number, and as programs print very small ones
_STORED = r"^-?\d+(?:\.\d+)?e(?:0|2|-\d+)$"
_EXPONENT = r"^-?\d+(?:[.,]\d+)?[eE][+-]?\d+$"
_BEFORE_MONEY = rf"(?i)^(?:rp|idr)\.?{_SPACES}*"
_BEHIND_MONEY = rf"(?i){_SPACES}*(?:[,.]-+|rupiah|rp)$"
_PER_CENT = rf"(?i){_SPACES}*(?:%|persen)$"
# Statistics Indonesia's marks ("Tidak ada atau nol: -", "Data tidak tersedia: ..."), those of
# spreadsheets and programs, and the marks of a figure that will be revised
_NOTHING = r"^[-\u2013\u2014\u2212]{1,2}$"
_ABSENT = (
    r"(?i)^(?:\.{2,}|\u2026+|n\.?/?a\.?|#?n/a|#div/0!|#value!|#ref!|#name\?|#num!|#null!|nan|null|"
    r"none|t\.?a\.?d\.?|\*{1,3}|tidak (?:ada data|tersedia)|data tidak tersedia|tidak diketahui)$"
)
# words behind a count or an amount that say what it is of, and those that multiply it
_UNIT = rf"(?i){_SPACES}*(?:kk|jiwa|orang|org|keluarga|ruta|rumah tangga|unit|buah)\.?$"
_SCALES = {"ribu": 1e3, "rb": 1e3, "juta": 1e6, "jt": 1e6}
_SCALE = rf"(?i)^(.*?\d){_SPACES}*(ribu|rb|juta|jt)$"
_REVISED = r"(\d)\s*(?:x{1,3}|r|e|\*{1,3}\)?)$"
_THREE_DIGITS = r"[.,]\d{3}$"
_NEVER = r"^\b$"


@dataclass(frozen=True, slots=True)
class NumberKind:
    """
    What the numbers of a column can be.

    `low`, `high`: Ends of what is possible, both allowed.
    `whole`: A count of things: no decimals.
    `money`: Rupiah: two decimals or none, so three digits behind a mark are thousands.
    `per_cent`: Cells may carry a per-cent sign.
    `common`: A share that in most places is above 1 per cent, such as that of the poor.
    `nothing`: What a lone dash says: 0 in tables of Statistics Indonesia; missing in answers.
    """

    low: float
    high: float
    whole: bool = False
    money: bool = False
    per_cent: bool = False
    common: bool = False
    nothing: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    How the cells of a column are written; evidence of two parts of a column adds up.

    `comma`, `point`: Cells with one reading, in which the comma (the point) is the decimal mark.
    `parted`: Cells whose thousands are parted by spaces.
    `open_comma`, `open_point`: Cells with two readings, by the mark they hold.
    `plain`: Cells of digits alone, other than 0.
    """

    comma: int = 0
    point: int = 0
    parted: int = 0
    open_comma: int = 0
    open_point: int = 0
    plain: int = 0

    def __add__(self, other: Evidence) -> Evidence:
        """Add the evidence of further cells."""
        pairs = ((getattr(self, one.name), getattr(other, one.name)) for one in fields(self))
        return Evidence(*(mine + theirs for mine, theirs in pairs))

    @property
    def is_open(self) -> bool:
        """Whether any cell has two readings."""
        return self.open_comma + self.open_point > 0

    @property
    def mixed(self) -> bool:
        """Whether cells with one reading disagree."""
        return bool(self.comma and self.point)

    def own_mark(self) -> Mark:
        """
        Tell the decimal mark that the column itself proves.

        Returns: Empty where its cells prove none, or disagree.
        """
        if self.comma or self.point:
            return "" if self.mixed else "," if self.comma else "."
        if self.parted and bool(self.open_comma) != bool(self.open_point):
            # thousands are parted by spaces, so the other mark is the decimal one
            return "," if self.open_comma else "."
        return ""

    def in_words(self, mark: Reading = "") -> str:
        """
        Say in Indonesian what the marks of the column mean.

        `mark`: How its cells with two readings are read.
        Returns: Empty where there was nothing to decide.
        """
        if mark == "thousands":
            marks = {"titik": self.open_point or self.comma, "koma": self.open_comma or self.point}
            told = [name for name, number in marks.items() if number]
            return f"{' dan '.join(told)} = pemisah ribuan" if told else ""
        if self.mixed:
            return "desimal ditulis dengan koma dan dengan titik"
        decided = mark or self.own_mark()
        if not decided or (decided == "." and not self.is_open) or not (self.comma or self.is_open):
            # a decimal point alone is how programs write
            return ""
        thousands, decimal = ("titik", "koma") if decided == "," else ("koma", "titik")
        return f"{decimal} = tanda desimal, {thousands} = pemisah ribuan"


def file_mark(evidence: Iterable[Evidence]) -> Mark:
    """
    Tell the decimal mark that the columns of one file agree on.

    `evidence`: Of every column of numbers.
    Returns: Empty where none proves one, or they disagree.
    """
    listed = [*evidence]
    marks = {one.own_mark() for one in listed} - {""}
    if len(marks) > 1 or any(one.mixed for one in listed):
        return ""
    return next(iter(marks), "")


@dataclass(frozen=True, slots=True)
class Numbers:
    """
    A column, or a part of one, read.

    Attributes
    ----------
    amounts
        Missing where a cell is empty, says that there are no data, or is `bad`.
    bad
        Cells that say something which is no such number.
    undecided
        Cells with two readings that nothing decides.
    signed
        Cells with a per-cent sign.
    nothing, absent
        How many cells are a dash, and a mark for "no data".
    """

    amounts: NDArray[np.float64]
    bad: NDArray[np.bool_]
    undecided: NDArray[np.bool_]
    signed: NDArray[np.bool_]
    nothing: int
    absent: int


@dataclass(frozen=True, slots=True)
class NumericColumn:
    """
    The words of a column (or of a part of one), each with what it can say.

    Attributes
    ----------
    cells
        Text as it came, empty is null; shape (n,).
    kind
        What its numbers can be.
    words
        One row per distinct word that is not digits alone, with both readings.
    evidence
        How the cells are written.
    """

    cells: pl.Series
    kind: NumberKind
    words: pl.DataFrame
    evidence: Evidence

    @classmethod
    def of(cls, cells: pl.Series, kind: NumberKind) -> NumericColumn:
        """
        Look at every distinct word once.

        `cells`: Text; empty is null.
        """
        cells = cells.rename("word")
        digits = cells.cast(pl.Int64, strict=False)
        others = cells.filter(digits.is_null() & cells.is_not_null())
        counted = others.value_counts(name="cells")
        words = _readings(counted, kind)
        plain = int(((digits.drop_nulls()) != 0).sum())
        return cls(cells, kind, words, _evidence(words, plain))

    def reading(self, of_file: Mark = "") -> Reading:
        """
        Decide how cells with two readings are read.

        A count has no decimals unless all its cells have: where one cell is written without,
        three digits behind a mark are thousands. It never takes a decimal mark from its file,
        which would make it a thousandth.

        `of_file`: Decimal mark that the other columns agree on.
        Returns: Empty where nothing decides.
        """
        told = self.evidence
        if not self.kind.whole:
            return told.own_mark() or ("" if told.mixed else of_file)
        if told.plain or told.comma or told.point or told.parted:
            return "thousands"
        parts = {",": told.open_point, ".": told.open_comma}.get(of_file, 0)
        return "thousands" if parts == told.open_point + told.open_comma > 0 else ""

    def numbers(self, mark: Reading, *, strict: bool = False) -> Numbers:
        """
        Read the cells.

        `mark`: How cells with two readings are read; empty leaves them undecided.
        `strict`: Refuse cells that are written with the other mark.
        """
        decided = {
            "": pl.col("none"),
            ",": pl.col("comma"),
            ".": pl.col("point"),
            "thousands": pl.max_horizontal("comma", "point"),
        }[mark]
        value = pl.when(pl.col("open") == "").then("value").otherwise(decided)
        if strict:
            other = {",": "point", ".": "comma"}.get(mark, "")
            value = pl.when(pl.col("certain") != other).then(value)
        words = self.words.select("word", "signed", "says", "open", value)
        frame = self.cells.to_frame().join(words, on="word", how="left", maintain_order="left")
        number = pl.col("word").cast(pl.Int64, strict=False).cast(pl.Float64)
        fits = (number >= self.kind.low) & (number <= self.kind.high)
        nothing, absent = (pl.col("says") == word for word in ("nothing", "absent"))
        undecided = (pl.col("open") != "") & (mark == "")
        said = pl.col("word").str.strip_chars() != ""
        read = frame.with_columns(value=pl.coalesce(pl.when(fits).then(number), "value")).select(
            "value",
            pl.col("signed").fill_null(value=False),
            nothing=nothing.fill_null(value=False),
            absent=absent.fill_null(value=False),
            undecided=undecided.fill_null(value=False),
            said=said.fill_null(value=False),
        )
        silent = pl.col("value").is_null() & pl.col("said")
        bad = silent & ~pl.col("nothing") & ~pl.col("absent") & ~pl.col("undecided")
        amounts = pl.when("nothing").then(self.kind.nothing).otherwise(pl.col("value"))
        return Numbers(
            read.select(amounts.fill_null(float("nan"))).to_series().to_numpy(),
            read.select(bad).to_series().to_numpy(),
            read["undecided"].to_numpy(),
            read["signed"].to_numpy(),
            int(read["nothing"].sum()),
            int(read["absent"].sum()),
        )


def _evidence(words: pl.DataFrame, plain: int) -> Evidence:
    asked = {
        "comma": pl.col("certain") == "comma",
        "point": pl.col("certain") == "point",
        "parted": pl.col("certain") == "parted",
        "open_comma": pl.col("open") == ",",
        "open_point": pl.col("open") == ".",
    }
    counts = [pl.col("cells").filter(which).sum().alias(name) for name, which in asked.items()]
    return Evidence(**words.select(counts).row(0, named=True), plain=plain)


def _readings(words: pl.DataFrame, kind: NumberKind) -> pl.DataFrame:
    """Give each word its readings: one value, or what comma and point would say."""
    # full-width digits and spaces of all widths become plain ones
    text = pl.col("word").str.normalize("NFKC").str.strip_chars().str.strip_prefix("'")
    scale = pl.lit(1.0)
    if kind.money:
        text = text.str.replace(_BEFORE_MONEY, "").str.replace(_BEHIND_MONEY, "")
        word = text.str.extract(_SCALE, 2).str.to_lowercase()
        scale = word.replace_strict(_SCALES, default=1.0, return_dtype=pl.Float64)
        text = pl.coalesce(text.str.extract(_SCALE, 1), text)
    elif kind.whole:
        text = text.str.replace(_UNIT, "")
    signed = text.str.contains(_PER_CENT) & kind.per_cent
    text = pl.when(signed).then(text.str.replace(_PER_CENT, "")).otherwise(text)
    text = text.str.replace("^[\u2212\u2013](.)", "-$1").str.strip_prefix("+")
    text = text.str.replace(_REVISED, "${1}")
    says = (
        pl.when(text.str.contains(_NOTHING))
        .then(pl.lit("nothing"))
        .when(pl.col("word").str.strip_chars().str.contains(_ABSENT))
        .then(pl.lit("absent"))
        .otherwise(pl.lit(""))
    )
    table = words.with_columns(
        text.alias("text"), signed.alias("signed"), says.alias("says"), scale.alias("scale")
    )
    return _judged(_possible(table, kind))


def _possible(table: pl.DataFrame, kind: NumberKind) -> pl.DataFrame:
    """Read each word in every way that its grammar and the column allow."""
    text = pl.col("text")
    pointed = text.str.replace(",", ".", literal=True)
    joined = text.str.replace_all(rf"{_SPACES}|['\u2019]", "").str.replace(",", ".", literal=True)
    exact = not (kind.whole or kind.money)
    ways = {
        "comma": (text.str.replace_all(".", "", literal=True).str.replace(",", "."), _INDONESIAN),
        "point": (text.str.replace_all(",", "", literal=True), _ENGLISH),
        "parted": (joined, _PARTED),
        "stored": (text, _STORED),
        # what is written with an exponent may have lost digits, which a count cannot do
        "exponent": (pointed, _EXPONENT if exact else _NEVER),
    }
    read = table.with_columns(
        pl.when(text.str.contains(grammar)).then(_number(plain, kind)).alias(name)
        for name, (plain, grammar) in ways.items()
    )
    if not kind.money:
        return read
    # rupiah have no thousandths: where a mark can part thousands it does
    both = pl.col("comma").is_not_null() & pl.col("point").is_not_null()
    thousands = both & text.str.contains(_THREE_DIGITS) & (pl.col("scale") == 1)
    return read.with_columns(
        comma=pl.when(~(thousands & text.str.contains(",", literal=True))).then("comma"),
        point=pl.when(~(thousands & text.str.contains(".", literal=True))).then("point"),
    )


def _judged(read: pl.DataFrame) -> pl.DataFrame:
    """Tell words with two readings from those with one, and what the latter prove."""
    two = pl.col("comma").is_not_null() & pl.col("point").is_not_null()
    differ = two & (pl.col("comma") != pl.col("point"))
    mark = pl.col("text").str.extract(r"([.,])\d*$").fill_null("")
    named = {"": "parted", ",": "comma", ".": "point"}
    certain = (
        pl.when(differ | pl.col("stored").is_not_null())
        .then(pl.lit(""))
        .when(pl.col("parted").is_not_null())
        .then(mark.replace_strict(named, return_dtype=pl.String))
        .when(mark == "")
        .then(pl.lit(""))
        .when(pl.col("comma").is_not_null())
        .then(pl.lit("comma"))
        .when(pl.col("point").is_not_null())
        .then(pl.lit("point"))
        .otherwise(pl.lit(""))
    )
    return read.with_columns(
        value=pl.coalesce("stored", "comma", "point", "parted", "exponent"),
        open=pl.when(differ).then(mark).otherwise(pl.lit("")),
        certain=certain,
        none=pl.lit(None, dtype=pl.Float64),
    )


def _number(text: pl.Expr, kind: NumberKind) -> pl.Expr:
    """Turn text with a decimal point into a number that the column can hold."""
    value = text.cast(pl.Float64, strict=False) * pl.col("scale")
    fits = (value >= kind.low) & (value <= kind.high)
    return pl.when(fits & (value == value.floor()) if kind.whole else fits).then(value)
