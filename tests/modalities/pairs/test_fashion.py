"""Photos and titles of a shop, as they were published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.modalities.pairs.config import PairsConfig
from evenhand.modalities.pairs.kind import Pairs


@pytest.mark.data
def test_the_small_table_of_fashion_is_read_whole(shared_data: Callable[[str], Path]) -> None:
    root = shared_data("fashion")
    data = DataConfig(kind="pairs", root=str(root), table="tiny.csv", label="tags", task="multi", min_count=1)
    samples, findings = Pairs().samples(open_root(root), data, PairsConfig(text="title"))
    assert len(samples) == 200
    assert (samples.labels.sum(axis=1) == 4).all(), "season, use, gender and category, always four"
    assert [f.severity for f in findings] == ["note"], "pictures that the small table does not name"
    settings = Pairs().settings(PairsConfig(size=32), None)
    reader = Pairs().reader(open_root(root), samples.frame, settings)
    row = reader(0)
    assert row["present"].tolist() == [1, 1]
    assert row["text"].tobytes().decode() == samples.frame["text"][0]
