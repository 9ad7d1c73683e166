import pytest
from pydantic import ValidationError

from evenhand.base.errors import ConfigError
from evenhand.base.settings.section import check
from evenhand.engines.config import ComputeConfig


@pytest.mark.parametrize("name", ["auto", "cpu", "cuda", "cuda:1", "mps", "mps:0"])
def test_devices_that_can_be_asked_for(name: str) -> None:
    assert ComputeConfig(device=name).device == name


@pytest.mark.parametrize(
    "name", ["meta", "gpu", "cuda:", "CPU", "MPS", "mps:1", "xpu", "cuda:x", "cuda:01", "cuda:٣", ""]
)
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
        (["cuda:0", "cuda:00"], 'Did you mean "cuda:0"'),
        ([], "at least 1 card is needed"),
    ],
)
def test_lists_of_other_things_are_refused(names: list[str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ComputeConfig(device=names)


@pytest.mark.parametrize(
    ("device", "meant"),
    [
        (0, '"cuda:0"'),
        ("1", '"cuda:1"'),
        ("cuda:01", '"cuda:1"'),
        ([0, 1], '["cuda:0", "cuda:1"]'),
        ("gpu", '"cuda"'),
        ("CPU", '"cpu"'),
    ],
)
def test_what_other_libraries_call_a_device_is_answered_with_its_name_here(device: object, meant: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check(ComputeConfig, {"device": device}, "x.toml")
    assert [str(fault).partition("Did you mean ")[2] for fault in caught.value.faults] == [f"{meant}?"]


@pytest.mark.parametrize("device", [True, 1.5, [True], {"a": 1}])
def test_what_is_no_device_is_one_fault(device: object) -> None:
    with pytest.raises(ConfigError) as caught:
        check(ComputeConfig, {"device": device}, "x.toml")
    assert [fault.allowed.startswith('allowed are "auto"') for fault in caught.value.faults] == [True]
