"""Calls done by worker processes, with the watcher told and failures in words."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.base.errors import TaskError
from evenhand.engines.call import CallFailure, Event, FunctionCall
from evenhand.engines.local import run_calls
from evenhand.pipeline.stages.progress import Watcher


def work(
    calls: Sequence[FunctionCall],
    watcher: Watcher,
    *,
    workers: int,
    threads: int,
    one_call: bool = False,
) -> list[Any]:
    """Return what worker processes return for each call; all calls are of one function.

    The watcher counts calls, or, where there is `one_call`, the steps that it tells; alarms and what came of a
    training are said as they come.

    Raises
    ------
    TaskError
        Naming every call that failed.
    """
    if not calls:
        return []
    done = 0
    arguments = [call.arguments() for call in calls]

    def listen(event: Event) -> None:
        nonlocal done
        if event.kind == "retried":
            watcher.says(f"{_named(arguments[event.call])}: {event.says} It is tried once more.")
        elif event.kind == "progress" and one_call:
            watcher.advance(*event.value)
        elif event.kind == "progress" and isinstance(event.value, dict):
            watcher.says(alarm_words(event.value["alarm"]))
        elif event.kind == "done" and not one_call:
            done += 1
            watcher.advance(done)
            if words := score_words(event.value):
                watcher.says(f"{_named(arguments[event.call])}: {words}")

    results = run_calls(calls[0].function, arguments, workers=workers, threads=threads, on_event=listen)
    failed = [(_named(arguments[r.call]), r.failure) for r in results if r.failure is not None]
    if failed:
        _show_details(failed)
        told = "\n".join(f"  {name}: {_in_words(failure)}" for name, failure in failed)
        raise TaskError(f"{len(failed)} of {len(results)} tasks failed; what is done is kept.\n{told}")
    return [result.value for result in results]


def alarm_words(alarm: Mapping[str, Any]) -> str:
    """Return an alarm of a training as a line: code, severity, what is wrong, what was done."""
    return f"{alarm['code']} {alarm['severity']}: {alarm['says']} {alarm['did']}"


def score_words(summary: Any) -> str:
    """Return the score of a training that is done, and every part of it; "" for what is no summary of one."""
    if not isinstance(summary, Mapping) or not isinstance(summary.get("parts"), Mapping):
        return ""
    parts = ", ".join(f"{name} {_figure(value)}" for name, value in summary["parts"].items())
    return f"score {_figure(summary['score'])} ({parts}) in epoch {summary['epoch']} of {summary['epochs']}."


def _figure(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:.3f}"


def _in_words(failure: CallFailure) -> str:
    """Return why a call failed; a full disk is met in many libraries, each with words of its own."""
    if "No space left" in failure.says:
        return "the disk is full. Free some space (evenhand cache --clear), then give the same command to go on."
    return failure.says


def _named(call: Mapping[str, Any]) -> str:
    """Return the words for a call: its model, fold and seed."""
    return ", ".join(f"{key} {call[key]}" for key in ("model", "fold", "seed") if key in call)


def _show_details(failed: Sequence[tuple[str, CallFailure]]) -> None:
    """Print the workers' tracebacks where they were asked for."""
    if os.environ.get("EVENHAND_DEBUG"):
        for name, failure in failed:
            sys.stderr.write(f"{name}:\n{failure.detail}\n")
