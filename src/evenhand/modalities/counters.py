"""Counters of what reading does to rows: options that act, caps that cut, fall-backs that step in, repairs.

An option that acts on no row, or a cap that cuts half of them, changes results without a word. A kind of data
counts each of them (`Kind.counted`): from the array "counters" that reading stores with a row, one column for every
entry of the kind's `counters` in that order, or from the facts in the headers of files. What was repaired may be
stored beside them: the array "repairs", (b,) uint8, a sentence in UTF-8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Counter:
    """One column of the array "counters": how often something happened to a row.

    Attributes
    ----------
    name
        Short name, unique within the kind.
    role
        "cap" cuts something off; "fallback" steps in where the usual way finds nothing; "option" acts only if it
        is asked for; "repair" changes what is damaged; "doubt" chooses among several ways to read; "count" is
        a plain number that no option changes.
    description
        What is counted, as the subject of a sentence in the plural: "primitives cut off".
    key
        Dotted key of the configuration that sets it, or "".
    """

    name: str
    role: Literal["cap", "fallback", "option", "repair", "doubt", "count"]
    description: str
    key: str = ""
