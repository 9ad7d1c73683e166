from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.blending.blend import blend
from evenhand.blending.nested_evaluation import nested_evaluation
from evenhand.evaluation.figures.evaluate import evaluate


def test_every_model_and_blend_is_a_rung(models):
    three = models()
    found = nested_evaluation(three, ["equal", "nnls"], draws=100)
    assert [step.name for step in found.steps] == ["m0", "m1", "m2", "ensemble:equal", "ensemble:nnls"]
    assert [step.blend for step in found.steps] == [False, False, False, True, True]
    assert found.step("m1").optimism.estimate == found.step("ensemble:equal").optimism.estimate == 0
    assert [(v.name, v.base) for v in found.verdicts] == [("ensemble:equal", "m1"), ("ensemble:nnls", "m1")]
    assert found.step("ensemble:nnls").chance.word == "better"
    document = found.document()
    assert [row["name"] for row in document["rows"]] == list(found.table()["name"])
    assert document["best"]["of"] == 5
    assert found.optimism == pytest.approx(found.naive_best - found.best.corrected.estimate)


def test_naive_less_nested_is_optimism(models):
    three = models((0.5, 0.5, 0.5, 0.5), n=120)
    made = blend(three, "nnls")
    step = nested_evaluation(three, [made], score="log_loss", draws=100).step("ensemble:nnls")
    assert step.optimism.estimate == pytest.approx(step.nested.estimate - step.naive.estimate)
    assert step.optimism.estimate > 0


def test_a_model_that_is_missing_in_a_fold_is_a_gap_and_its_rows_are_left_out_for_all(models):
    three = models()
    there = three[1].fold != 2
    found = nested_evaluation([three[0], three[1].take(there), three[2]], ["equal"], draws=50)
    (gap,) = found.gaps
    assert (gap.model, gap.lacking, gap.folds) == ("m1", int((~there).sum()), (2,))
    assert found.n == int(there.sum())


def test_a_model_out_of_other_folds_is_not_believed(models):
    three = models()
    moved = replace(three[2], fold=np.roll(three[2].fold, 7))
    found = nested_evaluation([*three[:2], moved], ["equal"], draws=50)
    assert [step.reliable for step in found.steps] == [True, True, False, False]


def test_several_metrics_are_one_score(models):
    found = nested_evaluation(models(), ["equal"], score={"macro_f1": 0.5, "worst_recall": 0.5}, draws=50)
    assert found.metric == "score"
    f1, worst = (nested_evaluation(models(), [], score=name, draws=50).step("m0").nested.estimate
                 for name in ("macro_f1", "worst_recall"))  # fmt: skip
    assert found.step("m0").nested.estimate == pytest.approx((f1 + worst) / 2)


def test_nothing_to_judge_is_told(models):
    with pytest.raises(DataError, match="no predictions"):
        nested_evaluation([], ["equal"])


@pytest.mark.parametrize(
    "score",
    [{"macro_f1": 0.5, "worst_recall": 0.5}, {"macro_f1": 1, "accuracy": 1}, {"log_loss": 1, "brier": 1}, "brier"],
)
def test_intervals_of_any_score_hold_their_figure(models, score):
    """Ends were once cut at the ceiling of the largest part: 0.923 [0.875, 0.500]."""
    found = nested_evaluation(models(), ["equal"], score=score, draws=100)
    for step in found.steps:
        assert step.nested.low <= step.nested.estimate <= step.nested.high
    best = found.best.corrected
    assert best.low <= best.estimate <= best.high
    assert best.low <= found.best.chosen_as <= best.high
    assert abs(best.estimate - found.best.chosen_as) < 0.05


def test_what_is_not_out_of_fold_takes_no_part_in_the_choice(models):
    three = models()
    known = replace(three[2], fold=np.roll(three[2].fold, 7), probabilities=np.eye(3)[three[2].truth])
    found = nested_evaluation([*three[:2], known], ["equal"], draws=50)
    assert (found.best.name, found.best.of) == ("m1", 2)
    assert found.naive_best < 1
    assert found.left_out == ("m2", "ensemble:equal")
    told = "2 of 4 were excluded from this selection, as they are not out of fold here (EH405): m2, ensemble:equal"
    assert told in str(found)
    assert {v.base for v in found.verdicts} == {"m1"}


def test_models_of_which_no_fold_is_known_cannot_be_believed(models):
    bare = [replace(p, fold=None) for p in models()]
    found = nested_evaluation(bare, draws=50, methods=[])
    assert not any(step.reliable for step in found.steps)
    assert "none of these figures is reliable" in str(found)
    mixed = nested_evaluation([models()[0], bare[1]], [], draws=50)
    assert [step.reliable for step in mixed.steps] == [True, False]


def test_folds_that_divide_groups_are_told(models):
    three = [replace(p, groups=(np.arange(len(p)) // 10).astype(str).astype(object)) for p in models()]
    found = nested_evaluation(three, ["equal"], draws=50)
    assert found.groups_in_several_folds == found.groups
    assert "groups lie in several folds" in str(found)
    whole = [replace(p, groups=p.fold.astype(str).astype(object)) for p in models()]
    assert nested_evaluation(whole, [], draws=50).groups_in_several_folds == 0


@pytest.mark.parametrize("score", ["macro_f1", "log_loss"])
def test_the_best_of_several_is_never_worth_more_than_would_have_been_reported(models, score):
    for n in (30, 40, 60):
        for skills in ((0.5, 0.5), (0.2, 0.4, 0.3)):
            found = nested_evaluation(models(skills, n=n), ["equal", "nnls"], score=score, draws=40)
            sign = 1 if found.higher_is_better else -1
            assert sign * found.best.corrected.estimate <= sign * found.naive_best
            assert sign * found.best.corrected.estimate <= sign * found.best.chosen_as
            assert found.optimism >= 0


def test_one_model_alone_is_left_as_it_is_and_not_called_the_best_of_one(models):
    found = nested_evaluation(models()[:1], [], draws=50)
    assert found.best.corrected == found.step("m0").nested
    assert "The only one is m0" in str(found)
    assert found.optimism == 0


def test_what_is_learned_is_part_of_the_interval(models):
    three = models((0.5, 0.5, 0.5), n=80)
    made = blend(three, "nnls+bias")
    learned, bare = (
        nested_evaluation(three, [one], draws=200).step(made.name) for one in (made, replace(made, stack=None))
    )
    assert learned.nested.low < bare.nested.low
    assert learned.nested.high >= bare.nested.high
    assert learned.nested.estimate == bare.nested.estimate
    assert "over what is learned" in learned.nested.how
    equal = nested_evaluation(three, ["equal"], draws=50).step("ensemble:equal").nested
    assert "learned" not in equal.how


@pytest.mark.parametrize("metric", ["macro_f1", "log_loss"])
def test_predictions_that_carry_what_learning_adds_have_the_interval_of_the_ladder(models, metric):
    three = models((0.2, 0.3, 0.4), n=100)
    made = blend(three, "nnls+bias")
    step = nested_evaluation(three, [made], score=metric, draws=300).step("ensemble:nnls+bias")
    found = evaluate(made.with_learning([metric]), [metric], draws=300)[metric]
    assert found.how == step.nested.how
    assert (found.low, found.high) == pytest.approx((step.nested.low, step.nested.high))
    plain = evaluate(made.predictions, [metric], draws=300)[metric]
    assert found.high - found.low > plain.high - plain.low
    assert not blend([made.with_learning([metric])], "equal").predictions.learned
