"""EH110 of scans: a test whose lines are smoother than the others is named, one like the rest passes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evenhand.base.values import TEST, Folds, Samples
from evenhand.data.store.entry import StoreEntry
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.examine import examine
from evenhand.modalities import KINDS

ROWS, SESSIONS = 240, 60


def evidence(*, smooth: bool) -> Evidence:
    rng = np.random.default_rng(0)
    session = np.arange(ROWS) % SESSIONS
    locked = session >= 40
    lines = rng.normal(size=(ROWS, 12, 1, 16))
    if smooth:
        lines[locked] += np.roll(lines[locked], 1, axis=3)
    lines /= lines.std(axis=3, keepdims=True)
    arrays = {
        "lines": lines.astype(np.float16),
        "steps": rng.normal(size=(ROWS, 12, 1, 2)).astype(np.float16),
        "disagreement": np.full((ROWS, 1), -1, dtype=np.float32),
    }
    ids = [f"r{row}" for row in range(ROWS)]
    frame = pd.DataFrame({"id": ids, "path": ids, "group": [f"s{one}" for one in session]})
    return Evidence(
        samples=Samples(frame, ("a", "b"), rng.integers(0, 2, ROWS), kind="scanlines"),
        folds=Folds(np.array(ids, dtype=object), np.where(locked, TEST, session % 2).astype(np.int16), k=2),
        kind=KINDS.get("scanlines"),
        entry=StoreEntry("x", ROWS, arrays, {}),
        failures=(),
    )


def test_smoother_lines_are_found_and_named() -> None:
    (found,) = examine(evidence(smooth=True), ["EH110"]).findings
    assert found.about == "the locked test"
    assert set(found.evidence["aspects"]) & {"roughness", "spectrum", "spectrum along lines"}
    assert found.evidence["auc"]["estimate"] > 0.8 > found.evidence["chance"]


def test_a_test_like_the_rest_passes() -> None:
    assert examine(evidence(smooth=False), ["EH110"]).passed == ("EH110",)
