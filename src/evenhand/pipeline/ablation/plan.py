"""What an ablation will run: the settings of every row, checked before the first of them is trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evenhand.base.errors import ConfigError, Fault
from evenhand.base.settings.section import check, read_file, read_toml, set_dotted
from evenhand.base.text.toml_text import toml_value
from evenhand.blending.blend import PREFIX as BLEND
from evenhand.pipeline.ablation.components import changes_in, rows_of
from evenhand.pipeline.comparison.run_differences import budget_differences
from evenhand.pipeline.stages.source import deciding
from evenhand.settings.ablation import BASE, TOGETHER, AblationConfig
from evenhand.settings.load import Settings, load

Source = str | Path | Mapping[str, Any]
LONGEST_NAME = 80
"""Characters of the name of a run."""


@dataclass(frozen=True)
class PlannedRow:
    """One row: the base, a change, or all changes.

    Attributes
    ----------
    name
        "base", the name of the change, or "all together".
    set
        Dotted key -> value.
    expect
        What is expected of it, in words.
    settings
        The whole configuration.
    patch
        What makes the settings from those of the file: `set`, and the name of the run.
    """

    name: str
    set: Mapping[str, Any]
    expect: str
    settings: Settings
    patch: Mapping[str, Any]


@dataclass(frozen=True)
class AblationPlan:
    """An ablation, planned.

    Attributes
    ----------
    name
        That of the base configuration, or the stem of the file.
    source
        The configuration of the base.
    changes
        `KEY=VALUE` assignments over it.
    section
        The section [ablation].
    model
        The model or blend that is compared.
    rows
        The base first, then the changes, then all together, then all without one.
    """

    name: str
    source: Source
    changes: tuple[str, ...]
    section: AblationConfig
    model: str
    rows: tuple[PlannedRow, ...]

    @property
    def base(self) -> PlannedRow:
        """The row without a change."""
        return self.rows[0]

    def document(self) -> dict[str, Any]:
        """Return the plan as plain values: the name, the model, and name, set and expect of each row."""
        rows = [{"name": row.name, "set": dict(row.set), "expect": row.expect} for row in self.rows]
        return {"name": self.name, "model": self.model, "rows": rows}


def plan_ablation(config: Source, changes: Sequence[str] = ()) -> AblationPlan:
    """Return the rows of an ablation.

    Parameters
    ----------
    config
        A TOML file with [ablation], or a mapping of the same shape.
    changes
        `KEY=VALUE` assignments over it; those of other sections change every row.

    Raises
    ------
    ConfigError
        With the faults of all rows at once: a key that is unknown, a change without effect, two changes that set
        one key to different values.
    """
    mine = tuple(change for change in changes if change.lstrip().startswith("ablation."))
    others = tuple(change for change in changes if change not in mine)
    section, source, lines = _section(config, mine)
    shown = _shown(config)
    if not section.change:
        none = Fault("ablation.change", "no change is named", "add an [[ablation.change]] table")
        raise ConfigError(shown, [none])
    base = load(source, changes=others)
    if not base.model:
        raise ConfigError(_shown(source), [Fault("model", "no model is named", "add a [[model]] table")])
    title = base.name or ("ablation" if isinstance(config, Mapping) else Path(config).stem)
    model = section.model or base.model[0].name
    patch: dict[str, Any] = {"ablation": section.plain(), "name": base.name or f"{title}: {BASE}"[:LONGEST_NAME]}
    first = PlannedRow(BASE, {}, "", load(source, changes=others, patch=patch), patch)
    rows, faults = [first], [*_conflicts(section, lines), *_unknown_model(base, model, lines)]
    expected = {change.name: change.expect for change in section.change}
    positions = {change.name: at for at, change in enumerate(section.change)}
    for name, chosen in rows_of(section).items() if not faults else ():
        keys = changes_in(section, chosen).set
        patch = {**keys, "ablation": None, "name": f"{title}: {name}"[:LONGEST_NAME]}
        try:
            row = PlannedRow(name, keys, expected.get(name, ""), load(source, changes=others, patch=patch), patch)
            rows.append(row)
            wrong = list(_row_faults(row, rows[:-1], model))
            if name in positions and section.same_budget:
                wrong += _other_budgets(row, first, model)
        except ConfigError as error:
            wrong = list(error.faults)
        line = lines.get(("ablation", "change", positions[name])) if name in positions else None
        faults += [replace(fault, key=f'change "{name}": {fault.key}', line=line) for fault in wrong]
    if faults:
        raise ConfigError(shown, faults)
    return AblationPlan(title, source, others, section, model, tuple(rows))


def _section(config: Source, changes: Sequence[str]) -> tuple[AblationConfig, Source, Mapping[Any, int]]:
    """Return [ablation], the source of the base, and the lines of the file."""
    shown = _shown(config)
    lines: Mapping[Any, int] = {}
    if isinstance(config, Mapping):
        values = deepcopy(dict(config))  # the changes below are made in place
    else:
        values, lines = read_toml(read_file(Path(config)), shown)
    for change in changes:
        set_dotted(values, change)
    if not isinstance(values.get("ablation"), Mapping):
        message = "there is no such section"
        raise ConfigError(shown, [Fault("ablation", message, "add [ablation] with an [[ablation.change]] table")])
    section = check(AblationConfig, values["ablation"], shown, lines, ("ablation",))
    if section.base is None:
        return section, config, lines
    further = [key for key in values if key != "ablation"]
    if further:
        allowed = f"with ablation.base, {section.base} has all other keys; put it there, or leave ablation.base out"
        raise ConfigError(
            shown, [Fault(key, "stands beside [ablation]", allowed, lines.get((key,))) for key in further]
        )
    folder = Path() if isinstance(config, Mapping) else Path(config).parent
    return section, folder / section.base, lines


def _shown(source: Source) -> str:
    return "configuration" if isinstance(source, Mapping) else str(source)


def _conflicts(section: AblationConfig, lines: Mapping[Any, int]) -> Iterator[Fault]:
    """Yield the keys that two changes set differently, or of which one lies below the other."""
    if TOGETHER not in rows_of(section):
        return
    seen: list[tuple[str, str, Any]] = []
    for position, change in enumerate(section.change):
        for key, value in change.set.items() if change.together else ():
            for name, other, theirs in seen:
                if name in rows_of(section)[change.name]:
                    continue  # it is set on top of what it needs
                nested = key.startswith(f"{other}.") or other.startswith(f"{key}.")
                if nested or (key == other and value != theirs):
                    message = f'is set to {toml_value(value)}, and {other} by "{name}" to {toml_value(theirs)}'
                    allowed = (
                        "all changes at once must agree; set together = false for one of them, or in [ablation]"
                    )
                    line = lines.get(("ablation", "change", position))
                    yield Fault(f'change "{change.name}": {key}', message, allowed, line)
        seen += [(change.name, key, value) for key, value in change.set.items() if change.together]


def _unknown_model(base: Settings, model: str, lines: Mapping[Any, int]) -> Iterator[Fault]:
    """Yield a fault if no model of the base has the compared name; names of blends are known once it was run."""
    names = [one.name for one in base.model]
    if model not in names and not model.startswith(BLEND):
        says = f'"{model}" is not a model of the base'
        yield Fault(
            "ablation.model",
            says,
            f'models are {", ".join(names)}; blends "{BLEND}METHOD"',
            lines.get(("ablation", "model")),
        )


def _row_faults(row: PlannedRow, before: Sequence[PlannedRow], model: str) -> Iterator[Fault]:
    """Yield what makes a row worthless: no effect of its own, other records, no model that is compared."""
    base, own = before[0], deciding(row.settings.resolved())
    twin = next((other.name for other in before[1:] if deciding(other.settings.resolved()) == own), None)
    if twin is not None and row.name != TOGETHER:  # a change may hold all others; its run then serves both
        keys = ", ".join(row.set)
        yield Fault(keys, f'makes the same configuration as "{twin}"', "leave one of them out")
    if own == deciding(base.settings.resolved()):
        keys = ", ".join(row.set)
        yield Fault(keys, "changes nothing that results depend on", "set another value than the base has")
    if row.settings.output != base.settings.output:
        yield Fault("output", "is changed", "all records of an ablation are in one folder; change it for the base")
    names = {one.name for one in row.settings.model}
    if model in {one.name for one in base.settings.model} and model not in names:
        yield Fault("model", f'has none named "{model}", which is compared', "keep its name, or set ablation.model")


def _other_budgets(row: PlannedRow, base: PlannedRow, model: str) -> Iterator[Fault]:
    """Yield what a row trains longer or shorter than the base, of the compared model or those of a blend."""
    ours, theirs = ({str(one["name"]): one for one in of.settings.resolved()["model"]} for of in (base, row))
    for name in [model] if model in ours else ours:
        for words in budget_differences(ours[name], theirs.get(name, {})):
            allowed = 'give every row the budget of the base, or set ablation.budget = "any" and read EH402'
            yield Fault(f"model.{name}", f"has another budget than the base: {words}", allowed)
