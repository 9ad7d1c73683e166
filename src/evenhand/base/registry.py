"""Registries: kinds, encoders, heads, losses, rules and the like, found by name.

A registry searches three places: objects registered by decorator, the modules of one package of ours (a new file
is a new entry; there is no list to edit), and third-party packages through an entry-point group. Modules are
imported on the first lookup, the one that is called as the entry before all others.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from evenhand.base.errors import EvenhandError, unknown

T = TypeVar("T")


class Registry(Generic[T]):
    """Objects of one sort by name.

    Parameters
    ----------
    what
        The sort in the singular, for messages ("head").
    group
        Entry-point group in which other packages register more.
    package
        A package of ours whose modules register by decorator when imported.
    nested
        Whether its subpackages are searched too.
    """

    def __init__(
        self, what: str, *, group: str | None = None, package: str | None = None, nested: bool = False
    ) -> None:
        self.what = what
        self._group = group
        self._package = package
        self._nested = nested
        self._registered: dict[str, T] = {}
        self._package_read = False
        self._entry_points: list[EntryPoint] | None = None

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that registers its object under `name`."""

        def add(thing: T) -> T:
            known = self._registered.get(name)
            # The same module may register again: `importlib.reload` and doctests run it twice.
            if known is not None and getattr(known, "__module__", None) != getattr(thing, "__module__", None):
                raise EvenhandError(f'A second {self.what} named "{name}" was registered; names must differ.')
            self._registered[name] = thing
            return thing

        return add

    def get(self, name: str) -> T:
        """Return the object registered under `name`.

        Raises
        ------
        EvenhandError
            If there is none; the message lists the known names and the nearest one.
        """
        if name not in self._registered:
            self._read_module(name)
        if name not in self._registered:
            self._read_package()
        if name not in self._registered:  # ours take precedence over a third party's of the same name
            for entry in self._external_entries():
                if entry.name == name:
                    self._registered[name] = cast(T, entry.load())
        if name not in self._registered:
            raise EvenhandError(unknown(self.what, name, self.names()))
        return self._registered[name]

    def names(self) -> list[str]:
        """Return every known name, sorted; third-party packages are not imported for it."""
        self._read_package()
        return sorted({*self._registered, *(entry.name for entry in self._external_entries())})

    def __getitem__(self, name: str) -> T:
        return self.get(name)

    def __iter__(self) -> Iterator[tuple[str, T]]:
        for name in self.names():
            yield name, self.get(name)

    def __contains__(self, name: str) -> bool:
        return name in self.names()

    def _external_entries(self) -> list[EntryPoint]:
        if self._entry_points is None:  # scanning the installed packages takes tens of milliseconds
            self._entry_points = list(entry_points(group=self._group)) if self._group else []
        return self._entry_points

    def _read_module(self, name: str) -> None:
        """Import the module that is called as an entry, which nearly always registers it.

        All of them take long: the kinds of data alone a second.
        """
        if self._package is None or self._package_read or not name.isidentifier():
            return
        if importlib.util.find_spec(f"{self._package}.{name}") is not None:
            importlib.import_module(f"{self._package}.{name}")

    def _read_package(self) -> None:
        if self._package is None or self._package_read:
            return
        self._package_read = True  # before the imports: a module may look up another entry while it is imported
        package = importlib.import_module(self._package)
        found = pkgutil.walk_packages if self._nested else pkgutil.iter_modules
        for module in found(package.__path__, f"{self._package}."):
            importlib.import_module(module.name)
