"""`keys`: the reference of the configuration, generated from its sections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from evenhand.base.errors import EvenhandError, unknown
from evenhand.base.settings.config_faults import literals, section_in
from evenhand.base.storage.files.atomic import to_json
from evenhand.modalities import KINDS
from evenhand.models.config import ModelConfig
from evenhand.settings.load import Settings

OF_A_MODEL = tuple(name for name in ModelConfig.model_fields if name in Settings.model_fields)
"""Sections that a model can override, in [model.train] and the like."""
TOP = ""
"""The section of the keys before any table."""


def keys(section: str | None = None) -> pd.DataFrame:
    """Return every key of the configuration with its type, its default and what it does.

    Parameters
    ----------
    section
        A section such as "train", a nested one such as "folds.test", or the overrides of a model such as
        "model.train"; by default all sections.

    Returns
    -------
    DataFrame
        section (as a TOML header, such as "[train]" or "[[model]]"), key, type, default, description.

    Raises
    ------
    EvenhandError
        If there is no such section; the message suggests the nearest name.
    """
    table = pd.DataFrame(
        [(title, *row) for title, cls, _ in sections() for row in _rows(cls)],
        columns=["section", "key", "type", "default", "description"],
    )
    if section is None:
        return table
    wanted = section.strip("[] ")
    base = wanted.removeprefix("model.")
    if base != wanted and base.partition(".")[0] in OF_A_MODEL:
        general = keys(base)
        return general.assign(section=general["section"].str.replace(r"^(\[+)", r"\1model.", regex=True))
    names = table["section"].str.strip("[]")
    chosen = table[(names == wanted) | names.str.startswith(f"{wanted}.")] if wanted else table[names == TOP]
    if chosen.empty:
        raise EvenhandError(unknown("section of the configuration", wanted, {n for n in names if n}))
    return chosen.reset_index(drop=True)


def sections() -> Iterator[tuple[str, type[BaseModel], str]]:
    """Yield the header, the class and the description of each section, those of kinds of data last."""
    yield TOP, Settings, "Keys before any table."
    for name, info in Settings.model_fields.items():
        inner = section_in(info.annotation)
        if inner is not None:
            title = f"[[{name}]]" if "list" in str(info.annotation) else f"[{name}]"
            yield from _with_inner(title, inner, info.description or "")
    for _, kind in KINDS:
        yield from _with_inner(f"[{kind.name}]", kind.config, f"Options of {kind.name}.")


def _with_inner(title: str, cls: type[BaseModel], description: str) -> Iterator[tuple[str, type[BaseModel], str]]:
    yield title, cls, description
    for key, info in cls.model_fields.items():
        inner = section_in(info.annotation)
        if inner is not None:
            of_list = "list[" in str(info.annotation)
            name = f"{title.strip('[]')}.{key}"
            yield from _with_inner(f"[[{name}]]" if of_list else f"[{name}]", inner, info.description or "")


def _rows(cls: type[BaseModel]) -> Iterator[tuple[str, str, str, str]]:
    for key, info in cls.model_fields.items():
        if cls is Settings and section_in(info.annotation) is not None:
            continue  # has a section of its own
        yield info.alias or key, type_words(info), default_words(info), info.description or ""


def type_words(info: FieldInfo) -> str:
    """Return the type, unit and limits of a field as text."""
    words = literals(info.annotation)
    text = ", ".join(f'"{word}"' for word in words) if words else _short(info.annotation)
    extra: Any = info.json_schema_extra or {}
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    limits = [f"{signs[n]} {getattr(m, n)}" for m in info.metadata for n in signs if hasattr(m, n)]
    return " ".join(filter(None, [text, extra.get("unit", ""), ", ".join(limits)])).replace("|", "or")


def _short(annotation: Any) -> str:
    plain = isinstance(annotation, type) and not hasattr(annotation, "__args__")
    if plain and issubclass(annotation, BaseModel):
        return "table"
    text = annotation.__name__ if plain else str(annotation)
    inner = section_in(annotation)
    if inner is not None:
        text = text.replace(f"{inner.__module__}.{inner.__qualname__}", "table")
    return text.replace("typing.", "").replace("NoneType", "none").replace("None", "none")


def default_words(info: FieldInfo) -> str:
    """Return the default of a field as TOML text."""
    value = info.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "must be given"
    if value is None:
        return "none"
    return "as below" if isinstance(value, BaseModel) else to_json(value)
