"""How honest verdicts, intervals and nested estimates are: simulations with known truth.

    python benchmarks/peers.py --make FOLDER --without-autogluon      once, for baycomp and mlxtend
    FOLDER/honesty/bin/python benchmarks/honesty.py                   all of it, 500 repetitions a line
    ... benchmarks/honesty.py --only equal coverage --repeats 500 --processes 2

equal     models that are equal on average: how often is one called better or worse, and any of ten?
coverage  how often does the interval of a difference hold the true one? with rows, and groups of unequal size
rare      the same where a class has 1 or 3 % of the rows, and the models differ otherwise there than elsewhere
power     how often is a true gain of 1.5 points found with 2,000 rows?
best      the best of many methods and models: naive, nested and corrected, against what it gets on 5,000 new rows
chance    models that know nothing: how often is any step called better than chance?

Peers answer the same questions on the same predictions. "too few" is how often we said "too few to tell" since
rows or groups do not suffice for any verdict; those intervals are not counted.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
from honesty_peers import beyond_chance, peers
from honesty_worlds import World, answers, drawn, predictions, zoo

from evenhand.base.values import Predictions, Verdict
from evenhand.blending.blend import blend
from evenhand.blending.core.crossfit import applied
from evenhand.blending.inputs.align import Aligned
from evenhand.blending.inputs.stack import stack_of
from evenhand.blending.nested_evaluation import nested_evaluation
from evenhand.evaluation.comparison.compare import questions
from evenhand.evaluation.comparison.verdicts import Question, verdicts
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows, rows_of
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.figures.score import fast_score
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.resampling.differences import combined
from evenhand.evaluation.resampling.resampling_units import group_numbers
from evenhand.evaluation.resampling.unseen_errors import Hidden

METHODS = ("equal", "nnls", "ridge", "score", "nnls+temperature")
DRAWS = 300
SEED = 3
"""Of all simulations; other seeds than those of any choice (docs/explanation/nested-evaluation.md)."""
Line = dict[str, str]


def rate(of: list[bool] | np.ndarray) -> float:
    return 100 * float(np.mean(of)) if len(of) else float("nan")


def grouped(*counts: int, luck: float = 0.05) -> Iterator[World]:
    for groups in counts:
        yield World(40, groups, 0.5, luck=luck)
        yield World(30, groups, 1.0, luck=luck)


def pair(
    world: World, accuracies: tuple[float | tuple[float, ...], ...], rng: np.random.Generator, times: int = 1
) -> list[Predictions]:
    """Return a model for each accuracy on the same rows."""
    rows = drawn(world, rng, times)
    return [predictions(rows, answers(world, rows, of, rng), f"m{i}", np.random.default_rng(0)) for i, of in
            enumerate(accuracies)]  # fmt: skip


def seed(*parts: object) -> np.random.Generator:
    return np.random.default_rng([SEED, *(sum(map(ord, str(part))) for part in parts)])


def asked(models: list[Predictions], metrics: tuple[str, ...], repeat: int) -> list[list[Question]]:
    """Return for each metric the questions of all models against the first; "a + b" is half of both."""
    measures = [[_measure(p, metric) for metric in metrics] for p in map(rows_of, models)]
    groups, pairs = group_numbers(models[0].groups, len(models[0])), [(0, i) for i in range(1, len(models))]
    found = questions(models, measures, metrics, pairs, groups, draws=DRAWS, seed=repeat)
    return [found[at :: len(metrics)] for at in range(len(metrics))]


def _measure(rows: EvaluatedRows, name: str) -> Measure:
    parts = ask(rows, name.split(" + "), {}, {})
    return parts[0] if len(parts) == 1 else combined(parts, [1 / len(parts)] * len(parts))


def equal_lines(repeats: int) -> Iterator[tuple[Callable[..., Line], tuple[object, ...]]]:
    for world in (World(200), World(2000, alike=0.9), *grouped(5, 8, 20, 50)):
        yield equal, (world, repeats)


def equal(world: World, repeats: int, count: int = 11) -> Line:
    """Return how often equal models are called different: one, and any of ten, against the first."""
    rng, others = seed("equal", world), peers()
    names = ("ours, accuracy", "ours, macro_f1", *others)
    wrong: dict[str, list[tuple[bool, bool]]] = {name: [] for name in names}
    few = []
    for repeat in range(repeats):
        models = pair(world, (0.85,) * count, rng)
        every = asked(models, ("accuracy", "macro_f1"), repeat)
        for name, family in zip(names, every, strict=False):
            wrong[name].append((verdicts(family[:1])[0].found, any(v.found for v in verdicts(family))))
        few.append(not every[0][0].spread.enough)
        for name, peer in others.items():
            claims = [peer(models[0], other)[0] for other in models[1:]]
            wrong[name].append((claims[0], any(claims)))
    shares = {name: 100 * np.mean(of, axis=0) for name, of in wrong.items()}
    return {
        "seen": str(world),
        **{name: f"{one:.1f} / {any_of_ten:.1f}" for name, (one, any_of_ten) in shares.items()},
        "too few": f"{rate(few):.0f}",
    }


def coverage_lines(repeats: int) -> Iterator[tuple[Callable[..., Line], tuple[object, ...]]]:
    for world in (World(200), World(1000), World(2000, alike=0.9), *grouped(5, 8, 12, 20, 50)):
        yield coverage, (world, (0.85, 0.87), repeats)
    for world in grouped(8, 20, luck=0.3):
        yield coverage, (world, (0.7, 0.75), repeats)


def coverage(world: World, accuracies: tuple[float, ...], repeats: int) -> Line:
    """Return how often the interval of a difference holds the true one, of those where a verdict is given."""
    rng, metrics = seed("coverage", world, *accuracies), ("accuracy", "macro_f1", "balanced_accuracy")
    others = {name: peer for name, peer in peers().items() if name.startswith("bootstrap")}
    whole = pair(world, accuracies, rng, 1 + 500_000 // (world.n * max(world.groups, 1)))
    scores = [fast_score(p.probabilities, p.truth, p.classes, dict.fromkeys(metrics, 1.0))[1] for p in whole]
    truth = {metric: scores[1][metric] - scores[0][metric] for metric in metrics}
    held: dict[str, list[bool]] = {name: [] for name in (*metrics, *others)}
    few = []
    for repeat in range(repeats):
        models = pair(world, accuracies, rng)
        every = asked(models, metrics, repeat)
        few.append(not every[0][0].spread.enough)
        for metric, (question,) in zip(metrics, every, strict=True):
            if question.spread.enough:
                own = question.spread.interval(0.95)
                held[metric].append(own.low <= truth[metric] <= own.high)
        for name, peer in others.items():
            low, high = peer(*models)[1]
            held[name].append(low <= truth["accuracy"] <= high)
    return {
        "seen": f"{world}{', much luck' * (world.luck > 0.1)}",
        **{f"ours, {metric}": f"{rate(held[metric]):.1f}" for metric in metrics},
        "too few": f"{rate(few):.0f}",
        **{f"{name}, accuracy": f"{rate(held[name]):.1f}" for name in others},
    }


RARE = (
    ("worse on the rare class", (0.95, 0.95, 0.9), (0.985, 0.97, 0.8)),
    ("better everywhere", (0.85, 0.85, 0.4), (0.95, 0.95, 0.95)),
    ("near perfect, worse on the rare class", (0.999, 0.999, 0.95), (0.999, 0.999, 0.85)),
    ("equal", (0.95, 0.95, 0.8), (0.95, 0.95, 0.8)),
)
"""Recalls by class of two models, the rare class last."""


def rare_lines(repeats: int) -> Iterator[tuple[Callable[..., Line], tuple[object, ...]]]:
    three, one = (0.7, 0.27, 0.03), (0.7, 0.29, 0.01)
    worlds = [World(300, shares=three), World(1000, shares=one)]
    worlds += [World(40, groups, 0.5, luck=0.05, shares=three) for groups in (8, 20, 50)]
    for world in worlds:
        for name, before, after in RARE:
            yield rare, (world, name, before, after, repeats)


def rare(world: World, name: str, before: tuple[float, ...], after: tuple[float, ...], repeats: int) -> Line:
    """Return how often differences hold the true one, with and without allowing for unseen errors in rare classes.

    A wrong verdict is one in the other direction than the true difference, or any of equal models.
    """
    rng, metrics = seed("rare", world, world.shares, name), ("balanced_accuracy", "macro_f1", "worst_recall")
    total = " + ".join(metrics[1:])
    whole = pair(world, (before, after), rng, 1 + 500_000 // (world.n * max(world.groups, 1)))
    scores = [fast_score(p.probabilities, p.truth, p.classes, dict.fromkeys(metrics, 1.0))[1] for p in whole]
    truth = {metric: scores[1][metric] - scores[0][metric] for metric in metrics}
    truth[total] = (truth["macro_f1"] + truth["worst_recall"]) / 2
    truth = {metric: 0.0 if before == after else by for metric, by in truth.items()}
    cells: dict[str, list[tuple[bool, ...]]] = {metric: [] for metric in truth}
    few = []
    for repeat in range(repeats):
        every = asked(pair(world, (before, after), rng), tuple(truth), repeat)
        few.append(not every[0][0].spread.enough)
        for metric, (question,) in zip(truth, every, strict=True):
            if not question.spread.enough:
                continue
            bare = replace(question, spread=replace(question.spread, unseen=Hidden()))
            own, plain = (verdicts([one])[0] for one in (question, bare))
            cells[metric].append((*_kept(own, truth[metric]), *_kept(plain, truth[metric])))
    shares = {metric: 100 * np.mean(of, axis=0) if of else np.full(6, np.nan) for metric, of in cells.items()}
    return {
        "seen": f"{world}, {world.shares[-1]:.0%}",
        "second model": name,
        **{
            f"{metric}: true; holds / wrong / found (without)": f"{truth[metric]:+.3f}; "
            f"{of[0]:.1f} / {of[1]:.1f} / {of[2]:.0f} ({of[3]:.1f} / {of[4]:.1f} / {of[5]:.0f})"
            for metric, of in shares.items()
        },
        "too few": f"{rate(few):.0f}",
    }


def _kept(verdict: Verdict, truth: float) -> tuple[bool, bool, bool]:
    """Return whether the interval holds the true difference, the verdict is wrong, and there is one."""
    held = verdict.difference.low <= truth <= verdict.difference.high
    wrong = verdict.found and (truth == 0 or (verdict.word == "better") != (truth > 0))
    return held, wrong, verdict.found


def power_lines(repeats: int) -> Iterator[tuple[Callable[..., Line], tuple[object, ...]]]:
    for alike in (0.95, 0.9, 0.8, 0.7):
        yield power, (World(2000, alike=alike), 0.9, repeats)
    yield power, (World(20, 100, 0.5, alike=0.9, luck=0.02), 0.9, repeats)


def power(world: World, accuracy: float, repeats: int, gain: float = 0.015) -> Line:
    """Return how often a true gain is found."""
    rng, others = seed("power", world, world.alike), peers()
    found: dict[str, list[bool]] = {name: [] for name in ("ours", *others)}
    apart, detectable = [], []
    for repeat in range(repeats):
        models = pair(world, (accuracy, accuracy + gain), rng)
        v = verdicts(asked(models, ("accuracy",), repeat)[0])[0]
        found["ours"].append(v.word == "better")
        detectable.append(v.detectable)
        apart.append(np.mean((models[0].predicted == models[0].truth) != (models[1].predicted == models[1].truth)))
        for name, peer in others.items():
            found[name].append(peer(*models)[0])
    return {
        "seen": f"{world}, {accuracy} to {accuracy + gain}",
        "rows that differ, %": f"{rate(apart):.1f}",
        "detectable, points": f"{100 * np.median(detectable):.2f}",
        **{name: f"{rate(into):.1f}" for name, into in found.items()},
    }


def best_lines(repeats: int) -> Iterator[tuple[Callable[..., Line], tuple[object, ...]]]:
    for world in (World(600), World(40, 30, 0.5), World(40, 8, 0.5)):
        yield best, (world, "macro_f1", "methods", repeats)
    yield best, (World(2000), "accuracy", "methods", repeats)
    yield best, (World(600), "accuracy", "40 equal models", repeats)
    yield best, (World(40, 30, 0.5), "accuracy", "40 equal models", repeats)
    yield best, (World(2000), "macro_f1", "20 unequal models", repeats)


def best(world: World, metric: str, kind: str, repeats: int, fresh: int = 5_000) -> Line:
    """Return how far figures of the best step lie from what that step gets on new rows, in points."""
    rng = seed("best", world, metric, kind)
    off: dict[str, list[float]] = {"naive": [], "nested, uncorrected": [], "corrected": []}
    held = []
    for repeat in range(repeats):
        skills, temper, methods = _kind(kind, rng)
        rows, new = drawn(world, rng), drawn(world, rng, 1 + fresh // (world.n * max(world.groups, 1)))
        zoos = [zoo(each, skills, rng, alike=0.5, temper=temper) for each in (rows, new)]
        models = Aligned(tuple(_models(rows, zoos[0])))
        made = [blend(models, method, score={metric: 1.0}) for method in methods]
        found = nested_evaluation(models, made, score=metric, draws=DRAWS, seed=repeat)
        name = found.best.name
        chosen = next((one for one in made if one.name == name), None)
        tables = Aligned(tuple(_models(new, zoos[1])))
        if chosen is None:
            p = next(p for p in tables.models if p.model == name)
        else:
            p = replace(tables.first, probabilities=applied(chosen.learned.overall, stack_of(tables)))
        truth = fast_score(p.probabilities, p.truth, p.classes, {metric: 1.0})[1][metric]
        off["naive"].append(found.naive_best - truth)
        off["nested, uncorrected"].append(found.best.chosen_as - truth)
        off["corrected"].append(found.best.corrected.estimate - truth)
        held.append(found.best.corrected.low <= truth <= found.best.corrected.high)
    return {
        "seen": f"{world}, {metric}, {kind}",
        **{name: f"{100 * np.mean(of):+.2f}" for name, of in off.items()},
        "± (of the mean)": f"{196 * np.std(off['corrected']) / np.sqrt(repeats):.2f}",
        "interval holds, %": f"{rate(held):.1f}",
    }


def _kind(kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return skills and tempers of models, and the methods that blend them."""
    if kind == "methods":
        return 1.6 + 0.3 * rng.normal(size=8), np.exp(0.4 * rng.normal(size=8)), METHODS
    if kind == "40 equal models":
        return np.full(40, 2.0), np.ones(40), ()
    return 2.0 + 0.1 * rng.normal(size=20), np.ones(20), ()


def _models(rows: object, tables: list[np.ndarray]) -> list[Predictions]:
    first = predictions(rows, tables[0].argmax(axis=1), "m0", np.random.default_rng(0))
    return [replace(first, probabilities=table, model=f"m{i}") for i, table in enumerate(tables)]


def chance_lines(repeats: int) -> Iterator[tuple[Callable[..., Line], tuple[object, ...]]]:
    for world in (World(100), World(30, 8, 0.5)):
        yield chance, (world, "accuracy", repeats)
    for world in (World(1000), World(20, 30, 1.0)):
        yield chance, (world, "macro_f1", repeats)


def chance(world: World, metric: str, repeats: int) -> Line:
    """Return how often a step is called better than chance where nothing can be."""
    rng = seed("chance", world, metric)
    any_better, naive, rows_only, optimism = [], [], [], []
    for repeat in range(repeats):
        rows = drawn(world, rng)
        models = Aligned(tuple(_models(rows, zoo(rows, np.zeros(6), rng, alike=0.3))))
        made = [blend(models, method, score={metric: 1.0}) for method in METHODS]
        found = nested_evaluation(models, made, score=metric, draws=DRAWS, seed=repeat)
        any_better.append(any(step.chance.word == "better" for step in found.steps))
        naive.append(any(beyond_chance(one.naive) for one in made))
        rows_only.append(any(beyond_chance(p) for p in [*models.models, *(one.predictions for one in made)]))
        optimism.append(found.optimism)
    return {
        "seen": f"{world}, {metric}, 6 models and {len(METHODS)} methods",
        "ours": f"{rate(any_better):.1f}",
        "binomial test, nested figures": f"{rate(rows_only):.1f}",
        "binomial test, naive figures": f"{rate(naive):.1f}",
        "optimism of the best, points": f"{100 * np.mean(optimism):+.1f}",
    }


LINES: Mapping[str, tuple[str, Callable[[int], Iterator[tuple[Callable[..., Line], tuple[object, ...]]]]]] = {
    "equal": ("Equal models called different, % (at most 5): one comparison / any of ten", equal_lines),
    "coverage": ("Intervals of a difference that hold the true one, % (93 to 97)", coverage_lines),
    "rare": (
        "With a rare class, %: true difference held (at least 93), wrong verdicts (at most 5)",
        rare_lines,
    ),
    "power": ("A true gain of 1.5 points found, % (at least 80)", power_lines),
    "best": ("The best of many: mean distance from its figure on new rows, points (within 0.3)", best_lines),
    "chance": ("Something called better than chance where nothing is, % (at most 5)", chance_lines),
}


def line(work: Callable[..., Line], arguments: tuple[object, ...]) -> Line:
    """Return one line; what peers warn of is their matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return work(*arguments)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=tuple(LINES), default=tuple(LINES))
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.processes) as pool:
        for name in asked.only:
            title, lines = LINES[name]
            print(f"\n{title}; {asked.repeats} repetitions\n")
            tasks = [pool.submit(line, work, arguments) for work, arguments in lines(asked.repeats)]
            for at, task in enumerate(tasks):
                cells = task.result()
                if at == 0:
                    print("| " + " | ".join(cells) + " |\n" + "|---" * len(cells) + "|")
                print("| " + " | ".join(cells.values()) + " |", flush=True)


if __name__ == "__main__":
    main()
