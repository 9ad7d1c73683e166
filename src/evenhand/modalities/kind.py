"""What every kind of data offers: three doors behind one protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from evenhand.base.config import Section
from evenhand.base.values import Finding, Samples
from evenhand.data.config import DataConfig
from evenhand.data.root import Root

Encoded = dict[str, np.ndarray[Any, Any]]
"""One row as the store holds it: named arrays of one size, or of any size."""


class Kind(Protocol):
    """One kind of data.

    Attributes
    ----------
    suffixes
        Endings of the names of its files, in small letters with the dot (".jpg").
    name
        As in `[data] kind`; also the name of the kind's own configuration section.
    config
        The class of that section.
    test_views
        May be left out: views that predictions can be averaged over (see `modalities/views.py`).
    augment_module, models_module
        Modules with the kind's augmentations and encoders; they need torch, so they are named, not imported.
    """

    name: str
    suffixes: Sequence[str]
    config: type[Section]
    augment_module: str
    models_module: str

    def samples(self, root: Root, data: DataConfig, own: Any) -> tuple[Samples, list[Finding]]:
        """Return what is there, and what was found wrong on the way; decodes nothing."""

    def unlabelled(self, root: Root) -> tuple[Samples, list[Finding]]:
        """Return every row below a root without classes, for prediction."""

    def settings(self, own: Any, size: int | None) -> dict[str, Any]:
        """Return everything that decides the encoded bytes, a version number of the encoder among it."""

    def encode(self, raw: bytes, settings: Mapping[str, Any]) -> Encoded:
        """Return one row decoded as the store holds it; raises `DataError` with the reason."""

    def facts(self, raw: bytes) -> Mapping[str, Any]:
        """Return what the head of a file says (size, format, mode) without decoding it; raises `DataError`."""

    def picture(self, raw: bytes, side: int) -> str:
        """Return a picture of a row as a `data:` URI, its longer side at most `side` px."""

    def example(self, rng: np.random.Generator, rows: int, folder: Path) -> Path:
        """Write small true-to-life data into `folder` and return the path of a TOML file that runs on it."""
