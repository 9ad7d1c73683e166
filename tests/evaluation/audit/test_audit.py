import json
from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.base.storage.files.atomic import to_json
from evenhand.base.values import Predictions
from evenhand.evaluation.audit.audit import MARGIN, audit, part_names
from evenhand.evaluation.figures.evaluate import evaluate


def predictions(n: int = 400, k: int = 4, groups: int = 20, bad: int = 0) -> Predictions:
    """Return predictions whose first `bad` groups are guessed."""
    rng = np.random.default_rng(3)
    truth, group = rng.integers(0, k, n), rng.integers(0, groups, n)
    sure = 0.65 * rng.dirichlet(np.ones(k), n) + 0.35 * np.eye(k)[truth]
    probabilities = np.where((group < bad)[:, None], rng.dirichlet(np.ones(k), n), sure)
    ids = np.array([f"r{i}" for i in range(n)], dtype=object)
    names = np.array([f"магазин {g}" for g in group], dtype=object)
    return Predictions(ids, tuple("abcd"[:k]), probabilities, truth, groups=names, model="m")


def test_the_figure_is_that_of_evaluate():
    p = predictions()
    found = audit(p, metric="macro_f1", draws=400)
    wanted = evaluate(p, ["macro_f1"], draws=400)["macro_f1"]
    assert (found.figure.estimate, found.figure.low) == (wanted.estimate, wanted.low)
    assert found.quantile < wanted.estimate
    assert found.rows.floor == pytest.approx(wanted.estimate - MARGIN)


def test_bad_groups_show_where_they_are_held_out_and_not_among_rows():
    found = audit(predictions(n=1500, bad=3), draws=400)
    assert found.each_group.lowest < 0.6 < found.rows.lowest
    assert found.each_group.below == 3
    assert found.several_groups.lowest < found.rows.lowest
    assert {group.name for group in found.below} == {"магазин 0", "магазин 1", "магазин 2"}


def test_any_grouping_can_be_audited_by():
    p = predictions()
    by = np.array([name[-1] for name in p.groups], dtype=object)
    assert len(audit(p, by=by, draws=200).groups) == len(set(by))
    lacking = by.copy()
    lacking[:5] = None
    found = audit(p, by=lacking, draws=200)
    assert len(found.groups) == len(set(by)) + 1
    assert [(part.name, part.n) for part in found.groups if part.n == 5] == [("(empty)", 5)]
    assert found.each_group.description == f"each of {len(set(by))} parts of 8 rows or more alone, accuracy"
    assert part_names(np.array(["(empty)", None, " x "], dtype=object)).tolist() == ["(empty)", "((empty))", "x"]


def test_auditing_by_a_column_resamples_the_groups_all_the_same():
    p = predictions()
    half = np.arange(len(p)) % 2
    found, plain = audit(p, by=half, metric="log_loss", draws=200), audit(p, metric="log_loss", draws=200)
    assert found.figure == plain.figure
    assert found.quantile == plain.quantile
    assert {part.groups for part in found.groups} == {20}


def test_several_columns_are_audited_at_once():
    p = predictions()
    found = audit(p, by={"half": np.arange(len(p)) % 2, "third": np.arange(len(p)) % 3}, draws=200)
    assert [(one.column, len(one.parts)) for one in found.slices] == [("half", 2), ("third", 3)]
    assert found.groups == found.slices[0].parts
    assert [one["column"] for one in found.document()["slices"]] == ["half", "third"]
    assert len(found.slices[1].table()) == 3


def test_for_a_loss_worse_is_more():
    found = audit(predictions(bad=2), metric="log_loss", draws=200)
    assert not found.higher_is_better
    assert found.rows.floor > found.figure.estimate
    assert found.quantile > found.figure.estimate
    assert found.several_groups.lowest > found.several_groups.median


def test_without_groups_only_rows_are_held_out():
    found = audit(replace(predictions(), groups=None), draws=200)
    assert (found.each_group, found.several_groups, found.groups) == (None, None, ())
    assert len(found.table()) == 1


def test_one_group_alone_is_no_ground_for_holding_out():
    p = predictions()
    found = audit(p, by=["same"] * len(p), draws=200)
    assert (found.each_group, found.several_groups) == (None, None)


def test_the_document_is_json_and_names_the_worst_groups():
    document = audit(predictions(bad=1), draws=200).document(most_groups=2)
    assert json.loads(to_json(document))["groups_total"] == 20
    assert len(document["groups"]) == 2
    assert sum(document["groups_by_verdict"].values()) == 20


def test_it_can_be_looked_at():
    found = audit(replace(predictions(), model="<b>"), draws=200)
    assert "<b>:" not in found._repr_html_()
    assert "macro_f1" in repr(found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"held": 0.0}, "between 0 and 1"),
        ({"held": 1.5}, "between 0 and 1"),
        ({"by": ["a"]}, r"\(1,\) for 400 rows"),
        ({"metric": "macro_f2"}, "macro_f2"),
    ],
)
def test_wrong_use_is_told(change, message):
    with pytest.raises(DataError, match=message):
        audit(predictions(), **change)


def test_several_labels_may_hold():
    rng = np.random.default_rng(0)
    truth = (rng.random((200, 3)) < 0.4).astype(float)
    p = Predictions(
        np.arange(200).astype(str).astype(object), ("a", "b", "c"), 0.6 * truth + 0.4 * rng.random((200, 3)), truth,
        groups=np.array([f"g{i % 9}" for i in range(200)], dtype=object),
    )  # fmt: skip
    found = audit(p, metric="micro_f1", draws=200)
    assert found.each_group.draws == 9


def test_groups_that_folds_divide_are_counted():
    p = predictions()
    whole = np.array([int(name.split()[1]) % 5 for name in p.groups], dtype=np.int16)
    assert (
        audit(p, draws=100).groups_in_several_folds
        == audit(replace(p, fold=whole), draws=100).groups_in_several_folds
        == 0
    )
    across = audit(replace(p, fold=(np.arange(len(p)) % 5).astype(np.int16)), draws=100)
    assert across.groups_in_several_folds == across.document()["divided"] == 20
    by_truth = audit(replace(p, fold=whole), by=p.truth, draws=100)  # classes lie in several folds, groups do not
    assert (by_truth.groups_in_several_folds, by_truth.groups_in_all) == (0, 20)
    crossing = audit(replace(p, fold=(np.arange(len(p)) % 5).astype(np.int16)), by=p.truth, draws=100)
    assert (crossing.groups_in_several_folds, crossing.groups_in_all) == (20, 20)
    assert audit(replace(p, groups=None), by=p.truth, draws=100).groups_in_several_folds == 0


def test_one_time_in_twenty_is_the_lower_end_of_the_interval_that_knows_the_thinnest_class():
    truth = np.repeat([0, 1, 2], [600, 30, 3])
    said = np.where(np.arange(633) < 6, 1, truth)
    p = Predictions(np.arange(633).astype(str), ("a", "b", "c"), np.eye(3)[said], truth)
    found = audit(p, metric="balanced_accuracy", draws=200)
    wanted = evaluate(p, ["balanced_accuracy"], draws=200, level=0.9)["balanced_accuracy"]
    assert found.quantile == wanted.low < 0.85
    assert found.figure.low < found.quantile
    loss = audit(p, metric="log_loss", draws=200)
    assert loss.quantile == evaluate(p, ["log_loss"], draws=200, level=0.9)["log_loss"].high
