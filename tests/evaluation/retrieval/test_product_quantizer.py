"""Product quantisation: against k-means by hand, and distances against those of decoded vectors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.evaluation.retrieval.product_quantizer import ProductQuantizer


def vectors(n: int = 300, d: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


@pytest.fixture(scope="module")
def fitted() -> ProductQuantizer:
    return ProductQuantizer.fit(vectors(), m=4, bits=3)


def test_a_code_names_the_nearest_centroid_of_each_part(fitted: ProductQuantizer) -> None:
    x = vectors(20, seed=1)
    parts = x.reshape(20, 4, 1, 2)
    nearest = np.square(parts - fitted.codebooks).sum(axis=3).argmin(axis=2)
    assert np.array_equal(fitted.encode(x), nearest)
    assert fitted.encode(x).dtype == np.uint8
    assert np.array_equal(fitted.encode(fitted.decode(fitted.encode(x))), nearest)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000))
def test_asymmetric_distances_are_those_of_decoded_rows(seed: int) -> None:
    quantizer = ProductQuantizer(np.random.default_rng(seed).normal(size=(4, 8, 2)).astype(np.float32))
    queries, codes = vectors(5, seed=seed), quantizer.encode(vectors(30, seed=seed + 1))
    exact = np.square(queries[:, None] - quantizer.decode(codes)[None]).sum(axis=2)
    assert np.allclose(quantizer.distances(queries, codes), exact, atol=1e-4)


def test_centroids_are_means_and_more_of_them_are_nearer(fitted: ProductQuantizer) -> None:
    x = vectors()
    codes = fitted.encode(x)
    for number in range(8):
        assert np.allclose(x[codes[:, 1] == number][:, 2:4].mean(axis=0), fitted.codebooks[1, number], atol=0.05)
    finer = [ProductQuantizer.fit(x, m=4, bits=bits) for bits in (1, 3, 5)]
    errors = [np.square(x - one.decode(one.encode(x))).mean() for one in finer]
    assert errors[0] > errors[1] > errors[2]


def test_equal_rows_and_seeds_give_equal_codebooks_and_few_rows_are_their_own_centroids() -> None:
    one, two = (ProductQuantizer.fit(vectors(9), m=2, bits=4) for _ in range(2))
    assert np.array_equal(one.codebooks, two.codebooks)
    assert one.codebooks.shape == (2, 16, 4)
    assert np.allclose(one.decode(one.encode(vectors(9))), vectors(9), atol=1e-5)
    same = ProductQuantizer.fit(np.ones((50, 4)), m=2, bits=2)
    assert np.array_equal(same.decode(same.encode(np.ones((3, 4)))), np.ones((3, 4)))


@pytest.mark.parametrize("x", [vectors(5, 7), vectors(0, 8), np.full((5, 8), np.nan)])
def test_what_cannot_be_coded_is_answered_in_words(x: np.ndarray) -> None:
    with pytest.raises(DataError, match="needs rows of finite numbers whose width is a multiple of 4; found"):
        ProductQuantizer.fit(x, m=4)
