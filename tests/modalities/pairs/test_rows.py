"""Pairs as rows: what is the same, what is blank, how they look and read, and their pictures."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from xml.dom.minidom import parseString

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.ragged import Ragged
from evenhand.modalities.pairs.features.floor import words_and_colour
from evenhand.modalities.pairs.features.same_rows import same_pairs, shared_halves
from evenhand.modalities.pairs.features.traits import blank_pairs, pair_traits
from evenhand.modalities.pairs.features.words import words_of
from evenhand.modalities.pairs.features.wrapping import wrapping
from evenhand.modalities.pairs.picture import data_uri, wrapped
from evenhand.modalities.pairs.reading.same_halves import text_key

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def entry(rows: Sequence[tuple[int | None, str]], side: int = 8) -> StoreEntry:
    """Return rows of (seed of a picture; None: missing, 0: blank) and text."""
    images = np.full((len(rows), side, side, 3), 255, dtype=np.uint8)
    for image, (seed, _) in zip(images, rows, strict=True):
        if seed:
            image[:] = np.random.default_rng(seed).integers(0, 256, image.shape)
    return StoreEntry(
        "x",
        len(rows),
        {
            "image": images,
            "text": Ragged.of([np.frombuffer(text.encode(), dtype=np.uint8) for _, text in rows]),
            "present": np.array([[seed is not None, bool(text)] for seed, text in rows], dtype=np.uint8),
        },
        {},
    )


def sets(found: Sequence[np.ndarray]) -> list[list[int]]:
    return [one.tolist() for one in found]


def test_pairs_are_the_same_if_both_halves_are() -> None:
    held = entry(
        [(1, "Hat"), (1, "HAT "), (2, "Hat"), (None, "hat"), (None, "Hat"), (1, ""), (1, ""), (0, ""), (0, "")]
    )
    rows = np.arange(9)
    assert sets(same_pairs(held, rows)) == [[0, 1], [3, 4], [5, 6]], "blank pictures without a word say nothing"
    assert sets(shared_halves(held, rows)) == [[0, 1, 2, 3, 4, 5, 6]]
    assert sets(same_pairs(held, np.array([6, 5, 0]))) == [[0, 1]], "positions among the rows asked for"


def test_halves_that_very_many_rows_share_join_nothing() -> None:
    held = entry([(n + 1, "untitled") for n in range(40)] + [(7, "Hat"), (50, "Cap")])
    assert sets(shared_halves(held, np.arange(42))) == [[6, 40]]


@given(TEXTS)
def test_the_key_of_a_text_is_that_of_its_other_spellings(text: str) -> None:
    key = text_key(text)
    assert key is None or (key == text_key(f"  {text}\n") and key == text_key(key))
    assert (key is None) == (not any(char.isalnum() for char in text.casefold()))


@given(TEXTS)
def test_words_are_folded_and_without_blanks(text: str) -> None:
    assert all(word and not word.isspace() for word in words_of(text))
    assert words_of(text.upper().casefold()) == words_of(text.upper())


def test_blank_rows_have_no_word_and_no_picture_or_an_even_one() -> None:
    held = entry([(0, ""), (None, "--"), (0, "Hat"), (1, ""), (None, "帽")])
    assert blank_pairs(held, np.arange(5)).tolist() == [True, True, False, False, False]


def test_how_pairs_look_and_read_has_no_gaps() -> None:
    held = entry([(1, "Hat 12"), (None, "קניות"), (2, ""), (3, "帽子")], side=16)
    found = pair_traits(held, np.arange(4))
    assert np.isfinite(found.to_numpy()).all()
    assert found["script: written from right to left"].tolist() == [0, 1, 0, 0]
    assert found["missing halves: picture"].tolist() == [0, 1, 0, 0]
    name = "brightness: mean"
    assert found[name][1] == pytest.approx(np.median(found[name][[0, 2, 3]]))
    alone = pair_traits(entry([(None, "a"), (None, "b")]), np.arange(2))
    assert name not in alone


def test_what_gives_a_label_away_is_words_halves_and_files() -> None:
    held = entry([(n + 1 if n % 3 else None, f"Men's hat {n}" if n % 2 else "shoe") for n in range(12)], side=16)
    facts = pd.DataFrame(
        {"width": 40, "height": 20, "format": "JPEG", "mode": "RGB", "bytes": 900}, index=range(12)
    )
    found = wrapping(held, np.arange(12), facts)
    assert list(found)[:2] == ["which of picture and text are there", "single words of the text"]
    assert "the dimensions of the file" in found
    assert all(len(measures) == 12 and np.isfinite(measures).all() for measures in found.values())
    words = found["single words of the text"]
    assert (words[:, 0] == [n % 2 for n in range(12)]).all() or (words[:, 0] != [n % 2 for n in range(12)]).all()


def test_the_floor_learns_nothing_from_other_rows() -> None:
    held = entry([(1, "Hat"), (None, "赤い"), (2, "")])
    facts = pd.DataFrame({"width": [40, np.nan, 4], "height": [20, np.nan, 4]})
    name, whole = words_and_colour(held, np.arange(3), facts)
    assert name == "words, size and colour"
    assert np.array_equal(words_and_colour(held, np.array([2]), facts.iloc[[2]])[1], whole[2:])
    assert np.isfinite(whole).all()
    assert whole[:, :256].sum(axis=1).tolist() == [1, 1, 0]


@given(TEXTS, st.booleans())
def test_the_picture_of_a_row_is_well_formed_for_any_text(text: str, pictured: bool) -> None:
    image = Image.new("RGB", (64, 30), "red") if pictured else None
    uri = data_uri(image, text, 64)
    document = parseString(base64.b64decode(uri.partition(",")[2]))
    assert bool(document.getElementsByTagName("image")) == pictured


def test_lines_that_do_not_fit_end_in_dots() -> None:
    assert wrapped("one two three four", 7, 2) == ["one two", "three…"]
    assert wrapped("", 7, 2) == []
    assert wrapped("abcdefghij", 4, 9) == ["abcd", "efgh", "ij"]
