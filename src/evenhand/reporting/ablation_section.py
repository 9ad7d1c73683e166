"""The section on an ablation: each change beside the base, with what was expected of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenhand.base.text.toml_text import toml_value
from evenhand.reporting.record_contents import RecordContents

Document = Mapping[str, Any]


def ablation_section(evidence: RecordContents) -> dict[str, Any] | None:
    """Return the rows of the ablation of which this run is the base, or None."""
    found = evidence.ablation
    if not found:
        return None
    return {
        **found,
        # A record of before there were causes has none.
        "causes": found.get("causes", []),
        "rows": [_row(row) for row in found["rows"]],
        "expected": any(row["expect"] for row in found["rows"]),
        "conditions": [f"{row['name']}: {words}" for row in found["rows"] for words in row["conditions"]],
        "failed": [row for row in found["rows"] if row["error"]],
    }


def _row(row: Document) -> dict[str, Any]:
    verdicts = {one["metric"]: one for one in row["verdicts"]}
    return {
        **row,
        "set": [f"{key} = {toml_value(value)}" for key, value in row["set"].items()],
        "verdicts": verdicts,
    }
