"""What a reader sees in a text: escapes resolved, signs of all scripts alike, tags taken out."""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from sibangkit_geo.disclosure.pieces import APART

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# a shorter text holds no number, and no base 64 of one
SHORTEST = 12
# UTF-16 has a NUL beside every sign of ASCII
_HALF_NULS, _LOOKED_AT = 0.3, 4096
_MARKS = {
    b"\xff\xfe\x00\x00": "utf-32", b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16",
}  # fmt: skip
# of single bytes beyond ASCII only the blank and the soft hyphen matter
_SINGLE = bytes(range(128)) + b"^" * 32 + b" " + b"^" * 95
_NO_ROOM = b"\0\xad"

# digits of other scripts, and what takes no room: joiners, soft hyphens, marks
_ODD = r"[\p{Nd}\p{Cf}\p{M}\u2070-\u2089\u2460-\u24ff&&[^0-9]]"
# digits, and what may stand between them, written as escapes; in scripts markup is escaped twice
_ENTITY = (
    r"&(?:amp;)*(?:#0*(?:4[4-9]|5[0-7]|3[29]|160|173|8[23][0-9]{2}|65279|65[23][0-9]{2}|16[34][0-9])"
    r"|#[xX]0*(?:3[0-9]|2[0c-fC-F]|[aA][0dD]|20[0-6][0-9a-fA-F]|[fF][eEfF][0-9a-fA-F]{2}|6[6fF][0-9])"
    r"|nbsp|shy|zwn?j|[a-z]*sp|[A-Za-z]*Space|NoBreak|hyphen|dash|period|middot);"
)
_CODED = (
    r"\\(?:u00(?:3[0-9]|2[def]|a[0d])|u20[0-6][0-9a-fA-F]|u(?:ff|FF|fe|FE|06)[0-9a-fA-F]{2}|u\{3"
    r"|x3[0-9]|x[0a2][0-9adef]|'3[0-9])|%(?:3[0-9]|2[0DdEeFf]|[Cc]2%[Aa][0Dd]|E[2F]%[8B][0-9A-F]%[0-9A-F]{2})"
)
_MAIL = r"=\r?\n[0-9]|=3[0-9]=3"  # quoted-printable
_ESCAPES = (
    f"(?:{_ENTITY}|{_CODED})(?:[0-9]|{_ENTITY}|{_CODED})|&(?:amp;)*#(?:4[89]|5[0-7]);|\\\\u003[0-9]"
)
# each is quick where it does not occur; together they are not
_QUESTIONS = [
    pl.col("text").str.contains(pattern).alias(name)
    for name, pattern in {
        "odd": _ODD, "entity": _ENTITY, "coded": _CODED, "mail": _MAIL,
    }.items()
]  # fmt: skip
_ENTITIES = re.compile(f"(?:{_ENTITY})")
_ESCAPED = re.compile(
    r"\\u([0-9a-fA-F]{4})|\\u\{([0-9a-fA-F]{2,6})\}|\\x([0-9a-fA-F]{2})|\\'(3[0-9])|=(3[0-9])"
    r"|\\/|=\r?\n"
)
_PERCENT = re.compile("(?:%[0-9a-fA-F]{2})+")
_DEEPEST_ESCAPE = 3

_TAG = "<[^<>]*>"
_BETWEEN_TEXTS = r"(?:\s*<[^<>]*>)+\s*"
# these cut a word that a page shows as one
_INLINE = (
    r"<!--[^<>]*-->|</?(?:[a-z]+:)?(?i:b|i|u|s|a|q|em|strong|span|small|big|sub|sup|mark|font|code"
    r"|kbd|tt|wbr|del|ins|abbr|bdi|bdo|var|samp|cite|data|time|tspan|r|rpr|t)(?:\s[^<>]*)?/?>"
)
# a number goes on behind a tag, or behind the end of a cell
_CUT = r"[0-9](?:\s*<[^<>]{1,40}>)+\s*[0-9]"
_CELL_ENDS = "</(?:si|v|c|row|comment)>"
_ENDS = r"</(?:[a-z]+:)?(?:p|tc|tr|h)>|<[a-z]+:(?:tab|br|line-break|s)\s*/?>"

_BASE64 = r"(?:[A-Za-z0-9+/_-]{60,}(?:\r?\n|\\n))*[A-Za-z0-9+/_-]{22,}={0,2}"
# base 85 as pages carry packed data: three signs that HTML would read are changed
_BASE85 = re.compile(r'"data":\s?"([^"\\\s]{25,})"')
_SIGNS = (
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
).translate(bytes.maketrans(b"<>&", b",:["))
_BEGINNING = 1000  # whole groups of four and of five signs
_PRINTABLE, _MOSTLY = bytes(range(32, 127)) + b"\t\n\r", 0.9


def as_text(data: bytes) -> str:
    """Read bytes as text: UTF-8, UTF-16 with or without its mark, or whatever they are."""
    if data.isascii() and 0 not in data:
        return data.decode("ascii")
    encoding = _wide(data)
    if encoding:
        return data.decode(encoding, errors="ignore")
    try:
        # the NUL of wide signs between other data
        return data.replace(b"\0", b"").decode("utf-8")
    except UnicodeDecodeError:
        return data.translate(_SINGLE, _NO_ROOM).decode("ascii")


def _wide(data: bytes) -> str:
    """Name the encoding of a text whose signs have two or four bytes; empty where it is another."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return encoding
    head = data[:_LOOKED_AT]
    nuls = {start: head[start::2].count(0) for start in (0, 1)}
    if nuls[1] > _HALF_NULS * len(head) > nuls[0] == 0:
        return "utf-16-le"
    return "utf-16-be" if nuls[0] > _HALF_NULS * len(head) > nuls[1] == 0 else ""


def resolved(text: str) -> str:
    """Write a text with plain digits and without escapes; most need nothing."""
    has = pl.DataFrame({"text": [text]}).select(_QUESTIONS).row(0, named=True)
    if has["odd"]:
        text = _simple(text)
    if has["mail"] or ((has["entity"] or has["coded"]) and _has(text, _ESCAPES)):
        text = _simple(_unescaped(text))
    return text


def _simple(text: str) -> str:
    return re.sub("[^\x00-\x7f]", lambda sign: _plain_sign(sign.group()), text)


def _has(text: str, pattern: str) -> bool:
    # polars searches some ten times faster than the standard library
    return bool(pl.Series([text], dtype=pl.String).str.contains(pattern)[0])


def _unescaped(text: str) -> str:
    for _ in range(_DEEPEST_ESCAPE):
        before = text
        if "%" in text:
            text = _PERCENT.sub(_of_percent, text)
        text = _ESCAPED.sub(_of_escape, text)
        if "&" in text:
            text = _ENTITIES.sub(lambda one: html.unescape(html.unescape(one.group())), text)
        if text == before:
            break
    return text


def _of_escape(match: re.Match[str]) -> str:
    if not match.lastindex:
        return "/" if match.group().endswith("/") else ""
    number = int(match.group(match.lastindex), 16)
    return chr(number) if number <= 0x10FFFF and not 0xD800 <= number < 0xE000 else ""


def _of_percent(match: re.Match[str]) -> str:
    return bytes.fromhex(match.group().replace("%", "")).decode("utf-8", errors="replace")


@cache
def _plain_sign(sign: str) -> str:
    digit = unicodedata.digit(sign, None)
    if digit is not None:
        return str(digit)
    return "" if unicodedata.category(sign) in {"Cf", "Mn", "Me"} else sign


def without_tags(text: str, *, office: bool = False) -> str:
    """
    Take the tags out of markup whose words they cut; nothing where there are none.

    `office`: Whether a paragraph is cut into runs by tags of any name.
    """
    if "</" not in text and "/>" not in text:
        return ""
    series = pl.Series([text], dtype=pl.String)
    if office:
        # numbers in cells of a sheet are whole; only texts have runs
        if "<v>" in text and "<is>" not in text:
            return ""
        plain = series.str.replace_all(_CELL_ENDS, APART).str.replace_all(_ENDS, "\n")
        return str(plain.str.replace_all(_TAG, "")[0])
    if not _has(text, _CUT):
        return ""
    return str(series.str.replace_all(_INLINE, "").str.replace_all(_BETWEEN_TEXTS, "\n")[0])


def packed(text: str) -> Iterator[bytes]:
    """Give what a text carries in base 64, and a page in base 85; only text or packed data."""
    for token in pl.Series([text], dtype=pl.String).str.extract_all(_BASE64)[0]:
        # names of functions and checksums; in base 64 every digit has a capital
        if not token.islower():
            yield from _decoded(token, _of_base64)
    if '"data":' in text:
        for match in _BASE85.finditer(text):
            yield from _decoded(match.group(1), _of_base85)


def _decoded(token: str, decode: Callable[[str], bytes]) -> Iterator[bytes]:
    # most is noise, and its beginning shows it
    if worth_reading(decode(token[:_BEGINNING])):
        yield decode(token)


def worth_reading(data: bytes) -> bool:
    """Tell text and packed data from the noise that ordinary words decode to."""
    if len(data) < SHORTEST:
        return False
    head = data[:_LOOKED_AT].replace(b"\0", b"")
    odd = len(head.translate(None, _PRINTABLE))
    return odd <= (1 - _MOSTLY) * len(head) or data.startswith(PACKED_STARTS)


# gzip, zlib, zip, bzip2, xz, zstandard, PDF, SQLite, PNG, JPEG, RIFF, TIFF, Parquet
PACKED_STARTS = (
    b"\x1f\x8b", b"x\x01", b"x\x5e", b"x\x9c", b"x\xda", b"PK\x03\x04", b"BZh", b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd", b"%PDF", b"SQLite format 3\0", b"\x89PNG", b"\xff\xd8\xff", b"RIFF",
    b"II*\0", b"MM\0*", b"PAR1", b"\xff\xfe", b"\xfe\xff",
)  # fmt: skip


def _of_base64(token: str) -> bytes:
    plain = re.sub(r"\r?\n|\\n|=", "", token).translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(
            plain[: len(plain) - (len(plain) % 4 == 1)] + "=" * (-len(plain) % 4)
        )
    except binascii.Error:
        return b""


def _of_base85(token: str) -> bytes:
    """Decode groups of five signs at once; what is no base 85 gives nothing."""
    try:
        signs = np.frombuffer(token.encode("ascii"), dtype=np.uint8)
    except UnicodeEncodeError:
        return b""
    values = _values()[signs[: len(signs) // 5 * 5]].reshape(-1, 5)
    if (values < 0).any():
        return b""
    numbers = values @ (85 ** np.arange(4, -1, -1, dtype=np.int64))
    return numbers.astype(">u4").tobytes()


@cache
def _values() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    values = np.full(256, -1, dtype=np.int64)
    values[np.frombuffer(_SIGNS, dtype=np.uint8)] = np.arange(85)
    # what stands in the ordinary alphabet too
    values[np.frombuffer(b"<>&", dtype=np.uint8)] = [_SIGNS.index(one) for one in b",:["]
    return values
