"""A stated share of each batch for each class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import field_validator

from evenhand.balance.class_options import by_class
from evenhand.balance.max_ratio import capped
from evenhand.balance.registries import SAMPLERS
from evenhand.base.errors import EvenhandError
from evenhand.base.settings.section import Section, option
from evenhand.base.values import Floats


@SAMPLERS.register("target_mix")
class TargetMix(Section):
    """Let batches hold stated shares of the classes, as far as the cap allows.

    Classes that are not named share what is left in proportion to their rows.
    """

    shares: dict[str, float] | list[float] = option(
        description="Share of each class in a batch: { N = 0.5, S = 0.3, V = 0.2 }, or a list in the order of the "
        "classes."
    )
    max_ratio: float | None = option(
        None,
        ge=1,
        description="Cap on the sampling weight of a row of the most favoured class over that of the least.",
    )

    @field_validator("shares")
    @classmethod
    def _usable(cls, value: dict[str, float] | list[float]) -> dict[str, float] | list[float]:
        given = list(value.values() if isinstance(value, dict) else value)
        if not given or not np.isfinite(given).all() or min(given) < 0 or max(given) <= 0:
            raise ValueError("shares are numbers from 0 up, and at least one is above 0")
        return value

    def for_classes(self, names: Sequence[str], counts: Floats) -> TargetMix:
        """Return the mix with a share for each class that has rows, in their order.

        Raises
        ------
        EvenhandError
            If a name is not a class, the list has another length, nothing is left for classes not named, or
            nothing at all is asked of classes that have rows.
        """
        given = by_class(self.shares, names, "balance.sampler.shares")
        stated = sum(share for share in given if share is not None)
        rest = np.where([share is None for share in given], counts, 0.0)
        if rest.sum() and stated >= 1:
            missing = ", ".join(name for name, share in zip(names, rest, strict=True) if share)
            raise EvenhandError(
                f"balance.sampler.shares: the shares given make {stated:g} and leave nothing for {missing}. "
                "Give shares for all classes, or less than 1 in all."
            )
        left = rest * (max(1.0 - stated, 0.0) / max(rest.sum(), 1e-300))
        full = [float(extra if share is None else share) for share, extra in zip(given, left, strict=True)]
        kept = [share for share, rows in zip(full, counts, strict=True) if rows > 0]
        if kept and not sum(kept):
            raise EvenhandError("balance.sampler.shares: no class that has training rows gets a share.")
        return self.model_copy(update={"shares": kept})

    def sampling_weights(self, counts: Floats) -> Floats:
        """Return shares over counts, the largest at most `max_ratio` times the smallest."""
        shares = np.asarray(list(self.shares.values()) if isinstance(self.shares, dict) else self.shares)
        return capped(shares / counts, self.max_ratio)
