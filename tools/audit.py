"""
Look every package of the lock up in a database of known faults (needs a network).

pip-audit leaves out a package that the database does not answer for, and ends well all the same;
here that is a failure, for nothing is known about it.

Ends with 0: every package was looked up, none has a known fault; 1: some have, each is told;
2: the database did not answer for some or all.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
_PIN = re.compile(r"^([\w.\-]+)(?:\[[\w,\-]+\])?==([^\s;\\]+)", re.MULTILINE)
_SAFE, _FAULTY, _UNKNOWN = 0, 1, 2
_TOLD = 5


def pins(lock: str) -> list[tuple[str, str]]:
    """List names and versions of a lock, those of other systems too; two versions of one name."""
    return list(dict.fromkeys(_PIN.findall(lock)))


def ask(pinned: list[tuple[str, str]], *, service: str) -> list[dict[str, Any]] | None:
    """Ask the database; None where it did not answer at all."""
    found = []
    # pip-audit takes one version of a name at a time
    first = dict(reversed(pinned))
    for part in (list(first.items()), [one for one in pinned if first[one[0]] != one[1]]):
        if part:
            answer = _ask(part, service=service)
            if answer is None:
                return None
            found += answer
    return found


def _ask(pinned: list[tuple[str, str]], *, service: str) -> list[dict[str, Any]] | None:
    with tempfile.TemporaryDirectory() as folder:
        # without their markers: a package of another system is looked up as well
        lines = Path(folder) / "pins.txt"
        lines.write_text("".join(f"{name}=={version}\n" for name, version in pinned), "utf-8")
        result = subprocess.run(  # noqa: S603 - this Python, and a file of our own
            [
                sys.executable, "-m", "pip_audit", "--requirement", str(lines), "--no-deps",
                "--disable-pip", "--format", "json", "--progress-spinner", "off",
                "--vulnerability-service", service,
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    try:
        answer: list[dict[str, Any]] = json.loads(result.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None
    return answer


def judge(pinned: list[tuple[str, str]], answer: list[dict[str, Any]] | None) -> tuple[int, str]:
    """Word an answer in lines, the last of which says it all, and choose the exit code."""
    if answer is None:
        return _UNKNOWN, (
            f"audit: the database of known faults did not answer; nothing is known about the "
            f"{len(pinned)} packages of the lock. Try again on a network that reaches it, or "
            "ask another: make audit SERVICE=pypi or osv"
        )
    looked_up = {(one["name"], one["version"]) for one in answer if "version" in one}
    unknown = sorted({name for name, version in pinned if (name, version) not in looked_up})
    faults = [
        f"{one['name']} {one['version']}: {fault['id']}, mended in "
        f"{', '.join(fault['fix_versions']) or 'no version yet'}"
        for one in answer
        for fault in one.get("vulns", ())
    ]
    if faults:
        more = f"; {len(unknown)} were not looked up" if unknown else ""
        count = len({one.split(":")[0] for one in faults})
        return _FAULTY, "\n".join([*faults, f"audit: {count} packages have known faults{more}"])
    if unknown:
        rest = f" and {len(unknown) - _TOLD} more" if len(unknown) > _TOLD else ""
        return _UNKNOWN, (
            f"audit: the database knows nothing about {', '.join(unknown[:_TOLD])}{rest}, of "
            f"{len(pinned)} packages. It may be out of reach; ask another: "
            "make audit SERVICE=pypi or osv"
        )
    return _SAFE, f"audit: {len(pinned)} packages looked up, none has a known fault"


def main() -> int:
    """Read the lock, ask, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--service", choices=("pypi", "osv", "esms"), default="pypi")
    pinned = pins(LOCK.read_text(encoding="utf-8"))
    code, told = judge(pinned, ask(pinned, service=parser.parse_args().service))
    sys.stdout.write(f"{told}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
