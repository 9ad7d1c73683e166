"""How often intervals hold the truth where classes are rare and models nearly perfect.

    nice -n 10 python benchmarks/coverage_classes.py > grid.md      # 48 cells, 500 repetitions each
    python benchmarks/coverage_classes.py --part tune --repeats 100 --seed 1

Four worlds, none of which is that of `coverage.py`. Methods were chosen by looking at the first two
(`--part tune`); the table is made of the other two, with other seeds.

- scores: the score of the true class is raised, noise is Gaussian, and probabilities are a softmax; groups have
  their own skill and their own mix of classes.
- confusions: whether a row is right is drawn first, by a beta distribution for each group and class; wrong rows go
  to any class, and probabilities are drawn from Dirichlet distributions that favour what was predicted.
- heavy scores: as scores, with noise of Student's distribution (4 degrees of freedom), groups that differ more in
  size and mix, and a model that is not sure enough of itself or too sure.
- neighbours: as confusions, with errors that go to the next class only, groups that differ more, and softer
  probabilities.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import special, stats

from evenhand.base.values import Floats, Ints
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.resampling.bootstrap import bootstrap_parts
from evenhand.evaluation.resampling.intervals import figure, interval, support

METRICS = (
    "accuracy",
    "balanced_accuracy",
    "macro_precision",
    "macro_f1",
    "weighted_f1",
    "worst_recall",
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier",
)
SHARES = {
    "even": (0.25, 0.25, 0.25, 0.25),
    "5 %": (0.5, 0.3, 0.15, 0.05),
    "3 %": (0.6, 0.25, 0.12, 0.03),
    "1 %": (0.6, 0.29, 0.1, 0.01),
}


@dataclass(frozen=True)
class Cell:
    """A world, and how much of it is seen.

    Attributes
    ----------
    world
        "scores", "confusions", "heavy scores" or "neighbours".
    shares
        Name of the shares of the classes.
    n
        Rows seen, on average where there are groups.
    groups
        Groups seen; 0 for rows that stand for themselves.
    skill
        Accuracy of the model, about.
    """

    world: str
    shares: str
    n: int
    groups: int
    skill: float

    def __str__(self) -> str:
        return f"{self.world} | {self.shares} | {self.n} | {self.groups or '–'} | {self.skill}"


def sizes(rng: np.random.Generator, cell: Cell, groups: int) -> Ints:
    """Return rows of each group: uneven, with a standard deviation of 0.6 or 1 times their mean."""
    shape = 1 / (1.0 if cell.world in ("heavy scores", "neighbours") else 0.36)
    mean = cell.n / cell.groups
    return 1 + rng.poisson(rng.gamma(shape, max(mean - 1, 0.1) / shape, groups))


def sample(cell: Cell, rng: np.random.Generator, groups: int) -> tuple[EvaluatedRows, Ints | None]:
    """Return rows of `groups` groups, or of so many rows where there are none, and the group of each row."""
    shares = np.array(SHARES[cell.shares])
    k = len(shares)
    if cell.groups:
        number = np.repeat(np.arange(groups), sizes(rng, cell, groups))
        mixes = rng.dirichlet((4 if cell.world == "heavy scores" else 6) * shares, groups).cumsum(axis=1)
        truth = (mixes[number] < rng.random((len(number), 1))).sum(axis=1).clip(max=k - 1)
    else:
        number, truth = None, rng.choice(k, groups, p=shares)
    make = _scores if cell.world.endswith("scores") else _confusions
    probabilities = make(cell, truth, number, groups, rng)
    return EvaluatedRows(tuple("abcdef"[:k]), probabilities, truth), number


def _scores(cell: Cell, truth: Ints, number: Ints | None, groups: int, rng: np.random.Generator) -> Floats:
    k, heavy = len(SHARES[cell.shares]), cell.world == "heavy scores"
    noise = stats.t(4) if heavy else stats.norm
    apart = np.sqrt(2) * noise.ppf(1 - (1 - cell.skill) / 1.5)
    spread = (0.1 * apart if heavy else 0.35) * rng.normal(size=groups)
    scores = rng.standard_t(4, (len(truth), k)) if heavy else rng.normal(size=(len(truth), k))
    scores[np.arange(len(truth)), truth] += apart if number is None else apart + spread[number]
    return np.asarray(special.softmax((1.5 if heavy else apart) * scores, axis=1))


def _confusions(cell: Cell, truth: Ints, number: Ints | None, groups: int, rng: np.random.Generator) -> Floats:
    k, near = len(SHARES[cell.shares]), cell.world == "neighbours"
    right = rng.random(len(truth)) < cell.skill
    if number is not None:
        alike = 8.0 if near else 15.0
        chance = rng.beta(alike * cell.skill, alike * (1 - cell.skill), (groups, k))
        right = rng.random(len(truth)) < chance[number, truth]
    predicted = np.where(right, truth, (truth + (1 if near else rng.integers(1, k, len(truth)))) % k)
    favour = np.where(right, 6.0 if near else 12.0, 3.0 if near else 6.0)
    made = rng.gamma(0.6 + favour[:, None] * (predicted[:, None] == np.arange(k)))
    made = made / made.sum(axis=1, keepdims=True)
    best, rows = made.argmax(axis=1), np.arange(len(truth))
    made[rows, best], made[rows, predicted] = made[rows, predicted], made[rows, best].copy()
    return np.clip(made, 1e-12, None)


@dataclass(frozen=True)
class Held:
    """How often intervals of one metric held the truth in one cell.

    Attributes
    ----------
    coverage
        In percent, of the intervals that are not *too few to tell*; NaN where all are.
    width
        Mean width of these.
    few
        How often it was too few to tell, in percent.
    anyway
        Coverage of all intervals, those of too few too.
    bootstrap
        Coverage of the interval that the replicates alone give, in percent, and its mean width.
    """

    coverage: float
    width: float
    few: float
    anyway: float
    bootstrap: tuple[float, float]

    def __str__(self) -> str:
        few = f" {self.few:.0f}†" if self.few >= 0.5 else ""
        return "†" if np.isnan(self.coverage) else f"{self.coverage:.1f} ({self.width:.3f}){few}"


def study(cell: Cell, repeats: int, draws: int, seed: int, metrics: tuple[str, ...] = METRICS) -> dict[str, Held]:
    """Return how often the interval of each metric holds the truth."""
    world = ("scores", "confusions", "heavy scores", "neighbours").index(cell.world)
    place = list(SHARES).index(cell.shares)
    rng = np.random.default_rng([seed, world, cell.n, cell.groups, int(1e4 * cell.skill), place])
    many = max(int(300_000 / cell.n * cell.groups), 1) if cell.groups else 300_000
    population, _ = sample(cell, rng, many)
    truths = [one.estimate() for one in ask(population, metrics, {}, {})]
    seen: dict[str, list[tuple[float, ...]]] = {name: [] for name in metrics}
    for repeat in range(repeats):
        rows, groups = sample(cell, rng, cell.groups or cell.n)
        measures = ask(rows, metrics, {}, {})
        drawn, moments = bootstrap_parts(measures, groups, draws=draws, seed=repeat)
        for name, one, truth, own, parts in zip(metrics, measures, truths, drawn, moments, strict=True):
            found = figure(one, groups, own, parts)
            if np.isfinite(found.estimate):
                plain = interval(found.estimate, own, support(one.base(), groups), bounds=one.metric.bounds)
                ends = [(x.low <= truth <= x.high, x.high - x.low) for x in (found, plain)]
                seen[name].append((found.enough, *ends[0], *ends[1]))
    return {name: _held(np.array(of, dtype=np.float64)) for name, of in seen.items()}


def _held(table: Floats) -> Held:
    enough = table[table[:, 0] > 0]
    mean = enough.mean(axis=0) if len(enough) else np.full(5, np.nan)
    every = table.mean(axis=0)
    few = 100 * (1 - len(enough) / len(table))
    return Held(100 * mean[1], mean[2], few, 100 * every[1], (100 * every[3], every[4]))


def cells(part: str) -> Iterator[Cell]:
    """Yield the cells of the grid, or those that methods were tuned on."""
    worlds = ("scores", "confusions") if part == "tune" else ("heavy scores", "neighbours")
    seen = (
        ("1 %", 60, 0),
        ("1 %", 300, 12),
        ("5 %", 300, 0),
        ("1 %", 1000, 50),
        ("5 %", 100, 5),
        ("1 %", 1000, 0),
        ("3 %", 300, 20),
        ("even", 300, 0),
    )
    for shares, n, groups in seen:
        for skill in (0.999, 0.9, 0.99):
            for world in worlds:
                yield Cell(world, shares, n, groups, skill)


def report(cell: Cell, found: dict[str, Held], part: str) -> None:
    """Print the row of a cell, and what each metric did where the method is tuned."""
    print(f"| {cell} | " + " | ".join(map(str, found.values())) + " |", flush=True)
    if part == "tune":
        print(*(f"  {name}: {held}" for name, held in found.items()), sep="\n", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--part", choices=("grid", "tune"), default="grid")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    names = "world | rarest class | rows | groups | skill"
    print(f"| {names} | " + " | ".join(METRICS) + " |")
    print("|---" * (5 + len(METRICS)) + "|")
    measured = partial(study, repeats=options.repeats, draws=options.draws, seed=options.seed)
    chosen = list(cells(options.part))
    with ProcessPoolExecutor(options.processes) as pool:
        for cell, found in zip(chosen, pool.map(measured, chosen), strict=True):
            report(cell, found, options.part)


if __name__ == "__main__":
    main()
