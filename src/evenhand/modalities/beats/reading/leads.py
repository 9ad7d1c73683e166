"""Which signal of a record fills which channel: by name, in order of preference, never by position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ANY = "*"
"""Stands for any lead that no other channel has taken."""


@dataclass(frozen=True)
class ChosenLeads:
    """The signals that fill the c channels.

    Attributes
    ----------
    names
        (c,) their names.
    signals
        (c,) their positions in the record.
    instead
        Lead asked for first -> lead that stands for it.
    """

    names: tuple[str, ...]
    signals: tuple[int, ...]
    instead: dict[str, str]


def choose(there: Sequence[str], wanted: Sequence[Sequence[str]]) -> ChosenLeads | str:
    """Return the signals that fill the wanted channels, or the first name that nothing could fill.

    Parameters
    ----------
    there
        Names of a record's signals; compared without regard to case and blanks.
    wanted
        (c,) for each channel, names by preference; "*" for any that is left.

    Examples
    --------
    >>> choose(["V5", "MLII"], [["MLII"]])
    ChosenLeads(names=('MLII',), signals=(1,), instead={})
    >>> choose(["V5", "V2"], [["MLII", "V5"], ["V1", "*"]])
    ChosenLeads(names=('V5', 'V2'), signals=(0, 1), instead={'MLII': 'V5', 'V1': 'V2'})
    >>> choose(["V5", "V2"], [["MLII"]])
    'MLII'
    """
    taken: list[int] = []
    instead: dict[str, str] = {}
    for names in wanted:
        found = next((at for name in names for at in _places(there, name) if at not in taken), None)
        if found is None:
            return names[0]
        taken.append(found)
        if names[0] != ANY and plain(there[found]) != plain(names[0]):
            instead[names[0]] = there[found]
    return ChosenLeads(tuple(there[at] for at in taken), tuple(taken), instead)


def lacking(lead: str, there: Sequence[str], wanted: Sequence[Sequence[str]]) -> str:
    """Return in words why a channel is not filled, to follow the record's name.

    Parameters
    ----------
    lead
        What `choose` gave for these signals and channels.
    """
    if lead == ANY:
        return f"has fewer signals ({len(there)}) than beats.leads asks for ({len(wanted)})"
    asked = next(names for names in wanted if names[0] == lead)
    taken = next((name for name in asked if _places(there, name)), None)
    if taken is not None:
        others = ", and no other for this one is there" if len(asked) > 1 else ""
        return f"its lead {taken} is taken by another channel of beats.leads{others}"
    if len(asked) > 1:
        return f"has no lead {' or '.join(asked)}"
    return f'has no lead {lead}, and beats.leads names none instead ("{lead}|V5" would)'


def _places(there: Sequence[str], name: str) -> list[int]:
    return [at for at, own in enumerate(there) if name == ANY or plain(own) == plain(name)]


def plain(name: str) -> str:
    """Return a name as names are compared: without regard to case and blanks around it."""
    return name.strip().casefold()
