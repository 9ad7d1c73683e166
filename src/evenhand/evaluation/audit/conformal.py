"""Mondrian conformal prediction (Vovk et al. 2005): prediction sets of classes, and their coverage.

The coverage holds per class, or per group, on rows that are exchangeable with the calibration rows: not on data
from elsewhere. The p-values are those of the package crepes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError, MissingExtraError
from evenhand.base.seeds import generator
from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Floats, Interval, Ints, Mask, Predictions
from evenhand.evaluation.figures.evaluate import labelled
from evenhand.evaluation.figures.row_share import share

By = Literal["class", "group", "all"]


@dataclass(frozen=True)
class Covered:
    """Coverage and mean size of the sets of one class, one group, or all rows.

    Attributes
    ----------
    name
        Of the class or group.
    met
        Share of its rows whose set contains the truth, with its interval.
    size
        Mean number of classes in a set.
    enough
        Whether every fold left enough rows of this class or group for calibration; if not, sets are wide.
    """

    name: str
    met: Interval
    size: float
    enough: bool

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {"name": self.name, "met": self.met.document(), "size": self.size, "enough": self.enough}


@dataclass(frozen=True, eq=False)
class ConformalSets:
    """Sets of classes for the rows of predictions, each calibrated on other folds.

    Attributes
    ----------
    by
        The unit of coverage: every class, every group, or all rows together.
    asked
        The nominal coverage.
    member
        (n, k) which classes are in the set of each row.
    overall
        All rows together.
    parts
        Every class with rows, or every group, the least covered first.
    """

    by: By
    asked: float
    member: Mask
    overall: Covered
    parts: tuple[Covered, ...]

    @property
    def missed(self) -> tuple[Covered, ...]:
        """Parts whose interval lies below the nominal coverage."""
        return tuple(part for part in self.parts if part.met.high < self.asked)

    def document(self, *, most: int = 40) -> dict[str, Any]:
        """Return coverage as plain values, for JSON; of the parts the `most` least covered."""
        return {
            "by": self.by,
            "asked": self.asked,
            "overall": self.overall.document(),
            "parts": [part.document() for part in self.parts[:most]],
            "parts_total": len(self.parts),
            "missed": len(self.missed),
        }


def conformal(
    p: Predictions,
    *,
    by: By = "class",
    coverage: float = 0.9,
    folds: int = 5,
    draws: int = 1000,
    seed: int = 0,
) -> ConformalSets:
    """Return conformal sets of classes and their empirical coverage.

    The sets of a fold are calibrated on the other folds. By class and over all rows the folds are those of `p`, or
    whole groups assigned at random; by group, the rows of each group are spread over the folds, since a group that
    is held out as a whole leaves nothing to calibrate on.

    Parameters
    ----------
    p
        Out-of-fold or test predictions, one label a row.
    by
        "class": coverage for every class. "group": for every group. "all": over all rows.
    coverage
        Nominal share of the sets that contain the truth.
    folds
        Number of folds, if they are made here.
    draws, seed
        As in `evaluate`; the seed also assigns the folds and breaks ties.

    Raises
    ------
    MissingExtraError
        If crepes is not installed.
    DataError
        If rows have several labels, the coverage is not between 0 and 1, there are no groups, or one fold only.
    """
    if not 0 < coverage < 1:
        raise DataError(f"The coverage is {coverage:g}; it must lie between 0 and 1, for example 0.9.")
    p = labelled(p)
    if p.multi_label:
        raise DataError("Conformal sets need one label a row; these rows may have several.")
    part = _parts(p, by)
    fold = _folds(p, by, folds, seed)
    if len(np.unique(fold)) < 2:
        raise DataError(
            f"{len(p)} rows in one fold leave nothing to calibrate on; give rows of two folds at least."
        )
    values = _p_values(p, by, part, fold, seed)
    member = values > 1 - coverage
    assert p.truth is not None
    hit = member[np.arange(len(p)), p.truth]
    least = _fewest_calibration_rows(part, fold)
    names = p.classes if by == "class" else None
    # With n calibration rows the smallest p-value is 1 / (n + 1): a class can only be excluded if that is at most
    # 1 - coverage, which is n (1 - coverage) >= coverage.
    enough = least * (1 - coverage) >= (1 - 1e-9) * coverage
    # Within one group there are no groups to resample, so its interval is over rows.
    alone = replace(p, groups=None) if by == "group" else p
    found = [
        _covered(_name(names, g, part, p), part == g, hit, member, alone, bool(enough[g]), draws, seed)
        for g in np.unique(part)
    ]
    every = np.ones(len(p), dtype=bool)
    overall = _covered("all rows", every, hit, member, p, bool(enough.all()), draws, seed)
    found.sort(key=lambda one: one.met.estimate)
    return ConformalSets(by, coverage, member, overall, tuple(found) if by != "all" else ())


def _parts(p: Predictions, by: By) -> Ints:
    """Return (n,) the number of the class or group that each row belongs to; zeros for all rows together."""
    if by == "group":
        if p.named_groups is None:
            raise DataError("Conformal sets by group need groups; name them, or ask for sets by class.")
        return unique_names(p.named_groups)[1]
    assert p.truth is not None
    return p.truth if by == "class" else np.zeros(len(p), dtype=np.int64)


def _folds(p: Predictions, by: By, k: int, seed: int) -> Ints:
    if by != "group" and p.fold is not None and len(np.unique(p.fold)) > 1:
        return p.fold
    units = p.ids if p.groups is None or by == "group" else p.groups
    names, number = unique_names(units)
    rng = generator(seed, "conformal folds")
    if by == "group":  # spread each group's rows over the folds in turn, from a random start
        order = np.lexsort((rng.random(len(p)), unique_names(p.groups)[1]))  # type: ignore[arg-type]
        out = np.empty(len(p), dtype=np.int64)
        out[order] = np.arange(len(p)) % k
        return out
    return rng.permutation(np.arange(len(names)) % k)[number]


def _p_values(p: Predictions, by: By, part: Ints, fold: Ints, seed: int) -> Floats:
    """Return (n, k) p-values of each row belonging to each class, calibrated on the other folds."""
    try:
        from crepes import ConformalClassifier
    except ImportError:
        raise MissingExtraError("crepes", "conformal", "Conformal prediction") from None
    assert p.truth is not None
    strange = 1.0 - p.probabilities
    own = strange[np.arange(len(p)), p.truth]
    out = np.empty(strange.shape)
    for f in np.unique(fold):
        inside = fold == f
        fitted = ConformalClassifier()
        fitted.fit(own[~inside], bins=part[~inside])
        for c in range(p.k):
            # By class, each candidate class is compared with calibration rows of that class (Mondrian
            # categories).
            of = np.full(int(inside.sum()), c) if by == "class" else part[inside]
            found = fitted.predict_p(strange[inside][:, [c]], bins=of, seed=seed)
            out[inside, c] = np.asarray(found)[:, 0]
    return out


def _fewest_calibration_rows(part: Ints, fold: Ints) -> npt.NDArray[np.int64]:
    """Return for each part the fewest calibration rows over the folds that contain it."""
    total = np.bincount(part)
    left = np.full(len(total), np.iinfo(np.int64).max)
    for f in np.unique(fold):
        inside = np.bincount(part[fold == f], minlength=len(total))
        left = np.where(inside > 0, np.minimum(left, total - inside), left)
    return left


def _name(classes: tuple[str, ...] | None, g: int, part: Ints, p: Predictions) -> str:
    if classes is not None:
        return classes[g]
    return str(p.groups[np.flatnonzero(part == g)[0]]) if p.groups is not None else "all rows"


def _covered(
    name: str, rows: Mask, hit: Mask, member: Mask, p: Predictions, enough: bool, draws: int, seed: int
) -> Covered:
    met = share(hit[rows], p.take(rows), draws=draws, seed=seed)
    return Covered(name, met, float(member[rows].sum(axis=1).mean()), enough)
