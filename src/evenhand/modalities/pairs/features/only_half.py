"""Which rows lack the only half that a model reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from evenhand.base.values import Ints, Mask
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.pairs.options import NONE, PairOptions
from evenhand.modalities.pairs.reading.encode import IMAGE, TEXT


def only_half(entry: StoreEntry, rows: Ints, model: Mapping[str, Any]) -> tuple[str, Mask] | None:
    """Return "picture" or "text" and (n,) bool, which rows have none; None for a model of both halves.

    Parameters
    ----------
    rows
        (n,) positions in the entry.
    model
        The entry of [[model]]; encoders other than `pair` read both halves.
    """
    if model.get("encoder") != "pair":
        return None
    options = PairOptions.model_validate(model.get("options") or {})
    if NONE not in (options.image, options.text):
        return None
    name, half = ("text", TEXT) if options.image == NONE else ("picture", IMAGE)
    return name, ~np.asarray(entry["present"][rows])[:, half].astype(bool)
