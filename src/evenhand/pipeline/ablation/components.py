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
        Names of two rows: all changes but it and those that need it, and the same with it; None of an alternative
        that is not one of all together.
    """

    name: str
    alone: tuple[str, str]
    given_others: tuple[str, str] | None

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """What is to be compared: `alone`, and `given_others` if there is such a pair."""
        return (self.alone,) if self.given_others is None else (self.alone, self.given_others)


def rows_of(section: AblationConfig) -> dict[str, Names]:
    """Return the rows after the base: name -> names of the changes in it.

    Each change on top of what it needs, all together, and with `leave_one_out` whatever `components` compares.
    """
    names = [change.name for change in section.change]
    rows = {name: _with_needs(section, name) for name in names}
    joined = _joined(section)
    if section.together and len(joined) > 1:  # of a single change it would be the same run again
        rows[TOGETHER] = joined
    if section.leave_one_out:
        for chosen in (one for name in names for pair in _sets(section, name) for one in pair):
            if chosen and chosen not in rows.values():
                rows[_row_name([name for name in names if name in joined], chosen, rows)] = chosen
    return rows


def components(section: AblationConfig) -> tuple[Component, ...]:
    """Return the changes as causes; none without `leave_one_out`."""
    if not section.leave_one_out:
        return ()
    named = {frozenset[str](): BASE}
    for name, chosen in rows_of(section).items():
        named.setdefault(chosen, name)
    found = []
    for change in section.change:
        alone, *others = [(named[without], named[with_it]) for without, with_it in _sets(section, change.name)]
        found.append(Component(change.name, alone, others[0] if others else None))
    return tuple(found)


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


def _sets(section: AblationConfig, name: str) -> Iterator[tuple[Names, Names]]:
    """Yield pairs of sets, without and with a change: alone and, if it is one of all together, given the others."""
    alone = _with_needs(section, name)
    yield alone - {name}, alone
    everything = _joined(section)
    if name in everything:
        # What needs it goes first, so that its own share is not charged to this one.
        kept = everything - {other for other in everything - {name} if name in _with_needs(section, other)}
        yield kept - {name}, kept


def _joined(section: AblationConfig) -> Names:
    """Return the names of the changes that are tried at once."""
    return frozenset(change.name for change in section.change if change.together)


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
