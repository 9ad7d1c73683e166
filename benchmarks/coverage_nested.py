"""How often nested and corrected intervals hold what a blend gets on new rows, with rare classes and few groups.

    python benchmarks/coverage_nested.py                # 500 repetitions a cell

Four models answer rows of a world with a rare class. Blends are learned on their out-of-fold predictions; the truth
is what the blend learned from all rows gets on 12,000 new rows. Counted is how often the nested interval of each
blend, and the corrected one of the best of all, holds it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from evenhand.base.values import Floats, Ints, Predictions
from evenhand.blending.blend import blend
from evenhand.blending.core.crossfit import applied
from evenhand.blending.inputs.align import Aligned
from evenhand.blending.inputs.stack import stack_of
from evenhand.evaluation.core.evaluated_rows import rows_of
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.figures.evaluate import intervals_over
from evenhand.evaluation.figures.learning_variance import learning
from evenhand.evaluation.figures.score import fast_score
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.resampling.resampling_units import group_numbers
from evenhand.evaluation.selection.best_of import best_of

METHODS = ("equal", "nnls", "nnls+bias")
HEADS = (
    *METHODS,
    "nnls+bias without what learning adds",
    "best of seven, corrected",
    "too few, %",
    "corrected better than naive, %",
)
SKILLS = (1.0, 1.4, 1.8, 2.0)


@dataclass(frozen=True)
class World:
    """A population, and how much of it is seen.

    Attributes
    ----------
    n
        Rows seen where there are no groups, else the mean rows of a group.
    shares
        Of the classes.
    groups
        Groups seen; 0 for rows that stand for themselves.
    skill
        What the models' skills are multiplied by.
    metric
        What is maximised and judged.
    """

    n: int
    shares: tuple[float, ...]
    groups: int = 0
    skill: float = 1.0
    metric: str = "macro_f1"

    def __str__(self) -> str:
        seen = f"{self.groups} groups of {self.n}" if self.groups else f"{self.n:,} rows"
        return f"{seen}, rarest {100 * self.shares[-1]:.0f} %, skill {self.skill}, {self.metric}"


def drawn(world: World, count: int, rng: np.random.Generator) -> tuple[list[Floats], Ints, Ints | None]:
    """Return (n, k) probabilities of each model, truth, and groups; of `count` groups, or rows without groups."""
    k = len(world.shares)
    if world.groups:
        group = np.repeat(np.arange(count), 1 + rng.poisson(rng.gamma(2.0, (world.n - 1) / 2.0, count)))
        mixes = rng.dirichlet(8 * np.array(world.shares), count).cumsum(axis=1)[group]
    else:
        group, mixes = None, np.cumsum(world.shares)[None, :]
    n = count if group is None else len(group)
    truth = (mixes < rng.random((n, 1))).sum(axis=1).clip(max=k - 1)
    common = rng.normal(size=(n, k)) + (0 if group is None else 0.5 * rng.normal(size=(count, k))[group])
    tables = []
    for skill, sharp in zip(SKILLS, (0.7, 1.0, 1.4, 2.0), strict=True):
        logits = np.sqrt(0.5) * common + np.sqrt(0.5) * rng.normal(size=(n, k)) + 0.5 * np.log(world.shares)
        logits[np.arange(n), truth] += skill * world.skill
        odds = np.exp(sharp * 1.5 * (logits - logits.max(axis=1, keepdims=True)))
        tables.append(odds / odds.sum(axis=1, keepdims=True))
    return tables, truth, group


def models(tables: list[Floats], truth: Ints, group: Ints | None, fold: Ints) -> Aligned:
    ids = np.arange(len(truth)).astype(str).astype(object)
    groups = None if group is None else group.astype(str).astype(object)
    classes = tuple("abcdefgh"[: tables[0].shape[1]])
    first = Predictions(ids, classes, tables[0], truth, fold.astype(np.int16), groups=groups, model="m0")
    return Aligned(tuple(replace(first, probabilities=one, model=f"m{i}") for i, one in enumerate(tables)))


def worlds() -> Iterator[World]:
    two, one = (0.5, 0.3, 0.18, 0.02), (0.55, 0.3, 0.14, 0.01)
    yield World(60, (0.6, 0.3, 0.1))
    yield World(60, (0.5, 0.3, 0.15, 0.05))
    yield World(150, two)
    yield World(400, two)
    yield World(400, two, skill=2.2)
    yield World(1000, one)
    yield World(30, two, 12)
    yield World(30, (0.5, 0.3, 0.15, 0.05), 6)
    yield World(20, one, 50)
    yield World(400, two, metric="accuracy")
    yield World(200, (0.5, 0.3, 0.15, 0.05), metric="log_loss")


def study(world: World, repeats: int, seed: int, draws: int) -> list[str]:
    """Return the cells of one line."""
    rng = np.random.default_rng([seed, sum(map(ord, str(world))), len(str(world))])
    new = drawn(world, 12_000 // (world.n if world.groups else 1), rng)
    fresh = models(*new, np.zeros(len(new[1])))
    whole = stack_of(fresh)
    rows: dict[str, list[tuple[bool, float]]] = {name: [] for name in HEADS[:-2]}
    few, above = [], []
    for repeat in range(repeats):
        tables, truth, group = drawn(world, world.groups or world.n, rng)
        units = np.arange(len(truth)) if group is None else group
        seen = models(tables, truth, group, (rng.permutation(int(units.max()) + 1) % 5)[units])
        made = [blend(seen, method, score={world.metric: 1.0}) for method in METHODS]
        p = [*seen.models, *(one.predictions for one in made)]
        measures = [measure_of(one, world.metric) for one in p]
        groups = group_numbers(seen.first.groups, len(truth))
        plain = intervals_over(measures, groups, draws=draws, level=0.95, seed=repeat)
        taught = [learning([measure_of(q, world.metric).estimate() for q in one.under_each_fold()]) for one in made]
        bounds = measures[0].metric.bounds
        nested = [*plain[:4], *(by.widened(one, *bounds) for by, one in zip(taught, plain[4:], strict=True))]
        naive = [
            *(one.estimate for one in plain[:4]),
            *(measure_of(one.naive, world.metric).estimate() for one in made),
        ]
        sign = 1.0 if measures[0].metric.higher_is_better else -1.0
        reported = sign * max(sign * one for one in naive)
        best = best_of(
            measures, [one.model for one in p], groups, intervals=nested, reported=reported, draws=200, seed=repeat
        )
        at = [one.model for one in p].index(best.name)
        answers = [*fresh.probabilities, *(applied(one.learned.overall, whole) for one in made)]
        true = {place: true_figure(answers[place], new[1], fresh, world.metric) for place in {4, 5, 6, at}}
        for name, one, place in zip(rows, (*nested[4:], plain[6], best.corrected), (4, 5, 6, 6, at), strict=True):
            if getattr(one, "enough", True):
                rows[name].append((one.low <= true[place] <= one.high, one.high - one.low))
        few.append(not getattr(best.corrected, "enough", True))
        above.append(sign * (reported - best.corrected.estimate) < 0)
    cells = []
    for of in rows.values():
        held, width = np.mean(of, axis=0) if of else (np.nan, np.nan)
        cells.append(f"{100 * held:.1f} ({width:.3f})" if of else "–")
    return [*cells, f"{100 * np.mean(few):.0f}", f"{100 * np.mean(above):.1f}"]


def measure_of(p: Predictions, metric: str) -> Measure:
    return ask(rows_of(p), [metric], {}, {})[0]


def true_figure(table: Floats, truth: Ints, fresh: Aligned, metric: str) -> float:
    return fast_score(table, truth, fresh.first.classes, {metric: 1.0})[1][metric]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--draws", type=int, default=250)
    parser.add_argument("--seed", type=int, default=23)
    parser.add_argument("--only", default="", help="worlds whose words hold this")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    print("Coverage in % (mean width)\n\n| seen | " + " | ".join(HEADS) + " |\n" + "|---" * (len(HEADS) + 1) + "|")
    chosen = [world for world in worlds() if options.only in str(world)]
    measured = partial(study, repeats=options.repeats, seed=options.seed, draws=options.draws)
    with ProcessPoolExecutor(options.processes) as pool:
        for world, row in zip(chosen, pool.map(measured, chosen), strict=True):
            print(f"| {world} | " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
