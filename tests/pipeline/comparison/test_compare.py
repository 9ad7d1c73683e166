"""Comparing files and predictions through the verb, in Python and in the shell."""

import json
import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.values import NamedClasses, Predictions
from evenhand.cli.app import app
from evenhand.pipeline.comparison.compare import findings
from evenhand.pipeline.submission.predict_like import _submitted_classes
from evenhand.pipeline.submission.sample_format import read_sample


def model(name, skill, n=300, seed=0):
    rng = np.random.default_rng(seed)
    truth, luck = rng.integers(0, 3, n), np.random.default_rng(len(name)).random(n)
    answer = np.where(luck < skill, truth, (truth + 1) % 3)
    ids = np.array([f"r{i}" for i in range(n)], dtype=object)
    return Predictions(
        ids, ("a", "b", "c"), 0.7 * np.eye(3)[answer] + 0.1, truth, (np.arange(n) % 5).astype(np.int16), model=name
    )


@pytest.fixture
def files(tmp_path):
    out = []
    for p in (model("old", 0.6), model("newer", 0.95)):
        path = tmp_path / f"{p.model}.csv"
        p.frame().drop(columns=["predicted", "confidence"]).to_csv(path, index=False)
        out.append(path)
    return out


def test_files_and_predictions_give_the_same_verdict(files):
    of_files = evenhand.compare(*files, metrics=["accuracy"], draws=100)
    direct = evenhand.compare(model("old", 0.6), model("newer", 0.95), metrics=["accuracy"], draws=100)
    assert of_files.verdicts[0].document() == direct.verdicts[0].document()
    assert of_files.verdicts[0].word == "better"
    assert of_files.conditions == ()


def test_what_differs_beside_the_model_is_found():
    old, new = model("old", 0.6), model("newer", 0.95)
    moved = replace(new, fold=np.roll(new.fold, 3) * 0 + (np.arange(300) // 60).astype(np.int16))
    found = evenhand.compare(old, moved.take(np.arange(280)), metrics=["accuracy"], draws=50)
    assert found.conditions[0] == '20 rows are only in "old" and are not compared'
    assert "different folds" in found.conditions[1]
    assert [f.code for f in findings(found)] == ["EH402"]


def test_the_shell_says_the_same_in_words_and_json(files, tmp_path):
    arguments = ["compare", *map(str, files), "--metric", "accuracy", "--ids", str(tmp_path / "ids.csv")]
    words = CliRunner().invoke(app, arguments)
    assert words.exit_code == 0, words.output
    assert "better" in words.output
    assert "improved" in words.output
    document = json.loads(CliRunner().invoke(app, [*arguments, "--force", "--json"]).stdout)
    assert document["verdicts"][0]["verdict"] == "better"
    assert len((tmp_path / "ids.csv").read_text().splitlines()) > 50


@pytest.mark.parametrize(
    ("option", "words"), [("--rows", "predict the same class for"), ("--versions", "for the model")]
)
def test_two_versions_or_two_submissions(files, option, words):
    done = CliRunner().invoke(app, ["compare", *map(str, files), option])
    assert done.exit_code == 0, done.output
    assert words in done.output


def labelled(path, p, header="id,label", names=None):
    """Write the answers of a model as a submission of labels."""
    words = names or p.classes
    rows = [f"{i},{words[c]}" for i, c in zip(p.ids, p.predicted, strict=True)]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_submissions_of_labels_agree_like_the_predictions_behind_them(files, tmp_path):
    old, new = model("old", 0.6), model("newer", 0.95)
    full = evenhand.agreement(old, new)
    one, two = labelled(tmp_path / "l1.csv", old), labelled(tmp_path / "l2.csv", new.take(np.arange(299)))
    both = evenhand.agreement(one, two)
    assert (both.a, both.n, both.only_a) == ("l1", 299, 1)
    assert both.rows[["confidence_a", "confidence_b"]].isna().all(axis=None)
    mixed = evenhand.agreement(files[0], labelled(tmp_path / "l3.csv", new))
    assert (mixed.same, mixed.kappa, mixed.n) == (full.same, pytest.approx(full.kappa), 300)
    assert set(mixed.rows["id"]) == set(full.rows["id"])
    assert (mixed.rows["confidence_a"].notna().all(), mixed.rows["confidence_b"].isna().all()) == (True, True)


def test_the_shell_holds_labels_against_labels_and_leaves_confidence_empty(tmp_path):
    pair = [str(labelled(tmp_path / f"{p.model}.csv", p)) for p in (model("old", 0.6), model("newer", 0.95))]
    words = CliRunner().invoke(app, ["compare", *pair, "--rows"])
    assert words.exit_code == 0, words.output
    assert "nan" not in words.output
    document = json.loads(CliRunner().invoke(app, ["compare", *pair, "--rows", "--json"]).stdout)
    assert document["rows"][0]["confidence_a"] is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,label\nr0,a\nr1,\n", 'line 3 has an empty cell in the column "label"'),
        ("id,label\nr0,a\nr1,zz\n", 'has the label "zz"'),
        ("id,label\nr0,a\nr0,b\n", "line 3"),
        ("id,prob\nr0,1\nr1,0.25\n", 'line 3, column "prob" holds 0.25, which is not a label'),
    ],
)
def test_labels_that_cannot_be_compared_are_told(files, tmp_path, text, words):
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(app, ["compare", str(files[0]), str(path), "--rows"])
    assert done.exit_code == 2
    assert words in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rows"], "two sources; 1 were given"),
        (["--against", "each"], "no choice named"),
        ([], "a comparison needs at least two"),
    ],
)
def test_wrong_use_is_told(files, arguments, words):
    done = CliRunner().invoke(app, ["compare", str(files[0]), *arguments])
    assert done.exit_code == 2
    assert words in done.output


NFD = unicodedata.normalize("NFD", "café")


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (["1", "2", "3"], ["1.0", "2.0", "3.0"]),
        (["1", "2", "3"], [" 1", "2 ", "3"]),
        (["café", "thé", "x"], [NFD, unicodedata.normalize("NFD", "thé"), "x"]),
        (["3", "x", "y"], ["3.0", "x", "y"]),
    ],
)
def test_labels_agree_in_every_spelling(tmp_path, one, two):
    """Two files of bare labels; and the same as votes."""
    at = np.random.default_rng(0).integers(0, 3, 60)
    paths = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for path, names, form in zip(paths, (one, two), ("{}", "{}.0"), strict=True):
        rows = [f"{form.format(i)},{names[c]}" for i, c in enumerate(at)]
        path.write_text("\n".join(["id,label", *rows]) + "\n", encoding="utf-8")
    for pair in (paths, paths[::-1]):
        found = evenhand.agreement(*pair)
        assert (found.n, found.same, len(found.table)) == (60, 60, 3)
    classes = tuple(unicodedata.normalize("NFC", name) for name in one)
    told = _submitted_classes(read_sample(paths[1]), classes, read_sample(paths[0]))
    assert told == {str(i): classes[c] for i, c in enumerate(at)}


def test_probabilities_of_a_voter_are_matched_in_every_spelling(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text(f"id,3.0,{NFD}\na,0.1,0.9\nb,0.8,0.2\n", encoding="utf-8")
    sample = tmp_path / "s.csv"
    sample.write_text("id,label\na,x\nb,x\n", encoding="utf-8")
    assert _submitted_classes(read_sample(path), ("café", "3"), read_sample(sample)) == {"a": "café", "b": "3"}


def test_rows_and_groups_are_those_compared_and_those_of_a_metric_are_said_beside_them(tmp_path):
    """A class in 20 of 30 groups: its recall rests on these, the comparison on all."""
    paths = []
    for p in (model("old", 0.6), model("newer", 0.95)):
        groups = np.where(p.truth == 0, np.arange(300) % 20, np.arange(300) % 30).astype(str).astype(object)
        p = replace(p, groups=groups)
        paths.append(tmp_path / f"{p.model}.csv")
        p.frame().drop(columns=["predicted", "confidence"]).to_csv(paths[-1], index=False)
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["compare", *map(str, paths), "--metric", "recall[a]"])
    rows = int((model("old", 0.6).truth == 0).sum())
    assert "300 rows in 30 independent groups are compared." in done.output
    assert f"Rows and groups of the figures: {rows} rows in 20 independent groups." in done.output
    assert evenhand.compare(*paths, metrics=["recall[a]"], draws=20).document()["groups"] == 30


def test_a_class_cannot_begin_a_line_of_its_own(tmp_path):
    names = ("a\nfixed: everything", "b", "c")
    paths = []
    for p in (model("old", 0.6), model("newer", 0.95)):
        paths.append(tmp_path / f"{p.model}.parquet")
        replace(p, classes=names).frame().drop(columns=["predicted", "confidence"]).to_parquet(paths[-1])
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["compare", *map(str, paths), "--metric", "accuracy"])
    assert done.exit_code == 0
    assert not [line for line in done.output.splitlines() if line.startswith("fixed")]


NAMED = NamedClasses({"rare": ("b", "c")}, {"coarse": ("x", "x", "y")})


@pytest.mark.parametrize("metric", ["macro_f1_rare", "accuracy_coarse"])
def test_a_metric_of_named_classes_is_compared_where_one_side_names_them(metric):
    """[classes] is a run's own: a file beside the run is compared by the same metric."""
    old, new = model("old", 0.6), replace(model("newer", 0.95), named=NAMED)
    both = evenhand.compare(replace(old, named=NAMED), new, metrics=[metric], draws=50).verdicts[0]
    assert both.word == "better"
    assert evenhand.compare(old, new, metrics=[metric], draws=50).verdicts[0].document() == both.document()
    assert evenhand.compare_versions(replace(old, named=NAMED), new, metric=metric, draws=50).model.word == "better"
    alone = evenhand.evaluate(new, metrics=[metric], draws=50)[metric].estimate
    assert evenhand.compare(old, new, metrics=[metric], draws=50).figures["newer"][metric].estimate == alone


def test_coarser_classes_follow_their_classes_into_another_order():
    p = replace(model("m", 0.6), named=NAMED)
    turned = Predictions(
        p.ids, ("c", "a", "b"), p.probabilities[:, [2, 0, 1]], (p.truth + 1) % 3, p.fold, model="n"
    )
    verdict = evenhand.compare(turned, p, metrics=["accuracy_coarse"], draws=50).verdicts[0]
    assert verdict.difference.estimate == 0


def test_coarser_classes_stay_with_theirs_beside_a_class_without_rows():
    p = replace(model("m", 0.6), named=NAMED)
    wide = Predictions(
        p.ids, (*"abcd",), np.hstack([p.probabilities, np.zeros((300, 1))]), p.truth, p.fold, model="n"
    )
    found = evenhand.compare(wide, p, metrics=["accuracy_coarse"], draws=50)
    assert found.verdicts[0].difference.estimate == 0
    assert (
        found.figures["m"]["accuracy_coarse"].estimate
        == evenhand.evaluate(p, ["accuracy_coarse"])["accuracy_coarse"].estimate
    )
