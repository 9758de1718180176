"""One need has one total: in every product that tells households of a need, at every level."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import docx
import geopandas as gpd
import lxml.html
import openpyxl
import pandas as pd
import pypdf
import pytest
from docx.table import Table
from docx.text.paragraph import Paragraph
from pypdf.generic import Destination

from sibangkit_geo.agencies import load_catalogue
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.products.published import line_of, published
from tests.pages import data_of
from tests.test_published import KINDS, files_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.conftest import TwoLevels

    Found = Iterator[tuple[str, dict[str, float]]]
    Reader = Callable[[Sequence[Path], "Truth"], Found]

NEEDS = "kebutuhan_opd.csv"
PLAN = ("terpilih", "belum_termuat", "janji")
LEVELS = ("public", "agency")
ALL, SERVED = "all needs of the budget", "all that is in the budget"
SERVED_OF = re.compile(r"([\d.]+) dari ([\d.]+) kebutuhan rumah tangga")
RANKED = re.compile(r"^(.*): peringkat 1 adalah")


@dataclass(frozen=True, slots=True)
class Truth:
    """
    What the table of needs of one level says.

    `totals`: Households of each need; of each agency and of all, as far as the budget has them; the
        ten villages with the largest excess.
    `columns`: Label of a need to its column in tables of villages.
    """

    totals: dict[str, float]
    columns: dict[str, str]
    agencies: frozenset[str]

    @property
    def labels(self) -> dict[str, str]:
        """Name each need by its key in tables."""
        return {f"{one.removeprefix('unserved_')}_share": at for at, one in self.columns.items()}

    def of_villages(self, table: pd.DataFrame) -> dict[str, float]:
        return {
            label: float(table[column].sum())
            for label, column in self.columns.items()
            if column in table
        }


def _truth(folder: Path) -> Truth:
    needs = pd.read_csv(folder / NEEDS)
    whole = needs[needs["tingkat"] == "kabupaten"].set_index("kebutuhan")
    labels = whole["belum_terlayani"].astype(float)
    totals = {str(label): float(n) for label, n in labels.items()}
    plan = pd.concat(pd.read_csv(folder / f"anggaran_{one}.csv") for one in PLAN)
    budgeted = labels[labels.index.isin(plan["kebutuhan"])]
    by_agency = _sums(whole[whole.index.isin(budgeted.index)], "opd", "belum_terlayani")
    villages = needs[needs["tingkat"] == "desa"]
    most = {
        f"worst {label}": float(own.nlargest(10, "kelebihan")["belum_terlayani"].sum())
        for label, own in villages.groupby("kebutuhan")
    }
    told = pd.read_csv(folder / "kamus_data.csv").dropna(subset=["kolom_jumlah"])
    told = told[told["kolom_jumlah"].str.startswith("unserved_")]
    chosen = pd.read_csv(folder / "anggaran_terpilih.csv")["rumah_tangga"].sum()
    return Truth(
        {**totals, **by_agency, **most, ALL: float(budgeted.sum()), SERVED: float(chosen)},
        dict(zip(told["arti"], told["kolom_jumlah"], strict=True)),
        frozenset(whole["opd"]),
    )


# ---- readers: files of one line in, places in them with totals out


def _of_needs(table: pd.DataFrame, level: str, column: str = "belum_terlayani") -> dict[str, float]:
    return _sums(table[table["tingkat"] == level], "kebutuhan", column)


def _sums(table: pd.DataFrame, by: str, column: str) -> dict[str, float]:
    return {str(key): float(n) for key, n in table.groupby(by)[column].sum().items()}


def _table(column: str, *levels: str) -> Reader:
    def read(paths: Sequence[Path], _: Truth) -> Found:
        table = pd.read_csv(paths[0])
        for level in levels:
            yield level, _of_needs(table, level, column)

    return read


def _roles(paths: Sequence[Path], _: Truth) -> Found:
    # each agency has the need there with its largest excess; the others are those of the table
    keys = ["tingkat", "kode", "kebutuhan"]
    needs = pd.read_csv(paths[0].with_name(NEEDS)).set_index(keys)["belum_terlayani"]
    roles = pd.read_csv(paths[0]).set_index(keys)["belum_terlayani"]
    assert roles.index.isin(needs.index).all()
    assert roles.index.is_unique
    both = roles.reindex(needs.index).fillna(needs).reset_index()
    for level in ("kecamatan", "desa"):
        yield level, _of_needs(both, level)


def _sheets(paths: Sequence[Path], truth: Truth) -> Found:
    table = pd.read_csv(paths[0])
    yield "", _sums(table[table["ukuran"].isin(truth.columns)], "ukuran", "jumlah")


def _villages(paths: Sequence[Path], truth: Truth) -> Found:
    yield "", truth.of_villages(pd.read_csv(paths[0]))


def _parquet(paths: Sequence[Path], truth: Truth) -> Found:
    yield "", truth.of_villages(gpd.read_parquet(paths[0]))


def _simple_layers(paths: Sequence[Path], truth: Truth) -> Found:
    yield "villages", truth.of_villages(gpd.read_file(paths[0], layer="villages"))


def _layers(paths: Sequence[Path], truth: Truth) -> Found:
    yield from _simple_layers(paths, truth)
    needs = gpd.read_file(paths[0], layer="needs")
    needs["label"] = needs["indicator"].replace(truth.labels)
    for level, own in needs.groupby("level"):
        if not re.search("pocket|kantong", str(level)):
            yield f"needs {level}", _sums(own, "label", "unserved")


def _plan(paths: Sequence[Path], _: Truth) -> Found:
    tables = [pd.read_csv(paths[0].with_name(f"anggaran_{one}.csv")) for one in PLAN]
    yield "", _sums(pd.concat(tables), "kebutuhan", "rumah_tangga")
    yield "by agency", _sums(pd.concat(tables), "opd", "rumah_tangga")


def _covered(paths: Sequence[Path], _: Truth) -> Found:
    table = pd.read_csv(paths[0])
    table = table[table["porsi"] > 0]
    table["all"] = table["rumah_tangga"] / table["porsi"]
    for year, own in table.groupby("tahun"):
        yield str(year), _sums(own, "opd", "all")


def _factors(paths: Sequence[Path], _: Truth) -> Found:
    table = pd.read_csv(paths[0])
    served, share = table.loc[table.iloc[:, 0] == 1, ["rumah_tangga", "porsi"]].iloc[0]
    yield "", {SERVED: float(served), ALL: float(served / share)}


def _years(paths: Sequence[Path], _: Truth) -> Found:
    promised = pd.read_csv(paths[0].with_name("anggaran_janji.csv"))
    table = pd.concat([pd.read_csv(paths[0]), promised])
    table = table[table["opd"].isin(pd.read_csv(paths[0])["opd"])]
    yield "with what partners promise", _sums(table, "opd", "rumah_tangga")


def _effect(paths: Sequence[Path], _: Truth) -> Found:
    yield "", {SERVED: float(pd.read_csv(paths[0])["rumah_tangga_atas"].iloc[0])}


def _number(text: str) -> float:
    return float(text.replace(".", "").replace(",", "."))


def _served_of(text: str, agency: str) -> dict[str, float]:
    """Read how much of a need is in the budget; of all agencies where none is named."""
    found = SERVED_OF.search(text)
    if not found:
        return {}
    whole = {agency or ALL: _number(found[2])}
    return whole if agency else {**whole, SERVED: _number(found[1])}


def _by_district(rows: Sequence[Sequence[str]], lead: str) -> dict[str, float]:
    label = RANKED.match(lead)
    assert label, lead
    return {label[1]: sum(_number(row[1]) for row in rows if row[0].startswith("Kec. "))}


def page_data(path: Path) -> dict[str, Any]:
    """Read the data that a map page carries."""
    return data_of(path.read_text("utf-8"))


def _pages(paths: Sequence[Path], truth: Truth) -> Found:
    for path in paths:
        data = page_data(path)
        assert not data["unmapped"]
        layers = [one for one in data["layers"] if one["label"] in truth.columns]
        if layers:
            yield path.name, {one["label"]: sum(n or 0 for n in one["counts"]) for one in layers}
        name = data["agency"]["name"]
        agency = name if name in truth.agencies else ""
        for block in data["blocks"]:
            if block["key"] == "budget":
                yield f"{path.name} budget", _served_of(block["lead"], agency)
            if block["key"] == "places":
                rows = block["table"]["rows"]
                yield f"{path.name} places", _by_district(rows, block["lead"])


def _front(paths: Sequence[Path], truth: Truth) -> Found:
    texts = [str(one).strip() for one in lxml.html.parse(paths[0]).getroot().itertext()]
    told = [re.match(r"(.+): ([\d.]+) rumah tangga belum terlayani \(", one) for one in texts]
    needs = {
        one[1]: _number(one[2])
        for one in told
        if one and "OPD penanggung jawab utama" not in one[1]
    }
    # one need of every agency that has any
    assert len(needs) == len(truth.agencies)
    yield "", needs
    yield "budget", _served_of(next(one for one in texts if one.startswith("Anggaran: ")), "")


def _districts(paths: Sequence[Path], truth: Truth) -> Found:
    totals = dict.fromkeys(truth.columns, 0.0)
    for path in paths:
        for table in lxml.html.parse(path).getroot().iter("table"):
            head = [one.text_content() for one in table.iter("th")]
            if head[1:3] == ["Kebutuhan", "Belum terlayani"]:
                for row in table.find("tbody").iter("tr"):
                    cells = [one.text_content() for one in row.iter("td", "th")]
                    totals[cells[1]] += _number(cells[2])
    yield "", totals


def _profiles(paths: Sequence[Path], _: Truth) -> Found:
    # a sheet of paper shows the needs with the largest excess; the others are those of the table
    keys = ["tingkat", "kode", "kebutuhan"]
    needs = pd.read_csv(paths[0].parents[1] / NEEDS).set_index(keys)["belum_terlayani"]
    told: dict[tuple[str, str, str], float] = {}
    for path in paths:
        for sheet in lxml.html.parse(path).getroot().iter("section"):
            level = "desa" if sheet.get("class") == "village" else "kecamatan"
            for row in sheet.iterfind(".//div[@class='needs']//tbody/tr"):
                cells = [one.text_content() for one in row.iter("td")]
                told[level, str(sheet.get("id")), cells[1]] = _number(cells[2].partition(" ")[0])
    shown = pd.Series(told)
    assert len(shown) > 20 * len(paths)
    assert shown.index.isin(needs.index).all()
    both = shown.reindex(needs.index).fillna(needs).reset_index(name="belum_terlayani")
    both.columns = pd.Index([*keys, "belum_terlayani"])
    for level in ("kecamatan", "desa"):
        yield level, _of_needs(both, level)


def _rows(sheet: Any, head: int) -> pd.DataFrame:
    rows = list(sheet.iter_rows(min_row=head, values_only=True))
    return pd.DataFrame(rows[1:], columns=rows[0])


def _wide(sheet: Any) -> dict[str, float]:
    """Add up the columns of a sheet of villages that count households of a need."""
    table = _rows(sheet, 2)
    count = re.compile(r"(.*): rumah tangga (?:membutuhkan|belum terlayani)$")
    named = {str(one): count.match(str(one)) for one in table}
    return {label[1]: float(table[one].sum()) for one, label in named.items() if label}


def _book(paths: Sequence[Path], _: Truth) -> Found:
    book = openpyxl.load_workbook(paths[0], read_only=True)
    needs = _rows(book["Kebutuhan OPD"], 1).rename(columns=str.lower)
    for level in ("kabupaten", "kecamatan", "desa"):
        yield f"needs {level}", _of_needs(needs, level, "belum terlayani")
    targets = _rows(book["Ketepatan sasaran"], 1).rename(columns=str.lower)
    yield "targets", _of_needs(targets, "kabupaten", "sasaran tidak menerima")
    yield "villages", _wide(book["Desa"])
    yield "budget", _sums(_rows(book["Anggaran"], 1), "Kebutuhan", "Rumah tangga")
    yield from _wide_sheets(book)


def _wide_sheets(book: Any) -> Found:
    """Add up the sheets of all districts, and those of the agencies: villages, and last rows."""
    of_districts: dict[str, dict[str, float]] = {"villages": {}, "last rows": {}}
    for name in book.sheetnames:
        if not name.startswith(("OPD ", "Kec. ")):
            continue
        table = _rows(book[name], 2)
        parts = {"villages": _counted(table.iloc[:-1]), "last rows": _counted(table.iloc[-1:])}
        for part, told in parts.items():
            assert told, name
            if name.startswith("OPD "):
                yield f"{name} {part}", told
                continue
            sums = of_districts[part]
            for label, number in told.items():
                sums[label] = sums.get(label, 0.0) + number
    for part, sums in of_districts.items():
        yield f"districts {part}", sums


def _counted(table: pd.DataFrame) -> dict[str, float]:
    tail = ": rumah tangga belum terlayani"
    return {
        str(one).removesuffix(tail): float(table[one].sum())
        for one in table
        if str(one).endswith(tail)
    }


def _partners_book(paths: Sequence[Path], _: Truth) -> Found:
    book = openpyxl.load_workbook(paths[0], read_only=True)
    places = _rows(book["Lokasi bantuan"], 1)
    yield "places", _sums(places, "Kebutuhan", "Belum terlayani")
    parts = places[["Rencana OPD", "Janji mitra", "Belum direncanakan"]].sum(axis=1)
    yield "parts", _sums(places.assign(parts=parts), "Kebutuhan", "parts")
    yield "villages", _wide(book["Desa"])


def _partners_manifest(paths: Sequence[Path], truth: Truth) -> Found:
    told = json.loads(paths[0].read_text("utf-8"))["result"]["needs"]
    yield "", {truth.labels[key]: float(one["unserved"]) for key, one in told.items()}


def _atlas(paths: Sequence[Path], truth: Truth) -> Found:
    book = pypdf.PdfReader(paths[0])
    told = 0
    titles = own_toml("sibangkit_geo.products.atlas", "titles.id.toml")
    labels = {titles[name]: label for name, label in truth.labels.items()}
    for mark in book.outline:
        assert isinstance(mark, Destination)
        agency, _, title = str(mark.title).partition(": ")
        if "Sasaran" in agency:
            label = labels[title]
            at = book.get_destination_page_number(mark) or 0
            found = re.findall(r"([\d.]+) ruta \(\+[\d.]+\)", book.pages[at].extract_text())
            yield f"map {label}", {f"worst {label}": sum(map(_number, found))}
            told += 1
    assert told == len(truth.agencies)


def _document(paths: Sequence[Path], truth: Truth) -> Found:
    document = docx.Document(str(paths[0]))
    agency = lead = ""
    for part in document.element.body.iterchildren():
        if part.tag.endswith("}tbl"):
            table = Table(part, document)
            if lead and table.cell(0, 0).text == "Wilayah":
                rows = [[cell.text for cell in row.cells] for row in table.rows[1:]]
                yield f"places {agency}", _by_district(rows, lead)
            lead = ""
        if not part.tag.endswith("}p"):
            continue
        text = Paragraph(part, document)
        if text.style is not None and str(text.style.name).startswith("Heading"):
            agency = text.text if text.text in truth.agencies else ""
        lead = text.text if RANKED.match(text.text) else lead
        yield f"budget {agency}", _served_of(text.text, agency)
        target = re.match(r"(.*) – ketepatan sasaran: ([\d.]+) dari", text.text)
        if target:
            yield "targets", {target[1]: _number(target[2])}


def _document_as_pdf(paths: Sequence[Path], _: Truth) -> Found:
    text = " ".join(" ".join(one.extract_text() for one in pypdf.PdfReader(paths[0]).pages).split())
    # agencies tell their own budgets before it, and lists of tables begin with the same word
    yield "budget", _served_of(text[text.index(re.findall(r"Anggaran: \d", text)[0]) :], "")


def _regencies(paths: Sequence[Path], _: Truth) -> Found:
    for path in paths:
        table = pd.read_csv(path)
        sums = table.groupby("kebutuhan")["belum_terlayani"].sum()
        yield path.name, {str(key): float(one) for key, one in sums.items()}


def _province(paths: Sequence[Path], _: Truth) -> Found:
    for path in paths:
        tree = lxml.html.parse(str(path))
        rows = tree.xpath("//div[@aria-label='Kebutuhan yang belum terlayani menurut OPD']//tr")
        cells = [[one.text_content() for one in row.xpath("td")] for row in rows]
        found = {}
        for told in filter(None, cells):
            found[told[1]] = float(told[2].split(" dari ")[0].replace(".", ""))
            # of one regency, what it has most of is all
            assert told[5].endswith(f"({told[2].split(' dari ')[0]})")
        yield path.name, found


READERS: dict[tuple[str, str], Reader] = {
    ("run", NEEDS): _table("belum_terlayani", "kabupaten", "kecamatan", "desa"),
    ("run", "peran_opd.csv"): _roles,
    ("run", "ketepatan_sasaran.csv"): _table(
        "sasaran_tidak_menerima", "kabupaten", "kecamatan", "desa"
    ),
    ("run", "villages.csv"): _villages,
    ("run", "lembar_kecamatan.csv"): _sheets,
    ("run", "lembar_desa.csv"): _sheets,
    **{("run", f"anggaran_{one}.csv"): _plan for one in PLAN},
    ("run", "anggaran_cakupan.csv"): _covered,
    ("run", "anggaran_kurva.csv"): _factors,
    ("run", "anggaran_kepekaan.csv"): _factors,
    ("run", "anggaran_tahun_selesai.csv"): _years,
    ("run", "sasaran_dampak_paket.csv"): _effect,
    ("run", "buku_kerja.xlsx"): _book,
    ("run", "gis/kantong_kemiskinan.gpkg"): _layers,
    ("run", "gis/villages.parquet"): _parquet,
    ("run", "pockets.gpkg"): _simple_layers,
    ("run", "index.html"): _front,
    ("run", "kecamatan/*.html"): _districts,
    ("run", "profil/*.html"): _profiles,
    ("run", "*.html"): _pages,
    ("annex", "A?/atlas_peta.pdf"): _atlas,
    ("annex", "lampiran.docx"): _document,
    ("annex", "lampiran.pdf"): _document_as_pdf,
    ("annex", "buku_kerja.xlsx"): _book,
    ("annex", "gis/kantong_kemiskinan.gpkg"): _layers,
    ("annex", "gis/villages.parquet"): _parquet,
    ("province", "index.html"): _province,
    ("province", "kebutuhan_kabupaten.csv"): _regencies,
    ("partner", "peta.html"): _pages,
    ("partner", "buku_kerja_mitra.xlsx"): _partners_book,
    ("partner", "manifest.json"): _partners_manifest,
}


def test_every_line_that_tells_needs_is_read() -> None:
    told = {(kind, line) for kind in KINDS for line, one in published(kind).items() if one.needs}
    assert READERS.keys() == told


@pytest.mark.parametrize("level", ["public", "agency", "internal", "partner"])
def test_every_product_tells_the_same_total(two_levels: TwoLevels, level: str) -> None:
    # a partner's folder is of protected counts, as the public's is
    truth = _truth(two_levels.folders["public" if level == "partner" else level])
    assert len(truth.columns) >= 12
    seen: dict[str, int] = dict.fromkeys(truth.totals, 0)
    for kind, own, folder in two_levels.finished:
        if own != level:
            continue
        files: dict[str, list[Path]] = {}
        for name, path in sorted(files_of(folder).items()):
            files.setdefault(line_of(kind, name), []).append(path)
        for line, paths in files.items():
            if (kind, line) not in READERS:
                continue
            told = 0
            for where, found in READERS[kind, line](paths, truth):
                for key, number in found.items():
                    # pytest.approx allows for sums of parts of a household
                    assert number == pytest.approx(truth.totals[key]), (kind, line, where, key)
                    seen[key] += 1
                    told += 1
            assert told, (kind, line)
    least = sorted(seen[label] for label in truth.columns)
    # partners are told their own needs alone
    assert least[-11 if level == "partner" else 0] >= (4 if level == "partner" else 20)


def test_chosen_left_out_and_pledged_are_all_of_a_budget(two_levels: TwoLevels) -> None:
    for folder in two_levels.folders.values():
        parts = [pd.read_csv(folder / f"anggaran_{one}.csv") for one in PLAN]
        plan = pd.concat(parts)
        truth = _truth(folder)
        assert plan["rumah_tangga"].sum() == pytest.approx(truth.totals[ALL])
        outside = truth.columns.keys() - set(plan["kebutuhan"])
        notes = json.loads((folder / "manifest.json").read_text("utf-8"))["notes"]
        said = next(one["text"] for one in notes if one["key"] == "paid_by_partners")
        # what is in no budget is what partners alone pay, and every product says so
        assert {one for one in outside if one in said} == outside
        assert said in (folder / "index.html").read_text("utf-8")


def test_the_front_page_says_a_need_of_every_agency(two_levels: TwoLevels) -> None:
    names = {one.name for one in load_catalogue().agencies}
    for folder in two_levels.folders.values():
        assert _truth(folder).agencies <= names


def test_both_levels_have_the_same_villages_on_the_map(two_levels: TwoLevels) -> None:
    shown, true = (page_data(two_levels.folders[one] / "bappeda.html") for one in LEVELS)
    for one, other in zip(shown["layers"], true["layers"], strict=True):
        hatched = [
            {row for row, at in enumerate(layer["class"]) if at in (None, "-")}
            for layer in (one, other)
        ]
        assert hatched[0] <= hatched[1], one["key"]
