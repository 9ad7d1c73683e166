"""`run`: a complete run from a configuration to a record; an interrupted run is resumed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from evenhand.base.cores import usable_cores
from evenhand.base.errors import ConfigError, Fault, TaskError
from evenhand.base.storage.files.atomic import remove_partial_files
from evenhand.base.storage.files.folders import refuse_file
from evenhand.base.storage.manifest import matches
from evenhand.base.storage.record import Record
from evenhand.base.values import Finding, Folds
from evenhand.data.splits.single_units import refuse_single_units
from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.store import Store
from evenhand.evaluation.reading.scores import scores_of
from evenhand.models.config import ModelConfig
from evenhand.pipeline.references.floor import write_floor
from evenhand.pipeline.resuming.resumable import OF_DATA, discard_damaged, resumable
from evenhand.pipeline.retrieval.write_code_bits import write_code_bits
from evenhand.pipeline.retrieval.write_neighbours import write_neighbours
from evenhand.pipeline.stages.evaluate import evaluate_run
from evenhand.pipeline.stages.execution.dispatch import dispatch, kept_workers
from evenhand.pipeline.stages.execution.placement import (
    missing_device,
    placement,
    say_other_device,
    say_passed_over,
)
from evenhand.pipeline.stages.execution.progress import Silent, Watcher
from evenhand.pipeline.stages.execution.progress_bars import shows_progress
from evenhand.pipeline.stages.run_features import FrozenFeatures, features_of_run
from evenhand.pipeline.stages.source import DataSource, fingerprint, read, store_of
from evenhand.pipeline.verbs.balance_ledger import ledgers, refuse_overshoot
from evenhand.pipeline.verbs.check import examine_data
from evenhand.pipeline.verbs.doctor import write_examination
from evenhand.pipeline.verbs.report import report
from evenhand.settings.load import Settings, config_text, load
from evenhand.settings.unused_keys import unused_keys
from evenhand.training.calls import CheckWeightsCall, PrepareCall, SoupCall, TrainCall

_OF_FOLDS = ("folds.csv", "folds.json")
WATCHER = "evenhand.diagnosis.live_checks:watcher"


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes
    ----------
    record
        Its record.
    """

    record: Record

    @property
    def path(self) -> Path:
        """The folder of the record."""
        return self.record.path

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.record.path / "report.html"

    @property
    def findings(self) -> list[Finding]:
        """The findings about the run."""
        return self.record.findings()

    @property
    def scores(self) -> pd.DataFrame:
        """All figures as a frame: name, set, metric, estimate, low, high, n, groups."""
        scores = scores_of(self.record)["scores"]
        rows = [
            {"name": name, "set": of, "metric": metric, **figure}
            for name, sets in scores.items()
            for of, metrics in sets.items()
            for metric, figure in metrics.items()
        ]
        return pd.DataFrame(rows)

    @property
    def resampled(self) -> str:
        """What intervals are taken over: "groups", "families" (copies and versions of one another) or "rows"."""
        return str(scores_of(self.record).get("resampled", ""))

    @property
    def score_metrics(self) -> list[str]:
        """The metrics of [score], in the order of the configuration."""
        return self.record.score_metrics()

    @property
    def best(self) -> str:
        """Name of the best model or blend out of fold; empty if none could be evaluated."""
        return str(scores_of(self.record)["headline"].get("best") or "")

    @property
    def heaviest(self) -> dict[str, Any]:
        """Model -> set -> classes dominated by one group, with figures with and without it."""
        return dict(scores_of(self.record).get("heaviest", {}))

    @property
    def absent(self) -> dict[str, list[str]]:
        """Set -> classes that no row of it has, which means over classes leave out."""
        return dict(scores_of(self.record).get("absent", {}))

    @property
    def predictions(self) -> pd.DataFrame:
        """Predictions of every model and ensemble."""
        return self.record.predictions()

    def features(self, model: str | None = None) -> FrozenFeatures:
        """Return the activations of a model's frozen part for every row of the run: an array (n, d) with its ids.

        They are read from the store, or computed if the store no longer has them. Of a model that is tuned from a
        block on, they are the spatial means of the activations below that block.

        Parameters
        ----------
        model
            A model of the run; by default the logistic regression in the tables, else the first model with a
            frozen part.

        Raises
        ------
        EvenhandError
            If the model is unknown, or has no frozen part.
        """
        return features_of_run(self.record, model)

    def epochs(self) -> pd.DataFrame:
        """Return a row per model, fold, seed and epoch: losses, score and the statistics of each class."""
        return self.record.epochs()

    def document(self) -> dict[str, Any]:
        """Return what `evenhand run --json` prints."""
        return scores_of(self.record)

    def __repr__(self) -> str:
        return f"Run({self.path})"

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.scores.to_html(index=False, escape=True, max_rows=100)}"


@shows_progress
def run(
    config: str | Path | Mapping[str, Any],
    *,
    changes: Sequence[str] = (),
    patch: Mapping[str, Any] | None = None,
    fresh: bool = False,
    watcher: Watcher | None = None,
) -> Run:
    """Read, check, split, train, evaluate, blend and report as configured, and return the run.

    An interrupted run of the same configuration and data below `output` is resumed, and so is a finished one that
    has lost tasks or results since. The results are bit-identical to those of an uninterrupted run (on the CPU,
    with the same versions).

    Parameters
    ----------
    config
        A TOML file, or a mapping of the same shape.
    changes
        `KEY=VALUE` assignments over it.
    patch
        Dotted key -> value, laid over both, as findings propose.
    fresh
        Start a new record even if an unfinished one exists.
    watcher
        Receives progress; by default bars in a terminal or a notebook.

    Raises
    ------
    EvenhandError
        With a message that says what to do.
    """
    watcher = watcher or Silent()
    settings = load(config, changes=changes, patch=patch)
    if not settings.model:
        raise ConfigError(str(config), [Fault("model", "no model is named", "add a [[model]] table", None)])
    # Before the data are read, which may take an hour.
    refuse_file(settings.output, "output", "in which records are made")
    if settings.compute.store is not None:
        refuse_file(settings.compute.store, "compute.store", "in which encoded rows are kept")
    if missing := missing_device(settings.compute):
        raise TaskError(missing)
    for warning in unused_keys(settings):
        watcher.message(warning)
    seconds: dict[str, float] = {}
    with timed("read", seconds):
        source = read(settings, watcher)
    # Before a record exists, so that a configuration that is refused leaves none behind.
    refuse_overshoot(ledgers(settings, source.samples, None), _source_name(config))
    record = open_record(settings, source, config_text(config), fresh=fresh, watcher=watcher)
    # The same configuration started twice would resume one record in two processes.
    with record.locked():
        discard_damaged(record, watcher)
        with timed("check", seconds):
            write_folds_and_findings(record, settings, source, watcher)
            report_balance(record, settings, source, watcher, _source_name(config))
        # Killed after the evaluation: only the report is written again, and the locked test is not opened twice.
        if not record.finished:
            with timed("train", seconds):
                train(record, settings, watcher, store_of(settings.compute, watcher))
                write_examination(record)
            with timed("judge", seconds):
                write_floor(record, settings, source)
                evaluate_run(record, settings, watcher, seconds)
        write_code_bits(record)
        write_neighbours(record, settings, watcher)
        watcher.stage("writing the report")
        report(record.path)
        # Last, and only in a finished record: while tasks run, the unfinished files of others are theirs.
        remove_partial_files(record.path)
    return Run(record)


def open_record(
    settings: Settings, source: DataSource, text: str, *, fresh: bool, watcher: Watcher | None = None
) -> Record:
    """Return the record of this configuration and data that is unfinished or has lost results, or a new one."""
    resolved, samples = settings.resolved(), source.samples
    generalization = source.generalization
    mark = fingerprint(resolved, samples, None if generalization is None else generalization.samples)
    # Hash of configuration and data: an unfinished record of anything else is not resumed.
    say = (watcher or Silent()).message
    found = None if fresh else resumable(Path(settings.output), mark, say)
    if found is not None:
        if not found.complete:
            say(f"{found.path}: an unfinished run of this configuration is resumed (--fresh starts a new one).")
        return found
    data = {
        "kind": source.kind.name,
        "root": settings.data.root,
        "rows": len(samples),
        "classes": samples.classes,
        "levels": samples.levels,
        "task": samples.task,
        "exclusive": [block.classes for block in samples.exclusive],
        "left_out": [vars(failure) for failure in source.failures],
        "encoded": _names(settings, source.entries),
        "fingerprint": mark,
    }
    if generalization is not None:
        data["encoded_generalization"] = _names(settings, generalization.entries)
    return Record.create(
        Path(settings.output),
        asked=text,
        resolved=resolved,
        data=data,
        samples=samples,
        generalization=None if generalization is None else generalization.samples,
    )


def _names(settings: Settings, entries: Mapping[int | None, StoreEntry]) -> dict[str, str]:
    """Return model, or MODEL@SIZE for its other sizes -> name of the store entry of its encoded rows."""
    models = settings.fitted
    return {name: entries[size].name for model in models for name, size in settings.sizes_of(model).items()}


def write_folds_and_findings(record: Record, settings: Settings, source: DataSource, watcher: Watcher) -> None:
    """Write the folds and the findings about the data, unless the record has them.

    Raises
    ------
    RecordError
        If its folds are damaged, and those made now are others.
    """
    damaged = [name for name in (*_OF_FOLDS, *OF_DATA) if record.has("findings.jsonl") and not record.sound(name)]
    if record.has("findings.jsonl") and not damaged:
        return
    found = examine_data(settings, source, watcher)
    refuse_single_units(source.samples, found.folds)
    if damaged:
        watcher.message(f"{record.path}: {', '.join(damaged)} damaged or missing; made again.")
        (record.path / "scores.json").unlink(missing_ok=True)  # findings about estimates belong to an evaluation
    # A resumed run keeps its folds, also where a newer version would make others: finished tasks were trained on
    # them.
    if not record.has("findings.jsonl") or any(name in damaged for name in _OF_FOLDS):
        _write_folds(record, found.folds)
    record.write_json("skew.json", found.skew.document())
    record.write_json("examination.json", found.examination.document())
    record.write_json("balance.json", [one.document() for one in found.ledgers])
    record.write_json("reading.json", [dict(line) for line in found.reading])
    record.write_findings(found.findings)


def _write_folds(record: Record, folds: Folds) -> None:
    """Write the folds; where the record had others, it is left as it is."""
    with TemporaryDirectory() as scratch:
        Record(Path(scratch)).write_folds(folds)
        same = [matches(record.path, name, Path(scratch) / name) for name in _OF_FOLDS]
    if False in same:
        raise record.damaged("folds.csv", "is damaged, and the folds that would be made now are others")
    record.write_folds(folds)


def report_balance(record: Record, settings: Settings, source: DataSource, watcher: Watcher, name: str) -> None:
    """Show the ledgers: the class prior that each model will assume, before the first batch.

    Raises
    ------
    ConfigError
        If the class skew would be inverted and `on_overshoot` is "refuse".
    """
    # Again, now with the folds: a fold may lack rows of a rare class and overshoot alone.
    kept = ledgers(settings, source.samples, record.folds())
    refuse_overshoot(kept, name)
    for one in kept:
        watcher.message(f"{one}\n")


def _source_name(config: str | Path | Mapping[str, Any]) -> str:
    return "configuration" if isinstance(config, Mapping) else str(config)


def train(record: Record, settings: Settings, watcher: Watcher, store: Store) -> None:
    """Train every model on every fold with every seed, in worker processes, on rows from a store.

    Tasks are dealt over the cards that can be used; without one, `compute.workers` run on the CPU.
    """
    cores = settings.compute.cores
    places: dict[str, Any] = {"record": str(record.path), "store": store.place()}
    # Before hours of another model's training. Models with a frozen part come to their weights below, and weights
    # that packages name are as their packages left them.
    files = [model for model in settings.model if model.encoder.startswith("file:")]
    checks = [
        CheckWeightsCall(**places, model=model.name, threads=cores)
        for model in files
        if not settings.has_frozen_part(model) and len(settings.fitted) > 1
    ]
    say_other_device(record.resolved().get("compute", {}), settings.compute, watcher)
    say_passed_over(settings.compute, watcher)
    single = placement(settings.compute, 1)
    with kept_workers() as kept:
        dispatch(checks, watcher, single, threads=cores, one_call=True, kept=kept)
        # Activations of frozen parts are shared by all folds: computed first, with all cores in one process.
        for model in settings.fitted:
            if settings.has_frozen_part(model) and not _features_are_kept(model, settings):
                watcher.stage(f"{model.name}: frozen part")
                call = PrepareCall(**places, model=model.name, threads=cores)
                dispatch([call], watcher, single, threads=cores, one_call=True, kept=kept)
        tasks = [
            (model.name, fold, seed)
            for model in settings.fitted
            for fold in range(settings.folds.k)
            for seed in model.seeds
        ]
        # All tasks of all models in one list: a slow model then leaves no worker idle at its end.
        on = placement(settings.compute, len(tasks))
        threads = settings.compute.threads or max(1, usable_cores() // max(1, on.workers))
        calls = [
            TrainCall(**places, model=model, fold=fold, seed=seed, threads=threads, watcher=WATCHER)
            for model, fold, seed in tasks
        ]
        watcher.stage("training", len(calls))
        dispatch(calls, watcher, on, threads=threads, kept=kept)
        soups = [
            SoupCall(**places, model=model.name, fold=fold, threads=threads)
            for model in settings.model
            if settings.train_of(model).soup != "none" and len(model.seeds) > 1
            for fold in range(settings.folds.k)
        ]
        if soups:
            watcher.stage("averaging weights", len(soups))
            dispatch(soups, watcher, placement(settings.compute, len(soups)), threads=threads, kept=kept)


def _features_are_kept(model: ModelConfig, settings: Settings) -> bool:
    """Return whether the baseline's features are those of a model whose encoder is frozen whole."""
    baseline = settings.baseline
    return (
        baseline is not None
        and model.name == baseline.name
        # The baseline takes the encoder of the first model, which keeps the same features if it is frozen whole.
        and any(other.tune == "head" and other.encoder == model.encoder for other in settings.model[:1])
    )


@contextmanager
def timed(stage: str, seconds: dict[str, float]) -> Iterator[None]:
    """Record the duration of a step, in seconds."""
    since = time.monotonic()
    yield
    seconds[stage] = round(time.monotonic() - since, 3)
