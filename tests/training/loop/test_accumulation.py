"""Accumulated gradients: several batches train a network without batch normalisation as one large batch does."""

from __future__ import annotations

import copy
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.settings.named_choice import section_of
from evenhand.training.config import DistillConfig, TrainConfig
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.inputs.targets import Targets
from evenhand.training.loop.block_loss import with_blocks
from evenhand.training.loop.fit_spec import FitSpec
from evenhand.training.loop.fit_state import FitState
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.scorer import Score
from evenhand.training.plain_module import PlainModule
from evenhand.training.tasks.distillation import Teacher


def config(**changes: Any) -> TrainConfig:
    return TrainConfig.model_validate({"epochs": 3, "learning_rate": 0.03, "early_stop": 0, **changes})


def network() -> PlainModule:
    """Return a network whose rows do not depend on each other: neither batch normalisation nor dropout."""
    torch.manual_seed(0)
    return PlainModule(nn.Sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 3)))


def fitted(tiny: SimpleNamespace, train: TrainConfig, **changes: Any) -> tuple[list[dict[str, Any]], list[Tensor]]:
    spec = tiny.spec(train, network=network(), **changes)
    lines = fit(spec).lines
    return list(lines), [tensor.detach() for tensor in spec.network.parameters()]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"label_smoothing": 0.1, "clip": 0.5, "ema": 0.9},
        {"sam": 0.05, "weight_decay": 0.1},
        {"optimizer": "sgd", "swa_from": 1, "schedule": "constant", "warmup_epochs": 2},
    ],
)
def test_several_batches_are_one_large_batch(tiny: SimpleNamespace, changes: dict[str, Any]) -> None:
    # 30 rows: steps of 15, in batches of 8 and 7
    lines, weights = fitted(tiny, config(batch_size=8, accumulate_grad_batches=3, **changes))
    expected_lines, expected = fitted(tiny, config(batch_size=24, **changes))
    for found, one in zip(weights, expected, strict=True):
        torch.testing.assert_close(found, one, atol=2e-5, rtol=1e-4)
    for line, other in zip(lines, expected_lines, strict=True):
        assert line["steps"] == other["steps"] == 2
        assert line["learning_rate"] == other["learning_rate"]
        assert line["train_loss"] == pytest.approx(other["train_loss"], rel=1e-4)
        assert line["validation_loss"] == pytest.approx(other["validation_loss"], rel=1e-4)
        assert (line["batch_mix"], line["batches_without"]) == (other["batch_mix"], other["batches_without"])
        assert line["gradient_share"] == pytest.approx(other["gradient_share"], rel=1e-3)
        for name in ("gradient_norm", "weight_norm", "update"):
            assert line["motion"][name] == pytest.approx(other["motion"][name], rel=1e-3)


def test_weights_of_classes_and_rows_and_a_teacher_count_as_in_a_large_batch(tiny: SimpleNamespace) -> None:
    _, y = tiny.easy()
    draws = np.random.default_rng(1)
    heavy = torch.from_numpy(draws.uniform(0.2, 2.0, len(y)).astype(np.float32))
    logs = torch.from_numpy(draws.normal(size=(len(y), 3)).astype(np.float32)).log_softmax(dim=1)
    changes = {
        "loss": section_of(LOSSES, "cross_entropy").build(ClassNames(np.bincount(y), np.array([5.0, 1.0, 0.1]))),
        "row_weights": heavy,
        "teacher": Teacher(logs, DistillConfig(record="r", model="m")),
    }
    # steps of 10 rows, in batches of 4, 3 and 3
    _, weights = fitted(tiny, config(batch_size=4, accumulate_grad_batches=3), **changes)
    _, expected = fitted(tiny, config(batch_size=12), **changes)
    for found, one in zip(weights, expected, strict=True):
        torch.testing.assert_close(found, one, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("loss", "blocks"),
    [
        ("cross_entropy", False),
        ({"name": "focal", "gamma": 1.5}, False),
        ("asymmetric", False),
        ("cross_entropy", True),
    ],
)
@pytest.mark.parametrize("how", [{"optimizer": "sgd"}, {"optimizer": "sgd", "sam": 0.05, "label_smoothing": 0.1}])
def test_labels_that_are_not_known_count_as_in_a_large_batch(
    tiny: SimpleNamespace, loss: Any, blocks: bool, how: dict[str, Any]
) -> None:
    """The mean is over rows times classes, known or not, in every batch: no batch counts by its known labels."""
    _, y = tiny.easy()
    draws = np.random.default_rng(1)
    labels = np.eye(3)[y]
    labels[draws.uniform(size=len(y)) < 0.4, 2] = np.nan
    labels[len(y) // 2 :, 1 if blocks else slice(0, 2)] = (
        np.nan
    )  # of some batches much less is known than of others
    labels[np.isnan(labels).all(axis=1), 2] = 1.0
    if blocks:
        labels[np.isnan(labels[:, 1]), 0] = np.nan  # a block is known or not as a whole
    weights = np.array([2.0, 0.5, 1.0])
    built = section_of(LOSSES, loss).build(ClassNames(np.full(3, 10.0), weights, multi_label=True))
    changes = {
        "targets": Targets(labels, 3, smoothing=how.get("label_smoothing", 0.0)),
        "loss": with_blocks(built, [[0, 1]], weights) if blocks else built,
        "row_weights": torch.from_numpy(draws.uniform(0.2, 2.0, len(y)).astype(np.float32)),
        "scorer": lambda p: Score(0.0, {}),
    }
    # one step of the 30 rows, in batches of 7 and 8
    train = {"epochs": 1, "schedule": "constant", "warmup_epochs": 0, **how}
    _, weights_of_parts = fitted(tiny, config(batch_size=8, accumulate_grad_batches=4, **train), **changes)
    _, expected = fitted(tiny, config(batch_size=32, **train), **changes)
    start = [tensor.detach() for tensor in network().parameters()]
    for found, one, before in zip(weights_of_parts, expected, start, strict=True):
        torch.testing.assert_close(found, one, atol=1e-6, rtol=1e-6)
        assert not torch.equal(one, before)


def test_batches_count_by_their_rows(  # an even mean over batches would be another gradient
    tiny: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = config(batch_size=8, accumulate_grad_batches=3, optimizer="sgd", epochs=1)
    _, right = fitted(tiny, train)
    state = FitState(tiny.spec(train, network=network()))
    state.enter_stage(0)
    state.begin_epoch()
    batches = list(state.training_batches(0))
    assert [round(batch.share * 15) for batch in batches] == [8, 7, 8, 7]
    assert [batch.last for batch in batches] == [False, True, False, True]
    original = FitState.training_batches
    monkeypatch.setattr(
        FitState,
        "training_batches",
        lambda self, epoch, **how: (one._replace(share=0.5) for one in original(self, epoch, **how)),
    )
    _, wrong = fitted(tiny, train)
    assert max(float((a - b).abs().max()) for a, b in zip(right, wrong, strict=True)) > 1e-5


@pytest.mark.parametrize("changes", [{"mixup": 0.4, "sam": 0.05}, {"ema": 0.9, "label_smoothing": 0.1}])
def test_a_fit_with_it_resumes_with_the_same_bits(tiny: SimpleNamespace, changes: dict[str, Any]) -> None:
    train = config(batch_size=4, accumulate_grad_batches=4, **changes)
    whole = tiny.spec(train)
    fit(whole)
    saved: list[dict[str, Any]] = []

    class Once:
        due = True

        def __init__(self, held: dict[str, Any] | None = None) -> None:
            self.held = held

        def read(self) -> dict[str, Any] | None:
            return self.held

        def save(self, state: dict[str, Any]) -> None:
            saved.append(copy.deepcopy(state))

    fit(tiny.spec(train), Once())  # type: ignore[arg-type]
    resumed: FitSpec = tiny.spec(train)
    again = Once(saved[0])
    again.due = False
    fit(resumed, again)  # type: ignore[arg-type]
    assert tiny.same_bits(tiny.weights_of(whole.network), tiny.weights_of(resumed.network))


def test_a_step_has_one_moving_average_and_one_row_batches_train(tiny: SimpleNamespace) -> None:
    # a body with batch normalisation, and batches of one row, also in the second pass of SAM
    train = config(batch_size=1, accumulate_grad_batches=10, ema=0.9, sam=0.05, epochs=1)
    state = fit(replace(tiny.spec(train), network=tiny.Network()))
    assert state.lines[0]["steps"] == 3
    assert state.lines[0]["sets"]["train"]["rows"] == 30


def test_rows_of_views_are_drawn_batch_by_batch(tiny: SimpleNamespace) -> None:
    x, _ = tiny.easy()
    views = np.concatenate([x, x + 0.1], axis=1)
    train = config(batch_size=5, accumulate_grad_batches=3, epochs=1)
    assert fit(tiny.spec(train, inputs=ViewInputs(views))).lines[0]["steps"] == 2
