"""Write the pictures of ARCHITECTURE.md from the code: the rooms with their sizes, and the way of the data.

    python docs/make_architecture.py           # writes them between their markers
    python docs/make_architecture.py --check   # exit code 1 if they are out of date

Layers come from the import-linter contract in pyproject.toml, arrows from import statements, sizes from the files,
and the way of the data from the calls in `pipeline.verbs.run.run`. No module of the package is imported.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "evenhand"
PAGE = ROOT / "ARCHITECTURE.md"
TOLERANCE = 0.2
"""How far a size on the page may be from that of the code: otherwise every commit would have to write the page."""
REMEDY = "Run python docs/make_architecture.py and commit the page."
HELPERS = ("asked", "shows_progress", "store_of", "timed")
"""Functions that `run` calls and that are not stages of the work; nor are those of `base`."""


def main() -> None:
    """Write the page, or say whether it is out of date."""
    text = PAGE.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(differences(text)) or None)
    PAGE.write_text(filled(text), encoding="utf-8")


def pictures() -> dict[str, str]:
    """Return the text of every picture by the name in its markers."""
    return {"rooms": rooms_picture(), "sizes": sizes_table(), "data": data_picture()}


def filled(text: str) -> str:
    """Return a page with the text between its markers replaced by what the code gives."""
    for name, picture in pictures().items():
        pattern = _between(name)
        if not pattern.search(text):
            raise ValueError(f"{PAGE.name} has no markers for {name!r}: <!-- made: {name} --> … <!-- /made -->")
        text = pattern.sub(lambda found, picture=picture: f"{found[1]}{picture}\n{found[3]}", text)
    return text


def differences(text: str) -> list[str]:
    """Return a line for each way in which a page differs from the code; sizes may be `TOLERANCE` off."""
    found = []
    for name, fresh in pictures().items():
        match = _between(name).search(text)
        old = match[2].strip() if match else ""
        if _without_sizes(old) != _without_sizes(fresh.strip()):
            found.append(f"{PAGE.name}: the picture {name!r} is not that of the code. {REMEDY}")
        elif any(abs(a - b) > max(2, TOLERANCE * b) for a, b in zip(_sizes(old), _sizes(fresh), strict=True)):
            found.append(f"{PAGE.name}: sizes in {name!r} are more than {TOLERANCE:.0%} off. {REMEDY}")
    return found


def _between(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- made: {name} [^\n]*-->\n)(.*?)(<!-- /made -->)", re.DOTALL)


def _without_sizes(text: str) -> str:
    return re.sub(r"[\d,]*\d", "#", text)


def _sizes(text: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", text)]


def layers() -> list[list[str]]:
    """Return the rooms of each layer, top first, as import-linter holds them."""
    lines = next(c["layers"] for c in _contracts() if c.get("containers") == ["evenhand"])
    return [[room.strip() for room in line.split("|")] for line in lines]


def inner_layers() -> dict[str, list[str]]:
    """Return the layers within a room, top first, for rooms that have a contract of their own.

    import-linter writes a layer that need not be there yet in parentheses.
    """
    return {
        c["containers"][0].split(".")[1]: [re.sub(r"[()]", "", line) for line in c["layers"]]
        for c in _contracts()
        if c["type"] == "layers" and c["containers"] != ["evenhand"]
    }


def _contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return list(settings["tool"]["importlinter"]["contracts"])


def rooms_picture() -> str:
    """Return a Mermaid chart: a row per layer, an arrow per import that no longer path implies."""
    rooms = {room for layer in layers() for room in layer}
    graph = {room: imported_rooms(room) & rooms for layer in layers() for room in layer}
    lines = ["```mermaid", "flowchart TB"]
    for layer in layers():
        nodes = [f'  {room}["<b>{room}</b><br/>{_size_words(PACKAGE / room)}"]' for room in layer]
        if len(layer) == 1:
            lines += nodes
        else:  # rooms of one layer stand beside each other, in a box without a title
            lines += [f'  subgraph {"_".join(layer)}[" "]', *(f"  {node}" for node in nodes), "  end"]
    lines += [
        f"  {room} --> {other}" for room, others in graph.items() for other in sorted(_reduced(graph, others))
    ]
    return "\n".join([*lines, "```"])


def imported_rooms(room: str) -> set[str]:
    """Return the rooms that files of a room import, imports inside functions included, those for types not."""
    return {
        name.split(".")[1]
        for file in (PACKAGE / room).rglob("*.py")
        for name in _imports(ast.parse(file.read_text(encoding="utf-8")))
        if name.startswith("evenhand.") and name.split(".")[1] != room
    }


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module if node.module != "evenhand" else f"evenhand.{node.names[0].name}"
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        yield from _imports(node)


def _reduced(graph: Mapping[str, set[str]], others: set[str]) -> set[str]:
    """Return those of `others` that none of the rest reaches (transitive reduction of a graph without cycles)."""
    return {one for one in others if not any(one in _reach(graph, other) for other in others if other != one)}


def _reach(graph: Mapping[str, set[str]], room: str) -> set[str]:
    found: set[str] = set()
    waiting = list(graph.get(room, ()))
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += graph.get(one, ())
    return found


def sizes_table() -> str:
    """Return a table of rooms: what each holds, its files and lines, its folders in the order of their layers."""
    order = inner_layers()
    lines = ["| room | what it holds | files, lines | folders (files) |", "|---|---|---|---|"]
    for room in (room for layer in layers() for room in layer):
        folder = PACKAGE / room
        ranks = [one.strip() for line in order.get(room, []) for one in line.split("|")]
        inner = sorted(
            (p for p in folder.iterdir() if (p / "__init__.py").exists()),
            key=lambda p: (ranks.index(p.name) if p.name in ranks else len(ranks), p.name),
        )
        words = (" → " if ranks else ", ").join(f"{p.name} ({len(_files(p))})" for p in inner)
        lines.append(f"| `{room}` | {_about(folder)} | {_size_words(folder)} | {words} |")
    return "\n".join(lines)


def _files(folder: Path) -> list[Path]:
    """Return the Python files below a folder that hold something to read: without `__init__.py`."""
    return sorted(path for path in folder.rglob("*.py") if path.name != "__init__.py")


def _size_words(folder: Path) -> str:
    files = _files(folder)
    return f"{len(files)} files, {sum(len(f.read_bytes().splitlines()) for f in files):,} lines"


def _about(folder: Path) -> str:
    """Return the first line of a room's docstring."""
    words = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    return words.splitlines()[0].replace("|", "\\|") if words else ""


def data_picture() -> str:
    """Return a Mermaid chart of the functions that `run` calls, in order, and the values they pass on."""
    tree = ast.parse((PACKAGE / "pipeline" / "verbs" / "run.py").read_text(encoding="utf-8"))
    homes = _homes(tree)
    body = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "run")
    nodes, arrows = [], []
    holder: dict[str, str] = {}  # variable -> the function that made it, or wrote to it last
    for call, target in _stage_calls(body, homes):
        name = _called(call)
        nodes.append(f'  {name}["<b>{name}</b><br/>{homes[name]}"]')
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        arrows += [
            f"  {_called(a)} --> {name}" for a in arguments if isinstance(a, ast.Call) and _called(a) in homes
        ]
        names = [n.id for argument in arguments for n in ast.walk(argument) if isinstance(n, ast.Name)]
        values = [one for one in dict.fromkeys(names) if one in holder]
        shown = [one for one in values if one != "settings"] or values  # settings go everywhere
        arrows += [f"  {holder[value]} -->|{value}| {name}" for value in shown]
        if target:
            holder[target] = name
        elif "record" in shown:
            holder["record"] = name  # a stage writes into the record, and the next one reads it there
    return "\n".join(["```mermaid", "flowchart TB", *dict.fromkeys(nodes), *dict.fromkeys(arrows), "```"])


def _homes(tree: ast.Module) -> dict[str, str]:
    """Return the file of each function that a module defines or imports, leaving out those that are not stages."""
    homes = {node.name: "pipeline/verbs/run.py" for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("evenhand."):
            path = "/".join(node.module.split(".")[1:]) + ".py"
            if not path.startswith("base/"):
                homes |= {alias.name: path for alias in node.names}
    return {name: path for name, path in homes.items() if name[0].islower() and name not in HELPERS}


def _stage_calls(body: ast.FunctionDef, homes: Mapping[str, str]) -> Iterator[tuple[ast.Call, str | None]]:
    """Yield the calls that are stages, in the order of their ends, each with the variable that takes its result."""
    targets = {
        id(node.value): node.targets[0].id
        for node in ast.walk(body)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    calls = [node for node in ast.walk(body) if isinstance(node, ast.Call) and _called(node) in homes]
    for call in sorted(calls, key=lambda one: (one.end_lineno or 0, one.end_col_offset or 0)):
        yield call, targets.get(id(call))


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


if __name__ == "__main__":
    main()
