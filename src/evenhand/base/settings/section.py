"""Configuration: sections declared next to the code that uses them; all faults of a TOML file are reported at once.

A section is a class of `option` fields. `read_toml` gives plain values and the line of every key;
`check` validates them against a class; what pydantic found becomes `Fault`s for a person (`config_faults`).
"""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import tomlkit
import tomlkit.exceptions
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticKnownError, PydanticUndefined

from evenhand.base.errors import ConfigError, Fault, nearest
from evenhand.base.settings.config_faults import faults_of
from evenhand.base.settings.toml_lines import Key, key_lines
from evenhand.base.storage.files.regular_file import read_regular
from evenhand.base.text.number_text import is_number

S = TypeVar("S", bound=BaseModel)

MOST_BYTES = 1_000_000
"""Largest configuration that is read: its parser takes seconds for a megabyte."""


class Unset(str):
    """The bare word `none` after `--set KEY=`: no value if the key is optional, else the word itself."""


class Section(BaseModel):
    """A table of the configuration: frozen, without unknown keys, numbers finite, each key with a description.

    Neither `true` nor "1" is the number 1.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        use_attribute_docstrings=False,
        allow_inf_nan=False,
    )

    @model_validator(mode="before")
    @classmethod
    def _without_value(cls, values: Any) -> Any:
        """Read "none" as no value: TOML has no null, and `--set` must be able to unset a key of the file.

        Where the key takes any text, "none" may be a real name (of a column); there only the bare word counts.
        """
        if isinstance(values, dict):
            return {key: None if cls._unset(key, value) else value for key, value in values.items()}
        return values

    @field_validator("*", mode="before")
    @classmethod
    def _a_number_where_one_is_meant(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse `true` and "1" for a number, which pydantic takes; tuples for lists and the like stay allowed."""
        annotation = cls.model_fields[str(info.field_name)].annotation
        kinds = {annotation, *typing.get_args(annotation)}
        if kinds & {int, float} and (
            (isinstance(value, bool) and bool not in kinds)
            or (isinstance(value, str) and str not in kinds and is_number(value))
        ):
            raise PydanticKnownError("int_type" if int in kinds else "float_type")
        return value

    @classmethod
    def _unset(cls, key: str, value: Any) -> bool:
        info = cls.model_fields.get(key)
        # a default other than None means that the key has no "no value": "none" is a word like others there
        if info is None or value != "none" or not isinstance(value, str) or info.default is not None:
            return False
        kinds = typing.get_args(info.annotation)
        return type(None) in kinds and (isinstance(value, Unset) or str not in kinds)

    def plain(self) -> dict[str, Any]:
        """Return the section as plain values that TOML can hold (keys without a value are left out)."""
        return self.model_dump(mode="json", exclude_none=True)


def option(default: Any = PydanticUndefined, *, description: str, unit: str = "", **limits: Any) -> Any:
    """Declare one key: its default, a description in one sentence, its unit and its limits (ge, gt, le, lt).

    Without a default the key is required.
    """
    extra: dict[str, Any] | None = {"unit": unit} if unit else None
    if isinstance(default, (dict, list)):
        value = default
        return Field(
            default_factory=lambda: type(value)(value), description=description, json_schema_extra=extra, **limits
        )
    return Field(default, description=description, json_schema_extra=extra, **limits)


def read_toml(text: str, source: str) -> tuple[dict[str, Any], dict[Key, int]]:
    """Return the plain values of a TOML text, and the line of each key path.

    Raises
    ------
    ConfigError
        If the text is not TOML; the fault names the line.
    """
    try:
        values = tomlkit.parse(text).unwrap()
    except tomlkit.exceptions.ParseError as error:
        fault = Fault("TOML", str(error).split(" at line ")[0], "this is not valid TOML", line=error.line)
        raise ConfigError(source, [fault]) from None
    except tomlkit.exceptions.TOMLKitError as error:
        raise ConfigError(source, [Fault("TOML", str(error), "this is not valid TOML")]) from None
    except RecursionError:
        raise ConfigError(
            source, [Fault("TOML", "tables or lists are nested too deeply", "this is not read")]
        ) from None
    return values, key_lines(text)


def read_value(text: str) -> Any:
    """Return the plain value of one TOML value: a number, a quoted string, a list, a table in braces.

    Raises
    ------
    ValueError
        If the text is not one; the message is the parser's.
    """
    try:
        return tomlkit.parse(f"value = {text.strip()}").unwrap()["value"]
    except tomlkit.exceptions.TOMLKitError as error:
        raise ValueError(str(error)) from None


def read_file(path: Path) -> str:
    """Return the text of a configuration file.

    Raises
    ------
    ConfigError
        If it does not exist, is not a regular file, is too large, or is not UTF-8.
    """
    try:
        return read_regular(path, most=MOST_BYTES).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError:
        found, allowed = (
            "there is no such file",
            'give the path of a TOML file, or make one with "evenhand init"',
        )
    except IsADirectoryError:
        found, allowed = "is a folder", 'give a TOML file; "evenhand init FOLDER" makes one'
    except UnicodeDecodeError as error:
        found, allowed = f"byte {error.start} is not UTF-8", "save the file as UTF-8"
    except OSError as error:
        found, allowed = f"cannot be read ({error.strerror})", "give a TOML file that you may read"
    raise ConfigError(str(path), [Fault("file", found, allowed)])


def set_dotted(values: dict[str, Any], assignment: str) -> None:
    """Apply one `KEY=VALUE` (dotted key, TOML value or bare word) to nested plain values, in place.

    An element of a list of tables (models) is addressed by position or by name: `model.lite0.head=mlp`.
    """
    key, sep, text = assignment.partition("=")
    if not sep or not key.strip():
        raise ConfigError("--set", [Fault(assignment, "is not KEY=VALUE", "for example: train.epochs=5")])
    try:
        value = read_value(text)
    except ValueError:
        value = Unset("none") if text.strip() == "none" else text.strip()
    put(values, tuple(key.strip().split(".")), value)


def put(values: Any, path: Sequence[str], value: Any) -> None:
    """Set `value` at a key path in nested plain values, creating tables on the way."""
    for depth, part in enumerate(path):
        here = ".".join(path[: depth + 1])
        last = depth == len(path) - 1
        if isinstance(values, list):
            at = _position(values, part, here)
            if last:
                values[at] = value
                return
            values = values[at]
        elif not isinstance(values, dict):
            raise ConfigError("--set", [Fault(here, "is below a plain value", "only tables hold further keys")])
        elif last:
            values[part] = value
        else:
            values = values.setdefault(part, {})


def merged(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `override` merged into it, table by table.

    A table whose `name` differs replaces the one in `base`: the options of two losses have nothing in common.

    >>> merged({"a": {"name": "x", "p": 1}, "b": {"q": 1}}, {"a": {"name": "y"}, "b": {"r": 2}})
    {'a': {'name': 'y'}, 'b': {'q': 1, 'r': 2}}
    """
    out = dict(base)
    for key, value in override.items():
        below = out.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping) and _same_name(below, value):
            out[key] = merged(below, value)
        else:
            out[key] = value
    return out


def _same_name(below: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    """Return whether two tables have the same `name`, or none."""
    return "name" not in below or value.get("name", below["name"]) == below["name"]


def _position(tables: list[Any], part: str, here: str) -> int:
    if part.isdecimal() and int(part) < len(tables):
        return int(part)
    names = [str(t.get("name", "")) for t in tables if isinstance(t, dict)]
    if part in names:
        return names.index(part)
    allowed = f"known are: {', '.join(n for n in names if n)} or a position below {len(tables)}"
    raise ConfigError("--set", [Fault(here, "is not there", allowed, nearest=nearest(part, names))])


def check(cls: type[S], values: Mapping[str, Any], source: str, lines: Mapping[Key, int] | None = None,
          prefix: Key = (), whole: type[BaseModel] | None = None) -> S:  # fmt: skip
    """Return `values` as an instance of `cls`, a section at `prefix` of the configuration `whole`.

    Raises
    ------
    ConfigError
        With one `Fault` per error.
    """
    try:
        return cls.model_validate(dict(values))
    except ValidationError as error:
        raise ConfigError(source, faults_of(error, cls, lines or {}, prefix, whole)) from None
