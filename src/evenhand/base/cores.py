"""How many cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(quota: Path = _QUOTA) -> int:
    """Return the cores this process may use, at least 1.

    A process may not have all cores of its machine: SLURM and taskset restrict the affinity, containers the CPU
    time (`quota`, a file of cgroups v2: microseconds allowed per period, and microseconds of the period).
    """
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(cores, _quota_cores(quota) or cores))


def thread_share(workers: int, cores: int | None = None) -> int:
    """Return the threads for each of `workers` processes that share the cores, at least 1.

    >>> thread_share(2, cores=8), thread_share(3, cores=8), thread_share(16, cores=8)
    (4, 2, 1)
    """
    return max(1, (usable_cores() if cores is None else cores) // max(1, workers))


def _quota_cores(quota: Path) -> int | None:
    try:
        allowed, period = quota.read_text(encoding="ascii").split()
        return max(1, round(int(allowed) / int(period)))
    except (OSError, ValueError):  # no cgroups v2, or "max": no limit
        return None
