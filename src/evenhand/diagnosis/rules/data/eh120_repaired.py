"""EH120: files that were repaired while they were read, or read in one of several ways."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import shorten

import numpy as np

from evenhand.base.values import Ints
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing, verb
from evenhand.diagnosis.rule import Found, rule

DONE = {
    "repair": ("was repaired while it was read", "were repaired while they were read"),
    "doubt": ("was read in one of several possible ways", "were read in one of several possible ways"),
}
"""Roles of counters -> what was done with the files, in words."""


@rule("EH120", slug="repaired", severity="note", needs=("counters",))
def check(evidence: Evidence, *, named: int = 5, kept: int = 100) -> Iterator[Found]:
    """Find files that could be read only after a repair, or in more than one way.

    What it checks: what reading counted as repairs (damage that a recovery mode mended, headers that contradict the
    bytes) and as doubts (words that are plausible in two encodings). The first `named` files stand in the message,
    with what was done in the first; up to `kept` are in the evidence.

    Why it matters: a repaired file is used like any other, but a part of it may be missing or guessed. Damage is
    rarely spread at random: one program or one broken transfer made all of it.

    What to do: open the named files, and save them again with a current program; leave out those that lost
    something. Words that were read in the wrong encoding matter only where a model reads them.

    Limits: repairs that the library makes silently are not counted. Files that cannot be repaired are left out and
    are EH101. Not applicable to a kind of data that counts nothing.

    Example: `5 of 1,272 files were repaired while they were read: faults of the file repaired by the recovery mode
    (misc/a.dxf, misc/b.dxf, misc/c.dxf and 2 more; in the first: missing ENDSEC).`
    """
    assert evidence.counters is not None
    for column, counter in enumerate(evidence.counters.counters):
        values = evidence.counters.values[:, column]
        rows = np.flatnonzero(values > 0)
        if counter.role not in DONE or not len(rows):
            continue
        files = dict(zip(evidence.paths(rows), values[rows].tolist(), strict=True))
        words = _words(evidence, rows[:1])
        first = f"; in the first: {shorten(words[0], 120, placeholder=' …')}" if words and words[0] else ""
        yield Found(
            message=f"{count(len(files), 'file')} of {len(set(evidence.paths(np.arange(len(values))))):,} "
            f"{verb(len(files), *DONE[counter.role])}: "
            f"{counter.description} ({listing(files, most=named)}{first}).",
            about=counter.name,
            evidence={
                "rows": len(rows),
                "n": len(values),
                "files": dict(list(files.items())[:kept]),
                "repairs": dict(zip(evidence.paths(rows[:kept]), _words(evidence, rows[:kept]), strict=False)),
            },
            ids=evidence.rows.ids[rows],
        )


def _words(evidence: Evidence, rows: Ints) -> list[str]:
    """Return what was repaired in each row, as reading wrote it; empty where it wrote nothing."""
    if evidence.entry is None or "repairs" not in evidence.entry:
        return []
    stored = evidence.entry["repairs"]
    return [bytes(np.asarray(stored[int(at)], np.uint8)).decode("utf-8", "replace") for at in evidence.stored[rows]]
