import builtins
from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.errors import DataError, MissingExtraError
from evenhand.base.values import Predictions
from evenhand.evaluation.audit.conformal import conformal

pytest.importorskip("crepes")


def predictions(n: int = 900, k: int = 3, groups: int = 3, hard: float = 0.15) -> Predictions:
    """Return predictions of one easy and several hard classes."""
    rng = np.random.default_rng(4)
    truth, group = rng.choice(k, n, p=[0.7, 0.2, 0.1]), rng.integers(0, groups, n)
    strength = np.where(truth == 0, 0.7, hard)[:, None]
    probabilities = (1 - strength) * rng.dirichlet(np.ones(k), n) + strength * np.eye(k)[truth]
    return Predictions(
        np.array([f"r{i}" for i in range(n)], dtype=object), ("öл", "b", "c"), probabilities, truth,
        fold=(np.arange(n) % 5).astype(np.int16), groups=np.array([f"g{g}" for g in group], dtype=object),
    )  # fmt: skip


def alone(p: Predictions) -> Predictions:
    return replace(p, groups=None)


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_every_class_gets_the_coverage_that_was_asked_for(coverage):
    found = conformal(alone(predictions()), coverage=coverage, draws=200)
    assert len(found.parts) == 3
    for part in found.parts:
        assert part.enough
        assert part.met.estimate == pytest.approx(coverage, abs=0.08)
    assert found.missed == ()


def test_over_all_rows_hard_classes_get_less():
    found = conformal(alone(predictions()), by="all", draws=200)
    p = predictions()
    hit = found.member[np.arange(len(p)), p.truth]
    assert hit.mean() == pytest.approx(0.9, abs=0.03)
    assert hit[p.truth == 2].mean() < 0.8
    assert found.parts == ()


def test_groups_that_come_up_in_every_fold_get_their_own_coverage():
    found = conformal(predictions(), by="group", draws=200)
    assert {part.name for part in found.parts} == {"g0", "g1", "g2"}
    assert all(abs(part.met.estimate - 0.9) < 0.06 for part in found.parts)


def test_a_class_with_few_rows_is_marked_and_its_sets_are_wide():
    p = predictions(60)
    truth = p.truth.copy()
    truth[truth == 2] = 1
    truth[:3] = 2
    found = conformal(alone(replace(p, truth=truth)), draws=200)
    part = next(part for part in found.parts if part.name == "c")
    assert not part.enough


def test_folds_are_made_where_there_are_none_and_keep_groups_whole():
    found = conformal(replace(predictions(groups=40), fold=None), draws=200)
    assert found.overall.met.estimate == pytest.approx(0.9, abs=0.04)


def test_the_same_seed_gives_the_same_sets():
    p = alone(predictions(200))
    assert (conformal(p, draws=200).member == conformal(p, draws=200).member).all()


@pytest.mark.parametrize(
    ("p", "change", "message"),
    [
        (predictions(), {"coverage": 1.0}, "between 0 and 1"),
        (alone(predictions()), {"by": "group"}, "need groups"),
        (replace(predictions(3), fold=None, groups=np.array(["a"] * 3, dtype=object)), {}, "one fold"),
    ],
)
def test_wrong_use_is_told(p, change, message):
    with pytest.raises(DataError, match=message):
        conformal(p, **change)


def test_without_crepes_it_says_how_to_get_it(monkeypatch):
    there = builtins.__import__

    def missing(name, *rest, **named):
        if name == "crepes":
            raise ImportError(name)
        return there(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtraError, match=r'pip install "evenhand\[conformal\]"'):
        conformal(predictions(60))
