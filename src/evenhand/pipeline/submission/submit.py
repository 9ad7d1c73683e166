"""`submit`: run the upload command of the user if the gate of [submit] is passed, and log it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evenhand.base.errors import ConfigError, DataError, EvenhandError, Fault
from evenhand.base.storage.record import Record
from evenhand.base.text.escaping import printable
from evenhand.base.text.number_text import is_number
from evenhand.base.values import RowSet
from evenhand.evaluation.metrics.metric_names import parse
from evenhand.evaluation.reading.from_record import model_names
from evenhand.evaluation.reading.scores import scores_of
from evenhand.evaluation.selection.selection_report import choice_words
from evenhand.pipeline.submission.submission_log import add, read_log, written_entry
from evenhand.settings.load import Settings, load
from evenhand.settings.submit import SubmitConfig


@dataclass(frozen=True)
class SubmissionGate:
    """Whether a file may be uploaded.

    Attributes
    ----------
    passed
        Whether it may be uploaded.
    message
        The reason, as a sentence.
    model, metric, figure
        What was checked; the figure is None if it cannot be estimated.
    basis
        What the figure is: "out of fold", or "out of fold, corrected for ..." if the model was selected as the
        best of several.
    overridden
        Number of rows of the file that a consensus overrode; the figure is that of the model without it.
    """

    passed: bool
    message: str
    model: str
    metric: str
    figure: float | None
    basis: str = "out of fold"
    overridden: int = 0


@dataclass(frozen=True)
class SubmissionResult:
    """The outcome of a submission.

    Attributes
    ----------
    gate
        The decision.
    event
        "uploaded", "failed", "refused", "stopped" if the command timed out, so that the upload may have arrived
        (it counts as one), or "passed" for a dry run.
    output
        The end of the output of the command.
    """

    gate: SubmissionGate
    event: str
    output: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {"event": self.event, "output": self.output, **vars(self.gate)}


def submit(
    config: str | Path | Mapping[str, Any], record: str | Path | Record, file: str | Path, *, dry: bool = False
) -> SubmissionResult:
    """Run the upload command of your [submit] section for a file if the gate is passed.

    The section is read from your configuration, never from the record: a stranger's record must not run commands.

    Parameters
    ----------
    config
        A TOML file, or a mapping of the same shape.
    record
        The run that the file was written from (`predict` with `like`).
    file
        The submission.
    dry
        Only check the gate.

    Raises
    ------
    DataError
        If the file is missing, was not written from this run, or was changed since.
    ConfigError
        If no command is configured.
    RecordError
        If another process holds the record, which is locked from counting uploads until this one is logged.
    """
    run = Record.open(record)
    path = Path(file)
    if not path.is_file():
        raise DataError(f"{path}: file not found. Write it with: evenhand predict RECORD --like SAMPLE.csv")
    settings = load(config)
    wanted = settings.submit
    if not wanted.command and not dry:
        raise ConfigError(
            "configuration" if isinstance(config, Mapping) else str(config),
            [Fault("submit.command", "is empty", "name the upload program, with {file} among its arguments")],
        )
    if dry:
        passed = gate(run, settings, path)
        return SubmissionResult(passed, "passed" if passed.passed else "refused")
    # From counting uploads until this one is logged: two processes could otherwise both find one upload left.
    with run.locked():
        passed = gate(run, settings, path)
        if not passed.passed:
            add(run, "refused", path, **_log_fields(passed))
            return SubmissionResult(passed, "refused")
        return _upload(run, wanted, path, passed)


def gate(run: Record, settings: Settings, path: Path) -> SubmissionGate:
    """Return whether a file that was written from a run may be uploaded.

    Raises
    ------
    DataError
        If it was not written from the run.
    """
    line = written_entry(run, path)
    if line is None:
        raise DataError(
            f"{path}: the file was not written from {run.path}, or was changed since, so its figure is unknown. "
            "Write it again with: evenhand predict RECORD --like SAMPLE.csv"
        )
    model = str(line["model"])
    wanted = settings.submit
    metric = wanted.metric or next(iter(settings.score.weights))
    figure, basis = _figure(run, model, metric)
    overridden = len(line.get("overridden", ()))
    known = SubmissionGate(False, "", model, metric, figure, basis, overridden)
    decision = _upload_limit_gate(known, read_log(run), wanted.at_most_per_run) or _figure_gate(
        known, wanted.at_least, _higher(metric, settings)
    )
    if not overridden:
        return decision
    note = (
        f"{overridden:,} of {line['rows']:,} rows of the file were overridden by a consensus; the figure is that "
        f"of {model} without it, and that of the file is unknown."
    )
    return replace(decision, message=f"{decision.message} {note}")


def _upload_limit_gate(
    known: SubmissionGate, lines: Sequence[Mapping[str, Any]], most: int
) -> SubmissionGate | None:
    """Return a refusal if no uploads are left, else None; uploads that timed out may have arrived, and count."""
    events = [line.get("event") for line in lines]
    stopped = events.count("stopped")
    sent = events.count("uploaded") + stopped
    if sent < most:
        return None
    more = f"; {stopped} of them stopped by submit.timeout_s, which may have arrived" if stopped else ""
    message = f"{sent} of at most {most} uploads were made from this run (submit.at_most_per_run{more})."
    return replace(known, message=message)


def _figure_gate(known: SubmissionGate, at_least: float | None, higher: bool) -> SubmissionGate:
    if at_least is None:
        return replace(known, passed=True, message="No figure is required (submit.at_least).")
    if known.figure is None:
        return replace(known, message=f"{known.metric} of {known.model} cannot be estimated {known.basis}.")
    enough = known.figure >= at_least if higher else known.figure <= at_least
    side = "at least" if higher else "at most"
    message = (
        f"{known.metric} of {known.model} is {known.figure:.4f} {known.basis}; {side} {at_least:g} is required "
        "(submit.at_least)."
    )
    return replace(known, passed=enough, message=message)


def _figure(run: Record, model: str, metric: str) -> tuple[float | None, str]:
    """Return the figure of a model, corrected for selection if the selection report has it, and what it is."""
    scores = scores_of(run)["scores"]
    if model not in model_names(run) or metric not in scores.get(model, {}).get(RowSet.OUT_OF_FOLD, {}):
        raise EvenhandError(
            f'{run.path}: there is no out-of-fold figure "{metric}" of "{model}". Correct submit.metric.'
        )
    estimate, basis = scores[model][RowSet.OUT_OF_FOLD][metric].get("estimate"), "out of fold"
    report = run.json("nested_evaluation.json") if run.wrote("nested_evaluation.json") else None
    if report is not None and report["best"]["name"] == model:
        estimate, basis = _selection_figure(report, metric, estimate)
    return (None if estimate is None else float(estimate)), basis


def _selection_figure(report: Mapping[str, Any], metric: str, as_it_stands: Any) -> tuple[Any, str]:
    """Return the figure of the best model, corrected if the selection was by this metric, and what it is."""
    best = report["best"]
    if report["metric"] == metric:
        corrected = best["corrected"]["estimate"]
        chosen = f", corrected for its selection as {choice_words(best['of'])}" if best["of"] > 1 else ""
        return corrected, f"out of fold{chosen}"
    if best["of"] == 1:
        return as_it_stands, "out of fold"
    return as_it_stands, (
        f"out of fold, uncorrected: the model is {choice_words(best['of'])} by {report['metric']}, and only that "
        "figure is corrected for the selection"
    )


def _higher(metric: str, settings: Settings) -> bool:
    return parse(metric, settings.classes.sets, settings.data.levels).metric.higher_is_better


def _upload(run: Record, wanted: SubmitConfig, path: Path, passed: SubmissionGate) -> SubmissionResult:
    """Run the upload command, log it and return the outcome."""
    words: Mapping[str, str] = {
        "{file}": str(path.resolve()),
        "{model}": passed.model,
        "{figure}": "" if passed.figure is None else f"{passed.figure:.4f}",
        "{record}": str(run.path.resolve()),
    }
    command = [_filled(part, words) for part in wanted.command]
    refuse_options(wanted.command, command)
    event, code, output = _run_command(command, wanted.timeout_s)
    add(run, event, path, **_log_fields(passed), command=command, code=code, output=output)
    return SubmissionResult(passed, event, output)


def _log_fields(passed: SubmissionGate) -> dict[str, Any]:
    """Return the fields of a gate that are logged."""
    return {name: value for name, value in vars(passed).items() if name != "passed"}


def refuse_options(asked: Sequence[str], filled: Sequence[str]) -> None:
    """Raise if a value makes an option of an argument: the names of models come from a record."""
    for before, after in zip(asked, filled, strict=True):
        # "@": curl and others read the file of that name
        if after.startswith(("-", "@")) and not before.startswith(after[0]) and not is_number(after):
            raise EvenhandError(
                f'submit.command: "{before}" becomes "{printable(after)}", which the program would take for '
                f"{'an option' if after[0] == '-' else 'a file to be read'}. "
                f'Nothing was uploaded. Write it with a prefix, such as "--message={before}".'
            )


def _filled(part: str, words: Mapping[str, str]) -> str:
    # in one pass: a value may hold the placeholder of another
    return re.sub("|".join(map(re.escape, words)), lambda found: words[found[0]], part)


def _run_command(command: list[str], timeout_s: float, *, most: int = 4000) -> tuple[str, int | None, str]:
    """Return the event, the exit code (None if there is none) and the end of the output."""
    try:
        done = subprocess.run(  # the user's own command, no shell
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=timeout_s,
            check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return "failed", None, f'Program "{command[0]}" not found.'
    except OSError as error:
        return "failed", None, f'"{command[0]}" could not be started ({error.strerror}).'
    except subprocess.TimeoutExpired:
        return "stopped", None, f"The command was stopped after {timeout_s:g} s (submit.timeout_s)."
    event = "uploaded" if done.returncode == 0 else "failed"
    return event, done.returncode, done.stdout.decode("utf-8", errors="replace")[-most:].strip()
