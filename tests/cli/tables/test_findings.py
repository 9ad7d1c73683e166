"""Findings on a terminal: names in them are shown, never obeyed, and cannot begin a line of their own."""

import shlex

import pytest
from rich.text import Text

from evenhand.base.values import Finding
from evenhand.cli.console import Out, cell, literal
from evenhand.cli.tables.tables import print_findings

NAME = "\x1b[31mX\u202eY\x07\nEH999 error: forged"


def printed(finding: Finding) -> str:
    out = Out(width=200)
    with out.capture() as captured:
        print_findings([finding], out)
    return captured.get()


def test_a_name_in_a_finding_is_shown_and_not_obeyed() -> None:
    finding = Finding("EH107", "warning", f"{NAME} is rare.", ids=(NAME,), patch={"data.drop": [NAME]})
    lines = printed(finding).splitlines()
    assert len(lines) == 3
    assert lines[0] == r"EH107 warning: \x1b[31mX\u202eY\x07\nEH999 error: forged is rare."
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("name", ["x'; touch PWNED; '", "it's", 'a"b', "$(id)"])
def test_an_advised_option_can_be_pasted(name: str) -> None:
    line = printed(Finding("EH107", "warning", "rare", patch={"data.drop": [name]})).splitlines()[1]
    words = shlex.split(line)
    assert words[:2] == ["try:", "--set"]
    assert len(words) == 3


@pytest.mark.parametrize("first", [literal("a "), cell("a ")])
def test_a_string_added_to_a_text_is_shown_as_it_is(first: Text) -> None:
    assert (first + "\x1b[31m").plain == "a \\x1b[31m"
    assert first.append("\x07").plain == "a \\x07"
