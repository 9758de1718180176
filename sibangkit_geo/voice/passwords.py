"""A password asked for on a terminal, unseen."""

from __future__ import annotations

import sys

import typer

from sibangkit_geo.voice.reporting import said, tell


def terminal() -> bool:
    """Tell whether somebody sits before a terminal."""
    return sys.stdin.isatty()


def asked_password() -> str:
    """Ask for a password twice; empty where nobody sits before a terminal."""
    if not terminal():
        return ""
    from sibangkit_geo.products.web.locked import require_password

    def long_enough(typed: str) -> str:
        require_password(typed)
        return typed

    first = said("Kata sandi halaman internal (paling sedikit 12 karakter)")
    while True:
        asked: str = typer.prompt(first, hide_input=True, value_proc=long_enough, err=True)
        if typer.prompt(said("Ulangi kata sandi"), hide_input=True, err=True) == asked:
            return asked
        tell("kata sandi berbeda; ketik lagi keduanya")
