import pytest
from pydantic import ValidationError

from evenhand.engines.config import ComputeConfig


@pytest.mark.parametrize("name", ["auto", "cpu", "cuda", "cuda:1", "mps", "mps:0"])
def test_devices_that_can_be_asked_for(name: str) -> None:
    assert ComputeConfig(device=name).device == name


@pytest.mark.parametrize("name", ["meta", "gpu", "cuda:", "CPU", "MPS", "mps:1", "xpu", "cuda:x"])
def test_other_devices_are_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(ValidationError, match='allowed are "auto", "cpu", "cuda", "cuda:NUMBER" and "mps"'):
        ComputeConfig(device=name)
