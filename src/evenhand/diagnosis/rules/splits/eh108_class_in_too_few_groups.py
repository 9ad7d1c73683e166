"""EH108: classes that occur in fewer groups than there are folds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from evenhand.base.values import Severity
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import classes_of, count, listing, verb
from evenhand.diagnosis.rule import Found, rule


@rule(
    "EH108",
    slug="class-in-too-few-groups",
    severity="warning",
    needs=("samples", "labels", "folds"),
    after=("EH101", "EH107"),
)
def check(evidence: Evidence, *, spare: int = 0) -> Iterator[Found]:
    """Find classes that occur in fewer groups than there are folds.

    What it checks: groups per class outside the locked test (rows, where no group is named) against the number
    of folds and `spare` more. Groups that folds keep together because they share copies or a family (EH103, EH105,
    EH114) count as one. A class in one group is an error, in too few a warning.

    Why it matters: a class in one group is absent from training whenever it is evaluated, so that its recall is
    zero whatever the model. One in fewer groups than folds is evaluated in some folds only, and its scores
    depend on very few independent groups.

    What to do: fewer folds, merge the class (data.rename), or collect it from more groups. Where few shapes recur
    in all groups by their nature, `folds.families = ["names"]` keeps groups apart that are alike by accident.

    Limits: group sizes may differ widely; a class in many groups can still have most rows in one.

    Example: `1 of 81 classes lies in fewer groups than the 5 folds: Plum (4).`
    """
    assert evidence.folds is not None
    learnt = evidence.rows.take(evidence.training)
    named = learnt.groups_per_class()
    kept_together = evidence.folds.how.get("classes_in_few_groups", {})
    held = {name: min(groups, kept_together.get(name, groups)) for name, groups in named.items() if groups}
    single = {name: groups for name, groups in held.items() if groups == 1}
    few = {name: groups for name, groups in held.items() if 1 < groups < evidence.folds.k + spare}
    if single:
        yield _found(evidence, single, named, "error")
    if few:
        yield _found(evidence, few, named, "warning")


def _found(evidence: Evidence, few: Mapping[str, int], named: Mapping[str, int], severity: Severity) -> Found:
    assert evidence.folds is not None
    noun = "group" if evidence.rows.grouped else "row"
    fewest, most = min(few.values()), evidence.folds.k
    where = f"in one {noun} only" if fewest == 1 else f"in fewer {noun}s than the {most} folds"
    columns = [evidence.rows.classes.index(name) for name in few]
    rows = (evidence.label_matrix[:, columns].sum(axis=1) > 0) & evidence.training
    words = [f"{name} ({groups})" for name, groups in sorted(few.items(), key=lambda item: item[1])]
    joined = [f"{count(named[name], noun)} of {name}" for name in few if few[name] < named[name]]
    why = f" Copies and families, which folds keep together, join the {listing(joined, most=3)}." if joined else ""
    which = classes_of(len(few), evidence.rows.k)
    return Found(
        message=f"{which} {verb(len(few), 'lies', 'lie')} {where}: {listing(words)}.{why}",
        about=next(iter(few)) if len(few) == 1 else "",
        evidence={"folds": most, "classes": dict(few), "unit": noun + "s"},
        ids=evidence.rows.ids[np.flatnonzero(rows)],
        patch={"folds.k": fewest} if fewest > 1 else None,
        severity=severity,
    )
