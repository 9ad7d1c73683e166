from dataclasses import replace

import numpy as np

from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.ragged import Ragged
from evenhand.diagnosis import examine
from evenhand.diagnosis.evidence.reading_counts import ReadingCounts
from evenhand.modalities.counters import Counter

RECOVERED = Counter("recovered", "repair", "faults of the file repaired by the recovery mode")
PLAIN = Counter("inserts", "count", "inserts expanded")


def repaired(case, rows):
    values = np.ones((len(case.rows), 2), dtype=np.int64)
    values[:, 0] = 0
    values[rows, 0] = 3
    return replace(case, counters=ReadingCounts((RECOVERED, PLAIN), values))


def test_files_that_only_recovery_opens_are_named_with_what_was_repaired(make):
    case = repaired(make(), [4, 7])
    words = [b"missing ENDSEC" if row == 4 else b"" for row in range(120)]
    stored = Ragged.of([np.frombuffer(one, dtype=np.uint8) for one in words])
    case = replace(case, entry=StoreEntry("made", 120, {"repairs": stored}, {}))
    (found,) = examine(case, ["EH120"]).findings
    assert found.message == (
        "2 files of 120 were repaired while they were read: faults of the file repaired by the recovery mode "
        "(r0004.jpg and r0007.jpg; in the first: missing ENDSEC)."
    )
    assert (found.severity, found.ids) == ("note", ("r0004", "r0007"))
    assert found.evidence["files"] == {"r0004.jpg": 3, "r0007.jpg": 3}


def test_five_are_all_named(make):
    (found,) = examine(repaired(make(), [0, 1, 2, 3, 4]), ["EH120"]).findings
    assert "r0000.jpg, r0001.jpg, r0002.jpg, r0003.jpg and r0004.jpg" in found.message


def test_whole_files_pass_and_what_is_not_counted_is_not_applicable(make):
    assert examine(repaired(make(), []), ["EH120"]).passed == ("EH120",)
    assert examine(make(), ["EH120"]).not_applicable == {"EH120": "counts of what reading did"}
