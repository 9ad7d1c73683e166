from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from evenhand.training.config import TrainConfig
from evenhand.training.loop.fit_spec import FitSpec
from evenhand.training.loop.fit_state import trained_tensors
from evenhand.training.monitor.scorer import Score
from evenhand.training.tasks.soup import make_soup, mean_weights


def config() -> TrainConfig:
    return TrainConfig.model_validate({"epochs": 1, "batch_size": 30})


def members(spec: FitSpec, count: int = 3) -> list[dict[str, torch.Tensor]]:
    live = trained_tensors(spec)
    return [{name: tensor.clone() + number for name, tensor in live.items()} for number in range(count)]


def scored(tiny: SimpleNamespace, scores: list[float]) -> FitSpec:
    values = iter(scores)
    return tiny.spec(config(), scorer=lambda p: Score(next(values)))


def test_the_mean_is_even_and_counters_are_the_firsts() -> None:
    one = {"w": torch.tensor([1.0, 2.0]), "steps": torch.tensor(4)}
    two = {"w": torch.tensor([3.0, 8.0]), "steps": torch.tensor(9)}
    mean = mean_weights([one, two])
    assert mean["w"].tolist() == [2.0, 5.0]
    assert mean["steps"].item() == 4


def test_a_uniform_soup_takes_all(tiny: SimpleNamespace) -> None:
    spec = scored(tiny, [0.7])
    start = spec.network.head[1].weight.detach().clone()
    soup = make_soup(spec, members(spec), [0.5, 0.6, 0.4], "uniform")
    assert (soup.members, soup.score.value) == ((0, 1, 2), 0.7)
    assert torch.allclose(spec.network.head[1].weight, start + 1.0)


def test_a_greedy_soup_takes_what_does_not_lower_the_score(tiny: SimpleNamespace) -> None:
    """Member 1 is best; with 0 it falls, with 2 it rises."""
    spec = scored(tiny, [0.55, 0.65])
    start = spec.network.head[1].weight.detach().clone()
    soup = make_soup(spec, members(spec), [0.5, 0.6, 0.4], "greedy")
    assert (soup.members, soup.score.value) == ((1, 2), 0.65)
    assert torch.allclose(spec.network.head[1].weight, start + 1.5)


def test_a_greedy_soup_of_one_is_none(tiny: SimpleNamespace) -> None:
    spec = scored(tiny, [0.1, 0.2])
    assert make_soup(spec, members(spec), [0.5, 0.6, 0.4], "greedy") is None


def test_statistics_are_those_of_the_mixture(tiny: SimpleNamespace) -> None:
    spec = tiny.spec(config())
    make_soup(spec, members(spec), [0.5, 0.6, 0.4], "uniform")
    x = torch.from_numpy(tiny.easy()[0][spec.fit_rows, 0])
    with torch.no_grad():
        expected = spec.network.body[0](x).mean(0)
    assert torch.allclose(spec.network.body[1].running_mean, expected, atol=1e-4)


def test_the_global_generator_is_left_as_it_was(tiny: SimpleNamespace) -> None:
    before = torch.get_rng_state()
    spec = replace(tiny.spec(config()))
    make_soup(spec, members(spec), [0.5, 0.6, 0.4], "greedy")
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("how", ["uniform", "greedy"])
def test_equal_members_give_the_member(tiny: SimpleNamespace, how: str) -> None:
    spec = tiny.spec(config())
    alike = members(spec, 1) * 3
    assert make_soup(spec, alike, [0.0, 0.0, 0.0], how).members == (0, 1, 2)
    assert torch.allclose(spec.network.head[1].weight, alike[0]["head.1.weight"])
