"""`runs`: the records below a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from evenhand.base.errors import RecordError
from evenhand.base.storage.record import Record, records


def runs(output: str | Path = "runs") -> pd.DataFrame:
    """Return one row per record below a folder, oldest first.

    Returns
    -------
    DataFrame
        record, name, note, state ("finished", "unfinished" or "damaged"), rows, classes, models, best (name),
        metric, estimate, low, high, corrected (whether estimate and interval allow for the selection of the best on
        the same rows, as figures in score tables do not), device (that models were trained on), peak_device_bytes
        and peak_host_bytes (of a process, at most). For a damaged record, note is the error and counts are 0.
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
        "corrected",
        "device",
        "peak_device_bytes",
        "peak_host_bytes",
    ]
    return pd.DataFrame([_row_or_damage(record) for record in records(Path(output))], columns=columns)


def _row_or_damage(record: Record) -> dict[str, object]:
    """Return the row of a record, or one that reports its damage, so that others are still listed."""
    try:
        return _row(record)
    except RecordError as error:
        what = str(error)
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        what = f"data.json, resolved.toml or scores.json lack expected values ({type(error).__name__}: {error})"
    counts = dict.fromkeys(("rows", "classes", "models"), 0)
    return {"record": str(record.path), "name": "", "note": what, "state": "damaged", **counts, "corrected": False}


def _row(record: Record) -> dict[str, object]:
    data, resolved = record.data(), record.resolved()
    row: dict[str, object] = {
        "record": str(record.path),
        "name": resolved.get("name", ""),
        "note": resolved.get("note", ""),
        "state": "finished" if record.finished else "unfinished",
        "rows": int(data["rows"]),
        "classes": len(data["classes"]),
        "models": len(resolved["model"]),
        "corrected": False,
    }
    if record.finished:
        scores = record.json("scores.json")
        headline = scores.get("headline", {})
        row |= {key: headline.get(key) for key in ("best", "metric", "estimate", "low", "high")}
        row["corrected"] = "as_chosen" in headline
        row |= _usage(scores.get("usage", {}))
    return row


def _usage(models: Mapping[str, Mapping[str, Any]]) -> dict[str, object]:
    """Return the devices of the models of a run, and their highest memory; older runs have none."""
    peaks = [one.get("peak_memory", {}) for one in models.values()]
    return {
        "device": ", ".join(dict.fromkeys(str(one["device"]) for one in models.values() if one.get("device"))),
        **{
            f"peak_{name}": max((peak for one in peaks if (peak := one.get(name))), default=None)
            for name in ("device_bytes", "host_bytes")
        },
    }
