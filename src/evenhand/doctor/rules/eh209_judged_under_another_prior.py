"""EH209: probabilities that are judged under the prior they were trained under, not that of the data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.doctor.case import Case
from evenhand.doctor.rule import Found, rule

OF_PROBABILITIES = ("log_loss", "calibration_error", "brier")
"""Beginnings of metrics that read probabilities, not only which class is called."""


@rule("EH209", slug="judged-under-another-prior", severity="warning", needs=("ledgers",), after=("EH201", "EH202"))
def check(case: Case, *, apart: float = 0.1) -> Iterator[Found]:
    """Find probabilities that stand for another prior than that of the data and are judged on the data.

    What it checks: balance.correct_to = "trained" where the effective prior and the natural shares differ by more
    than `apart` (total variation: the share of rows that would change class). Where [score] holds no metric of
    probabilities it is a note.

    Why it matters: a model that was shown equal classes says 50 % of a rare class where 1 % is right. Log loss and
    calibration error are then far off, and blends with other models and thresholds made on them are as well.
    Which class is called may be just what is wanted.

    What to do: leave balance.correct_to at "natural" and choose the decision by the score; or state the prior of
    the place where the model will be used.

    Limits: a stated prior is taken to be meant. Losses that depend on the model leave probabilities off besides.

    Example: `lite0: probabilities are judged under the trained prior, which differs from the data's by 65.0%: log
    loss and calibration error are those of other data.`
    """
    scored = [str(name) for name in case.setting("score", {})]
    reads = [name for name in scored if name.startswith(OF_PROBABILITIES)]
    for ledger in case.ledgers or ():
        plan = ledger.plan
        distance = float(np.abs(plan.judged.shares - plan.prior.natural).sum() / 2)
        if plan.config.correct_to != "trained" or plan.prior.several or distance <= apart:
            continue
        of = f" ([score] holds {', '.join(reads)})" if reads else ""
        yield Found(
            says=f"{ledger.title}: probabilities are judged under the trained prior, which differs from the data's "
            f"by {distance:.1%}: log loss and calibration error are those of other data{of}.",
            about=ledger.models[0] if len(ledger.models) == 1 else "",
            evidence={"apart": distance, "judged": plan.judged.shares.tolist()},
            patch={f"{ledger.key}.correct_to": "natural"},
            severity=None if reads else "note",
        )
