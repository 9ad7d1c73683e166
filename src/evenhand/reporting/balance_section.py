"""The section on balance: the effective prior of sampler, weights and loss for each model."""

from __future__ import annotations

from typing import Any

from evenhand.reporting import chart_specs
from evenhand.reporting.record_contents import RecordContents
from evenhand.reporting.svg_charts import drawn

MOST = 30
"""Maximum number of classes shown; of more, the most common and the rarest."""


def balance_section(evidence: RecordContents, *, most: int = MOST) -> list[dict[str, Any]]:
    """Return each balance ledger with its classes by rows, and a chart of natural against effective shares."""
    out = []
    for one in evidence.balance:
        classes = sorted(one["classes"], key=lambda row: -row["rows"])
        hidden = max(0, len(classes) - most)
        shown = [*classes[: most // 2], *classes[len(classes) - most // 2 :]] if hidden else classes
        title = one.get("title") or ", ".join(one["models"])
        chart = drawn(chart_specs.moved(shown), f"Natural share and effective prior of {title}, by class")
        out.append({**one, "title": title, "shown": shown, "hidden": hidden, "chart": chart})
    return out
