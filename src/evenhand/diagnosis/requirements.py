"""What rules may need of a case, and how its absence is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evenhand.diagnosis.evidence.data_parts import LEAST_GROUPS, LEAST_ROWS
from evenhand.diagnosis.evidence.evidence import Evidence


@dataclass(frozen=True)
class Need:
    """Something a rule needs: words for what is missing, and whether a case holds it."""

    words: str
    there: Callable[[Evidence], bool]


def _labelled(case: Evidence) -> bool:
    return case.samples is not None and bool(np.any(case.samples.matrix()))


def _several_parts(case: Evidence) -> bool:
    return case.samples is not None and case.sides is not None and len(set(case.sides)) > 1


def _comparable(case: Evidence) -> bool:
    known = case.samples is not None and "content" in case.samples.frame
    return known or case.pictures is not None


def _single_labels(case: Evidence) -> bool:
    return any(p.truth is not None and not p.multi_label for p in case.predictions or ())


NEEDS: dict[str, Need] = {
    "samples": Need("samples", lambda case: case.samples is not None),
    "labels": Need("labels", _labelled),
    "groups": Need("a group column (data.group)", lambda case: bool(case.samples and case.samples.grouped)),
    "folds": Need("folds", lambda case: case.folds is not None),
    "parts": Need("folds, or a split column with two values (data.split)", _several_parts),
    "two_parts": Need(
        f"a locked test, or a given split, with {LEAST_ROWS} rows in {LEAST_GROUPS} groups",
        lambda case: case.samples is not None and case.compared is not None,
    ),
    "copies": Need("hashes of the files, or decoded pictures", _comparable),
    "failures": Need("the files decoded", lambda case: case.failures is not None),
    "facts": Need("facts about the files (size, mode, format)", lambda case: case.facts is not None),
    "pictures": Need("decoded pictures", lambda case: case.pictures is not None),
    "features": Need("features of an encoder", lambda case: case.features is not None),
    "courses": Need("epochs of a training (epochs.jsonl)", lambda case: bool(case.courses)),
    "score": Need("a score ([score])", lambda case: bool(case.setting("score"))),
    "ledgers": Need("rows per class and [balance]", lambda case: bool(case.ledgers)),
    "predictions": Need("predictions", lambda case: bool(case.predictions)),
    "single_labels": Need("predictions of rows with one label each", _single_labels),
    "openings": Need("a locked test that was opened", lambda case: bool(case.openings)),
    "comparisons": Need("a comparison of runs or models", lambda case: bool(case.comparisons)),
    "worth": Need("blends of models and what they are worth", lambda case: case.worth is not None),
    "verdicts": Need("models that were compared", lambda case: bool(case.verdicts)),
}
"""Every need by name."""
