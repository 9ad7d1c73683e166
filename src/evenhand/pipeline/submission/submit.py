"""`submit`: run the user's own upload command, if the gate of [submit] is passed, and log it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evenhand.base.errors import ConfigError, DataError, EvenhandError, Fault
from evenhand.base.storage.record import Record
from evenhand.base.values import RowSet
from evenhand.evaluation.metrics.metric_names import parse
from evenhand.evaluation.selection.selection_report import choice_words
from evenhand.pipeline.submission.submission_log import add, noted, written_as
from evenhand.settings.load import Settings, load
from evenhand.settings.submit import SubmitConfig


@dataclass(frozen=True)
class SubmissionGate:
    """Whether a file may be uploaded.

    Attributes
    ----------
    passed
        Whether it may.
    says
        Why, or why not, in a sentence.
    model, metric, figure
        What was looked at; None for a figure that cannot be estimated.
    basis
        What the figure is: "out of fold", or "out of fold, corrected for ..." where the model was chosen as the
        best of several.
    overridden
        Rows of the file that a consensus took from the model; the figure is that of the model without it.
    """

    passed: bool
    says: str
    model: str
    metric: str
    figure: float | None
    basis: str = "out of fold"
    overridden: int = 0


@dataclass(frozen=True)
class Submitted:
    """What became of a submission.

    Attributes
    ----------
    gate
        Whether it was let through.
    event
        "uploaded", "failed", "refused", "stopped" where the command took too long, so that nobody knows whether
        it arrived (it counts as an upload), or "passed" where nothing was to be run.
    output
        The last of what the command wrote.
    """

    gate: SubmissionGate
    event: str
    output: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {"event": self.event, "output": self.output, **vars(self.gate)}


def submit(
    config: str | Path | Mapping[str, Any], record: str | Path | Record, file: str | Path, *, dry: bool = False
) -> Submitted:
    """Run the upload command of your [submit] section for a file, if the gate is passed.

    The section is read from your configuration and never from the record, so that a stranger's record runs nothing.

    Parameters
    ----------
    config
        A TOML file, or a mapping of the same shape.
    record
        The run that the file was written from (`predict` with `like`).
    file
        The submission.
    dry
        Only say whether it would pass.

    Raises
    ------
    DataError
        If the file is not there, or was not written from this run or was changed since.
    ConfigError
        If there is no command.
    RecordError
        If another process works on the record: it is held from counting uploads until this one is noted.
    """
    run = record if isinstance(record, Record) else Record.open(record)
    path = Path(file)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file. Write it with: evenhand predict RECORD --like SAMPLE.csv")
    settings = load(config)
    wanted = settings.submit
    if not wanted.command and not dry:
        raise ConfigError(
            "configuration" if isinstance(config, Mapping) else str(config),
            [Fault("submit.command", "is empty", "name the program that uploads, with {file} among its arguments")],
        )
    if dry:
        passed = gate(run, settings, path)
        return Submitted(passed, "passed" if passed.passed else "refused")
    with run.locked():
        passed = gate(run, settings, path)
        if not passed.passed:
            add(run, "refused", path, **_how(passed))
            return Submitted(passed, "refused")
        return _uploaded(run, wanted, path, passed)


def gate(run: Record, settings: Settings, path: Path) -> SubmissionGate:
    """Return whether a file that was written from a run may be uploaded.

    Raises
    ------
    DataError
        If the run has not written it.
    """
    line = written_as(run, path)
    if line is None:
        raise DataError(
            f"{path}: was not written from {run.path}, or was changed since, so nobody knows what it is worth. "
            "Write it again with: evenhand predict RECORD --like SAMPLE.csv"
        )
    model = str(line["model"])
    wanted = settings.submit
    metric = wanted.metric or next(iter(settings.score.weights))
    figure, basis = _figure(run, model, metric)
    overridden = len(line.get("overridden", ()))
    known = SubmissionGate(False, "", model, metric, figure, basis, overridden)
    judged = _counted(known, noted(run), wanted.at_most_per_run) or _judged(
        known, wanted.at_least, _higher(metric, settings)
    )
    if not overridden:
        return judged
    told = (
        f"{overridden:,} of {line['rows']:,} rows of the file were overridden by a consensus; the figure is that "
        f"of {model} without it, and of the file as it is none is known."
    )
    return replace(judged, says=f"{judged.says} {told}")


def _counted(known: SubmissionGate, lines: Sequence[Mapping[str, Any]], most: int) -> SubmissionGate | None:
    """Return a refusal where the run has no uploads left; one that was stopped may have arrived, and counts."""
    events = [line.get("event") for line in lines]
    stopped = events.count("stopped")
    sent = events.count("uploaded") + stopped
    if sent < most:
        return None
    more = f"; {stopped} of them stopped by submit.timeout_s, which may have arrived" if stopped else ""
    says = f"{sent} of at most {most} uploads were made from this run (submit.at_most_per_run{more})."
    return replace(known, says=says)


def _judged(known: SubmissionGate, at_least: float | None, higher: bool) -> SubmissionGate:
    if at_least is None:
        return replace(known, passed=True, says="No figure is asked for (submit.at_least).")
    if known.figure is None:
        return replace(known, says=f"{known.metric} of {known.model} cannot be estimated {known.basis}.")
    enough = known.figure >= at_least if higher else known.figure <= at_least
    side = "at least" if higher else "at most"
    says = (
        f"{known.metric} of {known.model} is {known.figure:.4f} {known.basis}; {side} {at_least:g} is asked for "
        "(submit.at_least)."
    )
    return replace(known, passed=enough, says=says)


def _figure(run: Record, model: str, metric: str) -> tuple[float | None, str]:
    """Return the figure of a model and what it is: rid of what choosing added, where the ladder knows that."""
    scores = run.json("scores.json")["scores"]
    if model not in scores or metric not in scores[model][RowSet.OUT_OF_FOLD]:
        raise EvenhandError(
            f'{run.path}: has no out-of-fold figure "{metric}" of "{model}". Correct submit.metric.'
        )
    estimate, basis = scores[model][RowSet.OUT_OF_FOLD][metric]["estimate"], "out of fold"
    ladder = run.json("worth.json") if run.has("worth.json") else None
    if ladder is not None and ladder["best"]["name"] == model:
        estimate, basis = _chosen(ladder, metric, estimate)
    return (None if estimate is None else float(estimate)), basis


def _chosen(ladder: Mapping[str, Any], metric: str, as_it_stands: Any) -> tuple[Any, str]:
    """Return the figure of the best of a ladder, corrected where that is about this metric, and what it is."""
    best = ladder["best"]
    if ladder["metric"] == metric:
        corrected = best["corrected"]["estimate"]
        chosen = f", corrected for having been chosen as {choice_words(best['of'])}" if best["of"] > 1 else ""
        return corrected, f"out of fold{chosen}"
    if best["of"] == 1:
        return as_it_stands, "out of fold"
    return as_it_stands, (
        f"out of fold, as it stands: the model is {choice_words(best['of'])} by {ladder['metric']}, and only that "
        "figure is corrected for the choice"
    )


def _higher(metric: str, settings: Settings) -> bool:
    return parse(metric, settings.classes.sets, settings.data.levels).metric.higher_is_better


def _uploaded(run: Record, wanted: SubmitConfig, path: Path, passed: SubmissionGate) -> Submitted:
    words: Mapping[str, str] = {
        "{file}": str(path.resolve()),
        "{model}": passed.model,
        "{figure}": "" if passed.figure is None else f"{passed.figure:.4f}",
        "{record}": str(run.path),
    }
    command = [_filled(part, words) for part in wanted.command]
    event, code, output = _run(command, wanted.timeout_s)
    add(run, event, path, **_how(passed), command=command, code=code, output=output)
    return Submitted(passed, event, output)


def _how(passed: SubmissionGate) -> dict[str, Any]:
    """Return what the log says of a gate."""
    return {name: value for name, value in vars(passed).items() if name != "passed"}


def _filled(part: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        part = part.replace(name, value)
    return part


def _run(command: list[str], timeout_s: float, *, most: int = 4000) -> tuple[str, int | None, str]:
    """Return the event, the exit code (None where there is none) and the last of the output."""
    try:
        done = subprocess.run(  # the user's own command, no shell
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=timeout_s,
            check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return "failed", None, f'There is no program "{command[0]}".'
    except OSError as error:
        return "failed", None, f'"{command[0]}" could not be started ({error.strerror}).'
    except subprocess.TimeoutExpired:
        return "stopped", None, f"It was stopped after {timeout_s:g} s (submit.timeout_s)."
    event = "uploaded" if done.returncode == 0 else "failed"
    return event, done.returncode, done.stdout.decode("utf-8", errors="replace")[-most:].strip()
