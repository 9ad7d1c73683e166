from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from evenhand.training.optim.mixup import PARTNERS, Mixing


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def marked(b: int = 8, size: int = 16) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of one colour each, whose target is one-hot: a blend can be read off both."""
    x = torch.arange(b, dtype=torch.float32).view(b, 1, 1, 1).expand(b, 3, size, size).clone()
    return x, torch.eye(b)


def mixed(x: Any, targets: torch.Tensor, draws: torch.Generator, mixup: float = 0.0, cutmix: float = 0.0) -> Any:
    mixing = Mixing(len(targets), mixup=mixup, cutmix=cutmix, patches=isinstance(x, torch.Tensor), draws=draws)
    return mixing.mixed(x, targets, mixing.draw())


@given(st.integers(0, 500))
def test_mixup_blends_targets_as_it_blends_rows(seed: int) -> None:
    x, targets = marked()
    mixed_x, mixed_targets = mixed(x, targets, draws(seed), mixup=0.4)
    expected = mixed_targets @ torch.arange(8.0)
    assert torch.allclose(mixed_x[:, 0, 3, 3], expected, atol=1e-5)
    assert torch.allclose(mixed_targets.sum(1), torch.ones(8))


@given(st.integers(0, 500))
def test_cutmix_blends_targets_by_area(seed: int) -> None:
    x, targets = marked()
    mixed_x, mixed_targets = mixed(x, targets, draws(seed), cutmix=1.0)
    for row in range(8):
        shares = torch.bincount(mixed_x[row, 0].flatten().long(), minlength=8) / 256
        assert torch.allclose(mixed_targets[row], shares, atol=1e-5)
    assert torch.equal(mixed_x[:, 0], mixed_x[:, 2])


def test_cutmix_leaves_the_batch_it_was_given() -> None:
    x, targets = marked()
    before = x.clone()
    mixed(x, targets, draws(3), cutmix=1.0)
    assert torch.equal(x, before)


def test_equal_generators_give_equal_batches_and_others_others() -> None:
    x, targets = marked()
    one, two, other = (mixed(x, targets, draws(seed), mixup=0.4)[0] for seed in (1, 1, 2))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


@pytest.mark.parametrize(("alphas", "patched"), [((1.0, 0.0), False), ((0.0, 1.0), True)])
def test_one_alone_is_always_taken(alphas: tuple[float, float], patched: bool) -> None:
    x, targets = marked()
    for seed in range(10):
        out, _ = mixed(x, targets, draws(seed), *alphas)
        whole = (out == out.round()).all().item()
        assert whole == patched


def test_where_both_are_on_a_coin_decides() -> None:
    x, targets = marked()
    patched = [
        bool((out == out.round()).all())
        for out, _ in (mixed(x, targets, draws(s), mixup=1.0, cutmix=1.0) for s in range(100))
    ]
    assert 30 < sum(patched) < 70


@given(st.integers(0, 200))
def test_mixup_blends_every_part_of_a_row_with_the_same_row(seed: int) -> None:
    one, targets = torch.arange(8.0), torch.eye(8)
    parts = {"signal": one.view(8, 1, 1).expand(8, 2, 5), "rhythm": one.view(8, 1), "known": one.view(8, 1) > 3}
    blended, mixed_targets = mixed(parts, targets, draws(seed), mixup=0.4)
    expected = mixed_targets @ one
    assert torch.allclose(blended["signal"][:, 1, 4], expected, atol=1e-5)
    assert torch.allclose(blended["rhythm"][:, 0], expected, atol=1e-5)
    assert blended["known"].dtype == torch.bool
    assert torch.equal(blended["known"][:, 0], (mixed_targets.argmax(1) > 3))


@pytest.mark.parametrize(("mixup", "cutmix"), [(0.4, 0.0), (0.0, 0.7), (0.4, 0.7)])
def test_numbers_are_drawn_in_the_order_of_earlier_versions(mixup: float, cutmix: float) -> None:
    for seed in range(12):
        old, new = draws(seed), draws(seed)
        mixing = Mixing(8, mixup=mixup, cutmix=cutmix, patches=True, draws=new)
        partners = mixing.draw()[PARTNERS]
        coin = float(torch.rand((), generator=old, dtype=torch.float64)) if mixup and cutmix else float(not cutmix)
        alpha = cutmix if coin < 0.5 else mixup
        assert mixing._share == np.random.default_rng(int(torch.randint(2**62, (), generator=old))).beta(
            alpha, alpha
        )
        if coin < 0.5:
            centre = (
                torch.rand((), generator=old, dtype=torch.float64),
                torch.rand((), generator=old, dtype=torch.float64),
            )
            assert mixing._centre == (float(centre[0]), float(centre[1]))
        assert torch.equal(partners, torch.randperm(8, generator=old))
        assert torch.equal(old.get_state(), new.get_state())
