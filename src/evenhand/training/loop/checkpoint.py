"""state.pt: the state of an unfinished fit, from which it resumes bit for bit."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from evenhand.base.storage.files.atomic import replacing
from evenhand.base.storage.files.checksums import append_checksum, ends_with_checksum
from evenhand.training.monitor.epoch_log import write_epochs

_PROBE_BYTES = 1 << 16


class Checkpointer:
    """Saves the state of a fit in a folder, and epochs.jsonl with it.

    States are saved between epochs only. Which ones are depends on the clock, but the result does not, since random
    numbers depend on the epoch and the batch alone.

    Parameters
    ----------
    folder
        Folder of state.pt and epochs.jsonl; None saves nothing.
    fingerprint
        Hash of everything that the fit depends on; a state of another fit is not read.
    every_s
        Least time between two states, in seconds.
    share
        Largest share of the time that is spent on saving.
    on_damage
        Called with a sentence where a state cannot be used, so that the fit begins anew.
    """

    def __init__(
        self,
        folder: Path | None,
        fingerprint: str = "",
        *,
        every_s: float = 5.0,
        share: float = 0.05,
        on_damage: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._path = None if folder is None else folder / "state.pt"
        self._fingerprint = fingerprint
        self._every_s, self._share, self._on_damage = every_s, share, on_damage
        self._last, self._pause_s = time.monotonic(), every_s

    def read(self) -> dict[str, Any] | None:
        """Return the saved state, or None where there is none of this fit.

        Only tensors and plain values are unpickled.
        """
        if self._path is None or not self._path.is_file():
            return None
        # A damaged state costs the time since the start; an error would cost the run, a flipped bit the figures.
        try:
            found = None
            if ends_with_checksum(self._path):
                found = torch.load(self._path, map_location="cpu", weights_only=True)
        except Exception:  # on what nobody saved so, torch raises errors of any class
            found = None
        if found is None:
            self._on_damage(f"{self._path} is damaged. The fit begins anew.")
            return None
        fits = isinstance(found, dict) and found.get("fingerprint") == self._fingerprint
        if fits and isinstance(found.get("state"), dict):
            return dict(found["state"])
        self._on_damage(
            f"{self._path} is of other settings, versions, threads or another device. The fit begins anew."
        )
        return None

    @property
    def due(self) -> bool:
        """Whether enough time has passed since the last save."""
        return self._path is not None and time.monotonic() - self._last >= self._pause_s

    def save(self, state: dict[str, Any]) -> None:
        """Write the state, and the lines of its epochs."""
        assert self._path is not None
        began = time.monotonic()
        # For readers of a run in progress; a resumed fit takes its lines from the state, so the order of the two
        # files does not matter.
        write_epochs(self._path.with_name("epochs.jsonl"), state["lines"])
        with replacing(self._path) as part:
            _save({"fingerprint": self._fingerprint, "state": state}, part)
            append_checksum(part)  # readers of zip archives pass over what follows one
        self._last = time.monotonic()
        # A save of t seconds is followed by t / share seconds of training: a large network on a slow disk saves
        # less often.
        self._pause_s = max(self._every_s, (self._last - began) / self._share)

    def delete(self) -> None:
        """Remove the state of a finished fit."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def _save(state: dict[str, Any], path: Path) -> None:
    """Write a state; raise `OSError` where the disk refuses, which torch reports as a fault in its own code."""
    try:
        torch.save(state, path)
    except RuntimeError as error:
        with path.open("ab") as file:  # torch does not say why, and another write does
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
        raise OSError(errno.EIO, "the state of the fit could not be written completely", str(path)) from error
