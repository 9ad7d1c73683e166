from dataclasses import replace

import numpy as np
import pytest

from evenhand.diagnosis import examine
from evenhand.diagnosis.evidence.reading_counts import ReadingCounts
from evenhand.modalities.counters import Counter

CAP = Counter("nodes_cut", "cap", "primitives cut off", "drawings.max_nodes")
KNN = Counter("knn", "fallback", "primitives joined to their nearest ones", "drawings.empty_edge_fallback")
PAPER = Counter("paper", "fallback", "drawings read from paper space")
TONES = Counter("tones", "option", "photos reduced to 8 bits", "photos.tones")
PLAIN = Counter("inserts", "count", "inserts expanded")


@pytest.fixture
def counted(make):
    """Return a case of 120 rows in which each counter acted so often on the first rows."""

    def case(counter, rows, times=1, *, setting="knn", asked=()):
        values = np.where(np.arange(120)[:, None] < rows, times, 0)
        return replace(make(), counters=ReadingCounts((counter,), values, {counter.key: setting}, frozenset(asked)))

    return case


def test_a_cap_that_cuts_half_of_the_rows(counted):
    case = counted(CAP, 60, 650, setting=2000)
    assert case.counters is not None
    case.counters.values[7] = 651
    (found,) = examine(case, ["EH116"]).findings
    files = case.paths(np.array([7, 0, 1]))
    assert found.message == (
        "drawings.max_nodes = 2000 cuts many rows: primitives cut off in 60 of 120 (50%), 39,001 in all, most in "
        f"{', '.join(files)} and 57 more."
    )
    assert found.ids[0] == case.rows.ids[7]
    assert found.evidence["files"][:3] == files
    assert (found.severity, found.about, len(found.ids)) == ("warning", "nodes_cut", 60)
    assert found.patch == {"drawings.max_nodes": 2700}


def test_a_fallback_that_never_acts_is_a_note(counted):
    (found,) = examine(counted(KNN, 0), ["EH116"]).findings
    assert found.severity == "note"
    assert found.message == (
        "drawings.empty_edge_fallback = knn had no effect: "
        "primitives joined to their nearest ones in none of 120 rows."
    )


def test_a_fallback_that_steps_in_often(counted):
    (found,) = examine(counted(PAPER, 20), ["EH116"]).findings
    assert found.message.startswith(
        'The fall-back "paper" of reading steps in often: drawings read from paper space in'
    )
    assert found.patch is None


def test_an_option_that_was_asked_for_and_never_acts(counted):
    (found,) = examine(counted(TONES, 0, setting="picture", asked=["photos.tones"]), ["EH116"]).findings
    assert (found.severity, found.evidence["rows"]) == ("note", 0)


HEALTHY = {
    "a cap that is rarely met": (CAP, 12, 2000, ()),
    "a cap that is never met": (CAP, 0, 2000, ()),
    "a fall-back that steps in now and then": (KNN, 5, "knn", ()),
    "a fall-back that is switched off": (KNN, 0, "none", ()),
    "a fall-back without a key that is never needed": (PAPER, 0, None, ()),
    "a default that never acts": (TONES, 0, "type", ()),
    "an option that acts on all rows": (TONES, 120, "picture", ("photos.tones",)),
    "a plain count": (PLAIN, 120, None, ()),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_what_is_meant_passes(counted, name):
    counter, rows, setting, asked = HEALTHY[name]
    assert examine(counted(counter, rows, setting=setting, asked=asked), ["EH116"]).passed == ("EH116",)


def test_two_rows_of_a_tiny_set_are_no_habit(make):
    case = make(rows=10, series=10)
    values = np.zeros((len(case.rows), 1), dtype=np.int64)
    values[:2] = 1
    case = replace(case, counters=ReadingCounts((CAP,), values, {CAP.key: 2000}))
    assert examine(case, ["EH116"]).passed == ("EH116",)


def test_it_is_not_applicable_where_nothing_is_counted(make):
    assert examine(make(), ["EH116"]).not_applicable == {"EH116": "counts of what reading did"}
