"""EH410: classes that cannot be estimated, because their rows come from too few groups."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Mask
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.rule import Found, rule
from evenhand.evaluation.audit.dominant_groups import effective_groups


@rule(
    "EH410",
    slug="class-not-estimable",
    severity="warning",
    needs=("labels", "folds", "groups"),
    after=("EH107", "EH108"),
)
def check(evidence: Evidence, *, groups: int = 3, effective: float = 1.5) -> Iterator[Found]:
    """Find classes whose figures would be those of one or two groups.

    What it checks: for each class, out of fold and on the locked test, how many groups its rows come from, and the
    effective number of groups (one over the sum of squared shares). Fewer than `groups`, or an effective number
    below `effective`, do not allow an estimate.

    Why it matters: rows of one group are similar, so a class that comes almost entirely from one person is right or
    wrong for that person. Recall and precision then do not generalise to the next person, and a mean over classes
    carries that noise into the headline.

    What to do: exclude the class from the score by a named set of the others ([classes] with [score]), merge it
    (data.rename), or collect it from more groups.

    Limits: not applicable where no group is named. A class in more groups may still be hard to estimate; its
    interval shows it.

    Example: `O cannot be estimated on the locked test: 362 of its 394 rows come from p213 alone, 8 groups in all.`
    """
    for where, rows in (("out of fold", evidence.training), ("on the locked test", ~evidence.training)):
        if rows.any():
            yield from _in(evidence, where, rows, groups, effective)


def _in(evidence: Evidence, where: str, rows: Mask, least: int, effective: float) -> Iterator[Found]:
    names, number = unique_names(evidence.rows.groups[rows])
    held = evidence.label_matrix[rows] > 0
    for c, name in enumerate(evidence.rows.classes):
        counts = np.bincount(number[held[:, c]], minlength=len(names))
        lying, total = int((counts > 0).sum()), int(counts.sum())
        if not total:
            continue
        like = effective_groups(counts / total)
        # Enough groups are not enough: of three groups, one may hold nearly all rows.
        if lying >= least and like >= effective:
            continue
        most = int(counts.argmax())
        yield Found(
            message=(
                f"{name} cannot be estimated {where}: {counts[most]:,} of its {total:,} "
                f"{'row comes' if total == 1 else 'rows come'} from {names[most]} alone, "
                f"{lying} {'group' if lying == 1 else 'groups'} in all."
            ),
            about=name,
            evidence={
                "where": where,
                "groups": lying,
                "effective": round(like, 2),
                "heaviest": str(names[most]),
                "share": round(float(counts[most] / total), 3),
                "limit": effective,
            },
            ids=evidence.rows.ids[np.flatnonzero(rows)[held[:, c]]],
        )
