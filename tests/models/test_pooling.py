import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.models.pooling import POOLS, Pool, average, generalised_mean, maximum

maps = st.integers(0, 1000).map(
    lambda seed: torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(seed)) + 0.01
)


@settings(deadline=None)
@given(maps)
def test_the_power_mean_lies_between_mean_and_maximum(x: torch.Tensor) -> None:
    assert (generalised_mean(x) >= average(x) - 1e-5).all()
    assert (generalised_mean(x) <= maximum(x) + 1e-5).all()


@settings(deadline=None)
@given(maps, st.floats(0.1, 10))
def test_pooling_goes_with_the_scale(x: torch.Tensor, factor: float) -> None:
    for pool in POOLS.values():
        assert torch.allclose(pool(x * factor), pool(x) * factor, rtol=1e-4)


@pytest.mark.parametrize("name", sorted(POOLS))
def test_maps_and_tokens_of_the_same_numbers_pool_alike(name: str) -> None:
    maps = torch.rand(2, 3, 4, 5)
    tokens = maps.flatten(2).transpose(1, 2)
    assert torch.allclose(Pool(name)(maps), Pool(name)(tokens), atol=1e-6)
    assert Pool(name)(maps).shape == (2, 3)


@pytest.mark.parametrize("name", sorted(POOLS))
def test_maps_of_16_bits_are_pooled_in_32(name: str) -> None:
    assert Pool(name)(torch.rand(2, 3, 4, 5).bfloat16()).dtype == torch.float32
