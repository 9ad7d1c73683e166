"""EH202: a single correction for class imbalance that reverses it."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.balance.prior.overshoot import compensating
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.rule import Found, rule
from evenhand.diagnosis.rules.balance.eh201_corrected_twice import expected, overshoot


@rule("EH202", slug="overshoot", severity="error", needs=("ledgers",))
def check(evidence: Evidence, *, least: float = 0.1) -> Iterator[Found]:
    """Find a sampler, class weights or a loss that reverses the class imbalance by itself.

    What it checks: the exponent of the effective prior where only one of sampler, weights and loss corrects by
    `least` or more. It fires above 1.05 (at 1 classes are equal, beyond it rare ones are favoured), where the prior
    is skewed the other way: a class is expected at least 1.5 times as often as one with 1.5 times its rows or
    more. Where the overshoot is softened it is a note.

    Why it matters: the model learns to expect rare classes more often than common ones and predicts common classes
    too rarely, though no two corrections are combined.

    What to do: lower the power to 1 or less, or give the rarest classes a smaller share of the mix.

    Limits: classes less than 1.5 times apart have no imbalance that could be reversed. A mix that favours a rare
    class on purpose is reported too: allow it with balance.on_overshoot = "allow".

    Example: `lite0: weights inverse (power 1.5) (1.50) has the exponent 1.50: O, 1.0% of the rows, is expected in
    45.7% of them.`
    """
    for ledger in evidence.ledgers or ():
        prior, config = ledger.plan.asked, ledger.plan.config
        parts = compensating(prior, config, least=least)
        if not prior.overshoots() or len(parts) > 1:
            continue
        name = next(iter(parts), "the balance")
        yield overshoot(ledger, f"{name} has the exponent {prior.exponent:.2f}: {expected(ledger)}")
