"""What a recipe is, what it looks at, and how one is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evenhand.base.registry import Registry


@dataclass(frozen=True)
class DataFacts:
    """What a recipe looks at.

    Attributes
    ----------
    kind
        Kind of data.
    rows, test_rows
        All rows, and those of them that are locked away.
    classes
        Number of classes; 2 where it is not known yet.
    bearable_folds
        The most folds that groups and rare classes can bear, at least 2.
    side
        Longer side of a typical picture, px; None for other kinds.
    """

    kind: str
    rows: int
    test_rows: int = 0
    classes: int = 2
    bearable_folds: int = 5
    side: int | None = None

    @property
    def fit_rows(self) -> int:
        """Rows that folds are made of."""
        return self.rows - self.test_rows


@dataclass(frozen=True)
class Speed:
    """Seconds that the work takes on this machine while all cores are busy with it.

    Attributes
    ----------
    cores
        Processes that work side by side.
    start
        Start of a worker process, with its libraries.
    decode
        A row read and decoded.
    below, above, step
        A picture of `size` px through the frozen stages; through the tuned ones; the same with its gradient.
    precision
        The faster arithmetic.
    measured
        Whether it was timed here; otherwise it is that of a slow machine.
    """

    cores: int = 2
    start: float = 5.0
    decode: float = 0.005
    below: float = 0.010
    above: float = 0.010
    step: float = 0.030
    size: int = 128
    precision: str = "float32"
    measured: bool = False

    def at(self, size: int) -> float:
        """Return the factor from pictures of `self.size` px to others."""
        return (size / self.size) ** 2


@dataclass(frozen=True)
class Proposal:
    """What a recipe writes for some data on some machine.

    Attributes
    ----------
    text
        Sections from [[model]] on, and the kind's own, as TOML.
    folds
        Number of folds.
    seconds
        What the run is expected to take.
    why
        Why these settings, a line each.
    """

    text: str
    folds: int
    seconds: float
    why: tuple[str, ...]


@dataclass(frozen=True)
class FirstRecipe:
    """A way to train on a kind of data.

    Attributes
    ----------
    name, kind
        Its name, and the kind of data it is for.
    rank
        The lowest is asked first.
    says
        What it does, a line.
    tried
        Sets on which it was tried.
    propose
        (data, speed, seconds that there are) -> a proposal, or None where it does not fit. The last of a kind
        always returns one.
    """

    name: str
    kind: str
    rank: int
    says: str
    tried: tuple[str, ...]
    propose: Callable[[DataFacts, Speed, float], Proposal | None]


RECIPES: Registry[FirstRecipe] = Registry(
    "recipe", group="evenhand.recipes", package="evenhand.pipeline.first_config.recipes"
)
"""Recipes by name; modules of this package register theirs."""


def choose(data: DataFacts, speed: Speed, seconds: float) -> tuple[FirstRecipe, Proposal] | None:
    """Return the first recipe for a kind of data that fits, with what it proposes; None for other kinds."""
    own = sorted((recipe for _, recipe in RECIPES if recipe.kind == data.kind), key=lambda recipe: recipe.rank)
    for recipe in own:
        proposal = recipe.propose(data, speed, seconds)
        if proposal is not None:
            return recipe, proposal
    return None


def register(recipe: FirstRecipe) -> FirstRecipe:
    """File a recipe under its name, and return it."""
    return RECIPES.register(recipe.name)(recipe)
