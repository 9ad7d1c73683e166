"""Pairs as users bring them: checked and trained to the end, or refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import evenhand
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
    toml = HOSTILE[name](np.random.default_rng(0), tmp_path)
    changes = [f"compute.store={tmp_path / 'store'}", f"output={tmp_path / 'runs'}", "compute.workers=0"]
    run = evenhand.run(toml, changes=[*changes, "evaluate.draws=200"])
    assert run.report.is_file()
    found = evenhand.predict(run.path, tmp_path)
    assert len(found.table) == len(run.record.samples())
