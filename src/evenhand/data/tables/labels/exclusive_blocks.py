"""Exclusive blocks: classes that never hold together, among labels of which several may hold.

Two rare classes never meet by chance alone. So a class belongs to a block only if it would have met the others of
it were labels independent: with classes of shares p and q among g independent groups of rows, the number of groups
in which they meet is about Poisson-distributed with mean g p q, so that the probability of 0 is exp(-g p q). It
must stay below `CHANCE` over the number of pairs (Bonferroni). Against a block as a whole, whose classes exclude
one another, these means add up: a rare colour is told from chance by all other colours together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from evenhand.base.errors import DataError
from evenhand.base.text.counted import count
from evenhand.base.values import TRUTH_THRESHOLD, ExclusiveBlock, Floats, Ints, Mask, Samples
from evenhand.base.values.exclusive_block import ROUNDING
from evenhand.data.config import DataConfig
from evenhand.data.roots.file_names import some

CHANCE = 0.01
"""Maximum probability that chance alone makes one pair of independent classes look exclusive, over all pairs."""


def blocks_of(samples: Samples, data: DataConfig) -> tuple[ExclusiveBlock, ...]:
    """Return the blocks that `data.exclusive` asks for: those found ("auto"), or those named, which are checked.

    Classes that are left out, since they have too few rows, leave their blocks.

    Raises
    ------
    DataError
        If classes of a named block hold together, or their degrees sum to more than 1; rows are named.
    """
    if not samples.multi_label or not data.exclusive:
        return ()
    if data.exclusive == "auto":
        return find_blocks(samples)
    named = [[name for name in names if name in samples.classes] for names in data.named_exclusive]
    return tuple(_checked(samples, names) for names in named if len(names) > 1)


def find_blocks(samples: Samples) -> tuple[ExclusiveBlock, ...]:
    """Return disjoint blocks of classes that exclude one another, as far as these rows can tell; largest first.

    Blocks are grown from the most frequent class, by the most frequent class that excludes all of the block, so
    that where classes of several grains are mixed the coarse ones make a block of their own. A class is in one
    block at most, and many in none. None are found of labels that are degrees.

    Examples
    --------
    >>> import pandas as pd
    >>> colour, size = np.random.default_rng(0).integers(0, 3, 300), np.random.default_rng(1).integers(0, 2, 300)
    >>> labels = np.hstack([np.eye(3)[colour], np.eye(2)[size]])
    >>> frame = pd.DataFrame({"id": np.arange(300).astype(str)})
    >>> found = find_blocks(Samples(frame, ("red", "green", "blue", "small", "large"), labels))
    >>> [(block.classes, block.complete) for block in found]
    [(('small', 'large'), True), (('red', 'green', 'blue'), True)]
    """
    if samples.task != "multi" or samples.k < 2:
        return ()
    held, known = samples.matrix() >= TRUTH_THRESHOLD, samples.known_cells
    groups = len(set(samples.groups[samples.known]))
    together, expected = meetings(held, known, groups)
    needed = np.log(samples.k * (samples.k - 1) / 2 / CHANCE)
    blocks = [block for block in _grown(together == 0, expected, held.sum(axis=0), needed) if len(block) > 1]
    named = [[samples.classes[c] for c in block] for block in blocks]
    found = [ExclusiveBlock.of(names, samples.classes, samples.labels) for names in named]
    return tuple(sorted(found, key=lambda block: -block.rows))


def meetings(held: Mask, known: Mask, groups: int) -> tuple[Floats, Floats]:
    """Return (k, k) rows in which two classes hold, and in how many groups they would if they were independent.

    Parameters
    ----------
    held, known
        (n, k) bool; rows in which one of two classes is not known do not count for them.
    groups
        Number of independent groups of rows.
    """
    h, m = (sp.csr_array(table.astype(np.float64)) for table in (held, known))
    both_known = (m.T @ m).toarray()
    mine = (h.T @ m).toarray()  # rows of the first class in which the second is known
    shares = mine / np.maximum(both_known, 1.0)
    share_known = both_known / max(len(held), 1)
    return (h.T @ h).toarray(), shares * shares.T * share_known * groups


def _grown(apart: Mask, expected: Floats, counts: Ints, needed: float) -> list[Ints]:
    """Return disjoint sets of classes of which all pairs are `apart`, each more than `needed` from chance."""
    free, blocks = counts > 0, []
    for seed in np.argsort(-counts, kind="stable"):
        if not free[seed]:
            continue
        block, allowed = [seed], free & apart[seed]
        allowed[seed] = False
        # A class that does not fit yet may fit once the block is larger: by frequency, until none does.
        while len(fitting := np.flatnonzero(allowed & (expected[:, block].sum(axis=1) >= needed))):
            joins = fitting[np.argmax(counts[fitting])]
            block.append(joins)
            allowed &= apart[joins]
            allowed[joins] = False
        free[block] = False
        blocks.append(np.array(block))
    return blocks


def _checked(samples: Samples, names: Sequence[str], *, most: int = 3) -> ExclusiveBlock:
    """Return a named block.

    Raises
    ------
    DataError
        If rows have two of its classes, or more than one in all where labels are degrees.
    """
    at = np.sort([samples.classes.index(name) for name in names])
    labels = np.nan_to_num(samples.labels)
    total = labels[:, at].sum(axis=1)
    broken = np.flatnonzero(total > 1 + ROUNDING * len(at))
    if len(broken):
        degrees = samples.task == "soft"
        first = [
            f'"{samples.ids[row]}" has {total[row]:.3g}'
            if degrees
            else f'"{samples.ids[row]}" is {" and ".join(samples.classes[c] for c in at if labels[row, c])}'
            for row in broken[:most]
        ]
        raise DataError(
            f"data.exclusive: {some(list(names))} {'sum to more than 1' if degrees else 'hold together'} in "
            f"{len(broken):,} of {count(len(samples), 'row')} ({'; '.join(first)}"
            f"{'; …' if len(broken) > most else ''}). Correct the labels, or take a class out of the block."
        )
    return ExclusiveBlock.of(names, samples.classes, samples.labels)


def check_softmax(samples: Samples, data: DataConfig, models: Sequence[str]) -> None:
    """Raise if models are to learn blocks by a softmax of which none was found that has a class in every row.

    Parameters
    ----------
    models
        Names of the models with blocks = "softmax".

    Raises
    ------
    DataError
        With the blocks that were found.
    """
    if not models or data.exclusive != "auto" or any(block.complete for block in samples.exclusive):
        return
    found = "; ".join(some(list(block.classes)) for block in samples.exclusive) or "none"
    raise DataError(
        f'[[model]] {some(list(models))}: blocks = "softmax" needs classes of which exactly one holds in every '
        f'row, and the labels show no such block (data.exclusive = "auto"; of which at most one holds: {found}). '
        "Name the blocks in data.exclusive if rows without any of their classes are unlabelled, or set blocks = "
        '"sigmoid".'
    )
