"""Mending a plan: moves and swaps of groups that lessen the worst deviations first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats, Ints
from evenhand.data.splits.counts import sum_by_fold

_NOBODY = -1


class FoldPlan:
    """Groups in folds, with the deviation that each fold has; changed in place by moves and swaps.

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
        (f, j) share that each fold has of each column, less the share it should have.
    sizes
        (f,) groups in each fold.
    """

    def __init__(self, vectors: Floats, fold: Ints, shares: Floats) -> None:
        self.vectors = np.vstack([vectors, np.zeros(vectors.shape[1])])  # row -1: nobody, in a swap a plain move
        self.fold = fold.copy()
        self.f = len(shares)
        self.away = sum_by_fold(vectors, fold, self.f) - shares[:, None] * vectors.sum(axis=0)
        self.sizes = np.bincount(fold, minlength=self.f)

    def exchange(self, x: int, y: int, a: int, b: int) -> None:
        """Send group x from fold a to fold b, and y from b to a; either may be nobody."""
        change = self.vectors[x] - self.vectors[y]
        self.away[a] -= change
        self.away[b] += change
        for group, source, target in ((x, a, b), (y, b, a)):
            if group != _NOBODY:
                self.fold[group] = target
                self.sizes[source] -= 1
                self.sizes[target] += 1

    def fill_empty(self) -> None:
        """Give each empty fold the lightest group of a fold that has several."""
        weight = self.vectors[:-1].sum(axis=1)
        for empty in np.flatnonzero(self.sizes == 0):
            spare = np.flatnonzero(self.sizes[self.fold] > 1)
            x = int(spare[weight[spare].argmin()])
            self.exchange(x, _NOBODY, int(self.fold[x]), int(empty))


def mend(plan: FoldPlan, rng: np.random.Generator, *, doublings: int, steps: int = 300, tries: int = 8,
         work: int = 16_000) -> None:  # fmt: skip
    """Move and swap groups in `plan` while the sum of deviations to the power 2^(1 + doublings) falls.

    Each step takes the cell (fold, column) that deviates most and looks among moves and swaps that lessen it
    for the one that lowers the sum most; a cell that cannot be bettered is passed over.

    Parameters
    ----------
    doublings
        0 lessens squares; the higher, the more the worst cell counts.
    steps
        Most moves and swaps that are looked for.
    tries
        Cells passed over in a row before it ends.
    work
        Numbers looked at in a step: candidates are drawn so that it is not exceeded by much.
    """
    energy = _energy(plan.away, doublings)
    done = np.zeros(plan.away.shape, dtype=bool)
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
        done[:] = False
        failed = 0


def _best_exchange(plan: FoldPlan, a: int, c: int, energy: Floats, rng: np.random.Generator, reach: int,
                   doublings: int) -> tuple[int, int, int] | None:  # fmt: skip
    """Return the exchange (x of fold a, y of fold b, b) that lowers the energy most, or None."""
    leave, come, their = _candidates(plan, a, c, rng, reach)
    surplus = plan.away[a, c] > 0
    change = plan.vectors[leave][:, None, :] - plan.vectors[come][None, :, :]
    useful = change[:, :, c] > 0 if surplus else change[:, :, c] < 0
    useful[-1, plan.sizes[their] < 2] = False  # the last to leave is nobody: a move must not empty a fold
    i, j = np.nonzero(useful)
    if not len(i):
        return None
    change, b = change[i, j], their[j]
    before = energy[a] + energy[b]
    gain = before - _energy(plan.away[a] - change, doublings) - _energy(plan.away[b] + change, doublings)
    at = int(gain.argmax())
    if gain[at] <= 1e-9 * before[at]:
        return None
    return int(leave[i[at]]), int(come[j[at]]), int(b[at])


def _candidates(plan: FoldPlan, a: int, c: int, rng: np.random.Generator, reach: int) -> tuple[Ints, Ints, Ints]:
    """Return who may leave fold a, who may come instead, and from where; nobody stands at the end of both."""
    holds = plan.vectors[:-1, c] > 0
    inside = plan.fold == a
    surplus = plan.away[a, c] > 0
    leave = _some(np.flatnonzero(inside & holds if surplus else inside), rng, reach)
    come = _some(np.flatnonzero(~inside if surplus else ~inside & holds), rng, reach)
    others = np.flatnonzero(np.arange(plan.f) != a) if plan.sizes[a] > 1 else np.empty(0, dtype=np.int64)
    return (
        np.append(leave, _NOBODY),
        np.append(come, np.full(len(others), _NOBODY)),
        np.append(plan.fold[come], others),
    )


def _some(rows: npt.NDArray[np.int64], rng: np.random.Generator, reach: int) -> Ints:
    return rows if len(rows) <= reach else rows[rng.integers(0, len(rows), reach)]


def _energy(away: Floats, doublings: int) -> Floats:
    """Return the sum over the last axis of |deviation| to the power 2^(1 + doublings)."""
    power = away * away
    for _ in range(doublings):
        power *= power
    return np.asarray(power.sum(axis=-1))
