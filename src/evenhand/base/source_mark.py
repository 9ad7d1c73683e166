"""A mark of the code that computes something, so that what is kept on disk is made anew when its code changes.

A version number that somebody has to raise by hand is forgotten: what was computed by yesterday's code then passes
for today's.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
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
    >>> source_mark("evenhand.base.source_mark") == source_mark("evenhand.base.source_mark")
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
    spec = find_spec(name)
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
    return {one for one in beside if _is_module(one)}


def _inside(name: str, package: str | None) -> bool:
    return package is not None and name.startswith(f"{package}.")


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a name within a module, asked for as if the module were a package
        return False
