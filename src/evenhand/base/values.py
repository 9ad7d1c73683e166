"""The values that travel between rooms: frozen, over frames and arrays, without torch.

Letters used for shapes everywhere: n rows, k classes, m models, f folds, g groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError, FoldsError
from evenhand.base.mapped import let_go
from evenhand.base.prediction_fields import (
    as_numbers,
    check_logits,
    check_named,
    check_origin,
    class_names,
    fold_of_rows,
    group_of_rows,
)
from evenhand.base.probabilities import check_length, check_truth, check_unique, checked_probabilities

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.integer[Any]]
Strings = npt.NDArray[Any]  # object arrays of str
Mask = npt.NDArray[np.bool_]

Severity = Literal["error", "warning", "note"]
Origin = Literal["out-of-fold", "out-of-fold elsewhere", "in-sample", "test"]

VerdictWord = Literal["better", "worse", "no difference found", "too few to tell"]
TOO_FEW = "too few to tell"
"""What is said of a figure or a difference that rests on too few rows or groups."""

TEST = -1
"""Fold number of locked test rows (written as "test" in folds.csv)."""
NO_LABEL = -1
"""Label of a row whose class is not known."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Rows with their labels, before anything is decoded.

    Attributes
    ----------
    frame
        n rows with a 0..n-1 index; columns `id` (unique, str) and `path`, and `group`, `split` and whatever
        else the source has.
    classes
        The k class names in order.
    labels
        (n,) int64 class indices, `NO_LABEL` where unknown; or (n, k) float64 where several labels hold
        (0/1) or labels are soft (0..1), NaN rows where unknown.
    weights
        (n,) float64 row weights, or None for equal ones.
    levels
        Coarser classes: name -> for each of the k classes the name of its coarser class.
    kind
        The kind of data ("photos").
    """

    frame: pd.DataFrame
    classes: tuple[str, ...]
    labels: npt.NDArray[Any]
    weights: Floats | None = None
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kind: str = "photos"

    def __post_init__(self) -> None:
        n = len(self.frame)
        if self.labels.shape[0] != n:
            raise DataError(f"{self.labels.shape[0]} labels for {n} rows; there must be one for each.")
        if "id" not in self.frame or not self.frame["id"].is_unique:
            raise DataError('The column "id" must be there and must name every row once.')
        if self.labels.ndim == 2 and self.labels.shape[1] != self.k:
            raise DataError(f"The label matrix has {self.labels.shape[1]} columns for {self.k} classes.")

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def ids(self) -> Strings:
        """(n,) ids."""
        return self.frame["id"].to_numpy(dtype=object)

    @property
    def multi_label(self) -> bool:
        """Whether several classes may hold for one row."""
        return self.labels.ndim == 2

    @property
    def grouped(self) -> bool:
        """Whether the source named groups."""
        return "group" in self.frame

    @property
    def groups(self) -> Strings:
        """(n,) group of each row; a row without a group is a group of its own."""
        if not self.grouped:
            return self.ids
        named = self.frame["group"]
        return np.where(named.isna(), "id:" + self.frame["id"].astype(str), named.astype(str)).astype(object)

    def matrix(self) -> Floats:
        """Return labels as (n, k) float64: one-hot rows, or the matrix as it is; unknown rows are zero."""
        if self.multi_label:
            return np.nan_to_num(self.labels.astype(np.float64))
        known = self.labels >= 0
        out = np.zeros((len(self), self.k))
        out[np.flatnonzero(known), self.labels[known]] = 1.0
        return out

    def counts(self) -> Floats:
        """Return (k,) rows per class (sums of label weights where labels are soft)."""
        return np.asarray(self.matrix().sum(axis=0))

    def groups_per_class(self) -> dict[str, int]:
        """Return for each class the number of distinct groups that hold it."""
        held = self.matrix() > 0
        groups = self.groups
        return {name: len(set(groups[held[:, c]])) for c, name in enumerate(self.classes)}

    def take(self, rows: Mask | Ints) -> Samples:
        """Return the samples at `rows` (a mask or positions), with classes as they are."""
        frame = self.frame[rows] if rows.dtype == bool else self.frame.iloc[rows]
        return replace(
            self,
            frame=frame.reset_index(drop=True),
            labels=self.labels[rows],
            weights=None if self.weights is None else self.weights[rows],
        )

    def __repr__(self) -> str:
        groups = f", {len(set(self.groups)):,} groups" if self.grouped else ""
        return f"Samples({len(self):,} {self.kind}, {self.k} classes{groups})"

    def _repr_html_(self) -> str:
        counts = pd.DataFrame({"class": self.classes, "rows": self.counts()})
        return f"<p>{self!r}</p>{counts.to_html(index=False, escape=True, max_rows=20)}"


@dataclass(frozen=True, eq=False)
class Folds:
    """Which fold each row belongs to: 0..k-1, or `TEST` for locked rows.

    Attributes
    ----------
    ids
        (n,) ids.
    fold
        (n,) int16.
    k
        Number of folds.
    how
        How they were made, in plain words and numbers (method, seed, worst share deviation).
    """

    ids: Strings
    fold: npt.NDArray[np.int16]
    k: int
    how: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.fold):
            raise FoldsError(f"{len(self.ids)} ids for {len(self.fold)} fold numbers.")
        if len(self.fold) and (self.fold.min() < TEST or self.fold.max() >= self.k):
            raise FoldsError(f"Fold numbers must lie in 0..{self.k - 1}, or be test.")

    def __len__(self) -> int:
        return len(self.ids)

    def of(self, ids: Sequence[str] | Strings) -> npt.NDArray[np.int16]:
        """Return (len(ids),) the fold of each id; every id must be known."""
        known = pd.Series(self.fold, index=self.ids)
        missing = [i for i in ids if i not in known.index]
        if missing:
            raise FoldsError(
                f"{len(missing)} of {len(ids)} ids have no fold (first: {missing[0]}). "
                "Make the folds again, or add the rows to folds.csv."
            )
        return known.loc[list(ids)].to_numpy(dtype=np.int16)

    def __repr__(self) -> str:
        sizes = ", ".join(str(int((self.fold == f).sum())) for f in range(self.k))
        test = int((self.fold == TEST).sum())
        return f"Folds(k={self.k}, rows {sizes}" + (f", test {test})" if test else ")")


@dataclass(frozen=True, eq=False)
class Predictions:
    """Class probabilities for named rows, and where they come from.

    Attributes
    ----------
    ids
        (n,) ids.
    classes
        The k class names in the order of the columns.
    probabilities
        (n, k) float64 in [0, 1]; rows sum to 1 unless several labels may hold.
    truth
        (n,) int64 class indices (`NO_LABEL` where unknown), or (n, k) float64; None where nothing is known.
    fold
        (n,) int16, the fold in which the row was held out; `TEST` for locked rows.
    groups
        (n,) group names, or None where rows stand for themselves; a row whose group is missing (None, NaN, "") is
        a group of its own.
    model
        Name of the model or ensemble.
    origin
        Where they come from; only "out-of-fold" and "test" can be believed.
    logits
        (n, k) float64 before softmax or sigmoid, or None.
    several_labels
        Whether several classes may hold for one row, where no truth says so.
    learned
        Of a blend: metric -> the standard error that learning it from these rows adds to that figure, and its
        degrees of freedom (`evaluation.learning`). Intervals of these predictions allow for it wherever they are
        shown.

    Raises
    ------
    DataError
        If shapes do not fit, ids or classes are empty or repeat, a probability is not in 0..1, rows do not sum to 1
        (within 0.02: they are then divided by their sum), a truth is not a class, a fold is not a whole number, a
        logit is NaN, or the origin is not one of those above.
    """

    ids: Strings
    classes: tuple[str, ...]
    probabilities: Floats
    truth: npt.NDArray[Any] | None = None
    fold: npt.NDArray[np.int16] | None = None
    groups: Strings | None = None
    model: str = ""
    origin: Origin = "out-of-fold"
    logits: Floats | None = None
    several_labels: bool = False
    learned: Mapping[str, tuple[float, float]] = field(default_factory=dict, repr=False)
    _checked: tuple[Any, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        before = () if self._checked is None else self._checked
        now = (self.ids, self.classes, self.probabilities, self.truth, self.fold, self.groups, self.logits)
        same = [one is two for one, two in zip(before, now, strict=False)]
        if same and all(same):
            return  # `replace` changed nothing that is checked
        self._check(same_ids=bool(same) and same[0])
        now = (self.ids, self.classes, self.probabilities, self.truth, self.fold, self.groups, self.logits)
        object.__setattr__(self, "_checked", now)

    def _check(self, *, same_ids: bool = False) -> None:
        """Refuse in words what is not what this class promises; let rows that rounding moved sum to 1."""
        ids = self.ids if isinstance(self.ids, np.ndarray) else np.array(list(self.ids), dtype=object)
        object.__setattr__(self, "ids", ids)
        object.__setattr__(self, "classes", class_names(self.classes))
        check_origin(self.origin, Origin)
        given = self.probabilities
        table = as_numbers(given, "Probabilities")
        n, k = len(ids), len(self.classes)
        if table.shape != (n, k):
            raise DataError(f"Probabilities are {table.shape}; {n} ids and {k} classes need ({n}, {k}).")
        if not same_ids:  # rows that were drawn again and again keep their ids
            check_unique(ids, "ids")
            check_named(ids)
        check_unique(self.classes, "classes")
        if self.truth is not None:
            object.__setattr__(self, "truth", np.asarray(self.truth))
        if self.fold is not None:
            object.__setattr__(self, "fold", fold_of_rows(self.fold, TEST))
        if self.groups is not None:
            object.__setattr__(self, "groups", group_of_rows(self.groups, ids))
        if self.logits is not None:
            object.__setattr__(self, "logits", as_numbers(self.logits, "Logits"))
        if self.truth is not None:
            check_truth(self.truth, ids, self.classes)
        for what, values in (("Folds", self.fold), ("Groups", self.groups)):
            if values is not None:
                check_length(values, n, what)
        if self.logits is not None:
            check_logits(self.logits, n, k)
        checked = checked_probabilities(table, ids, self.classes, several=self.multi_label)
        if isinstance(given, np.ndarray):
            let_go(given)
        object.__setattr__(self, "probabilities", checked)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def multi_label(self) -> bool:
        """Whether several classes may hold for one row."""
        return self.several_labels if self.truth is None else self.truth.ndim == 2

    @property
    def predicted(self) -> Ints:
        """(n,) the most probable class."""
        return np.asarray(self.probabilities.argmax(axis=1))

    def take(self, rows: Mask | Ints) -> Predictions:
        """Return the predictions at `rows` (a mask or positions)."""

        def part(array: Any) -> Any:
            return None if array is None else array[rows]

        ids, probabilities = self.ids[rows], self.probabilities[rows]
        truth, fold, groups, logits = (part(array) for array in (self.truth, self.fold, self.groups, self.logits))
        parts = (ids, self.classes, probabilities, truth, fold, groups, logits)
        return replace(
            self,
            ids=ids,
            probabilities=probabilities,
            truth=truth,
            fold=fold,
            groups=groups,
            logits=logits,
            _checked=parts,  # rows of what was checked are sound, and may be drawn again and again
        )

    def frame(self) -> pd.DataFrame:
        """Return a table: id, fold, group, truth, predicted, confidence and a column `p:CLASS` per class."""
        names = np.array(self.classes, dtype=object)
        out = pd.DataFrame({"id": self.ids})
        if self.fold is not None:
            out["fold"] = self.fold
        if self.groups is not None:
            out["group"] = self.groups
        if self.truth is not None and self.truth.ndim == 1:
            out["truth"] = [names[t] if t >= 0 else None for t in self.truth]
        out["predicted"] = names[self.predicted]
        out["confidence"] = self.probabilities.max(axis=1) if len(self) else []
        table = pd.DataFrame(self.probabilities, columns=[f"p:{name}" for name in self.classes])
        return pd.concat([out, table], axis=1)

    def __repr__(self) -> str:
        return f"Predictions({self.model or 'unnamed'}: {len(self):,} rows × {self.k} classes, {self.origin})"

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.frame().to_html(index=False, escape=True, max_rows=10, max_cols=10)}"


@dataclass(frozen=True)
class Finding:
    """One thing that a rule found, with its evidence.

    Attributes
    ----------
    code
        "EH104".
    severity
        "error", "warning" or "note".
    says
        One sentence with the numbers.
    about
        What it is about: a class, a model, a file, a column ("" for the whole).
    evidence
        Numbers by name.
    ids
        The rows concerned.
    patch
        Dotted key -> value that would mend it in the configuration, or None.
    """

    code: str
    severity: Severity
    says: str
    about: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    patch: Mapping[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "code": self.code,
            "severity": self.severity,
            "says": self.says,
            "about": self.about,
            "evidence": dict(self.evidence),
            "ids": list(self.ids),
            "patch": None if self.patch is None else dict(self.patch),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Finding:
        """Return the finding written by `document`."""
        return cls(**{**document, "ids": tuple(document.get("ids", ()))})


@dataclass(frozen=True)
class Interval:
    """A figure with its uncertainty.

    Attributes
    ----------
    estimate, low, high
        The figure and its interval at `level`; NaN where it cannot be estimated.
    n
        Rows it rests on.
    groups
        Independent groups it rests on (rows where there are none).
    level
        Coverage asked for (0.95).
    how
        Method in a few words.
    enough
        Whether rows and groups suffice to tell; where not, `how` says why.
    """

    estimate: float
    low: float
    high: float
    n: int
    groups: int
    level: float = 0.95
    how: str = "bootstrap over groups"
    enough: bool = True

    def document(self) -> dict[str, float | int | bool | str | None]:
        """Return estimate, low, high, n, groups, enough, and `how` where that is not so.

        A figure that cannot be estimated is None.
        """

        def number(x: float) -> float | None:
            return float(x) if np.isfinite(x) else None

        return {
            "estimate": number(self.estimate),
            "low": number(self.low),
            "high": number(self.high),
            "n": int(self.n),
            "groups": int(self.groups),
            "enough": bool(self.enough),
            **({} if self.enough else {"how": self.how}),
        }

    def __str__(self) -> str:
        if not np.isfinite(self.estimate):
            return "cannot be estimated"
        words = f"{self.estimate:.3f} [{self.low:.3f}, {self.high:.3f}]"
        return words if self.enough else f"{words}, {TOO_FEW}"


@dataclass(frozen=True)
class Verdict:
    """What may be said about one thing against another.

    Attributes
    ----------
    word
        "better" or "worse" only if the interval of the difference excludes 0; "no difference found" if it lies
        within the smallest difference worth caring about; "too few to tell" otherwise.
    name, base
        What is judged, and what it is held against.
    metric
        Name of the metric.
    difference
        `name` minus `base`, in the metric's own unit, with the interval at the level at which it was judged: among
        several comparisons it is wider than one alone would need.
    detectable
        The smallest difference that these rows would show four times out of five.
    smallest
        The smallest difference worth caring about.
    p
        Chance of at least so large a difference between equals, corrected for the number of comparisons.
    says
        One sentence for a person.
    enough
        Whether rows and groups suffice for any verdict; where not, the word is "too few to tell" (EH406).
    higher_is_better
        Whether a positive difference is good.
    """

    word: VerdictWord
    name: str
    base: str
    metric: str
    difference: Interval
    detectable: float
    smallest: float
    p: float
    says: str = ""
    enough: bool = True
    higher_is_better: bool = True

    @property
    def found(self) -> bool:
        """Whether a difference was found."""
        return self.word in ("better", "worse")

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON; the level of the interval is among them."""
        detectable = float(self.detectable) if np.isfinite(self.detectable) else None
        return {
            "verdict": self.word,
            "a": self.name,
            "b": self.base,
            "metric": self.metric,
            "difference": {**self.difference.document(), "level": self.difference.level},
            "smallest_detectable": detectable,
            "smallest_worth_caring_about": self.smallest,
            "p": float(self.p),
            "enough": self.enough,
            "says": self.says,
        }

    def __str__(self) -> str:
        return self.says or f"{self.name} against {self.base}, {self.metric}: {self.word}"
