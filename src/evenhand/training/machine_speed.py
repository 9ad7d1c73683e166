"""Speed of this machine on the models of a first configuration: a few timed batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch.nn import functional

import evenhand.modalities.photos.encoders  # noqa: F401  (registers the kind's encoders)
from evenhand.models.config import ModelConfig
from evenhand.models.network import build_network


def measure_speed(model: Mapping[str, Any], size: int, threads: int, rows: int = 12) -> dict[str, Any]:
    """Return seconds per row on a batch of noise: below the boundary, above it, and a training step.

    The step is timed in float32 and in bf16, and the faster precision is returned; processors without convolutions
    in bf16 are timed in float32 alone.

    Parameters
    ----------
    model
        A section `[[model]]` with a frozen part.
    size
        Side of the pictures, px.

    Returns
    -------
    {"below", "above", "step", "precision"}
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        network = build_network(ModelConfig.model_validate(dict(model)), 4, 0)
        pictures = torch.randint(0, 256, (rows, size, size, 3), dtype=torch.uint8)
        frozen: Any = network.frozen
        activations = frozen(network.prepare(pictures))
        below = _median(lambda: frozen(network.prepare(pictures)))
        with torch.no_grad():
            above = _median(lambda: network.tuned.eval()(activations))
        found = {}
        for name in ("float32", "bf16"):
            try:
                found[name] = _median(partial(_step, network.tuned, activations, name))
            except RuntimeError:  # no convolutions of 16 bits on this processor
                continue
        precision = min(found, key=lambda name: found[name])
        return {
            "below": below / rows,
            "above": above / rows,
            "step": found[precision] / rows,
            "precision": precision,
        }
    finally:
        torch.set_num_threads(before)


def _step(tuned: Any, activations: torch.Tensor, precision: str) -> None:
    tuned.train()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        logits = tuned(activations)
    target = torch.zeros(len(activations), dtype=torch.long)
    loss: Any = functional.cross_entropy(logits.float(), target)
    loss.backward()
    tuned.zero_grad()


def _median(work: Callable[[], object], *, times: int = 3) -> float:
    """Return the median time of a few calls in seconds, after one to warm up."""
    work()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[times // 2]
