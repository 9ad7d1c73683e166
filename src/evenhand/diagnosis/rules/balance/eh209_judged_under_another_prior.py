"""EH209: probabilities that are evaluated under another prior than that of the data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.balance.prior.balance_ledger import BalanceLedger
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import listing
from evenhand.diagnosis.rule import Found, rule

OF_PROBABILITIES = ("log_loss", "calibration_error", "brier")
"""Prefixes of metrics that depend on probabilities, not only on the predicted class."""


@rule(
    "EH209",
    slug="judged-under-another-prior",
    severity="warning",
    needs=("one_label_ledgers",),
    after=("EH201", "EH202"),
)
def check(evidence: Evidence, *, apart: float = 0.1) -> Iterator[Found]:
    """Find probabilities that stand for another prior than that of the data and are evaluated on the data.

    What it checks: balance.correct_to = "trained" or "uniform", and balance.adjust, where the prior of the
    probabilities and the natural class shares differ by more than `apart` (total variation: the share of rows
    that would change class). Where [score] has no metric of probabilities it is a note.

    Why it matters: a model trained on equal classes gives a rare class 50 % where 1 % is right. Log loss and
    calibration error are then far off, and so are blends with other models and thresholds tuned on them. The
    predicted classes may be exactly what is wanted.

    What to do: leave balance.correct_to at "natural" where probabilities matter. Where rare classes should be
    predicted more often, "uniform" is right, and this finding is a reminder of what the probabilities then mean. Or
    state the prior of the place where the model will be used.

    Limits: a stated prior is assumed to be intended. Losses that depend on the model can also bias probabilities.

    Example: `lite0: probabilities are evaluated under the trained prior, which differs from the data's by 65.0%:
    log loss and calibration error are those of other data.`
    """
    off = [(_distance(ledger), ledger) for ledger in evidence.ledgers or () if _left(ledger)]
    off = [(distance, ledger) for distance, ledger in off if distance > apart]
    if not off:
        return
    scored = [str(name) for name in evidence.setting("score", {})]
    reads = [name for name in scored if name.startswith(OF_PROBABILITIES)]
    of = f" ([score] holds {', '.join(reads)})" if reads else ""
    each = [f"{ledger.title} {distance:.1%}" for distance, ledger in sorted(off, key=lambda one: -one[0])]
    who = off[0][1].title if len(off) == 1 else f"{len(off)} ways of balance"
    by = f"by {off[0][0]:.1%}" if len(off) == 1 else f"({listing(each)})"
    yield Found(
        message=f"{who}: probabilities are evaluated under {_under(off)}, which differs from the data's {by}: log "
        f"loss and calibration error are those of other data{of}.",
        about=off[0][1].models[0] if len(off) == len(off[0][1].models) == 1 else "",
        evidence={"apart": {ledger.title: distance for distance, ledger in off}},
        patch=_patch(off),
        severity=None if reads else "note",
    )


def _left(ledger: BalanceLedger) -> bool:
    config = ledger.plan.config
    chosen = config.correct_to in ("trained", "uniform") or (config.correct_to == "natural" and config.adjust > 0)
    return chosen and not ledger.plan.prior.multi_label


def _under(off: list[tuple[float, BalanceLedger]]) -> str:
    """Return a phrase for the prior."""
    words = {"trained": "the trained prior", "uniform": "a prior of equal classes", "natural": "an adjusted prior"}
    found = {words[str(ledger.plan.config.correct_to)] for _, ledger in off}
    return found.pop() if len(found) == 1 else "another prior"


def _patch(off: list[tuple[float, BalanceLedger]]) -> dict[str, object]:
    keys = [ledger.key for _, ledger in off]
    key = keys[0] if len(off) == 1 else "balance"
    ways = {str(ledger.plan.config.correct_to) for _, ledger in off}
    adjusts = any(ledger.plan.config.adjust for _, ledger in off)
    own = {} if ways == {"natural"} else {f"{key}.correct_to": "natural"}
    return {**own, **({f"{key}.adjust": 0.0} if adjusts else {})}


def _distance(ledger: BalanceLedger) -> float:
    return float(np.abs(ledger.plan.output_prior.shares - ledger.plan.prior.natural).sum() / 2)
