"""state.pt: where an unfinished fit stands, so that it goes on to the last bit."""

from __future__ import annotations

import errno
import pickle
import time
from pathlib import Path
from typing import Any

import torch

from evenhand.base.storage.atomic import replacing
from evenhand.training.monitor.epoch_log import write_epochs


class Checkpointer:
    """Keeps the state of a fit in a folder, and epochs.jsonl with it.

    Only the ends of epochs are kept. Whether one is, depends on the clock; what comes out does not, since every
    draw depends on the epoch and the batch alone.

    Parameters
    ----------
    folder
        Where state.pt and epochs.jsonl go; None keeps nothing.
    fingerprint
        Of everything that the fit depends on; a state of another fit is not read.
    every_s
        Epochs shorter than this are kept together, in seconds.
    share
        Largest share of the time that is spent on keeping.
    """

    def __init__(
        self, folder: Path | None, fingerprint: str = "", *, every_s: float = 5.0, share: float = 0.05
    ) -> None:
        self._path = None if folder is None else folder / "state.pt"
        self._fingerprint = fingerprint
        self._every_s, self._share = every_s, share
        self._last, self._pause_s = time.monotonic(), every_s

    def read(self) -> dict[str, Any] | None:
        """Return the state that was kept, or None where there is none that fits.

        Nothing is unpickled but tensors and plain values.
        """
        if self._path is None or not self._path.is_file():
            return None
        try:
            found = torch.load(self._path, map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, RuntimeError, EOFError, OSError):
            return None
        fits = isinstance(found, dict) and found.get("fingerprint") == self._fingerprint
        return dict(found["state"]) if fits else None

    @property
    def due(self) -> bool:
        """Whether enough time has passed since the last state."""
        return self._path is not None and time.monotonic() - self._last >= self._pause_s

    def keep(self, state: dict[str, Any]) -> None:
        """Write the state, and the lines of its epochs."""
        assert self._path is not None
        began = time.monotonic()
        write_epochs(self._path.with_name("epochs.jsonl"), state["lines"])
        with replacing(self._path) as part:
            _save({"fingerprint": self._fingerprint, "state": state}, part)
        self._last = time.monotonic()
        self._pause_s = max(self._every_s, (self._last - began) / self._share)

    def forget(self) -> None:
        """Remove the state of a fit that is done."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def _save(state: dict[str, Any], path: Path) -> None:
    """Write a state; where there is no room, say so as the system does (torch would say where in its own code)."""
    try:
        torch.save(state, path)
    except RuntimeError as error:
        raise OSError(errno.EIO, "the state of the fit could not be written whole", str(path)) from error
