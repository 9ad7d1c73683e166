"""Errors: sentences for a person.

::

    EvenhandError            exit 2: wrong usage, or something that the user can fix
    ├── ConfigError          the configuration; carries every fault at once
    ├── DataError            files, tables, labels, archives
    ├── FoldsError           the folds, or the locked test
    ├── ModelError           an encoder, a head or weights
    ├── RecordError          the folder of a run
    ├── StoreError           the cache of encoded rows
    ├── TaskError            a training task that failed, named
    ├── MissingExtraError    a package of an extra is not installed
    └── Interrupted          exit 3: stopped by the user; the run can be resumed
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evenhand.base.synonyms import SYNONYMS


class EvenhandError(Exception):
    """Something that a person can fix; the text says what was found, where, and what to do."""

    exit_code = 2


class DataError(EvenhandError):
    """Files, tables, labels or archives that cannot be used as they are."""


class FoldsError(EvenhandError):
    """Folds that cannot be made or do not fit the data."""


class ModelError(EvenhandError):
    """An encoder, head or weights that are missing or do not fit."""


class RecordError(EvenhandError):
    """A run's folder that is missing, incomplete or not a record."""


class StoreError(EvenhandError):
    """The cache of encoded rows cannot be written or read."""


class TaskError(EvenhandError):
    """A training task failed; the text names model, fold and seed."""


class Interrupted(EvenhandError):  # noqa: N818  (it is an event, not a mistake)
    """The user stopped the run; completed work is kept."""

    exit_code = 3


class MissingExtraError(EvenhandError):
    """A package of an optional extra is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed. "
            f'Install it with: pip install "evenhand[{extra}]"'
        )


MOST_SHOWN = 20
"""Faults of a configuration that are shown; a file of another kind may have one on every line."""


@dataclass(frozen=True)
class Fault:
    """One fault in a configuration: where it is, what was found, what is allowed."""

    key: str
    found: str
    allowed: str
    line: int | None = None
    nearest: str | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        hint = f' Did you mean "{self.nearest}"?' if self.nearest else ""
        end = "" if self.allowed.endswith(("?", ".", "!")) else "."
        return f"{where}{self.key}: {self.found}; {self.allowed}{end}{hint}"


class ConfigError(EvenhandError):
    """Every fault of a configuration at once; the text shows the first ones and the number of the others."""

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        count = f"{len(faults):,} fault" + ("s" if len(faults) != 1 else "")
        shown = [f"  {fault}" for fault in faults[:MOST_SHOWN]]
        more = [f"  … and {len(faults) - MOST_SHOWN:,} more."] if len(faults) > MOST_SHOWN else []
        super().__init__("\n".join([f"{source}: {count}.", *shown, *more]))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` was most likely meant to be, by meaning before spelling, or None.

    >>> nearest("epoch", ["epochs", "batch_size"]), nearest("bfloat16", ["float32", "bf16"])
    ('epochs', 'bf16')
    """
    names, folded = list(known), word.casefold()
    same = [name for name in names if name.casefold() == folded]
    meant = [name for name in SYNONYMS.get(folded, ()) if name in names]
    close = same or meant or difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return close[0] if close else None


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Return a sentence for an unknown name, with the nearest known one.

    >>> unknown("head", "liner", ["linear", "mlp"])
    'There is no head named "liner"; known are: linear, mlp. Did you mean "linear"?'
    """
    names = sorted(known)
    return f'There is no {what} named "{name}"; known are: {", ".join(names)}.{did_you_mean(name, names)}'


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the question that proposes the nearest known word, to follow a sentence, or "".

    >>> did_you_mean("epoch", ["epochs", "batch_size"])
    ' Did you mean "epochs"?'
    """
    close = nearest(word, known)
    return f' Did you mean "{close}"?' if close else ""
