"""Predictions of several seeds and folds, averaged by id."""

import pandas as pd

from evenhand.pipeline.stages.collect import mean_by_id


def test_ids_that_differ_after_a_nul_are_averaged_apart() -> None:
    ids = ["c\0e", "c\0d", "c", "c\0e"]
    mean = mean_by_id(pd.DataFrame({"id": ids, "p:a": [0.25, 0.5, 1.0, 0.75]}), ["p:a"])
    assert mean["p:a"].to_dict() == {"c\0e": 0.5, "c\0d": 0.5, "c": 1.0}
    assert mean.index.tolist() == ids[:3]
