"""Which sets of changes an ablation runs, and which two of them show what one change does."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from evenhand.settings.ablation import BASE, TOGETHER, AblationChange, AblationConfig

Names = frozenset[str]


@dataclass(frozen=True)
class Component:
    """A change as a cause: the rows whose difference is its effect.

    Attributes
    ----------
    name
        That of the change.
    alone
        Names of two rows: what it needs (the base, if nothing), and the same with it.
    given_others
        Names of two rows: all changes but it and those that need it, and the same with it.
    """

    name: str
    alone: tuple[str, str]
    given_others: tuple[str, str]


def rows_of(section: AblationConfig) -> dict[str, Names]:
    """Return the rows after the base: name -> names of the changes in it.

    Each change on top of what it needs, all together, and with `leave_one_out` whatever `components` compares.
    """
    names = [change.name for change in section.change]
    rows = {name: _with_needs(section, name) for name in names}
    if section.together and len(names) > 1:  # of a single change it would be the same run again
        rows[TOGETHER] = frozenset(names)
    if section.leave_one_out:
        for pair in _sets(section):
            for chosen in pair:
                if chosen and chosen not in rows.values():
                    rows[_row_name(names, chosen, rows)] = chosen
    return rows


def components(section: AblationConfig) -> tuple[Component, ...]:
    """Return the changes as causes; none without `leave_one_out`."""
    if not section.leave_one_out:
        return ()
    named = {frozenset[str](): BASE}
    for name, chosen in rows_of(section).items():
        named.setdefault(chosen, name)
    sets = [tuple(named[one] for one in pair) for pair in _sets(section)]
    return tuple(
        Component(change.name, (sets[2 * at][0], sets[2 * at][1]), (sets[2 * at + 1][0], sets[2 * at + 1][1]))
        for at, change in enumerate(section.change)
    )


def changes_in(section: AblationConfig, chosen: Names) -> AblationChange:
    """Return some changes as one: later ones win over those that they need."""
    merged: dict[str, object] = {}
    for change in section.change:
        if change.name in chosen:
            # a whole table and keys below it: the later of the two stands
            merged = {key: value for key, value in merged.items() if not _nested(key, change.set)}
            merged |= change.set
    return AblationChange(name=TOGETHER, set=merged)


def _nested(key: str, later: dict[str, object]) -> bool:
    return any(key.startswith(f"{other}.") for other in later)


def _sets(section: AblationConfig) -> Iterator[tuple[Names, Names]]:
    """Yield for each change two pairs of sets: without and with it, alone and given the others."""
    everything = frozenset(change.name for change in section.change)
    for change in section.change:
        alone = _with_needs(section, change.name)
        yield alone - {change.name}, alone
        # What needs it goes first, so that its own share is not charged to this one.
        kept = everything - {
            other.name
            for other in section.change
            if other.name != change.name and change.name in _with_needs(section, other.name)
        }
        yield kept - {change.name}, kept


def _with_needs(section: AblationConfig, name: str) -> Names:
    """Return a change and all that it needs, directly or not."""
    needs = {change.name: change.needs for change in section.change}
    return frozenset({name}).union(*(_with_needs(section, other) for other in needs[name]))


def _row_name(names: list[str], chosen: Names, taken: Collection[str]) -> str:
    missing = [name for name in names if name not in chosen]
    present = [name for name in names if name in chosen]
    name = f"all without {' and '.join(missing)}" if len(missing) <= len(present) else " and ".join(present)
    while name in taken:  # a change may be called so
        name += " (together)"
    return name
