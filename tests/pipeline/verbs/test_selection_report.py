"""A run says what its ensembles are worth, and its models can be compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.cli.app import app
from evenhand.pipeline.verbs.run import Run
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder: Path = tmp_path_factory.mktemp("selection")
    data = generate("photos", folder / "data", rows=90).toml.parent
    return evenhand.run(
        {
            "output": str(folder / "runs"),
            "data": {"root": str(data), "table": "labels.csv", "label": "class", "group": "series"},
            "folds": {"k": 3},
            "photos": {"size": 32},
            "model": [
                {"name": "a", "encoder": "small", "tune": "head"},
                {"name": "b", "encoder": "small", "tune": "head", "train": {"epochs": 2}},
            ],
            "train": {"epochs": 1, "batch_size": 32},
            "compute": {"store": str(folder / "store"), "workers": 0},
            "evaluate": {"draws": 200},
            "ensemble": {"methods": ["equal", "nnls", "nnls+bias"]},
        }
    )


def test_the_record_holds_the_nested_evaluation(done: Run) -> None:
    report = done.record.json("nested_evaluation.json")
    rows = {row["name"]: row for row in report["rows"]}
    assert list(rows) == ["a", "b", "ensemble:equal", "ensemble:nnls", "ensemble:nnls+bias"]
    nested = done.document()["scores"]["ensemble:nnls"]["oof"]["macro_f1"]["estimate"]
    assert rows["ensemble:nnls"]["nested"]["estimate"] == pytest.approx(nested)
    flattery = rows["ensemble:nnls"]["naive"]["estimate"] - nested
    assert rows["ensemble:nnls"]["optimism"] == pytest.approx(flattery)
    assert report["best"]["of"] == 5


def test_a_nested_figure_has_one_interval_wherever_it_is_shown(done: Run) -> None:
    name, keys = "ensemble:nnls+bias", ("estimate", "low", "high", "n", "groups")

    def ends(figure: dict[str, object]) -> list[object]:
        return [figure[key] for key in keys]

    scores, rows = done.document()["scores"], done.record.json("nested_evaluation.json")["rows"]
    nested = next(row for row in rows if row["name"] == name)["nested"]
    assert ends(nested) == pytest.approx(ends(scores[name]["oof"]["macro_f1"]))
    learned = done.document()["learning"][name]
    metric = max(learned, key=lambda of: learned[of][0])
    assert learned[metric][0] > 0
    figure = scores[name]["oof"].get(metric)
    for found in (
        evenhand.evaluate(done.path, [metric], model=name, draws=200).figures[metric],
        evenhand.audit(done.path, model=name, metric=metric).audit.figure,
        evenhand.compare(done.path, metrics=[metric], draws=200).figures[name][metric],
    ):
        assert "over what is learned" in found.how
        assert figure is None or ends(found.document()) == pytest.approx(ends(figure))


def test_the_headline_is_the_best_of_several_and_corrected_for_that(done: Run) -> None:
    document, best = done.document(), done.record.json("nested_evaluation.json")["best"]
    headline = document["headline"]
    assert (headline["best"], headline["of"]) == (best["name"], 5)
    assert {key: headline[key] for key in best["corrected"]} == best["corrected"]
    assert headline["as_chosen"] == document["scores"][headline["best"]]["oof"]["macro_f1"]
    assert headline["summary"].startswith("The best of 5 is")
    assert "figure here is corrected for that" in done.report.read_text(encoding="utf-8")


def test_a_corrected_figure_is_called_so_where_it_stands_beside_others(done: Run) -> None:
    listed = evenhand.runs(done.path.parent).set_index("record")
    assert listed.loc[str(done.path), "corrected"]
    shown = " ".join(CliRunner().invoke(app, ["runs", str(done.path.parent)]).stdout.split())
    assert "] corrected" in shown or "tell corrected" in shown
    assert "corrected: for the choice of the best on these rows; score tables are not" in shown
    page = " ".join(done.report.read_text(encoding="utf-8").split())
    assert "macro_f1, out of fold, corrected for selection" in page


def test_the_models_of_a_run_are_compared_and_unequal_budgets_named(done: Run) -> None:
    found = evenhand.compare(done.path, draws=200)
    assert found.names == ("a", "b", "ensemble:equal", "ensemble:nnls", "ensemble:nnls+bias")
    assert found.metrics == ("macro_f1",)
    assert found.conditions == ("train.epochs 1 against 2",)
    assert evenhand.compare(done.path, done.path, model="b", draws=50).changes[0].net == 0


def test_epochs_selected_on_held_out_rows_are_named_below_the_scores(done: Run) -> None:
    words = "The epoch of b was selected on the held-out rows, so that out-of-fold figures are slightly optimistic"
    assert words in done.report.read_text(encoding="utf-8")
