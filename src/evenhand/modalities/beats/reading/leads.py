"""Selection of the signals of a record for the channels of a model: by name and preference, never by position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ANY = "*"
"""Any lead that no other channel has taken."""


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
        First choice of a channel -> lead that replaces it.
    """

    names: tuple[str, ...]
    signals: tuple[int, ...]
    instead: dict[str, str]


def choose(there: Sequence[str], wanted: Sequence[Sequence[str]]) -> ChosenLeads | str:
    """Return the signals for the channels, or the first choice of a channel that no signal fits.

    Parameters
    ----------
    there
        Names of a record's signals; case and surrounding blanks are ignored.
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
    """Return why a channel cannot be filled, to follow the record's name.

    Parameters
    ----------
    lead
        Result of `choose` for these signals and channels.
    """
    if lead == ANY:
        return f"has fewer signals ({len(there)}) than beats.leads requires ({len(wanted)})"
    asked = next(names for names in wanted if names[0] == lead)
    taken = next((name for name in asked if _places(there, name)), None)
    if taken is not None:
        others = ", and it has no alternative" if len(asked) > 1 else ""
        return f"its lead {taken} is taken by another channel of beats.leads{others}"
    if len(asked) > 1:
        return f"has no lead {' or '.join(asked)}"
    return f'has no lead {lead}, and beats.leads names no alternative (such as "{lead}|V5")'


def _places(there: Sequence[str], name: str) -> list[int]:
    return [at for at, lead in enumerate(there) if name == ANY or plain(lead) == plain(name)]


def plain(name: str) -> str:
    """Return a name normalised for comparison: stripped and case-folded."""
    return name.strip().casefold()
