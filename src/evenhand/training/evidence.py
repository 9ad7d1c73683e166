"""epochs.jsonl: one line per epoch, what was learned and how it was judged."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from evenhand.base.files import to_json, write_text
from evenhand.training.job import Score


def epoch_line(
    epoch: int, stage: int, *, seconds: float, rate: float, train_loss: float, loss: float, form: str, score: Score
) -> dict[str, Any]:
    """Return the line of one epoch as plain values.

    `form` says which weights the validation figures belong to: "plain", or "ema" where the average did better.
    Figures that cannot be estimated (NaN) become null in the file.
    """
    return {
        "epoch": epoch,
        "stage": stage,
        "seconds": round(seconds, 4),
        "learning_rate": rate,
        "train_loss": train_loss,
        "validation_loss": loss,
        "form": form,
        "score": score.value,
        "parts": dict(score.parts),
        "recall": list(score.recall),
        "predicted": list(score.predicted),
    }


def write_epochs(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Write epochs.jsonl whole, through a rename: a break neither doubles nor loses a line."""
    write_text(path, "".join(f"{to_json(line)}\n" for line in lines))
