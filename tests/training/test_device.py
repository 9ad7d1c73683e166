import pytest

from evenhand.base.errors import TaskError
from evenhand.training.device import device_of


def test_the_cpu_is_always_there() -> None:
    assert device_of("cpu").type == "cpu"
    assert device_of("auto").type in {"cpu", "cuda"}


@pytest.mark.parametrize("name", ["cuda:99", "gpu", "meta:x"])
def test_a_device_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(
        TaskError, match=f'compute.device = "{name}" cannot be used here .* Set it to "auto" or "cpu"'
    ):
        device_of(name)
