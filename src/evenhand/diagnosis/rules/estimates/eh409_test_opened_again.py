"""EH409: the locked test was evaluated more than once."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.rule import Found, rule


@rule("EH409", slug="test-opened-again", severity="note", needs=("openings",))
def check(evidence: Evidence, *, many: int = 5) -> Iterator[Found]:
    """Find locked tests that were evaluated more than once.

    What it checks: the times at which figures of the same locked rows were written, in this record and in those
    beside it. From `many` on it is a warning.

    Why it matters: a test is unbiased as long as nothing was selected on it. Evaluating, changing something and
    evaluating again selects on the test unintentionally; the best of many evaluations is optimistic.

    What to do: select by the out-of-fold figure, corrected for selection, and open the test at the end. If it was
    opened often, lock other rows, or collect a new test, before the final claim.

    Limits: evaluations by other programs, in other folders, or on copies of the files are not known. A second
    evaluation that changes nothing does no harm.

    Example: `The locked test was opened 7 times, first on 2026-11-20; models may have been selected on it.`
    """
    times = evidence.openings or ()
    if len(times) > 1:
        yield Found(
            message=f"The locked test was opened {len(times)} times, first on {times[0][:10]}; models may have "
            "been selected on it.",
            evidence={"times": list(times)},
            severity="warning" if len(times) >= many else None,
        )
