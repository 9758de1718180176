"""What was found, as an analyst gets it: the stage's result, and how it shows itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.products.shown import (
    Shown,
    column_shade,
    decimal,
    level_words,
    note_texts,
    number_shade,
)
from sibangkit_geo.products.staging import stated_time
from sibangkit_geo.products.view import WIDE, Line, Look, View
from sibangkit_geo.products.words import numbered_name, result_sentences, say

if TYPE_CHECKING:
    import geopandas as gpd
    import pyarrow as pa

    from sibangkit_geo.model.types import Note, Pockets

__all__ = ["FoundPockets"]

_PERCENT = 100.0
#: where a table says whom it is for and how it was protected (`attrs` of pandas)
ORIGIN = "sibangkit_geo"
#: columns that `FoundPockets.villages` adds
ADDED = ("pocket", "pocket_name", "evidence", "membership", "headcount_ratio", "wide_area")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class FoundPockets(Shown):
    """
    Poverty pockets of a village table, with the table as it was given.

    Attributes
    ----------
    result
        What the detector found (`Pockets`), by its own labels.
    table
        Villages as they were given.
    labels
        Label in `result` of each row of `table`.
    name
        Column with the names of the villages; empty where there is none.
    level
        Whom the numbers may be shown to; empty where nothing was protected.
    caveat
        What the numbers are not.

    Examples
    --------
    >>> import sibangkit_geo as sg
    >>> villages = sg.read_boundaries().villages.assign(kk=400, miskin=40)
    >>> villages.loc[villages["district_code"] == "16.07.10", "miskin"] = 220
    >>> found = sg.find_pockets(villages, poor="miskin", households="kk")
    >>> len(found), found.villages["pocket"].notna().sum().item()
    (1, 19)
    """

    result: Pockets
    table: gpd.GeoDataFrame
    labels: pd.Index
    name: str = ""
    level: str = ""
    caveat: str = ""

    def __len__(self) -> int:
        """Count the pockets."""
        return len(self.result)

    @property
    def villages(self) -> gpd.GeoDataFrame:
        """
        The table as it was given, same rows and order, with what was found.

        Added are ``pocket`` (number), ``pocket_name``, ``evidence`` (``strict`` or
        ``indicative``), ``membership`` (probability of belonging to a pocket), ``wide_area``
        (number of a wide pattern) and ``headcount_ratio`` (0 to 1, of the tested); missing
        where there is none.
        """
        found, outlines = self.result, self.result.outlines
        pocket = found.members.reindex(self.labels)
        tested = found.villages.reindex(self.labels)
        wide = pd.Series(dtype=float) if found.wide_members is None else found.wide_members
        names = outlines.get("name", pd.Series(dtype=object))
        columns: dict[str, pd.Series] = {
            "pocket": pocket.astype("Int64"),
            "pocket_name": pocket.map(names.to_dict()),
            "evidence": pocket.map(outlines["evidence"].to_dict()),
            "membership": tested.get("membership", pocket * float("nan")),
            "headcount_ratio": tested["rate"],
            "wide_area": wide.reindex(self.labels).astype("Int64"),
        }
        added = {name: one.set_axis(self.table.index) for name, one in columns.items()}
        return self.table.assign(**added)

    @property
    def outlines(self) -> gpd.GeoDataFrame:
        """One row per pocket, in the coordinate system of the table; see `Pockets.outlines`."""
        outlines = self.result.outlines.to_crs(self.table.crs)
        # a ring may touch itself once its corners are moved
        return outlines.set_geometry(outlines.geometry.make_valid())

    @property
    def members(self) -> pd.Series:
        """Pocket of each village in one, by the labels of the table."""
        inside: pd.Series = self.villages["pocket"].dropna().astype(int)
        return inside

    @property
    def p_value(self) -> float:
        """Chance of as strong a concentration if poverty were spread at random."""
        return self.result.p_value

    @property
    def overdispersion(self) -> float:
        """Intra-village correlation rho, 0 to 1."""
        return self.result.overdispersion

    @property
    def alpha(self) -> float:
        """Error rate that was allowed."""
        return self.result.alpha

    @property
    def replicates(self) -> int:
        """Permutations per test."""
        return self.result.replicates

    @property
    def seed(self) -> int:
        """Seed of the permutations."""
        return self.result.seed

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a reader must know."""
        return self.result.notes

    def summary(self) -> pd.DataFrame:
        """
        Lay the pockets out as a table.

        Returns
        -------
        table
            One row per pocket, indexed by its number: name, evidence, counts, rate (sum over
            sum), relative risk with its interval, p, and ``level``.
        """
        table = pd.DataFrame(self.result.outlines.drop(columns="geometry"))
        return table.assign(level=level_words([self.level]))

    def to_arrow(self) -> pa.Table:
        """Hand `villages` over as Arrow, polygons as GeoArrow: for lonboard and others."""
        import pyarrow as pa  # noqa: PLC0415 - only where it is asked for

        return pa.table(self.villages.to_arrow())

    def to_file(self, path: str | Path) -> Path:
        """
        Write villages and pockets: ``.gpkg`` both as layers, ``.parquet`` the villages.

        Parameters
        ----------
        path
            File; written whole or not at all.

        Returns
        -------
        path
            The file.

        Raises
        ------
        ConfigError
            The file is of another kind.
        OSError
            The disk refuses.
        """
        from sibangkit_geo.products.tables import write_geopackage  # noqa: PLC0415 - when written

        file = Path(path)
        kind = file.suffix.lower()
        if kind not in {".gpkg", ".parquet"}:
            msg = f"{file.name}: write a .gpkg (villages and pockets) or a .parquet (villages)."
            raise ConfigError(msg)
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.stem}.tmp{kind}")
        temporary.unlink(missing_ok=True)
        try:
            if kind == ".parquet":
                self.villages.to_parquet(temporary)
            else:
                layer = _as_layer(self.villages)
                write_geopackage(layer, self.result, temporary, created=stated_time())
            temporary.replace(file)
        except OSError:
            raise
        except Exception as error:
            # what a layer holds differs by format; the words of a library may hold data
            msg = (
                f"{file.name}: the table cannot be written as it is ({type(error).__name__}). "
                "Test a table with fewer, plainly named columns and one geometry."
            )
            raise ConfigError(msg) from error
        finally:
            temporary.unlink(missing_ok=True)
        return file

    def view(self, look: Look) -> View:
        """Gather what is shown."""
        areas, found = self.villages, self.result
        names = areas.get(self.name, self.labels)
        shown = areas.assign(name=[str(one) for one in names])
        if look.column:
            shade = column_shade(shown, look)
            if look.column == "membership":
                shade = replace(shade, label=say("nb_membership"), none=say("nb_far"))
        else:
            rate = areas["headcount_ratio"] * _PERCENT
            shade = number_shade(rate, say("nb_rate"), look, decimals=1)
        headline, told = result_sentences(found)
        return View(
            say("nb_pockets"),
            self._facts(),
            (headline, *told[:1]),
            shown,
            shade,
            tuple(pocket_lines(found, crs=self.table.crs)),
            note_texts(found.notes),
            self.caveat or f"{say('estimate')} {say('nb_unprotected')}",
        )

    def _facts(self) -> tuple[tuple[str, str], ...]:
        found = self.result
        strict = int((found.outlines["evidence"] == "strict").sum())
        grades = say("nb_grades", n=len(found), strict=strict, indicative=len(found) - strict)
        tested = say("nb_of", n=numeral(len(found.villages)), all=numeral(len(self.table)))
        drawn = say("nb_pair", first=numeral(found.replicates), second=found.seed)
        return (
            (say("nb_level"), level_words([self.level])),
            (say("nb_tested"), tested),
            (say("nb_found"), grades),
            (say("nb_p"), decimal(found.p_value, 3)),
            (say("nb_rho"), decimal(found.overdispersion, 4)),
            (say("nb_alpha"), percentage(found.alpha, 0)),
            (say("nb_permutations"), drawn),
        )


def _as_layer(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Name geometry and labels as a layer needs them."""
    if villages.active_geometry_name != "geometry":
        villages = villages.rename_geometry("geometry")
    names = villages.index.names
    if None in names or set(names) & set(villages.columns):
        villages = villages.rename_axis([f"label_{i}" for i in range(1, len(names) + 1)])
    return villages


def pocket_lines(found: Pockets, *, crs: object) -> list[Line]:
    """List the outlines of pockets by their evidence, and of wide areas."""
    lines = []
    for evidence, key in (("strict", "nb_pocket_line"), ("indicative", "nb_indicative_line")):
        own = found.outlines[found.outlines["evidence"] == evidence].to_crs(crs)
        if len(own):
            named = [numbered_name(int(str(n)), row) for n, row in own.iterrows()]
            shapes = own.geometry.set_axis(pd.Index(named))
            lines.append(Line(say(key), shapes, dashed=evidence != "strict"))
    if found.wide is not None and len(found.wide):
        wide = found.wide.geometry.to_crs(crs)
        lines.append(Line(say("nb_wide_line"), wide, WIDE, dashed=True))
    return lines
