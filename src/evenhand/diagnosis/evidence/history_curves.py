"""The learning curves of one of our own fits, from the lines of its epochs.jsonl."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evenhand.curves.fit_curves import TRAIN, VALIDATION, Curve, FitCurves
from evenhand.curves.metric_words import direction

CRITERIA = {"score": "score", "loss": "loss"}
"""`train.choose_by` -> the curve that it maximises or minimises."""


def curves_of_lines(
    model: str,
    fold: int | None,
    seed: int | None,
    lines: Sequence[Mapping[str, Any]],
    *,
    choose_by: str = "",
    kept: int | None = None,
    since: int = 0,
) -> FitCurves:
    """Return losses, score with its parts, and accuracies of a fit, epochs counted from 1.

    Parameters
    ----------
    model, fold, seed
        Which fit it is.
    lines
        One per epoch, as in epochs.jsonl.
    choose_by
        `train.choose_by`: "score", "loss" or "last".
    kept
        The epoch whose weights were kept, counted from 0 as in the file.
    since
        The position of the line with which the last stage begins.
    """
    parts = list(dict.fromkeys(name for line in lines for name in line.get("parts") or {}))
    columns: dict[tuple[str, str], tuple[list[Any], bool | None]] = {
        (TRAIN, "loss"): ([line.get("train_loss") for line in lines], False),
        (VALIDATION, "loss"): ([line.get("validation_loss") for line in lines], False),
        (VALIDATION, "score"): ([line.get("score") for line in lines], True),
    }
    for name in parts:
        columns[VALIDATION, name] = ([(line.get("parts") or {}).get(name) for line in lines], direction(name))
    for rows in dict.fromkeys(name for line in lines for name in line.get("sets") or {}):
        if rows != "validation_uncorrected":
            accuracies = [_accuracy((line.get("sets") or {}).get(rows)) for line in lines]
            columns.setdefault((rows, "accuracy"), (accuracies, True))
    score, criterion = columns[VALIDATION, "score"][0], CRITERIA.get(choose_by, "")
    if len(parts) == 1 and columns[VALIDATION, parts[0]][0] == score:
        del columns[VALIDATION, "score"]  # one metric alone is the score
        criterion = parts[0] if criterion == "score" else criterion
    at = np.array([1 + int(line.get("epoch", n)) for n, line in enumerate(lines)], dtype=np.float64)
    curves = tuple(
        curve
        for (rows, metric), (values, better) in columns.items()
        if len((curve := _curve(rows, metric, at, values, better)).values)
    )
    return FitCurves(
        model,
        fold,
        seed,
        curves,
        criterion=criterion,
        kept=None if kept is None else kept + 1.0,
        since=float(at[since]) if len(at) else 0.0,
    )


def _curve(rows: str, metric: str, at: Any, values: list[Any], better: bool | None) -> Curve:
    # null in the file: not evaluated in this epoch, or not a number, which the file does not tell apart
    there = np.array([isinstance(value, (int, float)) for value in values], dtype=bool)
    numbers = np.array([value for value, known in zip(values, there, strict=True) if known], dtype=np.float64)
    return Curve(rows, metric, at[there], numbers, better)


def _accuracy(statistics: Mapping[str, Any] | None) -> float | None:
    """Return the share of rows predicted correctly: recall weighted by the shares of classes."""
    shares, recalls = ((statistics or {}).get(key) for key in ("share", "recall"))
    if not shares or not recalls or len(shares) != len(recalls):
        return None
    # `share` of several labels sums to more than 1; then this is no accuracy
    if abs(sum(shares) - 1) > 1e-6:
        return None
    return float(sum(s * r for s, r in zip(shares, recalls, strict=True) if s and r is not None))
