"""Decision thresholds that `earliness` found, kept in the record for predictions while rows arrive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.base.errors import RecordError
from evenhand.base.storage.record import Record
from evenhand.pipeline.earliness.decisions import Decisions

_FILE = "earliness.json"


@dataclass(frozen=True)
class Threshold:
    """The confidence that decisions of a stated precision need, None if none suffices; and the steps looked at."""

    threshold: float | None
    steps: tuple[int, ...]


def store_thresholds(record: Record, model: str, decisions: Decisions, steps: Sequence[int]) -> None:
    """Write the threshold of a model for the precision asked for into the record, beside those of others."""
    held = record.json(_FILE) if record.has(_FILE) else {}
    threshold = decisions.threshold if np.isfinite(decisions.threshold) else None
    own = [one for one in held.get(model, []) if one["precision"] != decisions.target]
    own.append({"precision": decisions.target, "threshold": threshold, "steps": [int(step) for step in steps]})
    record.write_json(_FILE, {**held, model: own})


def stored_thresholds(record: Record, model: str) -> dict[float, Threshold]:
    """Return precision -> threshold of a model; empty if `earliness` was not run for it.

    Raises
    ------
    RecordError
        If the file is damaged.
    """
    held = record.json(_FILE) if record.has(_FILE) else {}
    try:
        return {
            float(one["precision"]): Threshold(
                None if one["threshold"] is None else float(one["threshold"]),
                tuple(int(step) for step in one["steps"]),
            )
            for one in held.get(model, [])
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        raise RecordError(
            f"{record.path}: {_FILE} does not hold thresholds. Remove it, and run earliness again."
        ) from None
