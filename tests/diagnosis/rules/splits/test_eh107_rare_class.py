from dataclasses import replace

import numpy as np
import pytest

from evenhand.data.config import DataConfig
from evenhand.diagnosis import examine


def with_labels(case, labels, classes):
    return replace(case, samples=replace(case.samples, labels=np.asarray(labels), classes=tuple(classes)))


def test_a_class_with_one_row_is_an_error_with_a_patch(make):
    case = make(rows=20, classes=2)
    (found,) = examine(with_labels(case, [0] * 19 + [1], ["a", "b"]), ["EH107"]).findings
    assert (found.severity, found.about, found.ids) == ("error", "b", ("r0019",))
    assert found.message == "1 class of 2 has fewer than 2 rows to learn from: b (1)."
    assert found.patch == {"data.drop": ["b"]}


def test_what_is_locked_away_cannot_be_learnt_from(make, fold_of):
    case = with_labels(make(rows=20, classes=2), [0] * 16 + [1] * 4, ["a", "b"])
    locked = fold_of(case, [i % 2 for i in range(16)] + [-1] * 4, 2)
    (found,) = examine(replace(case, folds=locked), ["EH107"]).findings
    assert found.evidence["classes"] == {"b": 0.0}


def test_the_patch_keeps_what_is_dropped_already(make):
    case = with_labels(make(rows=20, classes=2), [0] * 19 + [1], ["a", "b"])
    case = replace(case, config={"data": {"drop": ["c"], "min_count": 2}})
    assert examine(case, ["EH107"]).findings[0].patch == {"data.drop": ["c", "b"]}


@pytest.mark.parametrize("recipe", [{"rows": 8, "classes": 4}, {"skew": 500.0, "rows": 1200}])
def test_few_are_enough_where_the_configuration_says_so(make, recipe):
    assert DataConfig.model_fields["min_count"].default == 2
    assert examine(make(**recipe), ["EH107"]).passed == ("EH107",)


def test_the_configuration_decides(make):
    case = replace(make(rows=8, classes=4), config={"data": {"min_count": 3}})
    assert "4 classes of 4 have fewer than 3 rows" in examine(case, ["EH107"]).findings[0].message
