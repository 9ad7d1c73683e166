"""The commands of the tutorial on reviewing are ones that there are, and its pictures are small."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from evenhand.cli.app import app

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "tutorials" / "review.md"
COMMANDS = re.findall(r"^\$ evenhand (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_takes_the_options_that_are_given(line: str) -> None:
    name, *words = shlex.split(line)
    command = typer.main.get_command(app).commands[name]
    context = command.make_context(name, words)  # parses and checks, and runs nothing
    assert context.params


def test_keys_are_those_of_the_page() -> None:
    page = (DOCS.parent / "src/evenhand/review/server/page/keys.js").read_text(encoding="utf-8")
    named = dict(re.findall(r'^  (\w+): \[".*?", \["(.+?)"', page, re.MULTILINE))
    for action, key in (
        ("keep", " "),
        ("take", "Enter"),
        ("trash", "x"),
        ("unsure", "u"),
        ("undo", "z"),
        ("grid", "g"),
    ):
        assert named[action] == key
        assert f"**{'Space' if key == ' ' else key.capitalize()}**" in PAGE.read_text(encoding="utf-8")


def test_pictures_are_there_and_small() -> None:
    text = PAGE.read_text(encoding="utf-8") + (DOCS / "how-to" / "reviewing.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\.\./static/([\w-]+\.png)", text))
    assert shown == {"review.png", "review-grid.png", "review-phone.png"}
    assert sum((DOCS / "static" / name).stat().st_size for name in shown) < 400_000
