"""Further terms of the loss that a head has: added to the main loss, recorded by epoch.

Where two losses share parameters, the cosine of their gradients says whether they pull the same way (Yu et al.
2020, "Gradient surgery for multi-task learning", definition 1). It is measured on the first batch of each epoch, by
a backward pass through the head for each loss; the fit itself is the same, bit for bit. The gradients are kept
until the epoch is read: their cosine is computed in float64, which Apple GPUs lack, and to read them at once would
make the device idle.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn

from evenhand.base.values import Floats
from evenhand.training.monitor.class_stats import finite_or_none

Gradients = tuple[Tensor, Tensor]
"""(p,) gradients of the main loss and of a term."""


class HasTerms(Protocol):
    """A module with further terms of the loss (`evenhand.models.heads.registry.Head`)."""

    def terms(self, targets: Tensor) -> Mapping[str, Tensor]:
        """Return name -> weighted scalar, of the last forward pass in training."""


def module_with_terms(module: nn.Module) -> HasTerms | None:
    """Return the part of a network that has further terms of the loss, or None."""
    found = next((part for part in module.modules() if callable(getattr(part, "terms", None))), None)
    return cast("HasTerms | None", found)


class LossTerms:
    """The terms of one epoch; the device is not read before `read`, and of SAM's two passes the first counts."""

    def __init__(self, source: HasTerms) -> None:
        self._source = source
        self._names: list[str] = []
        self._values: list[Tensor] = []
        self._rows: list[int] = []
        self._gradients: dict[str, Gradients | None] = {}

    def added_to(self, loss: Tensor, targets: Tensor) -> Tensor:
        """Return the main loss of a batch plus the terms.

        Parameters
        ----------
        targets
            (b,) classes, or (b, k) shares, NaN where unknown.
        """
        terms = self._source.terms(targets)
        if not terms:
            return loss
        if len(self._values) == len(self._rows):
            if not self._values:
                self._names = list(terms)
                self._gradients = compared_gradients(loss, terms, cast(nn.Module, self._source))
            self._values.append(torch.stack([loss.detach(), *(terms[name].detach() for name in self._names)]))
        return loss + torch.stack(list(terms.values())).sum()

    def step(self, rows: int) -> None:
        """Record the end of a step of so many rows."""
        if len(self._values) > len(self._rows):
            self._rows.append(rows)

    def read(self) -> tuple[float, dict[str, dict[str, float | None]]] | None:
        """Return the mean main loss, and name -> figures of each term; None where there was none.

        `loss` is the weighted term, a mean over rows, and `share` its share of all losses together, by absolute
        values; `cosine` that of its gradient and the main loss's, and `pull` the norm of its gradient over that of
        the main loss's, both None where they share no parameter.
        """
        if not self._rows:
            return None
        means = np.average(torch.stack(self._values).cpu().double().numpy(), axis=0, weights=self._rows)
        shares = _shares(means)
        lines = {}
        for at, name in enumerate(self._names, start=1):
            of = self._gradients[name]
            cosine, pull = (math.nan, math.nan) if of is None else cosine_and_pull(*of)
            figures = {"loss": means[at], "share": shares[at], "cosine": cosine, "pull": pull}
            lines[name] = {word: finite_or_none(float(figure)) for word, figure in figures.items()}
        return float(means[0]), lines


def compared_gradients(loss: Tensor, terms: Mapping[str, Tensor], module: nn.Module) -> dict[str, Gradients | None]:
    """Return name -> (p,) gradients of the main loss and of a term, on their device.

    With respect to the parameters of the module that both depend on; None where there are none. Gradients of
    parameters are neither read nor changed.
    """
    parameters = [p for p in module.parameters() if p.requires_grad]
    main = _gradients(loss, parameters)
    return {name: _shared(main, _gradients(term, parameters)) for name, term in terms.items()}


def _gradients(value: Tensor, parameters: Sequence[Tensor]) -> Sequence[Tensor | None]:
    if not value.requires_grad or not parameters:
        return [None] * len(parameters)
    return torch.autograd.grad(value, parameters, retain_graph=True, allow_unused=True)


def _shared(one: Sequence[Tensor | None], other: Sequence[Tensor | None]) -> Gradients | None:
    pairs = [(x, y) for x, y in zip(one, other, strict=True) if x is not None and y is not None]
    if not pairs:
        return None
    x, y = (torch.cat([part.flatten() for part in side]) for side in zip(*pairs, strict=True))
    return x, y


def cosine_and_pull(main: Tensor, term: Tensor) -> tuple[float, float]:
    """Return the cosine of (p,) gradients of the main loss and of a term, and the ratio of their norms."""
    x, y = main.cpu().double(), term.cpu().double()
    # a gradient of exactly 0 has no direction: 0 / 0 is NaN, None in the log
    return float(x @ y / (x.norm() * y.norm())), float(y.norm() / x.norm())


def _shares(means: Floats) -> Floats:
    """Return the share of each loss in the sum of their absolute values."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(means) / np.abs(means).sum())
