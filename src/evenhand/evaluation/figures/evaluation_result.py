"""The metrics of one model as a mapping that displays as a table."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evenhand.base.text.counted import count
from evenhand.base.values import Interval, Predictions
from evenhand.base.values.samples import known_labels
from evenhand.evaluation.figures.absent_classes import absent_classes, absent_words
from evenhand.evaluation.figures.row_words import locked_words
from evenhand.evaluation.reading.arrays import figures_table


@dataclass(frozen=True, eq=False, repr=False)
class EvaluationResult(Mapping[str, Interval]):
    """Metric -> figure with its interval; displays as a table.

    Attributes
    ----------
    figures
        Metric -> figure.
    predictions
        The evaluated predictions, with truth and groups.
    unlabelled
        Number of rows left out because their truth is not known.
    ceiling
        Metric -> what a model could reach that knows the rates of all labels, where raters were counted
        (`figures.rater_ceiling`); None elsewhere.
    no_label
        Metric -> what predicting no label reaches, where rows may have several; None elsewhere.
    """

    figures: Mapping[str, Interval]
    predictions: Predictions
    unlabelled: int = 0
    ceiling: Mapping[str, Interval] | None = None
    no_label: Mapping[str, Interval] | None = None

    def __getitem__(self, metric: str) -> Interval:
        return self.figures[metric]

    def __iter__(self) -> Iterator[str]:
        return iter(self.figures)

    def __len__(self) -> int:
        return len(self.figures)

    @property
    def summary(self) -> str:
        """The number of rows and groups, as one sentence."""
        p = self.predictions
        n = len(p) - self.unlabelled
        rows = count(n, "row")
        left = f"; {self.unlabelled:,} without a label were left out" if self.unlabelled else ""
        if p.locked:
            left += f"; {locked_words(p.locked)}"
        if p.origin == "in-sample":
            left += (
                "; the model was trained on rows among them (set = training), so these are not figures for new rows"
            )
        if p.groups is None:
            return f"{rows}, taken as independent{left}"
        units = count(self.groups, "family", "families") if p.families else count(self.groups, "group")
        return f"{rows} in {units}, which intervals are taken over{left}"

    @property
    def absent(self) -> tuple[str, ...]:
        """Classes that no row has; see `absent_words` for what means over classes make of them."""
        return absent_classes(self.predictions)

    @property
    def absent_words(self) -> str:
        """Sentences on the classes that no row has; "" where there are none."""
        return absent_words(self.absent, self.predictions.k)

    @property
    def groups(self) -> int:
        """Number of groups of the labelled rows; their number of rows without groups."""
        p = self.predictions
        if p.groups is None or p.truth is None:
            return len(p) - self.unlabelled
        return len(set(p.groups[known_labels(p.truth)]))

    def table(self) -> pd.DataFrame:
        """Return a frame: metric, estimate, low, high, n, groups, enough, how."""
        return figures_table(self.figures)

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON; a figure that cannot be estimated is None."""
        p = self.predictions
        return {
            "model": p.model,
            "origin": p.origin,
            "classes": list(p.classes),
            "rows": len(p) - self.unlabelled,
            "groups": None if p.groups is None else self.groups,
            "unlabelled": self.unlabelled,
            **({"locked": p.locked} if p.locked else {}),
            "figures": {name: figure.document() for name, figure in self.figures.items()},
            **({"absent": list(self.absent)} if self.absent else {}),
            **{
                key: {name: figure.document() for name, figure in reference.items()}
                for key, reference in (("ceiling", self.ceiling), ("no_label", self.no_label))
                if reference is not None
            },
        }

    def __repr__(self) -> str:
        width = max(map(len, self.figures), default=0)
        lines = [f"{name:<{width}}  {figure}" for name, figure in self.figures.items()]
        after = [self.absent_words] if self.absent else []
        return "\n".join([f"{self.predictions.model or 'predictions'}: {self.summary}", *lines, *after])

    def _repr_html_(self) -> str:
        title = f"{self.predictions.model or 'predictions'}: {self.summary}"
        after = f"<p>{html.escape(self.absent_words)}</p>" if self.absent else ""
        return f"<p>{html.escape(title)}</p>{self.table().round(3).to_html(index=False, escape=True)}{after}"
