"""What reading does to heartbeats: counted from the headers of their records."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evenhand.base.values import Ints
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.reading.leads import choose
from evenhand.modalities.counters import Counter

COUNTED = (
    Counter("resampled", "option", "beats of records resampled from another rate", "beats.sampling_rate"),
    Counter("other_lead", "count", "beats read from another lead than the first choice", "beats.leads"),
    Counter("band", "count", "beats of records too slow for the upper edge of the band-pass", "beats.band"),
)


def counted(facts: pd.DataFrame, config: BeatsConfig) -> Ints | None:
    """Return (b, len(COUNTED)) int64 of 0 and 1; None for windows cut elsewhere, whose files tell no rate.

    The band-pass, the window and the normalisation act on every beat, and are not counted.
    """
    if not {"rate_hz", "leads"} <= set(facts):
        return None
    rate = facts["rate_hz"].to_numpy(np.float64)
    replaced = {leads: _replaced(leads, config) for leads in facts["leads"].unique()}
    slow = rate / 2 <= config.band[1] if config.band else np.zeros(len(rate), dtype=bool)
    other = facts["leads"].map(replaced).to_numpy(bool)
    return np.column_stack([rate != config.sampling_rate, other, slow]).astype(np.int64)


def _replaced(leads: str, config: BeatsConfig) -> bool:
    chosen = choose(leads.split("+"), config.alternatives)
    return not isinstance(chosen, str) and bool(chosen.instead)
