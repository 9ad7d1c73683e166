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


def test_cards_can_be_listed() -> None:
    assert ComputeConfig(device=["cuda:2", "cuda:0"]).device == ["cuda:2", "cuda:0"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["cpu"], 'a list holds cards only: "cuda:0", "cuda:1"'),
        (["cuda"], "a list holds cards only"),
        (["cuda:0", "cuda:x"], "allowed are"),
        (["cuda:0", "cuda:0"], '"cuda:0" is listed twice; per_device says how many tasks share a card'),
        ([], "at least 1 item"),
    ],
)
def test_lists_of_other_things_are_refused(names: list[str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ComputeConfig(device=names)
