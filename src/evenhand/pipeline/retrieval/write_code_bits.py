"""Write what the codes of a run's held-out rows hold, bit by bit, for the report."""

from __future__ import annotations

from typing import Any

import numpy as np

from evenhand.base.storage.record import Record
from evenhand.diagnosis.evidence.held_out_codes import HeldOutCodes, codes_by_model, codes_of
from evenhand.diagnosis.statistics.code_bits import (
    are_centroids,
    bits_of,
    effective_centroids,
    largest_correlation,
    most_common,
    share_of_ones,
    share_saturated,
)

FILE = "code_bits.json"


def write_code_bits(record: Record) -> None:
    """Write the bits of every model whose head codes rows; nothing where there is none."""
    codes = [one for one in codes_of(record) if len(one.values)]
    if codes:
        record.write_json(FILE, [_model(name, fits) for name, fits in codes_by_model(codes).items()])


def _model(name: str, fits: list[HeldOutCodes]) -> dict[str, Any]:
    """Return the counts of every fit, as EH314 takes them, and the bits of the first: those of others differ."""
    first = fits[0].values
    return {
        "model": name,
        "unit": "part" if are_centroids(first) else "bit",
        "bits": int(first.shape[1]),
        "place": fits[0].place,
        "measures": _measures(first),
        "fits": [_fit(one) for one in fits],
    }


def _measures(values: Any) -> dict[str, list[float]]:
    """Return what is drawn of each bit, under the words that stand beside it."""
    if are_centroids(values):
        found = {
            "most common centroid": most_common(values),
            "effective centroids": effective_centroids(values),
        }
    else:
        found = {
            "share of ones": share_of_ones(values),
            "largest correlation": largest_correlation(values),
            "saturated": share_saturated(values),
        }
    return {words: each.round(6).tolist() for words, each in found.items()}


def _fit(one: HeldOutCodes) -> dict[str, Any]:
    report = bits_of(one.values)
    counts = {word: len(report.named(word)) for word in ("constant", "saturated", "copies")}
    centroids = are_centroids(one.values)
    return {
        "fold": one.fold,
        "seed": one.seed,
        "n": len(one.values),
        **(counts if not centroids else {"constant": counts["constant"]}),
        "mean_correlation": None if centroids else float(np.mean(largest_correlation(one.values))),
    }
