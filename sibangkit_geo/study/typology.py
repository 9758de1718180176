"""The typology of a study: attributes carried to villages, grouped, described, drawn."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo.cartography.annex.types import TypeCard, write_type_card
from sibangkit_geo.cartography.texts import say
from sibangkit_geo.errors import DataError
from sibangkit_geo.indicators.typology import (
    Features,
    Typology,
    TypologySettings,
    prepare_features,
    type_profiles,
    village_types,
)
from sibangkit_geo.outputs.staging import write_text
from sibangkit_geo.sources.attributes import read_attributes
from sibangkit_geo.study.locus import locate_places
from sibangkit_geo.tables.numerals import numeral, percentage
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from pathlib import Path

    from sibangkit_geo import config
    from sibangkit_geo.cartography.product import Product
    from sibangkit_geo.tables.public import Boundaries

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TypologyRun:
    """What the typology of a study made."""

    found: Typology
    features: Features
    profiles: pd.DataFrame
    notes: tuple[Note, ...]


def typology_of(
    study: config.Study, areas: Boundaries, folder: Path, review: dict[str, str]
) -> TypologyRun | None:
    """
    Group the villages of a study, where it asks for it.

    `areas`: Boundaries; villages without polygon are left out.
    `review`: A person's decisions on names.
    Returns: None where the study has no ``[typology]``.
    Raises ConfigError: The file is missing.
    Raises DataError: The table is damaged, a code is taken for a quantity, or too few villages.
    """
    source = study.typology
    if source is None:
        return None
    read = read_attributes(source, folder=folder)
    located = locate_places(read.places, areas, code_system=source.code_system, review=review)
    code = located.rows["village_code"]
    known = code.isin(areas.villages.index) & ~code.duplicated(keep=False)
    table = read.table[known].set_index(pd.Index(code[known].astype(object), name="village_code"))
    try:
        features = prepare_features(table, quantities=read.quantities, categories=source.categories)
        inner = areas.villages.geometry.representative_point().loc[table.index]
        places = pd.DataFrame({"x": inner.x, "y": inner.y}, index=table.index)
        settings = TypologySettings(fewest=source.fewest, most=source.most, seed=study.study.seed)
        found = village_types(features, places, settings=settings)
    except DataError as error:
        error.name_file(source.path)
        raise
    log.info("measure: %d types of villages", int(found.types.max()))
    notes = _notes(found, features, len(areas.official))
    return TypologyRun(found, features, type_profiles(features, found.types), notes)


def _notes(found: Typology, features: Features, official: int) -> tuple[Note, ...]:
    chosen = found.criteria[found.criteria["chosen"]].iloc[0]
    text = (
        f"Tipologi desa: {numeral(len(found.types))} dari {numeral(official)} desa, "
        f"{len(features.quantities)} besaran dan {len(features.categories)} kategori; "
        f"{found.components} komponen utama ({percentage(found.explained, 0)} keragaman, analisis "
        f"paralel); Ward dengan bobot jarak tempat {numeral(found.mixing, 1)}; "
        f"{int(chosen['n_types'])} tipe menurut siluet ({numeral(chosen['silhouette'], 2)}). "
        f"Kesesuaian dengan pengelompokan tanpa tempat (indeks Rand terkoreksi): "
        f"{numeral(found.agreement, 2)}. Tipe menggambarkan kemiripan, bukan kemiskinan."
    )
    notes = [Note("typology", text)]
    if features.dropped:
        listed = "; ".join(f"{name}: {why}" for name, why in features.dropped.items())
        told = f"Tidak dipakai dalam tipologi: {listed}."
        notes.append(Note("typology_dropped", told, len(features.dropped)))
    if features.impossible:
        listed = ", ".join(f"{name} ({n})" for name, n in features.impossible.items())
        told = f"Nilai mustahil dibaca sebagai tidak ada data dalam tipologi: {listed}."
        notes.append(Note("typology_impossible", told, sum(features.impossible.values())))
    return tuple(notes)


def write_typology(
    run: TypologyRun | None, study: config.Study, product: Product, folder: Path
) -> None:
    """
    Write the table, the profiles and the card of a typology.

    `run`: The typology; None writes nothing.
    """
    if run is None or study.typology is None:
        return
    types = run.found.types
    mapped = product.mapped
    table = mapped[["name", "district_name"]].assign(
        village_type=types.reindex(mapped.index).astype("Int64"),
        village_type_without_place=run.found.plain_types.reindex(mapped.index).astype("Int64"),
    )
    write_text(folder / "tipologi_desa.csv", table.to_csv(lineterminator="\n"))
    profiles = run.profiles.round(6)
    text = profiles.to_csv(index=False, lineterminator="\n")
    write_text(folder / "tipologi_profil.csv", text)
    source = study.typology.source or study.typology.path
    card = TypeCard(
        title=say("types_title", regency=product.regency_name),
        source=say("data_source", label="Tipologi", source=source, year=study.typology.year),
        note=" ".join(note.text for note in run.notes[:1]),
        villages=mapped[["geometry"]].assign(
            village_type=types.reindex(mapped.index).astype(float)
        ),
        profiles=run.profiles,
    )
    write_type_card(card, folder / "annex" / "tipologi_desa.pdf")
