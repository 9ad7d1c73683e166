"""A made-up record that holds everything the report draws, with hostile and foreign names."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.balance.config import BalanceConfig
from evenhand.balance.prior.balance_ledger import ledger_of
from evenhand.base.storage.files.atomic import to_json, write_text
from evenhand.base.storage.record import Record
from evenhand.base.values import Finding, Folds, Samples

HOSTILE = ('<script>alert("x")</script>', '" onmouseover="alert(1)', "яблоко 红苹果", "b & c", "long " * 12)

PIXEL = "data:image/png;base64," + base64.b64encode(b"\x89PNG not really").decode()


def interval(estimate: float | None, n: int = 40) -> dict[str, object]:
    low, high = (None, None) if estimate is None else (max(0, estimate - 0.06), min(1, estimate + 0.05))
    return {"estimate": estimate, "low": low, "high": high, "n": n, "groups": n // 2}


def epoch(e: int) -> dict[str, float]:
    return {"epoch": e, "train_loss": 1 / (e + 1), "validation_loss": 1.2 / (e + 1), "score": 0.5 + 0.04 * e}


def audit_document(bins: list[dict[str, float]]) -> dict[str, object]:
    """Return what an audit writes, with hostile and foreign names of groups."""
    part = {"median": 0.71, "lowest": 0.42, "quantile": None, "floor": 0.65, "below": 12}
    verdicts = ("below", "too few to tell", "as expected", "as expected", "as expected")
    groups = [
        {
            "name": name,
            "n": 30 + i,
            "accuracy": 0.3 + 0.1 * i,
            "low": 0.2 + 0.1 * i,
            "high": 0.4 + 0.1 * i,
            "expected": 0.7,
            "verdict": verdict,
        }
        for i, (name, verdict) in enumerate(zip(HOSTILE, verdicts, strict=True))
    ]
    calibration = [
        {
            "method": method,
            "figures": {"log_loss": interval(0.6), "calibration_error": interval(0.1)},
            "reliability": bins,
        }
        for method in ("", "temperature")
    ]
    met = {"name": "all rows", "met": interval(0.9), "size": 1.4, "enough": True}
    sets = [
        {"by": by, "asked": 0.9, "overall": met, "parts": [met], "parts_total": 4, "missed": 1}
        for by in ("all", "group")
    ]
    refit = {
        "metric": "macro_f1",
        "summary": "5 groups in 5 parts.",
        "seen": ["модель"],
        "rows": [{"name": "модель", "what": "head", "before": interval(0.7), "after": interval(0.6)}],
    }
    return {
        "model": "ensemble:equal",
        "metric": "macro_f1",
        "figure": interval(0.7),
        "quantile": 0.61,
        "by": "shop",
        "holdouts": [{"description": f"{n} of 5 groups held out", "draws": 500, **part} for n in (1, 2)],
        "groups": groups,
        "groups_total": 5,
        "groups_by_verdict": {"below": 1, "too few to tell": 1, "as expected": 3},
        "calibration": calibration,
        "conformal": sets,
        "refit": refit,
    }


def nested_document(names: Sequence[str]) -> dict[str, object]:
    """Return what the nested evaluation writes."""
    steps = [*((name, False) for name in names), ("ensemble:equal", True), ("ensemble:стопка", True)]
    rows = [
        {
            "name": name,
            "blend": blend,
            "naive": interval(0.74 + 0.02 * i),
            "nested": interval(0.7 + 0.005 * i),
            "optimism": 0.04,
            "optimism_interval": interval(0.04),
            "chance": None,
            "reliable": i != 1,
            "summary": "x",
        }
        for i, (name, blend) in enumerate(steps)
    ]
    words = ("better", "worse", "no difference found", "too few to tell")
    verdicts = [
        {
            "verdict": word,
            "a": "ensemble:<b>стопка</b>",
            "b": names[0],
            "metric": "macro_f1",
            "difference": {**interval(0.012), "level": 0.98},
            "smallest_detectable": 0.011,
            "p": 0.2,
            "summary": "summary",
        }
        for word in words
    ]
    best = {
        "name": "ensemble:стопка",
        "naive": 0.78,
        "nested": 0.715,
        "corrected": interval(0.7),
        "of": 4,
        "stability": {},
        "optimism": 0.08,
        "summary": "The best of 4 is ensemble:стопка: macro_f1 0.700.",
    }
    return {
        "metric": "macro_f1",
        "higher_is_better": True,
        "n": 160,
        "groups": 80,
        "rows": rows,
        "best": best,
        "verdicts": verdicts,
        "gaps": [{"model": names[0], "lacking": 3, "folds": [1], "ids": ["id1"]}],
    }


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
    both = BalanceConfig(sampler="balanced", weights="inverse", on_overshoot="allow")
    ledgers = [
        ledger_of(config, labels, classes, fold >= 0, models=[name])
        for config, name in zip((both, BalanceConfig()), names, strict=False)
    ]
    record.write_json("balance.json", [one.document() for one in ledgers])
    cut = {"name": "cut", "role": "cap", "description": "parts cut off", "key": "photos.<b>", "setting": 9}
    record.write_json("reading.json", [{**cut, "rows": 20, "n": rows, "total": 1234}])
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
        "evaluation.json",
        {"classes": list(classes), "headline": "ensemble:equal", "entries": entries, "audit": audit_document(bins)},
    )
    record.write_json("nested_evaluation.json", nested_document(names))
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
        {
            "record": "r",
            "headline": best,
            "scores": scores,
            "findings": [],
            "seconds": {"train": 12.3},
            "usage": {
                "model0": {
                    "device": "NVIDIA H100",
                    "peak_memory": {"device_bytes": 7_040_000_000, "host_bytes": 2_000_000_000},
                }
            },
        },
    )
    weights = rng.random((models, k))
    pairs_of = [
        {
            "pair": list(classes[:2]),
            "gate": 0.31,
            "applied": 40,
            "changed": 7,
            "right_before": 22,
            "right_after": 25,
        }
    ]
    ridge = {"models": names, "weights": [1 / models] * models, "class_weights": weights.tolist()}
    record.write_json(
        "ensemble.json",
        {
            "equal": {"models": names, "weights": [1 / models] * models},
            "ridge": ridge,
            "experts": {"models": names, "weights": None, "pairs": pairs_of},
        },
    )
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
