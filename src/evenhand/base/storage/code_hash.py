"""A mark of the code that computes something, so that what is kept on disk is made anew when its code changes.

A version number that somebody has to raise by hand is forgotten: what was computed by yesterday's code then passes
for today's.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec, resolve_name


@cache
def source_mark(*modules: str, within: str | None = None) -> str:
    """Return a mark of the source of some modules and of all that they import from their own packages.

    Parameters
    ----------
    modules
        Their full names. Modules in the same folder that they import, directly or through others, belong to them;
        what they import from elsewhere does not.
    within
        A package. What is imported from it, at any depth, belongs to them too.

    Returns
    -------
    str
        32 hexadecimal digits: BLAKE2b over the names and sources, independent of the order of `modules`.

    Raises
    ------
    ModuleNotFoundError
        If there is no such module.

    Examples
    --------
    >>> source_mark("evenhand.base.storage.code_hash") == source_mark("evenhand.base.storage.code_hash")
    True
    """
    digest = hashlib.blake2b(digest_size=16)
    for name, source in sorted(sources(*modules, within=within).items()):
        digest.update(f"{name}\0{len(source)}\0".encode() + source)
    return digest.hexdigest()


def sources(*modules: str, within: str | None = None) -> dict[str, bytes]:
    """Return the source of some modules, and of those that they import from their folders or `within`, by name."""
    found: dict[str, bytes] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _source(name)
            waiting += _beside(name, found[name], within)
    return found


def _source(name: str) -> bytes:
    spec = _spec(name)
    data = getattr(spec.loader, "get_data", None) if spec is not None else None
    if spec is None or spec.origin is None or data is None:
        raise ModuleNotFoundError(f"There is no source of a module {name}.", name=name)
    return bytes(data(spec.origin))


def _beside(name: str, source: bytes, within: str | None) -> set[str]:
    """Return the modules in the folder of one, or in the package `within`, that it imports."""
    folder = name.rpartition(".")[0]
    named: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), folder)
            named |= {origin} | {f"{origin}.{alias.name}" for alias in node.names}
    beside = {one for one in named if one.rpartition(".")[0] == folder or _inside(one, within)} - {name}
    return {one for one in beside if _spec(one) is not None}


def _inside(name: str, package: str | None) -> bool:
    return package is not None and name.startswith(f"{package}.")


def _spec(name: str) -> ModuleSpec | None:
    """Return where a module lies, or None; unlike `find_spec`, without importing the packages above it."""
    package = name.rpartition(".")[0]
    if not package:
        return find_spec(name)
    above = _spec(package)
    if above is None or above.submodule_search_locations is None:
        return None
    return PathFinder.find_spec(name, list(above.submodule_search_locations))
