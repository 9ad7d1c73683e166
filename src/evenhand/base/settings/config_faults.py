"""What pydantic reports about a section, as faults for a person: the key, what was found, what is allowed."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from evenhand.base.errors import Fault, nearest
from evenhand.base.settings.allowed_words import allowed_words, found_words
from evenhand.base.settings.key_faults import KeyFaults
from evenhand.base.settings.toml_lines import Key

_MOST_HINTS = 200
"""Faults for which a similar name is searched, which costs a millisecond each."""
_MOST_HOMES = 3
"""Sections with a key that are named to somebody who wrote it elsewhere; others have it for a common word."""
_ALLOWED = "allowed is "


def faults_of(
    error: ValidationError,
    cls: type[BaseModel],
    lines: Mapping[Key, int],
    prefix: Key = (),
    whole: type[BaseModel] | None = None,
) -> list[Fault]:
    """Return pydantic's errors as faults, in the order of the lines.

    Parameters
    ----------
    whole
        Class of the whole configuration, to name the section that an unknown key belongs to; by default `cls`.
    """
    items = [one for item in error.errors(include_url=False) for one in _by_key(dict(item))]
    faults = [
        _fault(item, cls, lines, prefix, whole or cls, hint=at < _MOST_HINTS) for at, item in enumerate(items)
    ]
    return sorted(_joined(faults), key=lambda fault: (fault.line or 0, fault.key))


def _joined(faults: Sequence[Fault]) -> list[Fault]:
    """Return faults with those of one value joined, of which each type that its key allows reports its own."""
    out: list[Fault] = []
    typed: dict[tuple[str, str], int] = {}
    for fault in faults:
        at = typed.get((fault.key, fault.found)) if fault.allowed.startswith(_ALLOWED) else None
        if at is None:
            if fault.allowed.startswith(_ALLOWED):
                typed[fault.key, fault.found] = len(out)
            out.append(fault)
        elif (words := fault.allowed.removeprefix(_ALLOWED)) not in out[at].allowed:
            close = out[at].nearest or fault.nearest
            out[at] = replace(out[at], allowed=f"{out[at].allowed}, or {words}", nearest=close)
    return out


def _by_key(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an error of a section as one error of each key that its validator named, or as it is."""
    error = (item.get("ctx") or {}).get("error")
    if not isinstance(error, KeyFaults):
        yield item
        return
    for key, allowed in error.faults:
        at, value = key, item["input"]
        with suppress(KeyError, IndexError, TypeError):  # a key that is not written has its section's line
            for part in key:
                value = value[part]
        yield {**item, "loc": (*item["loc"], *at), "input": value, "msg": allowed}


def _fault(
    item: dict[str, Any],
    cls: type[BaseModel],
    lines: Mapping[Key, int],
    prefix: Key,
    whole: type[BaseModel],
    *,
    hint: bool,
) -> Fault:
    location = item["loc"]
    # The location of an error inside a union also names the branch that was tried ("list[str]"), not a key. For
    # these two types the last part is always a key, even if it is spelled like a branch ("str").
    named = len(location) if item["type"] in ("extra_forbidden", "missing") else 1
    local = tuple(part for at, part in enumerate(location) if at in (0, named - 1) or not _is_branch(part))
    path = (*prefix, *local)
    line = next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)
    key = _dotted(path)
    if item["type"] == "extra_forbidden":
        fields = _class_at(cls, local[:-1]).model_fields
        known = [info.alias or name for name, info in fields.items()]
        allowed = f"known here: {', '.join(known)}" if known else "none are known here: leave it out"
        homes = [home for home, name in _keys(whole, ()) if name == local[-1]]
        if 0 < len(homes) <= _MOST_HOMES:
            return Fault(key, "is not a key", f"it belongs to {' or '.join(homes)}; {allowed}", line)
        close = nearest(str(local[-1]), known) if hint else None
        return Fault(key, "is not a key", allowed, line, close)
    if item["type"] == "missing":
        return Fault(key, "is missing", _description(cls, local) or "it is required", line)
    words = _choices(cls, local)
    close = nearest(str(item["input"]), words) if words and hint else None
    return Fault(key, found_words(item["input"]), allowed_words(item), line, close)


def _keys(cls: type[BaseModel], path: tuple[str, ...], *, several: bool = False) -> Iterator[tuple[str, str]]:
    """Yield each key of a section and of those below it, after the section as its header is written."""
    header = f"[[{'.'.join(path)}]]" if several else f"[{'.'.join(path)}]"
    for name, info in cls.model_fields.items():
        yield header if path else "the top of the file", info.alias or name
        inner = section_in(info.annotation)
        if inner is not None and inner is not cls:
            yield from _keys(inner, (*path, name), several=typing.get_origin(info.annotation) is list)


def _is_branch(part: int | str) -> bool:
    """Return whether a part of pydantic's location names a branch of a union rather than a key."""
    return isinstance(part, str) and (
        part.startswith(("function-", "constrained-", "literal[", "list[", "dict[", "tuple[", "model["))
        or part in {"str", "int", "float", "bool", "none", "lax-or-strict"}
    )


def _dotted(path: Key) -> str:
    out = ""
    for part in path:
        out += f"[{part}]" if isinstance(part, int) else ("." if out else "") + str(part)
    return out


def _class_at(cls: type[BaseModel], path: Sequence[int | str]) -> type[BaseModel]:
    """Return the section class that holds the keys below `path`."""
    for part in path:
        if isinstance(part, int):
            continue
        info = cls.model_fields.get(str(part))
        inner = section_in(info.annotation) if info else None
        if inner is None:
            return cls
        cls = inner
    return cls


def section_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section class within an annotation, or None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in typing.get_args(annotation) if (found := section_in(arg))), None)


def _field(cls: type[BaseModel], path: Sequence[int | str]) -> FieldInfo | None:
    names = [part for part in path if not isinstance(part, int)]
    return _class_at(cls, names[:-1]).model_fields.get(str(names[-1])) if names else None


def _description(cls: type[BaseModel], path: Sequence[int | str]) -> str:
    info = _field(cls, path)
    return (info.description or "").rstrip(".") if info else ""


def _choices(cls: type[BaseModel], path: Sequence[int | str]) -> list[str]:
    info = _field(cls, path)
    return [str(word) for word in literals(info.annotation)] if info else []


def literals(annotation: Any) -> list[Any]:
    """Return the values that the `Literal` in a field's annotation allows, or an empty list."""
    if typing.get_origin(annotation) is Literal:
        return list(typing.get_args(annotation))
    return [word for arg in typing.get_args(annotation) for word in literals(arg)]
