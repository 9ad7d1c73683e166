"""The precision that a frozen part computed its activations in: it is kept beside them in the store.

Where bf16 fails, float32 is used in its place (`inference_fusion`), which only the process that computes knows. A
record says what was computed, also where another process, or another run, filled the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from evenhand.data.store.ragged import Array
from evenhand.data.store.store import Store
from evenhand.models.acceleration.frozen import Frozen, frozen_dtype


def learn_precision(
    frozen: Frozen, store: Store, key: Mapping[str, Any], device: torch.device, warm_up: Callable[[], object]
) -> bool:
    """Let a frozen part know in which precision its activations in the store were computed; return whether in bf16.

    Parameters
    ----------
    key
        Of the activations.
    device
        Where the part is.
    warm_up
        Computes a batch by the part, where the store does not say it yet.
    """
    if frozen_dtype(frozen.precision, device) is torch.float32:
        return False

    def fill(out: Array) -> None:
        warm_up()
        out[0] = frozen.dtype(device) is torch.bfloat16

    short = bool(store.array({"precision of activations": dict(key)}, (1,), "uint8", fill)[0])
    if not short:
        frozen.fell_back(device)
    return short
