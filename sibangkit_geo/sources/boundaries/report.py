"""The check of a boundary file in words."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

from sibangkit_geo.tables.numerals import numeral

if TYPE_CHECKING:
    from sibangkit_geo.sources.boundaries.checking import BoundaryCheck, Problem

_TITLES = MappingProxyType(
    {
        "crs": "sistem koordinat tidak diketahui/cocok",
        "crs_assumed": "sistem koordinat tidak disebut",
        "crs_contradicted": "sistem koordinat salah disebut",
        "axes_swapped": "sumbu koordinat tertukar",
        "outside": "di luar Indonesia",
        "empty": "tanpa geometri",
        "invalid": "poligon tidak sah",
        "code_missing": "tanpa kode",
        "code_malformed": "kode salah bentuk",
        "code_twice": "kode ganda",
        "overlap": "pasangan tumpang tindih",
        "gap": "celah antarpoligon",
        "gap_wide": "celah lebih lebar dari 50 m",
        "sliver": "bagian setipis serpihan",
        "buried": "tertutup poligon lain",
        "changed": "luas berubah lebih dari 1 %",
    }
)
_SYSTEMS = MappingProxyType({"kemendagri": "Kemendagri", "bps": "BPS", "": "tidak ada"})
_HEADER = ("Masalah", "Jumlah", "Luas (ha)", "Diperbaiki", "Contoh")
_EXAMPLES = 3
_M2_PER_HA, _M2_PER_KM2 = 1e4, 1e6


def check_text(check: BoundaryCheck) -> str:
    """
    Write a check as a table for a terminal.

    Parameters
    ----------
    check
        What was found.

    Returns
    -------
    text
        Lines in Indonesian, without trailing newline.
    """
    lines = [
        f"Berkas      : {check.file}",
        f"Susunan     : {check.layout}",
        f"Kode        : {_SYSTEMS[check.code_system]}",
        f"Poligon     : {numeral(check.features)}",
    ]
    if not math.isnan(check.area_before_m2):
        change = check.area_after_m2 - check.area_before_m2
        sign = "+" if change >= 0 else ""
        lines.append(
            f"Luas        : {numeral(check.area_before_m2 / _M2_PER_KM2, 2)} km², "
            f"setelah dirapikan {numeral(check.area_after_m2 / _M2_PER_KM2, 2)} km² "
            f"({sign}{numeral(change / _M2_PER_KM2, 2)} km²)"
        )
    lines += [f"Catatan     : {note.text}" for note in check.notes]
    if not check.problems:
        return "\n".join([*lines, "", "Tidak ada masalah."])
    return "\n".join([*lines, "", *_table([_HEADER, *map(_row, check.problems)])])


def _row(problem: Problem) -> tuple[str, ...]:
    size = problem.rows["area_m2"].sum(min_count=1)
    shown = [
        f"{label} ({detail})" if detail else str(label)
        for label, detail in zip(
            problem.rows["label"][:_EXAMPLES], problem.rows["detail"][:_EXAMPLES], strict=True
        )
        if label != "-"
    ]
    more = len(problem) - len(shown)
    examples = "; ".join(shown) + (" …" if shown and more else "")
    return (
        _TITLES[problem.kind],
        numeral(len(problem)),
        "-" if math.isnan(size) else numeral(size / _M2_PER_HA, 2),
        "ya" if problem.repairable else "tidak",
        examples or "-",
    )


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for title, count, size, repaired, examples in rows:
        cells = (
            title.ljust(widths[0]),
            count.rjust(widths[1]),
            size.rjust(widths[2]),
            repaired.ljust(widths[3]),
            examples,
        )
        lines.append("  ".join(cells).rstrip())
    return [lines[0], "  ".join("-" * width for width in widths[:4]), *lines[1:]]
