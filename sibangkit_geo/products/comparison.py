"""Products of a comparison of runs: three tables, one page, one manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo import disclosure
from sibangkit_geo.model.numerals import numeral, percentage
from sibangkit_geo.pockets.change import FALSE_SHARE
from sibangkit_geo.products.classes import CHANGE_COLORS
from sibangkit_geo.products.shown import (
    Shown,
    areas_of,
    column_shade,
    kind_shade,
    level_words,
    note_texts,
)
from sibangkit_geo.products.staging import MANIFEST, staged, write_text
from sibangkit_geo.products.tables import write_csv
from sibangkit_geo.products.view import Look, Shade, View
from sibangkit_geo.products.web.html import compact, render
from sibangkit_geo.products.words import listed_districts, say, told_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from sibangkit_geo.model.types import Note

TABLES = {
    "pockets": "perubahan_kantong.csv",
    "villages": "perubahan_desa.csv",
    "areas": "perubahan_kecamatan.csv",
}
PAGE = "perubahan.html"
_DIGITS, _DISTRICT = 6, len("16.07.01")
_WORDS = {
    "id": "kantong", "class": "kelas", "year_before": "dari_tahun", "year_after": "ke_tahun",
    "before": "nomor_sebelum", "after": "nomor_sesudah", "jaccard": "jaccard_orang",
    "note": "keterangan", "villages": "desa", "code": "kode", "name": "nama", "level": "tingkat",
    "households_before": "rumah_tangga_sebelum", "households_after": "rumah_tangga_sesudah",
    "poor_before": "rumah_tangga_miskin_sebelum", "poor_after": "rumah_tangga_miskin_sesudah",
    "rate_before": "angka_sebelum", "rate_after": "angka_sesudah", "difference": "selisih",
    "low": "selisih_bawah", "high": "selisih_atas", "history": "kelas_riwayat",
    "caution": "perhatian", "q_value": "nilai_p_disesuaikan",
}  # fmt: skip
_SHOWN = {name: word.replace("_", " ").capitalize() for name, word in _WORDS.items()}
_COUNTS = ("before", "after", "households_before", "households_after", "poor_before", "poor_after")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Comparison(Shown):
    """
    What changed between finished runs; made by `compare`.

    Attributes
    ----------
    pockets, villages, areas
        Tables with English column names, one row per pocket, village or district (and the
        regency) and pair of following waves.
    notes
        What a reader must know.
    provenance
        Plain values for the manifest: runs with checksums, parameters, time.
    level, caveat
        Whom the runs are for, and what was done to protect people.
    shapes
        Polygons of the villages of the last run, indexed by code, where it has them.

    Examples
    --------
    >>> import pandas as pd
    >>> nothing = pd.DataFrame()
    >>> Comparison(nothing, nothing, nothing, (), {}, "public").level
    'public'
    """

    pockets: pd.DataFrame
    villages: pd.DataFrame
    areas: pd.DataFrame
    notes: tuple[Note, ...]
    provenance: Mapping[str, object]
    level: str = ""
    caveat: str = ""
    shapes: gpd.GeoDataFrame | None = None

    def summary(self) -> pd.DataFrame:
        """
        List what became of each pocket.

        Returns
        -------
        table
            `pockets`, and ``level``.
        """
        numbers = self.pockets.columns.intersection(["before", "after"])
        whole = {name: self.pockets[name].astype("Int64") for name in numbers}
        return self.pockets.assign(**whole, level=self.level)

    def write(self, out: str | Path) -> tuple[str, ...]:
        """
        Write tables, page and manifest into a folder, whole or not at all.

        Parameters
        ----------
        out
            Folder.

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
        return write_comparison(self, Path(out), private=self.level == "internal")

    def view(self, look: Look) -> View:
        """Gather what is shown: by how many points the rate of each village changed last."""
        last = self.villages[self.villages["year_after"] == self.villages["year_after"].max()]
        before, after = last["year_before"].min(), last["year_after"].max()
        table = last.set_index("code")
        given = self.shapes if look.areas is None else look.areas
        areas = None
        if given is not None:
            areas = areas_of(given, given.index[given.index.isin(table.index)])
        shade = None
        if areas is not None and look.column:
            shade = column_shade(areas.join(table, rsuffix="_change"), look)
        elif areas is not None:
            shade = _change_shade(table.reindex(areas.index))
        sure = int((last["q_value"] <= FALSE_SHARE).sum())
        counts = self.pockets.get("class", pd.Series(dtype=object)).value_counts()
        return View(
            say("nb_change", before=before, after=after),
            (
                (say("nb_level"), level_words([self.level])),
                (say("nb_villages"), numeral(len(last))),
                (say("nb_sure"), numeral(sure)),
                *((f"{say('nb_found')}: {name}", numeral(n)) for name, n in counts.items()),
            ),
            areas=areas,
            shade=shade,
            notes=note_texts(self.notes),
            caveat=f"{say('estimate')} {self.caveat}".strip(),
        )


def _change_shade(table: pd.DataFrame) -> Shade:
    """Colour surely fallen and risen rates; what did not surely change stays pale."""
    sure = table["q_value"].le(FALSE_SHARE)
    kinds = pd.Series("same", index=table.index).mask(sure & table["difference"].lt(0), "fall")
    kinds = kinds.mask(sure & table["difference"].gt(0), "rise").mask(
        table["difference"].isna(), ""
    )
    words = {one: say(f"nb_{one}") for one in ("fall", "same", "rise")}
    colors = {"fall": CHANGE_COLORS[0], "same": CHANGE_COLORS[2], "rise": CHANGE_COLORS[4]}
    return kind_shade(kinds, say("nb_changed"), words, colors)


def write_comparison(found: Comparison, out: Path, *, private: bool) -> tuple[str, ...]:
    """
    Write all products of a comparison, whole or not at all.

    `out`: Final folder.
    `private`: Whether folder and files are for the owner's account alone.
    Returns: Relative paths, sorted.
    Raises ConfigError: `out` cannot be written.
    Raises LeakError: A product holds personal data; nothing is written.
    """
    names = sorted([*TABLES.values(), PAGE, MANIFEST])
    with staged(out, kind="comparison", private=private) as folder:
        for key, name in TABLES.items():
            write_csv(_shown(getattr(found, key)), folder / name)
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
    """Draw the page: notes, pockets, districts, and villages whose rate surely changed."""
    sure = found.villages[found.villages["q_value"] <= FALSE_SHARE]
    areas = found.areas["q_value"].le(FALSE_SHARE).map({True: "ya", False: "tidak"})
    shown = {
        "Kantong": _pockets(found),
        "Kecamatan dan kabupaten": _compact(found.areas).assign(**{"Berubah signifikan": areas}),
        "Desa yang angkanya berubah signifikan": _compact(sure),
    }
    tables = {name: one.astype(object).where(one.notna(), "") for name, one in shown.items()}
    values = {"title": "Perubahan antarwaktu", "notes": found.notes, "tables": tables}
    return render("comparison", values, styles=[compact("comparison.css")])


def _pockets(found: Comparison) -> pd.DataFrame:
    """Name the villages of each pocket beside what became of it."""
    table = found.pockets
    if table.empty:
        return table
    every = pd.concat([found.areas, found.villages]).drop_duplicates("code")
    names = dict(zip(every["code"], every["name"].astype(str), strict=True))
    own = pd.DataFrame({"name": {one: name for one, name in names.items() if len(one) > _DISTRICT}})
    own["district_name"] = [names.get(one[:_DISTRICT], one[:_DISTRICT]) for one in own.index]
    told, districts = told_names(own).to_dict(), own["district_name"].to_dict()
    inside = [str(codes).split() for codes in table["villages"]]
    places = [
        say("pocket_name", number=number, name=listed_districts(
            str(districts.get(code, code[:_DISTRICT])) for code in codes))
        for number, codes in zip(table["id"], inside, strict=True)
    ]  # fmt: skip
    listed = [", ".join(str(told.get(code, code)) for code in codes) for codes in inside]
    made = pd.DataFrame({"Kantong": places, "Kelas": table["class"], "Desa": listed})
    figures = _figures(table, interval="selang yang memperhitungkan pemilihan garis kantong")
    return pd.concat([made, figures, table[["note"]].rename(columns=_SHOWN)], axis=1)


def _compact(table: pd.DataFrame) -> pd.DataFrame:
    if table.empty:
        return table
    kept = [name for name in ("level", "name", "history", "caution") if name in table]
    first = [name for name in kept if name in {"level", "name"}]
    rest = [name for name in kept if name not in first]
    return pd.concat(
        [table[first].rename(columns=_SHOWN), _figures(table), table[rest].rename(columns=_SHOWN)],
        axis=1,
    )


def _figures(table: pd.DataFrame, *, interval: str = "selang 95%") -> pd.DataFrame:
    """Put rate and counts of both times, and their difference with interval, into words."""
    rows = []
    for row in table.to_dict(orient="records"):
        told = {"Waktu": f"{row['year_before']} – {row['year_after']}"}
        for label, end in (("Sebelum", "before"), ("Sesudah", "after")):
            poor, homes = row[f"poor_{end}"], row[f"households_{end}"]
            known = pd.notna(poor) and pd.notna(homes)
            counts = f" ({numeral(poor)} dari {numeral(homes)} rumah tangga)" if known else ""
            told[label] = _percent(row[f"rate_{end}"]) + counts
        ends = f" ({_points(row['low'])} sampai {_points(row['high'])})"
        told[f"Selisih, poin persen ({interval})"] = _points(row["difference"]) + (
            ends if pd.notna(row["low"]) else ""
        )
        rows.append(told)
    return pd.DataFrame(rows, index=table.index)


def _percent(share: float) -> str:
    return "" if pd.isna(share) else percentage(share)


def _points(share: float) -> str:
    return "" if pd.isna(share) else numeral(100 * share, 1)
