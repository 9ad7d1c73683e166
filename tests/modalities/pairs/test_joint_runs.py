"""`siglip2:FOLDER` and `clip:FOLDER` through run, predict, retrieve and report."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import evenhand
from evenhand.base.errors import EvenhandError
from evenhand.modalities.pairs.towers.joint_models import VisionTransformer
from evenhand.modalities.pairs.towers.text_transformers import TextTransformer
from evenhand.testing.pairs import write_pairs

pytest.importorskip("transformers")
pytestmark = pytest.mark.slow

Saved = Callable[[Path, str], tuple[Any, Any, Any]]
CONFIG = """
[data]
kind = "pairs"
root = "shop"
table = "labels.csv"
label = "tags"
task = "multi"
min_count = 4

[pairs]
text = "title"
size = 20

[folds]
k = 2

[[model]]
name = "m"
{model}
head = "linear"

[train]
epochs = 1

[evaluate]
draws = 200
logistic_regression = false

[compute]
store = "{home}/store"
workers = 0
"""


def written(home: Path, model: str) -> Path:
    """Write 40 pairs and a configuration beside the towers, and return it."""
    (home / "shop").mkdir()
    write_pairs(np.random.default_rng(0), 40, home / "shop")
    (home / "own.toml").write_text(CONFIG.format(home=home.as_posix(), model=model), encoding="utf-8")
    return home / "own.toml"


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("siglip", 'encoder = "siglip2:towers/own"'),
        ("clip", 'encoder = "pair"\noptions = { image = "clip:towers/own", text = "clip:./towers/own" }'),
    ],
)
def test_towers_of_a_folder_are_computed_once_and_kept_with_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save_joint_model: Saved, kind: str, model: str
) -> None:
    save_joint_model(tmp_path / "towers" / "own", kind)
    config = written(tmp_path, model)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # paths are relative to the configuration
    changes = [f"output={tmp_path.as_posix()}/runs"]
    done = evenhand.run(config, changes=changes)
    kept = sorted(path.name for path in (tmp_path / "store" / "entries").iterdir())

    def unwanted(tower: Any, rows: Any) -> Any:
        raise AssertionError("features were computed again")

    with monkeypatch.context() as patched:
        for tower in (VisionTransformer, TextTransformer):
            own = tower.forward
            # networks are built with a few example rows
            patched.setattr(tower, "forward", lambda t, x, own=own: own(t, x) if _rows(x) < 8 else unwanted(t, x))
        again = evenhand.run(config, changes=[*changes, "model.m.head=mlp"])
    assert again.path != done.path
    assert sorted(path.name for path in (tmp_path / "store" / "entries").iterdir()) == kept
    found = evenhand.retrieve(done.path, text="navy blue star", k=3, store=tmp_path / "store")
    assert len(found.table) == 3
    assert evenhand.report(done.path).is_file()

    inside = evenhand.predict(done.path, tmp_path / "shop", store=tmp_path / "store").table
    shutil.rmtree(tmp_path / "towers")
    out = tmp_path / "predicted.csv"
    command = ["predict", str(done.path), "../shop", "--to", str(out), "--store", str(tmp_path / "fresh")]
    here = tmp_path / "elsewhere"
    ended = subprocess.run(
        [sys.executable, "-m", "evenhand", *command], cwd=here, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    table = pd.read_csv(out, keep_default_na=False)
    columns = [name for name in inside if name.startswith("p:")]
    np.testing.assert_allclose(table[columns], inside[columns], atol=1e-5)


def _rows(x: Any) -> int:
    return len(x["present"] if isinstance(x, dict) else x)


@pytest.mark.parametrize(
    ("damage", "words"),
    [("tokenizer.json", "its tokenizer is missing"), ("*", "its configuration cannot be read")],
)
def test_a_folder_that_is_damaged_stops_a_run_before_it_trains(
    tmp_path: Path, save_joint_model: Saved, damage: str, words: str
) -> None:
    save_joint_model(tmp_path / "towers", "siglip")
    for file in (tmp_path / "towers").glob(damage):
        file.unlink()
    config = written(tmp_path, 'encoder = "siglip2:towers"')
    with pytest.raises(EvenhandError, match=words):
        evenhand.run(config, changes=[f"output={tmp_path.as_posix()}/runs"])
    assert not list((tmp_path / "runs").rglob("*.safetensors")), "nothing was trained"
