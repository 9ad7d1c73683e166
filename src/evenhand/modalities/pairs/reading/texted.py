"""Rows with a text that a person typed, such as a query."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from evenhand.base.values import NO_LABEL, Samples
from evenhand.data.roots.content_hash import content_hash

NO_PICTURE = "text, line 1"
"""The path of a text alone: a place in a table, which names no file (`data.tables.places`)."""


def texted(samples: Samples | None, text: str, *, kind: str) -> Samples:
    """Return rows of pictures with this text beside each, or one row of the text alone."""
    text = text.replace("\0", "")  # as in cells of a table
    if samples is None:
        frame = pd.DataFrame(
            {"id": [content_hash(text.encode())], "path": [NO_PICTURE], "content": [""]}, dtype=object
        )
        samples = Samples(frame, classes=(), labels=np.full(1, NO_LABEL, dtype=np.int64), kind=kind)
    contents = [content_hash(f"{held}\n{text}".encode()) for held in samples.frame["content"]]
    return replace(samples, frame=samples.frame.assign(text=text, content=contents))
