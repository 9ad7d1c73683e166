"""Check class names in [classes] and [score] against the classes of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evenhand.base.errors import Fault, nearest
from evenhand.evaluation.metrics.metric_names import Levels, Sets, parse


def class_faults(
    weights: Mapping[str, float],
    sets: Sets,
    classes: Sequence[str],
    levels: Levels | None = None,
    *,
    grouped: bool = True,
) -> list[Fault]:
    """Return a fault for every unknown class name, and for every metric of groups where there are none.

    Parameters
    ----------
    weights
        [score]: metric name -> weight.
    sets
        [classes]: name -> classes.
    classes, levels
        Of the data.
    grouped
        Whether rows have groups.
    """
    faults = [
        _fault(f"classes.{name}", member, classes)
        for name, members in sets.items()
        for member in members
        if member not in classes
    ]
    for name in weights:
        asked = parse(name, sets, levels or {})
        of = list(dict.fromkeys((levels or {})[asked.suffix])) if asked.kind == "level" else list(classes)
        if asked.one is not None and asked.one not in of:
            faults.append(_fault(f"score.{name}", asked.one, of))
        if asked.metric.of_groups and not grouped:
            faults.append(
                Fault(f"score.{name}", "compares groups, and no row has one", "name their column in data.group")
            )
    return faults


def _fault(key: str, name: str, classes: Sequence[str], *, most: int = 12) -> Fault:
    known = ", ".join(classes[:most]) + (f" and {len(classes) - most} more" if len(classes) > most else "")
    return Fault(
        key,
        f'names the class "{name}", which the data do not have',
        f"there are {known}",
        None,
        nearest(name, classes),
    )
