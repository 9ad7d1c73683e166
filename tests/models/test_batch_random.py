import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.models.batch_random import uniform


def generators(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


@settings(deadline=None)
@given(st.floats(-10, 10), st.floats(0, 10), st.integers(1, 5), st.integers(1, 4))
def test_numbers_lie_in_the_range_asked_for(low: float, span: float, rows: int, columns: int) -> None:
    drawn = uniform(torch.Generator().manual_seed(0), rows, low, low + span, columns)
    assert drawn.shape == (rows, columns)
    assert (drawn >= low - 1e-5).all()
    assert (drawn <= low + span + 1e-5).all()


def test_with_a_generator_per_row_neighbours_do_not_matter() -> None:
    together = uniform(generators(1, 2, 3), 3, columns=4)
    alone = uniform(generators(2), 1, columns=4)
    assert torch.equal(together[1:2], alone)


def test_as_many_generators_as_rows() -> None:
    with pytest.raises(ValueError, match="2 generators for 3 rows"):
        uniform(generators(1, 2), 3)
