"""Names of queries: a file may hold many rows."""

from __future__ import annotations

import pandas as pd

from evenhand.pipeline.retrieval.queries import _row_names


def test_rows_of_one_file_have_names_of_their_own() -> None:
    alone = pd.DataFrame({"path": ["a.jpg", "b.jpg"], "sample": [1, 2]})
    assert _row_names(alone, ["sample"]) == ("a.jpg", "b.jpg")
    beats = pd.DataFrame({"path": ["p004"] * 3, "sample": [77, 480, 480]})
    assert _row_names(beats, ["sample"]) == ("p004, sample 77", "p004, sample 480", "p004, sample 480, row 2")
    assert len(set(_row_names(beats, []))) == 3
