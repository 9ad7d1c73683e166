"""Fits on the pretend device, held for an Apple GPU: SAM, EMA, SWA, mixup, CutMix, a teacher, all augmentations."""

import contextlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from evenhand.training.inputs.inference import predict_logits
from evenhand.training.loop import loop
from evenhand.training.loop.checkpoint import Checkpointer
from evenhand.training.loop.fit_spec import FitResult
from evenhand.training.loop.fit_state import FitState
from evenhand.training.loop.loop import fit
from evenhand.training.optim.precision import precision

from .conftest import on_pretend, small_spec, taught, watched_steps
from .pretend import Calls, watched

OPTIMIZERS = {"photos": "adamw", "beats": "sgd", "scans": "sgd", "gine": "sgd", "strokes": "sgd", "pairs": "sgd"}


@dataclass(frozen=True)
class Fitted:
    kind: str
    result: FitResult
    weights: dict[str, Tensor]
    calls: Calls
    steps: list[Calls]
    saved: list[Any]


def fitted(kind: str, device: str | torch.device) -> Fitted:
    spec, held = taught(small_spec(kind, device, optimizer=OPTIMIZERS[kind])), Held()
    with watched() as calls, watched_steps() as steps:
        result = fit(spec, held)
    return Fitted(kind, result, state_of(spec), calls, steps, held.saved[:1])


def state_of(spec: loop.FitSpec) -> dict[str, Tensor]:
    state = spec.network.state_dict()  # type: ignore[attr-defined]
    return {name: tensor.cpu().clone() for name, tensor in state.items()}


class Held(Checkpointer):
    """Keeps the state after each epoch, or begins with one."""

    due = True  # type: ignore[assignment]

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        super().__init__(None)
        self.state, self.saved = state, list[Any]()

    def read(self) -> dict[str, Any] | None:
        return self.state

    def save(self, state: dict[str, Any]) -> None:
        self.saved.append(torch.utils._pytree.tree_map_only(Tensor, lambda x: x.cpu().clone(), state))


@pytest.fixture(scope="module", params=OPTIMIZERS)
def on_device(request: pytest.FixtureRequest) -> Fitted:
    # float64 and tensors of several devices are errors there: a fit that ends has had none
    with on_pretend(apple=True) as device:
        return fitted(request.param, device)


def test_a_fit_gives_what_it_gives_on_the_processor(on_device: Fitted) -> None:
    there = fitted(on_device.kind, "cpu")
    # the first steps of AdamW are as long where a gradient is a rounding error
    bound = 1e-4 if OPTIMIZERS[on_device.kind] == "sgd" else 0.03
    for here, line in zip(on_device.result.lines, there.result.lines, strict=True):
        assert here["train_loss"] == pytest.approx(line["train_loss"], rel=bound)
        assert here["sets"]["train"]["information"] == pytest.approx(
            line["sets"]["train"]["information"], abs=bound
        )
        assert here["motion"] == pytest.approx(line["motion"], rel=10 * bound)
    for name, tensor in there.weights.items():
        torch.testing.assert_close(on_device.weights[name], tensor, rtol=bound, atol=bound)


def test_no_step_reads_from_the_device(on_device: Fitted) -> None:
    assert len(on_device.steps) == 4
    assert [step.reads for step in on_device.steps] == [[]] * 4


def test_a_step_sends_once(on_device: Fitted) -> None:
    # rows, numbers of their profile, and whom each is mixed with; constants are sent once, in the first step
    assert [len(step.copies) for step in on_device.steps[1:]] == [1] * 3


def test_an_interrupted_fit_resumes_with_the_same_bits_and_predicts_what_the_processor_does(
    on_device: Fitted,
) -> None:
    if on_device.kind == "photos":
        pytest.skip("test_tasks.py resumes a task of photos")
    (saved,) = on_device.saved
    with on_pretend(apple=True) as device:
        spec = taught(small_spec(on_device.kind, device, optimizer=OPTIMIZERS[on_device.kind]))
        fit(spec, Held(saved))
        for name, tensor in state_of(spec).items():
            assert torch.equal(tensor, on_device.weights[name]), name
        there = logits(spec)
    here = taught(small_spec(on_device.kind, "cpu"))
    here.network.load_state_dict(on_device.weights)  # type: ignore[attr-defined]
    np.testing.assert_allclose(there, logits(here), rtol=1e-4, atol=1e-5)


def logits(spec: loop.FitSpec) -> np.ndarray:
    how = {"batch_size": 5, "precision": precision("float32", spec.device)}
    rows = np.arange(16)
    return predict_logits(spec.network.tuned, spec.stages[0].inputs, rows, 3, **how)  # type: ignore[arg-type]


def test_no_map_has_its_channels_last_on_an_apple_gpu(on_device: Fitted) -> None:
    assert on_device.calls.channels_last == []


def test_one_thread_calls_the_device(on_device: Fitted) -> None:
    assert on_device.calls.threads == {"MainThread"}


def test_maps_have_their_channels_last_on_other_gpus(pretend: torch.device) -> None:
    found = last_step(small_spec("photos", pretend, sam=0.0)).channels_last
    assert {"convolution_overrideable", "native_batch_norm", "grid_sampler_2d"} <= set(found)


@pytest.mark.parametrize(("kind", "mixing"), [("photos", "cutmix"), ("photos", "mixup"), ("beats", "mixup")])
def test_a_large_batch_takes_as_many_kernels_as_a_small_one(kind: str, mixing: str, pretend: torch.device) -> None:
    off = {"cutmix": 0.0, "mixup": 0.0, "sam": 0.0}
    few, many = (
        last_step(small_spec(kind, pretend, rows=batch * 3, batch=batch, **{**off, mixing: 0.5}))
        for batch in (8, 64)
    )
    assert few.kernels == many.kernels
    assert few.copies != many.copies


def last_step(spec: loop.FitSpec) -> Calls:
    """Return the calls of the second step of a fit: the first one makes what later ones have."""
    state = FitState(spec)
    state.enter_stage(0)
    loop.begin_training(state, state.begin_epoch())
    batches = state.training_batches(0)
    with contextlib.closing(batches), watched_steps() as steps:  # type: ignore[type-var]
        for _ in range(2):
            loop.train_step(state, next(batches))
    return steps[-1]
