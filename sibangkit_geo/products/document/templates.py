"""Word files of others: only styles, headers and page set-up are taken, nothing that acts."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from lxml import etree

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model import limits
from sibangkit_geo.model.packed import is_bomb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docx.document import Document
    from docx.opc.part import Part

_RELATION = re.compile(r"/relationships/(?:metadata/)?([A-Za-z-]+)$")
# what makes up styles, headers and page set-up (ECMA-376 part 1, 11.3 and 15.2); macros, controls,
# embedded files, data, comments and building blocks are none of it
_KEPT = frozenset({
    "officeDocument", "core-properties", "extended-properties", "styles", "stylesWithEffects",
    "settings", "fontTable", "font", "theme", "numbering", "header", "footer", "image",
    "footnotes", "endnotes",
})  # fmt: skip
# what goes with the text that is left out, and is no news
_OF_TEXT = frozenset({"image", "hyperlink", "customXml", "thumbnail", "webSettings", "comments"})
# fields that read other files and addresses, or act (ECMA-376 part 1, 17.16.5)
_REACHING = re.compile(
    r"\b(?:INCLUDE\w*|IMPORT|DDE\w*|LINK|RD|DATABASE|MACROBUTTON|HTMLCONTROL|AUTOTEXT\w*)\b",
    re.IGNORECASE,
)
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_SHAPES = {qn("w:drawing"), qn("w:pict"), qn("w:object")}


def open_template(template: str) -> Document:
    """
    Open a Word file as a package.

    Raises ConfigError: It unpacks to far more than a template needs.
    """
    path = Path(template)
    with zipfile.ZipFile(path) as archive:
        members, size = archive.infolist(), path.stat().st_size
        if is_bomb(members, size, most=limits.TEMPLATE_BYTES):
            msg = (
                f"[annex] template: {path.name} unpacks to far more than a template needs. "
                "Save its styles and headers in a new document in Word."
            )
            raise ConfigError(msg)
    return docx.Document(template)


def strip(document: Document) -> bool:
    """
    Take out of a template whose text is gone what reaches outside or acts.

    Returns: Whether there was more than what belonged to the text.
    """
    package: Any = document.part.package
    found = _strip_relations(package, None, body=False)
    found |= _strip_relations(document.part.rels, document.part, body=True)
    # what only the document named is out of reach by now, with all that it names
    for part in list(package.iter_parts()):
        if part is not document.part:
            found |= _strip_relations(part.rels, part, body=False)
    return found


def _strip_relations(owner: Any, part: Part | None, *, body: bool) -> bool:  # noqa: ANN401
    rels = owner.rels if part is None else owner
    gone, news = set(), False
    for key, one in list(rels.items()):
        match = _RELATION.search(one.reltype)
        kind = match[1] if match else ""
        of_text = kind in _OF_TEXT and (body or kind != "image")
        if one.is_external or kind not in _KEPT or (body and of_text):
            news |= not of_text or (one.is_external and kind != "hyperlink")
            gone.add(key)
            del rels[key]
    return (_strip_content(part, gone) or news) if part is not None else news


def _strip_content(part: Any, gone: set[str]) -> bool:  # noqa: ANN401 - python-docx has no types
    """Take out what names a relation that is gone, and what reaches outside without one."""
    root = getattr(part, "element", None)
    if root is None:
        if not part.content_type.endswith("xml"):
            return False
        root = parse_xml(part.blob)
    news, changed = False, False
    for one in list(_elements(root)):
        named = [key for key, value in one.attrib.items() if key.startswith(_ID) and value in gone]
        away = [key for key in one.attrib if etree.QName(key).localname in {"href", "src"}]
        for key in (*named, *away):
            del one.attrib[key]
        if one.tag == qn("w:mailMerge") or (named and one.tag != qn("w:hyperlink")):
            _remove(one)
        changed |= bool(named or away)
        news |= bool(away) or one.tag == qn("w:mailMerge")
    news |= _silence(root)
    if (changed or news) and not hasattr(part, "element"):
        part._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)  # noqa: SLF001 - no call to set it
    return news


def _elements(root: Any) -> Iterator[Any]:  # noqa: ANN401 - lxml has no types
    return (one for one in root.iter() if isinstance(one.tag, str))


def _remove(one: Any) -> None:  # noqa: ANN401 - lxml has no types
    # a picture is no picture without its file: the whole shape goes
    shape = next((above for above in one.iterancestors() if above.tag in _SHAPES), one)
    if shape.getparent() is not None:
        shape.getparent().remove(shape)


def _silence(root: Any) -> bool:  # noqa: ANN401 - lxml has no types
    """Empty the codes of fields that reach outside; what they showed stays."""
    news = False
    for paragraph in root.iter(qn("w:p")):
        codes = list(paragraph.iter(qn("w:instrText")))
        # a code may be spread over runs
        if _REACHING.search("".join(code.text or "" for code in codes)):
            news = True
            for code in codes:
                code.text = ""
    for field in root.iter(qn("w:fldSimple")):
        if _REACHING.search(field.get(qn("w:instr"), "")):
            news = True
            field.set(qn("w:instr"), "")
    return news
