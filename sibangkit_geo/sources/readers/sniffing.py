"""What a delimited text is written in, and what divides its cells."""

from __future__ import annotations

import codecs

from sibangkit_geo.sources.readers.grid import HEAD_ROWS


def find_encoding(start: bytes) -> str:
    """
    Tell what a text is written in.

    `start`: First bytes of the file.
    Returns: What the byte-order mark says, else UTF-8, else UTF-16 where every other byte is zero,
        else Windows-1252.
    """
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 5 > len(start):
        return "utf-16-be" if even > odd else "utf-16-le"
    try:
        # a letter may be cut at the end of what was read
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def find_delimiter(text: str) -> str:
    """Choose what divides the header; without one, what divides the rows most alike."""
    lines = [line for line in text.splitlines()[:HEAD_ROWS] if line.strip()]
    # a header has words; decimal commas and dates stand in rows of numbers
    wordy = [line for line in lines[:10] if sum(map(str.isdigit, line)) * 10 <= len(line)]

    def score(mark: str) -> tuple[float, ...]:
        counts = [line.count(mark) for line in lines]
        usual = max(set(counts), key=counts.count, default=0)
        alike = counts.count(usual) / len(counts) if usual else 0.0
        return max((line.count(mark) for line in wordy), default=0), alike, usual, mark == ";"

    return max(";\t|,", key=score)
