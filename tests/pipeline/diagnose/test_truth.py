"""The truth of new rows is read as the run read its own labels: classes that it merged are merged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.values import NO_LABEL
from evenhand.pipeline.diagnose.truth import truth_of_kind, truth_of_manifest
from evenhand.pipeline.verbs.predict import NewRows, new_rows
from evenhand.settings.load import Settings, load
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.usefixtures("sixth_kind")
CLASSES = ("other", "winter")  # of a run whose rare classes became "other"
MERGED = ["data.min_count=20", "data.min_count_action=merge"]


def made(folder: Path, *changes: str) -> tuple[NewRows, Settings, Path, pd.Series]:
    """Return 30 rows, the settings of the run, the table, and the labels in it by path."""
    generated = generate("weather", folder, rows=30)
    settings = load(generated.toml, changes=changes)
    rows = new_rows(generated.root.path, settings)
    table = pd.read_csv(generated.root.path / "labels.csv", dtype=str)
    return rows, settings, generated.root.path / "labels.csv", table.set_index("path")["label"]


def expected(rows: NewRows, written: pd.Series, rest: int) -> np.ndarray:
    named = written.loc[rows.samples.frame["path"]].to_numpy()
    return np.where(named == "winter", 1, rest)


def test_classes_that_the_run_merged_are_the_merged_class(tmp_path: Path) -> None:
    rows, settings, table, written = made(tmp_path, *MERGED)
    for found in (
        truth_of_manifest(rows, settings, CLASSES, table),
        truth_of_kind(rows, settings, CLASSES, table.parent),
    ):
        np.testing.assert_array_equal(found.labels, expected(rows, written, 0))
        assert "EH107" not in {finding.code for finding in found.findings}


def test_what_the_run_dropped_or_never_saw_is_not_merged(tmp_path: Path) -> None:
    rows, settings, table, written = made(tmp_path)
    found = truth_of_manifest(rows, settings, CLASSES, table)
    np.testing.assert_array_equal(found.labels, expected(rows, written, NO_LABEL))
    assert [finding.code for finding in found.findings] == ["EH107"]
