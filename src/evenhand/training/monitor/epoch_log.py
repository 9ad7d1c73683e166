"""epochs.jsonl: one line per epoch with losses, score and statistics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from evenhand.base.storage.files.atomic import to_json, write_text
from evenhand.training.monitor.class_stats import finite_or_none
from evenhand.training.monitor.scorer import Score


def epoch_line(
    epoch: int,
    stage: int,
    *,
    seconds: float,
    learning_rate: float,
    train_loss: float,
    loss: float,
    form: str,
    score: Score,
    recorded: Mapping[str, Any] | None = None,
    sets: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the line of one epoch as plain values.

    Figures that cannot be estimated (NaN) become None, null in the file.
    docs/reference/training.md describes the keys.

    Parameters
    ----------
    form
        Weights of the validation statistics: "plain", or "ema" where the average scored better.
    recorded
        What the recorder of the training returned: train, batch_mix, gradient_share, motion.
    sets
        Name of a set -> statistics of its rows; and `features`, their spread.
    """
    training, evaluated = dict(recorded or {}), dict(sets or {})
    features = evaluated.pop("features", None)
    return {
        "epoch": epoch,
        "stage": stage,
        "seconds": round(seconds, 4),
        "learning_rate": learning_rate,
        "train_loss": finite_or_none(train_loss),
        "validation_loss": finite_or_none(loss),
        "form": form,
        "score": finite_or_none(score.value),
        "parts": dict(score.parts),
        "sets": {"train": training.pop("train", None), **evaluated},
        **training,
        "features": features,
    }


def write_epochs(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Write epochs.jsonl as a whole, through a rename: an interruption neither repeats nor loses a line."""
    write_text(path, "".join(f"{to_json(line)}\n" for line in lines))
