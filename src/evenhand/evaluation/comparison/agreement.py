"""Agreement between two models, row by row; no truth is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.values import Predictions
from evenhand.evaluation.comparison.common_rows import in_common


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
        Rows with the same predicted class.
    kappa
        Cohen's kappa (1960): agreement beyond chance; NaN where both predict one and the same class throughout.
    table
        (k, k) frame of counts: predictions of `a` down, of `b` across.
    rows
        The rows with different predictions: id, a, b, and both confidences (NaN where not known); the most
        confident first.
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
                {"a": names[i], "b": names[j], "rows": int(cells[i, j])}
                for i, j in zip(down.tolist(), across.tolist(), strict=True)
            ],
            "rows": self.rows.to_dict(orient="records"),
        }

    def __str__(self) -> str:
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
    first, second = one.predicted, two.predicted
    names = np.array(one.classes, dtype=object)
    counts = np.bincount(first * one.k + second, minlength=one.k**2).reshape(one.k, one.k)
    apart = first != second
    rows = pd.DataFrame(
        {
            "id": one.ids[apart],
            "a": names[first[apart]],
            "b": names[second[apart]],
            "confidence_a": one.probabilities[apart, first[apart]],
            "confidence_b": two.probabilities[apart, second[apart]],
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
    )


def _kappa(counts: np.ndarray[Any, Any]) -> float:
    # Not scikit-learn's `cohen_kappa_score`: it warns where kappa is not defined, and differs in the last bit.
    shares = counts / counts.sum()
    by_chance = float(shares.sum(axis=1) @ shares.sum(axis=0))
    return float((np.trace(shares) - by_chance) / (1 - by_chance)) if by_chance < 1 - 1e-12 else float("nan")
