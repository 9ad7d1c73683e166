"""Write the pages that are made from the code: the configuration, the shell, and a page per rule."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from evenhand.base.storage.files.atomic import write_text
from evenhand.pipeline.verbs.keys import keys, sections

HERE = Path(__file__).parent
OUT = HERE / "reference" / "generated"
VERBS = (
    "init",
    "check",
    "split",
    "run",
    "runs",
    "ablation",
    "evaluate",
    "predict",
    "doctor",
    "ensemble",
    "compare",
    "audit",
    "review",
    "diagnose",
    "retrieve",
    "earliness",
    "submit",
    "report",
    "journal",
    "keys",
    "cache",
    "verify",
    "env",
    "demo",
)


def main() -> None:
    """Write every page."""
    OUT.mkdir(parents=True, exist_ok=True)
    write_text(OUT / "configuration.md", configuration())
    write_text(OUT / "shell.md", shell())
    subprocess.run([sys.executable, str(HERE / "make_rules.py")], check=True)


def configuration() -> str:
    """Return the reference of every key."""
    description = (
        "Every key with its type, its default and what it does. `--set KEY=VALUE` sets any of them; "
        "`evenhand keys SECTION` prints the same in a terminal."
    )
    parts = [f"# Configuration\n\n{description}\n"]
    table = keys()
    for title, _, about in sections():
        lines = [
            f"## `{title or 'before any table'}`\n",
            f"{about}\n",
            "| key | type | default | what it does |",
            "|---|---|---|---|",
        ]
        rows = table[table["section"] == title]
        lines += [f"| `{r.key}` | `{r.type}` | {r.default} | {r.description} |" for r in rows.itertuples()]
        parts.append("\n".join([*lines, ""]))
    return "\n".join(parts)


def shell() -> str:
    """Return the help text of every verb."""
    description = "Every verb is also a function of the package. `--json` prints one document instead of words."
    parts = [f"# The shell\n\n{description}\n"]
    for verb in ("", *VERBS):
        command = [sys.executable, "-m", "evenhand", *([verb] if verb else []), "--help"]
        environment = {"TERM": "dumb", "COLUMNS": "96", "NO_COLOR": "1", "PATH": ""}
        text = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
        parts.append(f"## `evenhand {verb}`\n\n```text\n{text.strip()}\n```\n".replace("evenhand `", "evenhand`"))
    return "\n".join(parts)


if __name__ == "__main__":
    main()
