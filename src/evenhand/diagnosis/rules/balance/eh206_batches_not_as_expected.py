"""EH206: batches that do not hold what the settings say they should."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.base.values import Floats
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.training_history import TrainingHistory
from evenhand.diagnosis.rule import Found, rule


@rule("EH206", slug="batches-not-as-expected", severity="error", needs=("courses", "batch_mix"))
def check(case: Evidence, *, spare: float = 0.02, errors: float = 5.0) -> Iterator[Found]:
    """Find trainings whose batches held other shares of the classes than they should.

    What it checks: the classes of the rows that an epoch's batches held, beside what sampler and counts let
    expect, as epochs.jsonl tells both. It fires where a class is off by more than `spare` and by more than `errors`
    standard errors of as many independent draws, and by two rows.

    Why it matters: the ledger, and every reason why this mix was chosen, speak of batches that were never made.
    Mostly a sampler was given labels in another order, or a part of the code drew rows by itself.

    What to do: look for what draws rows between sampler and batch; compare the order of the labels with that of
    the rows.

    Limits: silent where no expected mix was noted. Mixup and CutMix blend rows after they are drawn; shares of
    labels are compared.

    Example: `lite0, fold 0, seed 0: batches of epoch 3 held 2.1% of class O, 25.0% were expected.`
    """
    for course in case.courses or ():
        worst = max(_off(course, spare, errors), default=None)
        if worst is None:
            continue
        _, epoch, c, seen, told = worst
        yield Found(
            says=f"{course.name}: batches of epoch {epoch} held {seen:.1%} of class {course.classes[c]}, "
            f"{told:.1%} were expected.",
            about=course.model,
            evidence={"epoch": epoch, "class": course.classes[c], "held": seen, "expected": told},
        )


def _off(course: TrainingHistory, spare: float, errors: float) -> Iterator[tuple[float, int, int, float, float]]:
    """Yield (how far off, epoch, class, share held, share expected) of the worst class of each epoch off."""
    for number, line in enumerate(course.lines):
        held, told = _shares(line.get("batch_mix")), _shares(line.get("expected_mix"))
        if held is None or told is None or len(held) != len(told):
            continue
        rows = float(((line.get("sets") or {}).get("train") or {}).get("rows") or np.inf)
        apart = np.abs(held - told)
        allowed = np.maximum(spare, errors * np.sqrt(told * (1 - told) / rows)) + 2 / rows
        c = int((apart - allowed).argmax())
        if apart[c] > allowed[c]:
            yield float(apart[c]), int(line.get("epoch", number)), c, float(held[c]), float(told[c])


def _shares(values: object) -> Floats | None:
    if not isinstance(values, (list, tuple)) or any(value is None for value in values):
        return None
    shares = np.array(values, dtype=np.float64)
    return np.asarray(shares / shares.sum()) if shares.sum() > 0 else None
