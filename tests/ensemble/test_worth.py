from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.ensemble.blend import blend
from evenhand.ensemble.worth import worth


def test_every_model_and_blend_is_a_rung(models):
    three = models()
    found = worth(three, ["equal", "nnls"], draws=100)
    assert [rung.name for rung in found.rungs] == ["m0", "m1", "m2", "ensemble:equal", "ensemble:nnls"]
    assert [rung.blend for rung in found.rungs] == [False, False, False, True, True]
    assert found.rung("m1").optimism.estimate == found.rung("ensemble:equal").optimism.estimate == 0
    assert [(v.name, v.base) for v in found.verdicts] == [("ensemble:equal", "m1"), ("ensemble:nnls", "m1")]
    assert found.rung("ensemble:nnls").chance.word == "better"
    document = found.document()
    assert [row["name"] for row in document["rows"]] == list(found.table()["name"])
    assert document["best"]["of"] == 5
    assert found.optimism == pytest.approx(found.naive_best - found.best.corrected.estimate)


def test_naive_less_nested_is_optimism(models):
    three = models((0.5, 0.5, 0.5, 0.5), n=120)
    made = blend(three, "nnls")
    rung = worth(three, [made], score="log_loss", draws=100).rung("ensemble:nnls")
    assert rung.optimism.estimate == pytest.approx(rung.nested.estimate - rung.naive.estimate)
    assert rung.optimism.estimate > 0


def test_a_model_that_is_missing_in_a_fold_is_a_gap_and_its_rows_are_left_out_for_all(models):
    three = models()
    there = three[1].fold != 2
    found = worth([three[0], three[1].take(there), three[2]], ["equal"], draws=50)
    (gap,) = found.gaps
    assert (gap.model, gap.lacking, gap.folds) == ("m1", int((~there).sum()), (2,))
    assert found.n == int(there.sum())


def test_a_model_out_of_other_folds_is_not_believed(models):
    three = models()
    moved = replace(three[2], fold=np.roll(three[2].fold, 7))
    found = worth([*three[:2], moved], ["equal"], draws=50)
    assert [rung.believable for rung in found.rungs] == [True, True, False, False]


def test_several_metrics_are_one_score(models):
    found = worth(models(), ["equal"], score={"macro_f1": 0.5, "worst_recall": 0.5}, draws=50)
    assert found.metric == "score"
    f1, worst = (worth(models(), [], score=name, draws=50).rung("m0").nested.estimate
                 for name in ("macro_f1", "worst_recall"))  # fmt: skip
    assert found.rung("m0").nested.estimate == pytest.approx((f1 + worst) / 2)


def test_nothing_to_judge_is_told(models):
    with pytest.raises(DataError, match="no predictions"):
        worth([], ["equal"])
