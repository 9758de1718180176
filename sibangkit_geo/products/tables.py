"""Tables as CSV and GeoPackage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pyogrio
import shapely

from sibangkit_geo.products.column_meanings import meaning_of
from sibangkit_geo.products.promises import PROMISES, promise_table
from sibangkit_geo.products.sheets import sheet_table
from sibangkit_geo.products.staging import write_text
from sibangkit_geo.products.words import told_grades, village_sentence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

    from sibangkit_geo.model.types import Indicator, Pockets, VillageIndicators
    from sibangkit_geo.products.atlas import WaveChange
    from sibangkit_geo.products.result import Analysis
    from sibangkit_geo.products.sheets import Sheets

REVIEW_COLUMNS = ("kode_tabel", "kecamatan_tabel", "desa_tabel", "kode_desa", "nama_desa", "skor")
_SHARE_DIGITS = 6
# a spreadsheet takes a text that starts with one of these for a formula (OWASP, CSV injection)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

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
    "known_poor": "Rumah tangga yang kemiskinannya diketahui",
    "known_people": "Penduduk rumah tangga yang kemiskinannya diketahui",
    "village_households": "Rumah tangga menurut tabel desa",
    "households_not_covered": "Rumah tangga di luar register",
    "poor_people_benchmarked": "Penduduk miskin, diselaraskan ke angka resmi",
    "benchmarked_people": "Penduduk yang diselaraskan, sebagian diperkirakan dari rumah tangga",
    "headcount_low": "Rumah tangga miskin, batas bawah selang 95%",
    "headcount_high": "Rumah tangga miskin, batas atas selang 95%",
    "reliability": "Keandalan",
    "multidimensional_intensity": "Intensitas multidimensi (A)",
    "multidimensional_poor_people": "Penduduk miskin multidimensi",
    "multidimensional_people": "Penduduk dengan data multidimensi",
    "lead_agency": "OPD penanggung jawab utama",
    "acting_agencies": "OPD yang perlu intervensi",
    "status": "Status data",
    "pocket": "Kantong",
    "pocket_name": "Nama kantong",
    "pocket_told": "Kantong",
    "wide_area": "Wilayah miskin luas (bukan kantong)",
    "evidence": "Bukti kantong",
    "p_value": "Nilai p",
    "rate": "Tingkat kemiskinan",
    "relative_risk": "Rasio terhadap desa di luar kantong",
    "relative_risk_low": "Rasio terhadap desa di luar kantong, batas bawah selang 95%",
    "relative_risk_high": "Rasio terhadap desa di luar kantong, batas atas selang 95%",
    "membership": "Peluang termasuk kantong",
    "poor": "Rumah tangga miskin",
    "expected": "Rumah tangga miskin bila tingkatnya sama dengan desa lain",
    "n_villages": "Jumlah desa",
    "in_pockets": "Desa di dalam kantong",
    "opd": "OPD",
    "kali_angka_kabupaten": "Rasio terhadap kabupaten",
    "keparahan_m0": "Indeks kemiskinan multidimensi (M0)",
    "kelebihan": "Selisih dari rata-rata kabupaten",
    "peringkat_kelebihan": "Peringkat selisih dari rata-rata kabupaten",
    "peringkat_keparahan": "Peringkat indeks kemiskinan multidimensi (M0)",
    "harapan_menurut_porsi_kabupaten": "Jumlah bila sama dengan rata-rata kabupaten",
    "gi_bintang_z": "Gi* (nilai z)",
    "gi_bintang_p": "Gi* (nilai p)",
    "moran_lokal_p": "Moran lokal (nilai p)",
    "ekstrem_p": "Desa ekstrem (nilai p)",
    "ekstrem": "Desa ekstrem",
    "putusan": "Hasil uji",
    "porsi_pengaturan_lain": "Porsi pengaturan uji lain dengan desa ini di dalam kantong",
    "pengaturan_lain": "Pengaturan uji lain",
    "ujung_buruk": "Arah yang buruk",
    "rumah_tangga_ditanya": "Rumah tangga dengan jawaban",
    "biaya_rupiah": "Biaya (rupiah)",
    "rencana_opd": "Rencana OPD",
}
_PARTS = {
    "known_": "Rumah tangga dengan jawaban",
    "unserved_": "Belum terlayani",
    "deprived_": "Kekurangan",
    "served_": "Menerima",
}
_SHARES = {"headcount_low", "headcount_high", "multidimensional_intensity", "rate", "membership",
           "peluang_anggota", "porsi"}  # fmt: skip
_SHARE_STARTS = ("porsi_", "galat_", "kebocoran")
_INDEX = {
    "p_value",
    "relative_risk",
    "relative_risk_low",
    "relative_risk_high",
    "kali_angka_kabupaten",
    "sumbangan_pada_m0",
}
_INDEX_STARTS = ("moran_", "gi_bintang", "ekstrem_p", "keparahan")

_DIGITS = 6
LEVELS = {
    "regency": "kabupaten",
    "district": "kecamatan",
    "pocket": "kantong",
    "village": "desa",
}
_PLACES = {
    "asked": "rumah_tangga_ditanya",
    "deprived": "kekurangan",
    "unserved": "belum_terlayani",
    "served": "menerima",
    "served_not_deprived": "menerima_di_luar_sasaran",
    "share": "porsi_belum_terlayani",
    "expected": "harapan_menurut_porsi_kabupaten",
    "excess": "kelebihan",
    "ratio": "kali_angka_kabupaten",
    "severity": "keparahan_m0",
    "rank_need": "peringkat_jumlah",
    "rank_excess": "peringkat_kelebihan",
    "rank_severity": "peringkat_keparahan",
}
_ROLES = {
    "rank": "urutan",
    "unserved": "belum_terlayani",
    "share": "porsi_belum_terlayani",
    "excess": "kelebihan",
    "ratio": "kali_angka_kabupaten",
    "m0_contribution": "sumbangan_pada_m0",
    "acts": "harus_bertindak",
    "lead": "memimpin",
}
_TARGETING = {
    "eligible": "sasaran",
    "excluded": "sasaran_tidak_menerima",
    "receiving": "penerima",
    "included": "penerima_di_luar_sasaran",
    "exclusion_error": "galat_eksklusi",
    "exclusion_error_low": "galat_eksklusi_bawah",
    "exclusion_error_high": "galat_eksklusi_atas",
    "inclusion_error": "galat_inklusi",
    "inclusion_error_low": "galat_inklusi_bawah",
    "inclusion_error_high": "galat_inklusi_atas",
    "leakage": "kebocoran",
    "leakage_low": "kebocoran_bawah",
    "leakage_high": "kebocoran_atas",
}
MATRIX = "matriks_opd_kantong.csv"
FILES = ("kebutuhan_opd.csv", "peran_opd.csv", "ketepatan_sasaran.csv")

_UNITS = {"percent": "porsi 0 sampai 1", "count": "jumlah", "index": "indeks"}
_BESIDE = (
    ("village_code", "Kode desa Kemendagri", "kode"),
    ("headcount_low", "Batas bawah selang kredibel 95% rumah tangga miskin", "porsi 0 sampai 1"),
    ("headcount_high", "Batas atas selang kredibel 95% rumah tangga miskin", "porsi 0 sampai 1"),
    ("reliability", "Keandalan: baik, hati-hati, tidak dapat dipakai", "kategori"),
    ("multidimensional_intensity", "Intensitas multidimensi (A)", "porsi 0 sampai 1"),
    ("lead_agency", "OPD penanggung jawab utama", "kunci OPD"),
    ("acting_agencies", "OPD yang perlu intervensi, kelebihan terbesar dahulu", "kunci OPD"),
    ("pocket", "Nomor kantong kemiskinan", "nomor"),
    ("pocket_name", "Nama kantong, menurut kecamatannya", "teks"),
    ("evidence", "Tingkat bukti kantong: strict (bukti kuat), indicative (indikatif)", "kategori"),
    (
        "membership",
        "Peluang termasuk kantong bila kantong itu ada; kosong jauh dari kantong",
        "porsi 0 sampai 1",
    ),
    ("wide_area", "Nomor wilayah miskin luas, yang bukan kantong (pola luas)", "nomor"),
)

VERDICTS = "putusan_desa.csv"

_HEADINGS = {
    "pocket": "kantong",
    "evidence": "bukti",
    "membership": "peluang_anggota",
    "stability": "porsi_pengaturan_lain",
    "n_variants": "pengaturan_lain",
    "local_moran": "moran_lokal",
    "local_moran_p": "moran_lokal_p",
    "gi_star_z": "gi_bintang_z",
    "gi_star_p": "gi_bintang_p",
    "extreme_p": "ekstrem_p",
    "extreme": "ekstrem",
}

KINDS = {"tingkat_sebelum": "share", "tingkat_sesudah": "share", "selisih_poin": "points",
         "dari_tahun": "year", "ke_tahun": "year"}  # fmt: skip
_VERDICTS = {"unreliable": "tidak andal", "missing": "tanpa data"}


def village_table(measured: VillageIndicators, pockets: Pockets) -> gpd.GeoDataFrame:
    """
    Put numbers and pockets of every official village side by side.

    Grain: unchanged, one row per village.

    Returns: Indexed by ``village_code``; shares 0 to 1.
    """
    table = measured.villages.copy()
    numbers = table.select_dtypes("number").columns
    table[numbers] = table[numbers].round(_SHARE_DIGITS)
    pocket = pockets.members.reindex(table.index)
    table["pocket"] = pocket.astype("Int64")
    table["pocket_name"] = pocket.map(
        pockets.outlines.get("name", pd.Series(dtype=object)).to_dict()
    )
    table["evidence"] = pocket.map(pockets.outlines["evidence"].to_dict())
    if len(pockets.members) and "membership" in pockets.villages:
        table["membership"] = pockets.villages["membership"].reindex(table.index).round(2)
    if pockets.wide_villages:
        table["wide_area"] = pockets.wide_members.reindex(table.index).astype("Int64")  # type: ignore[union-attr]
    return table


@dataclass(frozen=True, slots=True)
class OpenTables:
    """
    The tables of a study as its files and its workbook show them.

    `villages`: From `village_table`, with polygons.
    `listed`: The same without polygons, counts in whole numbers.
    `needs`, `roles`, `targeting`: One row per place, agency and need (roles: and agency); empty
        where no agency has a need, as is `matrix`, agencies against pockets.
    `verdicts`: Which methods call each village poor; empty where nothing was tested.
    `promises`: What partners have pledged; empty where nothing is.
    """

    villages: gpd.GeoDataFrame
    listed: pd.DataFrame
    dictionary: pd.DataFrame
    needs: pd.DataFrame
    roles: pd.DataFrame
    targeting: pd.DataFrame
    matrix: pd.DataFrame
    verdicts: pd.DataFrame
    promises: pd.DataFrame

    def write(self, folder: Path) -> None:
        """Write every table that has rows."""
        for name, table in zip(
            ("villages.csv", "kamus_data.csv", *FILES, MATRIX, VERDICTS, PROMISES),
            (self.listed, self.dictionary, self.needs, self.roles, self.targeting, self.matrix,
             self.verdicts, self.promises),
            strict=True,
        ):  # fmt: skip
            if len(table):
                write_csv(table, folder / name)


def open_tables(product: Analysis) -> OpenTables:
    """Put the tables of a study together."""
    villages = village_table(product.measured, product.found)
    listed = pd.DataFrame(villages.drop(columns="geometry"))
    for name in ("households", "people", "poor_households"):
        if name in listed:
            listed[name] = listed[name].round().astype("Int64")
    needs = product.focus
    roles = needs.roles
    matrix = pd.DataFrame()
    if roles is not None and "level" in roles and "pocket" in set(roles["level"]):
        of_pockets = roles[roles["level"] == "pocket"]
        matrix = _matrix(of_pockets, product.catalogue.names).reset_index()
    return OpenTables(
        villages,
        listed.reset_index(),
        dictionary_table(product.measured.indicators, villages.columns),
        _worded(needs.places, _PLACES, product),
        _worded(roles, _ROLES, product),
        _worded(needs.targeting, _TARGETING, product),
        matrix,
        verdict_table(product),
        promise_table(product),
    )


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write the columns of a table as CSV; no cell and no heading of it starts a formula."""
    made = table.rename(columns=formula_safe)
    for at, dtype in enumerate(made.dtypes):
        if not pd.api.types.is_numeric_dtype(dtype):
            made.isetitem(at, made.iloc[:, at].astype(object).map(formula_safe).to_numpy())
    write_text(path, made.to_csv(index=False, lineterminator="\n"))


def formula_safe(text: object) -> object:
    """
    Keep a text from being taken for a formula.

    Parameters
    ----------
    text
        Cell; anything but text is returned as it is.

    Returns
    -------
    cell
        The text, with an apostrophe before it where needed.

    Examples
    --------
    >>> formula_safe("=1+1")
    "'=1+1"
    """
    # a sign alone is a mark, as in an empty cell
    if isinstance(text, str) and text.startswith(_FORMULA_STARTS) and text not in {"-", "+"}:
        return f"'{text}"
    return text


def place_names(product: Analysis) -> dict[str, str]:
    """Name places and agencies by their keys."""
    table = product.measured.villages
    districts = table.drop_duplicates("district_code").set_index("district_code")["district_name"]
    return {
        **table["name"].to_dict(),
        **districts.to_dict(),
        **{str(number): name for number, name in product.found.outlines["name"].items()},
        product.boundaries.regency: product.regency_name,
        **product.catalogue.names,
    }


def write_geopackage(
    table: gpd.GeoDataFrame, pockets: Pockets, path: Path, *, created: str
) -> None:
    """
    Write pockets and villages as a GeoPackage.

    `pockets`: Result of the detector; no pocket gives an empty layer.
    `created`: ISO time; its date is all that the file says about when it was made.
    Raises pyogrio.errors.DataSourceError: The disk refuses.
    """
    layers = {"pockets": pockets.outlines, "villages": table}
    if pockets.wide_villages and pockets.wide is not None:
        layers["wide_areas"] = pockets.wide.rename_axis("wide_area")
    write_layers(layers, path, created=created)


def write_layers(layers: Mapping[str, pd.DataFrame], path: Path, *, created: str) -> None:
    """
    Write layers of polygons, lines or points, and tables without geometry, as a GeoPackage.

    `layers`: Name to rows; the index is written too.
    `created`: ISO time; its date is all that the file says about when it was made.
    Raises pyogrio.errors.DataSourceError: The disk refuses.
    """
    # GDAL stamps layers with the clock; a fixed stamp keeps equal runs equal to the byte
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{created[:10]}T00:00:00.000Z"})
    try:
        for layer, rows in layers.items():
            # version 1.2 is what the QGIS and GDAL of older office machines read without warning
            kind = _geometry_type(rows)
            pyogrio.write_dataframe(
                rows.reset_index(),
                path,
                layer=layer,
                driver="GPKG",
                geometry_type=kind,
                promote_to_multi=bool(kind and kind.startswith("Multi")),
                dataset_options={"VERSION": "1.2"},
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _geometry_type(rows: pd.DataFrame) -> str | None:
    if "geometry" not in rows:
        return None
    dimensions = shapely.get_dimensions(rows["geometry"].to_numpy())
    return {0: "Point", 1: "MultiLineString"}.get(int(dimensions.max(initial=-1)), "MultiPolygon")


def write_review(rows: pd.DataFrame, path: Path) -> None:
    """
    Write the names a person should check, unless the file is there already.

    `rows`: Columns of `REVIEW_COLUMNS`.
    `path`: File; an existing one holds a person's decisions and is left alone.
    """
    if not path.exists():
        # a line decides for every table that writes a village so
        write_csv(rows[list(REVIEW_COLUMNS)].drop_duplicates("kode_tabel"), path)


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


def _matrix(roles: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Set agencies against pockets: who takes the first step, who must act too."""
    told = roles.assign(
        opd=[names.get(agency, agency) for agency in roles["agency"]],
        peran=roles["acts"].map({True: "pendukung", False: ""}).mask(roles["lead"], "utama"),
    )
    table = told.pivot_table(index="opd", columns="place", values="peran", aggfunc="first")
    return table.sort_index(axis="columns").rename(columns=str)


def _worded(
    table: pd.DataFrame | None, columns: Mapping[str, str], product: Analysis
) -> pd.DataFrame:
    if table is None or table.empty:
        return pd.DataFrame()
    defined = {one.name: one for one in product.measured.indicators}
    names = place_names(product)
    made = pd.DataFrame({"tingkat": table["level"].map(LEVELS), "kode": table["place"].map(str)})
    made["nama"] = [names.get(place.id, str(place)) for place in table["place"]]
    made["opd"] = [names.get(agency, agency) for agency in table["agency"]]
    made["kebutuhan"] = [defined[name].label for name in table["indicator"]]
    for name, heading in columns.items():
        values = table[name]
        if values.dtype == bool:
            values = values.map({True: "ya", False: "tidak"})
        if values.dtype.kind == "f":
            whole = bool((values.dropna() % 1 == 0).all())
            values = values.astype("Int64") if whole else values.round(_DIGITS)
        made[heading] = values
    made["sumber"] = [defined[name].source for name in table["indicator"]]
    made["tahun"] = [defined[name].year for name in table["indicator"]]
    made["keterangan"] = "estimasi"
    return made


def dictionary_table(indicators: tuple[Indicator, ...], columns: Collection[str]) -> pd.DataFrame:
    """
    Say what each column of ``villages.csv`` means.

    `columns`: Columns of the table.
    """
    rows = [
        {
            "kolom": one.name,
            "arti": one.label,
            "satuan": _UNITS[one.unit],
            "penyebut": one.denominator,
            "kolom_jumlah": one.count_column,
            "kolom_penyebut": one.base_column if one.count_column else "",
            "ujung_buruk": "tinggi" if one.worse == "high" else "rendah",
            "sumber": one.source,
            "tahun_data": one.year,
            "keterangan": one.note or "Estimasi, bukan angka resmi.",
        }
        for one in indicators
    ]
    rows += [
        {"kolom": name, "arti": meaning, "satuan": unit}
        for name, meaning, unit in _BESIDE
        if name in columns or name == "village_code"
    ]
    labels = {one.name.removesuffix("_share"): one.label for one in indicators}
    listed = {row["kolom"] for row in rows}
    others = [name for name in map(str, columns) if name not in listed]
    rows += [{"kolom": name, "arti": meaning_of(name, labels=labels)} for name in others]
    # a row without a year must not turn the years of the others into decimals
    return pd.DataFrame(rows).astype({"tahun_data": "Int64"})


def write_sheets(sheets: Sheets, folder: Path) -> None:
    """Write the numbers of every district and every village, one per row."""
    for name, own in (
        ("lembar_kecamatan.csv", sheets.districts),
        ("lembar_desa.csv", sheets.villages),
    ):
        write_csv(sheet_table(own).round(_DIGITS), folder / name)


def verdict_table(product: Analysis) -> pd.DataFrame:
    """Say which methods call each village poor, and how firmly it stays in its pocket."""
    table = product.found.villages
    if table.empty:
        return pd.DataFrame()
    named = product.measured.villages.loc[table.index, ["name", "district_name"]]
    named = named.rename(columns={"name": "desa", "district_name": "kecamatan"})
    told = table.copy()
    grades = told["pocket"].map(product.found.outlines["evidence"].to_dict())
    told["evidence"] = told_grades(grades)
    told["extreme"] = told["extreme"].map({True: "ya", False: "tidak"})
    shown = told.reindex(columns=list(_HEADINGS)).rename(columns=_HEADINGS).round(_DIGITS)
    shown["putusan"] = [village_sentence(str(code), product.found) for code in shown.index]
    table = named.join(shown).rename_axis("kode_desa").reset_index()
    return pd.DataFrame(table)


def change_table(product: Analysis, changes: Sequence[WaveChange]) -> pd.DataFrame:
    """
    Set the rates of both waves beside each other.

    Grain: one row per official village and earlier wave, the largest fall first.

    Returns: ``village_code``, ``name``, ``district_name``, ``dari_tahun``, ``ke_tahun``,
        ``tingkat_sebelum``, ``tingkat_sesudah`` (shares 0 to 1), ``selisih_poin`` (percentage
        points), ``perubahan`` (words); missing where not compared.
    """
    return pd.concat([_one(product, change) for change in changes], ignore_index=True)


def _one(product: Analysis, change: WaveChange) -> pd.DataFrame:
    table = change.table.sort_values("difference", kind="stable", na_position="last")
    villages = product.measured.villages.loc[table.index]
    words = table["state"].map(_VERDICTS)
    words = words.mask(table["state"].eq("ok"), "tidak signifikan")
    words = words.mask(table["sure"] & table["difference"].lt(0), "turun signifikan")
    words = words.mask(table["sure"] & table["difference"].gt(0), "naik signifikan")
    return pd.DataFrame({
        "village_code": table.index, "name": villages["name"].to_numpy(),
        "district_name": villages["district_name"].to_numpy(),
        "dari_tahun": change.before, "ke_tahun": change.after,
        "tingkat_sebelum": (table["before"] / 100).to_numpy(),
        "tingkat_sesudah": (table["after"] / 100).to_numpy(),
        "selisih_poin": table["difference"].to_numpy(), "perubahan": words.to_numpy(),
    })  # fmt: skip
