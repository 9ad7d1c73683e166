"""Inputs learn which rows come next, and give the same batches with it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import SampleInputs, ViewInputs
from evenhand.training.loop.loop import fit


class Counting(ViewInputs):
    """Inputs that note what they are told and asked for."""

    def __init__(self, activations: Any) -> None:
        super().__init__(activations)
        self.announced: list[torch.Tensor] = []
        self.asked: list[torch.Tensor] = []

    def ahead(self, rows: torch.Tensor) -> None:
        if not any(one is rows for one in self.announced):
            self.announced.append(rows)

    def batch(self, rows: torch.Tensor, draws: Any) -> torch.Tensor:
        self.asked.append(rows)
        assert any(one is rows for one in self.announced)
        assert len(self.announced) - len(self.asked) <= 1  # one batch ahead
        return super().batch(rows, draws)


@pytest.mark.parametrize("accumulate", [1, 2])
def test_the_loop_announces_every_batch_one_ahead(tiny: SimpleNamespace, accumulate: int) -> None:
    x, _ = tiny.easy()
    inner = Counting(x)
    train = TrainConfig(epochs=2, batch_size=7, accumulate_grad_batches=accumulate)
    by_sample = SampleInputs(inner, np.arange(len(x)))
    spec = tiny.spec(train, inputs=by_sample)
    fit(spec)
    assert len(inner.asked) == len(inner.announced) >= 8
    plain = tiny.spec(train)
    fit(plain)
    assert tiny.same_bits(tiny.weights_of(spec.network), tiny.weights_of(plain.network))


def test_activations_of_16_bits_are_widened_after_the_copy() -> None:
    values = np.random.default_rng(0).normal(size=(9, 1, 4)).astype(np.float16)
    inputs = ViewInputs(values, hold=0)
    rows = torch.tensor([3, 1, 8])
    inputs.ahead(rows)
    found = inputs.batch(rows, None)
    assert found.dtype == torch.float32
    assert np.array_equal(found.numpy(), values[[3, 1, 8], 0].astype(np.float32))
