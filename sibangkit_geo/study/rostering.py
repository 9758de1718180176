"""House cards of a study: at level internal only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sibangkit_geo.rosters import Photos, build_cards, with_photos
from sibangkit_geo.sources.readers.grid import ROW, cell_name
from sibangkit_geo.study.locating import open_study_register
from sibangkit_geo.tables.numerals import numeral
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from sibangkit_geo import config
    from sibangkit_geo.cartography.product import Product
    from sibangkit_geo.sources.register import Register
    from sibangkit_geo.study.locating import Carried


def with_houses(
    product: Product, carried: Carried, *, study: config.Study, folder: Path
) -> Product:
    """
    Add the cards of houses to a product that is for internal use.

    Returns: Unchanged at any other level, and where no register has points.
    Raises DataError: A register cannot be read again for the names of its photos.
    """
    if study.disclosure.level != "internal":
        return product
    pairs = [
        (source, one.cards)
        for source, one in zip(study.households, carried.houses, strict=True)
        if one.cards is not None and len(one.cards)
    ]
    if not pairs:
        return product
    rows = product.mapped.index.get_indexer(product.boundaries.official.index)
    built = build_cards([cards for _, cards in pairs], page_row=rows, seed=study.pockets.seed)
    cards, notes = built.cards, list(product.notes)
    if built.left_out:
        text = f"{numeral(built.left_out)} rumah tangga tidak miskin tidak digambar sebagai titik."
        notes.append(Note("houses_left_out", text, built.left_out))
    skipped = 0
    for number, (source, _) in enumerate(pairs):
        if source.photo_folder:
            register = open_study_register(study, source, folder)
            names = _photo_names(register, np.where(built.register == number, built.row, -1))
            photos = Photos(folder / source.photo_folder)
            cards = with_photos(cards, photos, names)
            skipped += photos.skipped
    if skipped:
        text = f"{numeral(skipped)} foto rumah dilewati: tidak ada, rusak, atau terlalu besar."
        notes.append(Note("photos_skipped", text, skipped))
    return replace(product, houses=cards, notes=tuple(notes))


def _photo_names(register: Register, rows: NDArray[np.int64]) -> list[str]:
    """Read the photo column again, for the rows that have a card; -1 asks for none."""
    if "photo" not in register.mapped.positions:
        return [""] * len(rows)
    place = register.mapped.positions["photo"]
    width = len(register.header.names)
    wanted: dict[int, str] = dict.fromkeys(rows[rows >= 0].tolist(), "")
    for frame in register.grid.batches([place], first_row=register.header.first_row, width=width):
        named = frame.filter(frame[cell_name(place)].is_not_null())
        for row, name in zip(named[ROW].to_list(), named[cell_name(place)].to_list(), strict=True):
            if row in wanted:
                wanted[row] = name
    return [wanted.get(row, "") for row in rows.tolist()]
