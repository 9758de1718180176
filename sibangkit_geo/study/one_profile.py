"""The profile of one place by command, from the same stages as a run."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sibangkit_geo import disclosure
from sibangkit_geo.errors import ConfigError
from sibangkit_geo.join import fold_name
from sibangkit_geo.model.types import Place
from sibangkit_geo.products import staging
from sibangkit_geo.products.place_profile import as_profiles
from sibangkit_geo.products.sheets import Sheets, every_sheet
from sibangkit_geo.products.web.profile_pages import profile_page
from sibangkit_geo.study.prepare import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from sibangkit_geo.agencies.budget import BudgetTables
    from sibangkit_geo.products.result import Analysis
    from sibangkit_geo.study.prepare import Progress

_KIND = re.compile(r"(desa|kelurahan|kecamatan|kec)\b\.?\s*", re.IGNORECASE)
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class _Known:
    """A place that may be asked for, and how a message names it."""

    place: Place
    name: str
    told: str


def run_profile(study_file: Path, place: str, *, out: Path | None, progress: Progress) -> Path:
    """
    Run a study file and write the profile of one village or district.

    `place`: Its code or its name.
    `out`: HTML file; None for ``profil_CODE.html`` in this folder. Nothing changes unless
        everything succeeds.
    Returns: The file written.
    Raises ConfigError: The study file, or a file it names, is wrong; no place or several are
        called so; the file cannot be written.
    Raises DataError: A table breaks its contract.
    Raises LeakError: The profile would show personal data; nothing is written.
    """
    ready = prepare(study_file, out or Path("profil.html"), progress=progress)
    found = find_place(ready.product.measured.villages, place)
    progress("draw", 0, 1)
    page = _page(ready.product, found, ready.conclusions.plans.budget)
    progress("write", 0, 1)
    file = out or Path(f"profil_{found.id}.html")
    private = ready.study.disclosure.rights.houses
    with staging.staged_file(file, private=private) as hidden:
        staging.write_text(hidden, page)
        disclosure.require_clean(hidden.parent, personal=ready.personal())
    return file


def _page(product: Analysis, place: Place, budget: BudgetTables | None) -> str:
    every = every_sheet(product)
    district = place.id
    if place.level == "village":
        district = str(product.measured.villages.loc[place.id, "district_code"])
    sheets = Sheets(
        tuple(one for one in every.districts if one.code == district),
        tuple(one for one in every.villages if one.code == place.id),
    )
    profiles = as_profiles(product, sheets, budget=budget)[district]
    return profile_page(product, [one for one in profiles if one.code == place.id], alone=True)


def find_place(villages: pd.DataFrame, asked: str) -> Place:
    """
    Find the village or the district of a code or a name.

    `villages`: Indexed by ``village_code``, with ``name``, ``district_code`` and ``district_name``.
    `asked`: Kemendagri code, with or without dots; or a name in any case, also with "Desa",
        "Kelurahan" or "Kecamatan" before it, which then says what is meant.
    Raises ConfigError: No place is called so, or several are.
    """
    known = list(_known(villages))
    plain = asked.strip().replace(".", "")
    by_code = [one for one in known if one.place.id.replace(".", "") == plain]
    if by_code:
        return by_code[0].place
    kind = _KIND.match(asked.strip())
    wanted = fold_name(_KIND.sub("", asked.strip(), count=1))
    named = [one for one in known if fold_name(one.name) == wanted]
    if kind:
        level = "district" if kind[1].lower().startswith("kec") else "village"
        named = [one for one in named if one.place.level == level]
    if len(named) == 1:
        return named[0].place
    if named:
        told = "; ".join(one.told for one in named)
        msg = f'"{asked}" is the name of several places: {told}. Give the code.'
        raise ConfigError(msg)
    raise ConfigError(_unknown(asked, known))


def _known(villages: pd.DataFrame) -> Iterator[_Known]:
    districts = villages.drop_duplicates("district_code")
    for code, name in zip(districts["district_code"], districts["district_name"], strict=True):
        yield _Known(Place("district", str(code)), str(name), f"Kecamatan {name} ({code})")
    for code, name, district in villages[["name", "district_name"]].itertuples():
        told = f"{name}, Kecamatan {district} ({code})"
        yield _Known(Place("village", str(code)), str(name), told)


def _unknown(asked: str, known: list[_Known]) -> str:
    """Word that there is no such place, with the nearest names or codes."""
    folded: dict[str, list[_Known]] = {}
    for one in known:
        for key in (one.name.casefold(), one.place.id):
            folded.setdefault(key, []).append(one)
    word = _KIND.sub("", asked.strip(), count=1).casefold()
    close = difflib.get_close_matches(word, folded, n=_NEAREST)
    told = "; ".join(one.told for key in close for one in folded[key])
    hint = f"Nearest: {told}." if told else "Give a name or a code of villages.csv."
    return f'No village or district of the study is called "{asked}". {hint}'
