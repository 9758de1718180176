"""Questions one after the other on a terminal: asked anew until answered, with back and cancel."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Any, Final, TypeVar

import typer

from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.voice import typed
from sibangkit_geo.voice.language import spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")
CATALOGUE: Final = "dialogue.toml"


class BackError(Exception):
    """The question before is wanted."""


class StoppedError(Exception):
    """No further question is wanted, or nobody is there to answer."""


class Talk:
    """Says and asks in the language that is spoken; on stderr, in plain signs."""

    def __init__(self) -> None:
        self.words: dict[str, Any] = own_toml(__package__, CATALOGUE)[spoken()]

    def word(self, key: str, part: str = "", /, **places: object) -> str:
        """Take a sentence, or a word of a part of the catalogue."""
        text: str = self.words[part][key] if part else self.words[key]
        return text.format(**places)

    def say(self, key: str, /, **places: object) -> None:
        """Say a sentence."""
        self.tell(self.word(key, **places))

    def tell(self, text: str) -> None:
        """Say a text that is worded already; what moves the cursor is taken out."""
        typer.echo("".join(one if one.isprintable() else " " for one in text), err=True)

    def why(self, refused: typed.RefusedError) -> None:
        """Say why an answer is none."""
        text: str = self.words["reasons"][refused.reason]
        self.tell(text.format(**refused.places))

    def ask(
        self, question: str, parse: Callable[[str], T], *, default: str = "", raw: bool = False
    ) -> T:
        """
        Ask until there is an answer.

        `parse`: Gives the value, or raises `RefusedError` with the reason.
        `default`: Taken for an empty line.
        `raw`: Leave the blanks within what is typed as they are.
        Raises BackError: The question before is wanted.
        Raises StoppedError: Cancelled, interrupted, or the input has ended.
        """
        while True:
            offered = f" [{default}]" if default else ""
            typer.echo(f"{question}{offered}: ", err=True, nl=False)
            try:
                line = _line()
            except UnicodeDecodeError:
                self.why(typed.RefusedError("no_text"))
                continue
            text = typed.cleaned(line)
            if text.casefold() in typed.BACK:
                raise BackError
            if text.casefold() in typed.CANCEL:
                raise StoppedError
            if not (text or default):
                self.why(typed.RefusedError("empty"))
                continue
            try:
                return parse((line.strip() if raw else text) if text else default)
            except typed.RefusedError as refused:
                self.why(refused)

    def pick(
        self, question: str, options: Sequence[str], *, words: Mapping[str, str], default: str = ""
    ) -> str:
        """
        Ask for one of several options, each on a line with its number.

        `words`: Option to how it is shown.
        `default`: The option that an empty line takes.
        Raises BackError: The question before is wanted.
        Raises StoppedError: As of `ask`.
        """
        self.tell(question)
        for number, one in enumerate(options, 1):
            self.tell(f"  {number}. {words.get(one, one)}")
        offered = str(options.index(default) + 1) if default and default in options else ""
        return self.ask(
            self.word("number"),
            lambda text: typed.chosen(text, options, words=words),
            default=offered,
        )


def _line() -> str:
    """
    Read a line.

    Raises StoppedError: Interrupted, or the input has ended.
    """
    if hasattr(signal, "siginterrupt"):
        # polars has the system go on reading after Ctrl-C, so that nothing happens until Enter
        signal.siginterrupt(signal.SIGINT, True)
    try:
        line = sys.stdin.readline()
    except KeyboardInterrupt:
        line = ""
    if not line:
        typer.echo(err=True)
        raise StoppedError
    return line


def kind_word(kind: str) -> str:
    """Name what a file is in Indonesian; in English by the word of the study file."""
    return str(own_toml(__package__, CATALOGUE)["id"]["kinds"][kind]) if spoken() == "id" else kind
