import pytest

from evenhand.base.errors import TaskError
from evenhand.training.device import device_of


def test_the_cpu_is_always_there() -> None:
    assert device_of("cpu").type == "cpu"
    assert device_of("auto").type in {"cpu", "cuda"}


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "meta:x", "meta", "mps", "mps:0"])
def test_a_device_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(
        TaskError, match=f'compute.device = "{name}" cannot be used here .* Set it to "auto" or "cpu"'
    ):
        device_of(name)


def test_an_apple_gpu_is_never_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    assert device_of("auto").type == "cpu"
