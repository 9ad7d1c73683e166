"""Names for classes together: sets of them, and levels of coarser ones. Metrics take each as a suffix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class NamedClasses:
    """Sets of classes and levels of coarser classes, by name.

    Attributes
    ----------
    sets
        Name -> classes, as in [classes]; each gives every metric a variant (`macro_f1_rare`).
    levels
        Name -> for each of the k classes, in their order, its coarser class (`accuracy_coarse`).
    """

    sets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    levels: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def reordered(self, order: Sequence[int]) -> NamedClasses:
        """Return the names for classes in another order; `order` holds the old position of each."""
        levels = {name: tuple(coarse[at] for at in order) for name, coarse in self.levels.items()}
        return NamedClasses(self.sets, levels)

    def widened(self, names: Sequence[str]) -> NamedClasses:
        """Return the names with further classes at the end, each of which is a coarser class of its own."""
        levels = {level: (*coarse, *names) for level, coarse in self.levels.items()}
        return NamedClasses(self.sets, levels)

    def filled(self, other: NamedClasses) -> NamedClasses:
        """Return these names and those that only `other` has, which must be about the same classes in one order."""
        return NamedClasses({**other.sets, **self.sets}, {**other.levels, **self.levels})


NO_NAMES = NamedClasses()
"""No set and no level."""
