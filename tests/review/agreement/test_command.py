"""`evenhand review --agreement`: words, a document, and what does not go together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evenhand.cli.app import app
from evenhand.review.log.event import Event, Shown
from evenhand.review.log.live_review import LiveReview


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration of two files, with a session in which two reviewers differ on one row."""
    for name in ("a/1.jpg", "b/2.jpg"):
        (tmp_path / "d" / name).parent.mkdir(parents=True)
        (tmp_path / "d" / name).write_bytes(name.encode())
    path = tmp_path / "c.toml"
    path.write_text(f'output = "{tmp_path / "runs"}"\n[data]\nroot = "d"\n', encoding="utf-8")
    review = LiveReview(tmp_path / "runs" / "review" / "decisions.jsonl")
    for name, kind in (("ann", "keep"), ("bob", "trash")):
        review.add(Event.new("keep", name, "r1", ["a"]))
        review.add(Event.new(kind, name, "r2", ["b"]))
    return path


def test_the_command_prints_agreement_in_words_and_as_a_document(config: Path, tmp_path: Path) -> None:
    with (tmp_path / "runs" / "review" / "decisions.jsonl").open("a", encoding="utf-8") as file:
        file.write("{}\n")
    words = CliRunner().invoke(app, ["review", str(config), "--agreement"])
    assert words.exit_code == 0, words.output
    text = " ".join(words.output.split())
    assert "ann and bob agree on 1 of 2 rows that both decided; Cohen's kappa 0.333 [" in text
    assert "1 row is disputed." in text
    assert "line 5 is left out: An event of the review cannot be read: kind is None" in text

    document = json.loads(CliRunner().invoke(app, ["review", str(config), "--agreement", "--json"]).output)
    assert document["disputes"] == ["r2"]
    assert document["damaged"][0]["line"] == 5
    assert document["pairs"][0]["kappa"]["n"] == 2


def test_the_errors_on_planted_rows_are_those_of_the_session_or_of_a_table(config: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "review"
    review = LiveReview(folder / "decisions.jsonl")
    review.add(Event.new("trash", "ann", "p1", ["a"], shown=Shown(planted=True)))
    (tmp_path / "known.csv").write_text("id,label\np1,a\n", encoding="utf-8")
    command = ["review", str(config), "--agreement"]
    assert "planted" not in CliRunner().invoke(app, command).output
    found = CliRunner().invoke(app, [*command, "--planted", str(tmp_path / "known.csv")]).output
    assert "ann decided 1 planted row, 1 of them wrongly" in " ".join(found.split())
    (folder / "planted.csv").write_text("id,label\np1,a\n", encoding="utf-8")
    document = json.loads(CliRunner().invoke(app, [*command, "--json"]).output)
    assert document["planted"][0]["mistakes"] == [{"known": "a", "decided": "(trash)", "rows": 1}]
    assert document["disputes"] == ["r2"]
    found = CliRunner().invoke(app, ["review", str(config), "--export", "--planted", "known.csv"])
    assert (found.exit_code, found.stderr) == (2, "--planted does not go with --export.\n")


def test_what_does_not_go_together_is_a_sentence(config: Path) -> None:
    found = CliRunner().invoke(app, ["review", str(config), "--agreement", "--export"])
    assert (found.exit_code, found.stderr) == (2, "--export and --agreement do not go together.\n")
    found = CliRunner().invoke(app, ["review", str(config), "--json"])
    assert (found.exit_code, found.stderr) == (2, "--json goes with --agreement.\n")
