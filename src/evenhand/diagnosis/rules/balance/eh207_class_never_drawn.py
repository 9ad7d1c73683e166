"""EH207: a class with training rows that never reaches a batch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.balance.prior.balance_ledger import BalanceLedger
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.training_history import TrainingHistory
from evenhand.diagnosis.render import count, listing
from evenhand.diagnosis.rule import Found, rule


@rule("EH207", slug="class-never-drawn", severity="error", needs=("ledgers",), after=("EH107", "EH108"))
def check(evidence: Evidence, *, least: float = 1.0) -> Iterator[Found]:
    """Find classes that have training rows and yet (almost) never reach a batch.

    What it checks: rows of each class that the sampler is expected to draw per epoch; it fires below `least`.
    Where epochs were recorded, also classes that have training rows but occurred in no batch.

    Why it matters: the model never learns that the class exists. Its recall is zero, and a macro average hides
    that zero.

    What to do: give the class a share of the mix, or remove it from the data (data.drop).

    Limits: classes without any training row are reported by EH107 and EH108.

    Example: `lite0: the sampler never draws 1 class that has training rows: O (100 rows).`
    """
    for ledger in evidence.ledgers or ():
        yield from _planned(ledger, least)
    for history in evidence.histories or ():
        yield from _seen(history)


def _planned(ledger: BalanceLedger, least: float) -> Iterator[Found]:
    prior = ledger.plan.prior
    drawn = prior.recurrences * prior.counts
    missed = np.flatnonzero((prior.counts > 0) & (drawn < least * (1 - 1e-9)))
    if not len(missed):
        return
    names = [f"{prior.names[c]} ({prior.counts[c]:,.0f} rows, {drawn[c]:.2g} an epoch)" for c in missed]
    yield Found(
        message=f"{ledger.title}: the sampler (almost) never draws {count(len(missed), 'class', 'classes')} that "
        f"{'has' if len(missed) == 1 else 'have'} training rows: {listing(names)}.",
        about=prior.names[missed[0]] if len(missed) == 1 else "",
        evidence={"rows an epoch": {prior.names[c]: float(drawn[c]) for c in missed}},
        severity="error" if (drawn[missed] == 0).any() else "warning",
        patch={f"{ledger.key}.sampler": "none"},
    )


def _seen(history: TrainingHistory) -> Iterator[Found]:
    if history.prior is None:
        return
    priors = history.priors or (history.prior,) * len(history.lines)
    seen = [(line["batch_mix"], p) for line, p in zip(history.lines, priors, strict=True) if line.get("batch_mix")]
    mixes = [mix for mix, _ in seen]
    if not mixes or len(mixes[0]) != history.k:
        return
    held = np.array([[share or 0.0 for share in mix] for mix in mixes]).sum(axis=0)
    expected = np.sum([prior.recurrences * prior.counts for _, prior in seen], axis=0)
    # From ten expected rows on, none at all is not due to chance (e⁻¹⁰).
    missed = np.flatnonzero((held == 0) & (history.prior.counts > 0) & (expected >= 10))
    if len(missed):
        names = [f"{history.classes[c]} ({history.prior.counts[c]:,.0f} rows)" for c in missed]
        yield Found(
            message=f"{history.name}: no batch of {count(len(mixes), 'epoch')} held {listing(names)}.",
            about=history.classes[missed[0]] if len(missed) == 1 else history.model,
            evidence={"epochs": len(mixes), "classes": [history.classes[c] for c in missed]},
        )
