"""What rules may need of the evidence, and the words for what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evenhand.diagnosis.evidence.data_parts import LEAST_GROUPS, LEAST_ROWS, described_columns
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.evaluation.core.evaluated_rows import known


@dataclass(frozen=True)
class Need:
    """A requirement of a rule: words for what is missing, and a test of whether the evidence has it."""

    words: str
    there: Callable[[Evidence], bool]


def _labelled(case: Evidence) -> bool:
    return case.samples is not None and bool(np.any(case.samples.matrix()))


def _several_parts(case: Evidence) -> bool:
    return case.samples is not None and case.sides is not None and len(set(case.sides)) > 1


def _comparable(case: Evidence) -> bool:
    hashed = case.samples is not None and "content" in case.samples.frame
    return hashed or case.pictures is not None


def _image_facts(case: Evidence) -> bool:
    # Facts of other kinds have columns of their own (sampling rate, leads) that no rule about image files reads.
    columns = set() if case.facts is None else set(case.facts)
    return bool(columns & {"mode", "format"}) or {"width", "height"} <= columns


def _evaluated(case: Evidence) -> bool:
    return any(p.truth is not None and bool(known(p.truth).any()) for p in case.predictions or ())


def _grouped_predictions(case: Evidence) -> bool:
    return any(p.groups is not None for p in case.predictions or ()) and _evaluated(case)


def _single_label_predictions(case: Evidence) -> bool:
    return any(p.truth is not None and not p.multi_label for p in case.predictions or ())


def _batch_mix(case: Evidence) -> bool:
    return any(
        line.get("batch_mix") and line.get("expected_mix") for one in case.courses or () for line in one.lines
    )


def _information(case: Evidence) -> bool:
    sets = [line.get("sets") or {} for course in case.courses or () for line in course.lines[-1:]]
    return any((one.get("validation") or {}).get("information") is not None for one in sets)


NEEDS: dict[str, Need] = {
    "samples": Need("samples", lambda case: case.samples is not None),
    "labels": Need("labels", _labelled),
    "paths": Need("names of the files", lambda case: bool(case.samples and "path" in case.samples.frame)),
    "one_label": Need(
        "rows with one label each", lambda case: case.samples is not None and not case.samples.multi_label
    ),
    "groups": Need("a group column (data.group)", lambda case: bool(case.samples and case.samples.grouped)),
    "columns": Need(
        "a table with further columns", lambda case: bool(case.samples and described_columns(case.samples))
    ),
    "folds": Need("folds", lambda case: case.folds is not None),
    "drawn_test": Need(
        "a locked test sampled at random (folds.test.fraction)",
        lambda case: case.samples is not None and case.drawn_test is not None,
    ),
    "parts": Need("folds, or a split column with two values (data.split)", _several_parts),
    "two_parts": Need(
        f"a locked test, or a predefined split, with {LEAST_ROWS} rows in {LEAST_GROUPS} groups",
        lambda case: case.samples is not None and case.compared is not None,
    ),
    "copies": Need("hashes of the files, or decoded pictures", _comparable),
    "failures": Need("the files decoded", lambda case: case.failures is not None),
    "image_facts": Need("image files (dimensions, mode or format)", _image_facts),
    "pictures": Need("decoded pictures", lambda case: case.pictures is not None),
    "wrapping": Need(
        "measures of what comes with a row (facts of files, or words in their names)",
        lambda case: case.samples is not None and bool(case.wrapping or case.name_words[0]),
    ),
    "counters": Need(
        "counts of what reading did", lambda case: case.counters is not None and len(case.counters) > 0
    ),
    "features": Need("features of an encoder", lambda case: case.features is not None),
    "courses": Need("epochs of a training (epochs.jsonl)", lambda case: bool(case.courses)),
    "class_priors": Need(
        "the prior that the settings impose on rows with one label each",
        lambda case: any(c.prior is not None and not c.prior.multi_label for c in case.courses or ()),
    ),
    "batch_mix": Need("the class shares of batches, as measured and as expected (epochs.jsonl)", _batch_mix),
    "information": Need("the information in the outputs, measured in each epoch (epochs.jsonl)", _information),
    "score": Need("a score ([score])", lambda case: bool(case.setting("score"))),
    "ledgers": Need("rows per class and [balance]", lambda case: bool(case.ledgers)),
    "one_label_ledgers": Need(
        "rows per class, with one label a row, and [balance]",
        lambda case: any(not ledger.plan.prior.multi_label for ledger in case.ledgers or ()),
    ),
    "predictions": Need("predictions", lambda case: bool(case.predictions)),
    "evaluated": Need("predictions of rows whose class is known", _evaluated),
    "grouped_predictions": Need("predictions of rows with known classes and groups", _grouped_predictions),
    "single_labels": Need("predictions of rows with one label each", _single_label_predictions),
    "openings": Need("a locked test that was opened", lambda case: bool(case.openings)),
    "comparisons": Need("a comparison of runs or models", lambda case: bool(case.comparisons)),
    "worth": Need("a nested evaluation of blends", lambda case: case.worth is not None),
    "verdicts": Need("models that were compared", lambda case: bool(case.verdicts)),
}
"""Every requirement by name."""
