"""EH210: blended models whose probabilities stand for different priors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from evenhand.balance.prior.balance_ledger import BalanceLedger
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import listing
from evenhand.diagnosis.rule import Found, rule


@rule(
    "EH210",
    slug="blend-of-several-priors",
    severity="warning",
    needs=("one_label_ledgers",),
    after=("EH201", "EH202"),
)
def check(evidence: Evidence, *, apart: float = 0.1) -> Iterator[Found]:
    """Find blended models whose probabilities stand for different priors.

    What it checks: the prior that the probabilities of each model are evaluated under (balance.correct_to and
    balance.adjust), where [ensemble], or `evenhand ensemble` on runs, blends two models or more. It fires where two
    of them differ by more than `apart` (total variation). Where the stages of a model differ, the last one counts.

    Why it matters: a mean of probabilities, and every blend and stacker built on them, treats 30 % from a model
    of equal classes like 30 % from one calibrated to the data. The blend stands for a prior between them that
    nobody chose, and its weights are learned under it.

    What to do: give all models the same balance.correct_to. Training may differ: samplers, weights and losses are
    corrected for.

    Limits: probabilities are not converted to one prior here, as it is not known which one is wanted. `evenhand
    ensemble` checks the models of runs; files of predictions do not record their prior and are not checked.

    Example: `lite0 and b4 are blended under different priors (65.0% apart: lite0 stands for natural shares, b4 for
    equal classes).`
    """
    if not (evidence.setting("ensemble", {}) or {}).get("methods", True):
        return
    last = {
        name: ledger
        for ledger in evidence.ledgers or ()
        for name in ledger.models
        if not ledger.plan.prior.multi_label
    }
    far = [(distance(last[a], last[b]), a, b) for a, b in combinations(last, 2)]
    most = max(far, default=(0.0, "", ""))
    if not most[0] > apart:
        return
    _, a, b = most
    ways = {name: _way(last[name]) for name in last}
    yield Found(
        message=f"{listing([a, b])} are blended under different priors ({most[0]:.1%} apart: {a} stands for "
        f"{ways[a]}, {b} for {ways[b]}). The blend stands for a prior that nobody chose.",
        evidence={"apart": most[0], "stands for": ways},
        patch={f"model.{name}.balance.correct_to": "natural" for name in last if _way(last[name]) != _NATURAL}
        if all(not last[name].plan.config.adjust for name in last)
        else None,
    )


_NATURAL = "natural shares"


def distance(one: BalanceLedger, other: BalanceLedger) -> float:
    """Return the total variation distance between the priors of two models, matching classes by name."""
    first, second = (
        dict(zip(each.names, each.shares, strict=True)) for each in (one.plan.output_prior, other.plan.output_prior)
    )
    return float(sum(abs(first.get(name, 0.0) - second.get(name, 0.0)) for name in {*first, *second}) / 2)


def _way(ledger: BalanceLedger) -> str:
    config = ledger.plan.config
    words = {"natural": _NATURAL, "trained": "the trained prior", "uniform": "equal classes"}
    way = words.get(str(config.correct_to), "a stated prior")
    return f"{way}, adjusted by {config.adjust:g}" if config.adjust else way
