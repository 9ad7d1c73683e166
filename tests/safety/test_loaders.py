"""What the source may call to read files: nothing that runs code which a file brings along."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import evenhand

SOURCE = Path(evenhand.__file__).parent

NEVER = re.compile(
    r"\b(pickle\.loads?|Unpickler|marshal|shelve|dill|joblib\.load|read_pickle|yaml\.load|"
    r"ElementTree\.(parse|fromstring|XML)|minidom|lxml|tarfile|unpack_archive|extractall|torch\.hub|torch\.jit\.load)\b"
)
"""Readers that unpickle, resolve entities or unpack where a file says."""

ASKED = {"np.load": "allow_pickle=False", "torch.load": "weights_only=True"}
"""Readers that unpickle unless told not to -> what each call must say."""


def calls(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the whole text of each call of a reader in `ASKED`."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ASKED:
            yield ast.unparse(node.func), ast.unparse(node)


def test_readers_run_no_code_of_a_file() -> None:
    found: dict[str, int] = dict.fromkeys(ASKED, 0)
    for path in SOURCE.rglob("*.py"):
        if path.is_relative_to(SOURCE / "testing"):
            continue
        text = path.read_text(encoding="utf-8")
        assert not NEVER.search(text), f"{path}: {NEVER.search(text)}"
        if ".load(" in text:
            for name, call in calls(text):
                found[name] += 1
                assert ASKED[name] in call, f"{path}: {call}"
    # moved or renamed, they would be looked for in vain (docs/safety.md names their places)
    assert found == {"np.load": 3, "torch.load": 2}
