import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.base.values import Predictions
from evenhand.blending.consensus import override, votes_of

IDS = np.array([f"r{i}" for i in range(4)], dtype=object)


def chosen(table=None) -> Predictions:
    table = np.array([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.2, 0.7, 0.1], [1 / 3] * 3]) if table is None else table
    return Predictions(IDS[: len(table)], ("a", "b", "в"), np.asarray(table, float), model="m")


def message(*names) -> dict[str, str]:
    return {f"r{i}": name for i, name in enumerate(names) if name}


def test_rows_in_which_enough_others_agree_are_changed_and_listed():
    votes = {"x": message("b", "b", "b", "a"), "y": message("b", "a", "b", "a"), "z": message("b", "b", "a", "a")}
    found = override(chosen(), votes, share=2 / 3)
    assert found.rows.to_dict(orient="records") == [
        {"id": "r0", "was": "a", "becomes": "b", "for_it": 3, "votes": 3},
        {"id": "r1", "was": "a", "becomes": "b", "for_it": 2, "votes": 3},
    ]
    assert [found.predictions.classes[c] for c in found.predictions.predicted] == ["b", "b", "b", "a"]
    assert np.allclose(found.predictions.probabilities.sum(1), 1)
    assert found.predictions.probabilities[0].tolist() == [0.2, 0.7, 0.1]


def test_equal_probabilities_are_overridden_too():
    votes = {"x": message(None, None, None, "в"), "y": message("a", None, None, "в")}
    found = override(chosen(), votes, share=1.0)
    assert found.predictions.predicted.tolist() == [0, 0, 1, 2]


def test_one_vote_alone_changes_nothing():
    assert override(chosen(), {"x": message("b", "b", "a", "b")}, share=0.6).rows.empty


@given(st.floats(0.51, 1.0), st.integers(0, 2**32 - 1))
def test_what_is_changed_has_the_share_asked_for(share, seed):
    rng = np.random.default_rng(seed)
    p = chosen(rng.dirichlet(np.ones(3), 4))
    votes = {f"v{v}": message(*np.array(p.classes)[rng.integers(0, 3, 4)]) for v in range(5)}
    found = override(p, votes, share=share)
    assert (found.rows["for_it"] / 5 >= share - 1e-9).all()
    told = dict(zip(found.rows["id"], found.rows["becomes"], strict=True))
    after = votes_of(found.predictions)
    assert all(after[i] == told.get(i, votes_of(p)[i]) for i in IDS)


@pytest.mark.parametrize(
    ("votes", "share", "words"),
    [
        ({}, 0.6, "at least one other"),
        ({"x": message("b")}, 0.5, "above 0.5"),
        ({"x": message("b")}, 1.1, "at most 1"),
        ({"x": message("q")}, 0.6, '"x" assigns "r0" to q, which is not a class'),
        ({"x": {"other": "a"}}, 0.6, "no vote on any of these rows"),
    ],
)
def test_wrong_use_is_told(votes, share, words):
    with pytest.raises(DataError, match=words):
        override(chosen(), votes, share=share)
