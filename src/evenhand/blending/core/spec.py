"""Recipes: a blending method with its options, and calibrators for the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evenhand.base.errors import DataError
from evenhand.base.registry import Registry
from evenhand.base.settings.named_choice import Choice, as_table, section_of
from evenhand.base.settings.section import Section
from evenhand.base.values import Floats
from evenhand.blending.calibrators import CALIBRATORS
from evenhand.blending.core.calibrator import Calibration, Calibrator
from evenhand.blending.core.crossfit import crossfit
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.methods import METHODS


@dataclass(frozen=True, eq=False)
class Adjusted:
    """A learned blend with learned calibrations after it."""

    learned: Learned
    calibrations: tuple[Calibration, ...]

    def apply(self, stack: Stack) -> Floats:
        table = self.learned.apply(stack)
        for calibration in self.calibrations:
            table = calibration.apply(table)
        return table

    def document(self) -> dict[str, Any]:
        return self.learned.document() | {"then": [calibration.document() for calibration in self.calibrations]}


@dataclass(frozen=True)
class Recipe:
    """A method and the calibrators after it.

    Attributes
    ----------
    name
        The method with the options that differ from its defaults, and the calibrators: "greedy(rounds=20)+bias".
    method
        The blending method.
    then
        Calibrators of the blend, in this order.
    """

    name: str
    method: Method
    then: tuple[Calibrator, ...] = ()

    @property
    def uses_features(self) -> bool:
        """Whether it uses features stored for the rows."""
        return self.method.uses_features

    def learn(self, stack: Stack, seed: int = 0) -> Learned:
        """Return what is learned from the rows of `stack`, all of whose truth is known.

        Calibrators are learned on cross-fitted blends, so that they see the errors of new rows.
        """
        self._check(stack)
        if not self.then:
            return self.method.learn(stack, seed)
        # On blends of the rows they were learned from, calibrators would see too few errors.
        inside = stack.split_inside(seed)
        fitted = crossfit(self.method, inside, seed)
        return self._adjusted(fitted.overall, fitted.out_of_fold(inside), stack)

    def learn_each(self, stack: Stack, seed: int = 0) -> tuple[Learned, Mapping[int, Learned]]:
        """Return what is learned from all rows, and for each fold what is learned from the other folds."""
        self._check(stack)
        if not self.then:
            return self.method.learn_each(stack, seed)
        return self.learn(stack, seed), {fold: self.learn(stack.without(fold), seed) for fold in stack.folds}

    def refusal(self, *, several: bool) -> str:
        """Return why it is not for rows with several labels, or with one each; "" where it is."""
        if several and not self.method.takes_several:
            use = _supporting(METHODS, "takes_several")
            return f'"{self.name}" is for rows with one label each; these may have several. Use {use}.'
        if several and not all(one.takes_several for one in self.then):
            use = _supporting(CALIBRATORS, "takes_several")
            return (
                f'The calibration in "{self.name}" is for rows with one label each; these may have several. Use '
                f"{use}, or leave it out."
            )
        if not several and not all(one.takes_one for one in self.then):
            use = _supporting(CALIBRATORS, "takes_one")
            return (
                f'The calibration in "{self.name}" is for rows that may have several labels; these have one each. '
                f"Use {use}, or leave it out."
            )
        return ""

    def _check(self, stack: Stack) -> None:
        if why := self.refusal(several=stack.several):
            raise DataError(why)

    def _adjusted(self, learned: Learned, table: Floats, stack: Stack) -> Adjusted:
        steps: list[Calibration] = []
        for calibrator in self.then:
            steps.append(calibrator.calibrate(table, stack.decided_labels, stack.classes, stack.score))
            table = steps[-1].apply(table)
        return Adjusted(learned, tuple(steps))


def recipe(choice: Choice | Recipe, *, score: Mapping[str, float] | None = None) -> Recipe:
    """Return the recipe that a choice stands for.

    Parameters
    ----------
    choice
        "nnls", "nnls+temperature", or {"name": "greedy", "rounds": 20, "then": ["bias"]}.
    score
        Metric -> weight, the objective of methods and calibrators without a `score` of their own.

    Raises
    ------
    EvenhandError
        If there is no such name, or an option is wrong; every fault is named.

    Examples
    --------
    >>> recipe("nnls+temperature").name
    'nnls+temperature'
    >>> recipe({"name": "equal", "space": "log", "then": "bias"}).name
    'equal(space=log)+bias'
    """
    if isinstance(choice, Recipe):
        return choice
    table = as_table(choice)
    name, *after = str(table.pop("name", "")).split("+")
    then: Any = table.pop("then", [])
    steps: list[Any] = [*after, *([then] if isinstance(then, (str, Mapping)) else then)]
    method = _section(METHODS, {"name": name, **table}, score)
    calibrators = [_section(CALIBRATORS, as_table(c), score) for c in steps]
    words = [name for name, _ in (method, *calibrators)]
    return Recipe("+".join(words), method[1], tuple(section for _, section in calibrators))


def _supporting(registry: Registry[Any], what: str) -> str:
    """Return the names of a registry that support such labels, as words."""
    names = [name for name in registry.names() if getattr(registry.get(name), what)]
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _section(registry: Registry[Any], table: dict[str, Any], score: Mapping[str, float] | None) -> tuple[str, Any]:
    """Return the name of a choice with its options, and the section."""
    section: Section = section_of(registry, table)
    cls, name = type(section), table["name"].strip()
    written = {key: value for key, value in section.model_dump().items() if key in section.model_fields_set}
    plain = {
        key: value
        for key, value in written.items()
        if value != cls.model_fields[key].get_default(call_default_factory=True)
    }
    # After the name was made: the run's score is no option that the user wrote.
    if score and "score" in cls.model_fields and "score" not in table:
        section = section_of(registry, {**table, "score": dict(score)})
    options = ", ".join(f"{key}={_option_text(value)}" for key, value in plain.items())
    return (f"{name}({options})" if options else name), section


def _option_text(value: Any) -> str:
    if isinstance(value, Mapping):
        return "/".join(
            f"{key}:{_option_text(item)}" if isinstance(item, (int, float)) else str(key)
            for key, item in value.items()
        )
    if isinstance(value, (list, tuple)):
        return "/".join(_option_text(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
