"""Labels of the nearest rows: against scikit-learn and by hand."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from evenhand.models.heads.modules import knn
from evenhand.models.heads.modules.knn import KnnModule
from evenhand.models.heads.modules.scaled_head import ScaledHead
from evenhand.models.heads.modules.solved import LabelledRows

HeadOf = Callable[..., ScaledHead]


def rows(n: int = 60, d: int = 5, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def solved(labels: np.ndarray, k: int, *, neighbours: int = 5, temperature: float = 0.07, **more) -> KnnModule:
    module = KnnModule(5, k, neighbours, temperature)
    assert module.solve(LabelledRows(rows(len(labels)), labels, k, **more)) == {}
    return module.eval()


def test_shares_are_scikit_learns_weighted_by_similarity() -> None:
    y = np.arange(60) % 3
    module = solved(y, 3)
    unit = torch.nn.functional.normalize(rows(), dim=1).half().float().numpy()

    def weights(distances: np.ndarray) -> np.ndarray:
        # distances of unit vectors: cosine is 1 - d² / 2
        return np.exp((1 - distances**2 / 2) / 0.07)

    theirs = KNeighborsClassifier(5, weights=weights).fit(unit, y)
    expected = (5 * theirs.predict_proba(module.embedding(rows(20, seed=1)).numpy()) + 1 / 3) / 6
    assert module(rows(20, seed=1)).softmax(dim=1).numpy() == pytest.approx(expected, abs=2e-3)


def test_cells_that_are_not_known_are_left_out() -> None:
    y = np.random.default_rng(0).integers(0, 2, (60, 2)).astype(float)
    y[:, 1] = np.nan
    y[:4, 1] = [1, 0, 1, 1]
    module = solved(y, 2, neighbours=60, temperature=1e6)  # all rows alike
    found = module(rows(3, seed=2)).sigmoid().numpy()
    assert found[:, 0] == pytest.approx((y[:, 0].sum() + (y[:, 0].sum() + 0.5) / 61) / 61, abs=1e-5)
    assert found[:, 1] == pytest.approx((3 + 3.5 / 5) / 5, abs=1e-5)


def test_a_label_without_rows_or_of_all_rows_is_not_certain() -> None:
    y = np.stack([np.zeros(60), np.ones(60)], axis=1)
    logits = solved(y, 2)(rows(4))
    assert torch.isfinite(logits).all()
    assert bool((logits[:, 0] < 0).all())
    assert bool((logits[:, 1] > 0).all())


def test_weights_of_rows_count() -> None:
    y = np.arange(60) % 2
    module = solved(y, 2, neighbours=60, temperature=1e6, weights=np.where(y == 1, 3.0, 1.0))
    assert module(rows(3)).softmax(dim=1)[:, 1].numpy() == pytest.approx(0.75, abs=1e-3)


def test_large_inputs_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    module = solved(np.arange(60) % 3, 3)
    whole = module(rows(20, seed=1))
    monkeypatch.setattr(knn, "MOST_NUMBERS", 200)
    assert torch.allclose(module(rows(20, seed=1)), whole, atol=1e-6)


def test_without_rows_it_gives_the_base_rate_and_missing_halves_count_nothing(head_of: HeadOf) -> None:
    head = head_of("knn", k=3, normalise="none", tune="head").eval()
    assert torch.allclose(head(rows(2)).exp(), torch.full((2, 3), 0.5))
    x = rows()
    head[1].solve(LabelledRows(x, np.arange(60) % 3, 3))
    alone = x[:4].clone()
    alone[:, 3:] = 0
    assert torch.isfinite(head(alone)).all()
    assert torch.isfinite(head(torch.zeros(1, 5))).all()
