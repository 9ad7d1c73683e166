"""EH407: groups with far lower accuracy than the others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.base.text.cells import object_array
from evenhand.base.values import Predictions
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing, verb
from evenhand.diagnosis.rule import Found, rule
from evenhand.evaluation.audit.groups import GroupFigure, group_figures
from evenhand.evaluation.core.evaluated_rows import known, rows_of
from evenhand.evaluation.figures.row_share import right_rows


@rule("EH407", slug="groups-below", severity="warning", needs=("grouped_predictions",), after=("EH104", "EH111"))
def check(evidence: Evidence, *, least_gap: float = 0.2, level: float = 0.99) -> Iterator[Found]:
    """Find groups in which the best model is right far less often than elsewhere.

    What it checks: the accuracy in every group, against the accuracy of the other groups on the same classes, with
    exact binomial intervals that hold for all groups simultaneously at `level`. It fires where the gap is at least
    `least_gap` and its limit at least half of it.

    Why it matters: the mean hides it. The model will meet more shops, patients or cameras like the one on which it
    fails, and those are not in the data.

    What to do: look at the group's rows: labels, units, light, another way of recording. Collect more groups like
    it; select models by their worst groups too.

    Limits: a group with few rows cannot be distinguished from bad luck and is skipped; rows of one group that show
    the same object are correlated, which makes the intervals too narrow.

    Example: `2 of 48 groups fall far below what their classes reach elsewhere with lite0: shop 7 (31 % of 52 rows,
    expected 84 %) and shop 9 (40 % of 60 rows, expected 86 %).`
    """
    best = _best(evidence.predictions or ())
    if best is None:
        return
    figures = group_figures(best, gap=least_gap, level=level)
    # The upper limit half the gap below as well: with many rows the interval alone would report trifles.
    sure = [f for f in figures if f.verdict == "below" and f.high < f.expected - least_gap / 2]
    low = [f for f in sure if f.gap >= least_gap]
    if low and best.groups is not None:
        inside = np.isin(object_array(map(str, best.groups)), object_array(figure.name for figure in low))
        yield Found(
            message=f"{len(low):,} of {count(len(figures), 'group')} {verb(len(low), 'falls', 'fall')} far below "
            f"what {verb(len(low), 'its', 'their')} classes reach elsewhere with {best.model or 'the model'}: "
            f"{listing(map(_words, low))}.",
            about=low[0].name if len(low) == 1 else "",
            evidence={"model": best.model, "groups": {figure.name: figure.document() for figure in low}},
            ids=best.ids[inside],
        )


def _best(every: tuple[Predictions, ...]) -> Predictions | None:
    """Return the most accurate predictions among those with groups and truth."""
    usable = [p for p in every if p.named_groups is not None and p.truth is not None and known(p.truth).any()]
    return max(usable, key=_accuracy, default=None)


def _accuracy(p: Predictions) -> float:
    assert p.truth is not None
    return float(right_rows(rows_of(p.take(known(p.truth)))).mean())


def _words(figure: GroupFigure) -> str:
    rows = count(figure.n, "row")
    return f"{figure.name} ({figure.accuracy:.0%} of {rows}, expected {figure.expected:.0%})".replace("%", " %")
