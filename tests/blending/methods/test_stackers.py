from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from evenhand.base.errors import ConfigError, MissingExtraError
from evenhand.blending.core.crossfit import crossfit
from evenhand.blending.core.spec import recipe
from evenhand.blending.inputs.align import align
from evenhand.blending.inputs.stack import stack_of
from evenhand.blending.inputs.stacking_features import of_candidates, of_rows
from evenhand.blending.methods.catboost import CatBoost
from evenhand.blending.methods.gradient_boosting import GradientBoosting
from evenhand.blending.methods.logistic import Logistic


@pytest.fixture
def stack(models):
    return stack_of(align(models((1.0, 2.0, 0.5))))


def turned_round(stack):
    """A model that is always right, under names of classes that are turned round."""
    wrong = 0.9 * np.eye(3)[(stack.truth + 1) % 3] + 0.1 / 3
    return replace(stack, tables=(wrong, *stack.tables[1:]))


def accuracy(stack, table):
    return (table.argmax(axis=1) == stack.truth).mean()


@pytest.mark.parametrize(
    "method",
    [
        Logistic(inverse_strength=1.0, ask="rows", features=["logits"]),
        GradientBoosting(trees=20, ask="rows", learning_rate=0.3),
        CatBoost(trees=20, ask="rows", learning_rate=0.3),
    ],
    ids=lambda method: type(method).__name__,
)
def test_a_stacker_of_rows_learns_what_no_weights_can(stack, method):
    odd = turned_round(stack)
    assert accuracy(odd, crossfit(method, odd).out_of_fold(odd)) > 0.97
    assert accuracy(odd, crossfit(recipe("nnls"), odd).out_of_fold(odd)) < 0.9


def test_logistic_is_scikit_learns_on_the_logits(stack):
    found = Logistic(inverse_strength=0.5, ask="rows", features=["logits"]).learn(stack, 0)
    logs = np.log(stack.array()).reshape(300, -1)
    theirs = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=200, tol=1e-3)).fit(
        logs, stack.truth
    )
    assert found.apply(stack) == pytest.approx(theirs.predict_proba(logs), abs=1e-9)


@pytest.mark.parametrize(
    "method", [GradientBoosting(trees=30, learning_rate=0.2), CatBoost(trees=30, learning_rate=0.2), Logistic()]
)
def test_questions_about_candidates_tell_which_model_to_believe(models, method):
    stack = stack_of(align(models((0.3, 3.0, 0.3), n=600, k=6)))
    out = crossfit(method, stack).out_of_fold(stack)
    assert accuracy(stack, out) > accuracy(stack, stack.mean()) + 0.05


def test_the_same_seed_gives_the_same_answer(stack):
    one, two = (GradientBoosting(trees=3).learn(stack, 7).apply(stack) for _ in range(2))
    assert (one == two).all()


def test_a_class_that_no_training_row_had_keeps_what_the_models_give_it(stack):
    kept = stack.take(stack.truth != 2)
    out = Logistic(ask="rows").learn(kept, 0).apply(stack)
    assert out[:, 2] == pytest.approx(stack.mean()[:, 2])
    assert out.sum(axis=1) == pytest.approx(np.ones(300))


def test_features_have_the_shapes_and_numbers_they_should(stack):
    table = stack.array()
    assert of_rows(stack, ["probabilities"]) == pytest.approx(table.reshape(300, 9))
    assert of_rows(stack, ["entropy"]) == pytest.approx(-(table * np.log(table)).sum(axis=2))
    top = np.sort(table, axis=2)
    assert of_rows(stack, ["margin"]) == pytest.approx(top[:, :, 2] - top[:, :, 1])
    assert of_rows(stack, ["differences"])[:, :3] == pytest.approx(table[:, 0] - table[:, 1])
    assert of_rows(stack, ["agreement"]).sum(axis=1) == pytest.approx(np.ones(300))


def test_candidates_are_the_likeliest_classes_with_their_own_numbers(stack):
    asked = of_candidates(stack, ["probabilities", "margin", "agreement"], 2)
    assert asked.classes[:, 0].tolist() == stack.mean().argmax(axis=1).tolist()
    assert asked.table.shape == (600, 3 + 3 + 1)
    assert asked.table[0, :3] == pytest.approx(stack.array()[0, :, asked.classes[0, 0]])
    assert asked.table[1, 3:6] == pytest.approx(asked.table[0, 3:6])


def test_a_package_that_is_not_there_is_named_with_its_extra(stack, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "catboost", None)
    with pytest.raises(MissingExtraError, match=r"evenhand\[boosting\]"):
        CatBoost().learn(stack, 0)


def test_features_that_are_not_known_are_told():
    with pytest.raises(ConfigError, match="features"):
        recipe({"name": "logistic", "features": ["probabilties"]})
