"""Every file that the program writes, from the one list of products."""

from __future__ import annotations

from typing import get_args

from sibangkit_geo.products.published import Kind, published

_INTRODUCTION = """\
# Keluaran program

Dibuat dari daftar keluaran program. `*` berarti nama yang ditentukan data. Arti setiap kolom tabel
ada dalam [kamus data](kamus-data.md).
"""
_FOLDERS = {
    "run": ("`sibangkit run` dan `sibangkit demo`", "Hasil sebuah studi."),
    "annex": ("`sibangkit annex`", "Lampiran dokumen perencanaan."),
    "comparison": ("`sibangkit compare`", "Perbandingan hasil beberapa tahun."),
    "province": (
        "`sibangkit run` dengan beberapa kabupaten/kota",
        "Di sampingnya ada satu folder setiap kabupaten/kota, berisi hasil sebuah studi.",
    ),
    "partner": ("`sibangkit partners`, satu folder setiap mitra", "Bahan untuk mitra."),
}


def page() -> str:
    """Write the page."""
    return "\n".join([_INTRODUCTION, *map(_folder, get_args(Kind))])


def _folder(kind: Kind) -> str:
    command, told = _FOLDERS[kind]
    rows = [
        f"| `{name}` | {one.meaning}{'' if not one.optional else ' (bila ada)'} |"
        for name, one in published(kind).items()
    ]
    head = ["| berkas | isinya |", "|---|---|"]
    return "\n".join([f"## {command}\n", f"{told}\n", *head, *rows, ""])
