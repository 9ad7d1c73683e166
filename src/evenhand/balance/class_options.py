"""Options that name classes: by name, or by position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evenhand.base.errors import EvenhandError, unknown


def position_of(word: str | int, names: Sequence[str], what: str) -> int:
    """Return the position of a class given by name or number.

    Raises
    ------
    EvenhandError
        If there is no such class; `what` says where it was named.
    """
    if isinstance(word, int):
        if word not in range(len(names)):
            raise EvenhandError(f"{what}: there is no class {word}; there are {len(names)}, the first is 0.")
        return word
    if word not in names:
        raise EvenhandError(f"{what}: {unknown('class', word, names)}")
    return list(names).index(word)


def by_class(given: Mapping[str, float] | Sequence[float], names: Sequence[str], what: str) -> list[float | None]:
    """Return a figure for each class: by name (None for those not named), or in their order.

    Raises
    ------
    EvenhandError
        If a name is not a class, or a list has another length.
    """
    if isinstance(given, Mapping):
        out: list[float | None] = [None] * len(names)
        for word, value in given.items():
            out[position_of(word, names, what)] = float(value)
        return out
    if len(given) != len(names):
        raise EvenhandError(
            f"{what}: {len(given)} figures were given for {len(names)} classes ({', '.join(names[:6])}"
            f"{', …' if len(names) > 6 else ''}). Give one for each, or name the classes."
        )
    return [float(value) for value in given]
