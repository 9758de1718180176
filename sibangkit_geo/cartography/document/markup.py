"""Pieces of WordprocessingML that python-docx has no call for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

if TYPE_CHECKING:
    from collections.abc import Sequence

# XML 1.0 knows no control characters but tab and line ends
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def clean(text: object) -> str:
    r"""
    Leave out what no XML file may hold.

    Parameters
    ----------
    text
        Words.

    Returns
    -------
    text
        The same without control characters.

    Examples
    --------
    >>> clean("a\x00b")
    'ab'
    """
    return _FORBIDDEN.sub("", str(text))


def escaped(text: object) -> str:
    """
    Write words as XML.

    Parameters
    ----------
    text
        Words.

    Returns
    -------
    xml
        With entities.

    Examples
    --------
    >>> escaped("<a & b>")
    '&lt;a &amp; b&gt;'
    """
    return "".join(_ESCAPES.get(one, one) for one in clean(text))


def element(tag: str, /, **attributes: object) -> Any:  # noqa: ANN401 - lxml has no types
    """
    Make an element.

    `tag`: Such as ``"w:bookmarkStart"``.
    `attributes`: Without their prefix ``w:``.
    Returns: Without children.
    """
    made = OxmlElement(tag)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), str(value))
    return made


def text_run(text: str) -> Any:  # noqa: ANN401 - lxml has no types
    """
    Make a run of text.

    `text`: Words; spaces at the ends are kept.
    Returns: A ``w:r``.
    """
    return parse_xml(f'<w:r {nsdecls("w")}><w:t xml:space="preserve">{escaped(text)}</w:t></w:r>')


def field_start(instruction: str) -> list[Any]:
    """
    Begin a field whose result follows; Word is asked to work it out anew.

    `instruction`: Such as ``"SEQ Peta"``.
    """
    begin, code, middle = (element("w:r") for _ in range(3))
    begin.append(element("w:fldChar", fldCharType="begin", dirty="true"))
    words = element("w:instrText")
    words.set(qn("xml:space"), "preserve")
    words.text = f" {instruction} "
    code.append(words)
    middle.append(element("w:fldChar", fldCharType="separate"))
    return [begin, code, middle]


def field_end() -> Any:  # noqa: ANN401 - lxml has no types
    """End a field."""
    end = element("w:r")
    end.append(element("w:fldChar", fldCharType="end"))
    return end


def field(instruction: str, result: str) -> list[Any]:
    """
    Make a whole field with its result filled in.

    `instruction`: Such as ``"SEQ Peta"``.
    """
    return [*field_start(instruction), text_run(result), field_end()]


def bookmarked(children: Sequence[Any], *, name: str, number: int) -> list[Any]:
    """Put a bookmark around runs."""
    return [
        element("w:bookmarkStart", id=number, name=name),
        *children,
        element("w:bookmarkEnd", id=number),
    ]
