"""Run calls in worker processes, report progress to the watcher and failures as one error."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.base.errors import TaskError
from evenhand.engines.call import CallFailure, Event, FunctionCall
from evenhand.engines.kept_workers import KeptWorkers
from evenhand.engines.local import run_calls
from evenhand.engines.placement import Placement
from evenhand.pipeline.stages.execution.progress import Watcher


def dispatch(
    calls: Sequence[FunctionCall],
    watcher: Watcher,
    on: Placement,
    *,
    threads: int,
    one_call: bool = False,
    kept: KeptWorkers | None = None,
) -> list[Any]:
    """Return the results of calls of one function, in their order, run in worker processes.

    `on` says in how many, and on which cards. The watcher counts finished calls, or with `one_call` the steps that
    the call reports. Alerts and the scores of finished trainings are passed on as they arrive; a {"note": sentence}
    of several calls once. `kept` are the workers of lists of calls before (`kept_workers`).

    Raises
    ------
    TaskError
        If any call failed; the message names all that did.
    """
    if not calls:
        return []
    done, noted = 0, set[str]()
    arguments = [call.arguments() for call in calls]

    def on_event(event: Event) -> None:
        nonlocal done
        if event.kind == "retried":
            watcher.message(f"{_call_name(arguments[event.call])}: {event.message}")
        elif event.kind == "excluded":
            watcher.message(
                f"{event.message} is not used any more: two tasks failed on it and succeeded on another card. Look "
                "for Xid messages in the kernel's log (dmesg), and at nvidia-smi."
            )
        elif event.kind == "progress" and isinstance(event.value, dict) and "note" in event.value:
            if event.value["note"] not in noted:  # about the machine, which the other calls will say as well
                watcher.message(event.value["note"])
            noted.add(event.value["note"])
        elif event.kind == "progress" and one_call:
            watcher.advance(*event.value)
        elif event.kind == "progress" and isinstance(event.value, dict):
            # Trainings count by task; the dictionaries that they send while they run are alerts and messages.
            name = _call_name(arguments[event.call])
            said = event.value.get("message")
            watcher.message(alert_message(event.value["alarm"]) if said is None else f"{name}: {said}")
        elif event.kind == "done" and not one_call:
            done += 1
            watcher.advance(done)
            if words := score_message(event.value):
                watcher.message(f"{_call_name(arguments[event.call])}: {words}")

    # All calls are finished or failed before an error is raised: hours of other tasks must not be lost to one.
    results = run_calls(
        calls[0].function,
        arguments,
        workers=on.workers,
        places=on.places,
        threads=threads,
        on_event=on_event,
        kept=kept,
    )
    failed = [(_call_name(arguments[r.call]), r.failure) for r in results if r.failure is not None]
    if failed:
        _show_details(failed)
        lines = "\n".join(f"  {_failure_line(name, failure)}" for name, failure in failed)
        raise TaskError(
            f"{len(failed)} of {len(results)} tasks failed; the results of the others are kept.\n{lines}"
        )
    return [result.value for result in results]


def kept_workers() -> KeptWorkers:
    """Return a context for several lists of calls of tasks, whose processes are started once and end with it."""
    return KeptWorkers("evenhand.training.tasks.initial_network:release_memory")


def alert_message(alert: Mapping[str, Any]) -> str:
    """Return an alert of a training as one line: code, severity, what is wrong, what was done."""
    return f"{alert['code']} {alert['severity']}: {alert['message']} {alert['action']}"


def score_message(summary: Any) -> str:
    """Return the score of a finished training and its parts; "" if the value is not the summary of a training.

    Here, as in all texts, epochs are counted from 1; files and values count them from 0.
    """
    if not isinstance(summary, Mapping) or not isinstance(summary.get("parts"), Mapping):
        return ""
    parts = ", ".join(f"{name} {_figure(value)}" for name, value in summary["parts"].items())
    return f"score {_figure(summary['score'])} ({parts}) in epoch {summary['epoch'] + 1} of {summary['epochs']}."


def _figure(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:.3f}"


def _failure_line(name: str, failure: CallFailure) -> str:
    """Return which call failed and why; many errors of tasks name their task themselves."""
    message = _failure_message(failure)
    return message if message.lower().startswith(f"{name}: ".lower()) else f"{name}: {message}"


def _failure_message(failure: CallFailure) -> str:
    """Return why a call failed."""
    # Each library words ENOSPC differently, and the errno does not survive the trip between processes.
    if "No space left" in failure.message:
        return (
            "the disk is full. Free some space (evenhand cache --clear), then run the same command again to resume."
        )
    if failure.type == "WorkerDied" and failure.remedy == "alone here":
        return (
            f"{failure.message.partition(', for the second time')[0]}, also when no other task ran. Linux does "
            "that when the memory of the machine, or of the container, is used up. Lower train.batch_size or the "
            "size of rows, end other programs, or give it more memory; then run the same command again to resume."
        )
    return failure.message


def _call_name(call: Mapping[str, Any]) -> str:
    """Return what identifies a call: its model, fold and seed."""
    return ", ".join(f"{key} {call[key]}" for key in ("model", "fold", "seed") if key in call)


def _show_details(failed: Sequence[tuple[str, CallFailure]]) -> None:
    """Print the tracebacks of the workers in debug mode."""
    if os.environ.get("EVENHAND_DEBUG"):
        for name, failure in failed:
            sys.stderr.write(f"{name}:\n{failure.detail}\n")
