import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from evenhand.training.optim.mixup import cutmix, mixed, mixup


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def marked(b: int = 8, size: int = 16) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures of one colour each, whose target is one-hot: a blend can be read off both."""
    x = torch.arange(b, dtype=torch.float32).view(b, 1, 1, 1).expand(b, 3, size, size).clone()
    return x, torch.eye(b)


@given(st.integers(0, 500))
def test_mixup_blends_targets_as_it_blends_rows(seed: int) -> None:
    x, targets = marked()
    mixed_x, mixed_targets = mixup(x, targets, 0.4, draws(seed))
    expected = mixed_targets @ torch.arange(8.0)
    assert torch.allclose(mixed_x[:, 0, 3, 3], expected, atol=1e-5)
    assert torch.allclose(mixed_targets.sum(1), torch.ones(8))


@given(st.integers(0, 500))
def test_cutmix_blends_targets_by_area(seed: int) -> None:
    x, targets = marked()
    mixed_x, mixed_targets = cutmix(x, targets, 1.0, draws(seed))
    for row in range(8):
        shares = torch.bincount(mixed_x[row, 0].flatten().long(), minlength=8) / 256
        assert torch.allclose(mixed_targets[row], shares, atol=1e-5)
    assert torch.equal(mixed_x[:, 0], mixed_x[:, 2])


def test_cutmix_leaves_the_batch_it_was_given() -> None:
    x, targets = marked()
    before = x.clone()
    cutmix(x, targets, 1.0, draws(3))
    assert torch.equal(x, before)


def test_equal_generators_give_equal_batches_and_others_others() -> None:
    x, targets = marked()
    one, two, other = (mixup(x, targets, 0.4, draws(seed))[0] for seed in (1, 1, 2))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


@pytest.mark.parametrize(("alphas", "patched"), [((1.0, 0.0), False), ((0.0, 1.0), True)])
def test_one_alone_is_always_taken(alphas: tuple[float, float], patched: bool) -> None:
    x, targets = marked()
    for seed in range(10):
        out, _ = mixed(x, targets, mixup_alpha=alphas[0], cutmix_alpha=alphas[1], draws=draws(seed))
        whole = (out == out.round()).all().item()
        assert whole == patched


def test_where_both_are_on_a_coin_decides() -> None:
    x, targets = marked()
    patched = [
        bool((out == out.round()).all())
        for out, _ in (mixed(x, targets, mixup_alpha=1.0, cutmix_alpha=1.0, draws=draws(s)) for s in range(100))
    ]
    assert 30 < sum(patched) < 70


@given(st.integers(0, 200))
def test_mixup_blends_every_part_of_a_row_with_the_same_row(seed: int) -> None:
    one, targets = torch.arange(8.0), torch.eye(8)
    parts = {"signal": one.view(8, 1, 1).expand(8, 2, 5), "rhythm": one.view(8, 1), "known": one.view(8, 1) > 3}
    blended, mixed_targets = mixed(parts, targets, mixup_alpha=0.4, cutmix_alpha=0.0, draws=draws(seed))
    expected = mixed_targets @ one
    assert torch.allclose(blended["signal"][:, 1, 4], expected, atol=1e-5)
    assert torch.allclose(blended["rhythm"][:, 0], expected, atol=1e-5)
    assert blended["known"].dtype == torch.bool
    assert torch.equal(blended["known"][:, 0], (mixed_targets.argmax(1) > 3))
