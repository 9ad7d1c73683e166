"""The section [ablation]: a base, and changes that are tried one at a time and all together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import field_validator, model_validator

from evenhand.base.settings.key_faults import KeyFaults
from evenhand.base.settings.section import Section, option

BASE = "base"
"""Name of the row without a change."""
TOGETHER = "all together"
"""Name of the row with every change."""


class AblationChange(Section):
    """One change: a row of the table."""

    name: str = option(description="Name of the row.", min_length=1, max_length=60)
    set: dict[str, Any] = option(
        description='Keys and their values, as after --set: { "train.learning_rate" = 1e-3 }.', min_length=1
    )
    expect: str = option(
        "", description="What is expected of it, in words; shown beside what came out.", max_length=500
    )
    needs: list[str] = option(
        [],
        description="Names of earlier changes that it is set on top of, as losses are on top of their head.",
    )
    together: bool = option(
        True,
        description="Whether it is one of all together; false for an alternative to another change, tried alone.",
    )

    @field_validator("set", mode="before")
    @classmethod
    def _by_dotted_key(cls, values: Any) -> Any:
        """Read nested tables as the keys in them: { train.epochs = 5 } changes a key and leaves its section alone.

        A value below a quoted key with dots is taken whole: { "data.rename" = { a = "b" } }.
        """
        return dict(_leaves(values)) if isinstance(values, Mapping) else values


def _leaves(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and "." not in key:
            yield from _leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


class AblationConfig(Section):
    """What `evenhand ablation` runs: the base, each change alone, and all of them together.

    Every row has the folds, seeds and budget of the base, unless its change is one of them (EH402 reports it).
    """

    base: str | None = option(
        None, description="TOML of the base, relative to this file; without it, this file itself.", min_length=1
    )
    model: str | None = option(
        None,
        description="Model or blend that is compared, of the same name in every row; default: the first [[model]].",
    )
    together: bool = option(True, description="Whether all changes are also tried at once.")
    folds: Literal["same", "any"] = option(
        "same", description="Whether a change that alters rows or folds is refused, or run and reported by EH402."
    )
    leave_one_out: bool = option(
        False,
        description="Whether all changes but one are tried too: how much each costs alone and given the others.",
    )
    budget: Literal["same", "any"] | None = option(
        None,
        description="Whether a change of the budget (epochs, batch size, stages, number of seeds) is refused, or "
        'run and reported by EH402; default: "same" with leave_one_out, else "any".',
    )
    change: list[AblationChange] = option([], description="One table per change.")

    @property
    def same_budget(self) -> bool:
        """Whether changes of the budget are refused."""
        return self.leave_one_out if self.budget is None else self.budget == "same"

    @model_validator(mode="after")
    def _rows_by_name(self) -> AblationConfig:
        names = [change.name.casefold() for change in self.change]
        taken = [name for name in names if name in (BASE, TOGETHER) or names.count(name) > 1]
        if taken:
            allowed = (
                f'give every change a name of its own, other than "{BASE}" and "{TOGETHER}" (found "{taken[0]}" '
                "again)"
            )
            last = len(names) - 1 - names[::-1].index(taken[0])
            raise KeyFaults((("change", last, "name"), allowed))
        return self

    @model_validator(mode="after")
    def _needs_earlier_ones(self) -> AblationConfig:
        earlier: list[str] = []
        for at, change in enumerate(self.change):
            unknown = [name for name in change.needs if name not in earlier]
            if unknown:
                allowed = (
                    f'"{change.name}" needs "{unknown[0]}", which is none of the changes before it '
                    f"({', '.join(earlier) or 'there are none'})"
                )
                raise KeyFaults((("change", at, "needs"), allowed))
            earlier.append(change.name)
        return self

    @model_validator(mode="after")
    def _needs_what_is_there_too(self) -> AblationConfig:
        apart = {change.name for change in self.change if not change.together}
        for at, change in enumerate(self.change):
            missing = [name for name in change.needs if name in apart]
            if change.together and missing:
                allowed = (
                    f'"{change.name}" needs "{missing[0]}", which is not one of all together: set together = false '
                    "for both or for neither"
                )
                raise KeyFaults((("change", at, "needs"), allowed))
        return self

    @model_validator(mode="after")
    def _others_to_leave_one_out_of(self) -> AblationConfig:
        joined = [change for change in self.change if change.together]
        if self.leave_one_out and (not self.together or len(joined) < 2):
            allowed = (
                "leave_one_out compares all changes with all but one: name two changes or more that can be tried "
                "at once, and leave together = true"
            )
            raise KeyFaults(("leave_one_out", allowed))
        return self
