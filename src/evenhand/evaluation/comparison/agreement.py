"""Agreement between two models, row by row; no truth is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.text.label_texts import label_texts
from evenhand.base.values import Ints, Predictions
from evenhand.evaluation.comparison.common_rows import in_common
from evenhand.evaluation.figures.calibration import row_confidence


@dataclass(frozen=True, eq=False)
class Agreement:
    """The agreement of two sets of predictions.

    Attributes
    ----------
    a, b
        Their names.
    n
        Number of common rows.
    only_a, only_b
        Number of rows that only one of them has.
    same
        Rows with the same predicted class; where rows may have several, with all labels the same.
    kappa
        Cohen's kappa (1960): agreement beyond chance; NaN where both predict one and the same class throughout.
    table
        (k, k) frame of counts: predictions of `a` down, of `b` across. Where rows may have several labels,
        (2, 2) of label cells, "no" and "yes", of which kappa is then.
    rows
        The rows with different predictions: id, a, b, and both confidences (NaN where not known); the most
        confident first.
    several
        Whether rows may have several labels.
    """

    a: str
    b: str
    n: int
    only_a: int
    only_b: int
    same: int
    kappa: float
    table: pd.DataFrame
    rows: pd.DataFrame
    several: bool = False

    @property
    def share(self) -> float:
        """Share of rows with the same prediction; accuracies differ by at most 1 minus this."""
        return self.same / self.n

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        names = list(self.table.index)
        cells = self.table.to_numpy()
        down, across = np.nonzero(cells)
        return {
            "a": self.a,
            "b": self.b,
            "n": self.n,
            "only_a": self.only_a,
            "only_b": self.only_b,
            "same": self.same,
            "kappa": self.kappa,
            "table": [
                {"a": names[i], "b": names[j], "cells" if self.several else "rows": int(cells[i, j])}
                for i, j in zip(down.tolist(), across.tolist(), strict=True)
            ],
            "rows": self.rows.to_dict(orient="records"),
        }

    def __str__(self) -> str:
        if self.several:
            cells = self.table.to_numpy()
            return (
                f"{self.a} and {self.b} predict the same labels for {self.same:,} of {self.n:,} rows "
                f"({self.share:.1%}), and agree on {np.trace(cells) / cells.sum():.1%} of {cells.sum():,} label "
                "cells; whatever the truth, their shares of rows with all labels right differ by at most "
                f"{1 - self.share:.3f}."
            )
        return (
            f"{self.a} and {self.b} predict the same class for {self.same:,} of {self.n:,} rows "
            f"({self.share:.1%}); whatever the truth, their accuracies differ by at most {1 - self.share:.3f}."
        )


def agreement(a: Predictions, b: Predictions) -> Agreement:
    """Return the agreement of two sets of predictions on their common rows.

    Raises
    ------
    DataError
        If they have no row in common, or not the same classes.
    """
    one, two = in_common((a, b))
    several = one.multi_label and two.multi_label
    first: Ints
    second: Ints
    if several:
        held = one.indicator, two.indicator
        apart = (held[0] != held[1]).any(axis=1)
        names, k = ["no", "yes"], 2
        first, second = (cells.ravel().astype(np.int64) for cells in held)
        answers = [label_texts(cells[apart], one.classes) for cells in held]
    else:
        first, second = one.predicted, two.predicted
        apart = first != second
        names, k = list(one.classes), one.k
        answers = [[names[c] for c in predicted[apart]] for predicted in (first, second)]
    counts = np.bincount(first * k + second, minlength=k**2).reshape(k, k)
    sure = [row_confidence(p.probabilities[apart], several=several) for p in (one, two)]
    rows = pd.DataFrame(
        {
            "id": one.ids[apart],
            "a": np.array(answers[0], dtype=object),
            "b": np.array(answers[1], dtype=object),
            "confidence_a": sure[0],
            "confidence_b": sure[1],
        }
    )
    order = (-rows["confidence_a"] - rows["confidence_b"]).argsort(kind="stable")
    return Agreement(
        a=a.model,
        b=b.model,
        n=len(one),
        only_a=len(a) - len(one),
        only_b=len(b) - len(one),
        same=int((~apart).sum()),
        kappa=_kappa(counts.astype(np.float64)),
        table=pd.DataFrame(counts, index=pd.Index(names, name="a"), columns=pd.Index(names, name="b")),
        rows=rows.iloc[order].reset_index(drop=True),
        several=several,
    )


def _kappa(counts: np.ndarray[Any, Any]) -> float:
    # Not scikit-learn's `cohen_kappa_score`: it warns where kappa is not defined, and differs in the last bit.
    shares = counts / counts.sum()
    by_chance = float(shares.sum(axis=1) @ shares.sum(axis=0))
    return float((np.trace(shares) - by_chance) / (1 - by_chance)) if by_chance < 1 - 1e-12 else float("nan")
