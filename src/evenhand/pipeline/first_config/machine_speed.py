"""How fast this machine decodes and trains, for what `init` expects: timed on a few rows, as a run works."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from evenhand.base.errors import DataError, EvenhandError
from evenhand.data.roots.root import Root
from evenhand.engines.cores import usable_cores
from evenhand.modalities import Kind
from evenhand.pipeline.first_config.recipes import Speed
from evenhand.pipeline.stages.dispatch import work
from evenhand.pipeline.stages.progress import Silent
from evenhand.training.calls import SpeedCall

PROBE = {
    "name": "probe",
    "encoder": "package:efficientnet-lite0",
    "tune": "from:blocks.2",
    "form": "light",
    "pool": ["blocks.2", "blocks.3", "blocks.4", "blocks.5", "own"],
}
FEW = 300
"""Rows up to which any machine is fast enough, so that nothing is timed."""


def speed_of(root: Root, kind: Kind, files: Sequence[str], rows: int, *, size: int = 128) -> Speed:
    """Return the speed of this machine; that of a slow one where nothing can be timed or rows are few."""
    slow = Speed(cores=usable_cores())
    if rows <= FEW or kind.name not in ("photos", "beats") or find_spec("torch") is None:
        return slow
    cores = usable_cores()
    calls = [SpeedCall(model=PROBE, size=size, threads=1) for _ in range(cores)]
    began = time.monotonic()
    try:
        found = work(calls, Silent(), workers=cores, threads=1)
    except EvenhandError:  # the encoder's package is not installed; check and run say so
        return slow
    taken = time.monotonic() - began
    mean = {key: statistics.mean(one[key] for one in found) for key in ("below", "above", "step")}
    busy = 12 * (4 * mean["below"] + 4 * mean["above"] + 5 * mean["step"])  # what the probe itself computed
    return Speed(
        cores=cores,
        start=max(1.0, taken - busy),
        decode=_decoding(root, kind, files, size) if kind.name == "photos" else 0.0,
        size=size,
        precision=found[0]["precision"],
        measured=True,
        **mean,
    )


def _decoding(root: Root, kind: Kind, files: Sequence[str], size: int, *, most: int = 12) -> float:
    """Return the seconds that a file takes to be read and decoded, the middle one of a few spread over all."""
    encode: Any = getattr(kind, "encode", None)
    settings = kind.settings(kind.config(), size)
    taken = []
    for name in files[:: max(1, len(files) // most)][:most] if encode is not None else ():
        began = time.perf_counter()
        try:
            encode(root.read(name), settings)
        except DataError:
            continue
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) if taken else 0.005
