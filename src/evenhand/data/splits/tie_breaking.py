"""Among plans of equal deviations: the mix of classes within folds, then the size of the largest fold.

Moves and swaps of groups that leave every class's share no further off than the worst is, and no class wholly in
one fold that was not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.base.values import Floats, Ints, Mask
from evenhand.data.splits.counts import share_deviation, sum_by_fold, wholly_inside

_NOBODY = -1


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
class _State:
    """A plan that changes in place: what each fold has of classes and rows, and where each group lies."""

    counts: Floats  # (g + 1, k), the last row nobody's
    rows: Floats  # (g + 1,)
    fold: Ints  # (g,)
    held: Floats  # (f, k)
    size: Floats  # (f,)
    groups: Ints  # (f,)
    most: Floats  # (f, k) of each class that a fold may hold
    least: Floats  # (f, k)
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
        for group, source, target in ((x, a, b), (y, b, a)):
            if group != _NOBODY:
                self.fold[group] = target
                self.groups[source] -= 1
                self.groups[target] += 1


def break_ties(counts: Floats, rows: Floats, fold: Ints, shares: Floats, rng: np.random.Generator, *,
               usual: tuple[float, float] = (0.0, 0.0), steps: int = 100, tries: int = 3,
               work: int = 16_000) -> Ints:  # fmt: skip
    """Return (g,) folds with the mix of classes within folds evened out, then the sizes of folds.

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
    usual
        A mix, and rows of the largest fold, that are good enough: one is given up for the other up to here.
    steps
        Most moves and swaps in each of four rounds.
    tries
        How often other candidates are drawn before a round ends.
    work
        Numbers looked at in a step: candidates are drawn so that it is not exceeded by much.
    """
    state = _state(counts, rows, fold, shares)
    reach = int(np.clip(np.sqrt(work / counts.shape[1]), 8, 40))
    for by_size, until in ((True, usual[1]), (False, 0.0), (True, usual[1]), (True, 0.0)):
        mix = float(state.mix().max())
        limit = max(mix, usual[0]) if until else mix, max(float(state.size.max()), usual[1])
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


def _state(counts: Floats, rows: Floats, fold: Ints, shares: Floats) -> _State:
    f = len(shares)
    total = counts.sum(axis=0)
    several = (counts > 0).sum(axis=0) > 1  # a class in one group deviates by the same wherever it goes
    away = np.abs(share_deviation(counts, fold, shares))
    limit = np.where(several, away[:, several].max(initial=0.0), 1.0)
    most = np.minimum(total * (shares[:, None] + limit), np.where(wholly_inside(counts, fold, f), total, np.inf))
    whole = several & ~wholly_inside(counts, fold, f).any(axis=0)
    most = np.where(whole, np.minimum(most, total - 1e-6 * total), most)
    return _State(
        counts=np.vstack([counts, np.zeros(counts.shape[1])]),
        rows=np.append(rows, 0.0),
        fold=fold.copy(),
        held=sum_by_fold(counts, fold, f),
        size=np.bincount(fold, rows, minlength=f).astype(np.float64),
        groups=np.bincount(fold, minlength=f),
        most=most + 1e-12 * total,
        least=total * (shares[:, None] - limit) - 1e-12 * total,
        overall=total / rows.sum(),
    )


def _best(state: _State, a: int, rng: np.random.Generator, reach: int, limit: tuple[float, float], *,
          by_size: bool) -> tuple[int, int, int] | None:  # fmt: skip
    """Return the exchange (x of fold a, y of fold b, b) that betters fold a most, or None."""
    leave, come, their = _candidates(state, a, rng, reach, by_size=by_size)
    i, j = (each.ravel() for each in np.indices((len(leave), len(come))))
    x, y, b = leave[i], come[j], their[j]
    keep = ~((x == _NOBODY) & ((y == _NOBODY) | (state.groups[b] < 2))) & ~((y == _NOBODY) & (state.groups[a] < 2))
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


def _candidates(state: _State, a: int, rng: np.random.Generator, reach: int, *,
                by_size: bool) -> tuple[Ints, Ints, Ints]:  # fmt: skip
    """Return who may leave fold a, who may come instead and from where; nobody stands at the end of both.

    For the mix these are groups of the class that is furthest off, which leave where there is too much of it and
    come where there is too little.
    """
    inside = state.fold == a
    off = state.held[a] / state.size[a] - state.overall
    c = int(np.abs(off).argmax())
    holds = np.ones(len(state.fold), dtype=bool) if by_size else state.counts[:-1, c] > 0
    surplus = by_size or off[c] > 0
    leave = _some(np.flatnonzero(inside & holds if surplus else inside), rng, reach)
    come = _some(np.flatnonzero(~inside if surplus else ~inside & holds), rng, reach)
    others = np.flatnonzero(np.arange(len(state.size)) != a)
    return (
        np.append(leave, _NOBODY),
        np.append(come, np.full(len(others), _NOBODY)),
        np.append(state.fold[come], others),
    )


def _some(groups: Ints, rng: np.random.Generator, reach: int) -> Ints:
    return groups if len(groups) <= reach else groups[rng.integers(0, len(groups), reach)]
