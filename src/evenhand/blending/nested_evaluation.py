"""Nested evaluation of ensembles: the selection report, naive and nested, on one plan of folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evenhand.base.settings.named_choice import Choice
from evenhand.base.values import Floats, Predictions
from evenhand.blending.blend import Blend, blend
from evenhand.blending.core.spec import Recipe
from evenhand.blending.inputs.align import Aligned, align
from evenhand.blending.inputs.coverage import Coverage
from evenhand.evaluation.comparison.verdicts import WORTH_CARING
from evenhand.evaluation.metrics.metric_names import Levels, Sets
from evenhand.evaluation.selection.nested import Score, Step, evaluate_steps
from evenhand.evaluation.selection.selection_report import Gap, NestedEvaluation

METHODS: tuple[Choice, ...] = ("equal", "nnls")
"""Methods that are tried where none are named."""


def nested_evaluation(
    predictions: Sequence[Predictions] | Aligned,
    methods: Sequence[Choice | Recipe | Blend] = METHODS,
    *,
    score: Score = "macro_f1",
    features: Mapping[str, Floats] | None = None,
    sets: Sets | None = None,
    levels: Levels | None = None,
    smallest: float = WORTH_CARING,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> NestedEvaluation:
    """Return the nested evaluation of single models and their blends, on the rows that all models have.

    Every method, with its gates, temperatures and thresholds, is learned on the out-of-fold predictions of all
    folds but one and evaluated on that one: the *nested* figure. The *naive* figure evaluates it on the rows that
    it was learned from. Their difference is *optimism*. The best step is corrected for having been chosen
    (`evaluation.selection.best_of`).

    Parameters
    ----------
    predictions
        Out-of-fold predictions of every model. A model that lacks rows or folds is a gap (EH404): its missing rows
        are left out for all, and nothing is averaged over those who happen to be there.
    methods
        Names or recipes of blends, or blends of these predictions that are made already.
    score
        A metric, or metrics with weights as in [score].
    features
        Name -> (n, d) numbers stored for the same rows, for experts and neighbours.
    sets, levels, smallest, draws, level, seed
        As in `evenhand.compare`.

    Raises
    ------
    DataError
        If the predictions do not fit together, have no truth or folds, or are in-sample.
    EvenhandError
        If there is no such method or metric.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> truth, fold = rng.integers(0, 2, 400), np.arange(400) % 5
    >>> def model(name):
    ...     p = 0.5 * np.eye(2)[truth] + 0.5 * rng.dirichlet([0.5, 0.5], 400)
    ...     return Predictions(np.arange(400).astype(str), ("a", "b"), p, truth, fold, model=name)
    >>> found = nested_evaluation([model("one"), model("two")], ["equal"], score="log_loss")
    >>> [step.name for step in found.steps], round(found.step("ensemble:equal").optimism.estimate, 6)
    (['one', 'two', 'ensemble:equal'], 0.0)
    """
    models = predictions if isinstance(predictions, Aligned) else align(predictions, rows="common")
    weights = {score: 1.0} if isinstance(score, str) else dict(score)
    made = [
        method if isinstance(method, Blend) else blend(models, method, features=features, score=weights, seed=seed)
        for method in methods
    ]
    steps = [Step(p, None, p.origin == "out-of-fold") for p in models.models]
    steps += [
        Step(one.predictions, one.naive, one.predictions.origin == "out-of-fold", one.under_each_fold())
        for one in made
    ]
    return evaluate_steps(
        steps,
        score,
        gaps=gaps(models.coverage),
        sets=sets,
        levels=levels,
        smallest=smallest,
        draws=draws,
        level=level,
        seed=seed,
    )


def gaps(coverage: Sequence[Coverage], *, most: int = 20) -> tuple[Gap, ...]:
    """Return the models that lack rows, with at most `most` ids each."""
    return tuple(
        Gap(one.model, len(one.lacking), one.folds_lacking, tuple(str(i) for i in one.lacking[:most]))
        for one in coverage
        if not one.complete
    )
