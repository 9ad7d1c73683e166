"""The example and the demo: simulated scans, with what contract tests and `evenhand demo` need."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from evenhand.modalities.scanlines import demo as scan_demo
from evenhand.modalities.scanlines.example import SHARES
from evenhand.testing.kinds import generate


def test_the_example_has_every_class_in_several_sessions_and_both_directions(tmp_path: Path) -> None:
    generated = generate("scanlines", tmp_path, rows=30)
    samples = generated.samples()
    assert set(samples.classes) == set(SHARES)
    assert len(samples) == 30
    assert min(samples.groups_per_class().values()) >= 2
    settings = generated.kind.settings(generated.kind_config, None) | {"directions": "both"}
    encoded = generated.kind.reader(generated.root, samples.frame, settings)(0)
    assert encoded["disagreement"][0] > 0


def test_the_demo_is_a_configuration_of_its_scans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_demo, "ROWS", 32)
    monkeypatch.setattr(scan_demo, "SESSIONS", 4)
    toml = scan_demo.write_demo(tmp_path).toml
    values = tomllib.loads(toml.read_text(encoding="utf-8"))
    table = pd.read_csv(tmp_path / "labels.csv")
    assert values["data"]["label"] in table
    assert set(values["data"]["rename"]) <= {"asymmetries", "tip_change", "bad_blurry"}
    assert len(table) == len(list((tmp_path / "scans").iterdir())) == 32
