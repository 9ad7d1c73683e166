"""What towers learn from the texts of all rows that are not locked, without labels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from evenhand.base.storage.code_hash import source_mark
from evenhand.base.values import Floats, Ints
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.pairs.towers import tfidf
from evenhand.modalities.pairs.towers.tfidf import Tfidf
from evenhand.models.network import Network

Keep = Callable[..., Any]
"""`Store.array`."""


def fit_encoder(network: Network, entry: StoreEntry, rows: Ints, keep: Keep) -> None:
    """Fit the towers of a network that learn from texts, in place; what is fitted is kept in the store.

    Rows of all folds are used, without labels: features are then the same for all folds, and are computed once. The
    terms and components of held-out texts are known to the tower, their labels are not.

    Parameters
    ----------
    rows
        Positions of the rows that are not locked, in the entry.
    keep
        `Store.array`.
    """
    rows = np.sort(rows)
    for tower in [part for part in network.encoder.backbone.modules() if isinstance(part, Tfidf)]:
        shape = (2 * tower.most, 2 + int(tower.vectors.shape[1]))
        key = {"code": source_mark(tfidf.__name__), "tfidf": shape, "rows": entry.name, "at": _mark(rows)}
        if tower.fitted_on == repr(key):
            continue

        def fill(out: Floats, shape: tuple[int, int] = shape) -> None:
            texts = (bytes(np.asarray(entry["text"][int(row)])) for row in rows)
            there = [text.decode("utf-8", "replace") for text in texts if text]
            out[:] = tfidf.fitted(there, shape[0] // 2, shape[1] - 2)

        tower.put(keep(key, shape, np.float64, fill))
        tower.fitted_on = repr(key)
        if network.frozen is not None:
            network.frozen.forget()


def _mark(rows: Ints) -> str:
    return hashlib.blake2b(np.asarray(rows, dtype=np.int64).tobytes(), digest_size=16).hexdigest()
