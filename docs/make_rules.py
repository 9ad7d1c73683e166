"""Write the page of every rule of the doctor, and the list of them, from the files of the rules."""

from __future__ import annotations

from pathlib import Path

from evenhand.base.storage.files.atomic import write_text
from evenhand.diagnosis.rule import RULES, Rule
from evenhand.diagnosis.rule_docs import page, sections

OUT = Path(__file__).parent / "reference" / "generated" / "rules"
FAMILIES = {"1": "Data", "2": "Balance", "3": "Training", "4": "Estimates"}


def main() -> None:
    """Write every page and the list."""
    rules = [rule for _, rule in RULES]
    for rule in rules:
        write_text(OUT / f"{rule.code}.md", page(rule))
    write_text(OUT / "index.md", index(rules))


def index(rules: list[Rule]) -> str:
    """Return the list of rules by family, with a table of contents for the site."""
    lines = ["# Rules of the doctor", ""]
    for digit, family in FAMILIES.items():
        own = [rule for rule in rules if rule.code[2] == digit]
        if own:
            lines += [f"## {family}", "", "| code | severity | |", "|---|---|---|"]
            lines += [f"| [{r.code} {r.slug}]({r.code}.md) | {r.severity} | {sections(r)['']} |" for r in own]
            lines.append("")
    lines += ["```{toctree}", ":hidden:", "", *[rule.code for rule in rules], "```"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
