import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.balance.weight_schedule import strength, weights_at


@given(st.integers(0, 30), st.floats(0.5, 30))
def test_a_warm_up_begins_at_nothing_and_ends_at_everything(first: int, warmup: float) -> None:
    assert strength(first, first=first, warmup=warmup) == 0.0
    assert strength(first + int(np.ceil(warmup)), first=first, warmup=warmup) == pytest.approx(1.0)
    rising = [strength(e, first=first, warmup=warmup) for e in range(first + 40)]
    assert rising == sorted(rising)
    assert set(rising[:first]) <= {0.0}


def test_without_a_warm_up_weights_are_whole_from_the_first_epoch_on() -> None:
    assert [strength(e) for e in range(3)] == [1.0] * 3


@given(st.floats(0, 1))
def test_weights_stay_one_on_average(share: float) -> None:
    counts = np.array([90.0, 9.0, 1.0])
    weights = 100 / 3 / counts
    now = weights_at(weights, counts, share)
    assert now @ counts == pytest.approx(counts.sum())
    assert now[2] / now[0] == pytest.approx(90**share)
