"""The documented way from a run over a review to a second run, and what was gained: the commands, end to end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.cli.app import app
from evenhand.review.log.event import Event
from evenhand.review.server.open_session import open_session
from evenhand.testing.kinds import generate

CONFIG = """
output = "{place}/runs"
data = {{ root = "data", table = "data/labels.csv", label = "class", group = "series" }}
folds.k = 2
photos.size = 32
model = [{{ name = "a", encoder = "small" }}]
train.epochs = 1
compute = {{ store = "{place}/store", workers = 0 }}
evaluate = {{ draws = 200, floor = false, logistic_regression = false }}
"""


def told(*arguments: object) -> str:
    done = CliRunner().invoke(app, [*map(str, arguments)])
    assert done.exit_code in (0, 1), done.output  # 1: findings about these few photos
    assert not isinstance(done.exception, Exception), done.output
    return done.output


@pytest.mark.slow
def test_from_a_run_over_a_review_to_what_it_gained(tmp_path: Path) -> None:
    generate("photos", tmp_path / "data", rows=30)
    toml, table = tmp_path / "photos.toml", tmp_path / "data" / "labels.csv"
    toml.write_text(CONFIG.format(place=tmp_path.as_posix()), encoding="utf-8")
    whole = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(whole[:25]), encoding="utf-8")  # the header and 24 photos
    before = evenhand.run(toml).path
    table.write_text("".join(whole), encoding="utf-8")  # six more since

    opened = open_session(toml, run=before, reviewer="ada")
    assert opened.new is not None
    said: list[str] = []
    thread = opened.new.start(opened.session, said.append)
    rows = opened.session.rows
    trashed, wrong, kept = rows.ids[0], rows.ids[1], rows.ids[2]
    known = evenhand.Record.open(before).samples().classes  # a class of its own would be another test
    to = next(name for name in known if (name,) != rows.labels[1])
    for event in (
        Event.new("trash", "ada", trashed, rows.labels[0]),
        Event.new("relabel", "ada", wrong, rows.labels[1], to=(to,)),
        Event.new("keep", "ada", kept, rows.labels[2]),
    ):
        opened.session.live.add(event)
    assert thread is not None
    thread.join()
    assert "not in the run" in said[0]
    # every row has probabilities with their source: the six photos, and classes too rare for the run
    assert opened.session.rows.predicted.all()
    sources = opened.session.rows.source.tolist()
    assert sources[:24].count("out_of_fold") == len(evenhand.Record.open(before).samples())
    assert set(sources[24:]) == {"fold_ensemble"}
    assert open_session(toml, run=before).session.rows.predicted.all()  # kept; nothing is run again

    assert "versions/quarantine.csv" in told("review", toml, "--export")
    view = tmp_path / "runs" / "review" / "versions" / "drop.csv"
    summary = json.loads(view.with_name("summary.json").read_text(encoding="utf-8"))
    assert summary["views"]["drop"] == {"rows": len(rows) - 1, "relabelled": 1, "left_out": {"trash": 1}}
    words = told("compare", toml, view, "--data")
    assert "1 gone, 0 new." in words
    assert f"1 row relabelled: {rows.labels[1][0]} to {to} 1." in words

    changes = [f'data.corrections="{view.as_posix()}"', f'folds.keep="{(before / "folds.csv").as_posix()}"']
    after = evenhand.run(toml, changes=changes).path
    found = evenhand.compare_data(before, after)
    assert found.moved == ()
    assert (found.only_before, found.relabelled) == ((trashed,), (wrong,))
    assert len(found.only_after) >= 6
    both = told("compare", before, after, "--same-labels", "--metric", "accuracy")
    assert "1 row with other labels in one of them not compared." in both
    assert "different folds" not in both
    assert f"{24 - 2} rows in" in both
    refused = CliRunner().invoke(app, ["compare", str(before), str(after)])
    assert "--same-labels" in refused.output + str(refused.exception)
    shutil.rmtree(tmp_path / "store")
