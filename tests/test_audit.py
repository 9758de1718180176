"""The audit of the lock never calls well what was not looked up."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
PINNED = [("numpy", "1.0"), ("numpy", "2.0"), ("rich", "3.1")]
WELL = [{"name": name, "version": version, "vulns": []} for name, version in PINNED]


@pytest.fixture(scope="module")
def audit(tool: Callable[[str], Any]) -> Any:
    return tool("audit")


def test_every_line_of_the_lock_is_asked_for_those_of_other_systems_too(audit: Any) -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = audit.pins(lock)
    assert len(pinned) == len(set(pinned)) > 150
    names = [name for name, _ in pinned]
    assert {"colorama", "appnope", "psycopg"} <= set(names)
    assert names.count("numpy") == 2


def test_all_looked_up_and_none_faulty_is_well(audit: Any) -> None:
    assert audit.judge(PINNED, WELL) == (
        0,
        "audit: 3 packages looked up, none has a known fault",
    )


def test_a_fault_is_told_with_what_mends_it(audit: Any) -> None:
    fault = {"id": "X-2026-1", "fix_versions": ["3.2", "4.0"]}
    open_one = {"id": "X-2026-2", "fix_versions": []}
    answer = [*WELL[:2], {"name": "rich", "version": "3.1", "vulns": [fault, open_one]}]
    code, told = audit.judge(PINNED, answer)
    assert code == 1
    assert told.splitlines() == [
        "rich 3.1: X-2026-1, mended in 3.2, 4.0",
        "rich 3.1: X-2026-2, mended in no version yet",
        "audit: 1 packages have known faults",
    ]


def test_a_package_that_was_left_out_is_no_good_news(audit: Any) -> None:
    # what pip-audit says, ending with 0, of a database that answers "not found" to everything
    answer = [{"name": name, "skip_reason": "not found"} for name, _ in PINNED]
    code, told = audit.judge(PINNED, answer)
    assert code == 2
    assert told.startswith("audit: the database knows nothing about numpy, rich, of 3 packages")
    code, told = audit.judge(PINNED, [*WELL[:2], answer[2]])
    assert code == 2
    assert "nothing about rich, of 3 packages" in told
    assert audit.judge(PINNED, WELL[1:])[0] == 2


def test_no_answer_is_one_line_and_no_traceback(
    audit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def falls(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "Traceback (most recent call last): ...")

    monkeypatch.setattr(subprocess, "run", falls)
    answer = audit.ask(PINNED, service="osv")
    assert answer is None
    code, told = audit.judge(PINNED, answer)
    assert code == 2
    assert "did not answer" in told
    assert len(told.splitlines()) == 1
    assert "Traceback" not in told


def test_both_versions_of_one_package_are_asked_for(
    audit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def answers(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        lines = Path(command[command.index("--requirement") + 1]).read_text("utf-8").splitlines()
        asked.append(lines)
        found = [dict(zip(("name", "version"), one.split("=="), strict=True)) for one in lines]
        return subprocess.CompletedProcess(command, 0, json.dumps({"dependencies": found}), "")

    monkeypatch.setattr(subprocess, "run", answers)
    assert audit.judge(PINNED, audit.ask(PINNED, service="pypi"))[0] == 0
    assert asked == [["rich==3.1", "numpy==1.0"], ["numpy==2.0"]]
