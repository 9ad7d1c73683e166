from collections.abc import Callable, Iterator

import pytest
import torch

from evenhand.base.errors import TaskError
from evenhand.engines.placement import PLACED
from evenhand.training import device as device_module
from evenhand.training.device import automatic_device, device_marks, device_of, passed_over


def test_the_cpu_is_always_there() -> None:
    assert device_of("cpu").type == "cpu"
    assert device_of("auto").type in {"cpu", "cuda"}


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "meta:x", "meta", "mps:1"])
def test_a_device_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(
        TaskError, match=f'compute.device = "{name}" cannot be used here .* Set it to "auto" or "cpu"'
    ):
        device_of(name)


@pytest.mark.parametrize("wanted", ["auto", "cuda", "cuda:1", "cpu"])
def test_a_process_that_was_placed_uses_that_device_whatever_the_name(
    monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    monkeypatch.setenv(PLACED, "cpu")
    assert device_of(wanted) == torch.device("cpu")
    # its card is the first and only one that it sees, and messages have the name that the user knows
    monkeypatch.setenv(PLACED, "cuda:1")
    used: list[torch.device] = []
    monkeypatch.setattr("torch.empty", lambda *shape, device: used.append(device))
    assert device_of(wanted) == torch.device("cuda")
    assert used == [torch.device("cuda")]
    monkeypatch.undo()
    monkeypatch.setenv(PLACED, "cuda:77")
    monkeypatch.setattr("torch.empty", refuse)
    with pytest.raises(TaskError, match='compute.device = "cuda:77" cannot be used here'):
        device_of(wanted)


def refuse(*shape: int, device: torch.device) -> None:
    raise RuntimeError("No CUDA GPUs are available")


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Return a function that pretends cards: why each is unusable, "" for one that works."""

    def pretend(*faults: str) -> None:
        monkeypatch.setattr("torch.cuda.is_available", lambda: bool(faults))
        monkeypatch.setattr("torch.cuda.device_count", lambda: len(faults))
        monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
        monkeypatch.setattr(device_module, "why_unusable", lambda device: faults[device.index])

    forget()
    yield pretend
    forget()


def forget() -> None:
    device_module._automatic.cache_clear()
    device_module._choice.cache_clear()


def test_a_card_that_passes_the_trial_is_taken_without_a_word(cards: Callable[..., None]) -> None:
    cards("", "broken")
    assert device_of("auto") == torch.device("cuda")
    assert passed_over("auto") == ""


def test_the_cpu_is_used_where_every_card_fails_and_that_is_said_once(cards: Callable[..., None]) -> None:
    cards("a convolution fails on it (no kernel image)")
    with pytest.warns(UserWarning, match=r"cuda:0: a convolution fails .*\. Training uses the CPU") as said:
        assert [device_of("auto").type, device_of("auto").type] == ["cpu", "cpu"]
    assert len(said) == 1
    assert passed_over("auto") == str(said[0].message)
    assert passed_over("cpu") == ""


def test_the_next_card_is_used_where_the_first_fails(cards: Callable[..., None]) -> None:
    cards("it differs", "")
    with pytest.warns(UserWarning, match="cuda:0: it differs. Training uses cuda:1"):
        assert device_of("auto") == torch.device("cuda:1")


@pytest.mark.parametrize(("fault", "taken"), [("", "mps"), ("its gradients differ", "cpu")])
def test_an_apple_gpu_is_taken_after_its_trial(
    fault: str, taken: str, cards: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cards()
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    monkeypatch.setattr(device_module, "why_unusable", lambda device: fault)
    assert automatic_device() == torch.device(taken)
    assert passed_over("auto").partition(".")[0] == (f"mps: {fault}" if fault else "")


def test_an_nvidia_gpu_comes_before_an_apple_gpu(
    cards: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cards("")
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    assert automatic_device() == torch.device("cuda")


def test_a_gpu_is_marked_by_card_dtype_and_versions_and_the_cpu_by_16_bits_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device: "NVIDIA T4")
    monkeypatch.setattr("torch.version.cuda", "12.8")
    monkeypatch.setattr("torch.backends.cudnn.version", lambda: 91002)
    assert device_marks(torch.device("cuda"), None) == ["NVIDIA T4", "torch.float32", "12.8", "91002"]
    assert device_marks(torch.device("cuda"), torch.bfloat16)[1] == "torch.bfloat16"
    assert device_marks(torch.device("cpu"), None) == []
    assert device_marks(torch.device("cpu"), torch.bfloat16) == ["torch.bfloat16"]
