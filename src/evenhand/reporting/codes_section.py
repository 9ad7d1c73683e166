"""Bits of the codes of hashing and quantising heads."""

from __future__ import annotations

from typing import Any

from evenhand.reporting import chart_specs
from evenhand.reporting.record_contents import RecordContents
from evenhand.reporting.svg_charts import drawn


def codes_section(evidence: RecordContents) -> list[dict[str, Any]]:
    """Return the bits of each model whose head codes rows, with a chart of one fit; empty if there is none."""
    return [
        {
            **one,
            "chart": drawn(
                chart_specs.small_multiples(one["measures"], unit=one["unit"]),
                f"{' and '.join(one['measures'])} of every {one['unit']} of {one['model']}, {one['place']}",
            ),
        }
        for one in evidence.code_bits
    ]
