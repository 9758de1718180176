"""Several regencies beside each other: what each finished, their tables, and their folder."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.products.staging import MANIFEST, write_text
from sibangkit_geo.products.tables import write_csv
from sibangkit_geo.products.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

    from sibangkit_geo.model.types import Note, Pockets
    from sibangkit_geo.products.result import Analysis

TABLE, NEEDS, ACROSS = "kabupaten.csv", "kebutuhan_kabupaten.csv", "kantong_lintas.csv"
PAGE = "index.html"
_DIGITS = 6
_NOTHING = "–"


@dataclass(frozen=True, slots=True)
class RegencyResult:
    """
    What the front page of a province says of one finished regency; plain values.

    `label`: What is counted as poor, as the regency's own pages call it.
    `rule`: Who counts as poor, as its study says it, in one text that is equal where it is.
    `poor`, `base`: Households in poverty, of those whose poverty is known; None without any.
    `official`: Published rate, per cent, year and source; empty where the study has none.
    `generations`: Of its registers.
    `p_value`: Of the map; None where nothing was tested.
    `inside`: Villages in a pocket.
    """

    code: str
    name: str
    created: str
    label: str
    rule: str
    data_year: int
    source: str
    generations: tuple[str, ...]
    base: int | None
    poor: int | None
    official: tuple[Any, ...]
    p_value: float | None
    strict: int
    indicative: int
    wide: int
    villages: int
    with_data: int
    inside: int
    notes: int
    level_line: str

    @property
    def rate(self) -> float:
        """Poor share of the households that are known, 0 to 1; NaN without any."""
        return self.poor / self.base if self.base and self.poor is not None else math.nan

    @property
    def tested(self) -> bool:
        """Whether pockets were looked for."""
        return self.p_value is not None


@dataclass(frozen=True, slots=True)
class MissingRegency:
    """
    A regency without a result in this run.

    `why`: In Indonesian.
    `earlier`: When its products of an earlier run were made, which stay; empty without any.
    """

    code: str
    name: str
    why: str
    earlier: str = ""


@dataclass(frozen=True, slots=True)
class Province:
    """
    What is known of several regencies together.

    `place`: In words, whose regencies they are.
    `districts`: One row per district: ``regency``, ``district_name``, ``households``, ``poor``,
        ``rate`` (0 to 1) and polygon, metres.
    `pockets`: One row per pocket of a regency: ``regency``, ``evidence``, ``name`` and polygon.
    `needs`: One row per regency, agency and need.
    `across`: Pockets of all regencies tested together; None where not asked for.
    `crossing`: Those with villages of two regencies or more, with polygons.
    """

    title: str
    place: str
    year: int
    created: str
    level: str
    finished: tuple[RegencyResult, ...]
    missing: tuple[MissingRegency, ...]
    districts: gpd.GeoDataFrame
    pockets: gpd.GeoDataFrame
    needs: pd.DataFrame
    notes: tuple[Note, ...] = ()
    across: Pockets | None = None
    crossing: gpd.GeoDataFrame | None = None

    @property
    def whole(self) -> int:
        """How many regencies the study has."""
        return len(self.finished) + len(self.missing)

    @property
    def poor(self) -> int:
        """Poor households of all finished regencies."""
        return sum(one.poor or 0 for one in self.finished)

    @property
    def base(self) -> int:
        """Households whose poverty is known, of all finished regencies."""
        return sum(one.base or 0 for one in self.finished)

    @property
    def estimate_line(self) -> str:
        """Word what the numbers are not."""
        return say("estimate")

    @property
    def caveat_line(self) -> str:
        """Word what was done to the counts."""
        return " ".join(dict.fromkeys(one.level_line for one in self.finished))

    @property
    def source_lines(self) -> tuple[str, ...]:
        """Word the data of each regency."""
        return tuple(
            f"{one.name}: {one.source} ({one.data_year})" for one in self.finished if one.source
        )

    @property
    def honesty(self) -> tuple[str, ...]:
        """Say nothing: each regency's own pages tell what its data cannot answer."""
        return ()

    def differences(self) -> Iterator[str]:
        """Say where the regencies cannot be compared as they stand."""
        if self.missing:
            names = ", ".join(one.name for one in self.missing)
            yield say("province_incomplete", n=len(self.finished), whole=self.whole, names=names)
        years = sorted({one.data_year for one in self.finished})
        if len(years) > 1:
            yield say("province_years", years=", ".join(map(str, years)))
        if len({one.rule for one in self.finished}) > 1:
            yield say("province_rules")
        kinds = sorted({name for one in self.finished for name in one.generations if name})
        if len(kinds) > 1:
            yield say("province_generations", kinds=", ".join(kinds))
        yield say("province_within")


def result_of(
    product: Analysis, *, code: str, rule: str, official: Sequence[object]
) -> RegencyResult:
    """
    Take out of a regency's products what stands on the front page of the province.

    `rule`: Who counts as poor.
    `official`: Rate in per cent, year and source; empty without any.
    """
    layer, found = product.layers[0], product.found
    poor, base = layer.district_counts.sum(), layer.district_bases.sum()
    strict = int((found.outlines["evidence"] == "strict").sum())
    table = product.measured.villages
    registers = product.provenance.settings.get("households") or ()
    untested = math.isnan(found.p_value)
    return RegencyResult(
        code=code,
        name=product.regency_name,
        created=product.provenance.created,
        label=layer.indicator.label,
        rule=rule,
        data_year=layer.indicator.year,
        source=layer.indicator.source,
        generations=tuple(sorted({str(one["code_generation"]) for one in registers})),  # type: ignore[attr-defined]
        base=round(float(base)) if base > 0 else None,
        poor=round(float(poor)) if base > 0 else None,
        official=tuple(official),
        p_value=None if untested else round(found.p_value, _DIGITS),
        strict=strict,
        indicative=len(found) - strict,
        wide=len(found.wide_villages),
        villages=len(table),
        with_data=int((table["status"] == "ok").sum()),
        inside=len(found.members),
        notes=len(product.notes),
        level_line=product.level_line,
    )


def regency_table(province: Province) -> pd.DataFrame:
    """
    Lay the regencies side by side, as ``kabupaten.csv`` has them.

    Grain: one row per regency of the study; numbers are missing where it has no result.
    """
    rows: list[dict[str, object]] = [
        {
            "kode": one.code, "nama": one.name, "hasil": "selesai", "sebab": "",
            "ukuran": one.label, "aturan_miskin": one.rule, "tahun_data": one.data_year,
            "sumber": one.source, "generasi": " ".join(one.generations),
            "rumah_tangga_diketahui": one.base, "rumah_tangga_miskin": one.poor,
            "porsi": None if math.isnan(one.rate) else round(one.rate, _DIGITS),
            **dict(zip(("angka_resmi_persen", "tahun_resmi", "sumber_resmi"), one.official,
                       strict=False)),
            "kantong_kuat": one.strict if one.tested else None,
            "kantong_indikatif": one.indicative if one.tested else None,
            "wilayah_luas": one.wide if one.tested else None,
            "desa": one.villages, "desa_berdata": one.with_data,
            "desa_dalam_kantong": one.inside if one.tested else None,
            "nilai_p": one.p_value,
        }
        for one in province.finished
    ]  # fmt: skip
    rows += [
        {"kode": one.code, "nama": one.name, "hasil": "tidak ada", "sebab": one.why}
        for one in province.missing
    ]
    heads = ["kode", "nama", "hasil", "sebab", "ukuran", "aturan_miskin", "tahun_data", "sumber",
             "generasi", "rumah_tangga_diketahui", "rumah_tangga_miskin", "porsi",
             "angka_resmi_persen", "tahun_resmi", "sumber_resmi", "kantong_kuat",
             "kantong_indikatif", "wilayah_luas", "desa", "desa_berdata", "desa_dalam_kantong",
             "nilai_p"]  # fmt: skip
    table = pd.DataFrame(rows, columns=heads).sort_values("kode", ignore_index=True)
    whole = [one for one in heads[6:] if one.startswith(("tahun", "rumah", "kantong", "wilayah",
             "desa"))]  # fmt: skip
    return table.astype(dict.fromkeys(whole, "Int64"))


def write_province(
    province: Province, folder: Path, *, page: Callable[[Collection[str]], str]
) -> tuple[str, ...]:
    """
    Write the province's own files, but for the manifest, which lists those of regencies too.

    `page`: Draws the front page, given the names of all files.
    Returns: Their names, the front page first.
    """
    write_csv(regency_table(province), folder / TABLE)
    if len(province.needs):
        write_csv(province.needs, folder / NEEDS)
    if province.crossing is not None:
        write_csv(pd.DataFrame(province.crossing.drop(columns="geometry")), folder / ACROSS)
    names = sorted(one.name for one in folder.iterdir())
    write_text(folder / PAGE, page((*names, MANIFEST)))
    return (PAGE, *names, MANIFEST)


def write_manifest(province: Province, folder: Path, told: Mapping[str, object]) -> None:
    """
    Write ``manifest.json`` when the folders of the regencies are there.

    `told`: What it says beside results, notes and the list of files.
    """
    files = sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())
    content = {
        "created": province.created,
        **told,
        "result": {
            "finished": [one.code for one in province.finished],
            "missing": {one.code: one.why for one in province.missing},
            "poor_households": province.poor,
            "known_households": province.base,
        },
        "notes": [{"key": one.key, "text": one.text, "count": one.count} for one in province.notes],
        "products": [*files, MANIFEST],
    }
    write_text(folder / MANIFEST, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def plain_result(one: RegencyResult) -> dict[str, object]:
    """Turn a result into plain values, from which `RegencyResult(**values)` makes it again."""
    return asdict(one)


def needs_of(code: str, folder: Path) -> pd.DataFrame:
    """
    Read what a finished regency says of its needs, as a row of the province.

    `folder`: Of the regency's products.
    Returns: Columns ``kode``, ``nama``, ``opd``, ``kebutuhan``, ``rumah_tangga_ditanya``,
        ``belum_terlayani``, ``porsi_belum_terlayani``, ``tahun``; none where nothing was asked.
    """
    heads = ["kode", "nama", "opd", "kebutuhan", "rumah_tangga_ditanya", "belum_terlayani",
             "porsi_belum_terlayani", "tahun"]  # fmt: skip
    table = pd.read_csv(folder / "kebutuhan_opd.csv", dtype={"kode": str})
    own = table[table["tingkat"] == "kabupaten"].assign(kode=code)
    counts = ["rumah_tangga_ditanya", "belum_terlayani"]
    return own.reindex(columns=heads).astype(dict.fromkeys(counts, "Int64"))


def need_rows(needs: pd.DataFrame) -> list[tuple[str, ...]]:
    """
    Sum each need over the regencies that ask it, and name where most are unserved.

    Returns: Words of OPD, need, unserved of asked, share, how many ask, and the three with most.
    """
    rows: list[tuple[str, ...]] = []
    for (agency, need), own in needs.groupby(["opd", "kebutuhan"], sort=False):
        known = own.dropna(subset=["belum_terlayani", "rumah_tangga_ditanya"])
        unserved, asked = known["belum_terlayani"].sum(), known["rumah_tangga_ditanya"].sum()
        if not asked:
            continue
        first = known.nlargest(3, "belum_terlayani")
        most = ", ".join(
            f"{name} ({numeral(count)})"
            for name, count in zip(first["nama"], first["belum_terlayani"], strict=True)
        )
        share = percentage(unserved / asked)
        counted = say("province_of", count=numeral(unserved), base=numeral(asked))
        where = say("province_asked", n=len(known))
        rows.append((str(agency), str(need), counted, share, where, most))
    return rows


def _counted(one: RegencyResult) -> str:
    if one.base is None or one.poor is None:
        return _NOTHING
    return say("province_of", count=numeral(one.poor), base=numeral(one.base))


def regency_rows(province: Province) -> tuple[list[tuple[str, ...]], list[str]]:
    """Word the regencies for the page's table, and name each one's front page."""
    rows: list[tuple[str, ...]] = []
    links = []
    for one in province.finished:
        official = _NOTHING
        if one.official:
            official = f"{numeral(one.official[0], 2)}% ({one.official[1]})"
        found = say("province_pockets", strict=one.strict, indicative=one.indicative)
        rows.append(
            (
                one.name,
                f"{one.data_year} · {' '.join(one.generations) or one.source}",
                _counted(one),
                _NOTHING if math.isnan(one.rate) else percentage(one.rate),
                official,
                found if one.tested else say("province_untested"),
                f"{numeral(one.inside)} / {numeral(one.villages)}" if one.tested else _NOTHING,
            )
        )
        links.append(f"{one.code}/{PAGE}")
    return rows, links
