"""How a document is built up: chapters, their headings, and what stands in each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model.toml import build, read_toml
from sibangkit_geo.products.atlas.settings import Kind  # noqa: TC001 - the reader asks for it

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from sibangkit_geo.products.atlas.settings import AnnexSettings

Content = Literal[
    "brief", "summary", "pocket_table", "roles", "pockets", "districts", "district", "change",
    "needs_table", "needs", "budget_table", "money", "method", "maps",
]  # fmt: skip
OUTLINE_NAME = "susunan.toml"


@dataclass(frozen=True, slots=True)
class Chapter:
    """
    A chapter.

    `heading`: Empty takes that of its first content.
    `contents`: In this order; what a study has nothing of is left out.
    `text`: Paragraphs of the office's own, below the heading.
    `new_page`: Begin on a new page.
    """

    heading: str = ""
    contents: tuple[Content, ...] = ()
    text: tuple[str, ...] = ()
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """
    How a document is built up.

    Attributes
    ----------
    title
        On the first page; empty takes the annex's.
    front
        Write a first page with heading, title and date.
    lists
        List headings, maps, tables and figures at the front.
    sheets
        Kinds of maps, where ``[annex] sheets`` and ``only`` name none; empty takes all.
    chapters
        In their order.

    Raises
    ------
    ConfigError
        There is no chapter, one is empty, or the maps are not the last content: their pages have
        margins of their own.

    Examples
    --------
    >>> Outline(chapters=(Chapter("Peta", ("maps",)),)).has("maps")
    True
    """

    title: str = ""
    front: bool = True
    lists: bool = True
    sheets: tuple[Kind, ...] = ()
    chapters: tuple[Chapter, ...] = ()

    def __post_init__(self) -> None:
        """Check what the writer relies on."""
        told = [one for chapter in self.chapters for one in chapter.contents]
        if not self.chapters:
            msg = "there is no chapter. Write at least one [[chapters]]"
            raise ConfigError(msg)
        empty = [
            number for number, one in enumerate(self.chapters, 1)
            if not one.contents and not (one.heading and one.text)
        ]  # fmt: skip
        if empty:
            msg = f"chapter {empty[0]} has no contents, and no heading with text of its own"
            raise ConfigError(msg)
        if "maps" in told[:-1]:
            msg = 'the content "maps" must stand last, once'
            raise ConfigError(msg)

    def has(self, content: Content) -> bool:
        """Tell whether a content is asked for."""
        return any(content in chapter.contents for chapter in self.chapters)


def outline_file(settings: AnnexSettings) -> Traversable:
    """Find the file that a document is built up by: the office's own, or a preset's."""
    if settings.outline:
        return Path(settings.outline)
    return resources.files(__package__).joinpath(f"outline_{settings.preset}.toml")


def read_outline(settings: AnnexSettings) -> Outline:
    """
    Read the outline of a document.

    Raises ConfigError: The office's own file is wrong, or tells of a district that is not named.
    """
    file = outline_file(settings)
    outline = build(Outline, read_toml(file, named_by="[annex] outline"), file=file.name)
    if outline.has("district") and not settings.district:
        msg = f'{file.name}: the content "district" needs the district: write --district "NAME".'
        raise ConfigError(msg)
    return outline
