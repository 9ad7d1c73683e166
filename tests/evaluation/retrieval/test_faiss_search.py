"""Faiss finds the rows that our own search finds."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.base.values import Ints
from evenhand.evaluation.retrieval import faiss_search
from evenhand.evaluation.retrieval.faiss_search import check_engine, search
from evenhand.evaluation.retrieval.indexes import CosineIndex, HammingIndex, packed, unit

pytest.importorskip("faiss")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the bindings that Faiss is built with


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faiss_search, "FEWEST_ROWS", 10)


def rows(n: int, d: int = 16) -> np.ndarray:
    return np.random.default_rng(n).normal(size=(n, d)).astype(np.float32)


@pytest.mark.parametrize("k", [1, 7, 300])
@pytest.mark.parametrize("per_group", [1, 5, 120])
def test_rows_and_similarities_are_those_of_numpy(k: int, per_group: int) -> None:
    table, groups = rows(240), np.arange(240) // per_group
    asked = np.array([3, 100, 239])
    own: Ints = np.append(groups[asked], [-1, 999])  # of no group, and of one that is not searched
    queries = unit(np.concatenate([table[asked], rows(2)]))
    index = CosineIndex.of(table)
    ours, theirs = (
        search(index, queries, k, groups=groups, query_groups=own, engine=engine) for engine in ("numpy", "faiss")
    )
    np.testing.assert_array_equal(theirs.rows, ours.rows)
    np.testing.assert_allclose(theirs.similarity, ours.similarity, atol=1e-5)


def test_codes_and_few_rows_are_left_to_numpy() -> None:
    check_engine("faiss", codes=False)
    bits = np.sign(rows(50))
    found = search(HammingIndex.of(bits), packed(bits[:2]), 3, groups=np.arange(50), query_groups=np.arange(2),
                   engine="faiss")  # fmt: skip
    assert found.rows.shape == (2, 3)
