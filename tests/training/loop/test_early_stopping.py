import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.training.loop.early_stopping import best_at, epochs_since_best, is_better

NAN = math.nan


@pytest.mark.parametrize(
    ("value", "than", "expected"), [(2, 1, True), (1, 1, False), (0, 1, False), (0, NAN, True), (NAN, NAN, True)]
)
def test_is_better(value: float, than: float, expected: bool) -> None:
    assert is_better(value, than) is expected


def test_the_first_of_equal_values_is_the_best() -> None:
    assert best_at([0.1, 0.5, 0.5, 0.2]) == 1
    assert best_at([]) == -1


def test_where_nothing_can_be_estimated_the_last_is_kept() -> None:
    assert best_at([NAN, NAN, NAN]) == 2
    assert epochs_since_best([NAN, NAN]) == 0
    assert best_at([NAN, 0.1, NAN]) == 1


@given(st.lists(st.floats(0, 1), min_size=1))
def test_since_best_agrees_with_the_plain_definition(values: list[float]) -> None:
    assert epochs_since_best(values) == len(values) - 1 - values.index(max(values))
