"""EH206: batches whose class mix differs from the expected one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.base.values import Floats
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.training_history import TrainingHistory
from evenhand.diagnosis.rule import Found, rule


@rule("EH206", slug="batches-not-as-expected", severity="error", needs=("histories", "batch_mix"))
def check(evidence: Evidence, *, spare: float = 0.02, errors: float = 5.0) -> Iterator[Found]:
    """Find training runs whose batches had other class shares than expected.

    What it checks: the class shares of the rows in an epoch's batches against the shares that sampler and counts
    imply; both are in epochs.jsonl. It fires where a class is off by more than `spare` and by more than `errors`
    standard errors of as many independent draws, and by two rows.

    Why it matters: the balance ledger describes batches that were never made. The usual causes are a sampler that
    received labels in another order, and code that samples rows on its own.

    What to do: look for code that samples rows between sampler and batch; compare the order of the labels with
    that of the rows.

    Limits: not applicable where no expected mix was recorded. Mixup and CutMix blend rows after sampling; label
    shares are compared.

    Example: `lite0, fold 0, seed 0: batches of epoch 4 held 2.1% of class O, 25.0% were expected.`
    """
    for history in evidence.histories or ():
        worst = max(_off(history, spare, errors), default=None)
        if worst is None:
            continue
        _, epoch, c, seen, expected = worst
        yield Found(
            message=f"{history.name}: batches of epoch {epoch + 1} held {seen:.1%} of class {history.classes[c]}, "
            f"{expected:.1%} were expected.",
            about=history.model,
            evidence={"epoch": epoch, "class": history.classes[c], "held": seen, "expected": expected},
        )


def _off(history: TrainingHistory, spare: float, errors: float) -> Iterator[tuple[float, int, int, float, float]]:
    """Yield (deviation, epoch, class, measured share, expected share) of the worst class of each epoch."""
    for number, line in enumerate(history.lines):
        held, expected = _shares(line.get("batch_mix")), _shares(line.get("expected_mix"))
        if held is None or expected is None or len(held) != len(expected):
            continue
        rows = float(((line.get("sets") or {}).get("train") or {}).get("rows") or np.inf)
        apart = np.abs(held - expected)
        # Binomial standard error of a share of `rows` draws, and two rows for what rounding to batches does.
        allowed = np.maximum(spare, errors * np.sqrt(expected * (1 - expected) / rows)) + 2 / rows
        c = int((apart - allowed).argmax())
        if apart[c] > allowed[c]:
            yield float(apart[c]), int(line.get("epoch", number)), c, float(held[c]), float(expected[c])


def _shares(values: object) -> Floats | None:
    if not isinstance(values, (list, tuple)) or any(value is None for value in values):
        return None
    shares = np.array(values, dtype=np.float64)
    return np.asarray(shares / shares.sum()) if shares.sum() > 0 else None
