from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.storage.files.atomic import to_json
from evenhand.evaluation.audit.dominant_groups import effective_groups, heaviest


def uneven(predictions, share):
    """Return predictions of three classes of which the second lies in group g0 to this share."""
    p = predictions(400, 3, groups=10)
    groups = p.groups.astype(object)
    of = np.flatnonzero(p.truth == 1)
    groups[:] = [f"g{1 + i % 9}" for i in range(len(groups))]
    groups[of[: int(share * len(of))]] = "g0"
    return replace(p, groups=groups)


def test_a_class_that_is_mostly_one_group_is_told_with_and_without_it(predictions):
    p = uneven(predictions, 0.8)
    (found,) = heaviest(p, draws=100)
    assert (found["class"], found["group"]) == (p.classes[1], "g0")
    assert found["share"] == pytest.approx(0.8, abs=0.02)
    rest = p.take(np.flatnonzero(p.groups != "g0"))
    recall = (rest.predicted[rest.truth == 1] == 1).mean()
    assert found["without"]["recall"]["estimate"] == pytest.approx(recall)
    assert found["with"]["recall"]["estimate"] == pytest.approx((p.predicted[p.truth == 1] == 1).mean())
    to_json(found)


def test_classes_spread_over_groups_are_not_told(predictions):
    assert heaviest(uneven(predictions, 0.4), draws=50) == []
    assert heaviest(replace(predictions(50, 3), groups=None), draws=50) == []


def test_a_class_of_one_group_alone_has_no_figure_without_it(predictions):
    p = uneven(predictions, 1.0)
    (found,) = heaviest(p, draws=50)
    assert found["effective"] == 1.0
    assert found["without"]["recall"]["estimate"] is None
    (alone,) = heaviest(p.take(np.flatnonzero(p.groups == "g0")), draws=50)
    assert alone["without"] is None


@given(st.integers(1, 30))
def test_even_shares_count_in_full(groups):
    assert effective_groups(np.full(groups, 1 / groups)) == pytest.approx(groups)
