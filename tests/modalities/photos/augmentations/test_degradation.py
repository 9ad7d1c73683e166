import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from evenhand.modalities.photos.augmentations.degradation import _blur, _interval, blur, erase, noise


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def changed(out: torch.Tensor, batch: torch.Tensor) -> int:
    return sum(not torch.equal(o, b) for o, b in zip(out, batch, strict=True))


def test_so_many_rows_are_damaged_as_said() -> None:
    batch = torch.rand(200, 3, 8, 8)
    for damage in (erase, blur, noise):
        share = changed(damage(batch, draws(), 1.0), batch) / 200
        assert abs(share - damage.share) < 0.12, damage.name


@settings(deadline=None)
@given(st.integers(0, 1000), st.floats(0.05, 1.0))
def test_what_is_erased_is_a_rectangle_of_the_mean_colour(seed: int, strength: float) -> None:
    batch = torch.rand(4, 3, 40, 50, generator=draws(5)) * 0.5
    out = erase(batch, draws(seed), strength)
    for before, after in zip(batch, out, strict=True):
        where = (before != after).any(0)
        if not where.any():
            continue
        rows, columns = where.any(1), where.any(0)
        assert torch.equal(where, rows[:, None] & columns[None, :])
        assert 0.01 < where.float().mean() < 0.2 * strength + 0.04
        assert torch.allclose(after[:, where], before.mean((1, 2))[:, None].expand(3, int(where.sum())))


@settings(deadline=None)
@given(st.integers(1, 300), st.floats(0, 1), st.floats(0, 0.999))
def test_an_interval_lies_inside_its_side(length: int, share: float, place: float) -> None:
    first, last = _interval(length, share, place)
    assert 0 <= first < last <= length


def test_blur_is_a_gaussian() -> None:
    point = torch.zeros(1, 31, 31)
    point[0, 15, 15] = 1.0
    out = _blur(point, [1.0], 1.0)[0]
    place = torch.arange(31.0) - 15
    assert abs(float(out.sum()) - 1) < 1e-5
    assert abs(float((out.sum(0) * place**2).sum().sqrt()) - 2.0) < 0.1
    assert torch.allclose(out, out.t(), atol=1e-6)


def test_blur_goes_to_the_edge_of_small_pictures() -> None:
    flat = torch.full((8, 3, 3, 4), 0.5)
    assert torch.allclose(blur(flat, draws(), 1.0), flat, atol=1e-6)


def test_noise_is_about_as_strong_as_said_and_differs_from_row_to_row() -> None:
    batch = torch.full((64, 3, 32, 32), 0.5)
    spread = (noise(batch, draws(), 1.0) - batch).std((1, 2, 3))
    assert 0.05 < float(spread.max()) < 0.09
    two = [row for row in noise(batch, draws(), 1.0) - batch if row.abs().max() > 0][:2]
    similarity = functional.cosine_similarity(two[0].flatten(), two[1].flatten(), dim=0)
    assert abs(float(similarity)) < 0.1
