"""What every column of every table and layer means."""

from __future__ import annotations

from sibangkit_geo.indicators.needs import need_catalogue
from sibangkit_geo.products.column_meanings import PATTERNS, meanings

_INTRODUCTION = """\
# Kamus data

Arti setiap kolom dalam tabel (CSV, buku kerja) dan layer (GeoPackage, GeoParquet) hasil program.
Porsi ditulis 0 sampai 1. Kosong berarti tidak ada data atau tidak diketahui, bukan nol. Angka desa
adalah estimasi, bukan angka resmi. Setiap hasil membawa kamusnya sendiri, dengan sumber dan tahun:
`kamus_data.csv`, dan lembar terakhir `buku_kerja.xlsx`.

## Kolom

| kolom | artinya |
|---|---|
"""
# what a name means in one table beside what it means in the others
_ALSO = {
    "evidence": "dalam CSV dan layer tertulis strict (bukti kuat) dan indicative (indikatif)",
    "status": "dalam `sasaran_deret.csv`: resmi, turunan, atau target",
    "tingkat": "dalam `sasaran_deret.csv`: tingkat kemiskinan (0 sampai 1)",
}
_SHOWN = {
    r"(?P<key>\w+)_share": "`<kebutuhan>_share`",
    r"deprived_(?P<key>\w+)": "`deprived_<kebutuhan>`",
    r"known_(?P<key>\w+)": "`known_<kebutuhan>`",
    r"unserved_(?P<key>\w+)": "`unserved_<kebutuhan>`",
    r"served_(?P<key>\w+)": "`served_<kebutuhan>`",
    r"kantong \d+": "`kantong 1`, `kantong 2`, …",
    r"(?P<key>\w+)_km": "`<fasilitas>_km`",
    r"(?P<key>\w+)_far": "`<fasilitas>_far`",
}


def page() -> str:
    """Write the page."""
    told = {
        name: f"{meaning}; {_ALSO[name]}" if name in _ALSO else meaning
        for name, meaning in sorted(meanings().items())
    }
    rows = [f"| `{name}` | {meaning} |\n" for name, meaning in told.items()]
    made = [
        f"| {_SHOWN[pattern]} | {told.format(key='kebutuhan atau fasilitas itu')} |\n"
        for pattern, told in PATTERNS.items()
    ]
    needs = [f"| `{one.key}` | {one.label} |\n" for one in need_catalogue()]
    return "".join(
        [
            _INTRODUCTION, *rows,
            "\n## Kolom menurut kebutuhan, fasilitas dan kantong\n\n",
            "| kolom | artinya |\n|---|---|\n",
            *made,
            "\n## Kebutuhan dalam katalog\n\n| kunci | kebutuhan |\n|---|---|\n",
            *needs,
        ]
    )  # fmt: skip
