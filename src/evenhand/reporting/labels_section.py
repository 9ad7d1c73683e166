"""Labels of which several may hold: how often each holds together with each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from evenhand.base.text.counted import count
from evenhand.base.values import TRUTH_THRESHOLD
from evenhand.reporting import chart_specs
from evenhand.reporting.record_contents import RecordContents
from evenhand.reporting.svg_charts import drawn

MOST_TOGETHER = 30
"""Maximum number of classes of the chart; of more, the most common."""


def labels_section(evidence: RecordContents, *, most: int = MOST_TOGETHER) -> dict[str, Any] | None:
    """Return labels per row and a chart of which labels hold together; None of rows with one label each.

    A cell is the share of the rows of one label in which the other holds too, of those in which both are known.
    """
    samples = evidence.samples
    if samples is None or not samples.multi_label or not samples.known.any():
        return None
    held, known = samples.matrix() >= TRUTH_THRESHOLD, samples.known_cells
    order = np.argsort(-held.sum(axis=0), kind="stable")
    shown = order[: min(most, int(held.any(axis=0).sum()))]
    h, m = held[:, shown].astype(np.float64), known[:, shown].astype(np.float64)
    together, both = h.T @ h, h.T @ m
    share = together / np.maximum(both, 1.0)
    names = [samples.classes[c] for c in shown]
    rows = [
        {"truth": names[a], "predicted": names[b], "count": int(together[a, b]), "share": float(share[a, b])}
        for a, b in np.argwhere(together > 0)
    ]
    per_row = held[samples.known].sum(axis=1)
    none = int((per_row == 0).sum())
    unknown = int((~known[samples.known]).sum())
    return {
        "chart": drawn(
            chart_specs.heat(rows, names, ("label", "holds too")),
            "Labels that hold together: of the rows of each label, how many have each other one",
            smallest=1.0,
        )
        if len(names) > 1
        else None,
        "hidden": samples.k - len(shown),
        "k": samples.k,
        "mean": float(per_row.mean()),
        "most": int(per_row.max()),
        "none": f"{count(none, 'row')} {'has' if none == 1 else 'have'}",
        "unknown": unknown,
        "blocks": [_block_words(block) for block in samples.exclusive],
    }


def _block_words(block: Any, *, most: int = 8) -> str:
    names = ", ".join(block.classes[:most]) + (
        f" and {len(block.classes) - most:,} more" * (len(block.classes) > most)
    )
    how = "exactly one in each row" if block.complete else f"one in {block.rows:,} of {count(block.n, 'row')}"
    return f"{names} ({how})"
