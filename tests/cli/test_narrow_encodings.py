"""Output that holds nothing but ASCII, and a locale that knows nothing else, in real processes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.data.store.store import Store

from .conftest import Shell

CLASSES = ("苹果", "груша", "🍌", "plum")
NARROW: list[Mapping[str, str]] = [
    {"PYTHONIOENCODING": "ascii"},
    {"LC_ALL": "C", "PYTHONUTF8": "0"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"},
]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Return predictions of two models whose classes, ids, groups and file names are in several scripts."""
    out = []
    for seed, name in enumerate(("модель", "b")):
        rng = np.random.default_rng(seed)
        truth = np.arange(80) % 4
        told = 0.5 * rng.dirichlet(np.ones(4), 80) + 0.5 * np.eye(4)[truth]
        frame = pd.DataFrame({"id": [f"行{i}" for i in range(80)], "fold": np.arange(80) // 4 % 4})
        frame = frame.assign(truth=[CLASSES[t] for t in truth], group=[f"ряд {i // 8}" for i in range(80)])
        frame = frame.assign(**{f"p:{c}": told[:, i] for i, c in enumerate(CLASSES)})
        out.append(tmp_path / f"{name}.csv")
        frame.to_csv(out[-1], index=False)
    return out


@pytest.mark.parametrize("narrow", NARROW)
def test_a_verb_in_words_and_json(shell: Shell, files: list[Path], narrow: Mapping[str, str]) -> None:
    words = shell("audit", files[0], **narrow)
    assert (words.returncode, words.stderr) == (0, "")
    assert "\\u0440\\u044f\\u0434" in words.stdout or "latin" in str(narrow)
    document = shell("audit", files[0], "--json", **narrow)
    assert (document.returncode, document.stderr) == (0, "")
    assert json.loads(document.stdout)["groups"][0]["name"].startswith("ряд ")


@pytest.mark.parametrize("narrow", NARROW)
def test_an_error_is_still_a_sentence(shell: Shell, files: list[Path], narrow: Mapping[str, str]) -> None:
    found = shell("audit", files[0], "--metric", "recall[苹]", **narrow)
    assert found.returncode == 2
    assert "Traceback" not in found.stderr
    assert "\\u82f9" in found.stderr


@pytest.mark.slow
@pytest.mark.parametrize("narrow", NARROW)
def test_every_verb(shell: Shell, tmp_path: Path, files: list[Path], narrow: Mapping[str, str]) -> None:
    from PIL import Image

    rng = np.random.default_rng(0)
    for c, name in enumerate(CLASSES):
        (tmp_path / "фото" / name).mkdir(parents=True)
        for i in range(12):
            picture = np.clip(rng.normal(60 * c, 20, (24, 24, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(picture).save(tmp_path / "фото" / name / f"снимок {i}.png")
    quick = ("--set", "folds.k=2", "--set", "train.epochs=1", "--set", "photos.size=24")
    every = narrow == NARROW[1]  # under the narrowest; elsewhere the verbs that print most
    verbs: list[tuple[str | Path, ...]] = [
        ("init", "фото", "--to", "c.toml"),
        ("check", "c.toml", *quick),
        ("run", "c.toml", *quick, "--set", 'model=[{name = "м", encoder = "small"}]'),
        *([("split", "c.toml", *quick), ("runs",), ("ensemble", *files), ("cache",)] if every else []),
        ("compare", *files),
    ]
    for verb in verbs:
        done = shell(*verb, timeout=600, **narrow)
        assert done.returncode in (0, 1), (verb, done.stderr)
        assert "Traceback" not in done.stderr
    (record,) = (path for path in (tmp_path / "runs").iterdir() if path.is_dir())
    of_record: list[tuple[str | Path, ...]] = [("predict", record, "фото"), ("audit", record)]
    for verb in [*of_record, *([("report", record), ("doctor", record)] if every else [])]:
        done = shell(*verb, timeout=600, **narrow)
        assert done.returncode in (0, 1), (verb, done.stderr)
        assert "Traceback" not in done.stderr
    assert set(pd.read_csv(tmp_path / "predictions.csv")["predicted"]) <= set(CLASSES)


def test_the_store_is_read_in_eighty_columns(shell: Shell, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.rows({"kind": "photos", "size": 224, "code": "0" * 64}, ["a"], lambda row: {"x": np.ones(9_000_000)})
    store.array({"network": "x" * 400}, (10,), np.float32, lambda out: None)
    for width in ("80", "60"):
        done = shell("cache", "--store", store.folder, COLUMNS=width)
        table = [line for line in done.stdout.splitlines() if line[:1] in "┏┃┡│└"]
        assert max(map(len, table)) <= int(width)
        assert len(table) <= 10
        assert "72.0 MB" in done.stdout
        assert "photos, size 224" in done.stdout
