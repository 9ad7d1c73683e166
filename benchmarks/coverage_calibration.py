"""How often the interval of a calibration error holds the true one: honest, too sure and unsure models.

    python benchmarks/coverage_calibration.py                # 500 repetitions a cell

The probability that an answer is right is known, and so is the true error: the mean distance, over the whole
population, between what is told and how often answers told with that confidence are right. In groups, answers are
right or wrong together (a normal copula); the probabilities stay honest on average.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from evenhand.base.values import Floats, Ints, Predictions
from evenhand.evaluation.figures.evaluate import evaluate


@dataclass(frozen=True)
class World:
    """A population, and how much of it is seen.

    Attributes
    ----------
    n
        Rows seen where there are no groups, else the mean rows of a group.
    groups
        Groups seen; 0 for rows that stand for themselves.
    together
        Correlation of right answers within a group.
    skill
        Scale of the logits: 2 is right in about two of three rows, 6 near the ceiling.
    temperature
        What the logits are divided by before they are told: 1 is honest, less is too sure.
    several
        Whether labels are told one by one, correlated within a row.
    """

    n: int
    groups: int = 0
    together: float = 0.0
    skill: float = 2.0
    temperature: float = 1.0
    several: bool = False

    def __str__(self) -> str:
        told = {True: "honest", False: f"temperature {self.temperature}"}[self.temperature == 1]
        kind = ", several labels" if self.several else ""
        if not self.groups:
            return f"{self.n:,} rows, skill {self.skill}, {told}{kind}"
        return f"{self.groups} groups of {self.n}, r {self.together}, skill {self.skill}, {told}{kind}"


def drawn(world: World, rng: np.random.Generator, groups: int) -> tuple[Floats, Floats, Ints | None]:
    """Return (n, k) what is told, (n, k) what is true on average, and groups."""
    if world.groups:
        sizes = 1 + rng.poisson(rng.gamma(2.0, (world.n - 1) / 2.0, groups))
        group = np.repeat(np.arange(groups), sizes)
    else:
        group = np.arange(groups)
    logits = world.skill * rng.normal(size=(len(group), 4)) + np.array([1.0, 0.5, 0.0, -1.0])
    if world.groups:
        logits += 0.3 * world.skill * rng.normal(size=(groups, 4))[group]
    of = sigmoid if world.several else softmax
    return of(logits / world.temperature), of(logits), group if world.groups else None


def softmax(logits: Floats) -> Floats:
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def sigmoid(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits)))


def answered(world: World, told: Floats, true: Floats, group: Ints | None, rng: np.random.Generator) -> Predictions:
    """Return predictions whose truth is drawn from `true`, in groups together."""
    n = len(told)
    luck = np.sqrt(1 - world.together) * rng.normal(size=n)
    if group is not None:
        luck += np.sqrt(world.together) * rng.normal(size=int(group.max()) + 1)[group]
    if world.several:
        u = stats.norm.cdf(np.sqrt(0.5) * luck[:, None] + np.sqrt(0.5) * rng.normal(size=told.shape))
        truth = (u < true).astype(float)
    else:
        order = np.argsort(-told, axis=1)
        steps = np.take_along_axis(true, order, axis=1).cumsum(axis=1)
        place = (steps < stats.norm.cdf(luck)[:, None]).sum(axis=1).clip(max=3)
        truth = np.take_along_axis(order, place[:, None], axis=1)[:, 0]
    ids = np.arange(n).astype(str).astype(object)
    groups = None if group is None else group.astype(str).astype(object)
    return Predictions(ids, tuple("abcd"), told, truth, groups=groups)


def true_error(world: World, rng: np.random.Generator, bins: int = 100) -> float:
    told, true, _ = drawn(world, rng, 400_000 // (world.n if world.groups else 1))
    if world.several:
        sure, right = told.ravel(), true.ravel()
    else:
        at = told.argmax(axis=1)[:, None]
        sure, right = (np.take_along_axis(table, at, axis=1)[:, 0] for table in (told, true))
    gap = (sure - right)[np.argsort(sure)]
    return float(np.mean([abs(part.mean()) for part in np.array_split(gap, bins)]))


def worlds() -> Iterator[World]:
    for skill, temperature in ((2.0, 1.0), (8.0, 1.0), (2.0, 0.5), (8.0, 0.5), (3.0, 2.0)):
        for n in (60, 300, 1000) if temperature <= 1 else (60, 300):
            yield World(n, skill=skill, temperature=temperature)
    for groups, n in ((5, 30), (12, 30), (50, 20)):
        for together, skill, temperature in ((0.1, 2.0, 1.0), (0.4, 2.0, 1.0), (0.4, 6.0, 1.0), (0.3, 2.0, 0.6)):
            yield World(n, groups, together, skill, temperature)
    yield World(100, skill=2.0, several=True)
    yield World(20, 12, 0.3, 2.0, 0.6, True)


HEADS = (
    "true error",
    "mean figure",
    "held, %",
    "lower end above the truth, %",
    "lower end above 0.01, %",
    "mean width",
)


def study(world: World, repeats: int, seed: int) -> list[str]:
    """Return the cells of one line."""
    rng = np.random.default_rng([seed, sum(map(ord, str(world))), len(str(world))])
    truth = true_error(world, rng)
    seen = []
    for repeat in range(repeats):
        told, true, group = drawn(world, rng, world.groups or world.n)
        p = answered(world, told, true, group, rng)
        one = evaluate(p, ["calibration_error"], draws=400, seed=repeat)["calibration_error"]
        held = one.low <= truth <= one.high
        seen.append((one.estimate, held, one.low > truth, one.low > 0.01, one.high - one.low))
    estimate, held, above, off, width = np.mean(seen, axis=0)
    shares = [f"{100 * of:.1f}" for of in (held, above, off)]
    return [f"{truth:.3f}", f"{estimate:.3f}", *shares, f"{width:.3f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--only", default="", help="worlds whose words hold this")
    options = parser.parse_args()
    print("| seen | " + " | ".join(HEADS) + " |\n" + "|---" * (len(HEADS) + 1) + "|")
    for world in worlds():
        if options.only in str(world):
            print(f"| {world} | " + " | ".join(study(world, options.repeats, options.seed)) + " |", flush=True)


if __name__ == "__main__":
    main()
