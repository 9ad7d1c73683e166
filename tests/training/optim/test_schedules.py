import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.training.config import TrainConfig
from evenhand.training.optim.schedules import learning_rate_factor


def config(**changes: object) -> TrainConfig:
    return TrainConfig.model_validate({"warmup_epochs": 0, **changes})


def test_warmup_rises_evenly_and_the_first_step_moves() -> None:
    train = config(warmup_epochs=2, schedule="constant")
    factors = [learning_rate_factor(train, step / 4, 20, step=1 / 4) for step in range(10)]
    assert factors == pytest.approx([0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1, 1, 1])


def test_warmup_takes_half_of_a_short_stage_at_most() -> None:
    train = config(warmup_epochs=5, schedule="constant")
    assert learning_rate_factor(train, 0.5, 1) == 1.0


def test_cosine_begins_at_the_peak_and_ends_at_the_floor() -> None:
    train = config(schedule="cosine", floor=0.1)
    assert learning_rate_factor(train, 0, 10) == 1.0
    assert learning_rate_factor(train, 5, 10) == pytest.approx(0.55)
    assert learning_rate_factor(train, 10, 10) == pytest.approx(0.1)
    assert learning_rate_factor(train, 2.5, 10) == pytest.approx(0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi / 4)))


def test_cosine_begins_after_the_warmup() -> None:
    train = config(schedule="cosine", warmup_epochs=2)
    assert learning_rate_factor(train, 2, 10) == 1.0
    assert learning_rate_factor(train, 6, 10) == pytest.approx(0.5)


def test_step_falls_after_each_span() -> None:
    train = config(schedule="step", step_epochs=3, step_factor=0.5)
    assert [learning_rate_factor(train, at, 10) for at in (0, 2.9, 3, 6, 9.5)] == [1.0, 1.0, 0.5, 0.25, 0.125]


def test_plateau_falls_as_often_as_told() -> None:
    train = config(schedule="plateau", plateau_factor=0.1)
    assert [learning_rate_factor(train, 4, 10, falls) for falls in (0, 1, 2)] == pytest.approx([1.0, 0.1, 0.01])


@given(
    schedule=st.sampled_from(["constant", "step", "plateau", "cosine"]),
    warmup=st.floats(0, 20),
    total=st.integers(1, 50),
    part=st.floats(0, 1),
    falls=st.integers(0, 5),
)
def test_a_factor_lies_between_nothing_and_the_peak(
    schedule: str, warmup: float, total: int, part: float, falls: int
) -> None:
    factor = learning_rate_factor(config(schedule=schedule, warmup_epochs=warmup), part * total, total, falls)
    assert 0.0 <= factor <= 1.0
