"""What a PDF tells those who hear it: the parts of its pages in the order of reading, metadata."""

from __future__ import annotations

import html
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from sibangkit_geo.products.atlas.canvas import POINTS_PER_MM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sibangkit_geo.products.atlas.canvas import Page, Part

LANGUAGE = "id-ID"
# marks before the first part belong to nobody
_ARTIFACT = "/Artifact BMC\n"


@dataclass(frozen=True, slots=True)
class Span:
    """
    Marks of a page that are one part.

    `part`: None for what is not to be heard.
    `first`, `last`: Numbers of its marks, the last one not among them.
    `number`: Of its piece of content on the page; -1 for what is not to be heard.
    """

    part: Part | None
    first: int
    last: int
    number: int = -1

    @property
    def opening(self) -> str:
        """Word the start of the piece of content."""
        if self.part is None:
            return _ARTIFACT
        kind = "LBody" if self.part.role == "LI" else self.part.role
        return f"/{kind} <</MCID {self.number}>> BDC\n"


def spans(page: Page) -> list[Span]:
    """Cut the marks of a page into its parts, in the order they are drawn."""
    starts = [0, *(one.first for one in page.parts), len(page.marks)]
    owners = [None, *(None if one.role == "Artifact" else one for one in page.parts)]
    found: list[Span] = []
    heard = 0
    for owner, (first, last) in zip(owners, pairwise(starts), strict=True):
        if first < last:
            found.append(Span(owner, first, last, heard if owner else -1))
            heard += owner is not None
    return found


class TagTree:
    """The tree of parts: one section for each page, its title first."""

    def __init__(self, reserve: Callable[[], int], write: Callable[[int, str], None]) -> None:
        self._reserve, self._write = reserve, write
        self._root, self._document = reserve(), reserve()
        self._sections: list[int] = []
        self._owners: list[list[int]] = []

    def add(self, cut: Sequence[Span], page: int) -> None:
        """Write the parts of a page, whose object has a number."""
        heard = [one for one in cut if one.part is not None]
        titled = any(one.part is not None and one.part.role == "H1" for one in heard)
        # a title is drawn last and read first
        heard.sort(key=lambda one: one.part is not None and one.part.role != "H1")
        section = self._reserve()
        owners = [0] * len(heard)
        kids: list[int] = []
        for listed, group in groupby(heard, key=lambda one: _role(one, titled=titled) == "LI"):
            parent = self._reserve() if listed else section
            below = [self._element(one, parent, page, owners, titled=titled) for one in group]
            if listed:
                self._branch(parent, "L", section, below)
                below = [parent]
            kids += below
        self._branch(section, "Sect", self._document, kids)
        self._sections.append(section)
        self._owners.append(owners)

    def finish(self) -> int:
        """Write the tree itself; return its number."""
        self._branch(self._document, "Document", self._root, self._sections)
        parents = self._reserve()
        rows = " ".join(f"{i} [{_references(one)}]" for i, one in enumerate(self._owners))
        self._write(parents, f"<< /Nums [{rows}] >>")
        self._write(
            self._root,
            f"<< /Type /StructTreeRoot /K [{self._document} 0 R] /ParentTree {parents} 0 R "
            f"/ParentTreeNextKey {len(self._owners)} >>",
        )
        return self._root

    def _element(
        self, span: Span, parent: int, page: int, owners: list[int], *, titled: bool
    ) -> int:  # fmt: skip
        number, role = self._reserve(), _role(span, titled=titled)
        leaf = number
        if role == "LI":
            leaf = self._reserve()
            self._branch(number, role, parent, [leaf])
            parent, role = number, "LBody"
        self._write(
            leaf,
            f"<< /S /{role} /P {parent} 0 R /Pg {page} 0 R /K {span.number}{_seen(span)} >>",
        )
        owners[span.number] = leaf
        return number

    def _branch(self, number: int, role: str, parent: int, kids: Sequence[int]) -> None:
        self._write(number, f"<< /S /{role} /P {parent} 0 R /K [{_references(kids)}] >>")


def _role(span: Span, *, titled: bool) -> str:
    role = span.part.role if span.part else ""
    # levels of headings begin with the first
    return "P" if role == "H2" and not titled else role


def _references(numbers: Sequence[int]) -> str:
    return " ".join(f"{one} 0 R" for one in numbers)


def _seen(span: Span) -> str:
    """Word what a figure shows, and where it stands."""
    part = span.part
    if part is None or part.role != "Figure":
        return ""
    words = f" /Alt {text_string(part.alt)}"
    if part.box:
        box = (part.box.left, part.box.bottom, part.box.right, part.box.top)
        told = " ".join(f"{one * POINTS_PER_MM:.2f}" for one in box)
        words += f" /A << /O /Layout /Placement /Block /BBox [{told}] >>"
    return words


def text_string(words: str) -> str:
    """Write a text of any letters as PDF does outside its pages."""
    return f"<feff{words.encode('utf-16-be').hex()}>"


def metadata(about: Mapping[str, str]) -> bytes:
    """Write the entries of a document as XMP; it claims no standard that no validator has seen."""
    lines = "".join(f"{one}\n" for one in _entries(about))
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/">\n'
        f"{lines}</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    ).encode()


def _entries(about: Mapping[str, str]) -> Iterator[str]:
    told = {key: html.escape(value, quote=False) for key, value in about.items()}
    for key, name in (("Title", "title"), ("Subject", "description")):
        if key in told:
            words = f'<rdf:li xml:lang="x-default">{told[key]}</rdf:li>'
            yield f"<dc:{name}><rdf:Alt>{words}</rdf:Alt></dc:{name}>"
    if "Author" in told:
        yield f"<dc:creator><rdf:Seq><rdf:li>{told['Author']}</rdf:li></rdf:Seq></dc:creator>"
    yield f"<dc:language><rdf:Bag><rdf:li>{LANGUAGE}</rdf:li></rdf:Bag></dc:language>"
    if "Creator" in told:
        yield f"<xmp:CreatorTool>{told['Creator']}</xmp:CreatorTool>"
    if "CreationDate" in told:
        day = told["CreationDate"].removeprefix("D:")
        hour = ":".join((day[8:10], day[10:12], day[12:14]))
        yield f"<xmp:CreateDate>{day[:4]}-{day[4:6]}-{day[6:8]}T{hour}Z</xmp:CreateDate>"
