"""Lines of a study file that a user can paste: what is known is filled in, the rest is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sibangkit_geo.study.inspection import Known

_HOUSEHOLD_KEYS = ("village_code", "district_name", "village_name", "size", "longitude",
                   "latitude", "photo")  # fmt: skip
_ASK_GENERATION = "ISI: bdt2015, regsosek2022, dtsen2025, p3ke atau bkkbn"
_ASK_SYSTEM = "ISI: kemendagri atau bps"


def toml_text(text: str) -> str:
    r"""
    Quote a text for TOML.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    quoted
        Basic string.

    Examples
    --------
    >>> toml_text('a "b"')
    '"a \\"b\\""'
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


def block_of(kind: str, file: str, names: Mapping[str, str], known: Known) -> str:
    """
    Write the block of one file.

    `kind`: ``"households"``, ``"profiles"`` or ``"unknown"``.
    Returns: TOML; keys that only the user knows say ``ISI`` and are refused until filled.
    """
    if kind == "households":
        return _households(file, names, known)
    return _profiles(file, names, known) if kind == "profiles" else ""


def _line(key: str, value: str, ask: str = "") -> str:
    return f"{key} = {toml_text(value)}" if value or not ask else f'{key} = "{ask}"'


def _common(file: str, known: Known) -> list[str]:
    lines = [_line("path", file)]
    if known.sheet:
        lines.append(_line("sheet", known.sheet))
    year = str(known.year) if known.year else "0  # ISI: tahun data"
    return [*lines, f"year = {year}"]


def _households(file: str, names: Mapping[str, str], known: Known) -> str:
    lines = ["[[households]]", *_common(file, known)]
    lines.append(_line("code_generation", known.code_generation, _ASK_GENERATION))
    lines.append(_line("code_system", known.code_system, _ASK_SYSTEM))
    lines += [_line(key, names[key]) for key in _HOUSEHOLD_KEYS if key in names]
    lines.append('source = "ISI: sumber register"')
    return "\n".join(lines) + "\n"


def _profiles(file: str, names: Mapping[str, str], known: Known) -> str:
    lines = ["[[profiles]]", *_common(file, known)]
    lines.append(_line("code", names.get("village_code", ""), "ISI: kolom kode desa"))
    lines.append(_line("code_system", known.code_system, _ASK_SYSTEM))
    lines.append(_line("households", names.get("households", ""), "ISI: kolom jumlah keluarga"))
    lines += [
        _line(key, names[key])
        for key in ("district_name", "village_name", "people", "poor_share_percent")
        if key in names
    ]
    lines.append('source = "ISI: sumber tabel"')
    return "\n".join(lines) + "\n"


def study_of(title: str, known: Known, parts: list[str], *, boundaries: str) -> str:
    """
    Write a whole study file.

    `boundaries`: File of polygons; empty takes the embedded default.
    """
    year = str(known.year) if known.year else "0  # ISI: tahun studi"
    lines = [
        "# Berkas studi. Isi setiap tulisan ISI, lalu: sibangkit run study.toml --out hasil",
        "[study]",
        _line("title", title),
        _line("regency", known.regency),
        f"year = {year}",
        'language = "id"',
        "seed = 1607",
        "",
        "[boundaries]",
        _line("villages", boundaries or "default"),
        "",
        *("\n" + part for part in parts),
    ]
    if any(part.startswith("[[households]]") for part in parts):
        lines += [
            "[poverty]",
            'rule = "decile"',
            "decile_max = 1  # ISI: desil miskin terakhir",
            "",
        ]
    lines += [
        "[join]",
        'review = "study.review.csv"',
        "",
        "[pockets]",
        "alpha = 0.05",
        "replicates = 999",
        "",
        "[disclosure]",
        'level = "agency"  # public, partner, agency, internal',
        "minimum_households = 5",
    ]
    return "\n".join(lines) + "\n"
