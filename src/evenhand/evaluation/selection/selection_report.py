"""The selection report from single models to ensembles: naive and nested figures of each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evenhand.base.values import Interval, Verdict
from evenhand.evaluation.selection.best_of import BestOf


@dataclass(frozen=True)
class SelectionStep:
    """One model or blend.

    Attributes
    ----------
    name
        Name of the model or blend.
    naive
        Its figure on the rows that it was learned from.
    nested
        Its figure with each row predicted by what was learned from other folds; for a single model, the same.
    optimism
        The bias of the naive figure, positive for too good, with a paired interval; 0 for a single model, which
        learns nothing from out-of-fold predictions.
    blend
        Whether it combines several models.
    chance
        The verdict against chance level, or None where that is not known.
    reliable
        Whether everything in it is out of fold here; if not, its figures are not reliable (EH405).
    """

    name: str
    naive: Interval
    nested: Interval
    optimism: Interval
    blend: bool
    chance: Verdict | None = None
    reliable: bool = True

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "name": self.name,
            "blend": self.blend,
            "naive": self.naive.document(),
            "nested": self.nested.document(),
            "optimism": self.optimism.estimate,
            "optimism_interval": self.optimism.document(),
            "chance": None if self.chance is None else self.chance.document(),
            "reliable": self.reliable,
            "summary": str(self),
        }

    def __str__(self) -> str:
        words = [f"{self.name}: {self.nested}"]
        if self.blend:
            words.append(f"naive {self.naive.estimate:.3f} (optimism {self.optimism.estimate:+.4f})")
        if self.chance is not None and self.chance.word != "better":
            words.append("not shown to be better than chance")
        if not self.reliable:
            words.append("not all of it is out of fold here, so the figure is not reliable")
        return ", ".join(words) + "."


@dataclass(frozen=True)
class Gap:
    """A model without predictions for rows that others have.

    Attributes
    ----------
    model
        Its name.
    lacking
        Number of missing rows.
    folds
        Folds without any of its rows.
    ids
        The first missing rows.
    """

    model: str
    lacking: int
    folds: tuple[int, ...]
    ids: tuple[str, ...]


@dataclass(frozen=True)
class NestedEvaluation:
    """The nested evaluation of every step of the selection report.

    Attributes
    ----------
    metric
        Name of the metric, or "score" for the weighted sum of several.
    steps
        Single models first.
    best
        The best step by its nested figure, corrected for selection; among the reliable ones, if there are any.
    naive_best
        The highest naive figure among the same: what would have been reported.
    verdicts
        Each blend against the best single model; one family.
    n, groups
        Number of common rows and of their groups.
    gaps
        Models that lack rows; the rows are left out for all.
    higher_is_better
        Whether a larger figure is better.
    groups_in_several_folds
        Number of groups that lie in several folds: there, models and blends were trained on rows of the groups they
        are evaluated on.
    """

    metric: str
    steps: tuple[SelectionStep, ...]
    best: BestOf
    naive_best: float
    verdicts: tuple[Verdict, ...]
    n: int
    groups: int
    gaps: tuple[Gap, ...] = ()
    higher_is_better: bool = True
    groups_in_several_folds: int = 0

    @property
    def left_out(self) -> tuple[str, ...]:
        """Names of steps excluded from the selection, since not all of them is out of fold here."""
        names = tuple(step.name for step in self.steps if not step.reliable)
        return names if len(names) < len(self.steps) else ()

    @property
    def optimism(self) -> float:
        """The optimism of the best naive figure, from learning and selection; not negative for several steps."""
        by = self.naive_best - self.best.corrected.estimate
        return by if self.higher_is_better else -by

    def step(self, name: str) -> SelectionStep:
        """Return the step of that name."""
        return next(step for step in self.steps if step.name == name)

    def table(self) -> pd.DataFrame:
        """Return the selection report as a frame: name, naive, nested, low, high, optimism, chance, reliable."""
        return pd.DataFrame([_row(step) for step in self.steps])

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON (nested_evaluation.json)."""
        best = self.best
        return {
            "metric": self.metric,
            "higher_is_better": self.higher_is_better,
            "divided": self.groups_in_several_folds,
            "n": self.n,
            "groups": self.groups,
            "rows": [step.document() for step in self.steps],
            "best": {
                "name": best.name,
                "naive": self.naive_best,
                "nested": best.chosen_as,
                "corrected": best.corrected.document(),
                "of": best.of,
                "stability": best.stability,
                "optimism": self.optimism,
                "summary": str(self),
            },
            "verdicts": [verdict.document() for verdict in self.verdicts],
            "gaps": [{**vars(gap), "folds": list(gap.folds), "ids": list(gap.ids)} for gap in self.gaps],
        }

    @property
    def headline(self) -> str:
        """A sentence on the best step and on the figure that would have been reported."""
        best, flatters = self.best, f", {self.optimism:+.4f} too good" if self.optimism > 0 else ""
        return (
            f"{choice_words(best.of).capitalize()} is {best.name}: {self.metric} {best.corrected} on new rows like "
            f"these. Without nesting {self.naive_best:.3f} would have been reported{flatters}."
        )

    def __str__(self) -> str:
        out = [self.headline]
        if self.left_out:
            out.append(
                f"{len(self.left_out)} of {len(self.steps)} were excluded from this selection, as they are not out "
                f"of fold here (EH405): {', '.join(self.left_out)}."
            )
        elif not all(step.reliable for step in self.steps):
            out.append("Nothing here is known to be out of fold (EH405), so none of these figures is reliable.")
        if self.groups_in_several_folds:
            out.append(
                f"{self.groups_in_several_folds:,} of {self.groups:,} groups lie in several folds, so models were "
                "trained on rows of the groups they are evaluated on: figures for new groups will be lower."
            )
        return " ".join(out)

    def __repr__(self) -> str:
        return "\n".join([*map(str, self.steps), str(self)])

    def _repr_html_(self) -> str:
        return f"<p>{self}</p>{self.table().to_html(index=False, escape=True, float_format='{:.4f}'.format)}"


def choice_words(of: int) -> str:
    """Return the phrase for the best of a number of candidates.

    >>> choice_words(1), choice_words(4)
    ('the only one', 'the best of 4')
    """
    return "the only one" if of == 1 else f"the best of {of}"


def _row(step: SelectionStep) -> Mapping[str, Any]:
    return {
        "name": step.name,
        "naive": step.naive.estimate,
        "nested": step.nested.estimate,
        "low": step.nested.low,
        "high": step.nested.high,
        "optimism": step.optimism.estimate,
        "against chance": "" if step.chance is None else step.chance.word,
        "reliable": step.reliable,
    }
