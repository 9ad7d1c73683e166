"""The environment of a run: time, machine, Python and package versions."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

_PACKAGES = ("evenhand", "numpy", "pandas", "scipy", "scikit-learn", "torch", "torchvision", "timm")


def environment() -> dict[str, Any]:
    """Return where a run happens: time, host, Python, machine, versions of what matters."""
    versions = {}
    for name in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name)
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": platform.node(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "command": sys.argv,
        "packages": versions,
    }
