"""EH102 of rows that are not pictures: blank scans."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evenhand.base.values import Samples
from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.ragged import Ragged
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.examine import examine
from evenhand.modalities import KINDS


def evidence(blank: tuple[int, ...], kind: str = "scanlines") -> Evidence:
    rng = np.random.default_rng(0)
    lines = [rng.normal(size=(10 + row, 1, 16)).astype(np.float16) for row in range(12)]
    for row in blank:
        lines[row][:] = 0
    frame = pd.DataFrame({"id": [f"r{row}" for row in range(12)], "path": [f"{row}.npy" for row in range(12)]})
    samples = Samples(frame, ("a", "b"), np.arange(12) % 2, kind=kind)
    entry = StoreEntry("x", 12, {"lines": Ragged.of(lines)}, {})
    return Evidence(samples=samples, kind=KINDS.get(kind), entry=entry, failures=())


def test_scans_of_constant_lines_are_blank() -> None:
    (found,) = examine(evidence((3, 7)), ["EH102"]).findings
    assert found.message == (
        "2 rows of 12 are blank (every line has one value, or was not scanned: 3.npy and 7.npy)."
    )
    assert list(found.ids) == ["r3", "r7"]


def test_scans_with_something_in_them_pass_and_kinds_that_know_nothing_do_not() -> None:
    assert examine(evidence(()), ["EH102"]).passed == ("EH102",)
    assert "EH102" in examine(evidence((), "beats"), ["EH102"]).not_applicable
