"""An identity number is found however it is hidden; what only looks like one is not."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import random
import sqlite3
import struct
import tarfile
import zipfile
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pypdf
import pytest
import shapely
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin, TiffImagePlugin, TiffTags
from pypdf.annotations import FreeText
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

from sibangkit_geo.codes.official import embedded_rows
from sibangkit_geo.disclosure import find_leaks, leaks, require_clean
from sibangkit_geo.disclosure.identity_numbers import count_identities, is_identity
from sibangkit_geo.disclosure.plain_text import resolved
from sibangkit_geo.errors import LeakError
from sibangkit_geo.products.web.topology import in_signs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Writer = Callable[[Path], object]

# in parts: no village has district 99, so that nobody can bear the number
NIK = "16" + "07" + "99" + "55" + "05" + "80" + "0001"
LON, LAT = 104.8123456, -2.9654321
POINT = f"{LON} {LAT}"


def cut(*places: int, sign: str = " ") -> str:
    """Write the number with a sign after some of its digits."""
    ends = (0, *places, 16)
    return sign.join(NIK[first:last] for first, last in pairwise(ends))


def text(content: str, encoding: str = "utf-8") -> Writer:
    return lambda path: path.write_bytes(content.encode(encoding))


def data(content: bytes) -> Writer:
    return lambda path: path.write_bytes(content)


def zipped(members: dict[str, bytes], *, remark: bytes = b"") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        archive.comment = remark
    return packed.getvalue()


def tarred(name: str, content: bytes, *, kind: int = tarfile.PAX_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=kind) as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def named_gzip(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(name, "wb", fileobj=packed) as stream:
        stream.write(content)
    return packed.getvalue()


CSV = f"nik\n{NIK}\n".encode()
DOCX = zipped({"word/document.xml": f"<w:p><w:r><w:t>{NIK}</w:t></w:r></w:p>".encode()})


def database(
    *, table: str = "t", column: str = "c", value: object = None, kind: str = ""
) -> Writer:
    def write(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.execute(f'create table "{table}" ("{column}" {kind})')
        connection.execute(f'insert into "{table}" values (?)', (value,))  # noqa: S608 - made here
        connection.commit()
        connection.close()

    return write


def database_bytes(path: Path) -> bytes:
    database(value=int(NIK))(path)
    content = path.read_bytes()
    path.unlink()
    return content


def layer(driver: str, *, value: object = 1, column: str = "a") -> Writer:
    def write(path: Path) -> None:
        rows = gpd.GeoDataFrame({column: [value]}, geometry=[shapely.Point(0, 0)], crs="EPSG:4326")
        rows.to_file(path, driver=driver)

    return write


def parquet(value: object, *, column: str = "a") -> Writer:
    return lambda path: pd.DataFrame({column: [value]}).to_parquet(path)


def png(**info: Any) -> bytes:
    packed = io.BytesIO()
    chunks = PngImagePlugin.PngInfo()
    for kind, value in info.items():
        if kind == "itxt":
            chunks.add_itxt("Comment", value, zip=True)
        else:
            chunks.add_text("Comment", value, zip=kind == "ztxt")
    Image.new("L", (2, 2)).save(packed, "png", pnginfo=chunks)
    return packed.getvalue()


def pdf(change: Callable[[pypdf.PdfWriter], object]) -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    change(writer)
    packed = io.BytesIO()
    writer.write(packed)
    return packed.getvalue()


def runs(writer: pypdf.PdfWriter) -> None:
    """Draw the number as two texts, as a program does that sets each word by itself."""
    page = writer.pages[0]
    content = DecodedStreamObject()
    content.set_data(f"BT /F1 12 Tf 20 100 Td ({NIK[:7]}) Tj 50 0 Td ({NIK[7:]}) Tj ET".encode())
    page[NameObject("/Contents")] = writer._add_object(content)  # noqa: SLF001 - pypdf has no other
    fonts = DictionaryObject()
    fonts[NameObject("/F1")] = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})


def form(writer: pypdf.PdfWriter) -> None:
    """Put the number into a form of XML, as some programs fill them in."""
    content = DecodedStreamObject()
    content.set_data(f"<nik>{NIK}</nik>".encode())
    part = writer._add_object(content.flate_encode())  # noqa: SLF001 - pypdf has no other
    told = DictionaryObject({NameObject("/XFA"): part})
    writer.root_object[NameObject("/AcroForm")] = told


def old_workbook(path: Path) -> None:
    book = xlwt.Workbook()
    book.add_sheet("S").write(0, 0, float(NIK))
    book.save(path)


def jpeg() -> bytes:
    packed = io.BytesIO()
    Image.new("L", (2, 2)).save(packed, "jpeg")
    return packed.getvalue()


def script(writer: pypdf.PdfWriter) -> None:
    told = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject(f"app.alert('{NIK}')")}
    action = DictionaryObject({NameObject(key): value for key, value in told.items()})
    writer.root_object[NameObject("/OpenAction")] = action


WRITINGS = {
    "plain": NIK,
    "spaces": cut(4, 8, 12),
    "dots": cut(2, 4, 6, 12, sign="."),
    "dashes": cut(6, 12, sign="-"),
    "en dashes": cut(4, 8, 12, sign="–"),
    "slashes": cut(2, 4, 6, 8, 10, 12, sign="/"),
    "underscores": cut(3, 7, 8, 15, sign="_"),
    "every digit": cut(*range(1, 16)),
    "every digit, dashes": cut(*range(1, 16), sign="-"),
    "thousands": cut(1, 4, 7, 10, 13, sign="."),
    "thousands, English": f'"{cut(1, 4, 7, 10, 13, sign=",")}"',
    "new line": f"{NIK[:7]}\n{NIK[7:]}",
    "uneven groups": cut(3, 7, 12),
    "indented cells": "\n    ".join(f"<td>{one}</td>" for one in cut(6, 12).split()),
    "named invisible sign": cut(4, 8, sign="&ZeroWidthSpace;"),
    "no-break spaces": cut(4, 8, 12, sign="\u00a0"),
    "thin spaces": cut(4, 8, 12, sign="\u2009"),
    "in a row of a table": f"1 {cut(4, 8, 12)} 25",
    "cells": cut(2, 4, 6, 12, sign=","),
    "quoted cells": cut(6, 12, sign='","'),
    "letters before": "NIK" + NIK,
    "letters around": f"x{NIK}y",
    "digits before": "01" + NIK,
    "digits around": f"7{NIK}8",
    "two in a row": NIK + NIK,
    "with decimals": NIK + ".0",
    "exponent": f"{NIK[0]}.{NIK[1:]}E+15",
    "exponent, comma": f"{NIK[0]},{NIK[1:]}e15",
    "exponent that lost digits": f"{NIK[0]}.{NIK[1:8]}E+15",
    "full width": NIK.translate({48 + one: 0xFF10 + one for one in range(10)}),
    "Arabic-Indic": NIK.translate({48 + one: 0x660 + one for one in range(10)}),
    "Eastern Arabic-Indic": NIK.translate({48 + one: 0x6F0 + one for one in range(10)}),
    "mathematical": NIK.translate({48 + one: 0x1D7CE + one for one in range(10)}),
    "zero width": "\u200b".join(NIK),
    "joiners": cut(4, 8, sign="\u2060"),
    "soft hyphens": cut(5, 10, sign="\u00ad"),
    "entities": "".join(f"&#{ord(one)};" for one in NIK),
    "hexadecimal entities": "".join(f"&#x{ord(one):x};" for one in NIK),
    "one entity": f"{NIK[:3]}&#{ord(NIK[3])};{NIK[4:]}",
    "last entity": f"{NIK[:15]}&#{ord(NIK[15])};",
    "named spaces": cut(4, 8, 12, sign="&nbsp;"),
    "named soft hyphens": cut(4, 8, 12, sign="&shy;"),
    "entities in entities": "".join(f"&amp;#{ord(one)};" for one in NIK),
    "JSON escapes": json.dumps({"a": NIK.translate({48 + one: 0xFF10 + one for one in range(10)})}),
    "JSON escapes of digits": "".join(f"\\u{ord(one):04x}" for one in NIK),
    "JSON escapes between": cut(4, 8, 12, sign="\\u00a0"),
    "JSON zero width": "\\u200b".join(NIK),
    "hexadecimal escapes": "".join(f"\\x{ord(one):02x}" for one in NIK),
    "percent": "data:text/plain," + "".join(f"%{ord(one):02X}" for one in NIK),
    "percent spaces": cut(4, 8, 12, sign="%20"),
    "quoted-printable": f"{NIK[:9]}=\r\n{NIK[9:]}",
    "hexadecimal text": NIK.encode().hex(),
    "base 64": base64.b64encode(NIK.encode()).decode(),
    "base 64 in a page": f'<a href="data:text/csv;base64,{base64.b64encode(CSV).decode()}">',
    "base 64 in lines": base64.encodebytes(b"desa,nik\n" * 9 + CSV).decode(),
    "base 64 twice": base64.b64encode(base64.b64encode(CSV)).decode(),
    "base 64 of gzip": base64.b64encode(gzip.compress(CSV)).decode(),
    "packed data of a page": json.dumps({"data": in_signs(zlib.compress(CSV * 3))}),
    "unpacked data of a page": json.dumps({"data": in_signs(CSV * 3)}),
    "tags": f"<p>{NIK[:5]}<b>{NIK[5:11]}</b>{NIK[11:]}</p>",
    "table cells": f"<tr><td>{NIK[:6]}</td><td>{NIK[6:12]}</td><td>{NIK[12:]}</td></tr>",
    "attribute": f'<div data-x="{NIK}"></div>',
    "comment": f"<!-- {NIK} -->",
}

XML_RUNS = f"<w:r><w:t>{NIK[:5]}</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>{NIK[5:]}</w:t></w:r>"
SHARED = f"<si><r><t>{NIK[:3]}</t></r><r><rPr/><t>{NIK[3:]}</t></r></si>"

HIDINGS: dict[str, Writer] = {
    **{
        f"{''.join(one if one.isalnum() else '_' for one in name)}.txt": text(content)
        for name, content in WRITINGS.items()
    },
    "utf16.csv": text(f"nik\n{NIK}\n", "utf-16"),
    "utf16le.csv": text(f"nik\n{NIK}\n", "utf-16-le"),
    "utf16be.csv": text(f"nik\n{NIK}\n", "utf-16-be"),
    "utf32.csv": text(f"nik\n{NIK}\n", "utf-32-le"),
    "latin.csv": data(f"d\xe9sa {cut(4, 8, 12, sign=chr(160))}".encode("latin-1")),
    "wide.bin": data(b"\x80\x81" * 9 + NIK.encode("utf-16-le") + b"\x00\xff" * 9),
    "cells.GPKG": layer("GPKG", value=NIK),
    "numbers.GpKg": layer("GPKG", value=int(NIK)),
    "floats.gpkg": layer("GPKG", value=float(NIK)),
    "column.gpkg": layer("GPKG", column=f"n{NIK}"),
    "table.db": database(table=f"t{NIK}"),
    "column.db": database(column=f"kolom {cut(4, 8, 12)}"),
    "text.db": database(value=NIK),
    "number.db": database(value=int(NIK)),
    "float.sqlite3": database(value=float(NIK), kind="real"),
    "blob.db": database(value=NIK.encode()),
    "packed_blob.db": database(value=gzip.compress(CSV)),
    "shape_blob.db": database(value=b"GP\x00\x01" + NIK.encode()),
    "without_ending": database(value=int(NIK)),
    "int.parquet": parquet(int(NIK)),
    "float.parquet": parquet(float(NIK)),
    "bytes.parquet": parquet(NIK.encode()),
    "struct.parquet": parquet({"nik": NIK}),
    "column.parquet": parquet(1, column=NIK),
    "table.feather": lambda path: pd.DataFrame({"a": [int(NIK)]}).to_feather(path),
    "number.xls": old_workbook,
    "cells.dat": lambda path: layer("MapInfo File", value=float(NIK))(path.with_suffix(".tab")),
    "cells.gdb": layer("OpenFileGDB", value=float(NIK)),
    "behind.jpg": lambda path: path.write_bytes(jpeg() + zipped({"a.csv": CSV})),
    "form.pdf": data(pdf(form)),
    "cells.fgb": layer("FlatGeobuf", value=int(NIK)),
    "cells.geojson": layer("GeoJSON", value=float(NIK)),
    "cells.kml": layer("KML", value=NIK),
    "cells.dbf": lambda path: layer("ESRI Shapefile", value=NIK)(path.with_suffix(".shp")),
    "csv.gz": data(gzip.compress(CSV)),
    "map.svgz": data(gzip.compress(f"<svg><text>{NIK}</text></svg>".encode())),
    "name.gz": data(named_gzip(f"{NIK}.csv", b"x")),
    "csv.bz2": data(bz2.compress(CSV)),
    "csv.xz": data(lzma.compress(CSV)),
    "csv.zz": data(zlib.compress(CSV * 2)),
    "docx.zip": data(zipped({"a.docx": DOCX})),
    "nested.zip": data(zipped({"a.zip": zipped({"b.zip": zipped({"c.csv": CSV})})})),
    "odd_name.dat": data(zipped({"a": CSV})),
    "member.zip": data(zipped({f"{NIK}/a.txt": b"x"})),
    "remark.zip": data(zipped({"a.txt": b"x"}, remark=NIK.encode())),
    "database.zip": lambda path: path.write_bytes(zipped({"a.bin": database_bytes(path)})),
    "csv.tar": data(tarred("a.csv", CSV)),
    "old.tar": data(tarred("a.csv", CSV, kind=tarfile.USTAR_FORMAT)),
    "name.tar": data(tarred(f"{NIK}.csv", b"")),
    "docx.tar.gz": data(gzip.compress(tarred("a.docx", DOCX))),
    "runs.docx": data(zipped({"word/document.xml": f"<w:p>{XML_RUNS}</w:p>".encode()})),
    "wide.docx": data(zipped({"word/document.xml": f"<w:t>{NIK}</w:t>".encode("utf-16")})),
    "runs.xlsx": data(zipped({"xl/sharedStrings.xml": SHARED.encode()})),
    "number.xlsx": lambda path: pd.DataFrame({"a": [int(NIK)]}).to_excel(path),
    "picture.docx": data(zipped({"word/media/a.png": png(ztxt=NIK)})),
    "text.png": data(png(text=NIK)),
    "packed_text.png": data(png(ztxt=f"NIK {cut(4, 8, 12)}")),
    "wide_text.png": data(png(itxt=NIK)),
    "runs.pdf": data(pdf(runs)),
    "title.pdf": data(pdf(lambda one: one.add_metadata({"/Title": NIK}))),
    "key.pdf": data(pdf(lambda one: one.add_metadata({"/Nomor": cut(4, 8, 12)}))),
    "attached.pdf": data(pdf(lambda one: one.add_attachment("a.csv", CSV))),
    "attached_docx.pdf": data(pdf(lambda one: one.add_attachment("a.docx", DOCX))),
    "attached_name.pdf": data(pdf(lambda one: one.add_attachment(f"{NIK}.csv", b"x"))),
    "outline.pdf": data(pdf(lambda one: one.add_outline_item(title=NIK, page_number=0))),
    "note.pdf": data(
        pdf(lambda one: one.add_annotation(0, FreeText(text=NIK, rect=(0, 0, 50, 50))))
    ),
    "script.pdf": data(pdf(script)),
}


@pytest.mark.parametrize("name", HIDINGS)
def test_a_hidden_number_is_found_and_not_told(tmp_path: Path, name: str) -> None:
    HIDINGS[name](tmp_path / name)
    found = [one for one in find_leaks(tmp_path) if one.kind == "identity"]
    assert {name, name.replace(".dat", ".tab")} & {one.file for one in found}
    with pytest.raises(LeakError, match=r"identity number: \d") as caught:
        require_clean(tmp_path)
    assert NIK not in str(caught.value)


@pytest.mark.parametrize("name", [f"peta {NIK}.txt", cut(4, 8, 12, sign="_"), f"a/{NIK}/b.txt"])
def test_a_number_in_a_name_is_found_and_crossed_out(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("bersih")
    crossed = "".join("#" if one.isdigit() else one for one in name)
    assert leaks(tmp_path) == {crossed: 1}


def test_coded_pixels_are_no_text_and_what_stands_beside_them_is(tmp_path: Path) -> None:
    """A flat picture is coded in bytes that repeat, and may read like digits."""
    whole = jpeg()
    at = whole.index(b"\xff\xda")
    after = at + 2 + int.from_bytes(whole[at + 2 : at + 4], "big")
    number = NIK.encode()
    (tmp_path / "piksel.jpg").write_bytes(whole[:after] + number + whole[after:])
    assert [one for one in find_leaks(tmp_path) if one.kind == "identity"] == []
    remark = b"\xff\xfe" + struct.pack(">H", len(number) + 2) + number
    (tmp_path / "catatan.jpg").write_bytes(whole[:2] + remark + whole[2:])
    (tmp_path / "ekor.jpg").write_bytes(whole + number)
    found = {one.file for one in find_leaks(tmp_path) if one.kind == "identity"}
    assert found == {"catatan.jpg", "ekor.jpg"}


def test_the_name_of_an_empty_folder_counts(tmp_path: Path) -> None:
    (tmp_path / NIK).mkdir()
    assert leaks(tmp_path) == {"#" * 16: 1}


def test_a_table_beside_a_log_is_read_with_it(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("pragma journal_mode = wal")
    connection.execute("create table t (c)")
    connection.execute("insert into t values (?)", (int(NIK),))
    connection.commit()
    found = leaks(tmp_path)
    connection.close()
    assert "a.db" in found


# ---- what is no number

MONEY = ["1500000000000000", "1250000000000000", "2500750000000000", "9999999999999999"]


@pytest.mark.parametrize(
    "content",
    [
        *MONEY,
        "Rp " + "1.500.000.000.000.000",
        "1.5E+15",
        "1.25e15",
        "1.234567E+15",
        "00" + NIK[2:],  # no such province
        NIK[:2] + "00" + NIK[4:],
        NIK[:4] + "00" + NIK[6:],
        NIK[:6] + "00" + NIK[8:],
        NIK[:6] + "32" + NIK[8:],
        NIK[:6] + "72" + NIK[8:],
        NIK[:8] + "00" + NIK[10:],
        NIK[:8] + "13" + NIK[10:],
        NIK[:12] + "0000",
        NIK[:15],
        f"104.{NIK}",
        f"[-2.{NIK}5, 0.{NIK}]",
        "a" * 24 + NIK + "b" * 24,
        "0" * 24 + NIK + "c" * 24,
        NIK * 4,
        f"{'ab' * 6}-1607-9955-0580-{'0001'}{'ab' * 4}",
        "550e8400-" + cut(4, 8, 12, sign="-")[:14] + "-0001deadbeef",
        "16.07.99.2001-123456",
        "16.07.01.2001 16.07.01.2002",
        '["16.07.01.2001","16.07.01.2002"]',
        "[11,11,11,11,11,11,11,11]",
        "2019 2020 2021 2022",
        "16 0 79 0 1 0 5 0 12 34 567",
        "0812-1607\n1105-1112-1134",
        "1607123101,161234\n1607123102,161234",
        "1607123101 234567",
        "1,161234\n1607123101,5",
        "104.81 2.93 104.82 2.95",
        "M1607 1105 1112 1134 1607 1105 1112 1134 1607 1105",
        "2,118,264,155,868,297",
        "<td>16</td><td>7</td><td>110</td><td>5</td><td>12</td><td>34567</td>",
        "2026-11-29T05:57:46.123456",
        "0101000000" + "0000000000805940" + "0000000000000840",
    ],
)
def test_what_only_looks_like_a_number_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.txt").write_text(content)
    assert leaks(tmp_path) == {}


def test_checksums_and_decimals_are_no_numbers() -> None:
    draw = random.Random(1607)
    hashes = [draw.randbytes(32).hex() for _ in range(4000)]
    hashes += [draw.randbytes(16).hex() for _ in range(4000)]
    decimals = [repr(draw.uniform(-180, 180)) for _ in range(20_000)]
    assert count_identities(["\n".join(hashes), " ".join(decimals), ",".join(decimals)]) == [0] * 3


def test_round_amounts_of_money_are_no_numbers() -> None:
    # rupiah in millions up to 9,999 trillion
    draw = random.Random(1607)
    amounts = [draw.randrange(10**9, 10**10) * 10**6 for _ in range(20_000)]
    assert count_identities(["\n".join(map(str, amounts))]) == [0]


def test_provinces_are_those_of_the_official_list() -> None:
    official = {row["province_code"] for row in embedded_rows("regencies.csv")}
    known = {f"{one:02}" for one in range(100) if is_identity(f"{one:02}" + NIK[2:])}
    # the BPS has one more
    assert known - official == {"97"}
    assert official <= known


def test_a_family_number_and_a_woman_s_are_found() -> None:
    woman = NIK[:6] + "71" + NIK[8:]
    family = NIK[:6] + "31" + NIK[8:]
    assert count_identities([woman, family, f"{woman}\n{family}"]) == [1, 1, 2]


def test_numbers_of_the_register_count_though_no_calendar_has_their_day(tmp_path: Path) -> None:
    odd = NIK[:6] + "000000" + NIK[12:]
    (tmp_path / "a.txt").write_text(f"{odd} dan {odd[:4]} {odd[4:8]} {odd[8:12]} {odd[12:]}")
    assert leaks(tmp_path) == {}
    assert leaks(tmp_path, personal={odd}) == {"a.txt": 2}


PARTS = st.tuples(
    st.sampled_from(["11", "16", "21", "36", "53", "64", "76", "82", "91", "96"]),
    st.sampled_from(["01", "07", "12", "71", "79"]),
    st.just("99"),
    st.sampled_from([*range(1, 32), *range(41, 72)]).map("{:02}".format),
    st.integers(1, 12).map("{:02}".format),
    st.integers(0, 99).map("{:02}".format),
    st.integers(1, 9999).map("{:04}".format),
)
SIGNS = [" ", "-", ".", "/", "_", "\u00a0", "\u2009", "–", "\u200b", "&nbsp;", "\\u00a0", " - "]
CUTS = [(4, 8, 12), (6, 12), (2, 4, 6, 12), (2, 4, 6, 8, 10, 12), (6, 8, 10, 12), range(1, 16)]
ALPHABETS = [ord("0"), 0xFF10, 0x660, 0x6F0, 0x966]


@given(
    parts=PARTS,
    sign=st.sampled_from(SIGNS),
    places=st.sampled_from(CUTS),
    zero=st.sampled_from(ALPHABETS),
    before=st.sampled_from(["", "NIK", "NIK ", "no. ", '"', "<td>", "x", "\n"]),
    after=st.sampled_from(["", " ", '"', "</td>", ", ", "\n", "y"]),
)
def test_any_number_in_any_writing_is_found(
    parts: tuple[str, ...], sign: str, places: Any, zero: int, before: str, after: str
) -> None:
    digits = "".join(parts)
    assert is_identity(digits)
    written = digits.translate({48 + one: zero + one for one in range(10)})
    ends = (0, *places, 16)
    written = sign.join(written[first:last] for first, last in pairwise(ends))
    assert count_identities([resolved(before + written + after)]) == [1]


@given(parts=PARTS, writing=st.sampled_from(["{}", "{}.0", "01{}", "{}7", "id{}x", "[{}]", "'{}"]))
def test_any_number_in_a_row_is_found(parts: tuple[str, ...], writing: str) -> None:
    digits = "16" + "07" + "".join(parts)[4:]
    found = count_identities([writing.format(digits), base64.b64encode(digits.encode()).decode()])
    assert found[0] == 1


# ---- pictures and points


def photo(kind: str, *, with_point: bool) -> Writer:
    def write(path: Path) -> None:
        place = {1: "S", 2: (2.0, 57.0, 55.0), 3: "E", 4: (104.0, 48.0, 0.0)}
        picture = Image.new("RGB", (4, 4))
        if kind == "tiff":
            tags = TiffImagePlugin.ImageFileDirectory_v2()
            tags[271] = "Kamera"
            if with_point:
                tags.tagtype[34853] = TiffTags.LONG
                tags[34853] = place
            picture.save(path, kind, tiffinfo=tags)
            return
        exif = Image.Exif()
        exif[271] = "Kamera"
        if with_point:
            exif[34853] = place
        picture.save(path, kind, exif=exif)

    return write


@pytest.mark.parametrize("kind", ["jpeg", "webp", "png", "tiff"])
def test_the_place_of_a_photo_is_found(tmp_path: Path, kind: str) -> None:
    photo(kind, with_point=True)(tmp_path / "a.bin")
    photo(kind, with_point=False)(tmp_path / f"clean.{kind}")
    found = find_leaks(tmp_path)
    assert [(one.file, one.kind, one.count) for one in found] == [("a.bin", "photo_point", 1)]


def test_the_place_of_a_photo_in_a_document_and_in_a_page_is_found(tmp_path: Path) -> None:
    photo("jpeg", with_point=True)(tmp_path / "a.jpg")
    content = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").unlink()
    (tmp_path / "a.docx").write_bytes(zipped({"word/media/a.jpg": content}))
    uri = base64.b64encode(content).decode()
    (tmp_path / "a.html").write_text(f'<img src="data:image/jpeg;base64,{uri}">')
    with Image.open(io.BytesIO(content)) as picture:
        picture.save(tmp_path / "none.pdf")
    assert [(one.file, one.kind) for one in find_leaks(tmp_path)] == [
        ("a.docx", "photo_point"),
        ("a.html", "photo_point"),
    ]


def houses(crs: str) -> gpd.GeoDataFrame:
    points = gpd.GeoSeries([shapely.Point(LON, LAT)], crs="EPSG:4326")
    return gpd.GeoDataFrame({"a": [1]}, geometry=points).to_crs(crs)


def corner(crs: str) -> gpd.GeoDataFrame:
    line = shapely.LineString([(LON, LAT), (105, -3)])
    return gpd.GeoDataFrame({"a": [1]}, geometry=gpd.GeoSeries([line], crs="EPSG:4326")).to_crs(crs)


DRIVERS = {
    "a.gpkg": "GPKG", "a.shp": "ESRI Shapefile", "a.geojson": "GeoJSON", "a.fgb": "FlatGeobuf",
    "a.kml": "KML", "a.gml": "GML",
}  # fmt: skip


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32748"])
@pytest.mark.parametrize("name", [*DRIVERS, "a.parquet"])
@pytest.mark.parametrize("drawn", [houses, corner])
def test_a_point_of_the_register_is_found_in_geometry(
    tmp_path: Path, name: str, crs: str, drawn: Callable[[str], gpd.GeoDataFrame]
) -> None:
    frame = drawn(crs)
    if name.endswith(".parquet"):
        frame.to_parquet(tmp_path / name)
    else:
        frame.to_file(tmp_path / name, driver=DRIVERS[name])
    assert [one.file for one in find_leaks(tmp_path, personal={POINT})] == [name]
    assert leaks(tmp_path) == {}
    assert leaks(tmp_path, personal={"104.8123999 -2.9654321"}) == {}


def test_a_point_is_found_in_a_packed_shapefile_and_in_an_archive(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    houses("EPSG:32748").to_file(inside / "a.shp")
    houses("EPSG:32748").to_file(inside / "a.gpkg")
    parts = {f"x/{one.name}": one.read_bytes() for one in inside.glob("a.[sdpc]*")}
    layers = (inside / "a.gpkg").read_bytes()
    for one in inside.iterdir():
        one.unlink()
    (tmp_path / "shape.zip").write_bytes(zipped(parts))
    (tmp_path / "layers.zip").write_bytes(zipped({"a": gzip.compress(layers)}))
    (tmp_path / "dump.sql").write_text(
        "1\t" + houses("EPSG:4326").geometry.to_wkb(hex=True).iloc[0] + "\n"
    )
    found = leaks(tmp_path, personal={POINT})
    assert sorted(found) == ["dump.sql", "layers.zip", "shape.zip"]


def test_corners_of_areas_count_by_six_decimals_only(tmp_path: Path) -> None:
    # boundaries are drawn on a grid as coarse as the points of some registers
    corner("EPSG:4326").to_parquet(tmp_path / "a.parquet")
    assert leaks(tmp_path, personal={"105 -3"}) == {}


# ---- damage, and data without end


def _truncated(content: bytes, draw: random.Random) -> bytes:
    whole = bytearray(content[: draw.randrange(1, len(content))])
    for _ in range(draw.randrange(3)):
        whole[draw.randrange(len(whole))] = draw.randrange(256)
    return bytes(whole)


BINARY = [
    "cells.GPKG", "number.db", "int.parquet", "table.feather", "cells.fgb", "csv.gz", "csv.bz2",
    "csv.xz", "nested.zip", "csv.tar", "runs.docx", "number.xlsx", "packed_text.png",
    "attached.pdf", "utf16.csv", "csv.zz", "number.xls",
]  # fmt: skip


@pytest.mark.parametrize("name", BINARY)
def test_a_damaged_file_never_stops_the_scan(tmp_path: Path, name: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    HIDINGS[name](source / name)
    content = (source / name).read_bytes()
    folder = tmp_path / "damaged"
    folder.mkdir()
    draw = random.Random(name)
    for at in range(25):
        (folder / f"{at}_{name}").write_bytes(_truncated(content, draw))
    for one in find_leaks(folder, personal={POINT, "siti aminah"}):
        assert one.kind in {"identity", "unreadable", "too_much"}


@pytest.mark.parametrize("kind", ["jpeg", "webp", "png", "tiff"])
def test_a_damaged_photo_never_stops_the_scan(tmp_path: Path, kind: str) -> None:
    photo(kind, with_point=True)(tmp_path / "a")
    content = (tmp_path / "a").read_bytes()
    draw = random.Random(kind)
    for at in range(40):
        (tmp_path / f"{at}").write_bytes(_truncated(content, draw))
    find_leaks(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "number.db",
        "int.parquet",
        "csv.gz",
        "nested.zip",
        "csv.tar",
        "packed_text.png",
        "attached.pdf",
        "cells.fgb",
        "csv.zz",
        "number.xls",
        "runs.docx",
    ],
)
def test_half_a_file_is_told_as_damaged(tmp_path: Path, name: str) -> None:
    HIDINGS[name](tmp_path / name)
    content = (tmp_path / name).read_bytes()
    # the first half of a tar archive is its header alone
    (tmp_path / name).write_bytes(content[: 600 if name == "csv.tar" else len(content) * 2 // 5])
    if name == "csv.tar":
        (tmp_path / name).write_bytes(tarred("a.csv", CSV * 900)[:3000])
    assert ("unreadable", name) in {(one.kind, one.file) for one in find_leaks(tmp_path)}
    with pytest.raises(LeakError, match="damaged or locked"):
        require_clean(tmp_path)


def test_one_damaged_object_of_a_pdf_is_told(tmp_path: Path) -> None:
    def lost(writer: pypdf.PdfWriter) -> None:
        held = DictionaryObject({NameObject("/Lost"): TextStringObject("kata")})
        writer.root_object[NameObject("/Extra")] = writer._add_object(held)  # noqa: SLF001

    data = pdf(lost)
    start = data.rindex(b"<<", 0, data.index(b"/Lost"))
    (tmp_path / "a.pdf").write_bytes(data)
    assert find_leaks(tmp_path) == ()
    (tmp_path / "a.pdf").write_bytes(data[:start] + b")>" + data[start + 2 :])
    assert [one.kind for one in find_leaks(tmp_path)] == ["unreadable"]


def test_a_locked_pdf_and_a_sealed_archive_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(lambda one: one.encrypt("rahasia")))
    (tmp_path / "a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(40))
    assert [(one.file, one.kind) for one in find_leaks(tmp_path)] == [
        ("a.7z", "unreadable"),
        ("a.pdf", "unreadable"),
    ]


def test_a_bomb_is_told_and_not_unpacked(tmp_path: Path) -> None:
    zeros = bytes(200 * 1024**2)
    (tmp_path / "a.gz").write_bytes(gzip.compress(zeros, 1))
    (tmp_path / "b.zip").write_bytes(zipped({"a": gzip.compress(zeros, 1)}))
    inner = CSV
    for _ in range(30):
        inner = zipped({"a.zip": inner})
    (tmp_path / "c.zip").write_bytes(inner)
    found = {(one.file, one.kind) for one in find_leaks(tmp_path)}
    assert {("a.gz", "too_much"), ("b.zip", "too_much"), ("c.zip", "too_much")} <= found


def test_what_a_bomb_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    chunk = zlib.compress(bytes(100 * 1024**2), 9)
    body = b"Comment\0\0" + chunk
    packed = png()
    at = packed.index(b"IDAT") - 4
    spliced = struct.pack(">I", len(body)) + b"zTXt" + body + bytes(4)
    (tmp_path / "a.png").write_bytes(packed[:at] + spliced + packed[at:])
    assert [(one.file, one.kind) for one in find_leaks(tmp_path)] == [("a.png", "too_much")]
