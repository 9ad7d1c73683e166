import pytest
import torch

from evenhand.training import device_trial
from evenhand.training.device_trial import trial_step, why_unusable

GPU = torch.device("cuda", 0)


@pytest.fixture(autouse=True)
def untried() -> None:
    why_unusable.cache_clear()


def pretend(monkeypatch: pytest.MonkeyPatch, scale: tuple[float, ...]) -> list[torch.device]:
    """Let the trial of the GPU return the CPU's values, scaled; the devices tried are noted."""
    tried: list[torch.device] = []

    def step(device: torch.device) -> tuple[torch.Tensor, ...]:
        if device.type == "cuda":
            tried.append(device)
            return tuple(value * by for value, by in zip(trial_step(torch.device("cpu")), scale, strict=True))
        return trial_step(device)

    monkeypatch.setattr(device_trial, "trial_step", step)
    return tried


def test_the_cpu_passes_its_own_trial() -> None:
    assert why_unusable(torch.device("cpu")) == ""


def test_a_device_is_tried_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = pretend(monkeypatch, (1, 1, 1, 1 + 1e-5))
    assert [why_unusable(GPU), why_unusable(GPU)] == ["", ""]
    assert tried == [GPU]


@pytest.mark.parametrize(
    ("scale", "what"),
    [
        ((1.01, 1, 1, 1), "the result of a convolution and batch normalisation differs from the CPU's by 0.01 "),
        ((1, 1.01, 1, 1), "the gradient of the input of a convolution and batch normalisation differs"),
        ((1, 1, float("nan"), 1), "the gradient of the weights of a convolution and batch normalisation differs"),
        ((1, 1, 1, 1.01), "the gradient of the factors of a convolution and batch normalisation differs"),
    ],
)
def test_wrong_numbers_are_named(monkeypatch: pytest.MonkeyPatch, scale: tuple[float, ...], what: str) -> None:
    pretend(monkeypatch, scale)
    assert why_unusable(GPU).startswith(what)


def test_a_card_that_torch_was_not_built_for_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(device: torch.device) -> tuple[torch.Tensor, ...]:
        raise RuntimeError("CUDA error: no kernel image is available\nCUDA kernel errors might be reported later")

    monkeypatch.setattr(device_trial, "trial_step", fail)
    assert why_unusable(GPU) == "a convolution fails on it (CUDA error: no kernel image is available)"


def test_the_trial_has_a_result_and_gradients_that_are_not_rounding_errors() -> None:
    found = trial_step(torch.device("cpu"))
    assert [tuple(value.shape) for value in found] == [(2, 8, 16, 16), (2, 8, 16, 16), (8, 8, 3, 3), (8,)]
    assert all(float(value.abs().max()) > 1e-4 for value in found)
