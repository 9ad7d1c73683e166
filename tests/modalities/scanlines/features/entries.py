"""Entries of the store with scans in them, encoded from heights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.ragged import Ragged
from evenhand.modalities.scanlines.config import ScanLinesConfig
from evenhand.modalities.scanlines.reading.encode import encode
from evenhand.modalities.scanlines.reading.scan import Scan


def entry(scans: Sequence[np.ndarray], **own: object) -> StoreEntry:
    """Return an entry of (l, w) heights, of one width and any number of lines."""
    settings = ScanLinesConfig.model_validate({"width": scans[0].shape[1], "max_lines": 256, **own}).plain()
    rows = [encode(Scan(np.asarray(heights, dtype=np.float64)[None]), settings) for heights in scans]
    arrays = {name: Ragged.of([row[name] for row in rows]) for name in ("lines", "mask", "steps")}
    arrays["disagreement"] = np.stack([row["disagreement"] for row in rows])
    return StoreEntry("x", len(scans), arrays, {})
