"""EH411: a best model that is not shown to be better than the floor."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.base.values import Verdict
from evenhand.base.values.types import TOO_FEW
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.rule import Found, rule


@rule(
    "EH411",
    slug="not-above-floor",
    severity="warning",
    needs=("floor_comparison",),
    after=("EH301", "EH302", "EH303", "EH311", "EH320"),
)
def check(evidence: Evidence) -> Iterator[Found]:
    """Find runs whose best model is not shown to be better than the floor.

    What it checks: the paired verdict, on the out-of-fold rows, of the best model or blend against the floor (a
    small forest on trivial features: counts of entities of a drawing, size and colour of a photo, rhythm of
    heartbeats, spectra of scan lines) in each metric of [score]. It fires where the verdict is *worse* or *no
    difference found*, and where it is *too few to tell* if the model does not even look better.

    Why it matters: what such a model adds to counts and sizes is within noise, or nothing. Its score alone does not
    show it: on data whose wrapping gives the label away, the floor is high.

    What to do: look at what the floor knows (EH113 names what gives a label away) and withhold it; look for faults
    of the training (EH301 to EH320); try an encoder that fits the data, or stay with the simple features.

    Limits: the best of several models is compared as if it were the only one, which favours it slightly. "No
    difference found" does not mean that there is none; the finding reports the difference that these rows would
    have shown.

    Example: `net is not shown to be better than the floor (counts of entities) in macro_f1: no difference found,
    +0.0031 [-0.0342, +0.0404]; this much data would show 0.0500.`
    """
    compared = evidence.floor_comparison
    assert compared is not None
    for verdict in compared.verdicts:
        looks_better = (verdict.difference.estimate > 0) == verdict.higher_is_better
        if verdict.enough and verdict.word != "better" and not (verdict.word == TOO_FEW and looks_better):
            yield Found(
                message=f"{verdict.name} is not shown to be better than the floor "
                f"({verdict.base.removeprefix('floor: ')}) in {verdict.metric}: {_tail(verdict)}",
                about=verdict.name,
                evidence={"verdict": verdict.document()},
            )


def _tail(verdict: Verdict) -> str:
    """Return the sentence of the verdict without its names and metric."""
    return verdict.summary.partition(f"{verdict.metric}: ")[2]
