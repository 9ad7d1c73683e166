"""Findings about a run on new rows: rows it knows, classes that swallow others, rows unlike its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from evenhand.base.values import Finding, Mask, Strings
from evenhand.data.roots.file_names import some
from evenhand.diagnosis.evidence.evidence import UnreadableRow
from evenhand.evaluation.new_rows.class_shares import ClassShare, most_taken
from evenhand.evaluation.new_rows.unlike import Unlikeness

MOST_IDS = 100


def unreadable_finding(failures: Sequence[UnreadableRow], n: int) -> Iterator[Finding]:
    """Yield the finding about rows that cannot be decoded (EH101)."""
    if failures:
        first = failures[0]
        message = (
            f"{len(failures):,} of {n:,} rows cannot be decoded and are left out (first: {first.path}: "
            f"{first.reason})."
        )
        files = {failure.path: failure.reason for failure in failures[:MOST_IDS]}
        yield Finding("EH101", "warning", message, evidence={"failed": len(failures), "files": files})


def known_rows_findings(trained_on: Mask, locked: Mask, ids: Strings, paths: Strings) -> Iterator[Finding]:
    """Yield findings about new rows with the bytes of rows of the run: trained on (EH105), or locked (EH409)."""
    if trained_on.any():
        message = (
            f"{int(trained_on.sum()):,} of {len(ids):,} rows have the same bytes as rows that the run was trained "
            f"on ({some(list(paths[trained_on]))}). No figure counts them: models answer rows that they have seen "
            "better than new ones."
        )
        yield _about_rows("EH105", "warning", message, ids[trained_on])
    if locked.any():
        message = (
            f"{int(locked.sum()):,} of {len(ids):,} rows have the same bytes as locked rows of the run "
            f"({some(list(paths[locked]))}). They count, and whatever is changed after seeing these figures has "
            "seen the locked test."
        )
        yield _about_rows("EH409", "note", message, ids[locked])


def swallowing_findings(
    shares: Sequence[ClassShare], n: int, against: str, *, most: float = 0.5
) -> Iterator[Finding]:
    """Yield a finding for each class that swallows others (EH303); an error where it takes `most` of their rows."""
    for one in most_taken(shares):
        measured = f"{one.difference:+.1%} [{one.low:+.1%}, {one.high:+.1%}], p = {one.p:.2g} (Holm)"
        # Without labels a share can only be compared with the run's, and more of a class is no fault by itself.
        if against == "truth" and one.taken is not None:
            message = (
                f"{one.name} swallows other classes: it is predicted for {one.predicted:,} of {n:,} rows and is "
                f"true of {one.expected:,.0f} ({measured}); it takes {one.taken:.1%} of the rows of other classes. "
                "Check the effective prior (evenhand check --balance), and lower its weight or its share of the "
                "batches."
            )
        else:
            message = (
                f"{one.name} is predicted for {one.predicted:,} of {n:,} rows; out of fold the run predicts it for "
                f"{one.expected / max(n, 1):.1%} ({measured}). Either these rows hold more of it, or it swallows "
                "other classes here: --manifest with labels tells which."
            )
        yield Finding(
            "EH303",
            "error" if one.taken is not None and one.taken >= most else "warning",
            message,
            about=one.name,
            evidence={
                "class": one.name,
                "against": against,
                **{k: v for k, v in one.document().items() if k != "name"},
            },
        )


def unlike_finding(
    unlike: Unlikeness | None, counted: Mask, ids: Strings, paths: Strings, model: str, *, alpha: float = 0.05
) -> Iterator[Finding]:
    """Yield the finding that more rows are unlike the training rows than expected (EH110).

    An error where most rows surely are: figures of the run say nothing about such rows.
    """
    if unlike is None or unlike.p >= alpha:
        return
    rows = np.flatnonzero(unlike.flagged & counted)
    rows = rows[np.argsort(-unlike.distance[rows], kind="stable")]
    message = (
        f"{len(rows):,} of {unlike.n:,} rows ({unlike.observed:.1%} [{unlike.low:.1%}, {unlike.high:.1%}]) are "
        f"unlike anything that {model} was trained on; of rows like its own held-out ones {unlike.rate:.0%} would "
        f"be (p = {unlike.p:.2g}). Farthest: {some(list(paths[rows]))}. Scores and confidence of the run do not "
        "hold for them: look at them first."
    )
    yield Finding(
        "EH110",
        "error" if unlike.low > 0.5 else "warning",
        message,
        about=model,
        evidence=unlike.document(),
        ids=tuple(str(i) for i in ids[rows]),
    )


def _about_rows(code: str, severity: str, message: str, ids: Strings) -> Finding:
    found = tuple(str(i) for i in ids)
    return Finding(code, severity, message, evidence={"rows": len(found)}, ids=found)  # type: ignore[arg-type]
