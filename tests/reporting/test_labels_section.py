"""The report of rows with several labels: what holds together, a bar for each label, and a thousand of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.storage.record import Record
from evenhand.base.values import Samples
from evenhand.reporting.labels_section import labels_section
from evenhand.reporting.record_contents import read_evidence
from evenhand.reporting.sections import MOST_BARS
from evenhand.reporting.write_html import rendered

from .conftest import HOSTILE, interval, make_record


def make_multi_label(folder: Path, k: int, rows: int = 300) -> Record:
    """Return a record as a run on k labels leaves it, of which some are unknown and the last has no row."""
    names = [*HOSTILE, *(f"label {c}" for c in range(k))][:k]
    record = make_record(folder, names, rows=max(rows, k))
    rng = np.random.default_rng(0)
    n = max(rows, k)
    labels = (rng.random((n, k)) < 2 / (np.arange(k) + 3)).astype(float)
    labels[:, k - 1] = 0
    labels[rng.random(labels.shape) < 0.1] = np.nan
    labels[:, 0] = np.nan_to_num(labels[:, 0])
    data = {**record.data(), "task": "multi", "exclusive": [names[:2]]}
    record.write_json("data.json", data)
    frame = pd.DataFrame({"id": [f"id{i}" for i in range(n)], "path": [f"{i}.jpg" for i in range(n)]})
    record.write_samples(Samples(frame, tuple(names), labels))
    record = Record.open(record.path)
    document = record.json("evaluation.json")
    for entry in document["entries"]:
        entry["confusion"], entry["pairs"] = [], []
        for c, row in enumerate(entry["per_class"]):
            row["share"] = 0.1
            row["average_precision"] = interval(None if c == k - 1 else 0.95 - 0.9 * c / k)
    record.write_json("evaluation.json", document)
    scores = record.json("scores.json")
    scores["scores"]["floor: no label"] = {of: {"macro_f1": interval(0.0)} for of in ("oof", "test")}
    record.write_json("scores.json", {**scores, "absent": {"oof": [names[-1]]}})
    return record


@pytest.mark.parametrize("k", [8, 60])
def test_a_report_of_several_labels_shows_what_holds_together_and_a_bar_for_each(tmp_path: Path, k: int) -> None:
    page = rendered(make_multi_label(tmp_path / "r", k))
    assert "Labels that hold together" in page
    assert "Average precision per class with 95 % interval, worst first" in page
    assert "The tick is what guessing reaches" in page
    assert "none is taken for another" in page
    assert "No row was predicted as another class" not in page
    assert f"No row has {'label 2' if k == 8 else 'label 54'}. Means over classes leave it out" in page
    assert "floor: no label" in page
    assert "Labels that exclude one another (data.exclusive): " in page
    assert 'undrawn"' not in page
    assert (f"{k - 1 - MOST_BARS} classes between the worst and the best are in the table only" in page) == (
        k > MOST_BARS
    )
    assert ("The 30 most common labels of 60." in page) == (k == 60)


def test_a_cell_is_the_share_of_the_rows_in_which_both_labels_are_known(tmp_path: Path) -> None:
    record = make_multi_label(tmp_path / "r", 5)
    labels = np.array([[1, 1, 0, 0, 0]] * 6 + [[1, np.nan, 0, 0, 0]] * 4 + [[0, 1, 0, 0, 0]] * 2, dtype=float)
    frame = pd.DataFrame({"id": [f"id{i}" for i in range(12)]})
    samples = Samples(frame, tuple(record.data()["classes"]), labels)
    record.write_samples(samples)
    found = labels_section(read_evidence(Record.open(record.path)))
    assert found is not None
    assert found["unknown"] == 4
    assert found["none"] == "0 rows have"
    assert found["hidden"] == 3
    numbers = re.findall(r">(\d+)</text>", str(found["chart"]))
    assert sorted(map(int, numbers))[-4:] == [6, 6, 8, 10]


def test_rows_of_one_label_have_no_such_section(tmp_path: Path) -> None:
    assert labels_section(read_evidence(make_record(tmp_path / "r"))) is None
