"""The section [compute]: what the work is done with."""

from __future__ import annotations

from evenhand.base.config import Section, option
from evenhand.engines.cores import usable_cores


class ComputeConfig(Section):
    """What the work is done with.

    Nothing here changes what is computed; the number of threads and the device change the order of sums, and so the
    last bits of a result.
    """

    workers: int | None = option(
        None, ge=1, says="Worker processes; without a number, one for each usable core.", unit="processes"
    )
    threads: int | None = option(
        None, ge=1, says="Threads of each worker; without a number, its share of the cores.", unit="threads"
    )
    device: str = option("auto", says="cpu, cuda, cuda:1, mps, or auto for the best there is.", min_length=1)
    store: str | None = option(
        None, says="Folder of the store of encoded rows; without one, the user's cache folder.", min_length=1
    )
    store_limit_gb: float = option(
        20.0, gt=0, unit="GB", says="Size of the store over which entries go that were not used for longest."
    )

    @property
    def cores(self) -> int:
        """Processes, or threads of one process that decodes, that may work at the same time."""
        return self.workers or usable_cores()
