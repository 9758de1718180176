"""Every command and option with its help, and every exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from sibangkit_geo import cli, errors
from sibangkit_geo.model.toml import own_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

# what each code says, and which kind of error ends with it
EXIT_CODES = {
    0: 'Selesai. "Tidak ada kantong" juga hasil.',
    errors.SibangkitError.exit_code: "Berhenti karena sebab lain: dibatalkan, disk penuh, memori "
    "kurang, temuan `scan` atau `verify`, atau pustaka yang tidak terpasang. `doctor` berakhir 0 "
    "bila hanya tambahan yang tidak ada.",
    errors.ConfigError.exit_code: "Perintah atau berkas studi salah: opsi, kunci, nilai, nama "
    "berkas atau kabupaten.",
    errors.DataError.exit_code: "Data tidak dapat dipakai: baris, kolom, kode, batas wilayah.",
}

_INTRODUCTION = """\
# Perintah dan kode keluar

Dibuat dari program itu sendiri. Jalur hasil dicetak ke stdout, kemajuan dan catatan ke stderr.

## Kode keluar

| kode | artinya |
|---|---|
"""
_AFTER_CODES = """
Setiap galat satu baris, dan menyebut halaman dokumentasi yang menjelaskannya:
[tanya jawab](../tanya-jawab/index.md).

"""


def commands(group: Any = None, *, path: str = "sibangkit") -> Iterator[tuple[str, Any]]:
    """Give each command that can be called, with the words that call it."""
    group = group or typer.main.get_command(cli.app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, path=f"{path} {name}")
        else:
            yield f"{path} {name}", command


def page() -> str:
    """Write the page."""
    words: dict[str, str] = own_toml("sibangkit_geo.voice", "help.id.toml")["help"]
    codes = "".join(f"| {code} | {told} |\n" for code, told in EXIT_CODES.items())
    general = _options(typer.main.get_command(cli.app), words)
    parts = [_INTRODUCTION, codes, _AFTER_CODES, "## Opsi semua perintah\n\n", general]
    for called, command in commands():
        parts.append(f"## `{called}`\n\n{words.get(command.help, command.help)}\n\n")
        parts.append(_options(command, words))
    return "".join(parts)


def _options(command: Any, words: dict[str, str]) -> str:
    rows = []
    for one in command.params:
        names = ", ".join(f"`{name}`" for name in (*one.opts, *one.secondary_opts))
        if one.param_type_name == "argument":
            names = f"`{one.metavar or one.name.upper()}`"
        told = words.get(getattr(one, "help", "") or "", getattr(one, "help", "") or "")
        asked = " **Wajib.**" if one.required else ""
        given = one.default
        usual = f" Bawaan: `{given}`" if given not in (None, "", False, (), []) else ""
        rows.append(f"| {names} | {told.replace('|', chr(92) + '|')}{asked}{usual} |\n")
    if not rows:
        return ""
    return "".join(["| opsi | artinya |\n|---|---|\n", *rows, "\n"])
