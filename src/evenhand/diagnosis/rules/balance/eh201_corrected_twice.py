"""EH201: several corrections for class imbalance that together reverse it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evenhand.balance.prior.balance_ledger import BalanceLedger
from evenhand.balance.prior.exponent import LIMIT, SKEWED, inversion
from evenhand.balance.prior.overshoot import compensating, overshoot_words, patch_of
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import listing
from evenhand.diagnosis.rule import Found, rule


@rule("EH201", slug="corrected-twice", severity="error", needs=("ledgers",))
def check(evidence: Evidence, *, least: float = 0.1) -> Iterator[Found]:
    """Find samplers, class weights, losses and adjustments that together reverse the class imbalance.

    What it checks: the exponent of the effective prior, and the contributions of sampler, weights, loss and
    post-hoc adjustment. It fires where at least two of them correct by `least` or more, the sum is above 1.05, and
    the prior is skewed the other way: a class is expected at least 1.5 times as often as one with 1.5 times its
    rows or more. Where the overshoot is softened it is a note.

    Why it matters: each of them alone makes rare classes as common as the others; together they make the model
    expect rare classes almost everywhere. It then predicts few or none of the common classes, however long it
    trains.

    What to do: keep one of them. A sampler shows rare rows more often, weights take larger steps on them; the
    prior is the same. Or set balance.on_overshoot = "soften".

    Limits: the additional effect of focal and margin losses is not in the exponent; classes less than 1.5 times
    apart have no imbalance that could be reversed.

    Example: `lite0: sampler balanced (1.00) and weights inverse (1.00) together have the exponent 2.00: O, 1.0% of
    the rows, is expected in 60.5% of them.`
    """
    for ledger in evidence.ledgers or ():
        prior, config = ledger.plan.asked, ledger.plan.config
        parts = compensating(prior, config, least=least)
        if prior.overshoots() and len(parts) > 1:
            made = listing((f"{name} ({value:.2f})" for name, value in parts.items()), most=4)
            message = f"{made} together have the exponent {prior.exponent:.2f}: {expected(ledger)}"
            yield overshoot(ledger, message, parts=prior.parts)
        elif not prior.overshoots() and (words := overshoot_words(prior, config)):
            yield overshoot(ledger, words.split(";")[0], {"adjust": 0.0}, parts=prior.parts)


def expected(ledger: BalanceLedger) -> str:
    """Return a sentence on the expected share of the rarest class, and on what was done about it."""
    prior = ledger.plan.asked
    c = prior.rarest
    soft = ledger.plan.softening
    text = f"{prior.names[c]}, {prior.natural[c]:.1%} of the rows, is expected in {prior.shares[c]:.1%} of them"
    return f"{text}; it was {soft.description}." if soft else f"{text}."


def overshoot(ledger: BalanceLedger, message: str, patch: dict[str, float] | None = None, **more: Any) -> Found:
    """Return what an overshoot of a ledger is reported as, with further numbers; a note where it is softened."""
    prior, config = ledger.plan.asked, ledger.plan.config
    fix = patch_of(prior, config) if patch is None else patch
    return Found(
        message=f"{ledger.title}: {message.rstrip('.')}.",
        about=ledger.models[0] if len(ledger.models) == 1 else "",
        evidence={
            "exponent": prior.exponent,
            "limit": LIMIT,
            "turned": inversion(prior.counts, prior.shares),
            "most_turned": SKEWED,
            **more,
            "expected": prior.shares.tolist(),
        },
        patch={f"{ledger.key}.{key}": value for key, value in fix.items()},
        severity="note" if config.on_overshoot == "soften" else None,
    )
