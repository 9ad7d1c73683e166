"""An error on named classes costs less."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import ConfigDict

from evenhand.balance.class_options import position_of
from evenhand.balance.registries import WEIGHTS
from evenhand.base.settings.section import Section, option
from evenhand.base.values import Floats


@WEIGHTS.register("downweight")
class Downweight(Section):
    """Multiply the weight of one class, or of a few, by a factor; all others keep theirs."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    of: str | int | list[str | int] = option(
        alias="class", description='The class by name, or its position; several as a list: ["N", "O"].'
    )
    factor: float = option(0.3, gt=0, description="What an error on it costs, where one on another class costs 1.")

    def for_classes(self, names: Sequence[str], counts: Floats) -> Downweight:
        """Return the same with classes as positions among those that have rows.

        Raises
        ------
        EvenhandError
            If a name is not a class.
        """
        words = self.of if isinstance(self.of, list) else [self.of]
        at = [position_of(word, names, "balance.weights.class") for word in words]
        return self.model_copy(update={"of": [int((counts[:c] > 0).sum()) for c in at if counts[c] > 0]})

    def class_weights(self, counts: Floats) -> Floats:
        """Return ones, and the factor at the classes meant."""
        out = np.ones(len(counts))
        out[np.asarray(self.of, dtype=np.intp)] = self.factor
        return out
