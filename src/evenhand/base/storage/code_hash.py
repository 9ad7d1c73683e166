"""A hash of the code that computes something, so that cached results are recomputed when their code changes.

A version number raised by hand gets forgotten, and results of yesterday's code would then pass for today's.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec, resolve_name


@cache
def source_mark(*modules: str, within: str | None = None) -> str:
    """Return a hash of the source of some modules and of what they import from their own packages.

    Parameters
    ----------
    modules
        Their full names. Modules of the same folder that they import, directly or transitively, are included;
        imports from elsewhere are not.
    within
        A package. Imports from it, at any depth, are included too.

    Returns
    -------
    str
        32 hexadecimal digits: BLAKE2b over the names and sources, independent of the order of `modules`.

    Raises
    ------
    ModuleNotFoundError
        If a module does not exist.

    Examples
    --------
    >>> source_mark("evenhand.base.storage.code_hash") == source_mark("evenhand.base.storage.code_hash")
    True
    """
    digest = hashlib.blake2b(digest_size=16)
    for name, source in sorted(sources(*modules, within=within).items()):
        # With lengths, so that text moved from one module to the next gives another hash.
        digest.update(f"{name}\0{len(source)}\0".encode() + source)
    return digest.hexdigest()


def sources(*modules: str, within: str | None = None) -> dict[str, bytes]:
    """Return the source of some modules, and of those imported from their folders or from `within`, by name."""
    found: dict[str, bytes] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _source(name)
            waiting += _imported_siblings(name, found[name], within)
    return found


def _source(name: str) -> bytes:
    spec = _spec(name)
    data = getattr(spec.loader, "get_data", None) if spec is not None else None
    if spec is None or spec.origin is None or data is None:
        raise ModuleNotFoundError(f"There is no source of a module {name}.", name=name)
    return bytes(data(spec.origin))


def _imported_siblings(name: str, source: bytes, within: str | None) -> set[str]:
    """Return the modules that one imports from its own folder or from the package `within`."""
    folder = name.rpartition(".")[0]
    named: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), folder)
            # `from package import name`: whether the name is a module or an object is found out below.
            named |= {origin} | {f"{origin}.{alias.name}" for alias in node.names}
    beside = {one for one in named if one.rpartition(".")[0] == folder or _inside(one, within)} - {name}
    return {one for one in beside if _spec(one) is not None}


def _inside(name: str, package: str | None) -> bool:
    return package is not None and name.startswith(f"{package}.")


def _spec(name: str) -> ModuleSpec | None:
    """Return the spec of a module, or None; unlike `find_spec`, without importing its parent packages.

    Those may need torch, or register things; hashing must do neither.
    """
    package = name.rpartition(".")[0]
    if not package:
        return find_spec(name)
    above = _spec(package)
    if above is None or above.submodule_search_locations is None:
        return None
    return PathFinder.find_spec(name, list(above.submodule_search_locations))
