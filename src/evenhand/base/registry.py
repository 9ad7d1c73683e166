"""Registries: kinds, encoders, heads, losses, rules and the like, found by name.

A registry knows three places: what was registered by decorator, the modules of one package of ours
(a new file is a new entry, no list to edit), and other people's packages through an entry-point group.
Modules are imported when a name is asked for, not before.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from evenhand.base.errors import EvenhandError, unknown

T = TypeVar("T")


class Registry(Generic[T]):
    """Things of one sort by name.

    Parameters
    ----------
    what
        The sort in the singular, for messages ("head").
    group
        Entry-point group in which other packages offer more.
    package
        A package of ours whose modules register by decorator when imported.
    nested
        Whether modules in packages below it do so too.
    """

    def __init__(
        self, what: str, *, group: str | None = None, package: str | None = None, nested: bool = False
    ) -> None:
        self.what = what
        self._group = group
        self._package = package
        self._nested = nested
        self._things: dict[str, T] = {}
        self._package_read = False
        self._entries: list[EntryPoint] | None = None

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that files its object under `name`."""

        def file(thing: T) -> T:
            known = self._things.get(name)
            if known is not None and getattr(known, "__module__", None) != getattr(thing, "__module__", None):
                raise EvenhandError(f'A second {self.what} named "{name}" was registered; names must differ.')
            self._things[name] = thing
            return thing

        return file

    def get(self, name: str) -> T:
        """Return the thing filed under `name`.

        Raises
        ------
        EvenhandError
            If there is none; the message lists the known names and the nearest one.
        """
        if name not in self._things:
            self._read_package()
        if name not in self._things:
            for entry in self._foreign():
                if entry.name == name:
                    self._things[name] = cast(T, entry.load())
        if name not in self._things:
            raise EvenhandError(unknown(self.what, name, self.names()))
        return self._things[name]

    def names(self) -> list[str]:
        """Return every known name, sorted; other people's packages are not imported for it."""
        self._read_package()
        return sorted({*self._things, *(entry.name for entry in self._foreign())})

    def __iter__(self) -> Iterator[tuple[str, T]]:
        for name in self.names():
            yield name, self.get(name)

    def __contains__(self, name: str) -> bool:
        return name in self.names()

    def _foreign(self) -> list[EntryPoint]:
        if self._entries is None:  # reading what is installed takes tens of milliseconds
            self._entries = list(entry_points(group=self._group)) if self._group else []
        return self._entries

    def _read_package(self) -> None:
        if self._package is None or self._package_read:
            return
        self._package_read = True
        package = importlib.import_module(self._package)
        found = pkgutil.walk_packages if self._nested else pkgutil.iter_modules
        for module in found(package.__path__, f"{self._package}."):
            importlib.import_module(module.name)
