"""Confusions between classes, and the rows in which they occur."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Predictions
from evenhand.evaluation.figures.evaluate import labelled


@dataclass(frozen=True)
class Confusion:
    """A true class predicted as another.

    Attributes
    ----------
    truth, predicted
        Class names.
    count
        Rows.
    share
        Share of the rows of the true class.
    ids
        Ids of some of these rows, the most confident mistakes first.
    """

    truth: str
    predicted: str
    count: int
    share: float
    ids: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {**vars(self), "ids": list(self.ids)}


def confusion_matrix(p: Predictions) -> npt.NDArray[np.int64]:
    """Return (k, k) int64 counts, truth × predicted, of rows with one label; unknown rows are ignored.

    >>> import numpy as np
    >>> half = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    >>> confusion_matrix(Predictions(np.array(["a", "b", "c"]), ("x", "y"), half, np.array([0, 1, 1]))).tolist()
    [[1, 0], [1, 1]]
    """
    p = labelled(p)
    assert p.truth is not None
    cells = np.bincount(p.truth * p.k + p.predicted, minlength=p.k**2)
    return cells.reshape(p.k, p.k).astype(np.int64)


def confusions(p: Predictions, *, most: int = 20, most_ids: int = 6) -> list[Confusion]:
    """Return the `most` frequent confusions, each with at most `most_ids` rows; ties in the order of classes."""
    p = labelled(p)
    assert p.truth is not None
    table = confusion_matrix(p)
    of_class = table.sum(axis=1)
    np.fill_diagonal(table, 0)
    cells = np.argsort(-table, axis=None, kind="stable")[:most]
    out = []
    for truth, predicted in zip(*np.unravel_index(cells, table.shape), strict=True):
        if count := int(table[truth, predicted]):
            rows = np.flatnonzero((p.truth == truth) & (p.predicted == predicted))
            rows = rows[np.argsort(-p.probabilities[rows, predicted], kind="stable")[:most_ids]]
            ids = tuple(str(name) for name in p.ids[rows])
            share = count / int(of_class[truth])
            out.append(Confusion(p.classes[truth], p.classes[predicted], count, share, ids))
    return out


def confidently_wrong(p: Predictions, *, most: int = 24) -> list[dict[str, Any]]:
    """Return the most confident mistakes: id, truth, predicted and confidence (probability of the prediction).

    Where several labels may hold, a row's mistake is the label whose probability is farthest from its truth, and
    the confidence is that distance; labels that do not hold are prefixed with "not".
    """
    p = labelled(p)
    assert p.truth is not None
    if p.multi_label:
        return _wrong_labels(p, most)
    wrong = np.flatnonzero(p.predicted != p.truth)
    confidence = p.probabilities[wrong, p.predicted[wrong]]
    rows = wrong[np.argsort(-confidence, kind="stable")[:most]]
    return [
        {
            "id": str(p.ids[row]),
            "truth": p.classes[p.truth[row]],
            "predicted": p.classes[p.predicted[row]],
            "confidence": float(p.probabilities[row, p.predicted[row]]),
        }
        for row in rows
    ]


def _wrong_labels(p: Predictions, most: int) -> list[dict[str, Any]]:
    assert p.truth is not None
    gap = np.nan_to_num(np.abs(p.probabilities - p.truth))  # of a label that is not known nothing is wrong
    label, size = gap.argmax(axis=1), gap.max(axis=1)
    rows = [row for row in np.argsort(-size, kind="stable")[:most] if size[row] > 0.5]
    out = []
    for row in rows:
        name = p.classes[label[row]]
        held, missing = (
            (name, f"not {name}") if p.truth[row, label[row]] >= p.truth_threshold else (f"not {name}", name)
        )
        out.append({"id": str(p.ids[row]), "truth": held, "predicted": missing, "confidence": float(size[row])})
    return out
