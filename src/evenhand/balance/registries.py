"""Samplers, class weights and losses by name: `"inverse"`, or `{"name": "inverse", "power": 0.5}`.

Each is a section with its own options, so a new file below `samplers/`, `weights/` or `losses/` (or another
package's entry point) is a new name in the configuration, with its options checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from evenhand.balance.capabilities import OfClasses
from evenhand.base.errors import EvenhandError
from evenhand.base.registry import Registry
from evenhand.base.settings.named_choice import section_of
from evenhand.base.settings.section import Section
from evenhand.base.values import Floats

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

S = TypeVar("S", bound=Section)
Reduction = Literal["none", "mean"]


class Sampler(Protocol):
    """How often the rows of each class are sampled."""

    def sampling_weights(self, counts: Floats) -> Floats:
        """Return (k,) relative sampling weights of a row of each class, from (k,) rows per class (all above 0)."""


@runtime_checkable
class ClassWeights(Protocol):
    """How much an error on each class costs; a loss may have weights of its own as well."""

    def class_weights(self, counts: Floats) -> Floats:
        """Return (k,) relative weights of the classes, from (k,) rows per class (all above 0)."""


@dataclass(frozen=True, eq=False)
class ClassNames:
    """What a loss may know of the classes.

    Attributes
    ----------
    counts
        (k,) training rows of each.
    weights
        (k,) what an error on each costs, the loss's own weights included.
    multi_label
        Whether several may hold for one row.
    shifts
        (k,) what is taken off the logits while training, or None for what the loss itself asks for.
    """

    counts: Floats
    weights: Floats
    multi_label: bool = False
    shifts: Floats | None = None


class RowLoss(Protocol):
    """The loss of rows."""

    def __call__(self, logits: Tensor, targets: Tensor, reduction: Reduction) -> Tensor:
        """Return (b,) losses, or with reduction "mean" their mean, which a fused kernel computes faster.

        Logits are (b, k); targets are (b,) int64 classes, or (b, k) shares in 0..1.
        """


class Loss(Protocol):
    """What is minimised."""

    def build(self, classes: ClassNames) -> RowLoss:
        """Return the loss as a function, for classes like these."""


SAMPLERS: Registry[type[Section]] = Registry(
    "sampler", group="evenhand.samplers", package="evenhand.balance.samplers"
)
WEIGHTS: Registry[type[Section]] = Registry(
    "way to weigh classes", group="evenhand.class_weights", package="evenhand.balance.weights"
)
LOSSES: Registry[type[Section]] = Registry("loss", group="evenhand.losses", package="evenhand.balance.losses")


def sampling_weights(
    sampler: str | Mapping[str, Any], counts: npt.ArrayLike, names: Sequence[str] | None = None
) -> Floats:
    """Return the sampling weight of one row of each class, relative to uniform shuffling.

    Parameters
    ----------
    sampler
        A name ("none", "balanced"), or a table with `name` and options.
    counts
        (k,) training rows per class; classes without rows get 0.
    names
        The k classes, where an option names some; else they are called "0", "1", ….

    Returns
    -------
    (k,) float64, scaled so that the mean over rows is 1: class c then holds the share n_c s_c / n of a batch.

    >>> sampling_weights("balanced", [6, 2]).round(3).tolist()
    [0.667, 2.0]
    """
    rows = rows_per_class(counts)
    how: Sampler = of_classes(section_of(SAMPLERS, sampler), rows, names)
    return over_present(how.sampling_weights, rows, absent=0.0)


def class_weights(
    weights: str | Mapping[str, Any], counts: npt.ArrayLike, names: Sequence[str] | None = None
) -> Floats:
    """Return the weight of each class in the loss.

    Parameters
    ----------
    weights
        A name ("none", "inverse"), or a table with `name` and options.
    counts
        (k,) training rows per class; a class without rows gets 1.
    names
        The k classes, where an option names some.

    Returns
    -------
    (k,) float64, scaled so that the mean over rows is 1: the loss, and so the learning rate, keeps its scale.

    >>> class_weights({"name": "inverse", "power": 1.0}, [6, 2]).round(3).tolist()
    [0.667, 2.0]
    """
    rows = rows_per_class(counts)
    how: ClassWeights = of_classes(section_of(WEIGHTS, weights), rows, names)
    return over_present(how.class_weights, rows, absent=1.0)


def row_weights(per_class: Floats, labels: npt.NDArray[Any]) -> Floats:
    """Return the weight of each row from weights per class.

    Parameters
    ----------
    per_class
        (k,) float64.
    labels
        (n,) class indices, or (n, k) shares of classes in 0..1; such a row gets the mean over the classes it is
        known to hold, and the smallest weight where it holds none.
    """
    if labels.ndim == 1:
        return np.asarray(per_class[labels])
    labels = np.nan_to_num(labels)
    held = labels.sum(axis=1)
    mean = labels @ per_class / np.where(held > 0, held, 1.0)
    return np.where(held > 0, mean, per_class[per_class > 0].min(initial=1.0))


def rows_per_class(counts: npt.ArrayLike) -> Floats:
    """Return counts as (k,) float64.

    Raises
    ------
    EvenhandError
        If they are not a list of non-negative numbers.
    """
    rows = numbers(counts, "Rows per class")
    if rows.ndim != 1 or not np.isfinite(rows).all() or (rows < 0).any():
        raise EvenhandError("Rows per class must be a list of numbers, none below 0.")
    return rows


def of_classes(how: Any, rows: Floats, names: Sequence[str] | None = None) -> Any:
    """Return a choice made for the classes that have rows, where its options name classes."""
    if not isinstance(how, OfClasses):
        return how
    return how.for_classes(list(names) if names is not None else [str(c) for c in range(len(rows))], rows)


def numbers(values: Any, what: str) -> Floats:
    """Return values as float64.

    Parameters
    ----------
    what
        What they are, as the start of a sentence.

    Raises
    ------
    EvenhandError
        If one is not a number, or lists in them differ in length.
    """
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise EvenhandError(f"{what} must be numbers; found {str(values)[:80]}.") from None


def over_present(rule: Callable[[Floats], Floats], rows: Floats, absent: float) -> Floats:
    """Apply a rule to the classes that have rows, scaled to a mean of 1 over rows.

    Raises
    ------
    EvenhandError
        If its figures cannot be scaled: too large, or all too small for floating point.
    """
    present = rows > 0
    out = np.full(rows.shape, absent)
    if present.any():
        with np.errstate(all="ignore"):
            # Overflow is reported below, in words and with the figures.
            relative = np.asarray(rule(rows[present]), dtype=np.float64)
            out[present] = relative * rows.sum() / (relative @ rows[present])
        _check_finite(out, relative)
    return out


def over_present_shift(rule: Callable[[Floats], Floats], rows: Floats) -> Floats:
    """Apply a rule for logit shifts to the classes that have rows; the others get the largest shift."""
    present = rows > 0
    out = np.zeros(rows.shape)
    if present.any():
        with np.errstate(all="ignore"):
            own = np.asarray(rule(rows[present]), dtype=np.float64)
        _check_finite(own, own)
        out[:] = own.max()  # a class without rows counts as the rarest
        out[present] = own
    return out


def _check_finite(out: Floats, given: Floats) -> None:
    if not np.isfinite(out).all():
        listed = ", ".join(f"{figure:g}" for figure in given[:6])
        raise EvenhandError(
            f"The balance settings give classes the figures {listed}, which are too large or too small to "
            "compute with. Give the figures, or the options that make them (such as factor), nearer to 1."
        )
