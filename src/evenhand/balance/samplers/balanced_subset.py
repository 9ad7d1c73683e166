"""As many rows of every class as the rarest has, drawn anew each epoch."""

import numpy as np

from evenhand.balance.registries import SAMPLERS
from evenhand.base.settings.section import Section, option
from evenhand.base.values import Floats


@SAMPLERS.register("balanced_subset")
class BalancedSubset(Section):
    """Draw at most `per_class` rows of every class, other ones each epoch; no row recurs within one.

    Meant for a last stage: an epoch is short and holds few rows of common classes.
    """

    per_class: int | None = option(
        None,
        ge=1,
        unit="rows",
        description="Rows of each class an epoch; without it, as many as the rarest class has.",
    )

    def sampling_weights(self, counts: Floats) -> Floats:
        """Return the share of each class's rows that an epoch holds."""
        return self._held(counts) / counts

    def epoch_rows(self, counts: Floats) -> float:
        """Return how many rows an epoch holds."""
        return float(self._held(counts).sum())

    def _held(self, counts: Floats) -> Floats:
        return np.asarray(np.minimum(counts, self.per_class or counts.min()))
