"""`env`: what this installation and this machine can do, for a bug report and after installing."""

from __future__ import annotations

import dataclasses
import importlib
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.base.cores import usable_cores
from evenhand.base.errors import StoreError
from evenhand.base.storage.environment import package_versions
from evenhand.data.store.store import Store
from evenhand.engines.config import ComputeConfig
from evenhand.models.weight_packages import WEIGHT_PACKAGES

if TYPE_CHECKING:
    from evenhand.training.devices import Device

_ALSO = ("transformers", "tokenizers", "pyarrow", "pydantic", "pillow", "simplejpeg", "catboost")
"""Packages whose versions matter to some runs, beside those that every record names."""


@dataclass(frozen=True)
class StoreUse:
    """The store: its folder, entries and their bytes, the limit and the free space of its disk, in bytes.

    `fault` says why it cannot be used; the figures are None then.
    """

    folder: Path
    limit_bytes: int
    entries: int | None = None
    bytes: int | None = None
    free_bytes: int | None = None
    fault: str = ""


@dataclass(frozen=True)
class Environment:
    """What this installation and this machine can do.

    Attributes
    ----------
    python, platform
        Versions of Python and of the operating system.
    packages
        Name -> version, of those that are installed.
    cores
        Those that this process may use.
    cuda, cudnn
        Versions that torch was built with; "" where it was built without.
    torch_fault
        Why torch cannot be imported; "" if it can. Without it nothing is trained or predicted.
    devices
        Each with the outcome of a trial step; none without torch.
    auto
        The device that `compute.device = "auto"` takes; "" without torch.
    store
        Folder, limit and use of the store.
    weights
        Encoder -> whether the package with its weights is installed.
    """

    python: str
    platform: str
    packages: dict[str, str]
    cores: int
    cuda: str
    cudnn: str
    torch_fault: str
    devices: tuple[Device, ...]
    auto: str
    store: StoreUse
    weights: dict[str, bool]

    def document(self) -> dict[str, Any]:
        """Return plain values."""
        found = dataclasses.asdict(self)
        found["store"]["folder"] = str(self.store.folder)
        return {**found, "devices": list(found["devices"])}


def env(store: str | Path | None = None) -> Environment:
    """Return versions, devices with the outcome of a trial step on each, cores, store and weights at hand.

    What is missing or broken is described in the result, not raised. Nothing is written.

    Parameters
    ----------
    store
        Folder of the store; None for the user's own. Its limit is the default of `compute.store_limit_gb`.
    """
    fault = _torch_fault()
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        packages=package_versions(_ALSO),
        cores=usable_cores(),
        torch_fault=fault,
        store=_store_use(store),
        weights={name: package.installed for name, package in WEIGHT_PACKAGES.items()},
        **(_without_torch() if fault else _with_torch()),
    )


def _torch_fault() -> str:
    try:
        importlib.import_module("torch")
    except ModuleNotFoundError as error:
        if error.name == "torch":
            return "torch is not installed. Install it with: pip install 'evenhand[torch]'"
        return f"torch cannot be imported ({error}). Install it again."
    except (ImportError, OSError, RuntimeError, AttributeError) as error:  # a library of the system is missing
        return (
            f"torch cannot be imported ({(str(error) or type(error).__name__).splitlines()[0]}). Install it again."
        )
    return ""


def _without_torch() -> dict[str, Any]:
    return {"cuda": "", "cudnn": "", "devices": (), "auto": ""}


def _with_torch() -> dict[str, Any]:
    import torch

    from evenhand.training.device import automatic_device, cudnn_version
    from evenhand.training.devices import devices

    cudnn = cudnn_version() if torch.version.cuda else None
    return {
        "cuda": torch.version.cuda or "",
        "cudnn": "" if cudnn is None else str(cudnn),
        "devices": tuple(devices()),
        "auto": str(automatic_device()),
    }


def _store_use(folder: str | Path | None) -> StoreUse:
    store = Store(None if folder is None else Path(folder))
    limit = round(ComputeConfig().store_limit_gb * 1e9)
    try:
        table = store.usage()
        above = next(path for path in (store.folder, *store.folder.absolute().parents) if path.exists())
        return StoreUse(store.folder, limit, len(table), int(table["bytes"].sum()), shutil.disk_usage(above).free)
    except (StoreError, OSError) as error:
        return StoreUse(store.folder, limit, fault=str(error))
