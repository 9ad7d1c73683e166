"""What an epoch shows: the mix of its batches, the pull of its classes, and that looking changes no bit."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.settings.named_choice import section_of
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.inputs.targets import Targets
from evenhand.training.loop.fit_spec import SecondSet
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.epoch_recorder import BatchMix, EpochRecorder
from evenhand.training.monitor.scorer import Score


class Blind:
    gradient_norms = None

    def __init__(self, k: int, multi_label: bool, steps: int, batches: int) -> None: ...

    def forward(self, logits: torch.Tensor) -> None: ...

    def step(self, targets: torch.Tensor, loss_scale: torch.Tensor | None = None, *, last: bool = True) -> None: ...

    def read(self) -> dict[str, Any]:
        return {}


def config(**changes: object) -> TrainConfig:
    return TrainConfig.model_validate({"epochs": 3, "batch_size": 8, "learning_rate": 0.03, **changes})


@pytest.mark.parametrize("changes", [{}, {"sam": 0.02, "mixup": 0.3}, {"label_smoothing": 0.1, "ema": 0.9}])
def test_looking_changes_no_bit(tiny: SimpleNamespace, changes: dict[str, object]) -> None:
    seen, unseen = tiny.spec(config(**changes)), replace(tiny.spec(config(**changes)), recorder=Blind)
    with_, without = fit(seen), fit(unseen)
    assert tiny.same_bits(tiny.weights_of(seen.network), tiny.weights_of(unseen.network))
    assert [line["score"] for line in with_.lines] == [line["score"] for line in without.lines]


def test_the_mix_is_counted_over_all_batches() -> None:
    mix = BatchMix(3)
    for batch in ([0, 0, 1], [0, 0, 0], [1, 1]):
        mix.add(torch.tensor(batch))
    assert mix.read() == {"batch_mix": [0.625, 0.375, 0.0], "batches_without": [1, 1, 3]}
    shares = BatchMix(2)
    shares.add(torch.tensor([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]))
    assert shares.read()["batch_mix"] == pytest.approx([2 / 3, 1 / 3])


def test_batches_of_blended_rows_hold_what_was_drawn_whatever_is_smoothed(tiny: SimpleNamespace) -> None:
    lines = [fit(tiny.spec(config(mixup=0.5, label_smoothing=s))).lines[0] for s in (0.0, 0.6)]
    assert lines[1]["batch_mix"] == pytest.approx(lines[0]["batch_mix"], abs=1e-6)
    assert lines[1]["sets"]["train"]["share"] == pytest.approx(lines[0]["sets"]["train"]["share"], abs=1e-6)


def test_a_class_that_costs_more_pulls_more(tiny: SimpleNamespace) -> None:
    _, y = tiny.easy()

    def share(weights: list[float]) -> list[float]:
        loss = section_of(LOSSES, "cross_entropy").build(ClassNames(np.bincount(y), np.array(weights)))
        return fit(tiny.spec(config(epochs=1), loss=loss)).lines[0]["gradient_share"]

    plain, heavy = share([1.0, 1.0, 1.0]), share([6.0, 1.0, 1.0])
    assert sum(plain) == pytest.approx(1.0)
    assert heavy[0] > 2 * plain[0]


def test_every_line_tells_how_far_the_weights_moved(tiny: SimpleNamespace) -> None:
    for line in fit(tiny.spec(config())).lines:
        assert line["motion"]["gradient_norm"] > 0
        assert 0 < line["motion"]["update"] < 1
        assert line["features"]["dimensions"] >= 1
        assert line["sets"]["train"]["rows"] == 30
        assert line["sets"]["validation"]["rows"] == 10


def test_of_a_long_epoch_some_batches_are_taken_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evenhand.training.monitor.epoch_recorder.MOST_LOGITS", 24)
    recorder = EpochRecorder(3, False, 6, 6)
    for _ in range(6):
        recorder.forward(torch.randn(4, 3, requires_grad=True))
        recorder.step(torch.tensor([0, 1, 2, 0]))
    seen = recorder.read()
    assert seen["train"]["rows"] == 8
    assert seen["batch_mix"] == [0.5, 0.25, 0.25]


def test_further_rows_are_looked_at_now_and_then_and_choose_nothing(tiny: SimpleNamespace) -> None:
    x, y = tiny.easy(24)
    values = iter([0.1, 0.9, 0.2, 0.3, 0.4, 0.5])
    second_sets = SecondSet(
        "generalization", (ViewInputs(x),), Targets(y, 3), np.arange(24), lambda p: Score(next(values)), 2
    )
    alone, beside = tiny.spec(config(epochs=5)), tiny.spec(config(epochs=5), second_sets=(second_sets,))
    fitted = fit(beside)
    assert fit(alone).epoch == fitted.epoch
    assert tiny.same_bits(tiny.weights_of(alone.network), tiny.weights_of(beside.network))
    looks = [line["sets"].get("generalization") for line in fitted.lines]
    assert [look is not None for look in looks] == [False, True, False, True, False]
    assert looks[1]["score"] == 0.1
    assert looks[1]["rows"] == 24
