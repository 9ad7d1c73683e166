"""EH116: a cap of reading cuts many rows, a fall-back steps in often, or an option acts on no row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from evenhand.base.values import Ints
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import listing
from evenhand.diagnosis.rule import Found, rule
from evenhand.modalities.counters import Counter

OFF: tuple[Any, ...] = (None, False, 0, "none", "", [])
"""Values that switch an option off."""
NAMED, KEPT = 3, 100
"""Files that the message names, and that the evidence holds: those in which it acted most often."""


@rule("EH116", slug="cap-or-idle-option", severity="warning", needs=("counters",))
def check(evidence: Evidence, *, most: float = 0.1, least_rows: int = 3, spared: float = 0.95) -> Iterator[Found]:
    """Find caps and fall-backs that act on many rows, and options that act on none.

    What it checks: what reading counted, row by row, as the table "What reading did" shows it. It fires where a cap
    cut something off, or a fall-back stepped in, on more than a share `most` of the rows (and on `least_rows` at
    least). It is a note where a fall-back that is switched on, or an option that the configuration sets itself,
    acted on no row at all. The patch for a cap leaves a share `spared` of the rows whole that it cuts now.

    Why it matters: a cap that is met by half of the rows changes what the model sees of them, and a score reached
    with it is that of the cut data. An option that never acts explains nothing, whatever is believed of it; often
    it is misspelt, or another option makes it unnecessary.

    What to do: raise the cap, or keep it knowingly; look at rows on which the fall-back acted; remove an option
    without effect.

    Limits: counts say on how many rows something acted, not whether it did harm. Not applicable to a kind of data
    that counts nothing.

    Example: `drawings.max_nodes = 2000 cuts many rows: primitives cut off in 474 of 931 (51%), 120,114 in all, most
    in misc/a.dxf, misc/b.dxf, misc/c.dxf and 471 more.`
    """
    assert evidence.counters is not None
    n = len(evidence.counters)
    for column, counter in enumerate(evidence.counters.counters):
        values = evidence.counters.values[:, column]
        rows = np.flatnonzero(values > 0)
        setting = evidence.counters.settings.get(counter.key)
        if counter.role in ("cap", "fallback") and len(rows) > most * n and len(rows) >= least_rows:
            yield _often(evidence, counter, values, rows, setting, spared)
        elif not len(rows) and _idle(evidence, counter, setting):
            yield Found(
                message=f"{_named(counter, setting)} had no effect: {counter.description} in none of {n:,} rows.",
                about=counter.name,
                evidence={"rows": 0, "n": n, "key": counter.key},
                severity="note",
            )


def _idle(evidence: Evidence, counter: Counter, setting: Any) -> bool:
    """Return whether a counter that counted nothing belongs to something that was meant to act."""
    assert evidence.counters is not None
    if not counter.key or setting in OFF:
        return False
    # A default that never acts was asked for by nobody; a fall-back is relied upon even where it is the default.
    return counter.role == "fallback" or (counter.role == "option" and counter.key in evidence.counters.asked)


def _often(evidence: Evidence, counter: Counter, values: Ints, rows: Ints, setting: Any, spared: float) -> Found:
    n, total = len(values), int(values.sum())
    most = rows[np.argsort(-values[rows], kind="stable")]
    files = [*dict.fromkeys(evidence.paths(most))]
    cap = counter.role == "cap"
    does = "cuts many rows" if cap else "steps in often"
    patch = None
    if cap and counter.key and isinstance(setting, int):
        patch = {counter.key: _round_up(setting + float(np.quantile(values[rows], spared)))}
    return Found(
        message=f"{_named(counter, setting)} {does}: {counter.description} in {len(rows):,} of {n:,} "
        f"({len(rows) / n:.0%}), {total:,} in all, most in {listing(files, most=NAMED)}.",
        about=counter.name,
        evidence={
            "rows": len(rows),
            "n": n,
            "total": total,
            "key": counter.key,
            "setting": setting,
            "files": files[:KEPT],
        },
        ids=evidence.rows.ids[most],
        patch=patch,
    )


def _named(counter: Counter, setting: Any) -> str:
    if not counter.key:
        return f'The {"fall-back" if counter.role == "fallback" else counter.role} "{counter.name}" of reading'
    return counter.key if setting is None else f"{counter.key} = {setting}"


def _round_up(value: float) -> int:
    """Return a whole number with two significant digits, not below the value.

    >>> _round_up(2731.5), _round_up(2000)
    (2800, 2000)
    """
    step = 10 ** max(0, int(np.floor(np.log10(max(value, 1)))) - 1)
    return int(np.ceil(value / step) * step)
