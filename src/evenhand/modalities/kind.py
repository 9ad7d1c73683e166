"""What every kind of data offers: three doors behind one protocol, and the base of kinds whose rows are files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import pandas as pd

from evenhand.base.settings.section import Section
from evenhand.base.values import Finding, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.file_root import FileRoot
from evenhand.data.roots.root import Root, open_root
from evenhand.modalities.views import View

Encoded = dict[str, np.ndarray[Any, Any]]
"""One row as the store holds it: named arrays of one size, or of any size."""

Reader = Callable[[int], Encoded]
"""Position of a row -> the row encoded; called by threads. Raises `DataError` with the reason."""


@dataclass(frozen=True)
class Draft:
    """What a first configuration for some data says.

    Attributes
    ----------
    data
        Lines of [data] after kind and root.
    test
        The line of [folds] that locks a test.
    own
        Text of the kind's own section, or "".
    """

    data: tuple[str, ...]
    test: str
    own: str = ""


class Kind(Protocol):
    """One kind of data.

    A row is a file, or a part of one (a beat of a record): `path` of a row names the file. Rows of one file lie
    together in the samples; a reader may decode a file once for all of them.

    Attributes
    ----------
    suffixes
        Endings of the names of its files, in small letters with the dot (".jpg").
    name
        As in `[data] kind`; also the name of the kind's own configuration section.
    config
        The class of that section.
    test_views
        Views that predictions can be averaged over, besides "none" (see `modalities/views.py`).
    pictures
        Whether a row is one picture, the array "image". Patches of pictures can be swapped (CutMix), activations of
        them can be kept where a part of a network stays as it came, and `[[model]]` may set their size and form.
    profiles, view_profile
        Names of the kind's profiles of augmentations, "none" among them, and the one that further views are made by
        where the configuration names none.
    torch_module
        The module with the half that needs torch (`modalities/torch_half.py`): it is named, not imported.
    encoder, tune
        What a first configuration trains: the name of an encoder, and what of it.
    shown
        Columns of the frame, beside the path, that tell a person which row is which.
    """

    name: str
    suffixes: Sequence[str]
    config: type[Section]
    torch_module: str
    pictures: bool
    profiles: Sequence[str]
    view_profile: str
    test_views: Mapping[str, Sequence[View]]
    shown: Sequence[str]
    encoder: str
    tune: str

    def samples(self, root: Root, data: DataConfig, own: Any) -> tuple[Samples, list[Finding]]:
        """Return what is there, and what was found wrong on the way; decodes nothing."""

    def unlabelled(self, root: Root, own: Any) -> tuple[Samples, list[Finding]]:
        """Return every row below a root without classes, for prediction."""

    def settings(self, own: Any, size: int | None) -> dict[str, Any]:
        """Return everything that decides the encoded bytes, a mark of the code among it (`source_mark`)."""

    def reader(self, root: Root, frame: pd.DataFrame, settings: Mapping[str, Any]) -> Reader:
        """Return what encodes rows of a frame as the store holds them."""

    def facts_of(self, root: Root, path: str) -> Mapping[str, Any]:
        """Return what the head of a file says (size, format, mode) without decoding it; raises `DataError`."""

    def picture_of(self, root: Root, row: Mapping[str, Any], side: int) -> str:
        """Return a picture of a row of the frame as a `data:` URI, its longer side at most `side` px."""

    def draft(self, root: Root) -> Draft | None:
        """Return what a first configuration says of the data below a root; None for files and a table of them."""

    def alone(self, source: Path) -> Root:
        """Return the root of what one path names that is neither a folder nor a zip; raises `DataError`."""

    def write_predicted(
        self, root: Root, frame: pd.DataFrame, classes: Sequence[str], data: DataConfig, own: Any, folder: Path
    ) -> list[Path]:
        """Write the classes (n,) of rows as programs for this kind of data read them; return the files, often none.

        `data` and `own` are the sections of the run that classes have their names from.
        """

    def example(self, rng: np.random.Generator, rows: int, folder: Path) -> Path:
        """Write small true-to-life data into `folder` and return the path of a TOML file that runs on it."""


class KindDefaults:
    """What a kind offers that says nothing else: no augmentations, no further views, rows that are not pictures."""

    pictures: bool = False
    profiles: Sequence[str] = ("none",)
    view_profile: str = "none"
    test_views: Mapping[str, Sequence[View]] = MappingProxyType({})
    shown: Sequence[str] = ()

    def draft(self, root: Root) -> Draft | None:
        """Return None: a table names the files, or folders their classes."""
        return None

    def write_predicted(
        self, root: Root, frame: pd.DataFrame, classes: Sequence[str], data: DataConfig, own: Any, folder: Path
    ) -> list[Path]:
        """Write nothing: the table says it all."""
        return []


class FileRows(KindDefaults, ABC):
    """The doors of a kind whose rows are whole files: it says what to do with the bytes of one."""

    @abstractmethod
    def encode(self, raw: bytes, settings: Mapping[str, Any]) -> Encoded:
        """Return one row decoded as the store holds it; raises `DataError` with the reason."""

    @abstractmethod
    def facts(self, raw: bytes) -> Mapping[str, Any]:
        """Return what the head of a file says without decoding it; raises `DataError`."""

    @abstractmethod
    def picture(self, raw: bytes, side: int) -> str:
        """Return a picture of a row as a `data:` URI, its longer side at most `side` px."""

    def reader(self, root: Root, frame: pd.DataFrame, settings: Mapping[str, Any]) -> Reader:
        """Return what reads and encodes the file of each row."""
        paths = frame["path"].astype(str).to_numpy(dtype=object)
        return lambda row: self.encode(root.read(paths[row]), settings)

    def facts_of(self, root: Root, path: str) -> Mapping[str, Any]:
        """Return what the head of a file says."""
        return self.facts(root.read(path))

    def picture_of(self, root: Root, row: Mapping[str, Any], side: int) -> str:
        """Return a picture of the file of a row."""
        return self.picture(root.read(str(row["path"])), side)

    def alone(self, source: Path) -> Root:
        """Return the root that holds one file."""
        return FileRoot(source) if source.is_file() else open_root(source)
