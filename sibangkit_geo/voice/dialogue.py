"""`sibangkit mulai`: ask, write the study, run it, open its front page."""

from __future__ import annotations

import math
import os
import sys
import webbrowser
from typing import TYPE_CHECKING

import typer

from sibangkit_geo.errors import SibangkitError
from sibangkit_geo.voice import log_file
from sibangkit_geo.voice.reporting import said
from sibangkit_geo.voice.talk import StoppedError, Talk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sibangkit_geo.study import Finished

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


def guide(
    folder: Path | None,
    *,
    stages: Mapping[str, str],
    ask_password: Callable[[], str],
    browser: bool,
) -> None:
    """
    Lead through a study without a study file; a folder that has one is run without questions.

    `folder`: As named with the command; None asks for it.
    `stages`: Stage of a run to its words.
    `ask_password`: Asks for the password of level internal.
    `browser`: Whether the front page is opened.
    Raises SibangkitError: The run failed; answers are offered again the next time.
    """
    talk = Talk()
    study_file = _settled(talk, folder)
    talk.say("working")
    finished = _run(talk, study_file, stages=stages, ask_password=ask_password)
    front = finished.out / finished.products[0]
    pockets = len(finished.pockets)
    untested = math.isnan(finished.pockets.p_value)
    told = "done" if pockets else "not_tested" if untested else "no_pocket"
    talk.say(told, pockets=pockets)
    typer.echo(front)
    talk.say("opened" if browser and _opened(front) else "open_it")


def _settled(talk: Talk, folder: Path | None) -> Path:
    """Ask for all that is needed; end the command where nobody wants to go on."""
    # all that reads data is loaded when somebody asks for it
    from sibangkit_geo.study.new_study import NAME
    from sibangkit_geo.voice.questions import Session, go_through

    session = Session(talk, given=folder)
    try:
        talk.say("hello")
        talk.say("commands")
        go_through(session)
        if session.again is not None:
            talk.say("again", file=NAME)
            talk.say("anew", file=NAME)
            return session.again / NAME
        study_file = session.folder.write(session.answers)
    except (StoppedError, KeyboardInterrupt):
        talk.say("stopped" if session.opened else "stopped_early")
        raise typer.Exit(code=1) from None
    talk.say("written", file=study_file.name)
    return study_file


def _run(
    talk: Talk,
    study_file: Path,
    *,
    stages: Mapping[str, str],
    ask_password: Callable[[], str],
) -> Finished:
    """Run the study; the answers it was made of are kept where it fails."""
    from sibangkit_geo import study
    from sibangkit_geo.study import guided
    from sibangkit_geo.study.lock import lock_for

    told: list[str] = []

    def show(stage: str, _done: int, _total: int) -> None:
        if stage not in told:
            told.append(stage)
            log_file.stage(stage)
            talk.say("stage", stage=said(stages[stage]))

    folder = study_file.parent
    try:
        lock = lock_for(study_file, password_file=None, unlocked=False, ask=ask_password)
        finished = study.run(study_file, folder / guided.PRODUCTS, progress=show, lock=lock)
    except SibangkitError:
        guided.mark_failed(folder)
        raise
    guided.forget(folder)
    log_file.notes([one.key for one in finished.notes])
    return finished


def _opened(front: Path) -> bool:
    """Open a page where there is a screen; a browser within this terminal is none."""
    screen = sys.platform in {"win32", "darwin"} or any(map(os.environ.get, _SCREENS))
    try:
        return screen and webbrowser.open(front.resolve().as_uri())
    except (webbrowser.Error, OSError):
        return False
