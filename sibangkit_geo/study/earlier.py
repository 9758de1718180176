"""Earlier years of the same register, counted by today's rules, for the trend of each village."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sibangkit_geo import disclosure
from sibangkit_geo.cartography.product import EarlierWave
from sibangkit_geo.indicators import villages
from sibangkit_geo.study.locating import locate_register
from sibangkit_geo.tables.public import Note

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from sibangkit_geo import config
    from sibangkit_geo.tables.intake import IntakeReport
    from sibangkit_geo.tables.public import Boundaries, Indicator

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Earlier:
    """
    Earlier waves of a study.

    `notes`: Rows without village, and what may not be compared.
    """

    waves: tuple[EarlierWave, ...]
    notes: tuple[Note, ...]
    reports: tuple[IntakeReport, ...]


def earlier_waves(
    study: config.Study, areas: Boundaries, folder: Path, review: dict[str, str]
) -> Earlier:
    """
    Count the registers of the ``[[earlier]]`` tables.

    Each year is masked by itself, as the study's own year is.

    `areas`: Boundaries; villages that were split since count where their old code points to.
    `review`: A person's decisions on names.
    Returns: Empty where the study names none.
    Raises ConfigError: A file is missing, or codes cannot be joined without names.
    Raises DataError: A register breaks its contract.
    """
    waves, notes, reports = [], list[Note](), []
    for source in sorted(study.earlier, key=lambda one: one.year):
        part, counted = locate_register(study, source, areas, folder, review)
        measured = villages.assemble(
            areas, [part], official=None,
            poverty_source=(source.source or counted.report.file, source.year),
            rule=study.poverty,
        )  # fmt: skip
        masked = disclosure.mask(measured, settings=study.disclosure)
        shown = _digits(masked.measured.villages, measured.indicators)
        waves.append(EarlierWave(source.year, shown, masked.cells))
        notes += [_dated(one, source.year) for one in counted.notes]
        if source.code_generation != study.households[0].code_generation:
            notes.append(_generation(source.year))
        reports.append(counted.report)
        log.info("read: %d households of %d", counted.report.rows_located, source.year)
    return Earlier(tuple(waves), tuple(notes), tuple(reports))


def _digits(table: pd.DataFrame, indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Keep the indicators only, shares in per cent as they are shown."""
    shown = table[[one.name for one in indicators]].astype(float)
    shares = [one.name for one in indicators if one.unit == "percent"]
    shown[shares] *= 100.0
    return shown


def _dated(note: Note, year: int) -> Note:
    return Note(note.key, f"Data {year}: {note.text}", note.count)


def _generation(year: int) -> Note:
    text = (
        f"Data {year} berasal dari generasi pendataan yang berbeda: "
        "sebagian perubahan dapat berasal dari cara mendata."
    )
    return Note("earlier_generation", text)
