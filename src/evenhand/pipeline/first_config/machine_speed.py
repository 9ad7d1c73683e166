"""The speed of this machine at decoding and training, measured on a few rows, for the estimates of `init`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from evenhand.base.cores import usable_cores
from evenhand.base.errors import DataError, EvenhandError
from evenhand.data.roots.root import Root
from evenhand.engines.placement import Placement
from evenhand.modalities import Kind
from evenhand.pipeline.first_config.recipes import Speed
from evenhand.pipeline.stages.execution.dispatch import dispatch
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.training.calls import SpeedCall

PROBE = {
    "name": "probe",
    "encoder": "package:efficientnet-lite0",
    "tune": "from:blocks.2",
    "form": "light",
    "pool": ["blocks.2", "blocks.3", "blocks.4", "blocks.5", "own"],
}
FEW = 300
"""Number of rows up to which any machine is fast enough, so that nothing is measured."""


def machine_speed(root: Root, kind: Kind, files: Sequence[str], rows: int, *, size: int = 128) -> Speed:
    """Return the speed of this machine; that of a slow one if it cannot be measured or rows are few."""
    slow = Speed(cores=usable_cores())
    if rows <= FEW:
        return replace(slow, why_not=f"not measured, which is done for more than {FEW} rows only")
    if kind.name not in ("photos", "beats"):
        return replace(slow, why_not=f"not measured, which is not done for {kind.name}")
    if find_spec("torch") is None:
        return replace(slow, why_not="not measured, as torch is not installed")
    cores = usable_cores()
    calls = [SpeedCall(model=PROBE, size=size, threads=1) for _ in range(cores)]
    began = time.monotonic()
    try:
        found = dispatch(calls, Silent(), Placement(cores), threads=1)
    except EvenhandError:  # the encoder's package is not installed; check and run say so
        return replace(slow, why_not="not measured, as the encoder efficientnet-lite0 cannot be run here")
    taken = time.monotonic() - began
    mean = {key: statistics.mean(one[key] for one in found) for key in ("below", "above", "step")}
    # Computing time of the probe itself, which does 12 rows in each repetition; the rest is the start of workers.
    busy = 12 * (4 * mean["below"] + 4 * mean["above"] + 5 * mean["step"])
    return Speed(
        cores=cores,
        start=max(1.0, taken - busy),
        decode=_decode_seconds(root, kind, files, size) if kind.name == "photos" else 0.0,
        size=size,
        precision=found[0]["precision"],
        measured=True,
        **mean,
    )


def _decode_seconds(root: Root, kind: Kind, files: Sequence[str], size: int, *, most: int = 12) -> float:
    """Return the median time to read and decode a file, in seconds, of a few spread over all files."""
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
