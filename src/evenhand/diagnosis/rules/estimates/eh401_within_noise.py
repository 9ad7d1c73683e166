"""EH401: a difference within noise."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.base.values import Verdict
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing, verb
from evenhand.diagnosis.rule import Found, rule


@rule("EH401", slug="within-noise", severity="note", needs=("verdicts",), after=("EH402", "EH406"))
def check(evidence: Evidence, *, least: float = 0.0001) -> Iterator[Found]:
    """Find differences between models that may be noise.

    What it checks: the paired verdict of every model or blend that looks better than its baseline by at least
    `least`. It fires where the interval of the difference contains 0.

    Why it matters: the higher figure is selected, and another sample of rows would have selected differently.
    Selected often enough, noise looks like progress.

    What to do: keep the simpler one, or collect as many rows or groups as the difference would need; the finding
    reports the difference that these rows could have detected.

    Limits: "no difference found" does not mean that there is none; it depends on what these rows can detect.

    Example: `2 of 3 look better by less than noise: ensemble:nnls against lite0, macro_f1: too few to tell,
    +0.0031 [-0.0042, +0.0104]; this much data would show 0.0104.`
    """
    doubtful = [v for v in evidence.verdicts if v.enough and not v.found and _looks_better(v, least)]
    if doubtful:
        all_ = len(evidence.verdicts)
        yield Found(
            message=f"{len(doubtful)} of {count(all_, 'difference')} {verb(len(doubtful), 'looks', 'look')} better "
            f"by no more than noise: {listing((v.summary.rstrip('.') for v in doubtful), most=2)}.",
            about=doubtful[0].name if len(doubtful) == 1 else "",
            evidence={"verdicts": [v.document() for v in doubtful]},
        )


def _looks_better(v: Verdict, least: float) -> bool:
    """Return whether the point estimates alone favour `v.name`."""
    by = v.difference.estimate
    return (by if v.higher_is_better else -by) >= least
