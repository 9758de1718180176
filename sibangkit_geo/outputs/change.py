"""Products of a comparison of runs: three tables, one page, one manifest."""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo import disclosure
from sibangkit_geo.outputs.staging import MANIFEST, staged, write_text
from sibangkit_geo.outputs.tables import formula_safe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sibangkit_geo.tables.public import Note

TABLES = {
    "pockets": "perubahan_kantong.csv",
    "villages": "perubahan_desa.csv",
    "areas": "perubahan_kecamatan.csv",
}
PAGE = "perubahan.html"
_DIGITS = 6
_WORDS = {
    "id": "kantong", "class": "kelas", "year_before": "dari_tahun", "year_after": "ke_tahun",
    "before": "nomor_sebelum", "after": "nomor_sesudah", "jaccard": "jaccard_orang",
    "note": "keterangan", "villages": "desa", "code": "kode", "name": "nama", "level": "tingkat",
    "households_before": "rumah_tangga_sebelum", "households_after": "rumah_tangga_sesudah",
    "poor_before": "rumah_tangga_miskin_sebelum", "poor_after": "rumah_tangga_miskin_sesudah",
    "rate_before": "angka_sebelum", "rate_after": "angka_sesudah", "difference": "selisih",
    "low": "selisih_bawah", "high": "selisih_atas", "history": "kelas_riwayat",
}  # fmt: skip
_COUNTS = ("before", "after", "households_before", "households_after", "poor_before", "poor_after")
_SHARES = ("rate_before", "rate_after", "difference", "low", "high")
_STYLE = (
    "body{font-family:sans-serif;margin:1.5rem;max-width:80rem}table{border-collapse:collapse;"
    "font-size:.85rem}td,th{border:1px solid #999;padding:.2rem .5rem;text-align:left}"
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    What a comparison found.

    Attributes
    ----------
    pockets, villages, areas
        Tables with English column names, one row per pocket, village or district (and the
        regency) and pair of following waves.
    notes
        What a reader must know.
    provenance
        Plain values for the manifest: runs with checksums, parameters, time.
    """

    pockets: pd.DataFrame
    villages: pd.DataFrame
    areas: pd.DataFrame
    notes: tuple[Note, ...]
    provenance: Mapping[str, object]


def write_comparison(found: Comparison, out: Path) -> tuple[str, ...]:
    """
    Write all products of a comparison, whole or not at all.

    Parameters
    ----------
    found
        Result.
    out
        Final folder.

    Returns
    -------
    names
        Relative paths, sorted.

    Raises
    ------
    ConfigError
        `out` cannot be written.
    LeakError
        A product holds personal data; nothing is written.
    """
    names = sorted([*TABLES.values(), PAGE, MANIFEST])
    with staged(out) as folder:
        for key, name in TABLES.items():
            shown = _shown(getattr(found, key)).map(formula_safe)
            write_text(folder / name, shown.to_csv(index=False, lineterminator="\n"))
        write_text(folder / PAGE, comparison_page(found))
        notes = [{"key": one.key, "text": one.text, "count": one.count} for one in found.notes]
        content = {**found.provenance, "notes": notes, "products": names}
        text = json.dumps(content, ensure_ascii=False, indent=2)
        write_text(folder / MANIFEST, text + "\n")
        disclosure.require_clean(folder)
    return tuple(names)


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    made = table.copy()
    for name in made.columns.intersection(list(_COUNTS)):
        made[name] = made[name].round().astype("Int64")
    numbers = made.select_dtypes("float").columns
    made[numbers] = made[numbers].round(_DIGITS)
    return made.rename(columns=_WORDS)


def comparison_page(found: Comparison) -> str:
    """
    Draw the page: notes, pockets, districts, and villages whose rate surely changed.

    Parameters
    ----------
    found
        Result.

    Returns
    -------
    page
        Self-contained HTML; every text escaped.

    Raises
    ------
    KeyError
        A column is missing.
    """
    notes = "".join(f"<li>{html.escape(one.text)}</li>" for one in found.notes)
    sure = found.villages[(found.villages["high"] < 0) | (found.villages["low"] > 0)]
    return (
        '<!DOCTYPE html>\n<html lang="id"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Perubahan antarwaktu</title><style>{_STYLE}</style></head><body>"
        "<h1>Perubahan kantong kemiskinan antarwaktu</h1>"
        "<p>Angka adalah bagian rumah tangga miskin. Selisih diberi selang kepercayaan 95 %; "
        "perubahan dianggap nyata bila selang itu tidak memuat nol.</p>"
        f"<h2>Yang perlu diketahui</h2><ul>{notes or '<li>Tidak ada catatan.</li>'}</ul>"
        f"<h2>Kantong</h2>{_table(found.pockets)}"
        f"<h2>Kecamatan dan kabupaten</h2>{_table(found.areas)}"
        f"<h2>Desa yang angkanya nyata berubah</h2>{_table(sure)}</body></html>\n"
    )


def _table(table: pd.DataFrame) -> str:
    if table.empty:
        return "<p>Tidak ada.</p>"
    made = table.copy()
    for name in made.columns.intersection(list(_SHARES)):
        made[name] = [_percent(one) for one in made[name]]
    shown = _shown(made).astype(object)
    shown = shown.where(shown.notna(), "")
    head = "".join(f"<th>{html.escape(str(one).replace('_', ' '))}</th>" for one in shown.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_cell(one))}</td>" for one in row) + "</tr>"
        for row in shown.itertuples(index=False)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _percent(share: float) -> str:
    return "" if pd.isna(share) else f"{100 * share:.1f} %".replace(".", ",")


def _cell(value: object) -> str:
    return f"{value:.2f}".replace(".", ",") if isinstance(value, float) else str(value)
