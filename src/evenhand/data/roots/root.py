"""Roots, the sources of files: a folder, or a zip as it was downloaded. Every kind of data reads through a root."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

from evenhand.base.errors import DataError, nearest
from evenhand.base.storage.files.regular_file import check_regular
from evenhand.data.config import DataConfig
from evenhand.data.roots.folder_root import FolderRoot
from evenhand.data.roots.skipped import Skipped
from evenhand.data.roots.zip_root import ZipRoot

Links = Literal["inside", "follow"]


class Root(Protocol):
    """Files by name; picklable, and safe to read from many threads and processes at once.

    Attributes
    ----------
    path
        The folder or the zip.
    """

    @property
    def path(self) -> Path: ...

    def names(self) -> Sequence[str]:
        """Return the sorted posix names of the regular files, without hidden ones and clutter of systems."""

    def skipped(self) -> Sequence[Skipped]:
        """Return what was skipped, with reasons: broken links, encrypted entries, names that leave the root."""

    def empty_folders(self) -> Sequence[str]:
        """Return the sorted posix names of folders in which nothing is, or only clutter of systems."""

    def read(self, name: str) -> bytes:
        """Return the bytes of a file; raises `DataError` if it cannot be read."""

    def size(self, name: str) -> int:
        """Return the size of a file in bytes, unpacked."""

    def content(self, name: str) -> str:
        """Return the hash of a file's bytes: 16 hex digits (BLAKE2b)."""


def open_root(path: str | Path, *, encoding: str | None = None, links: Links = "inside") -> Root:
    """Return the root at `path`.

    Parameters
    ----------
    path
        A folder or a zip.
    encoding
        Code page of a zip's names that are not marked as UTF-8; None to guess it.
    links
        Which symbolic links in a folder are followed: to files "inside" it, or "follow" all.

    Raises
    ------
    DataError
        If it is empty, does not exist, is neither a folder nor a zip, or the zip is damaged or a bomb.
    """
    path = given_path(path)
    if path.is_dir():
        return FolderRoot(path, links)
    if path.is_symlink() and not path.exists():
        raise DataError(f"{path}: is a symbolic link that leads nowhere, or back to itself.")
    if not path.exists():
        raise DataError(f"{path}: there is no such folder or file.{_hint(path)}")
    try:
        check_regular(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Give a folder or a zip.") from None
    if not zipfile.is_zipfile(path):
        raise DataError(
            f"{path}: is neither a folder nor a zip{_damage(path)}. Give a folder or a zip; "
            "other archives must be unpacked first."
        )
    return ZipRoot(path, encoding)


def given_path(source: str | Path) -> Path:
    """Return the path that a person wrote; raises `DataError` if nothing is written.

    `Path("")` is the working folder, all of which an empty variable of a script would name.
    """
    if not str(source):
        raise DataError("The path of the data is empty. Name a folder, a zip or a file; . is the working folder.")
    return Path(source)


def root_of(data: DataConfig) -> Root:
    """Return the root that the section [data] configures."""
    return open_root(data.root, encoding=data.zip_encoding, links=data.links)


def _hint(path: Path) -> str:
    try:
        close = nearest(path.name, [item.name for item in path.parent.iterdir()])
    except OSError:
        return ""
    return f' Did you mean "{path.with_name(close)}"?' if close else ""


def _damage(path: Path) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        return f" ({error.strerror})"
    return " (it starts like a zip, but its end is missing: download it again)" if start[:2] == b"PK" else ""
