"""Folds beside scikit-learn's StratifiedGroupKFold and iterative stratification, on 200 generated grouped sets.

    python benchmarks/splits.py [--sets 200] [--base 2026] [--seeds 5] [--repeats 3]

Needs scikit-learn 1.9 and iterative-stratification. Every method gets the same sets in the same run. What is
judged is the worst class-share deviation: the largest difference, over folds and classes, between the share of
a class that lies in a fold and 1/folds. Beside it: the mean over folds and classes, and within a fold the largest
difference between a class's share of the fold and of all rows, and the largest fold. The floor is what no plan with
these groups can undercut. Times are processor time, medians over sets of medians over repeats.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from iterstrat.ml_stratifiers import MultilabelStratifiedKFold
from sklearn.model_selection import StratifiedGroupKFold

from evenhand.data.splits.assignment.counts import lower_bound, sum_by_group, wholly_inside
from evenhand.data.splits.sklearn_splitter import GroupedStratifiedKFold

SIZES = ("single rows", "small", "even", "heavy-tailed")
SHAPES = ("one class per group", "mixed groups", "mixed groups", "several labels")
SAME = 1e-9
"""Deviations that differ by less are equal."""


@dataclass(frozen=True)
class Set:
    """One generated set: y (n,) classes or (n, k) 0/1, groups (n,), folds."""

    y: np.ndarray
    group: np.ndarray
    folds: int
    shape: str

    @property
    def matrix(self) -> np.ndarray:
        return self.y.astype(float) if self.y.ndim == 2 else np.eye(self.y.max() + 1)[self.y]

    @property
    def classes(self) -> np.ndarray:
        """One class per row; where rows have several labels, each combination is a class."""
        return self.y if self.y.ndim == 1 else np.unique(self.y, axis=0, return_inverse=True)[1].ravel()


# The sets


def sample_test(number: int, base: int = 2026) -> Set:
    """200 to 5,000 rows, 2 to 40 classes skewed up to 1:500, 3 to 10 folds; kinds of groups take turns."""
    rng = np.random.default_rng([base, number])
    n, k = (int(np.exp(rng.uniform(*np.log(limits)))) for limits in ((200, 5000), (2, 40.99)))
    share = np.exp(rng.uniform(0, np.log(500))) ** (-np.arange(k) / max(k - 1, 1))
    share /= share.sum()
    group = np.repeat(np.arange(n), group_sizes(rng, n, SIZES[number // 4 % 4]))[:n]
    shape = SHAPES[number % 4]
    return Set(draw_labels(rng, shape, share, group), group, int(rng.integers(3, 11)), shape)


def group_sizes(rng: np.random.Generator, n: int, law: str) -> np.ndarray:
    if law == "single rows":
        return np.ones(n, dtype=int)
    if law == "small":
        return rng.geometric(1 / 3, n)
    if law == "even":
        return rng.poisson(rng.uniform(5, 20), n) + 1
    return np.ceil(rng.pareto(1.2, n) + 0.01).astype(int).clip(1, n // 10)


def draw_labels(rng: np.random.Generator, shape: str, share: np.ndarray, group: np.ndarray) -> np.ndarray:
    n, g, k = len(group), int(group.max()) + 1, len(share)
    if shape == "one class per group":
        return rng.choice(k, g, p=share)[group]
    if shape == "mixed groups":
        mix = rng.dirichlet(np.maximum(share * k * rng.choice([0.3, 1.0, 5.0]), 1e-3), g)
        return (rng.random((n, 1)) > np.cumsum(mix, axis=1)[group]).sum(axis=1).clip(0, k - 1)
    chance = np.minimum(share * rng.uniform(1, 2.5), 0.9) * rng.gamma(1.0, 1.0, (g, k))[group]
    return (rng.random((n, k)) < np.minimum(chance, 0.95)).astype(int)


def only(drawn: Set, groups: int) -> Set | None:
    """The set with the classes that live in `groups` groups at least; None where little is left."""
    held = sum_by_group(drawn.matrix, drawn.group) > 0
    keep = held.sum(axis=0) >= groups
    if keep.sum() < 2:
        return None
    if drawn.y.ndim == 2:
        return Set(drawn.y[:, keep], drawn.group, drawn.folds, drawn.shape)
    rows = keep[drawn.y]
    if rows.sum() < 100:
        return None
    y, group = (np.unique(each[rows], return_inverse=True)[1] for each in (drawn.y, drawn.group))
    return Set(y, group, drawn.folds, drawn.shape)


def make_sets(count: int, *, spread: bool, base: int = 2026) -> Iterator[Set]:
    """Yield sets; with `spread`, each class lives in as many groups as there are folds or is left out."""
    for number in range(count):
        kept = None
        while kept is None:
            drawn = sample_test(number, base)
            kept = only(drawn, drawn.folds if spread else 1)
            number += 1000
        yield kept


# The methods, each from a set and a seed (None: as it comes) to the fold of each row


def of_splitter(splitter: object, y: np.ndarray, group: np.ndarray | None) -> np.ndarray:
    fold = np.full(len(y), -1)
    for f, (_, test) in enumerate(splitter.split(np.zeros(len(y)), y, group)):  # type: ignore[attr-defined]
        fold[test] = f
    return fold


def ours(given: Set, seed: int | None) -> np.ndarray:
    splitter = GroupedStratifiedKFold(given.folds, shuffle=seed is not None, random_state=seed)
    return of_splitter(splitter, given.y, given.group)


def stratified_group(given: Set, seed: int | None) -> np.ndarray:
    splitter = StratifiedGroupKFold(given.folds, shuffle=seed is not None, random_state=seed)
    return of_splitter(splitter, given.classes, given.group)


def iterative(given: Set, seed: int | None) -> np.ndarray:
    """Iterative stratification knows no groups: it deals groups, each with the labels found in it."""
    held = (sum_by_group(given.matrix, given.group) > 0).astype(int)
    return of_splitter(iterative_splitter(given, seed), held, None)[given.group]


def iterative_rows(given: Set, seed: int | None) -> np.ndarray:
    """Iterative stratification as it is meant, of rows; it tears groups apart."""
    return of_splitter(iterative_splitter(given, seed), given.matrix.astype(int), None)


def iterative_splitter(given: Set, seed: int | None) -> MultilabelStratifiedKFold:
    return MultilabelStratifiedKFold(given.folds, shuffle=True, random_state=seed or 0)


# What is measured


@dataclass
class Score:
    """One method over all sets."""

    worst: list[float] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    within: list[float] = field(default_factory=list)
    size: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    empty: int = 0
    lacking: int = 0
    torn: int = 0

    def add(self, given: Set, fold: np.ndarray, seconds: float) -> None:
        labels = given.matrix
        held = np.stack([labels[fold == f].sum(axis=0) for f in range(given.folds)])
        rows = np.bincount(fold, minlength=given.folds)
        away = np.abs(held / labels.sum(axis=0) - 1 / given.folds)
        share = held / np.maximum(rows, 1)[:, None]
        self.worst.append(float(away.max()))
        self.mean.append(float(away.mean()))
        self.within.append(float(np.abs(share - labels.mean(axis=0)).max()))
        self.size.append(float(rows.max() / len(fold)))
        self.seconds.append(seconds)
        pairs = np.unique(np.column_stack([given.group, fold]), axis=0)
        self.torn += len(pairs) > given.group.max() + 1
        self.empty += bool((rows == 0).any())
        if len(pairs) == given.group.max() + 1:
            self.lacking += bool(wholly_inside(sum_by_group(labels, given.group), pairs[:, 1], given.folds).any())


def timed(method: Callable[[Set, int | None], np.ndarray], given: Set, repeats: int) -> tuple[np.ndarray, float]:
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        fold = method(given, None)
        seconds.append(time.process_time() - start)
    return fold, float(np.median(seconds))


def best_of(method: Callable[[Set, int | None], np.ndarray], given: Set, seeds: int) -> tuple[np.ndarray, float]:
    """The plan with the lowest worst deviation among seeds, and the time of all of them."""
    start = time.process_time()
    plans = [method(given, seed) for seed in range(seeds)]
    seconds = time.process_time() - start
    worst = []
    for plan in plans:
        score = Score()
        score.add(given, plan, 0)
        worst += score.worst
    return plans[int(np.argmin(worst))], seconds


METHODS = {
    "evenhand": ours,
    "StratifiedGroupKFold": stratified_group,
    "iterative stratification of groups": iterative,
    "iterative stratification of rows": iterative_rows,
}
BEST = {"StratifiedGroupKFold": stratified_group, "iterative stratification of groups": iterative}


def measure(sets: list[Set], seeds: int, repeats: int) -> dict[str, Score]:
    scores = {name: Score() for name in METHODS}
    scores |= {f"{name}, best of {seeds} seeds": Score() for name in BEST}
    for given in sets:
        for name, method in METHODS.items():
            scores[name].add(given, *timed(method, given, repeats))
        for name, method in BEST.items():
            scores[f"{name}, best of {seeds} seeds"].add(given, *best_of(method, given, seeds))
    return scores


# The tables


def against(mine: list[float], theirs: list[float]) -> str:
    """In how many sets ours is lower, equal and higher."""
    away = np.array(mine) - np.array(theirs)
    return f"{(away < -SAME).sum()} / {(np.abs(away) <= SAME).sum()} / {(away > SAME).sum()}"


def print_scores(sets: list[Set], scores: dict[str, Score]) -> None:
    """Print a row per method: the mean of each deviation, and in how many sets ours is lower, equal, higher."""
    ours = scores["evenhand"]
    columns = (
        "method",
        "worst",
        "ours",
        "mean",
        "ours",
        "within a fold",
        "ours",
        "largest fold",
        "ours",
        "median ms",
        "ours = 1",
    )
    print("\n| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    unit = float(np.median(ours.seconds))
    for name, score in scores.items():
        cells = [f"{name} (tears groups in {score.torn} sets)" if score.torn else name]
        for key in ("worst", "mean", "within", "size"):
            values = getattr(score, key)
            cells += [f"{np.mean(values):.4f}", "" if score is ours else against(getattr(ours, key), values)]
        median = float(np.median(score.seconds))
        print("| " + " | ".join([*cells, f"{1000 * median:.1f}", f"{median / unit:.2f}"]) + " |")


def print_all_three(scores: dict[str, Score]) -> None:
    """Print in how many sets ours is no worse in the worst deviation, the mix within folds and the largest fold."""
    ours = scores["evenhand"]
    for name, score in scores.items():
        if score is not ours and not score.torn:
            no_worse = [
                np.array(getattr(ours, key)) <= np.array(getattr(score, key)) + SAME
                for key in ("worst", "within", "size")
            ]
            print(f"no worse than {name} in all three: {int(np.all(no_worse, axis=0).sum())} of {len(ours.worst)}")


def print_floor(sets: list[Set], scores: dict[str, Score]) -> None:
    """Print how often each method comes down to what no plan can undercut, and what it leaves empty or out."""
    floor = np.array([lower_bound(sum_by_group(s.matrix, s.group), s.folds) for s in sets])
    mine = np.array(scores["evenhand"].worst)
    print("\n| method | at the floor | above it | ours lower there | an empty fold | a class not in training |")
    print("|---" * 6 + "|")
    for name, score in scores.items():
        if not score.torn:
            worst = np.array(score.worst)
            above = worst > floor + SAME
            lower = "" if name == "evenhand" else str((mine < worst - SAME)[above].sum())
            print(f"| {name} | {(~above).sum()} | {above.sum()} | {lower} | {score.empty} | {score.lacking} |")


def print_shapes(sets: list[Set], scores: dict[str, Score]) -> None:
    names = [name for name in scores if name != "evenhand" and not scores[name].torn]
    print("\n| sets | " + " | ".join(["ours", *names]) + " |\n" + "|---" * (len(names) + 2) + "|")
    for shape in dict.fromkeys(SHAPES):
        at = np.array([s.shape == shape for s in sets])
        cells = [f"{np.array(scores[name].worst)[at].mean():.4f}" for name in ["evenhand", *names]]
        print(f"| {shape} ({at.sum()}) | " + " | ".join(cells) + " |")


def print_large(rows: int = 100_000, groups: int = 20_000, classes: int = 40, folds: int = 5) -> None:
    rng = np.random.default_rng(0)
    share = 0.9 ** np.arange(classes)
    y = rng.choice(classes, rows, p=share / share.sum())
    given = Set(y, np.unique(rng.integers(0, groups, rows), return_inverse=True)[1], folds, "large")
    print(
        f"\n| {rows:,} rows, {given.group.max() + 1:,} groups, {classes} classes, {folds} folds | seconds | worst |"
    )
    print("|---|---|---|")
    for name in ("evenhand", "StratifiedGroupKFold"):
        score = Score()
        score.add(given, *timed(METHODS[name], given, 1))
        print(f"| {name} | {score.seconds[0]:.2f} | {score.worst[0]:.5f} |")


def print_few_groups(sets: int = 2000) -> None:
    """Print how often a fold is empty where there are as many groups as folds."""
    empty = {"evenhand": 0, "StratifiedGroupKFold": 0}
    for seed in range(sets):
        rng = np.random.default_rng(seed)
        folds = int(rng.integers(3, 7))
        group = np.repeat(np.arange(folds), rng.integers(1, 8, folds))
        given = Set(np.unique(rng.integers(0, 3, len(group)), return_inverse=True)[1], group, folds, "few groups")
        if np.bincount(given.y).max() < folds:
            continue  # scikit-learn refuses such a set
        for name in empty:
            empty[name] += len(np.unique(METHODS[name](given, None))) < folds
    print(f"\n{sets:,} sets with as many groups as folds; a fold is empty in: {empty}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--base", type=int, default=2026, help="Seed of the sets.")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    for title, spread in (("Every class lives in as many groups as folds", True), ("As drawn", False)):
        sets = list(make_sets(asked.sets, spread=spread, base=asked.base))
        print(f"\n### {title}: {len(sets)} sets")
        scores = measure(sets, asked.seeds, asked.repeats)
        print_scores(sets, scores)
        print_all_three(scores)
        print_floor(sets, scores)
        print_shapes(sets, scores)
    print("\n### Large")
    print_large()
    print_few_groups()


if __name__ == "__main__":
    main()
