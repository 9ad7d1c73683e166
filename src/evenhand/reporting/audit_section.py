"""The section on the audit: held-out parts, single groups, calibration before and after, refitted models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.evaluation.audit.groups import LEAST
from evenhand.reporting.chart_specs import reliability
from evenhand.reporting.record_contents import RecordContents
from evenhand.reporting.svg_charts import ACCENT, MUTED, SECOND, Spec, drawn

Document = Mapping[str, Any]

GROUP_WORDS = {
    "below": "significantly below the accuracy expected for their classes",
    "as expected": "as expected for their classes",
    "too few to tell": "with too few rows to tell",
}
CALIBRATION_WORDS = {"": "uncalibrated", "temperature": "temperature scaling"}


def audit_section(evidence: RecordContents) -> dict[str, Any] | None:
    """Return the audit that the run wrote, or the one of `evenhand audit` where there is one; None without both."""
    # The later one knows more: columns to audit by, refitting, conformal sets.
    found = evidence.audit or (evidence.evaluation or {}).get("audit")
    if not found:
        return None
    slices = found.get("slices") or []
    parts = [_parts(f"Parts by {one['column']}", "values", one, "parts") for one in slices]
    return {
        **found,
        "parts": [one for one in parts or [_parts("Groups", "groups", found, "groups")] if one["forest"]],
        "curves": _curves(found),
        "sets": found.get("conformal", []),
        "refit": found.get("refit"),
    }


def _parts(title: str, word: str, found: Document, key: str) -> dict[str, Any]:
    """Return the display of groups, or of the parts by one column; small ones are only counted."""
    groups = found.get(key, [])
    # Intervals of a handful of rows span the whole axis, and would push the groups that can be judged out of the
    # chart.
    large = [group for group in groups if group["n"] >= LEAST] or groups
    counts = {GROUP_WORDS.get(verdict, verdict): n for verdict, n in found.get(f"{key}_by_verdict", {}).items()}
    chart = drawn(forest(large), f"{title}, the worst first: share of right rows") if len(groups) > 1 else None
    return {
        "title": title,
        "word": word,
        "total": found.get(f"{key}_total", len(groups)),
        "counts": counts,
        "forest": chart,
    }


def _curves(found: Document) -> Any:
    calibration = found.get("calibration") or []
    rows = [
        {**part, "name": CALIBRATION_WORDS.get(one["method"], one["method"])}
        for one in calibration
        for part in one["reliability"]
    ]
    return drawn(reliability(rows), "Reliability before and after calibration") if rows else None


def forest(groups: Sequence[Document], *, most: int = 25) -> Spec:
    """Return a forest plot: the accuracy of each group with its interval, and a tick at its expectation.

    Parameters
    ----------
    groups
        Records with name, n, accuracy, low, high, expected, verdict; the worst first.
    """
    rows = [{**group, "label": f"{group['name']} (n {group['n']})"} for group in groups[:most]]
    y = {"field": "label", "type": "nominal", "sort": [row["label"] for row in rows], "title": None}
    domain = {"domain": [0, 1]}
    colour = {
        "condition": {"test": "datum.verdict == 'below'", "value": SECOND},
        "value": ACCENT,
    }
    rule = {
        "x": {"field": "low", "type": "quantitative", "scale": domain, "title": "share of rows that are right"},
        "x2": {"field": "high"},
        "color": colour,
    }
    point = {"x": {"field": "accuracy", "type": "quantitative", "scale": domain}, "color": colour}
    tick = {"x": {"field": "expected", "type": "quantitative", "scale": domain}}
    return {
        "data": {"values": rows},
        "width": 420,
        "height": {"step": 20},
        "encoding": {"y": y},
        "layer": [
            {"mark": {"type": "rule"}, "encoding": rule},
            {"mark": {"type": "tick", "color": MUTED, "thickness": 2, "size": 14}, "encoding": tick},
            {"mark": {"type": "point", "filled": True, "size": 50}, "encoding": point},
        ],
    }
