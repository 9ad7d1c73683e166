"""The text of a row from columns and templates, in any script."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import ConfigError, DataError
from evenhand.base.settings.section import check
from evenhand.data.tables.table import LabelTable
from evenhand.modalities.pairs.config import PairsConfig
from evenhand.modalities.pairs.reading.template import columns_of, texts_of

CELLS = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12))


def table(**columns: list[str | None]) -> LabelTable:
    frame = pd.DataFrame({name: np.array(cells, dtype=object) for name, cells in columns.items()})
    return LabelTable("t.csv", frame, np.arange(2, len(frame) + 2), "line")


def test_words_between_columns_stand_only_between_two_that_say_something() -> None:
    held = table(title=["Hat", None, "Hat", None], maker=["Nord", "Nord", None, None])
    assert texts_of(held, "{title} by {maker}!") == ["Hat by Nord!", "Nord!", "Hat!", None]
    assert texts_of(held, "Title: {title} by {maker}") == ["Title: Hat by Nord", "Nord", "Title: Hat", None]
    assert texts_of(held, ["title", "maker"]) == ["Hat Nord", "Nord", "Hat", None]
    assert texts_of(held, "title") == ["Hat", None, "Hat", None]
    assert texts_of(held, []) == [None] * 4


def test_braces_and_columns_of_several_words() -> None:
    held = table(**{"product name": ["Hat"]})
    assert texts_of(held, "{{{product name}}}") == ["{Hat}"]
    assert columns_of("{product name}") == ["product name"]


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_any_cells_give_texts_in_normal_form_c(cells: list[tuple[str | None, str | None]]) -> None:
    held = table(a=[a for a, _ in cells], b=[b for _, b in cells])
    for template in ("a", ["a", "b"], "{a}. {b}", "«{b}» {a}"):
        for (a, b), text in zip(cells, texts_of(held, template), strict=True):
            used = [a] if template == "a" else [a, b]
            assert (text is None) == all(cell is None or not cell.strip() for cell in used)
            if text is not None:
                assert text == text.strip()
                assert text == unicodedata.normalize("NFC", text)


@given(st.text(max_size=20))
def test_any_text_is_a_column_a_template_or_a_fault_in_words(text: str) -> None:
    try:
        config = PairsConfig(text=text)
    except ValueError:
        return
    assert all(name.strip() for name in columns_of(config.text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{title", "a brace without its partner"),
        ("{title:>3}", "the name of a column and nothing else"),
        ("{}", "the name of a column and nothing else"),
        (" ", "name a column, or set []"),
        ("{{title}}", "the template names no column"),
        (["title", " "], "a column of the list has no name"),
    ],
)
def test_a_template_that_cannot_be_read_is_refused(text: str | list[str], words: str) -> None:
    with pytest.raises(ConfigError, match="text") as caught:
        check(PairsConfig, {"text": text}, source="c.toml")
    assert words in str(caught.value)


def test_a_column_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(DataError) as caught:
        texts_of(table(title=["Hat"], path=["1.jpg"]), "{titel}. {maker}")
    assert "t.csv: pairs.text: " in str(caught.value)
    assert '"titel"' in str(caught.value)
    assert '"maker"' in str(caught.value)
    assert 'Did you mean "title"' in str(caught.value)
