"""Figures of arrays, frames, files and new rows: the same, whatever they come in."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import EvenhandError
from evenhand.cli.app import app
from evenhand.evaluation.reading.arrays import predictions_from
from evenhand.evaluation.reading.columns import Columns

N, CLASSES = 120, ["bird", "cat", "dog"]
RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 3, N)
NAMES = np.array(CLASSES)[TRUTH]
GROUPS = np.array([f"g{i % 12}" for i in range(N)])
PROBA = 0.5 * RNG.dirichlet(np.ones(3), N) + 0.5 * np.eye(3)[TRUTH]
IDS = [f"r{i}" for i in range(N)]
METRICS = ["accuracy", "macro_f1", "log_loss"]
WANTED = evenhand.evaluate(NAMES, PROBA, METRICS, classes=CLASSES, groups=GROUPS, draws=200)


def figures(found):
    return {name: (round(one.estimate, 9), round(one.low, 9), one.groups) for name, one in found.items()}


@pytest.fixture
def folder(tmp_path):
    bare = pd.DataFrame(PROBA, columns=CLASSES)
    bare.insert(0, "id", IDS)
    bare.to_csv(tmp_path / "p.csv", index=False)
    pd.DataFrame({"id": IDS, "label": NAMES, "group": GROUPS}).to_csv(tmp_path / "l.csv", index=False)
    return tmp_path


def assert_same(found):
    assert figures(found) == figures(WANTED)


def test_arrays_frames_and_files_have_one_answer(folder):
    more = {"draws": 200}
    assert_same(evenhand.evaluate(TRUTH, PROBA, METRICS, classes=CLASSES, groups=GROUPS, positions=True, **more))
    assert_same(
        evenhand.evaluate(pd.Series(NAMES), pd.DataFrame(PROBA, columns=CLASSES), METRICS, groups=GROUPS, **more)
    )
    assert_same(evenhand.evaluate(predictions_from(PROBA, NAMES, classes=CLASSES, groups=GROUPS), METRICS, **more))
    frame = pd.DataFrame(PROBA, columns=CLASSES, index=IDS).assign(truth=NAMES, group=GROUPS)
    assert_same(evenhand.evaluate(frame, METRICS, **more))
    assert_same(evenhand.evaluate(folder / "p.csv", METRICS, labels=folder / "l.csv", **more))
    assert_same(evenhand.evaluate(folder / "p.csv", METRICS, labels=pd.read_csv(folder / "l.csv"), **more))
    labels = pd.Series(NAMES, index=IDS)
    found = evenhand.evaluate(folder / "p.csv", METRICS, labels=labels, groups=pd.Series(GROUPS, index=IDS), **more)
    assert_same(found)


def test_columns_may_have_any_name(folder):
    bare = pd.read_csv(folder / "p.csv").rename(columns={"id": "key"})
    bare.to_csv(folder / "q.csv", index=False)
    table = pd.read_csv(folder / "l.csv").rename(columns={"id": "key", "label": "what", "group": "series"})
    table.to_csv(folder / "m.csv", index=False)
    names = {"id": "key", "label": "what", "group": "series"}
    assert_same(evenhand.evaluate(folder / "q.csv", METRICS, labels=folder / "m.csv", draws=200, **names))
    assert_same(evenhand.evaluate(folder / "p.csv", METRICS, labels=folder / "m.csv", draws=200, **names))
    with pytest.raises(EvenhandError, match='no column named "kee"'):
        evenhand.evaluate(folder / "q.csv", id="kee")
    with pytest.raises(EvenhandError, match='no column named "serious".*Did you mean "series"'):
        evenhand.evaluate(folder / "q.csv", labels=folder / "m.csv", id="key", label="what", group="serious")


def test_it_shows_as_a_table():
    assert repr(WANTED).splitlines()[0] == "predictions: 120 rows in 12 groups, which intervals are taken over"
    assert "accuracy" in WANTED._repr_html_()
    assert list(WANTED) == METRICS
    assert WANTED["accuracy"].n == N
    assert WANTED.table()["metric"].tolist() == METRICS
    document = json.loads(json.dumps(WANTED.document()))
    assert (document["rows"], document["groups"], document["unlabelled"]) == (N, 12, 0)


def test_rows_without_a_label_are_counted():
    found = evenhand.evaluate([*NAMES[:-2], None, None], PROBA, "accuracy", classes=CLASSES, draws=200)
    assert found.unlabelled == 2
    assert found["accuracy"].n == N - 2
    assert "2 without a label were left out" in repr(found)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((NAMES, PROBA), r"Name the columns: classes=\[\.\.\.\]"),
        ((NAMES,), "Give the probabilities beside the truth"),
        ((NAMES, PROBA[:, 0]), "column_stack"),
        ((NAMES[:3], PROBA), r"The truth has the shape \(3,\) for 120 rows"),
        (("nowhere.csv",), "there is no such file"),
        ((predictions_from(PROBA),), "known truth"),
        ((predictions_from(PROBA, TRUTH), PROBA), "Probabilities were given beside a source"),
        ((pd.DataFrame({"id": ["a"], "x": [2.0], "y": [0.0]}),), "^the frame: row 1, class"),
    ],
)
def test_wrong_use_is_told_in_words(arguments, words):
    with pytest.raises(EvenhandError, match=words):
        evenhand.evaluate(*arguments)


def test_rows_are_found_by_the_file_that_they_name(folder):
    new = pd.read_csv(folder / "p.csv")
    new.insert(1, "path", [f"new/{name}.jpg" for name in IDS])
    new["id"] = [f"c0ffee{i}" for i in range(N)]
    new["set"] = "new"
    new.to_csv(folder / "new.csv", index=False)
    for written in ("new/{}.jpg", "{}.jpg", "{}"):
        table = pd.read_csv(folder / "l.csv")
        table["id"] = [written.format(name) for name in IDS]
        table.to_csv(folder / "t.csv", index=False)
        found = evenhand.evaluate(folder / "new.csv", METRICS, labels=folder / "t.csv", draws=200)
        assert_same(found)
        assert found.predictions.origin == "test"


def test_new_rows_are_never_called_not_out_of_fold(folder):
    new = pd.read_csv(folder / "p.csv").assign(set="new")
    new.to_csv(folder / "new.csv", index=False)
    for of in ("oof", "test"):
        (p,) = evenhand.read_predictions(folder / "new.csv", of=of)
        assert (p.origin, len(p)) == ("test", N)
    audited = evenhand.audit(folder / "new.csv", labels=folder / "l.csv")
    assert "EH405" not in {finding.code for finding in audited.findings}


def test_rows_that_the_model_was_trained_on_are_not_new(folder):
    sets = ["training"] * 3 + ["new"] * (N - 3)
    pd.read_csv(folder / "p.csv").assign(set=sets).to_csv(folder / "own.csv", index=False)
    found = evenhand.evaluate(folder / "own.csv", METRICS, labels=folder / "l.csv", draws=200)
    assert_same(found)
    assert found.document()["origin"] == "in-sample"
    assert "trained on rows among them (set = training), so these are not figures for new rows" in repr(found)
    audited = evenhand.audit(folder / "own.csv", labels=folder / "l.csv")
    assert {finding.code: finding.severity for finding in audited.findings}["EH405"] == "error"


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_shell_says_the_same(folder):
    given = (
        "evaluate",
        folder / "p.csv",
        "--labels",
        folder / "l.csv",
        "--metric",
        "accuracy",
        "--metric",
        "macro_f1",
    )
    words = run(*given)
    assert words.exit_code == 0, words.output
    assert "120 rows in 12 groups" in words.stdout
    assert f"{WANTED['accuracy'].estimate:.3f}" in words.stdout
    document = json.loads(run(*given, "--json").stdout)
    assert document["figures"]["macro_f1"]["estimate"] == pytest.approx(WANTED["macro_f1"].estimate)
    assert list(document["figures"]) == ["accuracy", "macro_f1"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--metric", "macro_ff1"), 'Did you mean "macro_f1"'),
        (("--id", "kee"), 'no column named "kee"'),
        (("--scale", "logits"), 'Did you mean "logit"'),
        (("--set", "tset"), 'Did you mean "test"'),
        (("--class", "cow"), 'no column named "cow"'),
        (("--positions",), "labels are class indices"),
    ],
)
def test_wrong_use_of_the_shell_is_told_in_words(folder, more, words):
    result = run("evaluate", folder / "p.csv", "--labels", folder / "l.csv", *more)
    assert result.exit_code == 2, result.output
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


def test_compare_takes_the_column_of_ids(folder):
    one = pd.read_csv(folder / "p.csv").rename(columns={"id": "key"})
    one.to_csv(folder / "one.csv", index=False)
    one.assign(**{c: one[c[::1]] for c in CLASSES}).to_csv(folder / "two.csv", index=False)
    result = run("compare", folder / "one.csv", folder / "two.csv", "--labels", folder / "l.csv", "--id", "key")
    assert result.exit_code == 0, result.output
    found = evenhand.compare(
        folder / "one.csv", folder / "two.csv", labels=folder / "l.csv", columns=Columns(id="key"), draws=200
    )
    assert found.verdicts[0].difference.estimate == 0


def test_a_frame_of_truth_beside_probabilities_is_the_truth():
    truth = pd.DataFrame({"label": ["b", "a"] * 20})
    table = np.tile([[0.1, 0.9], [0.9, 0.1]], (20, 1))
    for probabilities in (table, pd.DataFrame(table, columns=["a", "b"]), table.tolist()):
        found = evenhand.evaluate(truth, probabilities, ["accuracy"], classes=["a", "b"], draws=20)
        assert found["accuracy"].estimate == 1
    one_hot = pd.DataFrame({"b": [1, 0] * 20, "a": [0, 1] * 20})
    assert evenhand.evaluate(one_hot, table, ["accuracy"], classes=["a", "b"], draws=20)["accuracy"].estimate == 1


def test_one_hot_truth_has_the_figures_of_its_labels():
    wanted = evenhand.evaluate(TRUTH, PROBA, METRICS, draws=200)
    assert figures(evenhand.evaluate(np.eye(3)[TRUTH], PROBA, METRICS, draws=200)) == figures(wanted)
    tags = evenhand.evaluate(np.eye(3)[TRUTH], PROBA, "accuracy", several=True, draws=200)
    assert tags.predictions.multi_label
    with pytest.raises(EvenhandError, match="several is for a truth and probabilities as arrays"):
        evenhand.evaluate(tags.predictions, several=True)


def test_locked_rows_of_a_file_are_left_out_and_counted(tmp_path):
    table = pd.DataFrame(
        {"id": list("abcdef"), "truth": list("xyxyxy"), "x": 0.6, "y": 0.4, "fold": [0, 1, -1] * 2}
    )
    table.to_csv(tmp_path / "p.csv", index=False)
    found = evenhand.evaluate(tmp_path / "p.csv", ["accuracy"], draws=50)
    assert found.summary == '4 rows, taken as independent; 2 locked rows (fold "test" or -1) left out'
    assert found.document()["locked"] == 2
    table.assign(fold=[0, 1] * 3).to_csv(tmp_path / "q.csv", index=False)
    assert "locked" not in evenhand.evaluate(tmp_path / "q.csv", ["accuracy"], draws=50).document()
