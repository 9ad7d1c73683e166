"""A call: a named function on plain values, its result, and the events on the way."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.files.atomic import plain
from evenhand.engines.schedule import Remedy

_CODE = re.compile(r"\w+(\.\w+)+:\w+")
"""A function as `resolve` takes it."""

Call = Mapping[str, Any]
"""Keyword arguments; values are dict, list, str, int, float, bool or None only."""


@dataclass(frozen=True)
class CallFailure:
    """Why a call failed.

    Attributes
    ----------
    type
        Name of the exception's class, or "WorkerDied".
    message
        One sentence for a person.
    detail
        The traceback, or the last output of a dead worker.
    known
        Whether it was an `EvenhandError`, whose text says what to do.
    remedy, brief
        How it may succeed, and why it failed as a clause, if it is worth another try (`RetryableError`).
    """

    type: str
    message: str
    detail: str = ""
    known: bool = False
    remedy: Remedy = ""
    brief: str = ""


class RetryableError(EvenhandError):
    """A call failed and may succeed if it is tried again in another way; the text says why and what to do.

    Attributes
    ----------
    remedy
        In which way.
    brief
        Why it failed, as a clause.
    detail
        The traceback, as text: the exception itself would keep the memory of the call.
    """

    def __init__(self, message: str, remedy: Remedy, *, brief: str, detail: str = "") -> None:
        super().__init__(message)
        self.remedy, self.brief, self.detail = remedy, brief, detail


@dataclass(frozen=True)
class CallResult:
    """The result of a call.

    Attributes
    ----------
    call
        Position of the call.
    value
        What the function returned; None if it failed.
    failure
        Why it failed, or None.
    seconds
        Wall-clock time of the function.
    """

    call: int
    value: Any = None
    failure: CallFailure | None = None
    seconds: float = 0.0

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> CallResult:
        """Return the result that `document` describes."""
        failure = document["failure"]
        return cls(**{**document, "failure": None if failure is None else CallFailure(**failure)})


@dataclass(frozen=True)
class Event:
    """A change in the state of a call.

    Attributes
    ----------
    kind
        "started", "progress" (reported by the call), "retried" (it failed or its worker died, and is tried again),
        "excluded" (it succeeded after others of its device failed, which is not used any more), "done" or "failed".
    call
        Position of the call.
    worker
        Slot of the worker, 0..workers-1.
    value
        With "progress" the reported value; with "done" the return value.
    message
        With "retried" and "failed" the reason; with "excluded" the device.
    """

    kind: Literal["started", "progress", "retried", "excluded", "done", "failed"]
    call: int
    worker: int
    value: Any = None
    message: str = ""


OnEvent = Callable[[Event], None]
Report = Callable[[Any], None]


@dataclass(frozen=True, kw_only=True)
class FunctionCall:
    """A call as a value: a subclass names its function and has a field for each argument.

    Attributes
    ----------
    function
        "package.module:name", importable by a new interpreter.
    """

    function: ClassVar[str]

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def perform(function: str, call: int, arguments: Call, report: Report) -> CallResult:
    """Run one call in this process and return its result; an exception becomes a failure.

    Parameters
    ----------
    function
        "package.module:name".
    report
        Passed to the function as `progress`, if it has a parameter of that name.
    """
    start = time.perf_counter()
    try:
        target = resolve(function)
        extra = {"progress": report} if "progress" in inspect.signature(target).parameters else {}
        # Through JSON even in this process, so that a value that only works without workers is found by any test.
        value = json.loads(to_line(target(**arguments, **extra)))
        return CallResult(call, value, None, time.perf_counter() - start)
    # SystemExit too: third-party code that calls sys.exit must not end the worker. KeyboardInterrupt passes.
    except (Exception, SystemExit) as error:
        return CallResult(call, None, _failure(error), time.perf_counter() - start)


def resolve(function: str) -> Callable[..., Any]:
    """Return the function that "package.module:name" names."""
    module, _, name = function.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def to_line(value: Any) -> str:
    """Return plain values as one line of JSON; NumPy numbers, arrays and paths are converted."""
    return json.dumps(value, default=_plain, ensure_ascii=True)


def describe(arguments: Call) -> str:
    """Return the scalar arguments of a call as text, for messages; without those that name code.

    >>> describe({"record": "runs/a", "model": "lite0", "fold": 1, "options": {}, "watcher": "a.checks:watch"})
    'record=runs/a, model=lite0, fold=1'
    """
    scalars = [(key, value) for key, value in arguments.items() if isinstance(value, (str, int, float))]
    return ", ".join(f"{key}={value}" for key, value in scalars if not _CODE.fullmatch(str(value)))


def _plain(value: Any) -> Any:
    if isinstance(value, (np.generic, np.ndarray, Path)):
        return plain(value)
    raise TypeError(f"A {type(value).__name__} is not a plain value; calls take and return plain values only.")


def _failure(error: BaseException) -> CallFailure:
    known = isinstance(error, EvenhandError)
    name = type(error).__name__
    message = str(error) if known else f"{name}: {error}".rstrip(": ")
    if isinstance(error, RetryableError):
        return CallFailure(name, message, error.detail, known, error.remedy, error.brief)
    return CallFailure(name, message, "".join(traceback.format_exception(error)), known)
