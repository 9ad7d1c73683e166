import pytest
import torch

from evenhand.training.optim.weight_averaging import Average


def live(value: float = 0.0) -> dict[str, torch.Tensor]:
    return {"w": torch.tensor([value]), "steps": torch.tensor(0)}


def test_even_average_is_the_mean() -> None:
    tensors = live(99.0)
    average = Average(tensors)
    for value in (1.0, 2.0, 6.0):
        tensors["w"].fill_(value)
        average.include()
    with average.swapped_in():
        assert tensors["w"].item() == pytest.approx(3.0)
    assert tensors["w"].item() == 6.0


def test_moving_average_by_hand() -> None:
    """Decays 0.1, 2/11, 0.2: min(0.2, (1 + t) / (10 + t)) for t = 0, 1, 2."""
    tensors = live(1.0)
    average = Average(tensors)
    expected = 1.0
    for value, decay in ((2.0, 0.1), (3.0, 2 / 11), (5.0, 0.2)):
        tensors["w"].fill_(value)
        average.follow(0.2)
        expected = decay * expected + (1 - decay) * value
    with average.swapped_in():
        assert tensors["w"].item() == pytest.approx(expected)


def test_counters_are_copied_not_averaged() -> None:
    tensors = live()
    average = Average(tensors)
    for step in range(1, 4):
        tensors["steps"].fill_(step)
        average.include()
    assert average.state_dict()["held"]["steps"].item() == 3


def test_a_state_goes_on_as_if_nothing_had_happened() -> None:
    tensors, others = live(1.0), live(1.0)
    whole, broken = Average(tensors), Average(others)
    for step in range(6):
        if step == 3:
            state = {"count": broken.count, "held": {n: t.clone() for n, t in broken.state_dict()["held"].items()}}
            broken = Average(others)
            broken.load_state_dict(state)
        for each, average in ((tensors, whole), (others, broken)):
            each["w"].fill_(step**2)
            average.follow(0.9)
    assert torch.equal(whole.state_dict()["held"]["w"], broken.state_dict()["held"]["w"])


def test_weights_come_back_after_an_error() -> None:
    tensors = live(1.0)
    average = Average(tensors)
    tensors["w"].fill_(7.0)
    with pytest.raises(RuntimeError), average.swapped_in():
        raise RuntimeError
    assert tensors["w"].item() == 7.0
