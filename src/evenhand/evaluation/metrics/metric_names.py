"""Names of metrics: `macro_f1`, `recall[S]`, `top_5`, `macro_f1_rare` (a set), `accuracy_coarse` (a level)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from evenhand.base.errors import DataError, Fault, nearest
from evenhand.evaluation.core.metric import Metric, Numbered
from evenhand.evaluation.metrics import METRICS

Levels = Mapping[str, Sequence[str]]
Sets = Mapping[str, Sequence[str]]

_SHAPE = re.compile(r"(?P<stem>[^\[\]]+)(\[(?P<one>.+)\])?", re.DOTALL)


class MetricNameError(DataError):
    """An unknown name of a metric, with the nearest known one."""

    def __init__(self, name: str, reason: str, close: str | None = None) -> None:
        self.reason, self.close = reason, close
        self.allowed = reason.removeprefix("is not a metric here; ")
        hint = f' Did you mean "{close}"?' if close else ""
        super().__init__(f'"{name}" {reason}.{hint}')


@dataclass(frozen=True)
class Asked:
    """A parsed name of a metric.

    Attributes
    ----------
    name
        The name.
    metric
        The metric before the suffix.
    suffix
        Name of the set or level, "" without one.
    kind
        Whether the suffix is a set or a level.
    one
        The one class in brackets, or None.
    """

    name: str
    metric: Metric
    suffix: str = ""
    kind: Literal["", "set", "level"] = ""
    one: str | None = None


def parse(name: str, sets: Collection[str] = (), levels: Collection[str] = ()) -> Asked:
    """Return the parsed name of a metric; `sets` and `levels` are the names that may be suffixes.

    Raises
    ------
    MetricNameError
        If it is not a metric; the message suggests the nearest one.
    """
    return _parsed(name, tuple(sets), tuple(levels))


@lru_cache(maxsize=1024)
def _parsed(name: str, sets: tuple[str, ...], levels: tuple[str, ...]) -> Asked:
    """Parse a name; cached, since the score parses the same names every epoch and the registry is slow."""
    shape = _SHAPE.fullmatch(name)
    if shape is None:
        raise MetricNameError(name, "is not a metric; a class is written in brackets after it: recall[S]")
    for base, metric in _readings(shape["stem"]):
        suffix = shape["stem"][len(base) + 1 :]
        kind: Literal["", "set", "level"] = "set" if suffix in sets else "level" if suffix in levels else ""
        if kind or not suffix:
            return _sound(Asked(name, metric, suffix, kind, shape["one"]), base)
    known = _known(sets, levels)
    close = _close(shape["stem"], shape["one"], known)
    raise MetricNameError(name, f"is not a metric here; known are: {', '.join(known)}", close)


def _close(stem: str, one: str | None, known: Sequence[str]) -> str | None:
    """Return the most similar known name, with the class that was named."""
    stems = {name.removesuffix("[CLASS]"): name for name in known}
    close = nearest(stem.lower().replace("-", "_").replace(" ", "_"), stems)
    if close is None or one is None:
        return None if close is None else stems[close]
    return f"{close}[{one}]"


def _readings(stem: str) -> Iterator[tuple[str, Metric]]:
    """Yield the metrics whose name is a prefix of `stem`, longest name first."""
    # The longest first: "macro_f1_rare" is macro_f1 of a set, not a metric "macro".
    for base in sorted(METRICS.names(), key=len, reverse=True):
        found = re.match(
            base.removesuffix("_k") + r"_(\d+)(?=_|$)" if base.endswith("_k") else base + "(?=_|$)", stem
        )
        if found is None:
            continue
        thing = METRICS.get(base)
        if isinstance(thing, Metric):
            yield base, thing
        elif found.re.groups and thing.lowest <= int(found[1]) <= thing.highest:
            yield found[0], thing.at(int(found[1]))


def _sound(asked: Asked, base: str) -> Asked:
    if asked.metric.of_class and asked.one is None and asked.kind != "set":
        known = METRICS.names()
        instead = f" (for the mean over classes: macro_{base})" if f"macro_{base}" in known else ""
        raise MetricNameError(asked.name, f"is about one class; name it: {base}[CLASS]{instead}")
    if asked.metric.of_class and asked.kind == "set":
        raise MetricNameError(asked.name, "is about one class, not about a set", f"macro_{asked.name}")
    if asked.one is not None and asked.kind == "set":
        raise MetricNameError(asked.name, f"names both a set and one class; omit _{asked.suffix}")
    return asked


def _known(sets: Collection[str], levels: Collection[str]) -> list[str]:
    """Return every valid name, without classes in brackets."""
    out = []
    for name in METRICS.names():
        thing = METRICS.get(name)
        base = f"{name.removesuffix('_k')}_5" if isinstance(thing, Numbered) else name
        one = isinstance(thing, Metric) and thing.of_class
        out += [f"{base}[CLASS]"] if one else [base, *(f"{base}_{suffix}" for suffix in (*sets, *levels))]
    return out


def metric_faults(
    names: Sequence[str], section: str, sets: Sets | None = None, levels: Collection[str] = ()
) -> list[Fault]:
    """Return a fault for every name that is not a metric, for a section of the configuration.

    Parameters
    ----------
    section
        The section they stand in ("score").
    sets, levels
        The named sets of classes and the levels of the data.
    """
    faults = []
    for name in names:
        try:
            parse(name, sets or {}, levels)
        except MetricNameError as error:
            faults.append(Fault(f"{section}.{name}", "is not a metric here", error.allowed, nearest=error.close))
    return faults
