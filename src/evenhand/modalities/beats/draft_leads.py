"""Which leads a first configuration asks for: names that the records have between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from evenhand.base.text.toml_text import toml_comment, toml_value
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.leads import ANY, plain

_MOST_NAMES = 4
_ENOUGH = 0.8


def lead_lines(records: Sequence[Sequence[str]]) -> str:
    """Return the line `leads = […]` of the section [beats], with what there is to know beside it.

    The lead that most records have, where four of five do; else several by preference, which between them fit
    every record.

    Parameters
    ----------
    records
        For each record that can be read, the names of its leads.
    """
    known = [own for own in records if own]
    if not known:
        return f"leads = {toml_value(list(BeatsConfig().leads))}"
    names = _by_frequency(known)
    usual = [name for name in names if _usable(name)]
    first = usual[0] if usual else ANY
    having = _having(first, known)
    if having == len(known) or (first != ANY and having >= _ENOUGH * len(known)):
        others = [name for name in names if plain(name) != plain(first)][:4]
        further = f"; there are also {_written(others)}" if others else ""
        return f"leads = {_quoted(first)}  # {having} of {len(known)} records have it{further}"
    chosen = _covering(usual, known)
    return (
        f"leads = {_quoted('|'.join(chosen))}  # no lead is in all {len(known)} records: the first of these "
        f"that a record has; there are {_written(names[:6])}"
    )


def _by_frequency(records: Sequence[Sequence[str]]) -> list[str]:
    """Return the names of the leads, those that most records have first; spellings that are one lead come once."""
    counts = Counter(plain(name) for own in records for name in dict.fromkeys(map(plain, own)))
    spelled = {plain(name): name.strip() for own in reversed(records) for name in reversed(own)}
    return [spelled[name] for name, _ in counts.most_common()]


def _covering(names: Sequence[str], records: Sequence[Sequence[str]]) -> list[str]:
    """Return names of which every record has one, the most useful first; "*" where too many would be needed."""
    left = [{plain(name) for name in own} for own in records]
    chosen: list[str] = []
    while left and names and len(chosen) < _MOST_NAMES:
        best = max(names, key=lambda name: sum(plain(name) in own for own in left))
        still = [own for own in left if plain(best) not in own]
        if len(still) == len(left):
            break
        chosen.append(best)
        left = still
    return [*chosen, ANY] if left else chosen


def _having(name: str, records: Sequence[Sequence[str]]) -> int:
    return sum(name == ANY or plain(name) in {plain(own) for own in record} for record in records)


def _usable(name: str) -> bool:
    """Whether a name can be asked for: it is not empty, and holds no sign of the list of preferences."""
    return bool(name) and "|" not in name and name != ANY and name.isprintable()


def _quoted(name: str) -> str:
    return toml_value([name])


def _written(names: Sequence[str]) -> str:
    """Return names for a comment of TOML, which has to stay on its line."""
    return toml_comment(names)
