"""Every message of the command line, under the page that explains it."""

from __future__ import annotations

import re

from sibangkit_geo.voice.translator import OF_NO_PAGE, OTHERWISE, messages

# words that stand alone are parts of other messages
_FEWEST_WORDS = 3
_SLOT = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
_HEAD = """\
| pesan | in English |
|---|---|
"""


def pages() -> dict[str, str]:
    """Write a table of messages for each page; places that the data fill are dots."""
    rows: dict[str, list[str]] = {}
    for name, table in messages().items():
        rows.setdefault(OTHERWISE if name in OF_NO_PAGE else name, []).extend(
            f"| {_cell(twin)} | {_cell(text)} |\n"
            for text, twin in table.items()
            if len(_SLOT.sub("", text).split()) >= _FEWEST_WORDS
        )
    return {name: _HEAD + "".join(each) for name, each in rows.items()}


def _cell(text: str) -> str:
    shown = _SLOT.sub("…", text.strip()).replace("{{", "{").replace("}}", "}")
    # what Markdown would read as marks of its own
    parts = re.split(r"(`[^`]*`)", shown)
    return "".join(
        one if at % 2 else re.sub(r"([*_<\[\]\\$])", r"\\\1", one) for at, one in enumerate(parts)
    ).replace("|", "\\|")
