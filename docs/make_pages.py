"""Write the pages that are made from the code: the configuration, the shell, and a page per rule."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from evenhand.base.config import literals, section_in
from evenhand.base.files import to_json, write_text
from evenhand.modalities import KINDS
from evenhand.settings import Settings

HERE = Path(__file__).parent
OUT = HERE / "generated"
VERBS = (
    "init",
    "check",
    "split",
    "run",
    "runs",
    "predict",
    "doctor",
    "ensemble",
    "compare",
    "audit",
    "submit",
    "report",
    "cache",
    "demo",
)


def main() -> None:
    """Write every page."""
    OUT.mkdir(exist_ok=True)
    write_text(OUT / "configuration.md", configuration())
    write_text(OUT / "shell.md", shell())
    subprocess.run([sys.executable, str(HERE / "make_rules.py")], check=True)


def configuration() -> str:
    """Return the reference of every key."""
    says = "Every key with its type, its default and what it does. `--set KEY=VALUE` sets any of them."
    parts = [f"# Configuration\n\n{says}\n"]
    for name, info in Settings.model_fields.items():
        inner = section_in(info.annotation)
        if inner is not None:
            title = f"[[{name}]]" if "list" in str(info.annotation) else f"[{name}]"
            parts.append(section(title, inner, info.description or ""))
    parts += [section(f"[{kind.name}]", kind.config, f"What is special to {kind.name}.") for _, kind in KINDS]
    return "\n".join(parts)


def section(title: str, cls: type[BaseModel], says: str) -> str:
    """Return one section with a table of its keys, and the sections below it."""
    lines = [f"## `{title}`\n", f"{says}\n", "| key | type | default | what it does |", "|---|---|---|---|"]
    below = []
    for key, info in cls.model_fields.items():
        lines.append(f"| `{key}` | {type_words(info)} | {default_words(info)} | {info.description or ''} |")
        inner = section_in(info.annotation)
        if inner is not None:
            below.append(section(f"{title.strip('[]')}.{key}", inner, info.description or ""))
    return "\n".join([*lines, "", *below])


def type_words(info: FieldInfo) -> str:
    """Return a field's type, unit and limits in words."""
    words = literals(info.annotation)
    text = ", ".join(f"`{word}`" for word in words) if words else f"`{short(info.annotation)}`"
    extra: Any = info.json_schema_extra or {}
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    limits = [f"{signs[n]} {getattr(m, n)}" for m in info.metadata for n in signs if hasattr(m, n)]
    return " ".join([text, extra.get("unit", ""), ", ".join(limits)]).strip().replace("|", "or")


def short(annotation: Any) -> str:
    """Return a type's name without its module."""
    text = (
        annotation.__name__
        if isinstance(annotation, type) and not hasattr(annotation, "__args__")
        else str(annotation)
    )
    return text.replace("typing.", "").replace("NoneType", "none").split("evenhand.")[-1]


def default_words(info: FieldInfo) -> str:
    """Return a field's default as TOML would write it."""
    value = info.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        return "must be given"
    if value is None:
        return "none"
    return "as below" if isinstance(value, BaseModel) else f"`{to_json(value)}`"


def shell() -> str:
    """Return the help text of every verb."""
    says = "Every verb is also a function of the package. `--json` prints one document instead of words."
    parts = [f"# The shell\n\n{says}\n"]
    for verb in ("", *VERBS):
        command = [sys.executable, "-m", "evenhand", *([verb] if verb else []), "--help"]
        environment = {"TERM": "dumb", "COLUMNS": "96", "NO_COLOR": "1", "PATH": ""}
        text = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
        parts.append(f"## `evenhand {verb}`\n\n```text\n{text.strip()}\n```\n".replace("evenhand `", "evenhand`"))
    return "\n".join(parts)


if __name__ == "__main__":
    main()
