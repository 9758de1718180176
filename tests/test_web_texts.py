"""The page's texts in two languages: the same keys and slots, and every closed name translated."""

from __future__ import annotations

import re

import pytest

from sibangkit_geo import load_catalogue
from sibangkit_geo.indicators.needs import need_catalogue
from sibangkit_geo.products.web.english import english_name, english_of, english_texts
from sibangkit_geo.products.web.page import load_texts
from sibangkit_geo.products.words import say

SLOT = re.compile(r"\{\w+\}")


def test_both_languages_have_the_same_texts() -> None:
    assert list(english_texts()) == list(load_texts())


@pytest.mark.parametrize("key", load_texts())
def test_a_text_has_the_same_slots_lines_and_keys(key: str) -> None:
    ours, english = load_texts()[key], english_texts()[key]
    assert sorted(SLOT.findall(english)) == sorted(SLOT.findall(ours))
    assert english.count("\n") == ours.count("\n")
    # "key = meaning" in the help on keys
    if key == "help_keys":
        assert english.count(" = ") == ours.count(" = ")
    assert english.strip()


def test_every_need_and_agency_has_an_english_name() -> None:
    catalogue = load_catalogue()
    names = [one.label for one in need_catalogue()]
    names += [text for one in catalogue.agencies for text in (one.name, one.focus)]
    names += [say("estimate"), say("unmapped_no_polygon"), say("trend_label"), say("trend_note")]
    assert [name for name in names if english_name(name) is None] == []


@pytest.mark.parametrize(
    ("name", "english"),
    [
        ("3 Mei 2025", "3 May 2025"),
        ("Desil 4", "Decile 4"),
        ("Rumah tangga miskin (Desil 1)", "Poor households (Decile 1)"),
        ("Jarak ke Puskesmas (km)", "Distance to Puskesmas (km)"),
        ("Rumah tangga miskin", None),
        ("rumah tangga", "households"),
    ],
)
def test_names_with_a_number_or_another_name_inside(name: str, english: str | None) -> None:
    assert english_name(name) == english


def test_a_page_carries_only_the_sentences_it_shows() -> None:
    payload = {"texts": {"own": "DPMD"}, "agency": {"name": "PUPR"}, "layers": [{"label": "{x}"}]}
    assert english_of(payload) == {"texts": ["DPMD"], "pairs": ["PUPR", "Public works agency"]}
