import numpy as np
import pytest

from evenhand.base.values import Predictions
from evenhand.diagnosis import Evidence, examine


def predictions(noise, seed, *, n=5000, k=4, skill=3.0, temperature=1.0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    logits = skill * rng.normal(0, 1, (n, k))
    logits[np.arange(n), truth] += skill**2
    logits /= temperature
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    flipped = rng.random(n) < noise
    labels = np.where(flipped, (truth + rng.integers(1, k, n)) % k, truth)
    ids = np.array([f"r{i}" for i in range(n)], dtype=object)
    return Predictions(ids, tuple(f"c{c}" for c in range(k)), p, labels, model="m")


def examined(p):
    return examine(Evidence(predictions=(p,)), ["EH109"])


def test_wrong_labels_are_a_note_with_the_rows():
    (found,) = examined(predictions(0.08, 1)).findings
    assert found.severity == "note"
    assert "suspected_labels.csv" in found.message
    assert found.evidence["suspected"] == len(found.ids) > 200


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("skill", [0.3, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("seed", range(3))
def test_models_that_are_weak_or_too_sure_do_not_accuse(skill, temperature, seed):
    assert examined(predictions(0, seed, skill=skill, temperature=temperature, n=2000)).passed == ("EH109",)


def test_several_labels_are_not_applicable():
    p = predictions(0.1, 1, n=200)
    several = Predictions(p.ids, p.classes, p.probabilities, np.eye(4)[p.truth])
    assert "one label" in examined(several).not_applicable["EH109"]
