"""Experts for pairs of classes that are confused with each other."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import model_validator
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from evenhand.base.settings.section import option
from evenhand.base.values import Floats, Ints, Mask
from evenhand.blending.core.crossfit import crossfit
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.core.nested_spec import Base, base_of
from evenhand.blending.inputs.confused_pairs import PairGate, between, confused, opened_at, tuned
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.inputs.stacking_features import LEAST
from evenhand.blending.methods import METHODS


@dataclass(frozen=True, eq=False)
class Expert:
    """A binary model for one pair of classes.

    Attributes
    ----------
    pair
        The two class indices, the lower first.
    estimator
        Predicts the probability of the second class.
    gate
        The margin below which it is used.
    """

    pair: tuple[int, int]
    estimator: Any
    gate: PairGate

    def decide(self, blended: Floats, stack: Stack, out: Floats) -> None:
        """Redistribute the pair's total probability in `out` on the rows where the expert is used."""
        asked, margin = between(blended, self.pair)
        rows = np.flatnonzero(asked & (margin < self.gate.width))
        if len(rows):
            first, other = self.pair
            second = self.estimator.predict_proba(of_pair(stack.take(rows), self.pair))[:, 1]
            both = blended[rows, first] + blended[rows, other]
            out[rows, first], out[rows, other] = both * (1 - second), both * second


@dataclass(frozen=True, eq=False)
class Advised:
    """A blend, and experts for its narrow decisions."""

    base: Learned
    experts: tuple[Expert, ...]
    classes: tuple[str, ...]

    def apply(self, stack: Stack) -> Floats:
        blended = self.base.apply(stack)
        out = blended.copy()
        for expert in self.experts:
            expert.decide(blended, stack, out)
        return out

    def document(self) -> dict[str, Any]:
        pairs = [
            {
                "pair": [self.classes[c] for c in expert.pair],
                "gate": expert.gate.width,
                "applied": expert.gate.applied,
                "changed": expert.gate.changed,
                "right_before": expert.gate.right_before,
                "right_after": expert.gate.right_after,
            }
            for expert in self.experts
        ]
        return self.base.document() | {"pairs": pairs}


@METHODS.register("experts")
class Experts(Method):
    """Binary models for the most confused pairs, used only where the blend's margin between the two is narrow.

    Pairs are chosen from confusions on held-out rows. An expert learns from the rows of its two
    classes: from the features stored for them (the encoders' activations), if any, and from the log-odds of each
    model between the two. Its gate, the margin below which it is used, is tuned on folds that it has not seen; an
    expert that gains nothing there is dropped. An expert that decides every row of its pair replaces the blend on
    them by a model that knows less, so a gate of 1 is refused unless `whole_pair` allows it.
    """

    uses_features: ClassVar[bool] = True
    base: Base = option(
        "equal", description="The blend that experts correct: a name, or a table with a name and options."
    )
    pairs: int = option(5, ge=1, description="Maximum number of pairs.")
    least_errors: int = option(
        6, ge=1, unit="rows", description="Smallest number of errors of a pair with an expert."
    )
    gate: Literal["tuned"] | float = option(
        "tuned", description="The margin below which an expert is used: a number in 0..1, or tuned within folds."
    )
    least_gain: int = option(
        2, ge=1, unit="rows", description="Smallest gain of a tuned gate; with less it stays closed."
    )
    widest: float = option(0.5, gt=0, lt=1, description="Largest width that tuning may choose.")
    whole_pair: Literal["refuse", "allow"] = option(
        "refuse", description="Whether a gate of 1, with which an expert decides every row of its pair, is allowed."
    )
    inverse_strength: float = option(0.1, gt=0, description="scikit-learn's C of the binary models.")

    @model_validator(mode="after")
    def _narrow(self) -> Experts:
        if self.gate != "tuned" and not 0 < self.gate <= 1:
            raise ValueError("a gate is a margin: a number above 0 and at most 1, or tuned")
        if self.gate == 1 and self.whole_pair == "refuse":
            raise ValueError(
                "a gate of 1 lets an expert decide every row of its pair; if that is meant, set whole_pair = "
                '"allow"'
            )
        return self

    def learn(self, stack: Stack, seed: int) -> Learned:
        # Pairs and gates are learned on rows that the base blend has not seen, or its errors would be too few.
        inside = stack.split_inside(seed)
        fitted = crossfit(base_of(self.base), inside, seed)
        table = fitted.out_of_fold(inside)
        pairs = confused(table.argmax(axis=1), stack.labels, most=self.pairs, least=self.least_errors)
        experts = [self._expert(inside, table, pair) for pair in pairs]
        return Advised(fitted.overall, tuple(e for e in experts if e is not None), stack.classes)

    def _expert(self, stack: Stack, table: Floats, pair: tuple[int, int]) -> Expert | None:
        """Return the expert of a pair, or None where it cannot be learned or gains nothing."""
        asked, margin = between(table, pair)
        second = np.full(len(stack), np.nan)
        for fold in stack.folds:
            rows = np.flatnonzero(asked & (stack.fold == fold))
            estimator = self._fitted(stack.without(fold), pair)
            if estimator is not None and len(rows):
                second[rows] = estimator.predict_proba(of_pair(stack.take(rows), pair))[:, 1]
        estimator, rows = self._fitted(stack, pair), np.flatnonzero(np.isfinite(second))
        if estimator is None or not len(rows):
            return None
        gate = self._gate(table[rows], second[rows], margin[rows], stack.labels[rows], pair)
        # A gate of width 0 never opens.
        return Expert(pair, estimator, gate) if gate.width else None

    def _gate(self, table: Floats, second: Floats, margin: Floats, truth: Ints, pair: tuple[int, int]) -> PairGate:
        blended = table.argmax(axis=1)
        expert = np.where(second > 0.5, pair[1], pair[0])
        before, after, changed = blended == truth, expert == truth, blended != expert
        if self.gate == "tuned":
            return tuned(margin, before, after, changed, widest=self.widest, least_gain=self.least_gain)
        # A margin can be exactly 1, and a gate opens below its width only.
        width = float(self.gate) if self.gate < 1 else float(np.inf)
        return opened_at(width, margin, before, after, changed)

    def _fitted(self, stack: Stack, pair: tuple[int, int]) -> Any:
        """Return a binary model of a pair, or None where one of the two has no row."""
        rows = np.flatnonzero(np.isin(stack.labels, pair))
        right: Mask = stack.labels[rows] == pair[1]
        if right.all() or not right.any():
            return None
        # Scaled, since log-odds and activations differ in size and the penalty is the same for all.
        estimator = make_pipeline(StandardScaler(), LogisticRegression(C=self.inverse_strength, max_iter=500))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return estimator.fit(of_pair(stack.take(rows), pair), right)


def of_pair(stack: Stack, pair: tuple[int, int]) -> Floats:
    """Return (n, m + d) features of a pair of classes: the log-odds of each model, and stored features."""
    logs = [np.log(np.maximum(table[:, list(pair)], LEAST)) for table in stack.tables]
    odds = np.stack([each[:, 1] - each[:, 0] for each in logs], axis=1)
    return np.concatenate([odds, *(stack.features[name] for name in sorted(stack.features))], axis=1)
