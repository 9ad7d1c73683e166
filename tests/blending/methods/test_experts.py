from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.errors import ConfigError, DataError
from evenhand.blending.core.crossfit import crossfit
from evenhand.blending.core.spec import recipe
from evenhand.blending.inputs.align import align
from evenhand.blending.inputs.confused_pairs import between, confused, leading, tuned
from evenhand.blending.inputs.stack import Stack, stack_of
from evenhand.blending.methods.experts import Experts, of_pair
from evenhand.blending.methods.neighbours import NeighboursBlend


@pytest.fixture
def blurred():
    """Classes a and b cannot be told apart by the models, but by a stored feature; c is clear."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 600)
    tables = []
    for _ in range(2):
        raw = rng.normal(size=(600, 3)) * 0.3 + 3 * np.eye(3)[np.where(truth == 2, 2, 0)]
        raw[:, 1] = np.where(truth == 2, raw[:, 1], raw[:, 0] + rng.normal(size=600) * 0.5)
        tables.append(np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True))
    tell = rng.normal(size=(600, 5)) * 0.3
    tell[:, 0] += truth
    fold = rng.permutation(np.arange(600) % 5).astype(np.int16)
    return Stack(("m0", "m1"), ("a", "b", "c"), tuple(tables), truth, fold, features={"encoder": tell})


def accuracy(stack, table):
    return (table.argmax(axis=1) == stack.truth).mean()


def test_an_expert_with_features_tells_apart_what_the_models_cannot(blurred):
    plain = accuracy(blurred, blurred.mean())
    advised = crossfit(Experts(), blurred).out_of_fold(blurred)
    assert plain < 0.75
    assert accuracy(blurred, advised) > plain + 0.15
    (pair,) = Experts().learn(blurred, 0).document()["pairs"]
    assert pair["pair"] == ["a", "b"]
    assert pair["right_after"] > pair["right_before"]


def test_without_anything_to_tell_them_apart_no_expert_is_kept(blurred):
    blind = replace(blurred, features={"encoder": np.random.default_rng(1).normal(size=(600, 5))})
    advised = crossfit(Experts(least_gain=12), blind).out_of_fold(blind)
    assert accuracy(blind, advised) > accuracy(blind, blind.mean()) - 0.03


def test_only_rows_between_the_pair_and_below_the_gate_are_touched(blurred):
    learned = Experts(gate=0.2).learn(blurred, 0)
    before, after = blurred.mean(), learned.apply(blurred)
    moved = (before != after).any(axis=1)
    asked, margin = between(before, (0, 1))
    assert (moved <= (asked & (margin < 0.2))).all()
    assert moved.any()
    assert after[:, :2].sum(axis=1) == pytest.approx(before[:, :2].sum(axis=1))
    assert (after[:, 2] == before[:, 2]).all()


def test_deciding_whole_pairs_is_refused_unless_it_is_meant(blurred):
    with pytest.raises(ConfigError, match=r'every row of its pair; if that is meant, set whole_pair = "allow"'):
        recipe({"name": "experts", "gate": 1})
    with pytest.raises(ConfigError, match="above 0 and at most 1"):
        recipe({"name": "experts", "gate": 1.5})
    whole = recipe({"name": "experts", "gate": 1.0, "whole_pair": "allow"}).learn(blurred)
    narrow = recipe({"name": "experts", "gate": 0.1}).learn(blurred)
    touched = [(learned.apply(blurred) != blurred.mean()).any(axis=1).sum() for learned in (whole, narrow)]
    assert touched[0] == between(blurred.mean(), (0, 1))[0].sum() > touched[1] > 0


def test_a_base_that_is_not_known_is_told():
    with pytest.raises(ConfigError, match='no blend named "nmls".*Did you mean "nnls"'):
        recipe({"name": "experts", "base": "nmls"})
    assert recipe({"name": "experts", "base": {"name": "equal", "space": "log"}}).name.startswith("experts(base=")


def test_pairs_are_counted_both_ways_round():
    truth = np.array([0, 0, 1, 1, 2, 2, 2])
    said = np.array([1, 0, 0, 1, 2, 1, 0])
    assert confused(said, truth, most=5, least=1) == [(0, 1), (0, 2), (1, 2)]
    assert confused(said, truth, most=1, least=1) == [(0, 1)]
    assert confused(said, truth, most=5, least=3) == []


def test_leads_are_between_the_first_two():
    top, margin = leading(np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]]))
    assert top.tolist() == [[1, 2], [0, 2]]
    assert margin == pytest.approx([0.2, 0.7])


def test_a_gate_is_as_wide_as_gains_most():
    margin = np.array([0.05, 0.1, 0.2, 0.3, 0.4])
    before = np.array([False, False, True, False, True])
    after = np.array([True, True, False, True, False])
    gate = tuned(margin, before, after, before != after, widest=0.5, least_gain=1)
    assert 0.1 < gate.width <= 0.2 or 0.3 < gate.width <= 0.4
    assert gate.gain == 2
    assert tuned(margin, before, after, before != after, widest=0.5, least_gain=3).width == 0
    assert tuned(margin, after, before, before != after, widest=0.5, least_gain=1).width == 0


def test_what_is_known_between_two_classes(models):
    stack = stack_of(align(models()))
    odds = of_pair(stack, (0, 2))
    assert odds[:, 1] == pytest.approx(np.log(stack.tables[1][:, 2] / stack.tables[1][:, 0]))
    with_more = replace(stack, features={"x": np.zeros((300, 4))})
    assert of_pair(with_more, (0, 2)).shape == (300, 3 + 4)


def test_neighbours_help_where_features_know_more(blurred):
    learned = crossfit(NeighboursBlend(), blurred)
    assert accuracy(blurred, learned.out_of_fold(blurred)) > accuracy(blurred, blurred.mean()) + 0.1
    assert learned.overall.document()["neighbours"]["share"] > 0


def test_neighbours_without_features_are_refused_in_words(blurred):
    with pytest.raises(DataError, match="needs stored features, but there are none"):
        crossfit(NeighboursBlend(), replace(blurred, features={}))
