from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.values import Predictions
from evenhand.diagnosis import Evidence, examine


def predictions(model, origin="out-of-fold"):
    ids = np.array(["a", "b", "c"], dtype=object)
    return Predictions(ids, ("x", "y"), np.full((3, 2), 0.5), np.array([0, 1, 0]), model=model, origin=origin)


def found(*every):
    return examine(Evidence(predictions=every), ["EH405"])


def test_a_model_of_other_folds_is_named():
    (one,) = found(predictions("new"), predictions("старая", "out-of-fold elsewhere")).findings
    assert (one.severity, one.about) == ("warning", "старая")
    assert "1 of 2 models is not out of fold here: старая (3 rows)" in one.message
    assert "cannot be trusted" in one.message


def test_one_that_has_seen_the_rows_is_an_error():
    results = found(predictions("a", "in-sample"), predictions("b", "out-of-fold elsewhere"), predictions("c"))
    assert [(f.severity, f.about) for f in results.findings] == [("error", "a"), ("warning", "b")]


@pytest.mark.parametrize("origin", ["out-of-fold", "test"])
def test_ours_and_locked_rows_pass(origin):
    assert found(predictions("a", origin), predictions("b", origin)).passed == ("EH405",)


def test_one_row_alone_passes():
    assert found(predictions("a").take(np.array([0]))).passed == ("EH405",)


def test_without_predictions_it_is_not_applicable():
    assert examine(Evidence(), ["EH405"]).not_applicable == {"EH405": "predictions"}


def test_several_are_listed():
    (one,) = found(*(replace(predictions(f"m{i}"), origin="out-of-fold elsewhere") for i in range(5))).findings
    assert "5 of 5 models are" in one.message
    assert one.evidence["models"] == [f"m{i}" for i in range(5)]
