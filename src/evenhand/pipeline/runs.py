"""`runs`: what was run before."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from evenhand.base.record import Record, records


def runs(output: str | Path = "runs") -> pd.DataFrame:
    """Return one row per record below a folder, oldest first.

    Returns
    -------
    DataFrame
        record, name, note, state ("finished" or "unfinished"), rows, classes, models, best (name), metric,
        estimate, low, high.
    """
    columns = [
        "record",
        "name",
        "note",
        "state",
        "rows",
        "classes",
        "models",
        "best",
        "metric",
        "estimate",
        "low",
        "high",
    ]
    return pd.DataFrame([_row(record) for record in records(Path(output))], columns=columns)


def _row(record: Record) -> dict[str, object]:
    data, resolved = record.data(), record.resolved()
    row: dict[str, object] = {
        "record": str(record.path),
        "name": resolved.get("name", ""),
        "note": resolved.get("note", ""),
        "state": "finished" if record.finished else "unfinished",
        "rows": data["rows"],
        "classes": len(data["classes"]),
        "models": len(resolved["model"]),
    }
    if record.finished:
        headline = record.json("scores.json").get("headline", {})
        row |= {key: headline.get(key) for key in ("best", "metric", "estimate", "low", "high")}
    return row
