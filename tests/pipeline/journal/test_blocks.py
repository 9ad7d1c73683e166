"""Markers of a journal: read exactly, refused where they are broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.pipeline.journal.blocks import MarkerError, blocks_of, entry_text, index_text, text_hash

ENTRY = entry_text("20261122_101500", "## made\n\ntext", "\nmine\n", run="r", of="o")
IDS = st.text(min_size=1, max_size=20)
WORDS = st.text(st.sampled_from("ab -<>!\t\n\r\x85\u2028é")).filter(lambda text: "<!--" not in text)


@given(id=IDS, made=WORDS, notes=WORDS, before=WORDS, after=WORDS, newline=st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_was_written_is_read_back(
    id: str, made: str, notes: str, before: str, after: str, newline: str
) -> None:
    made, notes = made.replace("\r", "\n"), f"{newline}{notes}{newline}"
    entry = entry_text(id, made, notes, run="r", of="o", newline=newline)
    text = f"{before}{newline}{entry}{newline}{after}"
    (block,) = blocks_of(text)
    assert text[block.start : block.end] == entry
    assert (block.kind, block.id, block.notes) == ("entry", id, notes)
    assert block.marks == {"run": "r", "of": "o", "text": text_hash(made)}
    assert not block.is_edited


def test_line_ends_and_spaces_at_them_are_no_edit_and_a_word_is() -> None:
    changed = ENTRY.replace("## made\n\ntext", "## made  \r\n\r\ntext\r\n")
    assert not blocks_of(changed)[0].is_edited
    assert blocks_of(ENTRY.replace("## made", "## Made"))[0].is_edited
    after = ENTRY.replace("\n<!-- /evenhand:entry", "\nmore\n<!-- /evenhand:entry")
    assert blocks_of(after)[0].is_edited


def test_a_marker_within_a_line_is_text() -> None:
    assert blocks_of("see <!-- evenhand:entry x --> there") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ENTRY + "\n\n" + ENTRY, "line 10 begins a part that is there already"),
        (ENTRY.rpartition("\n")[0], "line 1 begins a part that is never closed"),
        (ENTRY.partition("\n")[2], "line 4 opens notes outside their entry"),
        (ENTRY.replace("<!-- /evenhand:notes 20261122_101500 -->", ""), "closes a part that is not open there"),
        (ENTRY.replace("/evenhand:notes 20261122_101500", "/evenhand:notes 2"), "line 7 closes a part"),
        (ENTRY.replace(" -->", " --", 1), "line 1 holds a marker that is not whole"),
        (ENTRY.replace(" -->", " --> x", 1), "line 1 holds a marker that is not whole"),
        (ENTRY.replace("evenhand:entry", "Evenhand: entry", 1), "line 1 holds a marker that is not whole"),
        ("<!-- /evenhand:index -->", "line 1 closes a part that is not open there"),
        (index_text("a") + "\n" + index_text("b"), "line 4 begins a part that is there already"),
        (index_text("a").replace("\na\n", f"\n{ENTRY}\n"), "line 2 begins a part within that of line 1"),
        (
            "<!-- evenhand:entry a text=1 -->\n<!-- /evenhand:entry a -->",
            "line 2 ends an entry that has lost its notes",
        ),
    ],
)
def test_broken_markers_are_refused_with_their_line(text: str, words: str) -> None:
    with pytest.raises(MarkerError) as error:
        blocks_of(text)
    assert words in str(error.value)
    assert "Nothing was written." in str(error.value)


@given(st.data())
def test_no_cut_or_doubled_line_is_taken_for_a_whole_journal(data: st.DataObject) -> None:
    text = f"before\n{index_text('a')}\n\n{ENTRY}\nafter\n"
    lines = text.split("\n")
    marks = [at for at, line in enumerate(lines) if line.startswith("<!--")]
    at = data.draw(st.sampled_from(marks))
    broken = data.draw(st.sampled_from([lines[:at] + lines[at + 1 :], lines[: at + 1] + lines[at:]]))
    with pytest.raises(MarkerError):
        blocks_of("\n".join(broken))
