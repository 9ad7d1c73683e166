"""The environment of a run: time, machine, Python and package versions."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

_PACKAGES = ("evenhand", "numpy", "pandas", "scipy", "scikit-learn", "torch", "torchvision", "timm")


def environment() -> dict[str, Any]:
    """Return where a run happens: time, host, Python, machine, versions of what matters."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": platform.node(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "command": sys.argv,
        "packages": package_versions(),
    }


def package_versions(also: Iterable[str] = ()) -> dict[str, str]:
    """Return the versions of the packages that matter, and of those in `also`, where they are installed."""
    versions = {}
    for name in (*_PACKAGES, *also):
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions
