"""The section on balance: what sampler, weights and loss together make each model believe."""

from __future__ import annotations

from typing import Any

from evenhand.reporting import chart_specs
from evenhand.reporting.record_contents import Evidence
from evenhand.reporting.svg_charts import drawn

MOST = 30
"""Classes shown; of more, the commonest and the rarest."""


def balance_section(evidence: Evidence, *, most: int = MOST) -> list[dict[str, Any]]:
    """Return each ledger of the run with its classes by rows, and a chart of how far each class was moved."""
    out = []
    for one in evidence.balance:
        classes = sorted(one["classes"], key=lambda row: -row["rows"])
        hidden = max(0, len(classes) - most)
        shown = [*classes[: most // 2], *classes[len(classes) - most // 2 :]] if hidden else classes
        title = one.get("title") or ", ".join(one["models"])
        chart = drawn(chart_specs.moved(shown), f"What {title} is made to believe, class by class")
        out.append({**one, "title": title, "shown": shown, "hidden": hidden, "chart": chart})
    return out
