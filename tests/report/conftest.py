"""A made-up record that holds everything the report draws, with hostile and foreign names."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.files import to_json, write_text
from evenhand.base.record import Record
from evenhand.base.values import Finding, Folds, Samples

HOSTILE = ('<script>alert("x")</script>', '" onmouseover="alert(1)', "яблоко 红苹果", "b & c", "long " * 12)

PIXEL = "data:image/png;base64," + base64.b64encode(b"\x89PNG not really").decode()


def interval(estimate: float | None, n: int = 40) -> dict[str, object]:
    low, high = (None, None) if estimate is None else (max(0, estimate - 0.06), min(1, estimate + 0.05))
    return {"estimate": estimate, "low": low, "high": high, "n": n, "groups": n // 2}


def epoch(e: int) -> dict[str, float]:
    return {"epoch": e, "train_loss": 1 / (e + 1), "validation_loss": 1.2 / (e + 1), "score": 0.5 + 0.04 * e}


def make_record(folder: Path, classes: Sequence[str] = HOSTILE, *, rows: int = 200, models: int = 2) -> Record:
    """Return a record as a finished run leaves it."""
    rng = np.random.default_rng(0)
    k = len(classes)
    names = [f"model{m}" for m in range(models)]
    data = {"kind": "photos", "rows": rows, "classes": list(classes), "levels": {}, "fingerprint": "x"}
    record = Record.create(
        folder, asked='[data]\nroot = "<b>&"\n', resolved={"model": [{"name": n} for n in names]}, data=data
    )
    ids = np.array([f"id{i}" for i in range(rows)], dtype=object)
    labels = np.concatenate([np.arange(k), rng.integers(0, k, rows - k)])
    frame = pd.DataFrame({"id": ids, "path": [f"{classes[t]}/{i}.jpg" for i, t in enumerate(labels)]})
    samples = Samples(frame, tuple(classes), labels)
    record.write_samples(samples)
    fold = np.where(rng.random(rows) < 0.2, -1, rng.integers(0, 3, rows)).astype(np.int16)
    record.write_folds(Folds(ids, fold, k=3, how={"method": "greedy", "seed": 0}))
    record.write_findings(
        [
            Finding(
                "EH104",
                "error",
                f"2 copies lie under {classes[0]} and {classes[1]}.",
                evidence={"copies": 2},
                ids=("id1", "id2"),
            ),
            Finding("EH107", "warning", "A class has one row.", about=classes[1], patch={"data.min_count": 1}),
        ]
    )
    counts = samples.counts()
    table = [
        {"class": c, "rows": float(n), "share": n / rows, "groups": int(n)}
        for c, n in zip(classes, counts, strict=True)
    ]
    record.write_json(
        "skew.json",
        {"n": rows, "unlabelled": 0, "ratio": 3.2, "effective_classes": 3.9, "groups": rows, "classes": table},
    )
    record.write_json(
        "examination.json",
        {
            "findings": [],
            "passed": ["EH101"],
            "not_applicable": {"EH106": "a given split"},
            "broken": {},
            "causes": {},
        },
    )
    confusion = rng.integers(0, 6, (k, k)) + 20 * np.eye(k, dtype=int)
    per_class = [
        {
            "class": c,
            "n": 40,
            "groups": 20,
            "predicted": 38,
            "precision": interval(0.8),
            "recall": interval(0.5 + 0.4 * i / k),
            "f1": interval(None),
        }
        for i, c in enumerate(classes)
    ]
    pairs = [{"truth": classes[0], "predicted": classes[1], "count": 5, "share": 0.2, "ids": ["id0", "id1"]}]
    wrong = [{"id": "id3", "truth": classes[0], "predicted": classes[2], "confidence": 0.97}]
    bins = [
        {"low": b / 5, "high": (b + 1) / 5, "confidence": b / 5 + 0.1, "accuracy": b / 6 + 0.1, "n": 9}
        for b in range(5)
    ]
    entries = [
        {
            "name": "ensemble:equal",
            "set": of,
            "n": 160,
            "groups": 80,
            "confusion": confusion,
            "per_class": per_class,
            "pairs": pairs,
            "confidently_wrong": wrong,
            "reliability": bins,
        }
        for of in ("oof", "test")
    ]
    record.write_json(
        "evaluation.json", {"classes": list(classes), "headline": "ensemble:equal", "entries": entries}
    )
    scores = {
        n: {
            of: {"macro_f1": interval(0.7), "accuracy": interval(0.8), "recall[x]": interval(0.1)}
            for of in ("oof", "test")
        }
        for n in [*names, "ensemble:equal"]
    }
    best = {"best": "ensemble:equal", "metric": "macro_f1", **interval(0.7)}
    record.write_json(
        "scores.json",
        {"record": "r", "headline": best, "scores": scores, "findings": [], "seconds": {"train": 12.3}},
    )
    record.write_json("ensemble.json", {"equal": {"models": names, "weights": [1 / models] * models}})
    for name in names:
        for f in range(3):
            lines = [to_json(epoch(e)) + "\n" for e in range(8)]
            write_text(record.task_folder(name, f, 0) / "epochs.jsonl", "".join(lines))
    return record


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return make_record(tmp_path / "runs")


def picture(_: str) -> str:
    return PIXEL
