"""`earliness`: figures of a run after the first steps of each row, and the earliest decisions."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from evenhand.base.cores import usable_cores
from evenhand.base.errors import EvenhandError, unknown
from evenhand.base.storage.numpy_files import load_array
from evenhand.base.storage.record import Record
from evenhand.base.values import Floats, Ints, Predictions, RowSet, Verdict
from evenhand.data.store.store import Store
from evenhand.evaluation.comparison.compare import compare_predictions
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.figures.score import fast_score
from evenhand.evaluation.reading.from_record import of_record
from evenhand.modalities.prefixes import lengths
from evenhand.models.config import ModelConfig
from evenhand.pipeline.earliness.decisions import Decisions, decide
from evenhand.pipeline.earliness.earliness_result import EarlinessResult
from evenhand.pipeline.earliness.thresholds import store_thresholds
from evenhand.pipeline.stages.execution.dispatch import dispatch
from evenhand.pipeline.stages.execution.placement import placement, readers_compute
from evenhand.pipeline.stages.execution.progress import Silent, Watcher
from evenhand.pipeline.stages.execution.progress_bars import shows_progress
from evenhand.pipeline.stages.source import readers_store
from evenhand.settings.load import Settings, load
from evenhand.training.calls import PredictPrefixesCall
from evenhand.training.tasks.context import TaskContext

PARTS = 8
"""Without a list of steps, rows are seen to 1/8, 2/8, … of the longest one."""


@shows_progress
def earliness(
    record: str | Path | Record,
    *,
    model: str | None = None,
    steps: Sequence[int] | None = None,
    metrics: Sequence[str] | None = None,
    of: str = RowSet.OUT_OF_FOLD,
    precision: float = 0.9,
    draws: int = 2000,
    store: str | Path | None = None,
    watcher: Watcher | None = None,
) -> EarlinessResult:
    """Return the figures of a model after the first steps of each row, such as the first lines of a scan.

    Each row is predicted by the networks that did not see it, from its first steps alone. Figures at a number of
    steps are compared with those of whole rows, row by row. Where rows have one label each, a decision is taken at
    the first step at which the most probable class is probable enough; how probable that is, is chosen for each
    fold on the others, to reach `precision`.

    Parameters
    ----------
    record
        A finished run of rows that are sequences in time.
    model
        Name of a network of the run; by default the one with the best score.
    steps
        Numbers of steps; by default eighths of the longest row. Whole rows are always added.
    metrics
        Names of metrics; by default those of [score].
    of
        "oof", or "test" for locked rows. A look at locked rows is a look: use it once.
    precision
        Share of decided rows that should be right, between 0 and 1.
    draws
        Bootstrap replicates.
    store
        Folder of the store of encoded rows; None for the user's own.
    watcher
        Receives progress; by default bars in a terminal or a notebook.

    Raises
    ------
    EvenhandError
        If rows of the kind are not sequences, the model is not a network of the run, or a number is out of range.
    StoreError
        If the encoded rows are no longer in the store.
    """
    run = Record.open(record)
    settings = load(run.resolved())
    if not settings.kind.sequence:
        raise EvenhandError(f"Rows of {settings.kind.name} are not sequences in time: there is no part to predict.")
    if not 0 < precision < 1:
        raise EvenhandError(f"precision is {precision:g}; it is a share between 0 and 1, such as 0.9.")
    known = {p.model: p for p in of_record(run, of=of)}
    chosen = _network(settings, model, known, run)
    whole, rows_store = known[chosen.name], readers_store(store)
    context = TaskContext.of(str(run.path), rows_store.place(), chosen.name)
    counts = _steps(context, chosen, steps)
    table = _probabilities(run, settings, context, whole, counts, of, watcher or Silent(), rows_store)
    each = tuple(
        replace(whole, probabilities=part, logits=None, learned={}, model=f"{chosen.name} after {count}")
        for count, part in zip(counts, table, strict=True)
    )
    names = tuple(metrics or settings.score.weights)
    sets = settings.classes.sets
    against = compare_predictions((each[-1], *each[:-1]), names, sets=sets, draws=draws) if len(each) > 1 else None
    verdicts: dict[int, dict[str, Verdict]] = {count: {} for count in counts[:-1]}
    for verdict in () if against is None else against.verdicts:
        verdicts[int(verdict.name.rsplit(" ", 1)[1])][verdict.metric] = verdict
    figures = {count: evaluate(p, names, sets=sets, draws=draws) for count, p in zip(counts, each, strict=True)}
    steps_of_rows = _all_lengths(context, chosen)[_places(run, whole)]
    decisions, notes = _decisions(settings, whole, table, counts, steps_of_rows, precision, of, draws)
    notes = (*_later_steps(settings), *notes)
    if decisions is not None and of == RowSet.OUT_OF_FOLD:
        store_thresholds(run, chosen.name, decisions, counts)
    return EarlinessResult(chosen.name, of, counts, names, figures, verdicts, each, decisions, notes)


def _later_steps(settings: Settings) -> tuple[str, ...]:
    """Return a sentence where the encoding of a step depends on later ones, as a stream of such rows would say."""
    kind = settings.kind
    try:
        kind.stream(kind.settings(settings.kind_config, None), None)
    except EvenhandError as error:
        return (f"Figures after the first steps are too good, since these were encoded with later ones. {error}",)
    return ()


def _network(settings: Settings, name: str | None, known: Mapping[str, Predictions], run: Record) -> ModelConfig:
    """Return a network of a run by its name, or the one with the best score on the rows of `known`."""
    networks = {model.name: model for model in settings.model if model != settings.baseline}
    if name is None and len(networks) > 1:
        levels = run.samples().levels

        def score(one: str) -> float:
            p = known[one]
            assert p.truth is not None
            weights, sets = settings.score.weights, settings.classes.sets
            return fast_score(p.probabilities, p.truth, p.classes, weights, sets, levels, p.groups)[0]

        name = max(networks, key=score)
    elif name is None:
        name = next(iter(networks), None)
    if name not in networks:
        raise EvenhandError(
            f"{unknown('network of the run', str(name), networks)} Parts of a row are predicted by one network, "
            "not by a blend."
        )
    return networks[name]


def _steps(context: TaskContext, model: ModelConfig, wanted: Sequence[int] | None) -> tuple[int, ...]:
    """Return numbers of steps in ascending order, the last of which is that of the longest row."""
    longest = int(_all_lengths(context, model).max())
    if wanted is None:
        wanted = [-(-longest * part // PARTS) for part in range(1, PARTS)]
    wrong = [count for count in wanted if count < 1]
    if wrong:
        raise EvenhandError(f"steps has {wrong[0]}; a row is seen from its first step on: give 1 or more.")
    return tuple(sorted({*(count for count in wanted if count < longest), longest}))


def _all_lengths(context: TaskContext, model: ModelConfig) -> Ints:
    """Return (rows of the run,) the steps of every row."""
    entry = context.entry(context.size_of_fold(0, model.seeds[0]))
    return lengths(entry, context.kind.sequence, context.rows)


def _places(run: Record, p: Predictions) -> Ints:
    """Return (n,) the positions of predicted rows among the samples of a run."""
    at = {name: row for row, name in enumerate(run.samples().ids)}
    return np.array([at[name] for name in p.ids], dtype=np.int64)


def _probabilities(
    run: Record,
    settings: Settings,
    context: TaskContext,
    whole: Predictions,
    steps: tuple[int, ...],
    of: str,
    watcher: Watcher,
    store: Store,
) -> Floats:
    """Return (t, n, k) probabilities of the rows of `whole`, the mean over the networks that did not see them."""
    place = _places(run, whole)
    seeds, folds = context.model.seeds, range(settings.folds.k)

    def rows(fold: int) -> Ints:
        everything = np.arange(len(place))
        return everything if of == RowSet.LOCKED or whole.fold is None else np.flatnonzero(whole.fold == fold)

    tasks = [(fold, seed) for fold in folds for seed in seeds if len(rows(fold))]
    on = placement(readers_compute(settings.compute, watcher), len(tasks))
    threads = max(1, usable_cores() // max(1, on.workers))
    watcher.stage("predicting first steps", len(tasks))
    total = np.zeros((len(steps), len(place), len(whole.classes)))
    with tempfile.TemporaryDirectory() as folder:
        calls = [
            PredictPrefixesCall(
                record=str(run.path),
                store=store.place(),
                model=context.model.name,
                fold=fold,
                seed=seed,
                rows=place[rows(fold)].tolist(),
                steps=list(steps),
                threads=threads,
                out=str(Path(folder) / f"{fold}-{seed}.npy"),
            )
            for fold, seed in tasks
        ]
        dispatch(calls, watcher, on, threads=threads)
        for call in calls:
            total[:, rows(call.fold)] += load_array(call.out)
    return total / (len(tasks) if of == RowSet.LOCKED else len(seeds))


def _decisions(
    settings: Settings,
    whole: Predictions,
    table: Floats,
    steps: tuple[int, ...],
    ends: Ints,
    precision: float,
    of: str,
    draws: int,
) -> tuple[Decisions | None, tuple[str, ...]]:
    """Return the decisions, or a sentence that says why there are none."""
    if settings.data.several:
        return None, ("Rows may have several labels: there is no one decision to take early.",)
    if of == RowSet.LOCKED:
        return None, ("The confidence of a decision is chosen on held-out folds: see the set oof.",)
    rows = np.flatnonzero(np.asarray(whole.truth) >= 0)
    part = Predictions(
        ids=whole.ids[rows],
        classes=whole.classes,
        probabilities=whole.probabilities[rows],
        truth=np.asarray(whole.truth)[rows],
        fold=None if whole.fold is None else whole.fold[rows],
        groups=None if whole.groups is None else whole.groups[rows],
        families=whole.families,
        model=whole.model,
        origin=whole.origin,
    )
    return decide(part, table[:, rows], np.array(steps), precision, lengths=ends[rows], draws=draws), ()
