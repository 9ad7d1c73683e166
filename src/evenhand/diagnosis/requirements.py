"""What rules may need of the evidence, and the words for what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evenhand.curves.fit_curves import Curve
from evenhand.curves.trend import LEAST
from evenhand.diagnosis.evidence.data_parts import LEAST_GROUPS, LEAST_ROWS, described_columns
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.evaluation.core.evaluated_rows import known


@dataclass(frozen=True)
class Need:
    """A requirement of a rule: words for what is missing, and a test of whether the evidence has it."""

    words: str
    there: Callable[[Evidence], bool]


def _labelled(evidence: Evidence) -> bool:
    return evidence.samples is not None and bool(np.any(evidence.samples.matrix()))


def _several_parts(evidence: Evidence) -> bool:
    return evidence.samples is not None and evidence.sides is not None and len(set(evidence.sides)) > 1


def _comparable(evidence: Evidence) -> bool:
    hashed = evidence.samples is not None and "content" in evidence.samples.frame
    return hashed or evidence.pictures is not None


def _image_facts(evidence: Evidence) -> bool:
    # Facts of other kinds have columns of their own (sampling rate, leads) that no rule about image files reads.
    columns = set() if evidence.facts is None else set(evidence.facts)
    return bool(columns & {"mode", "format"}) or {"width", "height"} <= columns


def _evaluated(evidence: Evidence) -> bool:
    return any(p.truth is not None and bool(known(p.truth).any()) for p in evidence.predictions or ())


def _grouped_predictions(evidence: Evidence) -> bool:
    return any(p.named_groups is not None for p in evidence.predictions or ()) and _evaluated(evidence)


def _single_label_predictions(evidence: Evidence) -> bool:
    return any(p.truth is not None and not p.multi_label for p in evidence.predictions or ())


def _several_predicted(evidence: Evidence) -> bool:
    return any(p.truth is not None and p.multi_label for p in evidence.predictions or ()) and _evaluated(evidence)


def _batch_mix(evidence: Evidence) -> bool:
    return any(
        line.get("batch_mix") and line.get("expected_mix") for one in evidence.histories or () for line in one.lines
    )


def _loss_terms(evidence: Evidence) -> bool:
    return any(line.get("terms") for one in evidence.histories or () for line in one.lines)


def _information(evidence: Evidence) -> bool:
    sets = [line.get("sets") or {} for history in evidence.histories or () for line in history.lines[-1:]]
    return any((one.get("validation") or {}).get("information") is not None for one in sets) or any(
        history.log is not None and (history.log.loss or history.log.train_loss)
        for history in evidence.histories or ()
    )


def _losses_held_out(evidence: Evidence) -> bool:
    return any(_long(one.curves.loss) for one in evidence.histories or ())


def _criterion(evidence: Evidence) -> bool:
    return any(_long(one.curves.deciding) for one in evidence.histories or ())


def _two_criteria(evidence: Evidence) -> bool:
    return any(_long(one.curves.loss) and any(map(_long, one.curves.metrics)) for one in evidence.histories or ())


def _reference(evidence: Evidence) -> bool:
    models = {one.model for one in evidence.histories or ()}
    trained = any(_long(one.curves.loss) and _long(one.curves.train_loss) for one in evidence.histories or ())
    return trained and (len(models) > 1 or bool(evidence.floor))


def _long(curve: Curve | None) -> bool:
    return curve is not None and int(curve.finite.sum()) >= LEAST


NEEDS: dict[str, Need] = {
    "samples": Need("samples", lambda evidence: evidence.samples is not None),
    "labels": Need("labels", _labelled),
    "named_classes": Need(
        "a list of classes (data.classes)", lambda evidence: bool(evidence.setting("data.classes"))
    ),
    "paths": Need(
        "names of the files", lambda evidence: bool(evidence.samples and "path" in evidence.samples.frame)
    ),
    "one_label": Need(
        "rows with one label each",
        lambda evidence: evidence.samples is not None and not evidence.samples.multi_label,
    ),
    "several_labels": Need(
        'rows that may have several labels (data.task = "multi")',
        lambda evidence: evidence.samples is not None and str(evidence.samples.task) == "multi",
    ),
    "groups": Need(
        "a group column (data.group)", lambda evidence: bool(evidence.samples and evidence.samples.grouped)
    ),
    "columns": Need(
        "a table with further columns",
        lambda evidence: bool(evidence.samples and described_columns(evidence.samples)),
    ),
    "folds": Need("folds", lambda evidence: evidence.folds is not None),
    "sampled_test": Need(
        "a locked test sampled at random (folds.test.fraction)",
        lambda evidence: evidence.samples is not None and evidence.sampled_test is not None,
    ),
    "parts": Need("folds, or a split column with two values (data.split)", _several_parts),
    "two_parts": Need(
        f"a locked test, or a predefined split, with {LEAST_ROWS} rows in {LEAST_GROUPS} groups",
        lambda evidence: evidence.samples is not None and evidence.compared is not None,
    ),
    "copies": Need("hashes of the files, or decoded pictures", _comparable),
    "failures": Need("the files decoded", lambda evidence: evidence.failures is not None),
    "image_facts": Need("image files (dimensions, mode or format)", _image_facts),
    "pixel_sizes": Need(
        "files of a kind that can state the size of a pixel",
        lambda evidence: (
            evidence.samples is not None and evidence.facts is not None and "pixel_m" in evidence.facts
        ),
    ),
    "traits": Need(
        "decoded pictures, or another kind with measures of how its rows look",
        lambda evidence: (
            evidence.samples is not None and (evidence.pictures is not None or bool(evidence.traits.size))
        ),
    ),
    "blankness": Need(
        "decoded pictures, or another kind whose rows can be blank",
        lambda evidence: evidence.pictures is not None or evidence.blank_rows is not None,
    ),
    "pictures": Need("decoded pictures", lambda evidence: evidence.pictures is not None),
    "wrapping": Need(
        "measures of what comes with a row (facts of files, or words in their names)",
        lambda evidence: evidence.samples is not None and bool(evidence.wrapping or evidence.name_words[0]),
    ),
    "input_moments": Need(
        "rows of a kind of data that says what its encoders receive", lambda evidence: bool(evidence.input_moments)
    ),
    "unread": Need(
        "models that read a part alone which rows may lack, such as the text of pairs",
        lambda evidence: bool(evidence.unread),
    ),
    "counters": Need(
        "counts of what reading did", lambda evidence: evidence.counters is not None and len(evidence.counters) > 0
    ),
    "features": Need("features of an encoder", lambda evidence: evidence.features is not None),
    "histories": Need("epochs of a training (epochs.jsonl)", lambda evidence: bool(evidence.histories)),
    "loss_terms": Need("a head whose loss has further terms (epochs.jsonl)", _loss_terms),
    "codes": Need("codes of held-out rows, of a head that has codes", lambda evidence: bool(evidence.codes)),
    "losses_held_out": Need(f"the loss of the rows held out in {LEAST} epochs or more", _losses_held_out),
    "criterion": Need(f"a loss or metric of the rows held out in {LEAST} epochs or more", _criterion),
    "two_criteria": Need(
        f"the loss and another metric of the rows held out in {LEAST} epochs or more", _two_criteria
    ),
    "reference": Need(
        f"training and validation losses of {LEAST} epochs or more, and another model or the floor of the run",
        _reference,
    ),
    "class_priors": Need(
        "the prior that the settings impose on rows with one label each",
        lambda evidence: any(c.prior is not None and not c.prior.multi_label for c in evidence.histories or ()),
    ),
    "batch_mix": Need("the class shares of batches, as measured and as expected (epochs.jsonl)", _batch_mix),
    "information": Need(
        "the information in the outputs, measured in each epoch (epochs.jsonl), or the losses of a log",
        _information,
    ),
    "score": Need("a score ([score])", lambda evidence: bool(evidence.setting("score"))),
    "ledgers": Need("rows per class and [balance]", lambda evidence: bool(evidence.ledgers)),
    "one_label_ledgers": Need(
        "rows per class, with one label a row, and [balance]",
        lambda evidence: any(not ledger.plan.prior.multi_label for ledger in evidence.ledgers or ()),
    ),
    "predictions": Need("predictions", lambda evidence: bool(evidence.predictions)),
    "evaluated": Need("predictions of rows whose class is known", _evaluated),
    "grouped_predictions": Need("predictions of rows with known classes and groups", _grouped_predictions),
    "single_labels": Need("predictions of rows with one label each", _single_label_predictions),
    "several_predicted": Need("predictions of rows that may have several labels", _several_predicted),
    "openings": Need("a locked test that was opened", lambda evidence: bool(evidence.openings)),
    "comparisons": Need("a comparison of runs or models", lambda evidence: bool(evidence.comparisons)),
    "floor_comparison": Need(
        "predictions beside the floor of the run (evaluate.floor)",
        lambda evidence: evidence.floor_comparison is not None,
    ),
    "nested": Need("a nested evaluation of blends", lambda evidence: evidence.nested is not None),
    "verdicts": Need("models that were compared", lambda evidence: bool(evidence.verdicts)),
}
"""Every requirement by name."""
