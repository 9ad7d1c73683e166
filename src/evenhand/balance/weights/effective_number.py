"""Class weights by the inverse of the effective number of rows."""

from evenhand.balance.effective_number import effective_rows
from evenhand.balance.max_ratio import MAX_RATIO, capped
from evenhand.balance.registries import WEIGHTS
from evenhand.base.settings.section import Section, option
from evenhand.base.values import Floats


@WEIGHTS.register("effective_number")
class EffectiveNumberWeights(Section):
    """Weigh a class by (1 - beta) / (1 - beta^n) (Cui et al. 2019, eq. 2 and 4)."""

    beta: float = option(
        0.999,
        ge=0,
        lt=1,
        description="Overlap of rows: 0 gives equal weights, towards 1 weights become inverse counts.",
    )
    max_ratio: float | None = option(None, ge=1, description=MAX_RATIO)

    def class_weights(self, counts: Floats) -> Floats:
        """Return 1 / effective number, the largest at most `max_ratio` times the smallest."""
        return capped(1.0 / effective_rows(counts, self.beta), self.max_ratio)
