from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

Script = Callable[[str], ModuleType]


def test_every_fold_is_fitted_for_all_epochs(script: Script) -> None:
    heads = script("heads")
    rng = np.random.default_rng(0)
    features, y = rng.normal(size=(20, 1, 1280)).astype(np.float32), rng.integers(0, heads.CLASSES, 20)
    assert heads.fit_folds(features, y, 1, epochs=2, seed=0) == [2] * heads.FOLDS


@pytest.mark.slow
def test_the_pass_gives_the_features_that_heads_take(script: Script) -> None:
    heads = script("heads")
    pictures = np.zeros((2, 64, 64, 3), np.uint8)
    assert heads.encoder_pass(heads.network_of(0), pictures, 1).shape == (2, 1, 1280)
