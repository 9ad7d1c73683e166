"""How long figures take: bootstrap replicates and non-negative least squares beside scikit-learn, one run.

    python benchmarks/figures.py

Prints medians of five, ours and theirs in turn. Run it on a quiet machine.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.metrics import f1_score

from evenhand.base.seeds import generator
from evenhand.base.values import Predictions
from evenhand.blending.core.normal_equations import moments
from evenhand.blending.inputs.align import align
from evenhand.blending.inputs.stack import stack_of
from evenhand.blending.methods.nnls import NonNegative, solve
from evenhand.evaluation.core.evaluated_rows import rows_of
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.figures.score import fast_score
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.resampling.bootstrap import bootstrap
from evenhand.evaluation.resampling.resampling_units import Units


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def paired(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """Return the medians of five runs in turn."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(5)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def made(n: int, k: int, models: int = 1) -> list[Predictions]:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, k, n)
    classes = tuple(f"c{c}" for c in range(k))
    ids, fold = np.arange(n).astype(str).astype(object), rng.integers(0, 5, n).astype(np.int16)
    out = []
    for m in range(models):
        probabilities = 0.7 * rng.dirichlet(np.ones(k), n) + 0.3 * np.eye(k)[truth]
        out.append(Predictions(ids, classes, probabilities, truth, fold, model=f"m{m}"))
    return out


def replicates(draws: int = 2000, loop: int = 40) -> float:
    """Return how many times faster a macro-F1 replicate is than one of a loop over scikit-learn."""
    (p,) = made(10_000, 15)
    rng = np.random.default_rng(0)
    predicted = p.predicted

    def theirs() -> None:
        for _ in range(loop):
            rows = rng.integers(0, len(p), len(p))
            f1_score(p.truth[rows], predicted[rows], average="macro")

    ours_s, theirs_s = paired(lambda: evaluate(p, ["macro_f1"], draws=draws), theirs)
    return (theirs_s / loop) / (ours_s / draws)


def grouped_replicates(draws: int = 2000, loop: int = 40, groups: int = 200) -> tuple[float, float]:
    """Return how many times faster a grouped replicate is than a loop, and how far apart both are.

    The loop gets our draws as rows, and gives them to scikit-learn one by one.
    """
    (p,) = made(10_000, 15)
    number = np.random.default_rng(1).integers(0, groups, len(p))
    members = [np.flatnonzero(number == g) for g in range(groups)]
    times = Units(number, groups, groups).multiplicities(generator(0, "bootstrap"), loop)
    found = np.empty(loop)

    def ours(replicates: int) -> np.ndarray:
        return bootstrap(ask(rows_of(p), ["macro_f1"], {}, {}), number, draws=replicates)[0]

    def theirs() -> None:
        for at, drawn in enumerate(times.T.astype(int)):
            rows = np.concatenate([np.tile(members[g], drawn[g]) for g in range(groups)])
            found[at] = f1_score(p.truth[rows], p.predicted[rows], average="macro")

    ours_s, theirs_s = paired(lambda: ours(draws), theirs)
    return (theirs_s / loop) / (ours_s / draws), float(np.abs(ours(loop) - found).max())


def weights(n: int = 50_000) -> tuple[float, float]:
    """Return how many times faster weights are than `LinearRegression(positive=True)`, and how far apart.

    Both for five folds on the same rows; the difference is the largest of any weight, before scaling to sum 1.
    """
    models = made(n, 15, 20)
    stacked = np.stack([p.probabilities.ravel() for p in models], axis=1)
    target = np.eye(15)[models[0].truth].ravel()

    def theirs() -> list[np.ndarray]:
        return [
            LinearRegression(positive=True, fit_intercept=False)
            .fit(stacked[np.repeat(models[0].fold != fold, 15)], target[np.repeat(models[0].fold != fold, 15)])
            .coef_
            for fold in range(5)
        ]

    stack = stack_of(align(models))
    sums = moments(stack)
    ours = [solve(*sums.without(fold)[:2]) for fold in range(5)]
    apart = max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs(), strict=True))
    ours_s, theirs_s = paired(lambda: NonNegative().learn_each(stack, 0), theirs)
    return theirs_s / ours_s, apart


def products(n: int = 50_000) -> tuple[float, float]:
    """Return the time of the sums of all folds, in times of the one product of all rows that they amount to.

    First with the stacked matrix lying ready, then with the making of it from the tables of the models.
    """
    models = made(n, 15, 20)
    stack = stack_of(align(models))
    ready = np.stack([p.probabilities.ravel() for p in models])

    def from_tables() -> np.ndarray:
        stacked = np.stack([p.probabilities.ravel() for p in models])
        return stacked @ stacked.T

    ours_s, product_s = paired(lambda: moments(stack), lambda: ready @ ready.T)
    again_s, made_s = paired(lambda: moments(stack), from_tables)
    return ours_s / product_s, again_s / made_s


def main() -> None:
    print(f"macro-F1 replicates, 10,000 rows x 15 classes: {replicates():.0f} times a loop over f1_score")
    faster, apart = grouped_replicates()
    print(f"grouped ones, 200 groups: {faster:.0f} times, at most {apart:.0e} apart on the same draws")
    faster, apart = weights()
    print(f"nnls weights of 5 folds, 50,000 x 15 x 20: {faster:.1f} times LinearRegression(positive=True)")
    print(f"    and at most {apart:.1e} away from its coefficients")
    ready, stacked = products()
    print(f"    sums of 5 folds: {ready:.2f} products of a matrix lying ready, {stacked:.2f} with stacking it")
    (many,) = made(5000, 81)
    whole = statistics.median(seconds(lambda: evaluate(many)) for _ in range(5))
    score = {"macro_f1": 0.5, "worst_recall": 0.5}
    part = many.take(np.arange(500))
    each = statistics.median(
        seconds(lambda: fast_score(part.probabilities, part.truth, part.classes, score)) for _ in range(21)
    )
    print(f"all metrics with intervals, 5,000 x 81: {whole:.1f} s")
    print(f"the score of an epoch, 500 x 81: {1e3 * each:.2f} ms")


if __name__ == "__main__":
    main()
