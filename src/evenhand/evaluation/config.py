"""The sections [score], [classes] and [evaluate]."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from evenhand.base.settings.section import Section, option
from evenhand.base.values import TRUTH_THRESHOLD
from evenhand.evaluation.metrics.metric_names import MetricNameError, parse


class ScoreConfig(Section):
    """The objective to maximise: names of metrics and their weights; macro_f1 = 1.0 by default.

    Losses and errors count negatively, so that more is always better.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float] = Field(init=False)
    DEFAULT: ClassVar[Mapping[str, float]] = {"macro_f1": 1.0}

    @model_validator(mode="before")
    @classmethod
    def _given(cls, values: Any) -> Any:
        """Fill in the default, and check every line as far as possible without other sections."""
        if isinstance(values, Mapping):
            _raise({str(name): _wrong_line(str(name), weight) for name, weight in values.items()}, cls.__name__)
            return dict(values) or dict(cls.DEFAULT)
        return values

    @property
    def weights(self) -> dict[str, float]:
        """Metric name -> weight, in the order written."""
        return dict(self.__pydantic_extra__)


def _wrong_line(name: str, weight: Any) -> tuple[Any, str] | None:
    """Return what is wrong in one line, and why.

    A suffix may be a set or level of another section, so any is accepted.
    """
    number = isinstance(weight, (int, float)) and not isinstance(weight, bool)
    if not number or not math.isfinite(weight) or weight <= 0:
        return weight, "allowed is a number above 0 (losses are negated automatically)"
    stem = name.split("[")[0]
    suffixes = [stem[at + 1 :] for at, letter in enumerate(stem) if letter == "_"]
    try:
        parse(name, suffixes)
    except MetricNameError:
        try:
            parse(name)  # without suffixes, so that the message lists existing names only
        except MetricNameError as error:
            return name, str(error).rstrip(".")
    return None


def _raise(faults: Mapping[str, tuple[Any, str] | None], title: str) -> None:
    """Raise one error that names every key with a fault."""
    errors = [
        InitErrorDetails(type="value_error", loc=(key,), input=fault[0], ctx={"error": ValueError(fault[1])})
        for key, fault in faults.items()
        if fault
    ]
    if errors:
        raise ValidationError.from_exception_data(title, errors)


class ClassesConfig(Section):
    """Named sets of classes; each gives every metric a variant with the set's name as suffix: macro_f1_rare."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, list[str]] = Field(init=False)

    @model_validator(mode="before")
    @classmethod
    def _sound(cls, values: Any) -> Any:
        if isinstance(values, Mapping):
            _raise({str(name): _wrong_set(str(name), members) for name, members in values.items()}, cls.__name__)
        return values

    @property
    def sets(self) -> dict[str, tuple[str, ...]]:
        """Name -> classes."""
        return {name: tuple(members) for name, members in self.__pydantic_extra__.items()}


def _wrong_set(name: str, members: Any) -> tuple[Any, str] | None:
    """Return what is wrong in one set, and why."""
    if not name.isidentifier():
        return name, "a set name consists of letters, digits and _ (it becomes a suffix)"
    if not isinstance(members, (list, tuple)) or not all(isinstance(member, str) for member in members):
        return members, "allowed is a list of class names"
    if not members:
        return members, "the list is empty; name at least one class, or omit the set"
    twice = sorted({member for member in members if members.count(member) > 1})
    return (members, f"names {', '.join(twice)} more than once") if twice else None


class EvaluateConfig(Section):
    """How intervals are computed."""

    draws: int = option(
        2000, ge=200, le=100_000, unit="replicates", description="Bootstrap replicates behind an interval."
    )
    level: float = option(0.95, gt=0.5, lt=1.0, description="Confidence level of intervals.")
    seed: int = option(0, ge=0, description="Seed of the bootstrap.")
    truth_threshold: float = option(
        TRUTH_THRESHOLD,
        gt=0,
        le=1,
        description="With soft labels, the degree from which on a label is true, for figures that need a yes or "
        "no; log_loss and brier take degrees as they are.",
    )
    logistic_regression: bool = option(
        True,
        description="Whether every table has a logistic regression on frozen features as a baseline; it takes no "
        "part in selection or blends unless it is named as a model.",
    )
    floor: bool = option(
        True,
        description="Whether every table has what a small forest reaches on trivial features (counts of entities, "
        "size "
        "and mean colour, RR intervals) if the kind of data names some; it takes no part in selection or blends.",
    )
