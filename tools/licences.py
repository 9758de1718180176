"""
Write docs/licences.md: every package of the lock with its licence and what it is for.

What is needed is read from the lock, whether to run or to develop from `pyproject.toml`; licences
and purposes from what is installed; what is installed on another system only stands below.
`--check` writes nothing.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, cast

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from email.message import Message

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licences.md"
TEMPLATE = Path(__file__).with_name("licences.template.md")
# extras of the project that a user may install; the others are for its maintainers
RUN = ("annex", "postgis", "notebook", "dask")
_HEAD = re.compile(r"^([\w.\-]+)(?:\[[\w,\-]+\])?==", re.MULTILINE)
_VIA = re.compile(r"^    #(?: via|  ) ([\w.\-]+)( \(pyproject\.toml(?::dev)?\))?$", re.MULTILINE)

# what may be used beside an MIT project, and why
PERMISSIVE = frozenset(
    {
        "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause",
        "BSD-4-Clause", "BSD-Advertising-Acknowledgement", "CC0-1.0", "ISC", "MIT", "MIT-0",
        "MIT-CMU", "PSF-2.0", "Python-2.0", "Zlib", "matplotlib",
    }
)  # fmt: skip
WEAK = frozenset({"MPL-2.0", "LGPL-3.0-only"})
# of a list of words that a check reads, and that is never passed on
TO_CHECK = frozenset({"CC-BY-NC-SA-3.0"})
ALLOWED = PERMISSIVE | WEAK

# words of older metadata
_WORDS = {
    "apache 2.0": "Apache-2.0",
    "apache license": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "new bsd": "BSD-3-Clause",
    "psfl": "PSF-2.0",
}
# read in their files: the metadata name none, or none that says which
_READ = {
    "axe-playwright-python": "MIT AND MPL-2.0",  # the second is of axe-core, which it carries
    "docutils": "BSD-2-Clause",  # of what is not in the public domain
    "matplotlib": "matplotlib",  # of its own, after that of Python
    "pysastrawi": "MIT AND CC-BY-NC-SA-3.0",  # the second is of its list of roots
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",  # PDFium's own parts ask no more
    # in their source archives
    **{
        f"sphinxcontrib-{one}": "BSD-2-Clause"
        for one in ("applehelp", "devhelp", "htmlhelp", "qthelp", "serializinghtml")
    },
    "spylls": "MPL-2.0",  # its classifier says MIT, its licence file does not
    # with the parts of 2001 to 2005 that ask to be acknowledged
    "xlwt": "BSD-3-Clause AND BSD-4-Clause",
    "xlrd": "BSD-3-Clause AND BSD-Advertising-Acknowledgement",
}
# installed on other systems or versions of Python only
_ELSEWHERE = {
    "appnope": ("BSD-2-Clause", "Disable App Nap on macOS >= 10.9"),
    "colorama": ("BSD-3-Clause", "Cross-platform colored terminal text."),
}


@dataclass(frozen=True, slots=True)
class Package:
    """One package: its licence as an SPDX expression, what it is, who asks for it."""

    name: str
    licence: str
    purpose: str
    parents: tuple[str, ...]
    runs: bool


def asked_by_project() -> dict[str, set[str]]:
    """Read which packages the project itself asks for, and in which extras; "" for always."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked: dict[str, set[str]] = {}
    for extra, listed in {"": project["dependencies"], **project["optional-dependencies"]}.items():
        for name in (canonicalize_name(Requirement(one).name) for one in listed):
            # an extra that takes in another asks for nothing of its own
            if name != canonicalize_name(project["name"]):
                asked.setdefault(name, set()).add(extra)
    return asked


def needed(lock: str, *, extras: tuple[str, ...] = RUN) -> dict[str, tuple[tuple[str, ...], bool]]:
    """Read who asks for each package of a lock, and whether the program with extras runs on it."""
    asked: dict[str, set[str]] = {}
    own = asked_by_project()
    starts = [*_HEAD.finditer(lock)]
    ends = [*(one.start() for one in starts[1:]), len(lock)]
    for start, end in zip(starts, ends, strict=True):
        parents = asked.setdefault(start[1], set())
        for parent, where in _VIA.findall(lock[start.start() : end]):
            parents.add("" if where else parent)
    runs = {name for name, by in own.items() if by & {"", *extras}}
    while more := {name for name, parents in asked.items() if parents & runs} - runs:
        runs |= more
    for name, by in own.items():
        asked[name] |= {f"the extra {extra}" for extra in by if extra}
    return {name: (tuple(sorted(one)), name in runs) for name, one in sorted(asked.items())}


def licence_of(name: str, about: Message, texts: str) -> str:
    """
    Read the licence of an installed package as an SPDX expression.

    `texts`: What its licence files say, for those that only name a family.
    Raises ValueError: The metadata do not say; it has to be read and written into this file.
    """
    if name in _READ:
        return _READ[name]
    if expression := about.get("License-Expression"):
        return str(expression)
    stated = str(about.get("License") or "").strip()
    kinds = [
        str(one).rpartition(" :: ")[2]
        for one in about.get_all("Classifier") or ()
        if str(one).startswith("License ::")
    ]
    for word in (stated, stated.partition("\n")[0].strip(), *kinds):
        if (known := _WORDS.get(word.lower())) is not None:
            return known
        if all(part in ALLOWED for part in parts(word)):
            return word
    if "BSD" in stated or "BSD License" in kinds:
        flat = " ".join((stated + texts).lower().split())
        if "redistributions in binary form" in flat:
            return "BSD-3-Clause" if "neither the name" in flat else "BSD-2-Clause"
    msg = f"{name}: licence not known: {stated[:60]!r}, {kinds}. Read it, and name it in _READ."
    raise ValueError(msg)


def parts(expression: str) -> list[str]:
    """Split an SPDX expression into the licences that all hold; of a choice the first allowed."""
    every = []
    for joined in expression.replace("(", "").replace(")", "").split(" AND "):
        choice = joined.split(" OR ")
        every.append(next((one for one in choice if one in ALLOWED), choice[0]))
    return every


def installed(name: str) -> tuple[str, str] | None:
    """Read licence and purpose of a package; None where it is not installed."""
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    files = [
        one
        for one in found.files or ()
        if ".dist-info" in str(one) and re.search(r"LICEN[CS]E|COPYING", one.name.upper())
    ]
    texts = " ".join(one.read_text(encoding="utf-8") for one in files if "third" not in one.name)
    about = cast("Message", found.metadata)  # what it is, and its type does not say
    # the page names no host
    hidden = re.compile(r" ?\((?:https?:[^)]*|[\w.\-]+\.[a-z]{2,})\)|[^\x20-\x7e]|[\[\]]")
    purpose = hidden.sub("", str(about.get("Summary") or "")).replace("|", "/")
    return licence_of(name, about, texts), purpose.strip()


def packages() -> list[Package]:
    """
    List every package of the lock.

    Raises ValueError: One is neither installed nor known, or its licence cannot be read.
    """
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = []
    for name, (parents, runs) in needed(lock).items():
        known = installed(name) or _ELSEWHERE.get(name)
        if known is None:
            msg = f"{name} is not installed: run `make setup`, or name it in _ELSEWHERE."
            raise ValueError(msg)
        found.append(Package(name, *known, tuple(one for one in parents if one), runs))
    return found


def scripts() -> dict[str, str]:
    """Read the licences of the tools that check the pages' scripts."""
    lock = json.loads((ROOT / "tests" / "js" / "package-lock.json").read_text(encoding="utf-8"))
    return {
        path.rpartition("node_modules/")[2]: one["license"]
        for path, one in lock["packages"].items()
        if path
    }


def page(listed: list[Package]) -> str:
    """Word the page."""
    tools = scripts()
    rows = {
        runs: "\n".join(
            f"| {one.name} | {one.licence} | {one.purpose} | "
            f"{', '.join(one.parents) or 'the project itself'} |"
            for one in listed
            if one.runs is runs
        )
        for runs in (True, False)
    }
    counts = ", ".join(
        f"{sum(one == licence for one in tools.values())} {licence}"
        for licence in sorted(set(tools.values()))
    )
    return TEMPLATE.read_text(encoding="utf-8").format(
        permissive=", ".join(sorted(PERMISSIVE)),
        weak=", ".join(sorted(WEAK)),
        run=rows[True],
        develop=rows[False],
        count=len(tools),
        counts=counts,
    )


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    text = page(packages())
    if not parser.parse_args().check:
        PAGE.write_text(text, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != text:
        sys.stderr.write("docs/licences.md is stale: make licences\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
