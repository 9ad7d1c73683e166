"""The second aim of folds, after equal shares: even mixes of classes within folds, then even sizes.

Local search over moves and swaps of groups that leave the worst class-share deviation as it is, and put no further
class wholly into one fold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.base.values import Floats, Ints, Mask
from evenhand.data.splits.assignment.counts import share_deviation, sum_by_fold, wholly_inside
from evenhand.data.splits.assignment.local_search import NO_GROUP, exchange_candidates, reassign


def mix_deviation(counts: Floats, rows: Floats, fold: Ints, f: int) -> float:
    """Return the largest difference between the share of a class within a fold and among all rows.

    Parameters
    ----------
    counts
        (g, k) rows of each class in each group.
    rows
        (g,) rows of each group.
    fold
        (g,) fold of each group, 0..f-1, none empty.

    Examples
    --------
    >>> mix_deviation(np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([2.0, 2.0]), np.array([0, 1]), 2)
    0.25
    """
    size = np.bincount(fold, rows, minlength=f)
    share = sum_by_fold(counts, fold, f) / np.maximum(size, 1e-12)[:, None]
    return float(np.abs(share - counts.sum(axis=0) / rows.sum()).max(initial=0.0))


@dataclass(eq=False)
class _FoldState:
    """An assignment that changes in place: classes and rows of each fold, and the fold of each group."""

    counts: Floats  # (g + 1, k), the last row is that of NO_GROUP
    rows: Floats  # (g + 1,)
    fold: Ints  # (g,)
    held: Floats  # (f, k)
    size: Floats  # (f,)
    groups: Ints  # (f,)
    most: Floats  # (f, k) rows of each class that a fold may hold
    least: Floats  # (f, k) rows of each class that it must hold
    overall: Floats  # (k,)

    def mix(self) -> Floats:
        """Return (f,) the worst mix of each fold."""
        return np.asarray(np.abs(self.held / self.size[:, None] - self.overall).max(axis=1))

    def exchange(self, x: int, y: int, a: int, b: int) -> None:
        change, rows = self.counts[x] - self.counts[y], self.rows[x] - self.rows[y]
        self.held[a] -= change
        self.held[b] += change
        self.size[a] -= rows
        self.size[b] += rows
        reassign(self.fold, self.groups, x, y, a, b)


def improve_mix_and_size(counts: Floats, rows: Floats, fold: Ints, shares: Floats, rng: np.random.Generator, *,
                         good_enough: tuple[float, float] = (0.0, 0.0), steps: int = 100, tries: int = 3,
                         work: int = 16_000) -> Ints:  # fmt: skip
    """Return (g,) folds with the mix of classes within folds improved, then the sizes of folds.

    Parameters
    ----------
    counts
        (g, k) rows of each class in each group, each class with some.
    rows
        (g,) rows of each group, positive.
    fold
        (g,) fold of each group, none empty.
    shares
        (f,) share of everything that each fold should get.
    good_enough
        A mix, and rows of the largest fold, that are good enough: up to there one is traded for the other.
    steps
        Most moves and swaps in each of four rounds.
    tries
        Most samples of candidates without an improvement before a round ends.
    work
        Approximate numbers evaluated in a step; candidates are sampled accordingly.
    """
    state = _fold_state(counts, rows, fold, shares)
    reach = int(np.clip(np.sqrt(work / counts.shape[1]), 8, 40))
    # Sizes come down to what is good enough; the mix improves, for which they may grow up to there; sizes again, if
    # they were above; and at last as far as the mix stays as it is.
    for by_size, until in ((True, good_enough[1]), (False, 0.0), (True, good_enough[1]), (True, 0.0)):
        mix = float(state.mix().max())
        # (worst mix, largest fold) that an exchange must not exceed
        limit = max(mix, good_enough[0]) if until else mix, max(float(state.size.max()), good_enough[1])
        failed = 0
        for _ in range(steps):
            a = int((state.size if by_size else state.mix()).argmax())
            if failed > tries or (by_size and state.size[a] <= until + 1e-9):
                break
            found = _best(state, a, rng, reach, limit, by_size=by_size)
            if found is not None:
                state.exchange(found[0], found[1], a, found[2])
            failed = 0 if found is not None else failed + 1
    return state.fold


def _fold_state(counts: Floats, rows: Floats, fold: Ints, shares: Floats) -> _FoldState:
    f = len(shares)
    total = counts.sum(axis=0)
    several = (counts > 0).sum(axis=0) > 1  # a class in one group deviates by the same in any fold
    away = np.abs(share_deviation(counts, fold, shares))
    limit = np.where(several, away[:, several].max(initial=0.0), 1.0)
    # No cell may deviate more than the worst does now. Classes that lie wholly in a fold may stay there, others
    # must leave a part outside: less than all their rows.
    most = np.minimum(total * (shares[:, None] + limit), np.where(wholly_inside(counts, fold, f), total, np.inf))
    whole = several & ~wholly_inside(counts, fold, f).any(axis=0)
    most = np.where(whole, np.minimum(most, total - 1e-6 * total), most)
    return _FoldState(
        counts=np.vstack([counts, np.zeros(counts.shape[1])]),
        rows=np.append(rows, 0.0),
        fold=fold.copy(),
        held=sum_by_fold(counts, fold, f),
        size=np.bincount(fold, rows, minlength=f).astype(np.float64),
        groups=np.bincount(fold, minlength=f),
        most=most + 1e-12 * total,  # tolerances: sums that are updated in place gather rounding errors
        least=total * (shares[:, None] - limit) - 1e-12 * total,
        overall=total / rows.sum(),
    )


def _best(state: _FoldState, a: int, rng: np.random.Generator, reach: int, limit: tuple[float, float], *,
          by_size: bool) -> tuple[int, int, int] | None:  # fmt: skip
    """Return the exchange (x of fold a, y of fold b, b) that improves fold a most, or None."""
    # For the mix, groups of the class that deviates most are exchanged; for sizes, any.
    off = state.held[a] / state.size[a] - state.overall
    c = int(np.abs(off).argmax())
    holds = np.ones(len(state.fold), dtype=bool) if by_size else state.counts[:-1, c] > 0
    surplus = by_size or bool(off[c] > 0)
    leave, come, their = exchange_candidates(state.fold, state.groups, a, holds, rng, reach, surplus=surplus)
    i, j = (each.ravel() for each in np.indices((len(leave), len(come))))
    x, y, b = leave[i], come[j], their[j]
    # Neither nothing for nothing, nor a plain move that empties fold b.
    keep = ~((x == NO_GROUP) & ((y == NO_GROUP) | (state.groups[b] < 2)))
    if by_size:
        keep &= state.rows[x] > state.rows[y]
    x, y, b = x[keep], y[keep], b[keep]
    change, rows = state.counts[x] - state.counts[y], state.rows[x] - state.rows[y]
    mine, theirs = state.held[a] - change, state.held[b] + change
    allowed = _within(mine, state.least[a], state.most[a]) & _within(theirs, state.least[b], state.most[b])
    size = np.maximum(np.stack([state.size[a] - rows, state.size[b] + rows]), 1e-9)
    mix = np.maximum(
        np.abs(mine / size[0][:, None] - state.overall).max(axis=1, initial=0.0),
        np.abs(theirs / size[1][:, None] - state.overall).max(axis=1, initial=0.0),
    )
    worth, now = (size.max(axis=0), state.size[a]) if by_size else (mix, state.mix()[a])
    allowed &= (mix <= limit[0] + 1e-12) & (size.max(axis=0) <= limit[1] + 1e-9)
    worth = np.where(allowed, worth, np.inf)
    if not len(worth) or worth.min() >= now - 1e-9 * max(now, 1.0):
        return None
    at = int(worth.argmin())
    return int(x[at]), int(y[at]), int(b[at])


def _within(held: Floats, least: Floats, most: Floats) -> Mask:
    return np.asarray(((held >= least) & (held <= most)).all(axis=1))
