"""The scores of a finished run as its record holds them."""

from __future__ import annotations

from typing import Any

from evenhand.base.storage.record import Record

_LEVELS = 3
"""Objects below "scores": those of a model, a set of rows, and a metric."""


def scores_of(record: Record) -> dict[str, Any]:
    """Return scores.json, in which "scores" (model -> set -> metric -> figure) and "headline" are objects.

    Either is empty where the file has none.

    Raises
    ------
    RecordError
        If the run is not finished, or the file holds something else.
    """
    document = record.object("scores.json")
    document |= {name: document.get(name) or {} for name in ("scores", "headline")}
    if not _nested(document["scores"], _LEVELS) or not _nested(document["headline"], 0):
        raise record.damaged("scores.json", "its scores or its headline are not objects")
    return document


def _nested(value: Any, levels: int) -> bool:
    return isinstance(value, dict) and (not levels or all(_nested(below, levels - 1) for below in value.values()))
