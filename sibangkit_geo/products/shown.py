"""What a result shows of itself: one view, drawn as a card, a figure, an offline map or a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import fields
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from sibangkit_geo.errors import DataError, columns_hint
from sibangkit_geo.model.numerals import numeral
from sibangkit_geo.model.optional import require_extra
from sibangkit_geo.pockets.graph import Neighbors
from sibangkit_geo.pockets.pysal import HasAdjacency, HasNeighborLists, as_neighbors
from sibangkit_geo.products.classes import NO_DATA_COLOR, TYPE_COLORS, LegendClass, class_values
from sibangkit_geo.products.view import Look, Shade, View
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import geopandas as gpd
    from matplotlib.axes import Axes

    from sibangkit_geo.model.types import Note
    from sibangkit_geo.products.notebook import PocketMap

__all__ = ["Shown"]

P = ParamSpec("P")
S = TypeVar("S")
_SEEDS = 2**31
# colours told apart, and lines that a legend has room for
_MOST_KINDS, _RARE = 8, "#d8d2c4"


class Shown(ABC):
    """
    A result that shows itself: in a notebook as a card, by `plot` and by `explore`.

    What is drawn has the classes and colours of the maps that planners get, and says what
    the numbers are not.
    """

    __slots__ = ()

    @abstractmethod
    def view(self, look: Look) -> View:
        """Gather what is shown."""

    @abstractmethod
    def summary(self) -> pd.DataFrame:
        """
        Lay the main numbers out as a table.

        Returns
        -------
        table
            One row per thing found; the column ``level`` says who may see it.
        """

    def plot(
        self,
        ax: Axes | None = None,
        *,
        column: str = "",
        areas: gpd.GeoDataFrame | None = None,
        legend: bool = True,
        scheme: object = "",
        k: int = 5,
        figsize: tuple[float, float] | None = None,
        **style: Any,  # noqa: ANN401 - as matplotlib has it
    ) -> Axes:
        """
        Draw the result with matplotlib.

        Parameters
        ----------
        ax
            Where to draw; a new figure when None.
        column
            Column of the areas to draw in place of what the result draws.
        areas
            Polygons indexed like the result, for results that have none of their own.
        legend
            Whether classes and lines are explained.
        scheme, k
            Name of a classifier of mapclassify and its number of classes, or one that was
            fitted; empty takes the natural breaks of the house.
        figsize
            Inches, of a new figure.
        **style
            Of the areas, such as ``edgecolor``, ``linewidth`` and ``alpha``.

        Returns
        -------
        ax
            To add to.

        Raises
        ------
        DataError
            The column, or the polygon of a place, is missing.
        MissingExtraError
            matplotlib is not installed.
        ValueError
            There are no polygons, or no such scheme.
        """
        require_extra("notebook", "matplotlib")
        from sibangkit_geo.products.axes import draw  # noqa: PLC0415 - matplotlib when drawn

        view = self.view(Look(column, areas, scheme, k))
        return draw(view, ax, legend=legend, figsize=figsize, style=style)

    def explore(
        self,
        *,
        column: str = "",
        areas: gpd.GeoDataFrame | None = None,
        scheme: object = "",
        k: int = 5,
        **options: Any,  # noqa: ANN401 - as folium has them
    ) -> PocketMap:
        """
        Put the result on a folium map that asks for nothing outside itself.

        Parameters
        ----------
        column, areas, scheme, k
            As of `plot`.
        **options
            As of ``folium.Map``, to which further layers may be added.

        Returns
        -------
        map
            Shown in a notebook; `save` writes one page that opens offline.

        Raises
        ------
        DataError
            The column, or the polygon of a place, is missing.
        ValueError
            There are no polygons, or no such scheme.
        """
        from sibangkit_geo.products.notebook import PocketMap  # noqa: PLC0415 - folium when drawn

        return PocketMap(self.view(Look(column, areas, scheme, k)), **options)

    def _repr_html_(self) -> str:
        from sibangkit_geo.products.inline import card  # noqa: PLC0415 - Jinja when shown

        return card(self.view(Look()))

    def __repr__(self) -> str:
        """Tell in one line what was found, and who may see it."""
        view = self.view(Look())
        told = "; ".join(f"{name}: {value}" for name, value in view.facts)
        return f"<{type(self).__name__} {view.title} | {told}>"


def areas_of(given: gpd.GeoDataFrame | None, index: pd.Index) -> gpd.GeoDataFrame | None:
    """
    Take the polygons of a result's places out of a table.

    Returns: In the order of `index`, with a column ``name``; None without a table.
    Raises DataError: A place has no row in it.
    """
    if given is None:
        return None
    absent = index[~index.isin(given.index)]
    if len(absent):
        msg = "Places of the result that `areas` does not have"
        remedy = "Index the polygons like the values (`set_index`)."
        raise DataError(msg, rows=pd.DataFrame(index=absent), remedy=remedy)
    rows = given.loc[index]
    names = rows["name"] if "name" in rows else pd.Series(rows.index, index=rows.index)
    return rows.assign(name=names.astype(str))


def column_shade(areas: gpd.GeoDataFrame, look: Look) -> Shade:
    """
    Colour the areas by one of their columns: numbers in classes, words by kind.

    Raises DataError: There is no such column.
    """
    if look.column not in areas or look.column == areas.active_geometry_name:
        msg = f'There is no column "{look.column}"'
        raise DataError(msg, remedy=columns_hint([look.column], areas.columns))
    values = areas[look.column]
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return number_shade(values.astype(float), look.column, look)
    words = values.astype("string").fillna("")
    kinds = {one: one for one in sorted(set(words)) if one}
    return kind_shade(words, look.column, kinds, most=_MOST_KINDS)


def number_shade(
    values: pd.Series, label: str, look: Look, *, decimals: int | None = None
) -> Shade:
    """Colour by numbers, the largest darkest."""
    if decimals is None:
        whole = bool((values.dropna() % 1 == 0).all())
        decimals = 0 if whole else 1 if values.abs().max() > 1 else 3
    shown = values.round(decimals)
    index, classes = class_values(shown, decimals=decimals, scheme=look.scheme, k=look.k)
    palette = [*(one.color for one in classes), NO_DATA_COLOR]
    colors = pd.Series([palette[i] for i in index], index=index.index)
    told = shown.map(lambda one: decimal(one, decimals))
    return Shade(label, colors, told, classes)


def kind_shade(
    kinds: pd.Series,
    label: str,
    words: Mapping[str, str],
    colors: Mapping[str, str] | None = None,
    *,
    most: int | None = None,
) -> Shade:
    """
    Colour by kinds.

    `kinds`: Empty where there is none.
    `words`: What each is called, in the order of the legend.
    `colors`: Of kinds; the others take their turn in a palette told apart by every eye.
    `most`: Kinds with a colour of their own; all when None.
    """
    counts = kinds.value_counts()
    there = [key for key in words if key in counts]
    # of many kinds the commonest have a line of the legend, in their order
    rare = set() if most is None else set(sorted(there, key=lambda key: -counts[key])[most:])
    own = [key for key in there if key not in rare]
    numbered = enumerate(own if rare else words)
    palette = {key: TYPE_COLORS[i % len(TYPE_COLORS)] for i, key in numbered}
    palette |= dict.fromkeys(rare, _RARE)
    palette |= colors or {}
    lines = [LegendClass(palette[key], words[key], int(counts[key])) for key in own]
    if rare:
        number = int(sum(counts[key] for key in rare))
        lines.append(LegendClass(_RARE, say("nb_rare", n=numeral(len(rare))), number))
    classes = tuple(lines)
    shown = kinds.map(palette).fillna(NO_DATA_COLOR)
    return Shade(label, shown, kinds.map(dict(words)).fillna(say("nb_missing")), classes)


def note_texts(notes: Iterable[Note]) -> tuple[str, ...]:
    """Give the words of notes, each once."""
    return tuple(dict.fromkeys(one.text for one in notes))


def level_words(levels: Sequence[str]) -> str:
    """Name a level, or say that nothing was protected."""
    return ", ".join(filter(None, levels)) or say("nb_no_level")


def decimal(value: float, digits: int) -> str:
    """Write a number, or that there is none."""
    return say("nb_missing") if pd.isna(value) else numeral(value, digits)


def showing(kind: type[S], function: Callable[P, object]) -> Callable[P, S]:
    """
    Let the result of a function show itself; graphs of libpysal and generators as seeds are taken.

    `kind`: Class that extends what `function` returns.
    """

    @wraps(function)
    def found(*arguments: P.args, **options: P.kwargs) -> S:
        given: Any = [_plain(one) for one in arguments]
        named: Any = {name: _plain(one) for name, one in options.items()}
        return as_kind(kind, function(*given, **named))

    return found


def as_kind(kind: type[S], result: Any) -> S:  # noqa: ANN401 - any dataclass that `kind` extends
    """Give a result the class that shows itself."""
    return kind(**{one.name: getattr(result, one.name) for one in fields(result)})


def _plain(value: object) -> object:
    """Turn what other packages have into what the functions take."""
    if isinstance(value, np.random.Generator):
        return whole_seed(value)
    if isinstance(value, HasAdjacency | HasNeighborLists) and not isinstance(value, Neighbors):
        return as_neighbors(value)
    return value


def whole_seed(seed: int | np.random.Generator) -> int:
    """Draw a whole seed from a generator, so that the result can name it."""
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(_SEEDS))
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool):
        msg = f"`seed` must be a whole number or a numpy Generator, got {type(seed).__name__}."
        raise TypeError(msg)
    return int(seed)
