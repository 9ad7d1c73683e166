import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import ConfigError
from evenhand.base.settings.named_choice import section_of
from evenhand.base.settings.section import Section, check, option
from evenhand.training.config import TrainConfig
from evenhand.training.optim.schedules.plateau import plateau_falls
from evenhand.training.optim.schedules.registry import SCHEDULES, learning_rate_factor


def factor(choice: Any, *when: Any, warmup: float = 0.0, step: float = 0.0) -> float:
    return learning_rate_factor(section_of(SCHEDULES, choice), *when, warmup=warmup, step=step)


def test_warmup_rises_evenly_and_the_first_step_moves() -> None:
    factors = [factor("constant", step / 4, 20, warmup=2, step=1 / 4) for step in range(10)]
    assert factors == pytest.approx([0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1, 1, 1])


def test_warmup_takes_half_of_a_short_stage_at_most() -> None:
    assert factor("constant", 0.5, 1, warmup=5) == 1.0


def test_cosine_begins_at_the_peak_and_ends_at_the_floor() -> None:
    cosine = {"name": "cosine", "floor": 0.1}
    assert factor(cosine, 0, 10) == 1.0
    assert factor(cosine, 5, 10) == pytest.approx(0.55)
    assert factor(cosine, 10, 10) == pytest.approx(0.1)
    assert factor(cosine, 2.5, 10) == pytest.approx(0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi / 4)))


def test_cosine_begins_after_the_warmup() -> None:
    assert factor("cosine", 2, 10, warmup=2) == 1.0
    assert factor("cosine", 6, 10, warmup=2) == pytest.approx(0.5)


def test_step_falls_after_each_span() -> None:
    step = {"name": "step", "epochs": 3, "factor": 0.5}
    assert [factor(step, at, 10) for at in (0, 2.9, 3, 6, 9.5)] == [1.0, 1.0, 0.5, 0.25, 0.125]


def test_plateau_falls_with_each_wait_without_improvement() -> None:
    plateau = {"name": "plateau", "factor": 0.1}
    values = [[0.5], [0.5, 0.4, 0.4], [0.5, 0.4, 0.4, 0.4, 0.4]]
    assert [factor(plateau, 4, 10, seen) for seen in values] == pytest.approx([1.0, 0.1, 0.01])


def test_plateau_counts_anew_after_each_fall() -> None:
    assert plateau_falls([0.5, 0.4, 0.4, 0.4, 0.4], 2) == 2
    assert plateau_falls([0.5, 0.4, 0.6, 0.4], 2) == 0
    assert plateau_falls([math.nan] * 4, 2) == 0


class OneCycle(Section):
    """Smith 2018: up to the peak, then down to nothing."""

    rise: float = option(0.3, gt=0, lt=1, description="Share of the stage in which the rate rises.")

    def multiplier(self, at: float, total: float, values: Sequence[float]) -> float:
        part = min(1.0, at / total)
        turn = part / self.rise if part < self.rise else 1 + (part - self.rise) / (1 - self.rise)
        return 0.5 * (1 - math.cos(math.pi * turn))


@pytest.fixture
def one_cycle(monkeypatch: pytest.MonkeyPatch) -> str:
    SCHEDULES.names()  # the others first, which registering this one would not read
    monkeypatch.setitem(SCHEDULES._registered, "one_cycle", OneCycle)
    return "one_cycle"


def test_a_new_schedule_is_a_registration(one_cycle: str) -> None:
    train = TrainConfig.model_validate({"schedule": {"name": one_cycle, "rise": 0.5}})
    assert [factor(train.schedule, at, 10) for at in (0, 5, 10)] == pytest.approx([0, 1, 0])
    with pytest.raises(ConfigError, match="rise"):
        check(TrainConfig, {"schedule": {"name": one_cycle, "rise": 2}}, "run.toml")


@given(
    warmup=st.floats(0, 20),
    total=st.integers(1, 50),
    part=st.floats(0, 1.1),
    values=st.lists(st.floats(0, 1) | st.just(math.nan)),
)
@pytest.mark.parametrize("name", SCHEDULES.names())
def test_a_factor_lies_between_nothing_and_the_peak(
    name: str, warmup: float, total: int, part: float, values: list[float]
) -> None:
    assert 0.0 <= factor(name, part * total, total, values, warmup=warmup) <= 1.0


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_each_has_its_options_in_the_docs(name: str) -> None:
    text = (Path(__file__).parents[3] / "docs/reference/training.md").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))
    assert all(f"`{key}`" in line for key in SCHEDULES.get(name).model_fields)


def test_a_schedule_that_is_not_known_is_a_fault_of_its_key() -> None:
    with pytest.raises(ConfigError, match=r"train\.schedule|schedule") as error:
        check(TrainConfig, {"schedule": "cosin"}, "run.toml")
    assert '"cosine"' in str(error.value)


def test_a_configuration_of_an_older_version_means_the_same() -> None:
    old = {"schedule": "plateau", "plateau_epochs": 3, "plateau_factor": 0.5, "floor": 0.0, "step_epochs": 10}
    assert TrainConfig.model_validate(old | {"judge_generalization_every": 2}) == TrainConfig.model_validate(
        {"schedule": {"name": "plateau", "patience": 3, "factor": 0.5}, "generalization_every": 2}
    )
    assert TrainConfig.model_validate({"floor": 0.1}).schedule == {"name": "cosine", "floor": 0.1}
    assert TrainConfig.model_validate({"schedule": "step", "floor": 0.1}).schedule == "step"
