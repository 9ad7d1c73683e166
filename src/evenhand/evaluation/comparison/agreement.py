"""Two sets of answers beside each other, row by row, where no truth is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.values import Predictions
from evenhand.evaluation.comparison.common_rows import in_common


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far two sets of answers agree.

    Attributes
    ----------
    a, b
        Their names.
    n
        Rows that both have.
    only_a, only_b
        Number of rows that one of them alone has.
    same
        Rows with the same answer.
    kappa
        Agreement beyond what the same answers dealt at random would give (Cohen 1960); NaN where each gives
        one and the same answer to all.
    table
        (k, k) frame of counts: answers of `a` down, of `b` across.
    rows
        The rows with different answers: id, a, b, and the confidence of both (NaN where it is not known); the
        most confident first.
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
        """Share of rows with the same answer; accuracies can differ by at most 1 minus this."""
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
            f"{self.a} and {self.b} give the same answer to {self.same:,} of {self.n:,} rows ({self.share:.1%}); "
            f"whatever the truth, their accuracies differ by at most {1 - self.share:.3f}."
        )


def agreement(a: Predictions, b: Predictions) -> Agreement:
    """Return how far two sets of predictions agree on the rows that both have.

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
    shares = counts / counts.sum()
    by_chance = float(shares.sum(axis=1) @ shares.sum(axis=0))
    return float((np.trace(shares) - by_chance) / (1 - by_chance)) if by_chance < 1 - 1e-12 else float("nan")
