"""Recipes, their inputs, and the selection of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evenhand.base.registry import Registry


@dataclass(frozen=True)
class DataFacts:
    """The inputs of a recipe about the data.

    Attributes
    ----------
    kind
        Kind of data.
    rows, test_rows
        Number of all rows, and of those in the locked test.
    classes
        Number of classes; 2 if it is not known yet.
    bearable_folds
        Largest number of folds that groups and rare classes allow, at least 2.
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
    """Durations of the parts of a run on this machine while all cores are busy, in seconds.

    Attributes
    ----------
    cores
        Number of parallel processes.
    start
        Start of a worker process, including imports.
    decode
        Reading and decoding one row.
    below, above, step
        An image of `size` px: forward pass of the frozen blocks, of the tuned ones, and a training step of these.
    precision
        The faster of the precisions.
    measured
        Whether it was measured; otherwise it is that of a slow machine.
    why_not
        Why it was not measured, as a phrase.
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
    why_not: str = ""

    def at(self, size: int) -> float:
        """Return the factor on the times of images of `self.size` px for another size."""
        return (size / self.size) ** 2


@dataclass(frozen=True)
class Proposal:
    """The output of a recipe for given data and a machine.

    Attributes
    ----------
    text
        Sections from [[model]] on, and that of the kind, as TOML.
    folds
        Number of folds.
    seconds
        Estimated time of a run.
    why
        Reasons for these settings, one line each.
    """

    text: str
    folds: int
    seconds: float
    why: tuple[str, ...]


@dataclass(frozen=True)
class FirstRecipe:
    """A recipe for training on a kind of data.

    Attributes
    ----------
    name, kind
        Its name, and its kind of data.
    rank
        Recipes are tried in increasing order.
    description
        What it does, one line.
    tried
        Data sets that it was tested on.
    propose
        (data, speed, time limit in seconds) -> a proposal, or None if it does not fit. The last recipe of a kind
        always returns one.
    """

    name: str
    kind: str
    rank: int
    description: str
    tried: tuple[str, ...]
    propose: Callable[[DataFacts, Speed, float], Proposal | None]


RECIPES: Registry[FirstRecipe] = Registry(
    "recipe", group="evenhand.recipes", package="evenhand.pipeline.first_config.recipes"
)
"""Recipes by name; the modules of this package register them."""


def choose(data: DataFacts, speed: Speed, seconds: float) -> tuple[FirstRecipe, Proposal] | None:
    """Return the first recipe that fits and its proposal; None for a kind without recipes."""
    recipes = sorted((recipe for _, recipe in RECIPES if recipe.kind == data.kind), key=lambda recipe: recipe.rank)
    for recipe in recipes:
        proposal = recipe.propose(data, speed, seconds)
        if proposal is not None:
            return recipe, proposal
    return None


def register(recipe: FirstRecipe) -> FirstRecipe:
    """Register a recipe under its name, and return it."""
    return RECIPES.register(recipe.name)(recipe)
