"""What the partners of a study are given: a folder each, always from protected counts."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sibangkit_geo import disclosure
from sibangkit_geo.agencies.catalogue import load_costs
from sibangkit_geo.agencies.focus import place_needs, village_needs
from sibangkit_geo.agencies.partners import (
    contributions,
    own_indicators,
    placed_pledges,
)
from sibangkit_geo.errors import ConfigError, DataError
from sibangkit_geo.indicators.needs import need_catalogue
from sibangkit_geo.products import staging
from sibangkit_geo.products.partner import BOOK_NAME, PartnerTables, partner_product, write_partner
from sibangkit_geo.products.promises import beyond_notes
from sibangkit_geo.study.plan import money_places
from sibangkit_geo.study.prepare import prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sibangkit_geo.agencies.partners import PartnerSettings
    from sibangkit_geo.study.prepare import Progress, Ready

log = logging.getLogger(__name__)
_SHARE = "_share"
_PLANNED = ["year", "agency", "place", "indicator", "households", "cost"]


@dataclass(frozen=True, slots=True)
class PartnersFinished:
    """
    What was made.

    `products`: Relative paths in `out`.
    `bare`: Names of partners whose needs the data do not ask: nothing was written for them.
    `left`: Folders in `out` of an earlier run, of partners that this one did not write.
    """

    out: Path
    products: tuple[str, ...]
    bare: tuple[str, ...]
    left: tuple[str, ...]


def run_partners(study_file: Path, out: Path, *, progress: Progress) -> PartnersFinished:
    """
    Run a study file at level partner and write a folder for each of its partners.

    `out`: Folder of the folders; none of them changes unless all succeed.
    Raises ConfigError: The study file, or a file it names, is wrong; it names no partner; a folder
        holds products of another kind.
    Raises DataError: A table breaks its contract, or the data ask no need of any partner.
    Raises LeakError: A product would show personal data; nothing is written.
    """
    staging.require_own(out, kind="partner")
    with staging.claim(out):
        ready = prepare(study_file, out, progress=progress, level="partner")
        return _folders(ready, study_file.name, out, progress)


def _folders(ready: Ready, name: str, out: Path, progress: Progress) -> PartnersFinished:
    """Write the folder of each partner whose needs the data ask."""
    partners = ready.study.partners
    if not partners:
        msg = f"{name}: names no partner. Add a [[partners]] table."
        raise ConfigError(msg)
    own = {one.key: own_indicators(one, ready.product.measured) for one in partners}
    served = [one for one in partners if own[one.key]]
    if not served:
        msg = "The data ask no need that a partner answers"
        raise DataError(msg, remedy="Name other needs in [[partners]], or add data that ask them.")
    personal = ready.personal()
    products: list[str] = []
    with contextlib.ExitStack() as folders:
        for done, one in enumerate(served):
            progress("draw", done, len(served))
            folder = folders.enter_context(staging.staged(out / one.key, kind="partner"))
            _write(ready, one, own[one.key], folder)
            disclosure.require_clean(folder, personal=personal)
            files = (path for path in folder.rglob("*") if path.is_file())
            products += [f"{one.key}/{path.relative_to(folder).as_posix()}" for path in files]
    log.info("write: %d folders of partners", len(served))
    bare = tuple(one.name for one in partners if not own[one.key])
    return PartnersFinished(out, tuple(sorted(products)), bare, _left(out, served))


def _left(out: Path, served: Sequence[PartnerSettings]) -> tuple[str, ...]:
    """List the folders of partners that this run did not write: they are of an earlier one."""
    keys = {one.key for one in served}
    return tuple(
        sorted(
            one.name
            for one in out.iterdir()
            if one.is_dir() and one.name not in keys and (one / BOOK_NAME).is_file()
        )
    )


def _write(ready: Ready, partner: PartnerSettings, own: Sequence[str], folder: Path) -> None:
    tables = partner_tables(ready, partner, own)
    product = partner_product(ready.product, partner, own, tables)
    write_partner(product, tables, folder)
    told = ["unserved", "planned", "pledged", "unplanned"]
    sums = tables.fits.groupby("indicator")[told if tables.budgeted else told[:1]].sum()
    staging.write_manifest(
        folder,
        product.provenance,
        result={"partner": partner.key, "needs": sums.round().astype(int).to_dict("index")},
        notes=product.notes,
    )


def partner_tables(ready: Ready, partner: PartnerSettings, own: Sequence[str]) -> PartnerTables:
    """Work out where the partner's contribution fits, and what is planned there already."""
    product, budget = ready.product, ready.conclusions.plans.budget
    settings = ready.study.budget
    place = money_places(product.measured, product.found)
    needs = place_needs(village_needs(product.measured), place)
    needs = needs[needs["indicator"].isin(own)]
    promised = placed_pledges(product.pledges, place)
    pledged = promised[promised["indicator"].isin(own)]
    chosen = budget.plan.chosen if budget else pd.DataFrame(columns=_PLANNED)
    planned = chosen.loc[chosen["indicator"].isin(own), _PLANNED]
    costs = load_costs(Path(settings.costs) if settings and settings.costs else None)
    unit = costs["rupiah"].astype(float).rename(index=lambda key: f"{key}{_SHARE}")
    known = planned if budget else None
    fits = contributions(needs, planned=known, pledged=pledged, unit_cost=unit)
    names = product.catalogue.names
    asked = {name.removesuffix(_SHARE) for name in own}
    labels = {one.key: one.label for one in need_catalogue()}
    return PartnerTables(
        fits=fits,
        planned=planned.assign(opd=planned["agency"].map(names.get)).drop(columns="agency"),
        budgeted=budget is not None,
        costs=costs,
        unasked=tuple(labels.get(key, key) for key in partner.answers if key not in asked),
        notes=beyond_notes([one for one in product.pledges if one.indicator in own], product),
    )
