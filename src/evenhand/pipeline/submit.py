"""`submit`: run the user's own upload command, if the gate of [submit] is passed, and log it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.base.errors import ConfigError, DataError, EvenhandError, Fault
from evenhand.base.record import Record
from evenhand.evaluation.names import parse
from evenhand.evaluation.submit_config import SubmitConfig
from evenhand.pipeline.submissions import note, noted, written_as
from evenhand.settings import Settings, load


@dataclass(frozen=True)
class Gate:
    """Whether a file may be uploaded.

    Attributes
    ----------
    passed
        Whether it may.
    says
        Why, or why not, in a sentence.
    model, metric, figure
        What was looked at; the figure is out of fold, None where it cannot be estimated.
    """

    passed: bool
    says: str
    model: str
    metric: str
    figure: float | None


@dataclass(frozen=True)
class Submitted:
    """What became of a submission.

    Attributes
    ----------
    gate
        Whether it was let through.
    event
        "uploaded", "failed", "refused", or "passed" where nothing was to be run.
    output
        The last of what the command wrote.
    """

    gate: Gate
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
    passed = gate(run, settings, path)
    if dry:
        return Submitted(passed, "passed" if passed.passed else "refused")
    if not passed.passed:
        note(run, "refused", path, model=passed.model, says=passed.says)
        return Submitted(passed, "refused")
    return _uploaded(run, wanted, path, passed)


def gate(run: Record, settings: Settings, path: Path) -> Gate:
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
    figure = _figure(run, model, metric)
    sent = sum(one.get("event") == "uploaded" for one in noted(run))
    if sent >= wanted.at_most_per_run:
        says = (
            f"{sent} of at most {wanted.at_most_per_run} uploads were made from this run (submit.at_most_per_run)."
        )
        return Gate(False, says, model, metric, figure)
    return _judged(model, metric, figure, wanted.at_least, _higher(metric, settings))


def _judged(model: str, metric: str, figure: float | None, at_least: float | None, higher: bool) -> Gate:
    if at_least is None:
        return Gate(True, "No figure is asked for (submit.at_least).", model, metric, figure)
    if figure is None:
        return Gate(False, f"{metric} of {model} cannot be estimated out of fold.", model, metric, None)
    enough = figure >= at_least if higher else figure <= at_least
    side = "at least" if higher else "at most"
    says = f"{metric} of {model} is {figure:.4f} out of fold; {side} {at_least:g} is asked for (submit.at_least)."
    return Gate(enough, says, model, metric, figure)


def _figure(run: Record, model: str, metric: str) -> float | None:
    scores = run.json("scores.json")["scores"]
    if model not in scores or metric not in scores[model]["oof"]:
        raise EvenhandError(
            f'{run.path}: has no out-of-fold figure "{metric}" of "{model}". Correct submit.metric.'
        )
    estimate = scores[model]["oof"][metric]["estimate"]
    return None if estimate is None else float(estimate)


def _higher(metric: str, settings: Settings) -> bool:
    return parse(metric, settings.classes.sets, settings.data.levels).metric.higher_is_better


def _uploaded(run: Record, wanted: SubmitConfig, path: Path, passed: Gate) -> Submitted:
    words: Mapping[str, str] = {
        "{file}": str(path.resolve()),
        "{model}": passed.model,
        "{figure}": "" if passed.figure is None else f"{passed.figure:.4f}",
        "{record}": str(run.path),
    }
    command = [_filled(part, words) for part in wanted.command]
    code, output = _run(command, wanted.timeout_s)
    event = "uploaded" if code == 0 else "failed"
    how = {"model": passed.model, "metric": passed.metric, "figure": passed.figure}
    note(run, event, path, **how, command=command, code=code, output=output)
    return Submitted(passed, event, output)


def _filled(part: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        part = part.replace(name, value)
    return part


def _run(command: list[str], timeout_s: float, *, most: int = 4000) -> tuple[int | None, str]:
    """Return the exit code (None where it was stopped or could not be started) and the last of the output."""
    try:
        done = subprocess.run(  # the user's own command, no shell
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=timeout_s,
            check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return None, f'There is no program "{command[0]}".'
    except OSError as error:
        return None, f'"{command[0]}" could not be started ({error.strerror}).'
    except subprocess.TimeoutExpired:
        return None, f"It was stopped after {timeout_s:g} s (submit.timeout_s)."
    return done.returncode, done.stdout.decode("utf-8", errors="replace")[-most:].strip()
