"""What comes with a heartbeat and is not its signal: how its record was taken and stored."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evenhand.base.text.cells import plain_texts
from evenhand.base.values import Floats


def wrapping(facts: pd.DataFrame) -> Mapping[str, Floats]:
    """Return what the header of each beat's record gives; of windows cut elsewhere, nothing.

    The size of a file of signals follows from length, leads and format, and is not measured beside them.
    """
    if "rate_hz" not in facts:
        return {}
    named = {
        "the leads of the recording": ["leads"],
        "the units and the format of the recording": ["units", "coding"],
    }
    words = {
        name: pd.get_dummies(facts[columns].apply(plain_texts)).to_numpy(np.float64)
        for name, columns in named.items()
    }
    return {"the length and the rate of the recording": facts[["seconds", "rate_hz"]].to_numpy(np.float64), **words}
