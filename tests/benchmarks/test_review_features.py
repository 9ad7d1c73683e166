from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis


def test_discriminants_are_scikit_learns_on_the_other_folds(script: Callable[[str], ModuleType]) -> None:
    out_of_fold = script("review_features").out_of_fold
    rng = np.random.default_rng(0)
    labels, fold = rng.integers(0, 3, 90), np.arange(90) % 3
    features = rng.normal(size=(90, 4)) + labels[:, None]
    found = out_of_fold(features, labels, 3, fold, 0.0)
    for held in range(3):
        there = fold != held
        theirs = LinearDiscriminantAnalysis(solver="lsqr").fit(features[there], labels[there])
        assert found[~there] == pytest.approx(theirs.predict_proba(features[~there]), abs=1e-9)
    assert not np.allclose(out_of_fold(features, labels, 3, fold, 0.5), found)
    assert out_of_fold(features, labels, 4, fold, 0.1)[:, 3].max() < 0.2  # a class without rows
