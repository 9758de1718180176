"""Profiles on paper: one page per district with a sheet for it and for each of its villages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sibangkit_geo.products.web.html import render_plain
from sibangkit_geo.products.web.profile_map import profile_map
from sibangkit_geo.products.words import date_words, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sibangkit_geo.products.place_profile import Profile
    from sibangkit_geo.products.result import Analysis


def profile_file(district: str) -> str:
    """Name the file of a district's profiles, relative to the folder of a run."""
    return f"profil/{district}.html"


def profile_pages(
    product: Analysis, profiles: Mapping[str, Sequence[Profile]]
) -> Iterator[tuple[str, str]]:
    """
    Draw the profiles of every district.

    `profiles`: As `as_profiles` words them.
    """
    for district, own in profiles.items():
        yield profile_file(district), profile_page(product, own)


def profile_page(product: Analysis, profiles: Sequence[Profile], *, alone: bool = False) -> str:
    """
    Draw profiles of one district, a sheet of paper each.

    `profiles`: At least one.
    `alone`: Whether the page lies in no folder of a run, and so leads nowhere.
    Returns: One document without script.
    """
    district = profiles[0].district
    drawing = profile_map(product, district)
    drawn = {}
    if drawing is not None:
        drawn = {
            one.code: drawing.names if one.level == "district" else drawing.named(one.code)
            for one in profiles
            if one.level == "district" or one.code in drawing.shapes
        }
    villages = product.measured.villages
    named = villages.loc[villages["district_code"] == district, "district_name"]
    name = profiles[0].title if alone else say("profile_page", name=profiles[0].name)
    made = say(
        "profile_made",
        title=product.title,
        date=date_words(product.provenance.created),
        software=f"sibangkit_geo {product.provenance.versions['sibangkit_geo']}",
    )
    values = {
        "title": f"{name} · {product.title}",
        "district": district,
        "district_name": str(named.iloc[0]),
        "sheets": profiles,
        "drawing": drawing,
        "drawn": drawn,
        "estimate": product.estimate_line,
        "caveat": product.caveat_line,
        "made": made,
        "alone": alone,
    }
    return render_plain("profile", values, style="profile.css")
