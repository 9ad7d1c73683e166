"""The door through which documents of a record come in: a document that is not as described is a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from evenhand.base.storage.documents.checks import (
    ExaminationDocument,
    LedgerDocument,
    ReadingDocument,
    SkewDocument,
)
from evenhand.base.storage.documents.configuration import EnvironmentDocument, ResolvedDocument
from evenhand.base.storage.documents.data import DataDocument
from evenhand.base.storage.documents.folds import FoldsDocument
from evenhand.base.storage.documents.scores import ScoresDocument
from evenhand.base.storage.documents.shapes import FindingDocument
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
    "environment.json": EnvironmentDocument,
    "resolved.toml": ResolvedDocument,
    "findings.jsonl": list[FindingDocument],
    "evaluation.json": dict[str, Any],
    "ensemble.json": dict[str, dict[str, Any]],
    "nested_evaluation.json": dict[str, Any],
    "audit.json": dict[str, Any],
    "ablation.json": dict[str, Any],
    "neighbours.json": dict[str, Any],
    "code_bits.json": list[dict[str, Any]],
    "test_opened.json": list[str],
}
"""Name of a file -> what it holds."""


def fault_of(name: str, document: Any) -> str | None:
    """Return what is wrong with a document, completing "FILE …", or None.

    Parameters
    ----------
    name
        Of the file, without folders; others are only searched for infinite numbers.
    """
    for key in _infinite(document, ""):
        return f"holds a number beyond the range of floating-point numbers at {key[1:] or 'its top'}"
    if name not in _MODELS:
        return None
    try:
        _adapter(name).validate_python(document)
    except ValidationError as error:
        first, count = error.errors()[0], error.error_count()
        # names of branches of a union stand in brackets or as types: the keys alone say where
        key = ".".join(str(part) for part in first["loc"] if not _is_branch(part)) or "its top"
        more = f", and {count - 1:,} more faults" if count > 1 else ""
        return f"holds {_shown(first['input'])} at {key}: {first['msg'].lower()}{more}"
    return None


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_MODELS[name])


def _infinite(value: Any, key: str) -> Iterator[str]:
    # a stack, since documents may be nested as deeply as the JSON reader allows
    stack = [(value, key)]
    while stack:
        value, key = stack.pop()
        if isinstance(value, float) and not math.isfinite(value):
            yield key
        elif isinstance(value, dict):
            stack += [(item, f"{key}.{name}") for name, item in value.items()]
        elif isinstance(value, list):
            stack += [(item, f"{key}.{at}") for at, item in enumerate(value)]


def _is_branch(part: int | str) -> bool:
    return isinstance(part, str) and (part.endswith("]") or part in {"float", "int", "str", "none", "Document"})


def _shown(value: Any) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"
