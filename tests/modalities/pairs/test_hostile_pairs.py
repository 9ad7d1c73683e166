"""Pairs as users bring them: checked and trained to the end, or refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import evenhand
from evenhand.models.io.network_files import load_network
from evenhand.pipeline.verbs.run import Run
from evenhand.testing.pairs import HOSTILE

SLOW = ("thousand_tags",)


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in HOSTILE])
def test_hostile_pairs_are_checked(name: str, tmp_path: Path) -> None:
    toml = HOSTILE[name](np.random.default_rng(0), tmp_path)
    found = evenhand.check(toml, changes=[f"compute.store={tmp_path / 'store'}"])
    messages = " ".join(finding.message for finding in found.findings)
    counts = {line["name"]: line["rows"] for line in found.reading}
    n = len(found.samples)
    if name == "half_of_the_files":
        assert "30 of them keep their text" in messages
        assert (n, counts["without a picture"]) == (60, 30)
    if name == "no_pictures":
        assert counts["without a picture"] == n
    if name == "no_texts":
        assert counts["without a text"] == n
    if name in ("one_picture", "one_title"):
        assert "so many that it says nothing of a row" in messages
        assert len(set(found.folds.fold)) == 2
    if name == "thousand_tags":
        assert found.samples.k > 700
        assert 'classes were taken apart at ";"' in messages
        assert found.samples.labels[:, found.samples.classes.index("every row")].all()
    if name == "unknown_tags":
        assert 0.1 < np.isnan(found.samples.labels).mean() < 0.4
    if name == "titles_of_every_script":
        assert n > 150


@pytest.mark.slow
@pytest.mark.parametrize("name", ["half_of_the_files", "no_pictures", "no_texts", "unknown_tags"])
def test_hostile_pairs_are_trained_and_predicted(name: str, tmp_path: Path) -> None:
    trained_and_predicted(HOSTILE[name](np.random.default_rng(0), tmp_path), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["titles_of_every_script", "thousand_tags"])
def test_texts_and_tags_of_any_sort_are_trained_with_towers_and_predicted(name: str, tmp_path: Path) -> None:
    toml = with_towers(HOSTILE[name](np.random.default_rng(0), tmp_path))
    trained_and_predicted(toml, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "half"), [("no_pictures", "image"), ("no_texts", "text")])
def test_towers_are_trained_where_no_row_has_the_half_that_they_read(name: str, half: str, tmp_path: Path) -> None:
    toml = with_towers(HOSTILE[name](np.random.default_rng(0), tmp_path), head="hadamard")
    run = trained_and_predicted(toml, tmp_path)
    network = load_network(next(run.path.rglob("weights.safetensors")), shared=run.path / "models" / "tiny")
    parts = network.encoder.parts
    rows = {
        "image": torch.full((1, 16, 16, 3), 90, dtype=torch.uint8),
        "text": torch.tensor([list(b"a star")], dtype=torch.uint8),
        "length": torch.tensor([6]),
        "present": torch.tensor([[half != "image", half != "text"]]),
    }
    features = dict(zip(parts, network.frozen(rows).split(list(parts.values()), dim=1), strict=True))
    assert not features.pop(half).any()
    assert all(found.any() for found in features.values())


def with_towers(toml: Path, head: str = "mlp") -> Path:
    """Return a configuration with towers in place of `pair_small`: random pictures, fitted texts."""
    text = toml.read_text(encoding="utf-8")
    text = text.replace(
        'encoder = "pair_small"\ntune = "all"', f'encoder = "pair"\nhead = "{head}"\npretrained = false'
    )
    options = 'options = { image = "timm:test_resnet", text = "tfidf", components = 8, terms = 200 }'
    toml.write_text(text.replace("options = { width = 4 }", options), encoding="utf-8")
    return toml


def trained_and_predicted(toml: Path, folder: Path) -> Run:
    """Return a run, whose rows are predicted again as new ones."""
    changes = [f"compute.store={folder / 'store'}", f"output={folder / 'runs'}", "compute.workers=0"]
    run = evenhand.run(toml, changes=[*changes, "evaluate.draws=200"])
    assert run.report.is_file()
    found = evenhand.predict(run.path, folder)
    assert len(found.table) == len(run.record.samples())
    assert found.table.filter(like="p:").notna().all(axis=None)
    return run
