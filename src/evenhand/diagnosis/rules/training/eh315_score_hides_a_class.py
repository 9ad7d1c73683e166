"""EH315: a score that hides a class with no recall."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from evenhand.base.errors import EvenhandError
from evenhand.base.values import Floats
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import classes_of, listing, verb
from evenhand.diagnosis.rule import Found, rule
from evenhand.diagnosis.rules.balance.eh209_judged_under_another_prior import OF_PROBABILITIES
from evenhand.evaluation.figures.score import fast_score
from evenhand.evaluation.metrics.metric_names import parse


@rule("EH315", slug="score-hides-a-class", severity="warning", needs=("labels", "one_label", "score"))
def check(evidence: Evidence, *, least: float = 0.5, rows: int = 2000, most_ways: int = 6) -> Iterator[Found]:
    """Find classes that could have no recall at all without the score showing it.

    What it checks: how far the best attainable score falls if a class is never predicted and all else is right. It
    fires for classes whose loss takes less than `least` of an equal share (1/k) of the score, and for classes that
    no part of the score covers. The score is computed on about `rows` rows with the class shares of the data; the
    rows of the missing class are assigned to one of up to `most_ways` others.

    Why it matters: the maximised score decides which epoch is kept and when training stops. A class that hardly
    counts in it can be lost while the log looks good.

    What to do: add the recall of the worst class, or a macro average over all classes, to [score].

    Limits: it is about the score, not about a model. Losses and errors of probabilities (log_loss, brier,
    calibration_error) are ignored where the score has other parts: what a class that is never predicted costs in
    them depends on the model's confidence, and adds to the effect on the other parts. Not applicable where several
    labels may hold for a row.

    Example: `If O were never predicted, the score could still reach 0.990 of 1.000: 1 class of 4 (O) counts for
    less than half of an equal share in [score], or is in no part of it.`
    """
    weights = {str(name): float(weight) for name, weight in evidence.setting("score", {}).items()}
    weights = _of_decisions(weights)
    sets = {str(name): tuple(members) for name, members in (evidence.setting("classes", {}) or {}).items()}
    counts = evidence.label_matrix[evidence.training].sum(axis=0)
    present = np.flatnonzero(counts > 0).tolist()
    if len(present) < 2:
        return
    try:
        best, without = _reachable(evidence, weights, sets, counts, rows, most_ways)
        covered = _covered(evidence, weights, sets)
    except EvenhandError:  # names that do not fit the data are reported by `class_faults`
        return
    # Scores with losses, or of correlation, can be negative.
    floor = min(0.0, *without.values())
    fall = {c: (best - score) / max(best - floor, 1e-12) for c, score in without.items()}
    hidden = [c for c in present if fall[c] < least / len(present) or c not in covered]
    if not hidden:
        return
    names = [evidence.rows.classes[c] for c in hidden]
    yield Found(
        message=f"If {names[0]} were never predicted, the score could still reach {without[hidden[0]]:.3f} of "
        f"{best:.3f}: {classes_of(len(names), evidence.rows.k)} ({listing(names)}) "
        f"{verb(len(names), 'counts', 'count')} for less than {'half' if least == 0.5 else f'{least:g}'} of an "
        f"equal share in [score], or {verb(len(names), 'is', 'are')} in no part of it.",
        about=names[0] if len(names) == 1 else "",
        evidence={
            "reachable": best,
            "without": {evidence.rows.classes[c]: score for c, score in without.items()},
            "in_no_part": [evidence.rows.classes[c] for c in present if c not in covered],
        },
        patch={"score.worst_recall": 0.5},
    )


def _of_decisions(weights: dict[str, float]) -> dict[str, float]:
    """Return the parts of a score that depend on predicted classes only; all parts if there are none."""
    kept = {name: weight for name, weight in weights.items() if not name.startswith(OF_PROBABILITIES)}
    return kept if any(kept.values()) else weights


def _reachable(
    evidence: Evidence, weights: Mapping[str, float], sets: Any, counts: Floats, rows: int, most_ways: int
) -> tuple[float, dict[int, float]]:
    """Return the score of perfect predictions, and for each class the best score if it is never predicted."""
    present = np.flatnonzero(counts > 0)
    # Fewer rows in the same proportions: the cost is k scores for each way of predicting another class.
    scaled = np.where(counts > 0, np.maximum(np.round(counts * min(1.0, rows / counts.sum())), 1), 0).astype(int)
    truth = np.repeat(np.arange(len(counts)), scaled)
    groups = np.zeros(len(truth))

    def score(predicted: Any) -> float:
        sure = np.eye(len(counts))[predicted]
        return fast_score(sure, truth, evidence.rows.classes, weights, sets, evidence.rows.levels, groups)[0]

    by_rows = present[np.argsort(-counts[present], kind="stable")]
    # Predicted as the commonest or the rarest classes: where errors cost a score the least or the most.
    ways = dict.fromkeys([*by_rows[: most_ways // 2 + 1], *by_rows[-(most_ways // 2) :]])
    without = {
        int(c): max(score(np.where(truth == c, other, truth)) for other in ways if other != c) for c in present
    }
    return score(truth), without


def _covered(evidence: Evidence, weights: Mapping[str, float], sets: Mapping[str, tuple[str, ...]]) -> set[int]:
    """Return the classes that some part of the score covers."""
    at = {name: c for c, name in enumerate(evidence.rows.classes)}
    out: set[int] = set()
    for name in weights:
        asked = parse(name, sets, evidence.rows.levels)
        if asked.one is not None:
            level = evidence.rows.levels.get(asked.suffix, evidence.rows.classes)
            out |= {c for c, one in enumerate(level) if one == asked.one}
        elif asked.kind == "set":
            out |= {at[member] for member in sets[asked.suffix] if member in at}
        else:
            out |= set(range(evidence.rows.k))
    return out
