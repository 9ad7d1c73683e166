"""Search against sorting everything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.evaluation.retrieval.indexes import CosineIndex, HammingIndex, QuantizedIndex, packed, unit
from evenhand.evaluation.retrieval.nearest import nearest
from evenhand.evaluation.retrieval.product_quantizer import ProductQuantizer


def plain(distances: Any, k: int, groups: Any = None, own: Any = None) -> tuple[list[list[int]], list[list[float]]]:
    """Return the nearest rows of each query by sorting (distance, row) pairs."""
    rows, found = [], []
    for q, line in enumerate(distances):
        pairs = sorted((float(d), r) for r, d in enumerate(line) if groups is None or groups[r] != own[q])[:k]
        rows.append([r for _, r in pairs] + [-1] * (k - len(pairs)))
        found.append([d for d, _ in pairs])
    return rows, found


@given(seed=st.integers(0, 10**6), n=st.integers(0, 40), k=st.integers(1, 12), cells=st.integers(1, 64),
       bits=st.integers(1, 300), grouped=st.booleans())  # fmt: skip
def test_hamming_search_equals_sorting(seed: int, n: int, k: int, cells: int, bits: int, grouped: bool) -> None:
    rng = np.random.default_rng(seed)
    rows, queries = rng.choice([-1.0, 1.0], (n, bits)), rng.choice([-1.0, 1.0], (3, bits))
    groups, own = (rng.integers(0, 4, n), rng.integers(0, 4, 3)) if grouped else (None, None)
    found = nearest(HammingIndex.of(rows), packed(queries), k, groups=groups, query_groups=own, cells=cells)
    differ = (queries[:, None] != rows[None]).sum(axis=2)
    wanted, distances = plain(differ, k, groups, own)
    assert found.rows.tolist() == wanted
    for line, distance in zip(found.similarity, distances, strict=True):
        assert line[: len(distance)] == pytest.approx([1 - d / bits for d in distance])
        assert np.isnan(line[len(distance) :]).all()


@given(seed=st.integers(0, 10**6), n=st.integers(1, 40), k=st.integers(1, 12), cells=st.integers(1, 64))
def test_cosine_search_equals_sorting(seed: int, n: int, k: int, cells: int) -> None:
    rng = np.random.default_rng(seed)
    # whole numbers of one length, so that no product is rounded and ties are ties
    rows, queries = rng.choice([-1.0, 1.0], (n, 4)), rng.choice([-1.0, 1.0], (3, 4))
    found = nearest(CosineIndex.of(rows), unit(queries), k, cells=cells)
    cosines = queries @ rows.T / 4
    assert found.rows.tolist() == plain(-cosines, k)[0]
    there = found.rows >= 0
    assert found.similarity[there] == pytest.approx(
        np.take_along_axis(cosines, np.maximum(found.rows, 0), 1)[there]
    )


@pytest.mark.parametrize("queries", [3, 40])
def test_quantised_search_measures_distances_from_centroids(queries: int) -> None:
    rng = np.random.default_rng(0)
    x, asked = unit(rng.normal(size=(300, 8))), unit(rng.normal(size=(queries, 8)))
    quantizer = ProductQuantizer.fit(x, m=4, bits=3)
    index = QuantizedIndex(quantizer, quantizer.encode(x))
    exact = np.square(asked[:, None] - quantizer.decode(index.codes)[None]).sum(axis=2)
    assert index.distances(asked, slice(0, 300)) == pytest.approx(exact, abs=1e-5)
    found = nearest(index, asked, 5, cells=1000)
    assert np.take_along_axis(exact, found.rows, 1) == pytest.approx(np.sort(exact, axis=1)[:, :5], abs=1e-5)
    assert found.similarity == pytest.approx(1 - np.sort(exact, axis=1)[:, :5] / 2, abs=1e-5)


def test_vectors_that_are_not_finite_are_refused() -> None:
    with pytest.raises(DataError, match="1 of 2 embeddings"):
        unit(np.array([[1.0, np.nan], [1.0, 0.0]]))


def test_vectors_of_zeros_are_no_nearer_to_anything() -> None:
    found = nearest(CosineIndex.of(np.array([[0.0, 0.0], [1.0, 0.0]])), unit(np.array([[2.0, 0.0]])), 2)
    assert found.rows.tolist() == [[1, 0]]
    assert found.similarity.tolist() == [[1.0, 0.0]]
