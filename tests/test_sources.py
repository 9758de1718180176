"""Reading: text tables, registers without names, profiles, and polygons cleaned to a coverage."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import pytest
import shapely

from sibangkit_geo.config import resolved
from sibangkit_geo.errors import ConfigError, DataError, DegradedInputWarning, MissingFileError
from sibangkit_geo.model.numeric_columns import NumberKind
from sibangkit_geo.registers.households import IDENTITY as IDENTITY_NAMES
from sibangkit_geo.registers.households import Households
from sibangkit_geo.registers.personal_texts import personal_texts
from sibangkit_geo.registers.register import open_register
from sibangkit_geo.sources.boundaries import BoundarySource, read_boundaries
from sibangkit_geo.sources.columns import variables
from sibangkit_geo.sources.household_source import HouseholdSource
from sibangkit_geo.sources.profiles import IndicatorSource, ProfileSource, read_profiles
from sibangkit_geo.sources.readers import TableSource
from sibangkit_geo.sources.text_tables import (
    NumericText,
    checksum,
    read_numbers,
    read_text_table,
    require_columns,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo.registers.register import Register

IDENTITY = "1607010000000001"
PROFILE = ProfileSource(
    path="profil.csv",
    code="kode",
    code_system="kemendagri",
    households="kk",
    people="jiwa",
    poor_share_percent="miskin",
    year=2023,
)
REGISTER = HouseholdSource(
    path="register.csv",
    code_generation="regsosek2022",
    year=2025,
    village_code="kode_desa",
    code_system="kemendagri",
    size="jumlah",
    longitude="lon",
    latitude="lat",
)
REGISTER_TEXT = (
    "kode_desa,NIK,Nama,alamat,jumlah,desil_nasional,lon,lat,foto,jenis_lantai_terluas\n"
    f"16.07.01.2001,{IDENTITY},Siti Aminah,Jl. Mawar 1,4,1,104.8123456,-2.9876543,a.jpg,8\n"
    "16.07.01.2002,1607010000000002,Budi Santoso,Jl. Melati 2,1,,104.9,-2.9,b.jpg,\n"
)


def table(folder: Path, content: str | bytes, name: str = "tabel.csv") -> pd.DataFrame:
    """Write and read a text table."""
    raw = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(raw)
    read, _ = read_text_table(TableSource(folder / name), named_by="test", named=())
    return read


# ---- text tables


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    content = "kode,nama\n01,A\n02,B\n".replace(",", delimiter)
    read = table(tmp_path, content)
    assert read.to_dict("list") == {"kode": ["01", "02"], "nama": ["A", "B"]}
    assert read.index.tolist() == [2, 3]  # as a spreadsheet numbers them


def test_semicolons_with_decimal_commas_are_numbers(tmp_path: Path) -> None:
    read = table(tmp_path, "a;b\n1,5;1.234,5\n-0,25;1234.5\n;7\n")
    kinds = {"a": NumberKind(-1, 10), "b": NumberKind(0, 1e6)}
    found, told = read_numbers(read, kinds, text=NumericText("tabel.csv"))
    assert found["a"].iloc[:2].tolist() == [1.5, -0.25]
    assert pd.isna(found["a"].iloc[2])
    assert found["b"].tolist() == [1234.5, 1234.5, 7.0]
    assert [note.text for note in told] == [
        (
            "tabel.csv: kolom a: koma = tanda desimal, titik = pemisah ribuan; "
            "kolom b: desimal ditulis dengan koma dan dengan titik."
        )
    ]


def test_a_windows_table_keeps_its_letters(tmp_path: Path) -> None:
    read = table(tmp_path, "nama,b\nTelukÃ©é,1\n".replace("Ã©", "").encode("cp1252"))
    assert read["nama"].tolist() == ["Teluké"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    read = table(tmp_path, "kode,nama\n1,A\n".encode("utf-8-sig"))
    assert read.columns.tolist() == ["kode", "nama"]


@pytest.mark.parametrize("content", ["", " \n\n", "\ufeff"])
def test_an_empty_file_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataError, match=r"tabel\.csv: the file is empty"):
        table(tmp_path, content)


@pytest.mark.parametrize("content", ["a,b\n", "a,b", "a,b\n\n\n", "a,b\n , \n"])
def test_a_header_alone_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataError, match="a header but no rows"):
        table(tmp_path, content)


def test_uneven_rows_are_all_named_and_show_no_cell(tmp_path: Path) -> None:
    content = f"a,b,c\n1,2,3\n{IDENTITY},2\n1,2,3,4\n1,2,3\n"
    with pytest.raises(DataError, match=r"header's 3 \(rows: 2; first: 3, 4\)") as caught:
        table(tmp_path, content)
    assert IDENTITY not in str(caught.value)


def test_double_columns_are_refused_where_they_are_named(tmp_path: Path) -> None:
    text = "kode,nama,ket,kode,ket,ket_2,ket\n1,2,3,4,5,6,7\n"
    path = tmp_path / "tabel.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=r"several columns are named kode \(columns A, D\)"):
        read_text_table(TableSource(path), named_by="test", named=("kode", "nama"))
    read, _ = read_text_table(TableSource(path), named_by="test", named=("nama",))
    assert [*read.columns] == ["kode", "nama", "ket", "kode_2", "ket_3", "ket_2", "ket_4"]
    with pytest.raises(DataError, match=r"named ket \(columns C, E, G\)"):
        require_columns(read, ["nama", "ket"], path=path)


def test_quoted_cells_may_hold_the_delimiter(tmp_path: Path) -> None:
    read = table(tmp_path, 'a,b\n"satu, dua",3\n')
    assert read["a"].tolist() == ["satu, dua"]


def test_words_for_missing_are_text_not_missing(tmp_path: Path) -> None:
    # a village may be called NA; only an empty cell is missing
    read = table(tmp_path, "a,b\nNA,1\n,2\n")
    assert read["a"].iloc[0] == "NA"
    assert pd.isna(read["a"].iloc[1])


def test_a_blank_line_does_not_shift_row_numbers(tmp_path: Path) -> None:
    read = table(tmp_path, "a,b\n1,2\n\n5,6\n")
    assert read.index.tolist() == [2, 4]


@pytest.mark.parametrize("cell", ["101", "-1", "abc", "inf", "1,2,3", IDENTITY])
def test_numbers_outside_the_range_name_rows_and_no_value(tmp_path: Path, cell: str) -> None:
    read = table(tmp_path, f"a;b\n5;x\n{cell};x\n{cell};x\n")
    with pytest.raises(DataError, match=r"from 0 to 100 \(rows: 2; first: 3, 4\)") as caught:
        read_numbers(read, {"a": NumberKind(0, 100)}, text=NumericText("tabel.csv"))
    assert cell not in str(caught.value).replace("0 to 100", "")
    assert caught.value.rows is not None
    assert caught.value.rows.index.tolist() == [3, 4]


def test_a_missing_file_is_a_study_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no such file") as caught:
        read_text_table(TableSource(tmp_path / "nowhere.csv"), named_by="test", named=())
    assert caught.value.exit_code == 2


def test_the_checksum_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")  # published test vector, FIPS 180-2
    assert checksum(tmp_path / "a") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


# ---- profiles


def profile(folder: Path, text: str, source: ProfileSource = PROFILE) -> pd.DataFrame:
    """Write and read a profile."""
    (folder / "profil.csv").write_text(text, encoding="utf-8")
    return read_profiles(resolved(source, folder)).rows


def test_a_profile_turns_per_cent_into_shares_and_keeps_empty_cells_missing(
    tmp_path: Path,
) -> None:
    rows = profile(tmp_path, "kode,kk,jiwa,miskin\n16.07.01.2001,100,400,12.5\n16.07.01.2002,,,\n")
    assert rows["poor_share"].iloc[0] == 0.125
    assert rows.iloc[1][["households", "people", "poor_share"]].isna().all()
    assert rows["code"].tolist() == ["16.07.01.2001", "16.07.01.2002"]


def test_a_missing_column_offers_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'no column named miskin.*the nearest first: "miskinn", '):
        profile(tmp_path, "kode,kk,jiwa,miskinn\n16.07.01.2001,100,400,12.5\n")


def test_fewer_people_than_families_are_no_data_and_told(tmp_path: Path) -> None:
    with pytest.warns(DegradedInputWarning, match="1 baris tabel profil"):
        rows = profile(tmp_path, "kode,kk,jiwa,miskin\n16.07.01.2001,100,0,5\n")
    assert rows["people"].isna().all()
    assert rows["households"].tolist() == [100.0]


def test_profile_notes_count_zero_and_missing_poverty(tmp_path: Path) -> None:
    text = "kode,kk,jiwa,miskin\na,100,400,0\nb,100,400,\nc,0,0,5\nd,,1,5\n"
    (tmp_path / "profil.csv").write_text(text)
    notes = {n.key: n.count for n in read_profiles(resolved(PROFILE, tmp_path)).notes}
    assert notes == {
        "profile_poverty_zero": 1,
        "profile_poverty_missing": 1,
        "profile_households_missing": 2,
    }


def test_indicator_units_are_kept(tmp_path: Path) -> None:
    source = dataclasses.replace(
        PROFILE,
        indicators=(
            IndicatorSource("listrik", "lit_share", "percent", "low", "Berlistrik", "pln"),
            IndicatorSource("banjir", "flood", "index", "high", "Banjir"),
        ),
    )
    text = "kode,kk,jiwa,miskin,listrik,banjir\na,100,400,5,80,0.5\n"
    (tmp_path / "profil.csv").write_text(text)
    read = read_profiles(resolved(source, tmp_path))
    assert (read.rows["lit_share"].item(), read.rows["flood"].item()) == (0.8, 0.5)
    assert [(one.name, one.worse, one.denominator) for one in read.indicators] == [
        ("lit_share", "low", "rumah tangga"),
        ("flood", "high", ""),
    ]


# ---- household registers


def register(
    folder: Path, text: str = REGISTER_TEXT, source: HouseholdSource = REGISTER
) -> Register:
    """Write and open a register."""
    (folder / source.path).write_text(text, encoding="utf-8")
    return open_register(
        TableSource(folder / source.path),
        generation=source.code_generation,
        named=source.named(),
        required=("decile",),
    )


def rows_of(opened: Register) -> pl.DataFrame:
    """Read a register whole."""
    return pl.concat([batch.rows for batch in opened.batches()])


def found(opened: Register) -> dict[tuple[str, str], list[int]]:
    """Read a register and list its findings."""
    rows_of(opened)
    return {(one.kind, one.column): list(one.rows) for one in opened.gathered.findings()}


def test_a_register_keeps_no_column_that_names_a_person(tmp_path: Path) -> None:
    rows = rows_of(register(tmp_path))
    assert not IDENTITY_NAMES & set(rows.columns)
    assert {"village_code", "size", "decile", "floor"} <= set(rows.columns)
    everything = rows.write_csv()
    for secret in (IDENTITY, "Aminah", "Mawar"):
        assert secret not in everything
    assert rows["size"].to_list() == [4.0, 1.0]
    assert rows["decile"][0] == 1
    assert np.isnan(rows["decile"][1])


@pytest.mark.parametrize("name", sorted(IDENTITY_NAMES))
def test_households_refuse_identity_columns(name: str) -> None:
    rows = pl.DataFrame({"village_code": ["a"], name: ["x"]})
    with pytest.raises(DataError, match=f"Identity columns.*{name}"):
        Households(rows, {}, "regsosek2022")


def test_every_identity_of_the_catalogue_is_on_the_list() -> None:
    assert {one.name for one in variables().values() if one.kind == "identity"} == IDENTITY_NAMES


def test_a_renamed_identity_column_is_not_let_in(tmp_path: Path) -> None:
    # the study maps an answer onto the column that holds names
    source = dataclasses.replace(REGISTER, columns={"floor": "Nama"})
    opened = register(tmp_path, source=source)
    rows = rows_of(opened)
    assert "Aminah" not in rows.write_csv()
    assert found(opened)["category_unknown", "Nama"] == [2, 3]
    assert not any("Aminah" in str(one) for one in opened.gathered.findings())


@pytest.mark.parametrize("size", ["0", "61", "empat", "-3", "2,5"])
def test_household_sizes_out_of_range_show_rows_and_no_value(tmp_path: Path, size: str) -> None:
    text = REGISTER_TEXT.replace("Jl. Mawar 1,4,", f'Jl. Mawar 1,"{size}",')
    opened = register(tmp_path, text)
    kind = "out_of_range" if size.strip("-").replace(".", "").replace(",", "").isdigit() else (
        "number_unreadable"
    )  # fmt: skip
    assert found(opened)[kind, "jumlah"] == [2]
    assert np.isnan(rows_of(register(tmp_path, text))["size"][0])


def test_households_without_size_are_named_by_row(tmp_path: Path) -> None:
    # every register asks its decile and, as far as it has the column, its size
    opened = register(tmp_path, REGISTER_TEXT.replace("Jl. Melati 2,1,", "Jl. Melati 2,,"))
    assert found(opened) == {
        ("required_missing", "desil_nasional"): [3], ("required_missing", "jumlah"): [3],
    }  # fmt: skip


def test_a_register_without_decile_is_refused_when_the_rule_needs_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column is recognised as `decile`"):
        register(tmp_path, REGISTER_TEXT.replace("desil_nasional", "tingkatan"))


def test_a_column_that_the_study_names_and_the_file_lacks_is_refused(tmp_path: Path) -> None:
    source = dataclasses.replace(REGISTER, columns={"decile": "desil_nasonal"})
    with pytest.raises(DataError, match=r'named desil_nasonal.*nearest first: "desil_nasional", '):
        register(tmp_path, source=source)


@pytest.mark.parametrize(
    ("header", "cells", "read"),
    [
        ("punya_rekening", ("1", "2"), True),
        ("Rekening aktif", ("Ya", "Tidak"), True),
        ("kepemilikan_rekening", ("1. Ya", ""), True),
        ("rekening", ("0123456789", "1234567890123"), False),
        ("rekening_aktif", ("BRI 012301001234567", "1234-01-001234-56-7"), False),
        ("nomor_rekening", ("1", "2"), False),
        ("no_rekening_bank", ("1", "2"), False),
    ],
)
def test_a_number_of_an_account_is_no_answer(
    tmp_path: Path, header: str, cells: tuple[str, str], *, read: bool
) -> None:
    first, *lines = REGISTER_TEXT.splitlines()
    told = [f"{line},{cell}" for line, cell in zip(lines, cells, strict=True)]
    opened = register(tmp_path, "\n".join([f"{first},{header}", *told]) + "\n")
    assert ("account" in rows_of(opened)) is read
    assert ("meter_number" in opened.mapped) is header.startswith("no")


def test_an_unknown_variable_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match=r'unknown variable "flor"\. Did you mean "floor"'):
        dataclasses.replace(REGISTER, columns={"flor": "lantai"})


def test_texts_for_the_leak_scan_are_those_that_name_a_person_or_a_place(tmp_path: Path) -> None:
    # the scan does not look at case
    texts = {text.lower() for text in personal_texts(register(tmp_path))}
    assert {IDENTITY, "siti aminah", "jl. mawar 1", "104.8123456", "-2.9876543"} <= texts
    assert not {"104.9", "16.07.01.2001", "a.jpg"} & texts


# ---- boundaries


def layer(
    folder: Path,
    squares: dict[str, shapely.Geometry],
    *,
    crs: str | None = "EPSG:32748",
    name: str = "desa.gpkg",
) -> BoundarySource:
    """Write polygons around the middle of Banyuasin, in kilometres."""
    shapes = [
        shapely.transform(shape, lambda xy: xy * 1000 + [480_000, 9_700_000])
        for shape in squares.values()
    ]
    codes = [code.split("#")[0] for code in squares]
    rows = gpd.GeoDataFrame({"kode": codes, "nama": codes}, geometry=shapes, crs=crs)
    rows.to_file(folder / name)
    return BoundarySource(name)


SQUARES = {"16.07.01.1016": shapely.box(0, 0, 1, 1), "16.07.01.1021": shapely.box(1, 0, 2, 1)}


def test_overlaps_and_slivers_are_cleaned_into_a_coverage(tmp_path: Path) -> None:
    squares = {
        "16.07.01.1016": shapely.box(0, 0, 1.02, 1),  # 20 m over its neighbour
        "16.07.01.1021": shapely.box(1, 0, 2, 1),
        # leaves a hole 10 m wide between the three
        "16.07.01.2001": shapely.box(0, 1, 2, 2) - shapely.box(0.5, 1, 1.5, 1.01),
    }
    read = read_boundaries(resolved(layer(tmp_path, squares), tmp_path), regency="16.07")
    shapes = read.villages.geometry
    assert shapely.coverage_is_valid(shapes.to_numpy())
    assert shapes.area.sum() == pytest.approx(4e6, rel=1e-4)
    assert shapes.union_all().area == pytest.approx(shapes.area.sum(), rel=1e-9)
    assert [note.key for note in read.notes] == ["coverage_cleaned", "villages_without_polygon"]
    assert len(read.official) == 313
    assert read.official["has_polygon"].sum() == len({*squares} & {*read.official.index})


def test_rows_come_sorted_by_code_with_official_district_names(tmp_path: Path) -> None:
    backwards = dict(reversed(SQUARES.items()))
    read = read_boundaries(resolved(layer(tmp_path, backwards), tmp_path), regency="16.07")
    assert read.villages.index.tolist() == list(SQUARES)
    assert read.villages["district_name"].tolist() == ["Banyuasin I"] * 2
    assert read.villages.crs.to_epsg() == 32748


def test_degrees_become_metres(tmp_path: Path) -> None:
    layer(tmp_path, SQUARES)
    gpd.read_file(tmp_path / "desa.gpkg").to_crs(4326).to_file(tmp_path / "derajat.geojson")
    read = read_boundaries(resolved(BoundarySource("derajat.geojson"), tmp_path), regency="16.07")
    assert read.villages.area.to_numpy() == pytest.approx([1e6, 1e6], rel=1e-4)


def test_parts_of_one_village_are_joined(tmp_path: Path) -> None:
    squares = SQUARES | {"16.07.01.1016#2": shapely.box(5, 5, 6, 6)}
    with pytest.warns(DegradedInputWarning, match=r"digabung: .*16\.07\.01\.1016, 2 fitur"):
        read = read_boundaries(resolved(layer(tmp_path, squares), tmp_path), regency="16.07")
    assert read.villages.area.tolist() == pytest.approx([2e6, 1e6])


def test_another_regency_is_a_study_error_and_says_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'no village of regency "16\.01".*it has 16\.07'):
        read_boundaries(resolved(layer(tmp_path, SQUARES), tmp_path), regency="16.01")


def test_villages_of_other_regencies_are_dropped(tmp_path: Path) -> None:
    squares = SQUARES | {"16.02.01.2001": shapely.box(2, 0, 3, 1)}
    read = read_boundaries(resolved(layer(tmp_path, squares), tmp_path), regency="16.07")
    assert read.villages.index.tolist() == list(SQUARES)


def test_a_layer_without_crs_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="crs"):
        source = layer(tmp_path, SQUARES, crs=None, name="desa.shp")
    with pytest.raises(DataError, match="names no coordinate reference system"):
        read_boundaries(resolved(source, tmp_path), regency="16.07")


def test_malformed_codes_are_left_out_without_showing_them(tmp_path: Path) -> None:
    squares = {IDENTITY: shapely.box(0, 0, 1, 1), "16.07.01.1021": shapely.box(1, 0, 2, 1)}
    with pytest.warns(DegradedInputWarning, match=r"1 fitur tanpa kode.*: fitur 0\."):
        read = read_boundaries(resolved(layer(tmp_path, squares), tmp_path), regency="16.07")
    assert read.villages.index.tolist() == ["16.07.01.1021"]
    assert IDENTITY not in "".join(note.text for note in read.notes)


def test_a_bow_tie_is_repaired_and_told(tmp_path: Path) -> None:
    squares = SQUARES | {"16.07.01.2001": shapely.Polygon([(3, 0), (4, 1), (4, 0), (3, 1)])}
    with pytest.warns(DegradedInputWarning, match="1 poligon tidak sah"):
        read = read_boundaries(resolved(layer(tmp_path, squares), tmp_path), regency="16.07")
    assert {n.key: n.count for n in read.notes}["polygons_repaired"] == 1
    # two triangles of half a base times half a height: 0.25 square kilometres each
    assert read.villages.loc["16.07.01.2001", "geometry"].area == pytest.approx(5e5, rel=1e-3)


def test_a_village_buried_under_another_is_refused(tmp_path: Path) -> None:
    squares = SQUARES | {"16.07.01.2001": shapely.box(0, 0, 1, 1)}
    with pytest.raises(DataError, match="whole area lies under their neighbours"):
        read_boundaries(resolved(layer(tmp_path, squares), tmp_path), regency="16.07")


def test_a_multipart_village_stays_one_row(tmp_path: Path) -> None:
    two = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)])
    squares = SQUARES | {"16.07.01.1016": two}
    read = read_boundaries(resolved(layer(tmp_path, squares), tmp_path), regency="16.07")
    assert read.villages.loc["16.07.01.1016", "geometry"].area == pytest.approx(2e6, rel=1e-4)


def test_a_file_that_is_no_layer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "desa.geojson").write_text("bukan peta")
    with pytest.raises(DataError, match="not a vector file that can be read"):
        read_boundaries(resolved(BoundarySource("desa.geojson"), tmp_path), regency="16.07")


def test_a_missing_boundary_file_is_a_study_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"\[boundaries\] villages"):
        read_boundaries(BoundarySource(str(tmp_path / "tiada.geojson")), regency="16.07")


def test_the_code_column_missing_offers_the_nearest(tmp_path: Path) -> None:
    layer(tmp_path, SQUARES)
    source = BoundarySource("desa.gpkg", code="kod")
    with pytest.raises(DataError, match=r'named kod\..*nearest first: "kode", "nama"\.'):
        read_boundaries(resolved(source, tmp_path), regency="16.07")


def test_without_any_argument_the_embedded_regency_is_read() -> None:
    found = read_boundaries()
    assert found.approximate
    assert found.regency == "16.07"
    assert len(found.villages) == len(read_boundaries(regency="16.07").villages)


def test_a_regency_is_guessed_of_no_file_and_the_embedded_one_is_no_other(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"`regency` must say whose villages desa\.gpkg is read"):
        read_boundaries(BoundarySource(str(tmp_path / "desa.gpkg")))
    with pytest.raises(ConfigError, match=r'no village of regency "17\.01" \(.*Name a file'):
        read_boundaries(regency="17.01")
    with pytest.raises(ConfigError, match="no regency has this code"):
        read_boundaries(regency="99.99")


def test_the_embedded_default_is_called_approximate(tmp_path: Path) -> None:
    read = read_boundaries(resolved(BoundarySource("default"), tmp_path), regency="16.07")
    assert read.approximate
    assert len(read.villages) >= 305
    assert len(read.context) > 0


@pytest.mark.parametrize("name", ["households", "code", "village_name", "", "Rasio Miskin", "1a"])
def test_an_indicator_cannot_take_the_name_of_another_column(name: str) -> None:
    # else its numbers would silently stand in for the families
    with pytest.raises(ConfigError, match=r"\[\[profiles.indicators\]\] name"):
        IndicatorSource("banjir", name, "index", "high", "Banjir")
