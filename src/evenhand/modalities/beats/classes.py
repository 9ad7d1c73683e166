"""Which annotations are beats, and which class a beat belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

BEATS = frozenset("NLRBAaJSVrFejnE/fQ?")
"""Symbols of annotations that mark a heartbeat (PhysioNet's table of annotation codes; `isqrs` of the WFDB
library). All others are rhythm changes, waves, noise or notes; ventricular flutter waves ("!") are not beats."""

ANNOTATIONS = BEATS | frozenset('~|sT*D"=pB^t+u![]@x()')
"""All symbols of annotations in PhysioNet's table."""

FLUTTER = {"[": "]"}
"""Symbols that open and close an episode without single beats; an interval across one is not an RR interval."""

AAMI: Mapping[str, Sequence[str]] = {
    "N": ["N", "L", "R", "e", "j"],
    "S": ["A", "a", "J", "S"],
    "V": ["V", "E"],
    "F": ["F"],
    "Q": ["/", "f", "Q"],
}
"""Class -> symbols: ANSI/AAMI EC57:1998, table 3, as de Chazal, O'Dwyer and Reilly 2004 use it.

N: any beat not in the others; S: supraventricular ectopic; V: ventricular ectopic; F: fusion of V and N; Q: unknown
or paced."""


def class_of(mapping: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return symbol -> class.

    >>> class_of({"V": ["V", "E"], "N": ["N"]})
    {'V': 'V', 'E': 'V', 'N': 'N'}
    """
    return {symbol: name for name, symbols in mapping.items() for symbol in symbols}
