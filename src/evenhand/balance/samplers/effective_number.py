"""Rows drawn by the inverse of the effective number of their class."""

from evenhand.balance.effective_number import effective_rows
from evenhand.balance.max_ratio import MAX_RATIO, capped
from evenhand.balance.registries import SAMPLERS
from evenhand.base.settings.section import Section, option
from evenhand.base.values import Floats


@SAMPLERS.register("effective_number")
class EffectiveNumberSampler(Section):
    """Sample rows of class c with weight (1 - beta) / (1 - beta^n) (Cui et al. 2019, eq. 2)."""

    beta: float = option(
        0.999,
        ge=0,
        lt=1,
        description="Overlap of rows: 0 keeps natural shares, towards 1 every class is drawn as often.",
    )
    max_ratio: float | None = option(None, ge=1, description=MAX_RATIO)

    def sampling_weights(self, counts: Floats) -> Floats:
        """Return 1 / effective number, the largest at most `max_ratio` times the smallest."""
        return capped(1.0 / effective_rows(counts, self.beta), self.max_ratio)
