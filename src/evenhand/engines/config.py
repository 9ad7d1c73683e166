"""The section [compute]: what the work is done with."""

from __future__ import annotations

import re

from pydantic import field_validator

from evenhand.base.settings.section import Section, option
from evenhand.engines.cores import usable_cores

_DEVICES = re.compile(r"auto|cpu|cuda(:\d{1,3})?")
_ALLOWED = '"auto", "cpu", "cuda" and "cuda:NUMBER"'


def checked_device(name: str) -> str:
    """Return the name of a device that the work can be done on.

    Raises
    ------
    ValueError
        In words, where it is another one.
    """
    if name.partition(":")[0].strip().lower() == "mps":
        raise ValueError(
            "Apple GPUs are not supported yet (double precision is missing there, and batch normalisation of maps "
            'with channels last is wrong); set device = "cpu"'
        )
    if not _DEVICES.fullmatch(name):
        raise ValueError(f"allowed are {_ALLOWED}")
    return name


class ComputeConfig(Section):
    """What the work is done with.

    Nothing here changes what is computed; the number of threads and the device change the order of sums, and so the
    last bits of a result.
    """

    workers: int | None = option(
        None,
        ge=0,
        says="Worker processes; without a number, one for each usable core; 0: in this process, for debuggers.",
        unit="processes",
    )
    threads: int | None = option(
        None, ge=1, says="Threads of each worker; without a number, its share of the cores.", unit="threads"
    )
    device: str = option(
        "auto",
        says="cpu, cuda, cuda:1, or auto: an NVIDIA GPU where there is one, else the processor. No GPU has been "
        "measured yet.",
        min_length=1,
    )
    store: str | None = option(
        None, says="Folder of the store of encoded rows; without one, the user's cache folder.", min_length=1
    )
    store_limit_gb: float = option(
        20.0, gt=0, unit="GB", says="Size of the store over which entries go that were not used for longest."
    )

    @field_validator("device")
    @classmethod
    def _known_device(cls, device: str) -> str:
        return checked_device(device)

    @property
    def cores(self) -> int:
        """Processes, or threads of one process that decodes, that may work at the same time."""
        return usable_cores() if self.workers is None else max(1, self.workers)

    def processes(self, calls: int) -> int:
        """Return how many worker processes do a number of calls; 0 where this process does them itself."""
        return 0 if self.workers == 0 else min(self.cores, calls)
