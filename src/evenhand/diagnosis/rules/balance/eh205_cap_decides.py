"""EH205: a cap that determines the class mix, rather than the configured power."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evenhand.balance.prior.balance_ledger import BalanceLedger
from evenhand.balance.prior.describe import choice_words
from evenhand.balance.prior.effective_prior import EffectivePrior, effective_prior
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.rule import Found, rule


@rule("EH205", slug="cap-decides", severity="note", needs=("ledgers",))
def check(evidence: Evidence, *, share: float = 0.5) -> Iterator[Found]:
    """Find a max_ratio that determines how classes are mixed or weighted, rather than the configured power or mix.

    What it checks: the exponent of the sampler and of the weights with and without their max_ratio. It fires where
    the cap leaves `share` of it or less.

    Why it matters: all classes beyond the cap are treated alike, and another power changes nothing. Batches do not
    have the configured mix.

    What to do: check the column "in batches" of the ledger. Raise max_ratio, or choose the power that gives this
    mix without a cap, which treats classes according to their rarity.

    Limits: a cap is often intended, to limit repetitions of rare rows; then nothing needs to be done.

    Example: `lite0: max_ratio = 6 decides: sampler power (power 1.0, max_ratio 6) has the exponent 0.40, without
    the cap 1.00; class O makes 4.0% of a batch instead of 25.0%.`
    """
    for ledger in evidence.ledgers or ():
        for part in ("sampler", "weights"):
            choice = getattr(ledger.plan.config, part)
            if isinstance(choice, dict) and choice.get("max_ratio") and ledger.plan.softening is None:
                yield from _found(ledger, part, choice, share)


def _found(ledger: BalanceLedger, part: str, choice: dict[str, Any], share: float) -> Iterator[Found]:
    own, free = (_alone(ledger, part, how) for how in (choice, {**choice, "max_ratio": None}))
    if free.exponent <= 0 or own.exponent > share * free.exponent:
        return
    c = own.rarest
    of, shares = ("of a batch", "batch_shares") if part == "sampler" else ("of the effective prior", "shares")
    now, then = getattr(own, shares)[c], getattr(free, shares)[c]
    yield Found(
        message=f"{ledger.title}: max_ratio = {choice['max_ratio']:g} decides: {part} {choice_words(choice)} has "
        f"the exponent {own.exponent:.2f}, without the cap {free.exponent:.2f}; class {own.names[c]} makes "
        f"{now:.1%} {of} instead of {then:.1%}.",
        about=ledger.models[0] if len(ledger.models) == 1 else "",
        evidence={"with": own.exponent, "without": free.exponent, "max_ratio": choice["max_ratio"]},
    )


def _alone(ledger: BalanceLedger, part: str, choice: dict[str, Any]) -> EffectivePrior:
    prior = ledger.plan.asked
    given: dict[str, Any] = {part: choice}
    return effective_prior(prior.counts, names=prior.names, **given)
