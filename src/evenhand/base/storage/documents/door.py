"""The door through which documents of a record come in: a document that is not as described is a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from evenhand.base.storage.documents.audit import AuditDocument
from evenhand.base.storage.documents.checks import (
    ExaminationDocument,
    LedgerDocument,
    ReadingDocument,
    SkewDocument,
)
from evenhand.base.storage.documents.configuration import EnvironmentDocument, ResolvedDocument
from evenhand.base.storage.documents.data import DataDocument
from evenhand.base.storage.documents.early import ThresholdDocument
from evenhand.base.storage.documents.epochs import EpochDocument
from evenhand.base.storage.documents.evaluation import EvaluationDocument
from evenhand.base.storage.documents.folds import FoldsDocument
from evenhand.base.storage.documents.retrieval import CodesDocument, NeighboursDocument
from evenhand.base.storage.documents.scores import ScoresDocument
from evenhand.base.storage.documents.selection import AblationDocument, BlendDocument, NestedDocument
from evenhand.base.storage.documents.shapes import FindingDocument
from evenhand.base.storage.documents.store import EntryDocument
from evenhand.base.storage.documents.tasks import TaskDocument

_MODELS: dict[str, Any] = {
    "data.json": DataDocument,
    "scores.json": ScoresDocument,
    "folds.json": FoldsDocument,
    "skew.json": SkewDocument,
    "balance.json": list[LedgerDocument],
    "examination.json": ExaminationDocument,
    "reading.json": list[ReadingDocument],
    "task.json": TaskDocument,
    "entry.json": EntryDocument,
    "environment.json": EnvironmentDocument,
    "resolved.toml": ResolvedDocument,
    "findings.jsonl": list[FindingDocument],
    "evaluation.json": EvaluationDocument,
    "ensemble.json": dict[str, BlendDocument],
    "nested_evaluation.json": NestedDocument,
    "audit.json": AuditDocument,
    "ablation.json": AblationDocument,
    "neighbours.json": NeighboursDocument,
    "code_bits.json": list[CodesDocument],
    "epochs.jsonl": list[EpochDocument],
    "earliness.json": dict[str, list[ThresholdDocument]],
    "test_opened.json": list[str],
}
"""Name of a file -> what it holds."""

MOST_LEVELS = 64
"""Levels of lists and objects within one another; those of a run have about ten."""


def fault_of(name: str, document: Any) -> str | None:
    """Return what is wrong with a document, completing "FILE …", or None.

    Parameters
    ----------
    name
        Of the file, without folders; others are only searched for infinite numbers.
    """
    for fault in _beyond(document):
        return fault
    if name not in _MODELS:
        return None
    try:
        _adapter(name).validate_python(document)
    except ValidationError as error:
        # without what a validator raised: its traceback would keep the caller's variables, such as locks, alive
        first, count = error.errors(include_context=False)[0], error.error_count()
        # names of branches of a union stand in brackets or as types: the keys alone say where
        key = ".".join(str(part) for part in first["loc"] if not _is_branch(part)) or "its top"
        more = f", and {count - 1:,} more faults" if count > 1 else ""
        # of a section pydantic names its own classes
        objects = first["type"] in ("model_type", "dict_type")
        words = "input should be an object" if objects else first["msg"].lower()
        return f"holds {_shown(first['input'])} at {key}: {words}{more}"
    return None


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_MODELS[name])


def _beyond(document: Any) -> Iterator[str]:
    """Yield what no reader of a document should have to bear: numbers beyond all range, and depths."""
    # a stack, since documents may be nested as deeply as the JSON reader allows
    stack: list[tuple[Any, str, int]] = [(document, "", 0)]
    while stack:
        value, key, depth = stack.pop()
        if _is_infinite(value):
            yield f"holds a number beyond the range of floating-point numbers at {key[1:] or 'its top'}"
        elif isinstance(value, dict | list):
            if depth == MOST_LEVELS:
                yield f"is nested more than {MOST_LEVELS} levels deep, at {key[1:60]}"
            items = value.items() if isinstance(value, dict) else enumerate(value)
            stack += [(item, f"{key}.{name}", depth + 1) for name, item in items]


def _is_infinite(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    # the largest float rounds up from here on
    return isinstance(value, int) and abs(value) >= 2**1024 - 2**970


def _is_branch(part: int | str) -> bool:
    return isinstance(part, str) and (part.endswith("]") or part in {"float", "int", "str", "none", "Document"})


def _shown(value: Any) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"
