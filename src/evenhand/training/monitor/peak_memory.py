"""Peak memory of an epoch: of the device, and of the process on the host."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

PeakMemory = dict[str, int | None]
"""`device_bytes`: allocated on the device at most; `host_bytes`: resident in the process at most, since its start
or `reset_host_peak`."""


def reset_peak(device: torch.device) -> None:
    """Begin to count the peak of a device anew."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def reset_host_peak() -> None:
    """Begin to count the peak of this process anew, where the system can: Linux (proc(5), clear_refs)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_memory(device: torch.device) -> PeakMemory:
    """Return the peak memory since it was reset; None where it is not known (the device is the CPU; Windows).

    Neither waits for the device.
    """
    on_card = int(torch.cuda.max_memory_allocated(device)) if device.type == "cuda" else None
    return {"device_bytes": on_card, "host_bytes": _resident()}


def highest(peaks: Iterable[Mapping[str, int | None]]) -> PeakMemory:
    """Return the highest of several peaks, None where none is known.

    >>> highest([{"device_bytes": None, "host_bytes": 5}, {"device_bytes": None, "host_bytes": 7}])
    {'device_bytes': None, 'host_bytes': 7}
    """
    found = list(peaks)
    known = {
        name: [value for one in found if (value := one.get(name)) is not None]
        for name in ("device_bytes", "host_bytes")
    }
    return {name: max(values, default=None) for name, values in known.items()}


def usage_of(lines: Iterable[Mapping[str, Any]], device: str) -> dict[str, Any]:
    """Return device and peak memory of a task from its lines; those of older versions have none."""
    return {
        "device": device,
        "peak_memory": highest(line["peak_memory"] for line in lines if "peak_memory" in line),
    }


def _resident() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    # kilobytes on Linux, bytes on macOS (getrusage(2) of each)
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (1 if sys.platform == "darwin" else 1024)
