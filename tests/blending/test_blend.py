from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.errors import DataError, EvenhandError
from evenhand.base.storage.files.atomic import to_json
from evenhand.blending.blend import blend
from evenhand.blending.inputs.align import align
from evenhand.blending.inputs.stack import stack_of
from evenhand.blending.methods import METHODS
from evenhand.evaluation.figures.evaluate import evaluate

FEATURES = {"encoder": np.random.default_rng(0).normal(size=(300, 3))}


@pytest.mark.parametrize("method", METHODS.names())
def test_a_blend_is_a_prediction_like_any_other(models, method):
    made = blend(models(), method, features=FEATURES)
    assert made.predictions.model == made.name == f"ensemble:{method}"
    assert made.predictions.origin == "out-of-fold"
    assert made.naive.origin == "in-sample"
    if made.weights is not None:
        assert made.weights.sum() == pytest.approx(1)
        assert made.weights_per_fold.sum(axis=1) == pytest.approx(np.ones(5))
    assert made.predictions.probabilities.sum(axis=1) == pytest.approx(np.ones(300))
    assert evaluate(made.predictions, ["accuracy"], draws=200)["accuracy"].n == 300


def test_rows_of_a_fold_are_weighted_by_the_other_folds_only(models):
    before = models()
    made = blend(before, "nnls")
    rows = before[0].fold == 2
    truth = np.where(rows, (before[0].truth + 1) % 3, before[0].truth)
    changed = blend([replace(p, truth=truth) for p in before])
    assert (changed.weights_per_fold[2] == made.weights_per_fold[2]).all()
    assert (changed.predictions.probabilities[rows] == made.predictions.probabilities[rows]).all()
    assert not np.allclose(changed.weights, made.weights)


def test_the_better_model_counts_more_and_the_blend_is_no_worse(models):
    made = blend(models((0.2, 2.5)))
    assert made.weights[1] > 0.8
    scores = [evaluate(p, ["brier"], draws=200)["brier"].estimate for p in (*models((0.2, 2.5)), made.predictions)]
    assert scores[2] <= min(scores[:2]) + 0.01


def test_new_rows_are_weighted_by_all_rows(models):
    test = [replace(p, origin="test", fold=None) for p in models(seed=1)]
    made = blend(models(), test=test)
    assert np.allclose(made.test.probabilities, made.learned.overall.apply(stack_of(align(test))))
    assert (made.test.model, made.test.origin) == ("ensemble:nnls", "test")
    assert np.allclose(made.apply(test).probabilities, made.test.probabilities)
    with pytest.raises(DataError, match="The blend is of m0, m1, m2; these predictions are of m1, m0, m2"):
        made.apply([test[1], test[0], test[2]])


def test_rows_without_truth_are_blended_but_teach_nothing(models):
    full = models()
    rows = full[0].fold == 4
    some = [replace(p, truth=np.where(rows, -1, p.truth)) for p in full]
    for method in METHODS.names():
        made = blend(some, method, features=FEATURES)
        assert made.predictions.probabilities.sum(axis=1) == pytest.approx(np.ones(300))
    assert np.allclose(blend(some).weights, blend(full).weights_per_fold[4])


def test_several_labels_are_blended_too(models):
    labels = [replace(p, truth=np.eye(3)[p.truth]) for p in models()]
    assert np.allclose(blend(labels).weights, blend(models()).weights)


def test_one_model_is_itself(models):
    (only,) = models((1.0,))
    assert np.allclose(blend([only]).predictions.probabilities, only.probabilities)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"origin": "in-sample"}, 'of "m0" are in-sample; blends are learned on out-of-fold predictions only'),
        ({"origin": "test"}, "are test; blends are learned"),
        ({"truth": None}, "have no truth"),
        ({"truth": np.full(300, -1)}, "No row of .* has a known truth"),
        ({"fold": None}, "have no folds"),
        ({"fold": np.full(300, -1, dtype=np.int16)}, "300 out-of-fold rows .* are locked"),
    ],
)
def test_what_must_not_be_learned_on_is_refused(models, change, words):
    with pytest.raises(DataError, match=words):
        blend([replace(p, **change) for p in models()])


def test_an_unknown_method_is_told_with_the_nearest(models):
    with pytest.raises(EvenhandError, match='no blend named "nnsl"; known are: .*equal, .*. Did you mean "nnls"'):
        blend(models(), "nnsl")


def test_weights_are_readable(models):
    made = blend(models())
    assert list(made.table().columns) == ["model", "weight", "lowest", "highest"]
    assert "m1 0." in repr(made)
    assert "<table" in made._repr_html_()
    assert {"method", "models", "weights", "weights_per_fold", "coverage"} <= set(made.document())
    to_json(made.document())


def test_a_model_with_other_folds_marks_the_blend(models):
    one, two, _ = models()
    other = replace(two, fold=np.random.default_rng(0).permutation(two.fold))
    made = blend([one, other])
    assert made.predictions.origin == "out-of-fold elsewhere"
    assert [c.out_of_fold_here for c in made.coverage] == [True, False]


def test_one_fold_alone_cannot_be_judged(models):
    with pytest.raises(DataError, match="lie in one fold"):
        blend([replace(p, fold=np.zeros(300, dtype=np.int16)) for p in models()])
