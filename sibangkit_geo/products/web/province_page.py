"""The front page of several regencies: compared honestly, each with its way in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import shapely

from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.products.classes import class_values
from sibangkit_geo.products.province import PAGE, need_rows, regency_rows
from sibangkit_geo.products.published import published
from sibangkit_geo.products.web.html import render_plain, word
from sibangkit_geo.products.web.svg import Outline, VillageMap, Window, path_of
from sibangkit_geo.products.words import date_words, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import geopandas as gpd
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

    from sibangkit_geo.products.classes import LegendClass
    from sibangkit_geo.products.province import Province

_WIDTH = 620
_PERCENT = 100
_DETAIL_PX = 0.5
_NAVY, _ACROSS, _BORDER = "#12305a", "#0f7f6e", "#16202e"
# label, value, what stands under it
_Figure = tuple[str, str, list[str]]


def province_page(province: Province, *, files: Collection[str], software: str) -> str:
    """
    Draw the front page.

    `files`: What the folder holds beside it.
    `software`: Name and version, for the last line.
    Returns: One document without script; only its links need the folders beside it.
    """
    rows, links = regency_rows(province)
    drawing, classes = province_map(province)
    label = province.finished[0].label
    return render_plain(
        "province",
        {
            "title": province.title,
            "heading": province.title,
            "under": f"{province.place} · {province.year}",
            "product": province,
            "made": word("made", date=date_words(province.created), software=software),
            "notes": [one.text for one in province.notes],
            "figures": _figures(province),
            "label": label,
            "drawing": drawing,
            "legend": list(_legend(province, classes)),
            "rows": rows,
            "links": links,
            "missing": _missing(province),
            "differences": list(province.differences()),
            "needs": need_rows(province.needs),
            "across": None if province.across is None else _across(province),
            "files": [
                (name, one.told)
                for name, one in published("province").items()
                if one.told and name in files
            ],
        },
        style="front_page.css",
    )


def _figures(province: Province) -> list[_Figure]:
    finished = province.finished
    strict = sum(one.strict for one in finished)
    indicative = sum(one.indicative for one in finished)
    estimate = [
        (
            say("province_estimate"),
            percentage(province.poor / province.base),
            [
                say(
                    "province_estimate_lead",
                    poor=numeral(province.poor),
                    base=numeral(province.base),
                    n=sum(one.base is not None for one in finished),
                    whole=province.whole,
                )
            ],
        )
    ]
    done = say(
        "province_finished_lead",
        villages=numeral(sum(one.villages for one in finished)),
        with_data=numeral(sum(one.with_data for one in finished)),
    )
    found = [say("province_found_lead", strict=strict, indicative=indicative)]
    if province.crossing is not None and len(province.crossing):
        found.append(say("province_found_across", n=len(province.crossing)))
    return [
        *(estimate if province.base else []),
        (say("province_found"), str(strict + indicative), found),
        (say("province_finished"), f"{len(finished)} / {province.whole}", [done]),
    ]


def _missing(province: Province) -> list[tuple[str, str, str, str]]:
    """Give why each one is missing, and what of an earlier run is still there."""
    return [
        (
            say("province_missing_line", name=one.name, why=one.why),
            say("province_earlier", date=date_words(one.earlier)) if one.earlier else "",
            f"{one.code}/{PAGE}" if one.earlier else "",
            say("province_earlier_open", name=one.name),
        )
        for one in province.missing
    ]


def _across(province: Province) -> list[str]:
    found, crossing = province.across, province.crossing
    assert found is not None  # noqa: S101 - asked for
    if math.isnan(found.p_value):
        return [say("province_across_untested")]
    if crossing is None or crossing.empty:
        return [say("province_across_none")]
    return [
        say(
            "province_across_line",
            name=f"{row['nomor']}: {row['nama_kantong']}",
            n=row["desa"],
            grade=row["bukti"],
            regencies=row["kabupaten"],
            poor=numeral(row["rumah_tangga_miskin"]),
            base=numeral(row["rumah_tangga_diketahui"]),
            rate=percentage(row["porsi"]),
            p=numeral(row["nilai_p"], 3),
        )
        for _, row in crossing.iterrows()
    ]


def province_map(province: Province) -> tuple[VillageMap, tuple[LegendClass, ...]]:
    """Draw the districts in classes of their share, the borders of regencies, and the pockets."""
    every = province.districts
    districts = every[every.geometry.notna() & ~every.geometry.is_empty]
    window = Window.around(districts.total_bounds, _WIDTH)
    rates = (districts["rate"].astype(float) * _PERCENT).round(1)
    place, classes = class_values(rates, decimals=1)
    shapes = shapely.coverage_simplify(districts.geometry.to_numpy(), _DETAIL_PX * window.metres)
    names = {one.code: one.name for one in province.finished}
    outlines = [
        Outline(
            path_of(shape, window),
            "#ffffff",
            classes[at].color if at >= 0 else "url(#mark)",
            0.5,
            title=_told(row, names),
        )
        for shape, at, (_, row) in zip(shapes, place, districts.iterrows(), strict=True)
    ]
    outlines += list(_borders(districts, window))
    pockets = [
        _pocket(one, window, _NAVY, evidence == "strict", str(name))
        for name, evidence, one in zip(
            *(province.pockets[key] for key in ("name", "evidence", "geometry")), strict=True
        )
    ]
    if (crossing := province.crossing) is not None:
        pockets += [
            _pocket(one, window, _ACROSS, True, str(name))
            for name, one in zip(crossing["nama_kantong"], crossing.geometry, strict=True)
        ]
    return VillageMap(window.width, window.height, (*outlines, *pockets), ()), classes


def _pocket(shape: BaseGeometry, window: Window, color: str, solid: bool, title: str) -> Outline:  # noqa: FBT001 - drawn so or so
    path = path_of(shapely.simplify(shape, _DETAIL_PX * window.metres), window)
    return Outline(path, color, weight=1.8, dash="" if solid else "4 2", title=title)


def _told(row: pd.Series, names: dict[str, str]) -> str:
    rate = float(row["rate"])
    shown = say("province_no_data") if math.isnan(rate) else percentage(rate)
    return say(
        "province_district",
        district=row["district_name"],
        regency=names[row["regency"]],
        rate=shown,
    )


def _borders(districts: gpd.GeoDataFrame, window: Window) -> Iterator[Outline]:
    for _, own in districts.groupby("regency"):
        whole = shapely.union_all(own.geometry.to_numpy(), grid_size=1.0)
        yield Outline(
            path_of(shapely.simplify(whole, _DETAIL_PX * window.metres), window),
            _BORDER,
            weight=1.1,
        )


def _legend(province: Province, classes: tuple[LegendClass, ...]) -> Iterator[tuple[str, str, str]]:
    for one in classes:
        yield "class", one.color, one.label
    if province.districts["rate"].isna().any():
        yield "missing", "", say("province_no_data")
    evidence = set(province.pockets["evidence"])
    for kind in ("strict", "indicative"):
        if kind in evidence:
            yield kind, "", say(f"annex.{kind}")
    if province.crossing is not None and len(province.crossing):
        yield "across", _ACROSS, say("province_crossing")
