"""Heads on pairs beside scikit-learn's one-vs-rest and `transformers`' Trainer: same features, folds and budget.

    python benchmarks/pairs.py [--config ../examples/fashion.toml] [--set KEY=VALUE …] [--seeds 1]
    python benchmarks/pairs.py --epoch           an epoch of the heads on 100,000 pairs beside a bare loop

All read the same frozen features from the store, and predict the folds of the example out of fold. `transformers`'
Trainer starts from the weights of our `mlp`, with the same epochs, batches, optimizer and schedule; the C of
scikit-learn's regressions is chosen inside each fold, by inner folds that keep families together. Nothing is
selected on a held-out fold. Everything runs one after another on one thread; what is measured of ours is the whole
task, with reading features, watching each epoch and writing its files, and of the others fit and prediction from
features in memory. Verdicts are paired, on the same rows, over families.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pairs_epoch
import timing
import torch
from pairs_peers import Array, FoldRows, one_vs_rest, trainer

import evenhand
from evenhand.base.storage.record import Record
from evenhand.base.values import Predictions, Verdict
from evenhand.data.store.store import StorePlace
from evenhand.pipeline.stages.collect import OUT_OF_FOLD, collect_predictions
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.pipeline.stages.source import read, store_of
from evenhand.pipeline.verbs.check import evidence_of, folds_for
from evenhand.pipeline.verbs.run import WATCHER, open_record
from evenhand.settings.load import Settings, config_text, load
from evenhand.training.loop.determinism import deterministic
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.fit_fold import prepare_model, run_task
from evenhand.training.tasks.initial_network import fresh_network
from evenhand.training.tasks.stored_features import write_features

EXAMPLE = Path(__file__).parents[1] / "examples" / "fashion.toml"
OURS = ("mlp", "hadamard")
METRICS = ("average_precision", "macro_f1", "hamming")
CORES = 2


@dataclass(frozen=True, eq=False)
class Entrant:
    """What one tool predicted out of fold, and what all of its fits took."""

    predictions: Predictions
    spent: timing.Spent


@dataclass(frozen=True, eq=False)
class Bench:
    """A record with folds and nothing trained, and the features of its rows.

    Attributes
    ----------
    features
        (n, d) float32, in the order of the samples.
    seeds
        Of every fit but the regression's; probabilities are averaged over them.
    """

    record: Record
    store: StorePlace
    features: Array
    seeds: list[int]

    @property
    def folds(self) -> range:
        """Numbers of the folds."""
        return range(self.record.folds().k)

    def context(self, model: str) -> TaskContext:
        """Return the context of the tasks of a model."""
        return TaskContext.of(str(self.record.path), self.store, model)

    def of_fold(self, fold: int) -> tuple[FoldRows, Array]:
        """Return the rows of a fold, and the positions of those that are held out."""
        context = self.context(OURS[0])
        parts, samples = context.parts(fold), context.samples
        groups, _ = context.folds.resampling_groups(samples, parts.fit)
        assert groups is not None
        rows = FoldRows(
            self.features[parts.fit], samples.labels[parts.fit], groups, self.features[parts.validation]
        )
        return rows, parts.validation


def bench_of(settings: Settings, text: str, seeds: list[int], folder: Path) -> Bench:
    """Make the record, and have features computed where the store lacks them."""
    source = read(settings, Silent())
    record = open_record(settings, source, text, fresh=True)
    record.write_folds(folds_for(settings, evidence_of(settings, source)))
    store = store_of(settings.compute, Silent()).place()
    for name in OURS:
        prepare_model(str(record.path), store, name, CORES)
    path = folder / "features.npy"
    write_features(str(record.path), store, OURS[0], CORES, str(path))
    return Bench(record, store, np.load(path), seeds)


def ours(bench: Bench, model: str) -> Entrant:
    """Return what the tasks of a model predict, each timed as a run does it."""
    path, store = str(bench.record.path), bench.store
    taken = [
        timing.spent(lambda at=(fold, seed): run_task(path, store, model, *at, 1, WATCHER))
        for fold in bench.folds
        for seed in bench.seeds
    ]
    return Entrant(collect_predictions(bench.record, model, bench.seeds)[OUT_OF_FOLD], total(taken))


Peer = Callable[[FoldRows, int], Array]
"""The rows of a fold, and a seed -> (m, k) probabilities of those held out."""


def theirs(bench: Bench, name: str, peer: Peer, seeds: list[int], like: Predictions) -> Entrant:
    """Return what a peer predicts out of fold, on the rows of `like`."""
    out, taken = np.zeros_like(like.probabilities), []
    place = {one: at for at, one in enumerate(like.ids)}
    ids = bench.context(OURS[0]).samples.ids
    for fold in bench.folds:
        rows, held = bench.of_fold(fold)
        at = [place[one] for one in ids[held]]
        for seed in seeds:
            found: list[Array] = []
            taken.append(timing.spent(lambda rows=rows, seed=seed, found=found: found.append(peer(rows, seed))))
            out[at] += found[0] / len(seeds)
        timing.say(f"  {name}: fold {fold + 1} of {len(bench.folds)}")
    return Entrant(replace(like, probabilities=out, model=name, logits=None), total(taken))


def total(taken: list[timing.Spent]) -> timing.Spent:
    """Return the sum of what pieces of work took."""
    return timing.Spent(*(sum(of) for of in zip(*taken, strict=True)))


def entrants(bench: Bench) -> Iterator[tuple[str, Entrant]]:
    """Yield ours and the peers with their names, fitted one after another, the slowest last."""
    mine = {name: ours(bench, name) for name in OURS}
    yield from mine.items()
    like, context = mine[OURS[0]].predictions, bench.context(OURS[0])
    if find_spec("transformers") is not None and find_spec("accelerate") is not None:
        name = "transformers, Trainer"

        def fitted(rows: FoldRows, seed: int) -> Array:
            return trainer(rows, fresh_network(context, seed).head, context.train, seed)

        yield name, theirs(bench, name, fitted, bench.seeds, like)
    name = "scikit-learn, one-vs-rest"
    yield name, theirs(bench, name, lambda rows, _: one_vs_rest(rows), [0], like)


def show(bench: Bench) -> None:
    """Print figures with their intervals and times, then each of ours against each peer."""
    found: dict[str, Entrant] = {}
    print(timing.table(["out of fold", "macro mAP", *METRICS[1:], "processor, s", "clock, s"], []), flush=True)
    for name, one in entrants(bench):
        found[name] = one
        figures = evenhand.evaluate(one.predictions, metrics=list(METRICS))
        cells = [f"{figures[m].estimate:.3f} [{figures[m].low:.3f}, {figures[m].high:.3f}]" for m in METRICS]
        print("| " + " | ".join([name, *cells, f"{one.spent.cpu:.0f}", f"{one.spent.wall:.0f}"]) + " |", flush=True)
    if len(found) < 4:
        print("\ntransformers and accelerate are not both installed: the row of the Trainer is left out.")
    rows = [
        [verdict.name, verdict.base, *cells_of(verdict), f"{ratio:.2f}", target(verdict, ratio)]
        for verdict, ratio in verdicts(found)
    ]
    head = ["ours", "against", "verdict", "difference of macro mAP", "share of its processor time", "target"]
    print("\n" + timing.table(head, rows))


def verdicts(found: dict[str, Entrant]) -> Iterator[tuple[Verdict, float]]:
    """Yield the paired verdict on each of ours against each peer, and their ratio of processor time."""
    for name, peer in found.items():
        if name in OURS:
            continue
        mine = [found[own].predictions for own in OURS]
        for verdict in evenhand.compare(peer.predictions, *mine, metrics=[METRICS[0]]).verdicts:
            yield verdict, found[verdict.name].spent.cpu / peer.spent.cpu


def cells_of(verdict: Verdict) -> list[str]:
    """Return the word and the difference of a verdict."""
    d = verdict.difference
    return [verdict.word, f"{d.estimate:+.4f} [{d.low:+.4f}, {d.high:+.4f}]"]


def target(verdict: Verdict, ratio: float) -> str:
    """Return whether ours is ahead, or equal at less than half the time."""
    if verdict.word == "better":
        return "ahead: met"
    equal = verdict.word == "no difference found"
    return f"equal at less than half the time: {'met' if equal and ratio < 0.5 else 'MISSED'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=EXAMPLE)
    parser.add_argument("--set", action="append", default=[], dest="changes")
    parser.add_argument("--seeds", type=int, default=1, help="fits of each fold whose probabilities are averaged")
    pairs_epoch.add_options(parser)
    asked = parser.parse_args()
    timing.as_a_worker()
    print(f"{timing.machine()}, torch {torch.__version__}, one thread\n")
    if asked.epoch:
        pairs_epoch.measure(asked.rows, asked.epochs, asked.rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        settings = load(asked.config, changes=[*asked.changes, f"output={folder}"])
        bench = bench_of(settings, config_text(asked.config), list(range(asked.seeds)), Path(folder))
        with deterministic(1):
            show(bench)


if __name__ == "__main__":
    main()
