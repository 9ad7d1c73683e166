"""What every method and calibrator promises, whoever wrote it."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.errors import DataError, MissingExtraError
from evenhand.base.values import NamedClasses
from evenhand.blending.calibrators import CALIBRATORS
from evenhand.blending.core.crossfit import crossfit
from evenhand.blending.core.spec import recipe
from evenhand.blending.inputs.align import align
from evenhand.blending.inputs.stack import stack_of
from evenhand.blending.methods import METHODS

QUICK = {
    "random": {"draws": 20},
    "greedy": {"rounds": 5},
    "gradient_boosting": {"trees": 5},
    "catboost": {"trees": 5},
    "attention": {"epochs": 3},
}
"""Options that make slow methods quick."""
EVERY = [{"name": name, **QUICK.get(name, {})} for name in METHODS.names()]
FOR_ONE = [name for name in CALIBRATORS.names() if CALIBRATORS.get(name).takes_one]
CHOICES = [*EVERY, *(f"equal+{name}" for name in FOR_ONE)]
SEVERAL = [*EVERY, *(f"equal+{name}" for name in CALIBRATORS.names())]


def named(choice):
    return choice if isinstance(choice, str) else choice["name"]


@pytest.fixture
def stack(models):
    made = stack_of(align(models((1.0, 2.0, 0.5), n=120, folds=3)))
    features = np.random.default_rng(1).normal(size=(120, 4)) + 2 * np.eye(3)[made.truth] @ np.ones((3, 4))
    return replace(made, features={"encoder": features.astype(np.float32)})


def learned_of(choice, stack):
    try:
        return crossfit(recipe(choice), stack)
    except MissingExtraError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("choice", CHOICES, ids=named)
def test_answers_are_probabilities_and_do_not_depend_on_neighbours(stack, choice):
    learned = learned_of(choice, stack).overall
    whole = learned.apply(stack)
    assert whole.shape == (120, 3)
    assert whole.dtype == np.float64
    assert (whole >= 0).all()
    assert whole.sum(axis=1) == pytest.approx(np.ones(120))
    turned = np.random.default_rng(0).permutation(120)
    assert learned.apply(stack.take(turned)) == pytest.approx(whole[turned], abs=1e-5)
    assert learned.apply(replace(stack, truth=None, fold=None)) == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize("choice", CHOICES, ids=named)
def test_no_row_has_a_say_in_its_own_answer(stack, choice):
    before = learned_of(choice, stack).out_of_fold(stack)
    rows = stack.fold == 1
    other = replace(stack, truth=np.where(rows, (stack.truth + 1) % 3, stack.truth))
    after = learned_of(choice, other).out_of_fold(other)
    assert (after[rows] == before[rows]).all()


@pytest.mark.parametrize("choice", CHOICES, ids=named)
def test_folds_are_learned_as_if_they_were_all_there_is(stack, choice):
    how = recipe(choice)
    each = learned_of(choice, stack).per_fold
    alone = how.learn(stack.without(2), 0)
    assert each[2].apply(stack) == pytest.approx(alone.apply(stack), abs=1e-9)


@pytest.mark.parametrize("choice", CHOICES, ids=named)
def test_sure_constant_and_one_sided_predictions_break_nothing(stack, choice):
    sure = np.eye(3)[np.random.default_rng(0).integers(0, 3, 120)]
    constant = np.tile([0.2, 0.3, 0.5], (120, 1))
    only = np.tile([1.0, 0.0, 0.0], (120, 1))
    hard = replace(stack, tables=(sure, constant, only))
    assert np.isfinite(learned_of(choice, hard).out_of_fold(hard)).all()
    of_one_class = replace(stack, fold=np.where(stack.truth == 0, 0, 1 + np.arange(120) % 2).astype(np.int16))
    out = learned_of(choice, of_one_class).out_of_fold(of_one_class)
    assert out.sum(axis=1) == pytest.approx(np.ones(120))


def several_of(stack, *, unknown=0.2):
    """Return the stack with several labels a row, of which some are not known."""
    rng = np.random.default_rng(3)
    truth = np.clip(np.eye(3)[stack.truth] + (rng.random((len(stack), 3)) < 0.2), 0, 1)
    hidden = rng.random(truth.shape) < unknown
    hidden[:, 0] = False  # each row has a label that is known
    return replace(stack, truth=np.where(hidden, np.nan, truth))


@pytest.mark.parametrize("choice", SEVERAL, ids=named)
def test_several_labels_with_unknown_ones_are_blended_or_refused_in_words(stack, choice):
    several, how = several_of(stack), recipe(choice)
    if how.refusal(several=True):
        with pytest.raises(DataError, match="for rows with one label each; these may have several. Use ") as caught:
            crossfit(how, several)
        assert "equal" in str(caught.value) or "thresholds" in str(caught.value)
        return
    before = crossfit(how, several).out_of_fold(several)
    assert np.isfinite(before).all()
    assert ((before >= 0) & (before <= 1)).all()
    rows = several.fold == 1
    other = replace(several, truth=np.where(rows[:, None], 1 - several.truth, several.truth))
    assert (crossfit(how, other).out_of_fold(other)[rows] == before[rows]).all()
    sure = replace(several, tables=(np.ones((120, 3)), np.zeros((120, 3)), np.full((120, 3), 0.5)))
    assert np.isfinite(crossfit(how, sure).out_of_fold(sure)).all()


@pytest.mark.parametrize("name", CALIBRATORS.names())
def test_a_calibrator_supports_one_label_or_several_and_refuses_the_other_in_words(stack, name):
    cls, how = CALIBRATORS.get(name), recipe(f"equal+{name}")
    assert cls.takes_one or cls.takes_several
    if not cls.takes_one:
        with pytest.raises(DataError, match="for rows that may have several labels; these have one each"):
            crossfit(how, stack)


@pytest.mark.parametrize("name", [*METHODS.names()])
def test_every_method_says_what_it_is(name):
    cls = METHODS.get(name)
    assert cls.__doc__
    assert all(info.description for info in cls.model_fields.values())


def test_every_method_is_found_without_torch_or_boosting():
    code = (
        "import sys; from evenhand.blending.methods import METHODS; "
        "[METHODS.get(name) for name in METHODS.names()]; "
        "sys.exit(bool({'torch', 'catboost'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("choice", CHOICES, ids=named)
def test_a_score_may_name_sets_of_classes_coarser_classes_and_groups(stack, choice):
    groups = np.array([f"g{row // 4}" for row in range(120)], dtype=object)
    known = replace(stack, groups=groups, named=NamedClasses({"rare": ("b", "c")}, {"coarse": ("x", "x", "y")}))
    score = {"macro_f1_rare": 1.0, "accuracy_coarse": 0.5, "group_accuracy": 0.5}
    try:
        learned = crossfit(recipe(choice, score=score), known)
    except MissingExtraError as error:
        pytest.skip(str(error))
    assert np.isfinite(learned.out_of_fold(known)).all()
