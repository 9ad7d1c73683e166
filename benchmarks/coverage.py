"""How often intervals hold the truth: simulated classifiers on rows and on groups of unequal size.

    python benchmarks/coverage.py            # a minute or two: 400 repetitions a line
    python benchmarks/coverage.py --repeats 2000 --processes 2

A population of groups is drawn: sizes from a gamma distribution, the mix of classes from a Dirichlet distribution,
and how well the classifier does on each group from a normal one. The truth of a metric is its value on a very large
sample of that population; a study draws a few groups, and counts how often the interval holds the truth. For
comparison the same replicates are also read as plain percentile intervals.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from evenhand.base.values import Floats, Ints
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.resampling.bootstrap import bootstrap
from evenhand.evaluation.resampling.intervals import interval, support

CLASSES = ("a", "b", "c", "d", "e", "f")
SHARES = np.array([0.35, 0.25, 0.15, 0.1, 0.1, 0.05])
METRICS = (
    "accuracy",
    "macro_f1",
    "recall[b]",
    "recall[e]",
    "worst_recall",
    "roc_auc",
    "log_loss",
    "calibration_error",
)


@dataclass(frozen=True)
class Setting:
    """A population, and how much of it is seen.

    Attributes
    ----------
    groups
        Groups seen; 0 for rows that stand for themselves.
    size
        Rows seen, or mean rows of a group.
    uneven
        Coefficient of variation of the sizes of groups.
    skill
        How far the score of the true class is raised.
    spread
        Standard deviation of the skill between groups.
    """

    groups: int
    size: int
    uneven: float = 0.0
    skill: float = 2.5
    spread: float = 0.0

    def __str__(self) -> str:
        doing = f"skill {self.skill}"
        if not self.groups:
            return f"{self.size} rows, {doing}"
        return f"{self.groups} groups of {self.size} ± {self.size * self.uneven:.0f} rows, {doing} ± {self.spread}"


def settings() -> Iterator[Setting]:
    for skill in (2.5, 4.0):
        for n in (100, 300, 1000, 2000):
            yield Setting(0, n, skill=skill)
        for groups, size, uneven in ((5, 40, 0.5), (8, 40, 0.5), (12, 30, 1.0), (20, 20, 1.0), (50, 20, 1.0)):
            yield Setting(groups, size, uneven, skill, 0.7)


def sample(setting: Setting, groups: int, rng: np.random.Generator) -> tuple[EvaluatedRows, Ints | None]:
    """Return rows of `groups` groups (of so many rows where there are none), and the group of each row."""
    if not setting.groups:
        truth = rng.choice(len(SHARES), groups, p=SHARES)
        return scored(truth, np.full(groups, setting.skill), rng), None
    shape = 1 / setting.uneven**2
    sizes = 1 + rng.poisson(rng.gamma(shape, (setting.size - 1) / shape, groups))
    number = np.repeat(np.arange(groups), sizes)
    mixes = rng.dirichlet(5 * SHARES, groups).cumsum(axis=1)
    truth = (mixes[number] < rng.random((len(number), 1))).sum(axis=1).clip(max=len(SHARES) - 1)
    skill = setting.skill + setting.spread * rng.normal(size=groups)
    return scored(truth, skill[number], rng), number


def scored(truth: Ints, skill: Floats, rng: np.random.Generator) -> EvaluatedRows:
    """Return rows with noisy scores, the score of the truth raised by `skill`; rarer classes are harder."""
    logits = rng.gumbel(size=(len(truth), len(SHARES)))
    logits[np.arange(len(truth)), truth] += skill + np.log(SHARES[truth] / SHARES.max()) / 3
    probabilities = np.exp(logits)
    return EvaluatedRows(CLASSES, probabilities / probabilities.sum(axis=1, keepdims=True), truth)


def study(setting: Setting, repeats: int, draws: int) -> dict[str, tuple[float, float, float]]:
    """Return for each metric the coverage in percent, the plain percentile interval's, and the mean width."""
    rng = np.random.default_rng([setting.groups, setting.size, int(10 * setting.skill)])
    population, _ = sample(setting, 400_000 // (setting.size if setting.groups else 1), rng)
    truths = [one.estimate() for one in ask(population, METRICS, {}, {})]
    seen: dict[str, list[tuple[bool, bool, float]]] = {name: [] for name in METRICS}
    for repeat in range(repeats):
        rows, groups = sample(setting, setting.groups or setting.size, rng)
        measures = ask(rows, METRICS, {}, {})
        replicates = bootstrap(measures, groups, draws=draws, seed=repeat)
        for name, one, truth, drawn in zip(METRICS, measures, truths, replicates, strict=True):
            estimate = one.estimate()
            if np.isfinite(estimate):
                ours = interval(estimate, drawn, support(one.base(), groups), bounds=one.metric.bounds)
                low, high = np.nanquantile(drawn, [0.025, 0.975])
                seen[name].append((ours.low <= truth <= ours.high, low <= truth <= high, ours.high - ours.low))
    return {name: tuple(np.mean(of, axis=0) * [100, 100, 1]) for name, of in seen.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=400)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    print(
        f"Coverage in % of 95 % intervals, {options.repeats} repetitions; in brackets plain percentile intervals\n"
    )
    print("| seen | " + " | ".join(METRICS) + " |")
    print("|---" * (len(METRICS) + 1) + "|")
    every = list(settings())
    with ProcessPoolExecutor(options.processes) as pool:
        tasks = [pool.submit(study, setting, options.repeats, options.draws) for setting in every]
        for setting, task in zip(every, tasks, strict=True):
            cells = [f"{ours:.1f} ({plain:.1f})" for ours, plain, _ in task.result().values()]
            print(f"| {setting} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
