from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.evaluation.figures.evaluate import ONE_LABEL, SEVERAL_LABELS, default_metrics, evaluate, intervals
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.metrics.metric_names import parse


def test_defaults_fit_the_labels(predictions):
    few, many = predictions(50, 4), predictions(50, 12)
    assert default_metrics(few) == ONE_LABEL
    assert set(default_metrics(many)) == {*ONE_LABEL, "top_5"}
    several = replace(few, truth=np.eye(4)[few.truth])
    assert default_metrics(several) == SEVERAL_LABELS
    assert list(evaluate(several, draws=200)) == list(SEVERAL_LABELS)


def test_figures_hold_their_names_in_order_with_n_and_groups(predictions):
    p = predictions(200, 4, groups=20)
    found = evaluate(p, ["recall[a]", "accuracy", "recall[a]"], draws=200)
    assert list(found) == ["recall[a]", "accuracy"]
    assert found["accuracy"].n == 200
    assert found["accuracy"].groups == 20
    assert found["recall[a]"].n == (p.truth == 0).sum()
    assert found["accuracy"].low < found["accuracy"].estimate < found["accuracy"].high


def test_unknown_rows_do_not_count(predictions):
    p = predictions(100, 3)
    half = replace(p, truth=np.where(np.arange(100) < 50, p.truth, -1))
    assert evaluate(half, ["accuracy"], draws=200) == evaluate(p.take(np.arange(50)), ["accuracy"], draws=200)


def test_nothing_to_judge_is_told_in_words(predictions):
    p = predictions(10, 3)
    for truth in (None, np.full(10, -1)):
        with pytest.raises(DataError, match='No row of the predictions "m" has a known truth'):
            evaluate(replace(p, truth=truth))


def test_groups_that_stick_together_widen_the_interval(predictions):
    p = predictions(400, 3)
    rows = np.repeat(np.arange(40), 10)
    alike = replace(p, probabilities=p.probabilities[rows], truth=p.truth[rows])
    names = np.repeat(np.arange(40), 10).astype(str).astype(object)
    grouped, plain = (evaluate(replace(alike, groups=g), ["accuracy"])["accuracy"] for g in (names, None))
    assert grouped.high - grouped.low > 2.5 * (plain.high - plain.low)


def test_levels_and_sets_give_variants(predictions):
    p = predictions(300, 4)
    found = evaluate(
        p,
        ["accuracy", "accuracy_half", "macro_f1_rare", "recall_half[x]"],
        sets={"rare": ("c", "d")},
        levels={"half": ("x", "x", "y", "y")},
        draws=200,
    )
    assert found["accuracy_half"].estimate > found["accuracy"].estimate
    assert found["macro_f1_rare"].n == (p.truth >= 2).sum()
    assert found["recall_half[x]"].n == (p.truth < 2).sum()


def test_a_perfect_score_keeps_its_doubt(predictions):
    p = predictions(60, 3)
    found = evaluate(replace(p, probabilities=np.eye(3)[p.truth]), draws=200)
    for name, figure in found.items():
        best = parse(name).metric
        if name != "log_loss":
            assert figure.estimate == (1.0 if best.higher_is_better else 0.0)
            assert figure.high > figure.low


def test_the_level_widens(predictions):
    p = predictions(200, 3)
    wide, narrow = (evaluate(p, ["macro_f1"], level=level)["macro_f1"] for level in (0.99, 0.8))
    assert wide.low < narrow.low
    assert wide.level == 0.99


def test_a_metric_of_ones_own_is_found_by_name(predictions, monkeypatch):
    accuracy = METRICS.get("accuracy")
    lenient = replace(
        accuracy, description="Kinder.", value=lambda sums, chosen: accuracy.value(sums, chosen) / 2 + 0.5
    )
    monkeypatch.setitem(METRICS._registered, "lenient", lenient)
    found = evaluate(predictions(100, 3), ["accuracy", "lenient", "lenient_rare"], sets={"rare": ["c"]}, draws=200)
    assert found["lenient"].estimate == pytest.approx(found["accuracy"].estimate / 2 + 0.5)
    assert found["lenient_rare"].n < found["lenient"].n


def test_no_measure_is_no_work(predictions):
    assert intervals([], predictions(10, 3), draws=10, level=0.95, seed=0) == []
    assert evaluate(predictions(10, 3), []) == {}


def test_copies_count_as_one_and_intervals_say_so(predictions):
    p = predictions(100, 3)
    times = p.take(np.repeat(np.arange(100), 4))
    copies = replace(times, ids=np.arange(400).astype(str).astype(object))
    related = replace(copies, groups=np.repeat(p.ids, 4), families=True)
    one, rows, found = (evaluate(each, ["macro_f1"], draws=400)["macro_f1"] for each in (p, copies, related))
    width = one.high - one.low
    assert rows.high - rows.low < 0.6 * width  # four times the rows, and no more knowledge
    assert 0.9 * width < found.high - found.low < 1.2 * width
    assert (found.n, found.groups, found.how) == (400, 100, "bootstrap over families")
    named = replace(related, families=False)
    assert evaluate(named, ["macro_f1"], draws=400)["macro_f1"].how == "bootstrap over groups"
    with pytest.raises(DataError, match="none are named"):
        evaluate(related, ["worst_group_accuracy"])
    assert {"family"} == {"group", "family"} & {*related.frame().columns}
