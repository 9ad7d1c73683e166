"""Search without the groups of a query."""

from __future__ import annotations

import numpy as np

from evenhand.evaluation.retrieval.indexes import CosineIndex, unit
from evenhand.pipeline.retrieval.without_own import groups_of_queries, search_without_own


def test_a_query_may_have_any_number_of_groups() -> None:
    rng = np.random.default_rng(0)
    rows, numbers = rng.normal(size=(12, 5)).astype(np.float32), np.repeat(np.arange(6), 2)
    same = np.array([[1, 0], [2, 1], [2, 7], [2, 6], [2, 11]])
    own = groups_of_queries(same, numbers, 3)
    assert [of.tolist() for of in own] == [[], [0], [0, 3, 5]]
    asked = unit(rows[:3])
    found = search_without_own(CosineIndex.of(rows), asked, 12, groups=numbers, own=own, engine="numpy")
    for at, groups in enumerate(own):
        there = found.rows[at][found.rows[at] >= 0]
        allowed = np.flatnonzero(~np.isin(numbers, groups))
        nearest = allowed[np.argsort(-(unit(rows) @ asked[at])[allowed], kind="stable")]
        assert there.tolist() == nearest.tolist()
        assert np.isnan(found.similarity[at][len(there) :]).all()
