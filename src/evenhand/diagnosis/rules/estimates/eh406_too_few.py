"""EH406: too few rows or groups for a verdict."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing, verb
from evenhand.diagnosis.rule import Found, rule
from evenhand.evaluation.resampling.paired_interval import LEAST_GROUPS, LEAST_ROWS


@rule("EH406", slug="too-few", severity="warning", needs=("verdicts",), after=("EH404",))
def check(
    evidence: Evidence, *, least_groups: float = LEAST_GROUPS, least_rows: float = LEAST_ROWS
) -> Iterator[Found]:
    """Find comparisons that rest on too few rows or groups for any verdict.

    What it checks: the effective number of groups (Kish 1965), in which a group with half of all rows counts for
    little more than one, against `least_groups`, and of rows against `least_rows`.

    Why it matters: with fewer, intervals no longer reach their nominal coverage, whatever the method; a thousand
    rows of two patients are two patients.

    What to do: collect from more groups, merge groups that are not independent, or evaluate at a coarser level of
    classes.

    Limits: enough for a verdict is not enough for a certain one; the interval shows how certain it is.

    Example: `1 of 1 difference rests on too few groups: new against old, macro_f1: too few to tell, about 2.6
    groups decide and at least 5 are needed (+0.0210 [-0.1720, +0.2140]).`
    """
    few = [v for v in evidence.verdicts if not v.enough]
    if few:
        grouped = any(v.difference.groups < v.difference.n for v in few)
        all_ = count(len(evidence.verdicts), "difference")
        yield Found(
            message=f"{len(few)} of {all_} {verb(len(few), 'rests', 'rest')} on too few "
            f"{'groups' if grouped else 'rows'}: {listing((v.summary.rstrip('.') for v in few), most=1)}.",
            about=few[0].name if len(few) == 1 else "",
            evidence={
                "least_groups": least_groups,
                "least_rows": least_rows,
                "groups": min(v.difference.groups for v in few),
                "rows": min(v.difference.n for v in few),
            },
        )
