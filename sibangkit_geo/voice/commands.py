"""The parser of the command line in the language that is spoken: help, usage errors, exit codes."""

from __future__ import annotations

import functools
import importlib
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from sibangkit_geo.errors import ConfigError
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.voice import language, log_file
from sibangkit_geo.voice.reporting import REFUSED, ended_by, reported, say_and_end, with_page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_HELP_IS_NO_ERROR = "NoArgsIsHelpError"
# what typer makes of Ctrl-C before a command has begun
_INTERRUPTED = 130
# the words that typer draws around a help text, by the name it knows them by
_DRAWN = {
    "ARGUMENTS_PANEL_TITLE": "Argumen", "OPTIONS_PANEL_TITLE": "Opsi",
    "COMMANDS_PANEL_TITLE": "Perintah", "DEFAULT_STRING": "[bawaan: {}]",
    "REQUIRED_LONG_STRING": "[wajib]", "ENVVAR_STRING": "[variabel: {}]",
    "DEPRECATED_STRING": "(usang) ",
}  # fmt: skip
_USED = {"Usage: ": "Cara pakai: ", "[OPTIONS]": "[OPSI]", "COMMAND [ARGS]": "PERINTAH [ARGUMEN]"}


class Voice(TyperGroup):
    """The commands, spoken in the language of the option, else of the environment."""

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **options: Any
    ) -> Any:
        """Run a command and end with its code; what typer refuses is one line as all else."""
        with ExitStack() as spoken:
            spoken.enter_context(language.speaking(language.of_environment()))
            try:
                given, asked = language.taken_out(sys.argv[1:] if args is None else args)
                if asked is not None:
                    spoken.enter_context(language.speaking(asked))
                if language.spoken() == "id":
                    _translate(self)
                _keep_logs(self)
                options["standalone_mode"] = False
                code = super().main(given, prog_name, **options)
                if code == _INTERRUPTED:
                    code = _refused(typer.Abort())
            except typer.Exit as ended:
                code = ended.exit_code
            except (ConfigError, typer.Abort, REFUSED) as error:
                code = _refused(error)
            except OSError as error:
                # help that nobody can be told
                code = ended_by(error)
            sys.exit(code if isinstance(code, int) else 0)


def _refused(error: Exception) -> int:
    """Tell why nothing was begun, and where help is."""
    from sibangkit_geo.voice.translator import told

    code: int = getattr(error, "exit_code", 1)
    if type(error).__name__ == _HELP_IS_NO_ERROR:
        error.show()  # type: ignore[attr-defined]
        return code
    text = error.format_message() if isinstance(error, REFUSED) else str(error)  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    hint = f" See `{context.command_path} --help`." if context is not None else ""
    end = "" if text.endswith((".", "?")) or not hint else "."
    try:
        if isinstance(error, typer.Abort):
            say_and_end(told("stopped; nothing was written"), code=code)
        say_and_end(with_page(f"{told(f'{text}{end}')}{told(hint)}", text), code=code)
    except typer.Exit:
        return code


def _leaves(group: Any) -> list[Any]:
    """List a command with all below it."""
    below = getattr(group, "commands", {}).values()
    return [group, *(one for each in below for one in _leaves(each))]


def _keep_logs(group: Any) -> None:
    for command in _leaves(group):
        if not hasattr(command, "commands"):
            command.invoke = functools.partial(_invoked, command.invoke)


def _invoked(invoke: Callable[[Any], Any], context: Any) -> Any:
    """Run a command, its errors told and its log kept."""

    def told(context: Any) -> Any:
        with reported():
            return invoke(context)

    return log_file.invoked(told, context)


def _translate(group: Any) -> None:
    """Put Indonesian in place of the help of every command and option."""
    read: dict[str, dict[str, str]] = own_toml(__package__, "help.id.toml")
    words = read["help"]
    for command in _leaves(group):
        command.help = words.get(command.help or "", command.help)
        command.short_help = words.get(command.short_help or "", command.short_help)
        for one in command.params:
            if getattr(one, "help", None):
                one.help = words.get(one.help, one.help)
            shown = one.metavar or (one.name if one.param_type_name == "argument" else "")
            one.metavar = read["metavar"].get(shown, one.metavar)
        command.get_help_option = functools.partial(_help_option, command.get_help_option, words)
        command.get_usage = functools.partial(_usage, command.get_usage)
        command.format_help = functools.partial(_drawn, command.format_help)


def _help_option(original: Callable[[Any], Any], words: dict[str, str], context: Any) -> Any:
    option = original(context)
    if option is not None:
        option.help = words.get(option.help, option.help)
    return option


def _usage(original: Callable[[Any], str], context: Any) -> str:
    text = original(context)
    for word, ours in _USED.items():
        text = text.replace(word, ours, 1)
    return text


def _drawn(original: Callable[..., Any], context: Any, formatter: Any) -> Any:
    """Draw a help text with our words around it."""
    try:
        drawing = importlib.import_module("typer.rich_utils")
    except ImportError:
        return original(context, formatter)
    theirs = {name: getattr(drawing, name) for name in _DRAWN if hasattr(drawing, name)}
    try:
        for name in theirs:
            setattr(drawing, name, _DRAWN[name])
        return original(context, formatter)
    finally:
        for name, word in theirs.items():
            setattr(drawing, name, word)
