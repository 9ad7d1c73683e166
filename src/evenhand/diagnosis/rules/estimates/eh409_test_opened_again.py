"""EH409: the locked test was looked at more than once."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.rule import Found, rule


@rule("EH409", slug="test-opened-again", severity="note", needs=("openings",))
def check(case: Evidence, *, many: int = 5) -> Iterator[Found]:
    """Find locked tests that were looked at more than once.

    What it checks: the times at which figures of the same locked rows were written, in this record and in those
    beside it. From `many` on it is a warning.

    Why it matters: a test is worth its name as long as nothing was chosen by it. Whoever looks, changes something
    and looks again chooses by the test, without meaning to; the best of many looks is too good.

    What to do: choose by the out-of-fold figure, corrected for choosing, and open the test at the end. Where it was
    opened often, lock other rows away, or collect a new test, before the last claim is made.

    Limits: looks by other programs, in other folders, or at copies of the files are not known here. A second
    look that changes nothing does no harm.

    Example: `The locked test was opened 7 times, first on 2026-11-20; its figure may have been chosen by.`
    """
    times = case.openings or ()
    if len(times) > 1:
        yield Found(
            says=f"The locked test was opened {len(times)} times, first on {times[0][:10]}; its figure may have "
            "been chosen by.",
            evidence={"times": list(times)},
            severity="warning" if len(times) >= many else None,
        )
