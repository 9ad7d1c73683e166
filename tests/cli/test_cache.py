"""`evenhand cache` lists and clears a store."""

import json
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from evenhand.cli.app import app
from evenhand.data.store.store import Store


def test_the_entries_are_one_json_document(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    Store(folder).rows({"kind": "photos"}, ["a", "b"], lambda row: {"x": np.ones(100)})
    done = CliRunner().invoke(app, ["cache", "--store", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    (entry,) = json.loads(done.output)["entries"]
    assert entry["rows"] == 2
    assert entry["created"].endswith("Z")
