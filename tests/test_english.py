"""The English of the pages: every sentence has its twin, and a page carries what it needs."""

from __future__ import annotations

import json
import re
from string import Formatter

import pytest

from sibangkit_geo import load_catalogue
from sibangkit_geo.agencies.targets import load_series
from sibangkit_geo.model.toml import own_toml
from sibangkit_geo.products.published import downloads
from sibangkit_geo.products.web.english import english_pairs, plain_pairs, sentence_twins
from sibangkit_geo.sources.intake_rules import rules

# of the annex, the atlas, the Word file and the workbook: these reach paper, never a page
ON_PAPER = ("annex", "document_", "book_")
PARTS = ("title", "rule", "done", "decide")


def _texts(table: dict[str, object]) -> list[str]:
    """Give the sentences of a catalogue, also those of its lists."""
    shown = [value for key, value in table.items() if not key.startswith(ON_PAPER)]
    listed = [value if isinstance(value, list) else [value] for value in shown]
    return [str(one) for value in listed for one in value]


def _slots(template: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def _sentences() -> list[str]:
    products = "sibangkit_geo.products"
    found = [
        *_texts(own_toml(products, "id.toml")),
        *_texts(own_toml(products, "focus.id.toml")),
        *_texts(own_toml(products, "profile.id.toml")),
        *_texts(own_toml(f"{products}.web", "front_page.toml")),
    ]
    found += [getattr(one, part) for one in rules().values() for part in PARTS]
    found += [one.told for one in downloads().values() if one.told]
    found += [text for one in load_catalogue().agencies for text in (one.name, one.focus)]
    found += [text for one in load_catalogue().agencies for text in one.wanted]
    found += [text for one in load_catalogue().programmes for text in (one.name, one.eligibility)]
    return list(dict.fromkeys(one for one in found if one))


@pytest.mark.parametrize("sentence", _sentences())
def test_a_sentence_that_can_reach_a_page_has_a_twin_with_its_slots(sentence: str) -> None:
    english = sentence_twins()[sentence]
    assert english.strip()
    assert _slots(english) == _slots(sentence)
    # what stands before and after a slot's text is joined to it
    assert english[0].isspace() == sentence[0].isspace()


def test_every_other_twin_has_the_same_slots() -> None:
    wrong = [ours for ours, english in sentence_twins().items() if _slots(ours) != _slots(english)]
    assert wrong == []


def test_what_published_figures_are_noted_with_has_a_twin() -> None:
    notes = {str(note) for series in load_series() for note in series.figures["note"].dropna()}
    named = [one for one in notes if one and not re.fullmatch(r"Maret \d{4}\.", one)]
    assert len(named) >= 2
    assert [one for one in named if one not in sentence_twins()] == []


def test_a_page_carries_the_sentences_whose_words_it_holds() -> None:
    pairs = english_pairs("Kantong 1: Rambutan (6 desa, indikatif). PUPR")
    assert "Kantong {name} ({n} desa, {grade})." in pairs
    assert "Public works agency" in pairs
    # a letter within a word is no word
    assert "U" not in pairs
    assert english_pairs("Sembawa") == []


def test_the_pairs_of_a_page_cannot_end_their_element() -> None:
    told = plain_pairs("<li>Hunian padat (luas lantai &lt; 7,2 m² per orang)</li></script>")
    assert "<" not in told
    assert "Crowded house (below 7.2 m² per person)" in json.loads(told)
