"""`run`: the whole work from a configuration to a record, going on with an unfinished one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evenhand.base.errors import ConfigError, Fault
from evenhand.base.storage.atomic import remove_partial_files
from evenhand.base.storage.record import Record, unfinished
from evenhand.base.values import Finding
from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.store import Store
from evenhand.engines.cores import usable_cores
from evenhand.models.config import ModelConfig
from evenhand.pipeline.stages.dispatch import work
from evenhand.pipeline.stages.evaluate import judge
from evenhand.pipeline.stages.progress import Silent, Watcher
from evenhand.pipeline.stages.progress_bars import shows_progress
from evenhand.pipeline.stages.run_features import FrozenFeatures, features_of_run
from evenhand.pipeline.stages.source import DataSource, fingerprint, read, store_of
from evenhand.pipeline.verbs.balance_ledger import accepted, ledgers
from evenhand.pipeline.verbs.check import checked
from evenhand.pipeline.verbs.doctor import write_examination
from evenhand.pipeline.verbs.report import report
from evenhand.settings.load import Settings, asked, load
from evenhand.training.calls import PrepareCall, SoupCall, TrainCall

WATCHER = "evenhand.diagnosis.live_checks:watcher"


@dataclass(frozen=True)
class Run:
    """A finished run: its record, opened.

    Attributes
    ----------
    record
        The folder.
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
        """What the doctor found."""
        return self.record.findings()

    @property
    def scores(self) -> pd.DataFrame:
        """Every figure: name, set, metric, estimate, low, high, n, groups."""
        scores = self.record.json("scores.json")["scores"]
        rows = [
            {"name": name, "set": of, "metric": metric, **figure}
            for name, sets in scores.items()
            for of, metrics in sets.items()
            for metric, figure in metrics.items()
        ]
        return pd.DataFrame(rows)

    @property
    def score_metrics(self) -> list[str]:
        """The metrics of [score], in the order written."""
        return self.record.score_metrics()

    @property
    def best(self) -> str:
        """Name of the best entry out of fold; empty where nothing could be judged."""
        return str((self.record.json("scores.json").get("headline") or {}).get("best") or "")

    @property
    def heaviest(self) -> dict[str, Any]:
        """Model -> set -> classes that lie mostly in one group, with and without it (`evaluation.heaviest`)."""
        return dict(self.record.json("scores.json").get("heaviest", {}))

    @property
    def predictions(self) -> pd.DataFrame:
        """Predictions of every model and ensemble."""
        return self.record.predictions()

    def features(self, model: str | None = None) -> FrozenFeatures:
        """Return the activations of a model's frozen part for every row of the run: an array (n, d) with its ids.

        They are read from the store, or computed where the store no longer holds them; of a model that is tuned
        from a stage on, they are the means of the maps below that stage.

        Parameters
        ----------
        model
            A model of the run; None for the logistic regression that stands in the tables, else for the first
            model with a frozen part.

        Raises
        ------
        EvenhandError
            If there is no such model, or nothing of it is frozen.
        """
        return features_of_run(self.record, model)

    def epochs(self) -> pd.DataFrame:
        """Return a row per model, fold, seed and epoch: losses, score and the statistics of each class."""
        return self.record.epochs()

    def document(self) -> dict[str, Any]:
        """Return what `evenhand run --json` prints."""
        return dict(self.record.json("scores.json"))

    def __repr__(self) -> str:
        return f"Run({self.path})"

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.scores.to_html(index=False, escape=True, max_rows=40)}"


@shows_progress
def run(
    config: str | Path | Mapping[str, Any],
    *,
    changes: Sequence[str] = (),
    fresh: bool = False,
    watcher: Watcher | None = None,
) -> Run:
    """Do the whole work that a configuration asks for and return the run.

    An unfinished record of the same configuration and data below `output` is gone on with; the result is
    the same to the last bit as that of a run that was never interrupted (on the CPU, same versions).

    Parameters
    ----------
    config
        A TOML file, or a mapping of the same shape.
    changes
        `KEY=VALUE` assignments over it.
    fresh
        Start a record of its own even where an unfinished one is there.
    watcher
        Told how far the work is. Without one, bars are shown in a terminal and in a notebook.

    Raises
    ------
    EvenhandError
        With a sentence that says what to do.
    """
    watcher = watcher or Silent()
    settings = load(config, changes=changes)
    if not settings.model:
        raise ConfigError(str(config), [Fault("model", "no model is named", "add a [[model]] table", None)])
    seconds: dict[str, float] = {}
    with timed("read", seconds):
        source = read(settings, watcher)
    accepted(ledgers(settings, source.samples, None), _source_name(config))
    record = opened(settings, source, asked(config), fresh=fresh)
    with record.locked():
        with timed("check", seconds):
            plan(record, settings, source, watcher)
            tell_balance(record, settings, source, watcher, _source_name(config))
        if not record.finished:
            with timed("train", seconds):
                train(record, settings, watcher, store_of(settings.compute))
                write_examination(record)
            with timed("judge", seconds):
                judge(record, settings, watcher, seconds)
        watcher.stage("writing the report")
        report(record.path)
        remove_partial_files(record.path)
    return Run(record)


def opened(settings: Settings, source: DataSource, text: str, *, fresh: bool) -> Record:
    """Return the unfinished record of this configuration and data, or a new one."""
    resolved, samples = settings.resolved(), source.samples
    further = source.further
    mark = fingerprint(resolved, samples, None if further is None else further.samples)
    found = None if fresh else unfinished(Path(settings.output), mark)
    if found is not None:
        return found
    data = {
        "kind": source.kind.name,
        "root": settings.data.root,
        "rows": len(samples),
        "classes": samples.classes,
        "levels": samples.levels,
        "left_out": [vars(failure) for failure in source.failures],
        "encoded": _names(settings, source.entries),
        "fingerprint": mark,
    }
    if further is not None:
        data["encoded_generalization"] = _names(settings, further.entries)
    return Record.create(
        Path(settings.output),
        asked=text,
        resolved=resolved,
        data=data,
        samples=samples,
        generalization=None if further is None else further.samples,
    )


def _names(settings: Settings, entries: Mapping[int | None, StoreEntry]) -> dict[str, str]:
    """Return for each model, and each further size of one, the store's name of its encoded rows."""
    models = settings.fitted
    return {name: entries[size].name for model in models for name, size in settings.sizes_of(model).items()}


def plan(record: Record, settings: Settings, source: DataSource, watcher: Watcher) -> None:
    """Write the folds and what is wrong with the data, once per record."""
    if record.has("folds.csv") and record.has("findings.jsonl"):
        return
    found = checked(settings, source, watcher)
    record.write_json("skew.json", found.skew.document())
    record.write_json("examination.json", found.examination.document())
    record.write_json("balance.json", [one.document() for one in found.ledgers])
    record.write_folds(found.folds)
    record.write_findings(found.findings)


def tell_balance(record: Record, settings: Settings, source: DataSource, watcher: Watcher, name: str) -> None:
    """Say what models are made to believe about how common classes are, before the first batch.

    Raises
    ------
    ConfigError
        If the skew would be turned around and the settings refuse that.
    """
    kept = ledgers(settings, source.samples, record.folds())
    accepted(kept, name)
    for one in kept:
        watcher.says(f"{one}\n")


def _source_name(config: str | Path | Mapping[str, Any]) -> str:
    return "configuration" if isinstance(config, Mapping) else str(config)


def train(record: Record, settings: Settings, watcher: Watcher, store: Store) -> None:
    """Fit every model on every fold with every seed, in worker processes, on rows from a store."""
    cores = settings.compute.cores
    places = {"record": str(record.path), "store": str(store.folder)}
    for model in settings.fitted:
        if settings.has_frozen_part(model) and not _features_are_kept(model, settings):
            watcher.stage(f"{model.name}: frozen part")
            call = PrepareCall(**places, model=model.name, threads=cores)
            work([call], watcher, workers=settings.compute.processes(1), threads=cores, one_call=True)
    tasks = [
        (model.name, fold, seed)
        for model in settings.fitted
        for fold in range(settings.folds.k)
        for seed in model.seeds
    ]
    workers = settings.compute.processes(len(tasks))
    threads = settings.compute.threads or max(1, usable_cores() // max(1, workers))
    calls = [
        TrainCall(**places, model=model, fold=fold, seed=seed, threads=threads, watcher=WATCHER)
        for model, fold, seed in tasks
    ]
    watcher.stage("training", len(calls))
    work(calls, watcher, workers=workers, threads=threads)
    soups = [
        SoupCall(**places, model=model.name, fold=fold, threads=threads)
        for model in settings.model
        if settings.train_of(model).soup != "none" and len(model.seeds) > 1
        for fold in range(settings.folds.k)
    ]
    if soups:
        watcher.stage("averaging weights", len(soups))
        work(soups, watcher, workers=settings.compute.processes(len(soups)), threads=threads)


def _features_are_kept(model: ModelConfig, settings: Settings) -> bool:
    """Return whether the baseline's features are those of a model whose encoder is frozen whole."""
    baseline = settings.baseline
    return (
        baseline is not None
        and model.name == baseline.name
        and any(other.tune == "head" and other.encoder == model.encoder for other in settings.model[:1])
    )


@contextmanager
def timed(stage: str, seconds: dict[str, float]) -> Iterator[None]:
    """Note how long a stage took."""
    since = time.monotonic()
    yield
    seconds[stage] = round(time.monotonic() - since, 3)
