"""Every text is shown as it is: no markup, no escape sequences, no crash in ASCII."""

from __future__ import annotations

import ast
import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.text import Text
from typer.testing import CliRunner

import evenhand.cli
from evenhand.base.text.escaping import printable
from evenhand.cli.app import app
from evenhand.cli.console import Out, Table, literal, print_json, print_line

NAMES = [
    "[red]", "recall[b]", "recall[/]", "[/]", "[bold red]x[/bold red]", ":smile:", "\\[x]", "[link=http://x]y[/link]",
    "\x1b[31mred", "bell\a", "\x08\x08back", "\x9b2J", "a\u202eb", "zwj\u200b", "\ufeffbom", "日本語", "שלום",
    "e\u0301", "\udc80", "NA", "1", "true", "{x}", "%s", "=1+1", "<b>", "a\\nb", "🧪",
]  # fmt: skip


class Stream(io.TextIOWrapper):
    """Standard output in some encoding, as `main` leaves it."""

    def __init__(self, encoding: str) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, errors="backslashreplace", newline="")

    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)  # type: ignore[attr-defined]


@contextlib.contextmanager
def standard_output(encoding: str) -> Iterator[Stream]:
    stream = Stream(encoding)
    with contextlib.redirect_stdout(stream):
        yield stream


def shown(name: str, encoding: str) -> str:
    return printable(name).encode(encoding, "backslashreplace").decode(encoding)


ENCODINGS = pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])


@ENCODINGS
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_text_wherever_it_stands(encoding: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with standard_output(encoding) as stdout:
        show(name)
        text, wanted = stdout.text(), shown(name, encoding)
    for place in ("head ", "title ", "cell ", "string ", "text ", "said "):
        assert f"{place}{wanted}" in text
    assert all(char.isprintable() or char == "\n" or char in "\u200c\u200d" for char in text)
    assert len({len(line) for line in text.splitlines() if line[:1] in "+|┏┃┡│└"}) == 1 or not wanted.isascii()


def show(name: str) -> None:
    table = Table(("first", f"head {name}"), right=(1,), title=f"title {name}")
    table.add_row(name, f"cell {name}")
    table.add_row(literal(name, style="bold"), f"{name}", style="red")
    Out().print(table)
    Out().print(f"string {name}")
    Out().print(literal(f"text {name}", style="red"))
    print_line(f"said {name}")


@ENCODINGS
@pytest.mark.parametrize("name", NAMES)
def test_json_holds_the_exact_name(encoding: str, name: str) -> None:
    with standard_output(encoding) as stdout:
        print_json({name: [name]})
        assert json.loads(stdout.text()) == {name: [name]}


def test_nobody_goes_around_the_console() -> None:
    """Rich's own classes, print and typer.echo are used in one place, so that nobody can forget to escape."""
    folder = Path(evenhand.cli.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        if path.name == "console.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.module not in ("rich.console", "rich.table", "rich.text", "rich"), path.name
            if isinstance(node, ast.Attribute) and node.attr in ("echo", "secho", "write"):
                assert path.name == "app.py", f"{path.name}:{node.lineno}"  # the version
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "print", f"{path.name}:{node.lineno}"


def test_help_keeps_its_brackets() -> None:
    runner = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"})
    for verb, words in (("submit", "gate of [submit]"), ("audit", "first of [score]")):
        assert words in runner.invoke(app, [verb, "--help"]).output


def lines(table: Table, width: int) -> list[str]:
    out = Out(file=io.StringIO(), width=width)
    with out.capture() as captured:
        out.print(table)
    return captured.get().splitlines()


@pytest.mark.parametrize("width", range(20, 90, 5))
def test_numbers_stay_whole_in_names_and_figures(width: int) -> None:
    table = Table(("record", "metric", "figure"), right=(2,))
    table.add_row("runs/20261122_101500_j4711", "macro_f1", "0.740 [0.715, 0.764]")
    text = "\n".join(lines(table, width))
    numbers = ["20261122", "101500", "4711", "0.740", "0.715", "0.764"]
    assert [number for number in numbers if number not in text] == [] or width < 36
    table = Table(("difference",))
    table.add_row("-0.1789 [-0.3739, +0.0161]")
    assert [cell for line in lines(table, width) if (cell := line.strip("│┃ ")).endswith(("[", "-", "+"))] == []


def test_styles_are_kept_where_names_are_broken() -> None:
    broken = literal("series 20261122 of 101500", style="bold").wrap(Out(width=80), 10)
    assert [line.plain for line in broken] == ["series", "20261122", "of 101500"]
    assert all(isinstance(line, Text) and line.style == "bold" for line in broken)
