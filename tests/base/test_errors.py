import pytest

from evenhand.base.errors import Fault, unknown


@pytest.mark.parametrize(
    ("allowed", "end"),
    [("allowed is 1 or more", "1 or more."), (unknown("sampler", "balancd", ["balanced"]), 'mean "balanced"?')],
)
def test_a_fault_ends_with_one_mark(allowed: str, end: str) -> None:
    assert str(Fault("balance.sampler", "found 'balancd'", allowed)).endswith(end)
