"""How others would answer the same questions: McNemar's test, baycomp, plain bootstraps, a test against chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy import stats

from evenhand.base.values import Floats, Predictions

Answer = tuple[bool, tuple[float, float] | None]
"""Whether a difference is claimed, and an interval for it where there is one."""
Peer = Callable[[Predictions, Predictions], Answer]


def rows_bootstrap(a: Predictions, b: Predictions, draws: int = 1000) -> Answer:
    """Percentiles of the difference in accuracy over resampled rows, as many a notebook has it."""
    gain = (b.predicted == b.truth).astype(float) - (a.predicted == a.truth)
    kinds = np.array([(gain == value).mean() for value in (-1.0, 0.0, 1.0)])
    counts = np.random.default_rng(0).multinomial(len(gain), kinds, size=draws)
    return _percentiles((counts[:, 2] - counts[:, 0]) / len(gain))


def groups_bootstrap(a: Predictions, b: Predictions, draws: int = 1000) -> Answer:
    """Percentiles over resampled groups."""
    if a.groups is None:
        return rows_bootstrap(a, b, draws)
    gain = (b.predicted == b.truth).astype(float) - (a.predicted == a.truth)
    number = np.unique(a.groups.astype(str), return_inverse=True)[1]
    sums, sizes = np.bincount(number, weights=gain), np.bincount(number)
    times = np.random.default_rng(0).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=draws)
    return _percentiles((times @ sums) / (times @ sizes))


def _percentiles(replicates: Floats) -> Answer:
    low, high = np.quantile(replicates, [0.025, 0.975])
    return bool(low > 0 or high < 0), (float(low), float(high))


def mcnemar(a: Predictions, b: Predictions) -> Answer:
    """McNemar's test as mlxtend has it, with continuity correction, p below 0.05."""
    from mlxtend.evaluate import mcnemar as test
    from mlxtend.evaluate import mcnemar_table

    table = mcnemar_table(a.truth, a.predicted, b.predicted)
    if table[0, 1] + table[1, 0] == 0:
        return False, None
    return bool(test(table, exact=bool(table[0, 1] + table[1, 0] < 25))[1] < 0.05), None


def baycomp(a: Predictions, b: Predictions, rope: float = 0.0) -> Answer:
    """The correlated t-test of baycomp on the accuracies of the folds; a probability above 0.95 is a claim."""
    import baycomp as library

    scores = [
        np.array([(p.predicted == p.truth)[p.fold == fold].mean() for fold in np.unique(p.fold)]) for p in (a, b)
    ]
    if np.allclose(scores[0], scores[1]):
        return False, None
    sure = library.two_on_single(scores[0], scores[1], rope=rope)
    return bool(max(sure[0], sure[-1]) > 0.95), None


def beyond_chance(p: Predictions) -> bool:
    """A binomial test of the accuracy against the share of the largest class, as often done; p below 0.05."""
    right, most = int((p.predicted == p.truth).sum()), np.bincount(p.truth).max() / len(p)
    return bool(stats.binomtest(right, len(p), float(most), alternative="greater").pvalue < 0.05)


def peers() -> Mapping[str, Peer]:
    """Return the peers that are installed here, by name."""
    out: dict[str, Peer] = {"bootstrap over rows": rows_bootstrap, "bootstrap over groups": groups_bootstrap}
    for name, peer, package in (("mlxtend McNemar", mcnemar, "mlxtend"), ("baycomp", baycomp, "baycomp")):
        try:
            __import__(package)
        except ImportError:
            continue
        out[name] = peer
    return out
