"""Local search: moves and swaps of groups between folds that reduce the worst deviations first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats, Ints, Mask
from evenhand.data.splits.assignment.counts import sum_by_fold

NO_GROUP = -1
"""In place of a group: exchanging a group with it is a plain move."""


class FoldPlan:
    """An assignment of groups to folds, with the deviations of each fold; changed in place by moves and swaps.

    Parameters
    ----------
    vectors
        (g, j) share of each column (class, rows) that a group holds.
    fold
        (g,) int64 fold of each group; it is copied.
    shares
        (f,) share of everything that each fold should get.

    Attributes
    ----------
    away
        (f, j) share of each column in each fold, minus the target.
    sizes
        (f,) groups in each fold.
    """

    def __init__(self, vectors: Floats, fold: Ints, shares: Floats) -> None:
        self.vectors = np.vstack([vectors, np.zeros(vectors.shape[1])])  # row -1 is NO_GROUP
        self.fold = fold.copy()
        self.f = len(shares)
        self.away = sum_by_fold(vectors, fold, self.f) - shares[:, None] * vectors.sum(axis=0)
        self.sizes = np.bincount(fold, minlength=self.f)

    def exchange(self, x: int, y: int, a: int, b: int) -> None:
        """Move group x from fold a to fold b, and y from b to a; either may be NO_GROUP."""
        change = self.vectors[x] - self.vectors[y]
        self.away[a] -= change
        self.away[b] += change
        reassign(self.fold, self.sizes, x, y, a, b)

    def fill_empty(self) -> None:
        """Move to each empty fold the lightest group of a fold that has several."""
        weight = self.vectors[:-1].sum(axis=1)
        for empty in np.flatnonzero(self.sizes == 0):
            spare = np.flatnonzero(self.sizes[self.fold] > 1)
            x = int(spare[weight[spare].argmin()])
            self.exchange(x, NO_GROUP, int(self.fold[x]), int(empty))


def improve(plan: FoldPlan, rng: np.random.Generator, *, doublings: int, steps: int = 300, tries: int = 8,
         work: int = 16_000) -> None:  # fmt: skip
    """Move and swap groups in `plan` while the sum of deviations to the power 2^(1 + doublings) falls.

    Each step takes the cell (fold, column) with the largest deviation and, of the moves and swaps that reduce it,
    the one that lowers the sum most; a cell that cannot be improved is skipped.

    Parameters
    ----------
    doublings
        0 reduces squares; the higher, the more the worst cell counts (the power approaches the maximum norm).
    steps
        Most moves and swaps.
    tries
        Most cells skipped in a row.
    work
        Approximate numbers evaluated in a step; candidates are sampled accordingly.
    """
    energy = _energy(plan.away, doublings)
    done = np.zeros(plan.away.shape, dtype=bool)
    # Pairs of candidates are evaluated, reach² times the columns.
    reach = int(np.clip(np.sqrt(work / plan.away.shape[1]), 8, 48))
    failed = 0
    for _ in range(steps):
        cell = np.where(done, -1.0, np.abs(plan.away)).argmax()
        a, c = divmod(int(cell), plan.away.shape[1])
        if failed == tries or done[a, c] or abs(plan.away[a, c]) < 1e-12:
            return
        found = _best_exchange(plan, a, c, energy, rng, reach, doublings)
        if found is None:
            done[a, c] = True
            failed += 1
            continue
        x, y, b = found
        plan.exchange(x, y, a, b)
        energy[[a, b]] = _energy(plan.away[[a, b]], doublings)
        done[:] = False  # an exchange may open up cells that could not be improved before
        failed = 0


def _best_exchange(plan: FoldPlan, a: int, c: int, energy: Floats, rng: np.random.Generator, reach: int,
                   doublings: int) -> tuple[int, int, int] | None:  # fmt: skip
    """Return the exchange (x of fold a, y of fold b, b) that lowers the energy most, or None."""
    holds, surplus = plan.vectors[:-1, c] > 0, bool(plan.away[a, c] > 0)
    leave, come, their = exchange_candidates(plan.fold, plan.sizes, a, holds, rng, reach, surplus=surplus)
    change = plan.vectors[leave][:, None, :] - plan.vectors[come][None, :, :]
    useful = change[:, :, c] > 0 if surplus else change[:, :, c] < 0
    useful[-1, plan.sizes[their] < 2] = False  # row -1 is NO_GROUP: a move must not empty the fold it comes from
    i, j = np.nonzero(useful)
    if not len(i):
        return None
    change, b = change[i, j], their[j]
    before = energy[a] + energy[b]
    gain = before - _energy(plan.away[a] - change, doublings) - _energy(plan.away[b] + change, doublings)
    at = int(gain.argmax())
    # relative, as energies of high powers are tiny; rounding noise would be exchanged back and forth
    if gain[at] <= 1e-9 * before[at]:
        return None
    return int(leave[i[at]]), int(come[j[at]]), int(b[at])


def reassign(fold: Ints, sizes: Ints, x: int, y: int, a: int, b: int) -> None:
    """Move group x from fold a to b, and y from b to a, in the folds (g,) and their numbers of groups (f,)."""
    for group, source, target in ((x, a, b), (y, b, a)):
        if group != NO_GROUP:
            fold[group] = target
            sizes[source] -= 1
            sizes[target] += 1


def exchange_candidates(fold: Ints, sizes: Ints, a: int, holds: Mask, rng: np.random.Generator, reach: int, *,
                        surplus: bool) -> tuple[Ints, Ints, Ints]:  # fmt: skip
    """Return groups that may leave fold a, groups that may come instead, and their folds; NO_GROUP ends both.

    The groups that `holds` (g,) marks leave if fold a has a surplus, and come if it has too little.
    """
    inside = fold == a
    leave = _sample_rows(np.flatnonzero(inside & holds if surplus else inside), rng, reach)
    come = _sample_rows(np.flatnonzero(~inside if surplus else ~inside & holds), rng, reach)
    # a fold with one group may swap it, not give it away
    others = np.flatnonzero(np.arange(len(sizes)) != a) if sizes[a] > 1 else np.empty(0, dtype=np.int64)
    return (
        np.append(leave, NO_GROUP),
        np.append(come, np.full(len(others), NO_GROUP)),
        np.append(fold[come], others),
    )


def _sample_rows(rows: npt.NDArray[np.int64], rng: np.random.Generator, reach: int) -> Ints:
    """Return the rows, or `reach` of them sampled with replacement if there are more."""
    return rows if len(rows) <= reach else rows[rng.integers(0, len(rows), reach)]


def _energy(away: Floats, doublings: int) -> Floats:
    """Return the sum over the last axis of |deviation| to the power 2^(1 + doublings)."""
    power = away * away  # repeated squaring: `**` with an array of floats is many times slower
    for _ in range(doublings):
        power *= power
    return np.asarray(power.sum(axis=-1))
