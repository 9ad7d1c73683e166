"""Documents, values, comments and `--set` options quoted for TOML and the shell, whatever names are in them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tomlkit

from evenhand.base.text.escaping import printable


def toml_document(values: Mapping[str, Any]) -> str:
    """Return nested plain values as a TOML text; keys that are None are left out, as TOML has no null."""
    return tomlkit.dumps(_plain(values))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def toml_value(value: Any) -> str:
    r"""Return a plain value as TOML on one line; invisible characters in strings are escaped.

    Parameters
    ----------
    value
        A string, number, boolean, or a list or dict of such.

    Examples
    --------
    >>> toml_value(["a", "b"]), toml_value(True), toml_value({"k": 5})
    ('["a", "b"]', 'true', '{k = 5}')
    >>> toml_value("a\u202e")
    '"a\\u202e"'
    """
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        table.update(value)
        text = table.as_string()
    else:
        text = tomlkit.item(value).as_string()
    return "".join(map(_escaped, text))


def _escaped(char: str) -> str:
    """Return a character of a basic string, escaped in TOML's way if it is invisible."""
    if printable(char) == char:
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def toml_comment(parts: str | Iterable[str]) -> str:
    r"""Return text for a TOML comment, on one line: a line break in a name from the data must not end the comment.

    >>> toml_comment(["a\n[submit]", "b"])
    'a\\n[submit], b'
    """
    return printable(parts if isinstance(parts, str) else ", ".join(parts))


def set_option(key: str, value: Any) -> str:
    """Return `--set KEY=VALUE` quoted for a POSIX shell.

    >>> print(set_option("data.drop", ["it's"]))
    --set 'data.drop=["it'"'"'s"]'
    """
    return f"--set {shlex.quote(f'{key}={toml_value(value)}')}"
