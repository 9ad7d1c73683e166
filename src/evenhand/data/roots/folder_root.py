"""A folder as a root: the files below it, with symbolic links and undecodable names, but no way out of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from evenhand.base.errors import DataError
from evenhand.base.storage.files.disk_errors import raise_disk_fault
from evenhand.base.storage.files.regular_file import opener
from evenhand.data.roots import encodings
from evenhand.data.roots.content_hash import file_hash
from evenhand.data.roots.file_names import CACHE_SIGNATURE, CACHE_TAG, is_clutter
from evenhand.data.roots.skipped import Skipped

MOST_BYTES = 2**32
"""Largest file that is read whole; kinds of data have narrower limits of their own."""


@dataclass(frozen=True)
class FolderRoot:
    """The files below a folder.

    Parameters
    ----------
    path
        The folder.
    links
        Symbolic links to follow: "inside": those to files below the folder; "follow": all, also to folders. Each
        folder is entered once, so loops end.
    """

    path: Path
    links: Literal["inside", "follow"] = "inside"

    def names(self) -> Sequence[str]:
        return self._listing.names

    def skipped(self) -> Sequence[Skipped]:
        return self._listing.skipped

    def empty_folders(self) -> Sequence[str]:
        return self._listing.empty

    def read(self, name: str) -> bytes:
        try:
            with open(self._located(name), "rb", buffering=0, opener=opener) as file:
                _refuse_large(file.fileno())
                return file.readall()
        except OSError as error:
            raise_disk_fault(error, self.path / name)
            raise DataError(f"cannot be read ({_reason(error)})") from None
        except MemoryError:
            raise DataError("cannot be read (there is not enough memory for it)") from None

    def size(self, name: str) -> int:
        try:
            return os.stat(self._located(name)).st_size  # noqa: PTH116
        except OSError as error:
            raise_disk_fault(error, self.path / name)
            raise DataError(f"cannot be read ({_reason(error)})") from None

    def content(self, name: str) -> str:
        try:
            with open(self._located(name), "rb", buffering=0, opener=opener) as file:
                _refuse_large(file.fileno())
                return file_hash(file)
        except OSError as error:
            raise_disk_fault(error, self.path / name)
            raise DataError(f"cannot be read ({_reason(error)})") from None

    def _located(self, name: str) -> str:
        # Names come from tables and records too, not only from `names`.
        if name.startswith("/") or ".." in name.split("/") or "\0" in name:
            raise DataError("leads out of the root")
        path = f"{self._base}/{name}"
        # Only names that are not there as they are need another spelling, which the listing has. Nothing is listed
        # for it: `FileRoot` must not list its folder, and the root of a record may be a whole file system.
        if name.isascii() or os.path.exists(path):  # noqa: PTH110
            return path
        if "_listing" in self.__dict__:
            return f"{self._base}/{self._listing.renamed.get(name, name)}"
        return f"{self._base}/{self._spelling(name)}"

    def _spelling(self, name: str) -> str:
        """Return a name as the file system spells it, or as it is; only folders on its way are looked into."""
        ways = [""]
        for at, part in enumerate(parts := name.split("/")):
            last = at == len(parts) - 1
            ways = [
                f"{way}{entry}" if last else f"{way}{entry}/"
                for way in ways
                for entry in (part, *self._undecodable(way))
                if last or os.path.isdir(f"{self._base}/{way}{entry}")  # noqa: PTH112
            ]
        return next((way for way in ways if way != name and _text(way) == name), name)

    def _undecodable(self, folder: str) -> tuple[str, ...]:
        """Return the names in a folder that are not valid text."""
        known = self.__dict__.setdefault("_folders", {})
        if folder not in known:
            try:
                with os.scandir(f"{self._base}/{folder}") as entries:
                    known[folder] = tuple(sorted(e.name for e in entries if _text(e.name) != e.name))
            except OSError:
                known[folder] = ()
        return known[folder]  # type: ignore[no-any-return]

    @cached_property
    def _base(self) -> str:
        return str(self.path)

    @cached_property
    def _listing(self) -> _Listing:
        return _list(self.path, self.links)

    # Without the cached listing: a root that is sent to another process lists the folder itself.
    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def _refuse_large(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    if size > MOST_BYTES:
        raise DataError(f"has {size:,} bytes; a file of at most {MOST_BYTES:,} is read")


@dataclass(frozen=True)
class _Listing:
    """Names, skipped entries, the file system's spelling of names that are not valid text, and empty folders."""

    names: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    renamed: dict[str, str]
    empty: tuple[str, ...]


@dataclass(frozen=True)
class _EmptyFolder:
    """A folder in which nothing is."""

    name: str


def _list(folder: Path, links: str) -> _Listing:
    found: list[str] = []
    skipped: list[Skipped] = []
    empty: list[str] = []
    for item in _walk(str(folder), links):
        if isinstance(item, _EmptyFolder):
            empty.append(_text(item.name))
        elif isinstance(item, Skipped):
            skipped.append(Skipped(_text(item.name), item.reason))
        else:
            found.append(item)
    named = {_text(name): name for name in found}
    renamed = {text: name for text, name in named.items() if text != name}
    return _Listing(tuple(sorted(named)), tuple(skipped), renamed, tuple(sorted(empty)))


def _walk(folder: str, links: str) -> Iterator[str | Skipped | _EmptyFolder]:
    """Yield the posix name of each file below `folder`, an entry that is skipped and why, or an empty folder."""
    base = os.path.realpath(folder)
    entered: set[str] = set()
    # Linked folders come last: a folder that is also reached directly then has its own name, not that of the link.
    waiting, linked = [""], list[str]()
    while waiting or linked:
        prefix = waiting.pop() if waiting else linked.pop()
        target = os.path.realpath(f"{folder}/{prefix}")
        if target in entered:
            yield Skipped(prefix.rstrip("/"), "is a symbolic link to a folder that is read already")
            continue
        entered.add(target)
        entries = _entries(folder, prefix)
        if prefix and _is_cache(entries):
            continue  # the store's own arrays would pass for data of a kind whose rows are arrays
        if prefix and not entries:
            yield _EmptyFolder(prefix.rstrip("/"))
        for entry in entries:
            if isinstance(entry, Skipped):
                yield entry
                continue
            name = prefix + entry.name
            fault = _fault(entry, base, links)
            if fault:
                yield Skipped(name, fault)
            elif entry.is_dir():
                (linked if entry.is_symlink() else waiting).append(f"{name}/")
            else:
                yield name


def _entries(folder: str, prefix: str) -> list[os.DirEntry[str] | Skipped]:
    """Return the entries of one folder, without clutter; an unreadable folder is one skipped entry."""
    try:
        with os.scandir(f"{folder}/{prefix}") as entries:
            return sorted((e for e in entries if not is_clutter(e.name)), key=lambda entry: entry.name)
    except OSError as error:
        raise_disk_fault(error, f"{folder}/{prefix}")
        if not prefix:
            raise DataError(f"{folder}: cannot be read ({_reason(error)}). Check its permissions.") from None
        return [Skipped(prefix.rstrip("/"), f"the folder cannot be read ({_reason(error)})")]


def _is_cache(entries: Sequence[os.DirEntry[str] | Skipped]) -> bool:
    """Return whether a folder is marked as a cache, as the store of encoded rows is."""
    tag = next((e for e in entries if not isinstance(e, Skipped) and e.name == CACHE_TAG and e.is_file()), None)
    if tag is None:
        return False
    try:
        with open(tag.path, "rb") as file:  # noqa: PTH123
            return file.read(len(CACHE_SIGNATURE)) == CACHE_SIGNATURE
    except OSError:
        return False


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _fault(entry: os.DirEntry[str], base: str, links: str) -> str | None:
    """Return why an entry is skipped, or None."""
    if entry.is_symlink():
        return _link_fault(entry, base, links)
    regular = entry.is_file() or entry.is_dir()
    return None if regular else "is neither a file nor a folder"


def _link_fault(entry: os.DirEntry[str], base: str, links: str) -> str | None:
    target = os.path.realpath(entry.path)
    if not os.path.exists(target):  # noqa: PTH110  (a Path for each entry would double the time)
        return "is a broken symbolic link"
    if links == "follow":
        return None if entry.is_file() or entry.is_dir() else "is neither a file nor a folder"
    if os.path.commonpath([base, target]) != base:
        return 'is a symbolic link that leads out of the root (set data.links = "follow" to follow it)'
    if os.path.isdir(target):  # noqa: PTH112
        return 'is a symbolic link to a folder (set data.links = "follow" to follow it)'
    return None


def _text(name: str) -> str:
    """Return a name as valid text: bytes that are not UTF-8 are decoded in the code page that fits them best."""
    if name.isascii() or not any("\udc80" <= char <= "\udcff" for char in name):
        return name
    raw = os.fsencode(name)
    return encodings.decode(raw, encodings.guess([raw]))
