"""Names made safe to show, exactly as far as needed."""

import ast

import pytest

from evenhand.base.text.escaping import chart_labels, is_formula, printable, printable_lines, spreadsheet_cell

ORDINARY = [
    "rose", "яблоко 红苹果", "שלום", "नमस्ते", "می\u200cخواهم", "👨\u200d👩\u200d👧", "e\u0301", "a\u00a0b",
    "a\\x00", "", "\u0600123", "\ue000",
]  # fmt: skip
HIDDEN = [
    *map(chr, range(32)), "\x7f", "\x9b", "\u200b", "\u202e", "\u2028", "\u2066", "\ufeff", "\udc80", "\ufffe",
    "\U0001ffff", "\ufdd0", "\U000e0041", "\u00ad",
]  # fmt: skip


@pytest.mark.parametrize("name", ORDINARY)
def test_what_writing_needs_stays(name: str) -> None:
    assert printable(name) == name
    assert chart_labels([name]) == {name: name}


@pytest.mark.parametrize("char", HIDDEN)
def test_what_hides_or_turns_is_shown(char: str) -> None:
    shown = printable(f"a{char}b")
    assert shown.isprintable()
    assert shown.isascii()
    assert ast.literal_eval(f"'{shown}'") == f"a{char}b", "it is Python's own way of writing it"


def test_messages_keep_their_lines() -> None:
    assert printable_lines("a\r\n\tb\x1b[2J") == "a\n\tb\\x1b[2J"


def test_no_two_names_share_a_label() -> None:
    long = [f"{'x' * 500}{i}{'y' * 500}" for i in range(20)]
    names = ["a\0", "a\\x00", "a\\x00 (2)", *long, "x" * 24 + "…" + "y" * 15]
    labels = chart_labels(names)
    assert [len(set(labels)), len(set(labels.values()))] == [len(names)] * 2
    assert labels["a\\x00"] == "a\\x00"
    assert max(map(len, labels.values())) <= 45


@pytest.mark.parametrize("cell", ["=1+1", "+A1", "-A1", "@SUM(1)", "\t=1", "\r=1", "-", "=", "+1.5.2"])
def test_formulas_are_quoted(cell: str) -> None:
    assert is_formula(cell)
    assert spreadsheet_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "-1", "+1.5", "-1e-9", "-.5", "a=b", " =1", "'=1"])
def test_numbers_and_words_are_not(cell: str) -> None:
    assert spreadsheet_cell(cell) == cell
