"""Average precision, precision and recall of a ranking, and what a random ranking is expected to reach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats, Ints


def figure_names(cutoffs: Sequence[int]) -> list[str]:
    """Return the names of the figures, in the order of `ranking_figures`.

    >>> figure_names([10])
    ['map@all', 'map@10', 'precision@10', 'recall@10']
    """
    names = [name for k in cutoffs for name in (f"map@{k}", f"precision@{k}", f"recall@{k}")]
    return [
        "map@all",
        *sorted(names, key=lambda name: ("map", "precision", "recall").index(name.partition("@")[0])),
    ]


def ranking_figures(
    distances: npt.NDArray[np.floating] | npt.NDArray[np.integer],
    relevant: npt.NDArray[np.int8],
    cutoffs: Sequence[int],
) -> Floats:
    """Return the figures of one query, as `figure_names` lists them; NaN without a relevant row.

    Rows at equal distances have no order: the figures are means over all orders of them (McSherry & Najork 2008,
    "Computing information retrieval performance measures efficiently in the presence of tied scores"). Short codes
    tie thousands of rows, and the order of a table must not decide their figures. Average precision to k is divided
    by the smaller of k and the relevant rows; precision at k by k.

    Parameters
    ----------
    distances
        (n,) smaller is nearer.
    relevant
        (n,) 1 relevant, 0 not, -1 left out since it is not known.
    """
    inside = relevant >= 0
    if not inside.all():
        distances, relevant = distances[inside], relevant[inside]
    total = int(relevant.sum())
    names = figure_names(cutoffs)
    if not total:
        return np.full(len(names), np.nan)
    order = np.argsort(distances, kind="stable")
    near, held = distances[order], relevant[order].astype(np.float64)
    n = len(near)
    starts = np.flatnonzero(np.concatenate([[True], near[1:] != near[:-1]]))
    size = np.diff(np.append(starts, n))
    hits = np.add.reduceat(held, starts)
    return _figures(np.repeat(starts, size), np.repeat(size, size), np.repeat(hits, size), np.repeat(
        np.cumsum(hits) - hits, size), total, cutoffs)  # fmt: skip


def _figures(start: Ints, size: Ints, hits: Floats, before: Floats, total: int, cutoffs: Sequence[int]) -> Floats:
    """Return the figures of a ranking of tied rows.

    Parameters
    ----------
    start, size, hits, before
        (n,) of the tie that holds each place: its first place, its rows, its relevant rows, relevant rows before.
    """
    place = np.arange(len(start))
    chance = hits / size  # that the row of a place is relevant
    # if it is, the other hits of its tie lie before it in proportion to the places there
    earlier = (place - start) * (hits - 1) / np.maximum(size - 1, 1)
    gains = np.cumsum(chance * (before + 1 + earlier) / (place + 1))
    found = np.cumsum(chance)
    last = [min(k, len(place)) - 1 for k in cutoffs]
    return np.array(
        [
            gains[-1] / total,
            *(gains[at] / min(k, total) for k, at in zip(cutoffs, last, strict=True)),
            *(found[at] / k for k, at in zip(cutoffs, last, strict=True)),
            *(found[at] / total for at in last),
        ]
    )


def random_figures(total: Ints, n: Ints, cutoffs: Sequence[int]) -> Floats:
    """Return (q, f) the expected figures of a random ranking, exactly; NaN without a relevant row.

    All rows are one tie then. With a = (R - 1) / (N - 1) and the harmonic number H, the expected average precision
    to k is (R / N) ((1 - a) H_k + a k) / min(k, R).

    Parameters
    ----------
    total
        (q,) R, relevant rows of each query.
    n
        (q,) N, rows of its ranking.
    """
    count, rows = total.astype(np.float64), n.astype(np.float64)
    harmonic = np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, int(n.max(initial=0)) + 1))])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = count / rows
        slope = (count - 1) / np.maximum(rows - 1, 1)

        def precision(k: Ints, most: Floats) -> Floats:
            return np.asarray(share * ((1 - slope) * harmonic[k] + slope * k) / most)

        last = [np.minimum(k, n) for k in cutoffs]
        out = np.stack(
            [
                precision(n, count),
                *(precision(at, np.minimum(k, count)) for k, at in zip(cutoffs, last, strict=True)),
                *(share * at / k for k, at in zip(cutoffs, last, strict=True)),
                *(at / rows for at in last),
            ],
            axis=1,
        )
    out[total == 0] = np.nan
    return out
