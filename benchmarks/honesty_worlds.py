"""Worlds whose truth is known, for benchmarks/honesty.py: rows or groups of unequal size, and models that answer.

A row is hard or easy for all models alike, a group too, and each model has its own luck with each group and row.
A model is right where the sum of these lies below its threshold, so that accuracies, of each class if need be, and
how often two models differ can be set; where it is wrong it mostly falls for the row's own decoy, as models do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from evenhand.base.values import Floats, Ints, Predictions

SHARES = (0.35, 0.25, 0.2, 0.12, 0.08)
CLASSES = tuple("abcde")


@dataclass(frozen=True)
class World:
    """A population, and how much of it is seen.

    Attributes
    ----------
    n
        Rows seen where there are no groups, else the mean rows of a group.
    groups
        Groups seen; 0 for rows that stand for themselves.
    uneven
        Coefficient of variation of the sizes of groups.
    alike
        Share of what makes an answer right that all models have in common (0..1).
    luck
        Share that a model has with a group as a whole.
    shares
        Of the rows, by class.
    """

    n: int
    groups: int = 0
    uneven: float = 0.0
    alike: float = 0.7
    luck: float = 0.0
    shares: tuple[float, ...] = SHARES

    def __str__(self) -> str:
        if not self.groups:
            return f"{self.n:,} rows"
        return f"{self.groups} groups of {self.n} ± {self.n * self.uneven:.0f} rows"


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a world of k classes: truth, group (None without groups), what all models share, and the decoy."""

    truth: Ints
    group: Ints | None
    shared: Floats
    decoy: Ints
    k: int

    def __len__(self) -> int:
        return len(self.truth)


def drawn(world: World, rng: np.random.Generator, times: int = 1) -> Rows:
    """Return rows of a world, `times` as many as are seen."""
    shares, k = np.array(world.shares), len(world.shares)
    if not world.groups:
        n, group = world.n * times, None
        shared = rng.normal(size=n)
        truth = rng.choice(k, n, p=shares)
    else:
        shape = 1 / world.uneven**2
        count = world.groups * times
        sizes = 1 + rng.poisson(rng.gamma(shape, (world.n - 1) / shape, count))
        group = np.repeat(np.arange(count), sizes)
        n = len(group)
        shared = np.sqrt(0.8) * rng.normal(size=n) + np.sqrt(0.2) * rng.normal(size=count)[group]
        mixes = rng.dirichlet(5 * shares, count).cumsum(axis=1)
        truth = (mixes[group] < rng.random((n, 1))).sum(axis=1).clip(max=k - 1)
    decoy = (truth + rng.integers(1, k, n)) % k
    return Rows(truth, group, shared, decoy, k)


def answers(world: World, rows: Rows, accuracy: float | Floats, rng: np.random.Generator) -> Ints:
    """Return the class that a model of that accuracy, or of a recall for each class, answers for each row."""
    own = rng.normal(size=len(rows))
    if rows.group is not None and world.luck:
        luck = rng.normal(size=int(rows.group.max()) + 1)[rows.group]
        own = np.sqrt(1 - world.luck) * own + np.sqrt(world.luck) * luck
    threshold = stats.norm.ppf(np.broadcast_to(accuracy, rows.k))[rows.truth]
    right = np.sqrt(world.alike) * rows.shared + np.sqrt(1 - world.alike) * own < threshold
    falls = rng.random(len(rows)) < 0.6
    other = (rows.truth + rng.integers(1, rows.k, len(rows))) % rows.k
    return np.where(right, rows.truth, np.where(falls, rows.decoy, other))


def predictions(rows: Rows, answer: Ints, name: str, rng: np.random.Generator, folds: int = 5) -> Predictions:
    """Return answers as predictions, over folds that keep groups whole."""
    units = np.arange(len(rows)) if rows.group is None else rows.group
    fold = (rng.permutation(int(units.max()) + 1) % folds)[units]
    return Predictions(
        ids=np.arange(len(rows)).astype(str).astype(object),
        classes=CLASSES[: rows.k],
        probabilities=np.eye(rows.k)[answer],
        truth=rows.truth,
        fold=fold.astype(np.int16),
        groups=None if rows.group is None else rows.group.astype(str).astype(object),
        model=name,
    )


def zoo(
    rows: Rows, skills: Floats, rng: np.random.Generator, *, alike: float = 0.6, temper: Floats | None = None
) -> list[Floats]:
    """Return (n, k) probabilities of a model per skill; with skill 0 they know nothing of the truth.

    Parameters
    ----------
    skills
        How far each raises the score of the true class.
    alike
        Share of the noise that all models have in common.
    temper
        How far each sharpens its scores; 1 leaves them as they are.
    """
    n, k = len(rows), len(CLASSES)
    common = rng.normal(size=(n, k)) + (0 if rows.group is None else _per_group(rows.group, k, rng))
    out = []
    for skill, sharp in zip(skills, np.ones(len(skills)) if temper is None else temper, strict=True):
        logits = np.sqrt(alike) * common + np.sqrt(1 - alike) * rng.normal(size=(n, k)) + np.log(SHARES) / 2
        logits[np.arange(n), rows.truth] += skill
        logits = sharp * 1.5 * logits
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        out.append(odds / odds.sum(axis=1, keepdims=True))
    return out


def _per_group(group: Ints, k: int, rng: np.random.Generator) -> Floats:
    return np.asarray(0.7 * rng.normal(size=(int(group.max()) + 1, k))[group])
