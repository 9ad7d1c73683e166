"""EH203: rows of a rare class that are sampled many times per epoch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from evenhand.balance.prior.effective_prior import EffectivePrior, effective_prior
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import classes_of, listing, verb
from evenhand.diagnosis.rule import Found, rule


@rule("EH203", slug="rare-rows-recur", severity="warning", needs=("ledgers",), after=("EH107", "EH108", "EH201"))
def check(evidence: Evidence, *, most: float = 50.0) -> Iterator[Found]:
    """Find rare classes whose rows are sampled very often per epoch.

    What it checks: how often a row of each class is expected in an epoch under the sampler, against `most`.

    Why it matters: a network that sees the same few rows dozens of times per epoch memorises them. Its training
    loss falls, but the recall of the class on other rows does not rise.

    What to do: a weaker sampler (power 0.5, or a max_ratio), class weights instead, which show a row once and
    count it more, stronger augmentation, or more rows of the class.

    Limits: with strong augmentation, or where only a small head is trained, more repetitions do no harm.

    Example: `lite0: rows of 1 class of 4 are sampled more than 50 times per epoch: O (125).`
    """
    for ledger in evidence.ledgers or ():
        prior = ledger.plan.prior
        often = np.flatnonzero(prior.recurrences > most)
        if not len(often):
            continue
        order = often[np.argsort(-prior.recurrences[often], kind="stable")]
        named = [f"{prior.names[c]} ({prior.recurrences[c]:,.0f})" for c in order]
        softer = weaker(prior, most)
        rows = "each row" if len(order) == 1 else "rows"
        yield Found(
            message=f"{ledger.title}: {rows} of {classes_of(len(order), prior.k)} {verb(len(order), 'is', 'are')} "
            f"sampled more than {most:g} times per epoch: {listing(named)}.",
            about=prior.names[order[0]] if len(order) == 1 else "",
            evidence={"most": most, "times": {prior.names[c]: float(prior.recurrences[c]) for c in order}},
            patch=None if softer is None else {f"{ledger.key}.sampler": softer},
        )


def weaker(prior: EffectivePrior, most: float) -> dict[str, Any] | None:
    """Return the strongest power sampler, in steps of 0.1, that samples no row more than `most` times."""
    for tenth in range(9, 0, -1):
        sampler = {"name": "power", "power": tenth / 10}
        if effective_prior(prior.counts, sampler=sampler).recurrences.max() <= most:
            return sampler
    return None
