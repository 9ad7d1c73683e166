"""Write what the first page of the site shows of the demo: a chart, a table, and the findings.

    evenhand demo && python docs/make_first_page.py demo/photos/runs/…

The chart goes to static/demo.svg, table and findings between the markers of index.md. With `--screenshot`, the top
of the report is photographed for the README too, which needs chromium.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

from evenhand.base.storage.files.atomic import write_text
from evenhand.base.storage.record import Record
from evenhand.reporting.chart_specs import intervals
from evenhand.reporting.svg_charts import drawn

HERE = Path(__file__).parent
METRIC = "macro_f1"
SETS = {"oof": "out of fold", "test": "locked test"}
COLOURS = (
    "--ink: var(--color-foreground-primary); --muted: var(--color-foreground-secondary); "
    "--line: var(--color-background-border); --accent: #2a7de1; --second: #d06a00; width: 100%; max-width: 560px"
)
"""The chart stands in the page itself, so that it follows the theme that the reader chose."""


def main() -> None:
    """Write the chart, the table and, where asked for, the screenshot."""
    record = Record.open(Path(sys.argv[1]))
    scores = record.json("scores.json")["scores"]
    write_text(HERE / "static" / "demo.svg", chart(scores))
    page = HERE / "index.md"
    made = re.compile(r"(<!-- made: demo [^\n]*-->\n).*?(<!-- /made -->)", re.DOTALL)
    shown = f"{table(scores)}\n\n{findings(record)}\n"
    write_text(page, made.sub(lambda m: m[1] + shown + m[2], page.read_text(encoding="utf-8")))
    if "--screenshot" in sys.argv:
        screenshot(record.path / "report.html", HERE / "static" / "report.png")


def chart(scores: dict[str, Any]) -> str:
    """Return the figure of every entry on both sets as inline SVG."""
    rows = [
        {"name": name, "set": words, **{key: sets[one][METRIC][key] for key in ("estimate", "low", "high")}}
        for name, sets in scores.items()
        for one, words in SETS.items()
        if one in sets
    ]
    title = "macro F1 with its 95 % interval"
    svg = str(drawn(intervals(rows, order=list(scores), title=title, width=330), title))
    svg = svg[svg.index("<svg") : svg.rindex("</svg>") + len("</svg>")]
    return re.sub(r'style="[^"]*"', f'style="{COLOURS}"', svg, count=1) + "\n"


def table(scores: dict[str, Any]) -> str:
    """Return a Markdown table: entries × two metrics out of fold, and the first on the locked test."""
    lines = ["| | macro F1 | accuracy | macro F1, locked test |", "|---|---|---|---|"]
    for name, sets in scores.items():
        figures = (sets["oof"][METRIC], sets["oof"]["accuracy"], sets["test"][METRIC])
        lines.append(f"| `{name}` | {' | '.join(_words(figure) for figure in figures)} |")
    return "\n".join(lines)


def _words(figure: dict[str, Any]) -> str:
    # spaces that do not break: a figure stays on one line with its interval
    return f"{figure['estimate']:.3f}\u00a0[{figure['low']:.3f},\u00a0{figure['high']:.3f}]"


def findings(record: Record) -> str:
    """Return what the doctor found as a list, each with a link to its rule."""
    page = "reference/generated/rules/{}.md"
    lines = [f"- [{one.code}]({page.format(one.code)}) {one.severity}: {one.message}" for one in record.findings()]
    return "\n".join(lines)


def screenshot(report: Path, to: Path) -> None:
    """Write the top of a report as a picture, as a browser of 1,200 px shows it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 860}, color_scheme="light")
        page.goto(report.resolve().as_uri())
        page.screenshot(path=str(to))
        browser.close()


if __name__ == "__main__":
    main()
