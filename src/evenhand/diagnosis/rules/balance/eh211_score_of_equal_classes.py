"""EH211: a score in which classes count equally, with decisions that favour common classes."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.balance.prior.balance_ledger import BalanceLedger
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import listing, verb
from evenhand.diagnosis.rule import Found, rule
from evenhand.diagnosis.rules.balance.eh209_judged_under_another_prior import OF_PROBABILITIES

OF_EQUAL_CLASSES = ("macro_", "balanced_accuracy", "worst_recall", "worst_f1", "g_mean")
"""Prefixes of metrics in which a rare class counts as much as a common one."""


@rule(
    "EH211",
    slug="score-of-equal-classes",
    severity="note",
    needs=("one_label_ledgers", "score"),
    after=("EH201", "EH202"),
)
def check(evidence: Evidence, *, skew: float = 5.0, part: float = 0.5) -> Iterator[Found]:
    """Find scores in which classes count equally while decisions follow the natural class shares.

    What it checks: whether at least `part` of [score] are metrics in which every class counts equally (macro
    averages, balanced accuracy, the worst recall), none depends on probabilities, balance.correct_to is "natural"
    without balance.adjust, and the largest class has at least `skew` times the rows of the smallest.

    Why it matters: under the natural prior a rare class is predicted only where it outweighs its rarity: seldom.
    Recalls of rare classes dominate such a score. On a set of clothing photos of 351 senders, "uniform" in place of
    "natural" gained 3.4 points of macro F1 without retraining.

    What to do: try balance.correct_to = "uniform", and compare both out of fold. It changes the predicted classes
    and the meaning of the probabilities, not what is learned.

    Limits: precision of rare classes falls, so macro F1 need not gain; recalls do. Where probabilities themselves
    are used later, leave it at "natural".

    Example: `[score] has macro_f1, in which classes count equally, but lite0 predicts the most probable class under
    the data's shares (largest class 90 times the smallest). balance.correct_to = "uniform" predicts rare classes
    more often.`
    """
    weights = {str(name): abs(float(weight)) for name, weight in evidence.setting("score", {}).items()}
    alike = [name for name in weights if name.startswith(OF_EQUAL_CLASSES) and weights[name]]
    total = sum(weights.values())
    if not total or sum(weights[name] for name in alike) < part * total:
        return
    if any(name.startswith(OF_PROBABILITIES) for name in weights):
        return
    found = [ledger for ledger in evidence.ledgers or () if _natural(ledger) and _skew(ledger) >= skew]
    if found:
        names = _names(found)
        yield Found(
            message=f"[score] has {listing(alike)}, in which classes count equally, but {listing(names)} "
            f"{verb(len(names), 'predicts', 'predict')} the most probable class under the data's shares (largest "
            f"class {_skew(found[0]):.3g} times the smallest). "
            'balance.correct_to = "uniform" predicts rare classes more often.',
            evidence={"metrics": alike, "skew": _skew(found[0])},
            patch={f"{key}.correct_to": "uniform" for key in dict.fromkeys(ledger.key for ledger in found)},
        )


def _names(ledgers: list[BalanceLedger]) -> list[str]:
    return list(dict.fromkeys(name for ledger in ledgers for name in ledger.models)) or ["every model"]


def _natural(ledger: BalanceLedger) -> bool:
    config = ledger.plan.config
    return config.correct_to == "natural" and not config.adjust and not ledger.plan.prior.multi_label


def _skew(ledger: BalanceLedger) -> float:
    counts = ledger.plan.prior.counts
    held = counts[counts > 0]
    return float(held.max() / held.min()) if len(held) > 1 else 1.0
