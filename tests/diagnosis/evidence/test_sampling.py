import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.diagnosis.evidence.sampling import whole_groups


def test_few_rows_are_all_taken():
    assert whole_groups(np.array(["a"] * 5), np.arange(5).astype(str), 10).tolist() == [0, 1, 2, 3, 4]


def test_a_small_part_is_heard_whole():
    parts = np.array(["test"] * 20 + ["train"] * 980)
    rows = whole_groups(parts, np.arange(1000).astype(str), 100)
    assert (parts[rows] == "test").sum() == 20
    assert len(rows) == 100


@settings(max_examples=40)
@given(st.integers(50, 400), st.integers(2, 40), st.integers(10, 60))
def test_groups_are_whole_within_a_part(n, groups, most):
    rng = np.random.default_rng(n)
    group = rng.integers(0, groups, n).astype(str)
    parts = rng.choice(["a", "b"], n)
    rows = whole_groups(parts, group, most)
    taken = np.isin(np.arange(n), rows)
    for part in "ab":
        for g in set(group):
            mine = (group == g) & (parts == part)
            assert taken[mine].all() or not taken[mine].any()
    assert sorted(set(rows.tolist())) == rows.tolist()
