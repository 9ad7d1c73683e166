"""Search against sorting everything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.evaluation.retrieval import indexes
from evenhand.evaluation.retrieval.indexes import (
    CosineIndex,
    HammingIndex,
    QuantizedIndex,
    ones_by_table,
    packed,
    unit,
)
from evenhand.evaluation.retrieval.nearest import nearest
from evenhand.evaluation.retrieval.product_quantizer import ProductQuantizer


def plain(distances: Any, k: int, groups: Any = None, own: Any = None) -> tuple[list[list[int]], list[list[float]]]:
    """Return the nearest rows of each query by sorting (distance, row) pairs."""
    rows, found = [], []
    for q, line in enumerate(distances):
        pairs = sorted((float(d), r) for r, d in enumerate(line) if groups is None or groups[r] != own[q])[:k]
        rows.append([r for _, r in pairs] + [-1] * (min(k, len(line)) - len(pairs)))
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


@given(st.lists(st.integers(0, 2**64 - 1), max_size=6), st.integers(1, 3))
def test_ones_are_counted_by_a_table_as_newer_numpy_counts_them(words: list[int], copies: int) -> None:
    asked = np.array([words] * copies, dtype=np.uint64)
    found = ones_by_table(asked)
    assert found.dtype == np.uint8
    assert found.tolist() == [[word.bit_count() for word in words]] * copies
    if hasattr(np, "bitwise_count"):
        assert found.tolist() == np.bitwise_count(asked).tolist()


def test_hamming_search_does_without_newer_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    rows, queries = rng.normal(size=(50, 130)), rng.normal(size=(5, 130))
    wanted = nearest(HammingIndex.of(rows), packed(queries), 7)
    monkeypatch.setattr(indexes, "ones_of", ones_by_table)
    found = nearest(HammingIndex.of(rows), packed(queries), 7)
    assert found.rows.tolist() == wanted.rows.tolist()
    assert found.similarity.tolist() == wanted.similarity.tolist()


def test_more_rows_than_there_are_cost_no_more_memory() -> None:
    rows = np.random.default_rng(0).normal(size=(20, 4))
    found = nearest(CosineIndex.of(rows), unit(rows[:3]), 10**15)
    assert found.rows.shape == (3, 20)
    assert sorted(found.rows[0].tolist()) == list(range(20))


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
