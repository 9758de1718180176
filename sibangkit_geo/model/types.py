"""The types that stages hand to each other; of households only pseudonymous cards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, get_args

from sibangkit_geo.errors import DataError, columns_hint
from sibangkit_geo.model.backdrop import Backdrop

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

Unit = Literal["percent", "count", "index"]
UNITS: tuple[Unit, ...] = ("percent", "count", "index")
Worse = Literal["high", "low"]

#: coordinates are whole numbers of this many to the degree: 1.1 m
PER_DEGREE: Final = 100_000

#: keys of households, which counts are protected with, are whole numbers below this
KEYS: Final = 1 << 32

#: probability from which a village is called the core of its pocket: where the trial says .8 or
#: more, 97 of 100 villages do belong
CORE: Final = 0.8

#: needs are bits of one number
MOST_NEEDS: Final = 32


PlaceLevel = Literal["regency", "pocket", "rest", "district", "village"]


@dataclass(frozen=True, slots=True)
class Place:
    """
    A place that needs, roles and money are counted for; ordered from the regency down.

    Attributes
    ----------
    level
        ``"rest"`` is what is left of a district outside all pockets.
    id
        Dotted code; the number of a pocket.

    Examples
    --------
    >>> places = [Place("village", "16.07.01.2001"), Place("pocket", "10"), Place("pocket", "2")]
    >>> [str(one) for one in sorted(places)]
    ['kantong 2', 'kantong 10', '16.07.01.2001']
    """

    level: PlaceLevel
    id: str

    def __str__(self) -> str:
        """Write the key as tables show it."""
        return f"kantong {self.id}" if self.level == "pocket" else self.id

    def __lt__(self, other: Place) -> bool:
        """Order by level, then by number or code: a shorter number is a smaller one."""
        return self._rank < other._rank

    @property
    def _rank(self) -> tuple[int, int, str]:
        return (get_args(PlaceLevel).index(self.level), len(self.id), self.id)


@dataclass(frozen=True, slots=True)
class Note:
    """
    Something a reader must know; it travels with the data and is printed in every product.

    Attributes
    ----------
    key
        Stable name of the kind of note, for tests and translations.
    text
        Sentence in Indonesian, without any personal value.
    count
        Rows or villages concerned; 0 where counting makes no sense.

    Examples
    --------
    >>> note = Note("isolates_unlinked", "2 desa tidak mempunyai tetangga.", 2)
    >>> note.key, note.count
    ('isolates_unlinked', 2)
    """

    key: str
    text: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Boundaries:
    """
    A valid coverage of village polygons; one row per village.

    Attributes
    ----------
    villages
        Indexed by ``village_code`` (dotted), columns ``name``, ``district_code``,
        ``district_name``, ``geometry`` in a metric CRS.
    official
        All official villages, indexed alike, columns ``name``, ``district_code``,
        ``district_name``, ``has_polygon``.
    context
        Neighbouring regencies, columns ``name``, ``geometry``; may be empty.
    regency
        Dotted regency code.
    approximate
        True when the polygons are not official ones.
    source
        Words for the source line.
    notes
        What was cleaned or is missing.
    backdrop
        Land, sea and lines that maps draw under and around the villages.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> square = gpd.GeoDataFrame(index=["16.07.01.2001"], geometry=[box(0, 0, 9, 9)])
    >>> names = square.drop(columns="geometry")
    >>> square = square.set_crs("EPSG:32748")
    >>> Boundaries(square, names, square.iloc[:0], "16.07", False, "BIG", ()).approximate
    False
    >>> degrees = square.to_crs("EPSG:4326")
    >>> none = degrees.iloc[:0]
    >>> Boundaries(degrees, names, none, "16.07", False, "BIG", ())  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sibangkit_geo.errors.DataError: Boundaries are not in a metric CRS. Project them before...
    """

    villages: gpd.GeoDataFrame
    official: pd.DataFrame
    context: gpd.GeoDataFrame
    regency: str
    approximate: bool
    source: str
    notes: tuple[Note, ...]
    backdrop: Backdrop = field(default_factory=Backdrop)

    def __post_init__(self) -> None:
        """Check codes, CRS and that each polygon belongs to an official village."""
        twice = self.villages[self.villages.index.duplicated(keep=False)]
        if len(twice):
            msg = "Village codes stand twice in the boundary file"
            raise DataError(msg, rows=twice, remedy="Keep one polygon per code (dissolve parts).")
        if self.villages.crs is None or self.villages.crs.is_geographic:
            msg = "Boundaries are not in a metric CRS"
            raise DataError(msg, remedy="Project them before building Boundaries.")
        stray = self.villages[~self.villages.index.isin(self.official.index)]
        if len(stray):
            msg = "Polygons of villages that are not on the official list"
            raise DataError(msg, rows=stray, remedy="Add them to the list or drop them.")


@dataclass(frozen=True, slots=True)
class Indicator:
    """
    What a column of numbers means.

    Attributes
    ----------
    name
        Column in the village table, snake case.
    label
        Indonesian words for legends.
    unit
        ``"percent"`` values are kept as shares 0 to 1; ``"count"``; ``"index"`` as it came.
    worse
        Which end is bad: ``"high"`` or ``"low"``.
    denominator
        Who the share is of, in Indonesian; empty for an index.
    agency
        Key of the agency whose concern it is; empty when everybody's.
    source
        Words for the source line.
    year
        Year of the data, not of the study.
    count_column
        Column with the number concerned, beside the share; empty when there is none.
    count_label
        Indonesian words for it.
    base_column
        Column with the number that the share is of.
    note
        One sentence that must stand beside it.
    same
        Further columns that tell the same and are emptied with it.
    detail
        Further columns with households out of `base_column`, of whom the number concerned is
        a part or not.

    Examples
    --------
    >>> roof = Indicator(
    ...     "roof_share", "Atap tidak layak", "percent", "high", "rumah tangga", "perkimtan",
    ...     "Regsosek", 2023, base_column="known_roof",
    ... )
    >>> roof.answered_of
    'households'
    """

    name: str
    label: str
    unit: Unit
    worse: Worse
    denominator: str
    agency: str
    source: str
    year: int
    count_column: str = ""
    count_label: str = ""
    base_column: str = "households"
    note: str = ""
    same: tuple[str, ...] = ()
    detail: tuple[str, ...] = ()

    @property
    def answered_of(self) -> str:
        """Column that `base_column` is the answered part of; empty where it is the whole."""
        if self.base_column in {"known_people", "multidimensional_people"}:
            return "people"
        return "households" if self.base_column.startswith("known_") else ""


@dataclass(frozen=True, slots=True)
class Profiles:
    """
    A table of village indicators as it came; one row per row of the file.

    Attributes
    ----------
    rows
        Indexed by row number of the file (header = 1). Columns ``code``, ``district_name``,
        ``village_name`` (text), ``households``, ``people`` (counts or missing), ``poor_share`` (0
        to 1 or missing) and one column per indicator.
    indicators
        Definitions of the indicator columns.
    code_system
        Which area codes ``code`` holds.
    year, source
        Of the data.
    notes
        How the file was read, and what was left out.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"code": ["16.07.01.2001"], "poor_share": [0.085]}, index=[2])
    >>> Profiles(rows, (), "kemendagri", 2024, "BPS", ()).rows.loc[2, "poor_share"].item()
    0.085
    """

    rows: pd.DataFrame
    indicators: tuple[Indicator, ...]
    code_system: str
    year: int
    source: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Located:
    """
    Which village each row of a table belongs to; one row per row of the file.

    `rows`: Indexed like the table: ``village_code`` (missing when not located), ``how`` (``code``,
        ``name``, ``spelling``, ``split``, ``point``, ``review`` or ``none``), ``score`` (0 to 1)
        and ``name_in_table``.
    """

    rows: pd.DataFrame
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class VillageCounts:
    """
    Additive counts of households; one row per village.

    Attributes
    ----------
    table
        Indexed by ``village_code``: ``households``, ``people``, ``poor_households``,
        ``poor_people`` and, per need, ``deprived_KEY``, ``unserved_KEY`` and ``known_KEY``
        (households whose answer is known). A column whose name ends in ``_max`` holds the
        largest amount that one household added.
    keys
        Sum of the keys of the households counted, 32 bits, indexed alike, columns by count;
        None where nothing is to be protected.

    Examples
    --------
    >>> import pandas as pd
    >>> one = VillageCounts(pd.DataFrame({"households": [2], "people_max": [5]}, index=["a"]))
    >>> two = VillageCounts(pd.DataFrame({"households": [3, 4], "people_max": 4}, index=["a", "b"]))
    >>> (one + two).table.to_dict("index")
    {'a': {'households': 5.0, 'people_max': 5}, 'b': {'households': 4.0, 'people_max': 4}}
    """

    table: pd.DataFrame
    keys: pd.DataFrame | None = field(default=None, repr=False)

    def __add__(self, other: VillageCounts) -> VillageCounts:
        """Add two tallies of different households, village by village."""
        table = self.table.add(other.table, fill_value=0)
        for name in table.columns[table.columns.str.endswith("_max")]:
            mine, theirs = (
                one.table[name].reindex(table.index, fill_value=0) for one in (self, other)
            )
            table[name] = mine.clip(lower=theirs)
        if self.keys is None or other.keys is None:
            return VillageCounts(table)
        # whole numbers of 32 bits: what is carried over is lost on both ways of adding
        keys = [one.reindex(table.index, fill_value=0) for one in (self.keys, other.keys)]
        return VillageCounts(table, keys[0] + keys[1])


@dataclass(frozen=True, slots=True)
class VillageIndicators:
    """
    Every village of the official list with its numbers; one row per village.

    `villages`: Indexed by ``village_code``: ``name``, ``district_code``, ``district_name``,
        ``status`` (``ok``, ``no_polygon``, ``no_data``), ``households``, ``people``,
        ``poor_households`` and one column per indicator; geometry in the study CRS, empty without
        polygon.
    `indicators`: Definitions, in the order of display; the first is the poverty rate.
    """

    villages: gpd.GeoDataFrame
    indicators: tuple[Indicator, ...]
    notes: tuple[Note, ...]

    def __post_init__(self) -> None:
        """Check that every definition has its column."""
        for one in self.indicators:
            for column in filter(None, (one.name, one.count_column, one.base_column)):
                if column not in self.villages:
                    msg = f"Indicator column {column} is missing from the village table"
                    hint = columns_hint([column], self.villages.columns)
                    raise DataError(msg, remedy=f"Define only what was measured. {hint}")


@dataclass(frozen=True, slots=True)
class Pockets:
    """
    Poverty pockets: neighboring villages that are significantly worse off together.

    Attributes
    ----------
    members
        Pocket number of each village in a pocket, indexed by ``village_code``.
    outlines
        One row per pocket, indexed by pocket number: ``evidence``, ``p_value``, ``rate`` (poor
        / households), ``relative_risk`` with ``relative_risk_low`` and ``relative_risk_high``
        (95 %), ``poor``, ``expected``, ``households``, ``n_villages`` and dissolved geometry in
        the study CRS. The relative risk allows for the outline having been chosen for its
        rates, and so is usually less than ``rate`` over the rate outside.
    villages
        One row per tested village: ``rate``, ``pocket``, ``membership`` (probability that it
        belongs to a pocket; missing farther than two villages from every one).
    p_value
        Chance of a concentration at least as strong if poverty were spread over the villages
        at random; missing when nothing was tested.
    overdispersion
        Intra-village correlation rho, 0 to 1; missing when nothing was tested.
    alpha, replicates, seed
        Of the test.
    notes
        What was left out, linked, or not tested.
    neighbors
        One row per pair of neighbors in the test: ``village_code``, ``neighbor_code``; None
        where it was not kept.
    wide_members, wide
        Number of each village in a part of a wide pattern, and their outlines, as of pockets;
        no pockets, and numbered apart. ``relative_risk`` of these is that of the pattern (the
        rate expected from it, inside over outside all zones, without the noise that the zone
        was chosen for), without an interval; ``rate``, ``poor`` and ``households`` are as
        counted. None where nothing was asked.
    smallest_risks
        For a pocket of so many villages, the relative risk from which this map would probably
        have shown it; infinite where none could be. Empty where nothing was tested.

    Examples
    --------
    >>> import pandas as pd
    >>> members = pd.Series({"a": 1, "b": 1, "c": 2})
    >>> outlines = pd.DataFrame({"n_villages": [2, 1]}, index=[1, 2])
    >>> sure = pd.DataFrame({"membership": {"a": 0.95, "b": 0.6, "c": 0.9}})
    >>> found = Pockets(members, outlines, sure, 0.01, 0.02, alpha=0.05, replicates=99, seed=1)
    >>> len(found), found.core_villages  # of pocket 2 all villages are as sure
    (2, {1: ['a']})
    """

    members: pd.Series
    outlines: gpd.GeoDataFrame
    villages: pd.DataFrame
    p_value: float
    overdispersion: float
    alpha: float
    replicates: int
    seed: int
    notes: tuple[Note, ...] = field(default=())
    neighbors: pd.DataFrame | None = None
    wide_members: pd.Series | None = None
    wide: gpd.GeoDataFrame | None = None
    smallest_risks: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        """Check that every village points at a pocket which has an outline."""
        strays = self.members[~self.members.isin(self.outlines.index)]
        if len(strays):
            msg = "Villages assigned to a pocket without outline"
            raise DataError(msg, rows=strays.to_frame(), remedy="Rebuild the pockets.")

    def __len__(self) -> int:
        """Count the pockets."""
        return len(self.outlines)

    @property
    def core_villages(self) -> dict[int, list[str]]:
        """
        Villages that belong to a pocket with a probability of `CORE` or more, by its number.

        Only pockets that have others too: where all are as sure, there is no core to tell.
        """
        if "membership" not in self.villages:
            return {}
        sure = self.villages["membership"].reindex(self.members.index) >= CORE
        every, own = self.members.groupby(self.members), self.members[sure]
        return {
            int(str(number)): list(codes)
            for number, codes in own.groupby(own).groups.items()
            if len(codes) < len(every.groups[number])
        }

    @property
    def wide_villages(self) -> dict[int, list[str]]:
        """Villages of each part of a wide pattern, by its number; empty where there is none."""
        if self.wide_members is None:
            return {}
        groups = self.wide_members.groupby(self.wide_members).groups
        return {int(str(number)): list(codes) for number, codes in groups.items()}


@dataclass(frozen=True, slots=True)
class AgencyNeeds:
    """
    What each agency finds in each village.

    `table`: One row per agency and village with data: ``agency``, ``indicator``, ``village_code``,
        ``share`` (0 to 1 or missing), ``households`` (number concerned, missing for an index),
        ``excess`` (households above the number expected at the regency's share).
    `places`, `roles`, `targeting`: Needs, leading agencies and targeting errors of places, with a
        column ``level``; None before they are worked out.
    """

    table: pd.DataFrame
    indicators: Mapping[str, tuple[str, ...]]
    places: pd.DataFrame | None = None
    roles: pd.DataFrame | None = None
    targeting: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Pledge:
    """
    What a partner has promised in one place.

    `partner`, `name`: Key and name of the partner.
    `place`: A village or a pocket.
    `indicator`: Need that is answered.
    `units`: Households to be served, at least 1.
    `counted`: Of them, those whose need the data have and no earlier pledge answers.
    """

    partner: str
    name: str
    place: Place
    indicator: str
    units: int
    year: int
    counted: int = 0


@dataclass(frozen=True, slots=True)
class InputFile:
    """
    One file that was read.

    `name`: File name without folder.
    `sha256`: Checksum of its bytes.
    `source`: Words for the source line; empty when the study names none.
    """

    role: str
    name: str
    sha256: str
    source: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """
    Where a result comes from.

    `inputs`: Files read, in order.
    `seed`: Seed of every random draw.
    `created`: ISO time in UTC of the run, the only thing that differs between two equal runs.
    """

    inputs: tuple[InputFile, ...]
    settings: Mapping[str, object]
    seed: int
    versions: Mapping[str, str]
    created: str


#: rows of the k-th of several sheets that are read as one table are numbered from k times this on
ROWS_OF_A_SHEET: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """
    Rows of a file that one rule of the intake concerns; never a value of theirs.

    `column`: Header of the column, empty where the whole row is concerned.
    `rows`: Row numbers as a spreadsheet shows them, ascending; none where the whole column or file
        is concerned. Where several sheets are read, `IntakeReport.place` tells whose they are.
    `detail`: What the rule needs to say besides, without any personal value.
    `about`: How many rows, in tens, where the rows themselves are not told; 0 else.
    """

    kind: str
    column: str
    rows: tuple[int, ...]
    detail: str = ""
    about: int = 0


@dataclass(frozen=True, slots=True)
class IntakeReport:
    """
    What the intake found in one file; one entry per rule and column.

    `findings`: In the order of the catalogue.
    `columns`: Header to the variable it was recognised as; empty for unknown ones.
    `sheets`: Sheets that were read as one table, in order; none where there was one alone.
    `remarks`: How the file was read, in Indonesian, without any value.
    """

    file: str
    rows_in: int
    rows_located: int
    findings: tuple[Finding, ...]
    columns: Mapping[str, str]
    sheets: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def place(self, row: int) -> tuple[str, int]:
        """
        Tell where a row of a finding stands.

        Returns: Sheet, empty where only one was read, and the row number that it shows.
        """
        if not self.sheets:
            return "", row
        sheet, number = divmod(row, ROWS_OF_A_SHEET)
        return self.sheets[sheet], number


@dataclass(frozen=True, slots=True)
class HouseCards:
    """
    Houses without anything that names their people; one row per house.

    Rows are ordered by village, and within a village along a curve through the place, so
    that their order tells nothing of the register's.

    `needs`: Labels; bit ``i`` of the masks is the ``i``-th need, at most 32.
    `groups`: Labels of the decile groups, or of poor and not poor.
    `per_village`: Houses of each village with polygon, in the order of the page.
    `east`, `north`: Whole 1e-5 degrees, shape (n_houses,).
    `deprived`, `served`: Bit masks of needs: the house is deprived; it receives what answers the
        need.
    `group`, `poor`: Position among `groups`; who is poor.
    `photo`: Position among `photos`, -1 without one.
    `photos`: WebP pictures without metadata.
    """

    needs: tuple[str, ...]
    assisted: tuple[bool, ...]
    groups: tuple[str, ...]
    per_village: NDArray[np.int64]
    east: NDArray[np.int32] = field(repr=False)
    north: NDArray[np.int32] = field(repr=False)
    deprived: NDArray[np.uint32] = field(repr=False)
    served: NDArray[np.uint32] = field(repr=False)
    group: NDArray[np.uint8] = field(repr=False)
    poor: NDArray[np.bool_] = field(repr=False)
    shuffle: int
    photo: NDArray[np.int32] = field(repr=False)
    photos: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Check that all columns have one row per house."""
        columns = (self.north, self.deprived, self.served, self.group, self.poor, self.photo)
        if {len(one) for one in columns} != {len(self)} or self.per_village.sum() != len(self):
            msg = "House cards need columns of one length, which the villages add up to."
            raise ValueError(msg)
        if len(self.needs) > MOST_NEEDS:
            msg = f"At most {MOST_NEEDS} needs fit a house card, got {len(self.needs)}."
            raise ValueError(msg)

    def __len__(self) -> int:
        """Count the houses."""
        return len(self.east)
