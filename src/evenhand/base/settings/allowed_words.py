"""What a key allows, in words for a person who writes TOML, in place of the phrases of pydantic."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_WORDS = {
    "string_type": "a text in quotation marks",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "list_type": "a list in brackets, [ … ]",
    "tuple_type": "a list in brackets, [ … ]",
    "set_type": "a list in brackets, [ … ]",
    "dict_type": "a table, { key = value }",
    "model_type": "a table, { key = value }",
    "model_attributes_type": "a table, { key = value }",
}
"""Type of an error of pydantic -> what is allowed."""


def allowed_words(item: Mapping[str, Any]) -> str:
    """Return what is allowed where pydantic reports an error, without a full stop.

    >>> allowed_words({"type": "bool_parsing", "msg": "Input should be a valid boolean, unable to interpret input"})
    'allowed is true or false'
    >>> allowed_words({"type": "too_short", "ctx": {"min_length": 1}, "msg": "Dictionary …"})
    'at least 1 entry is needed'
    """
    kind, limits = str(item["type"]), item.get("ctx") or {}
    if kind == "value_error":
        return str(item["msg"]).removeprefix("Value error, ").rstrip(".")
    if kind in ("too_short", "string_too_short"):
        return (
            f"at least {_counted(limits['min_length'], kind)} {'is' if limits['min_length'] == 1 else 'are'} needed"
        )
    if kind in ("too_long", "string_too_long"):
        return f"allowed are at most {_counted(limits['max_length'], kind)}"
    if kind in ("int_type", "int_from_float") and (whole := _whole(item.get("input"))):
        return f"allowed is a whole number, without a decimal point: {whole}"
    if kind in ("bool_type", "int_type", "float_type") and _is_quoted(item.get("input")):
        return f"allowed is {_WORDS[kind]}, without quotation marks"
    plain = str(item["msg"]).removeprefix("Input should be ").rstrip(".")
    return f"allowed is {_WORDS.get(kind, plain)}"


def found_words(value: Any) -> str:
    """Return what was found: the value as written, or that it is a table.

    >>> found_words({}), found_words({"a": 1}), found_words("x"), found_words(True)
    ('found an empty table', 'found a table', "found 'x'", 'found true')
    """
    if isinstance(value, dict):
        return "found a table" if value else "found an empty table"
    return f"found {str(value).lower()}" if isinstance(value, bool) else f"found {value!r}"


def _whole(value: Any) -> str:
    """Return a float that is a whole number as one, or ""."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else ""


def _is_quoted(value: Any) -> bool:
    """Whether a text is a number or a truth value that somebody put in quotation marks."""
    if not isinstance(value, str):
        return False
    return value in ("true", "false") or re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?", value) is not None


def _counted(number: int, kind: str) -> str:
    one, more = ("character", "characters") if kind.startswith("string") else ("entry", "entries")
    return f"{number:,} {one if number == 1 else more}"
