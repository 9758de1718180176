"""What the columns of the village, pocket and need tables are called in Indonesian."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sibangkit_geo.tables.public import Indicator

_NAMES = {
    "village_code": "Kode desa",
    "name": "Desa/kelurahan",
    "district_code": "Kode kecamatan",
    "district_name": "Kecamatan",
    "people": "Penduduk dalam data",
    "poor_people": "Penduduk miskin",
    "households": "Rumah tangga dalam data",
    "poor_households": "Rumah tangga miskin",
    "unknown_poor": "Rumah tangga yang kemiskinannya tidak diketahui",
    "village_households": "Rumah tangga menurut tabel desa",
    "households_not_covered": "Rumah tangga di luar register",
    "poor_people_benchmarked": "Penduduk miskin, diselaraskan ke angka resmi",
    "headcount_low": "Rumah tangga miskin, batas bawah selang 95 %",
    "headcount_high": "Rumah tangga miskin, batas atas selang 95 %",
    "reliability": "Keandalan",
    "multidimensional_intensity": "Intensitas multidimensi (A)",
    "multidimensional_poor_people": "Penduduk miskin multidimensi",
    "multidimensional_people": "Penduduk dengan data multidimensi",
    "lead_agency": "OPD langkah pertama",
    "acting_agencies": "OPD yang harus bertindak",
    "status": "Status data",
    "pocket": "Kantong",
    "evidence": "Bukti kantong",
    "masked": "Indikator yang disamarkan",
    "p_value": "Nilai p",
    "rate": "Tingkat kemiskinan",
    "relative_risk": "Kali tingkat di luar kantong",
    "poor": "Rumah tangga miskin",
    "expected": "Rumah tangga miskin menurut tingkat kabupaten",
    "n_villages": "Jumlah desa",
    "in_pockets": "Desa di dalam kantong",
}
_PARTS = {
    "known_": "Rumah tangga dengan jawaban",
    "unserved_": "Belum terlayani",
    "deprived_": "Kekurangan",
    "served_": "Menerima",
}
_SHARES = {"headcount_low", "headcount_high", "multidimensional_intensity", "rate"}
_SHARE_STARTS = ("porsi_", "galat_", "kebocoran")
_INDEX = {"p_value", "relative_risk", "kali_angka_kabupaten", "sumbangan_pada_m0"}
_INDEX_STARTS = ("moran_", "gi_bintang", "ekstrem_p", "keparahan")


def aliases(columns: Iterable[str], indicators: Iterable[Indicator]) -> dict[str, str]:
    """
    Name columns in Indonesian.

    Parameters
    ----------
    columns
        Of a table.
    indicators
        Definitions.

    Returns
    -------
    names
        Column to words; a column without words is written with a capital and spaces.

    Examples
    --------
    >>> aliases(["village_code", "porsi_belum_terlayani"], [])
    {'village_code': 'Kode desa', 'porsi_belum_terlayani': 'Porsi belum terlayani'}
    """
    labels = {one.name: one.label for one in indicators}
    stems = {name.removesuffix("_share"): label for name, label in labels.items()}
    return {name: _alias(name, labels, stems) for name in columns}


def _alias(name: str, labels: Mapping[str, str], stems: Mapping[str, str]) -> str:
    if name in labels:
        return labels[name]
    if name in _NAMES:
        return _NAMES[name]
    for start, words in _PARTS.items():
        label = stems.get(name.removeprefix(start))
        if name.startswith(start) and label:
            return f"{words}: {label}"
    return name.replace("_", " ").capitalize()


def kind_of(name: str, indicators: Iterable[Indicator]) -> str:
    """
    Tell how the numbers of a column are written.

    Parameters
    ----------
    name
        Column.
    indicators
        Definitions.

    Returns
    -------
    kind
        ``"share"``, ``"index"``, ``"rupiah"``, ``"year"`` or ``"count"``.

    Examples
    --------
    >>> kind_of("biaya_rupiah", []), kind_of("porsi_belum_terlayani", [])
    ('rupiah', 'share')
    """
    units = {one.name: {"percent": "share"}.get(one.unit, one.unit) for one in indicators}
    if name in units:
        return units[name]
    if name in _SHARES or name.startswith(_SHARE_STARTS):
        return "share"
    if name in _INDEX or name.startswith(_INDEX_STARTS):
        return "index"
    if name.endswith("rupiah"):
        return "rupiah"
    return "year" if name.startswith("tahun") else "count"
