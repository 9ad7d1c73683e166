"""Rows that may hold several labels, through every verb: it does its work, or says in words what it cannot."""

from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import evenhand
from evenhand.base.errors import EvenhandError
from evenhand.base.values import Predictions, Samples
from evenhand.pipeline.verbs import predict as predicting
from evenhand.pipeline.verbs.run import Run
from evenhand.settings.load import load

NAMES = ("red", "green", "blue")


def config(folder: Path, **more: object) -> dict[str, object]:
    return {
        "output": str(folder / "runs"),
        "data": {
            "root": str(folder / "photos"),
            "table": "labels.csv",
            "group": "series",
            "task": "multi",  # its cells show the separator, a semicolon
        },
        "folds": {"k": 2, "test": {"fraction": 0.2}},
        "photos": {"size": 32},
        "model": [
            {"name": "a", "encoder": "small", "tune": "head"},
            {"name": "b", "encoder": "small", "tune": "all"},
        ],
        "train": {"epochs": 2, "batch_size": 16, "mixup": 0.2},
        "compute": {"store": str(folder / "store"), "workers": 0},
        "evaluate": {"draws": 200},
        **more,
    }


def write_photos(folder: Path, rows: int = 72) -> None:
    rng = np.random.default_rng(0)
    (folder / "photos").mkdir()
    lines = ["path,label,series"]
    for row in range(rows):
        held = rng.random(3) < (0.5, 0.4, 0.3)
        pixels = rng.integers(40, 90, (32, 32, 3)).astype(np.uint8)
        for channel in np.flatnonzero(held):
            pixels[channel * 10 : channel * 10 + 9, 4:28, channel] = 250
        Image.fromarray(pixels).save(folder / "photos" / f"{row}.png")
        names = ";".join(name for name, holds in zip(NAMES, held, strict=True) if holds)
        lines.append(f"{row}.png,{names},s{row // 3}")
    (folder / "photos" / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_table_of_new_rows_names_all_labels_that_hold() -> None:
    settings = load({"data": {"root": ".", "task": "multi", "separator": ";"}})
    table = np.array([[0.9, 0.6, 0.1], [0.2, 0.4, 0.3]])
    ids = np.array(["x", "y"], dtype=object)
    samples = Samples(pd.DataFrame({"id": ids, "path": ids}), (), np.full(2, -1))
    truth = np.random.default_rng(0).integers(0, 2, (20, 3)).astype(np.float64)
    held_out = Predictions(np.arange(20).astype(str), NAMES, np.abs(truth - 0.3), truth)
    votes = np.stack([table, np.abs(table - 0.05), 1 - table])
    out = predicting._table(
        Predictions(ids, NAMES, table, np.full((2, 3), np.nan)), samples, votes, settings, held_out
    )
    assert out["predicted"].tolist() == ["red;green", ""]
    assert out["confidence"].tolist() == pytest.approx([0.6, 0.6])
    assert out["margin"].tolist() == pytest.approx([0.1, 0.1])
    assert out["agreement"].tolist() == pytest.approx([2 / 3, 2 / 3])
    assert (out["expected_accuracy"] > 0.8).all()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("several")
    write_photos(folder)
    return evenhand.run(config(folder))


@pytest.mark.slow
@pytest.mark.parametrize("model", [None, "a", "ensemble:equal", "ensemble:nnls"])
def test_new_rows_are_predicted(done: Run, model: str | None) -> None:
    found = evenhand.predict(done.path, done.path.parents[1] / "photos", model=model)
    held = found.table[[f"p:{name}" for name in NAMES]].to_numpy() >= 0.5
    written = [";".join(name for name, holds in zip(NAMES, row, strict=True) if holds) for row in held]
    assert found.table["predicted"].tolist() == written
    assert found.table[["confidence", "expected_accuracy", "agreement"]].notna().all(axis=None)


@pytest.mark.slow
def test_the_record_names_all_labels_that_are_predicted_as_the_table_writes_them(done: Run) -> None:
    table = done.predictions
    held = table[[f"p:{name}" for name in NAMES]].to_numpy() >= 0.5
    written = [";".join(name for name, holds in zip(NAMES, row, strict=True) if holds) for row in held]
    assert table["predicted"].tolist() == written
    shown = evenhand.retrieve(done.path, [done.record.samples().ids[0]], k=30).table["labels"]
    assert not shown.str.contains("|", regex=False).any()
    assert shown.str.contains(";").any()


@pytest.mark.slow
def test_runs_are_compared_audited_examined_and_reported(done: Run, tmp_path: Path) -> None:
    assert evenhand.compare(done.path).verdicts
    assert evenhand.audit(done.path)
    evenhand.doctor(done.path)
    evenhand.report(done.path)
    assert evenhand.balance_ledger(config(done.path.parents[1])) is not None


@pytest.mark.slow
@pytest.mark.parametrize(
    "verb",
    [
        lambda run: evenhand.audit(run.path, coverage=0.9),
        lambda run: evenhand.audit(run.path, refit=True),
        lambda run: evenhand.audit(run.path, by="series"),
        lambda run: evenhand.compare_versions(run.path, run.path),
    ],
    ids=["conformal", "again", "by", "versions"],
)
def test_a_verb_does_it_or_says_what_it_cannot(done: Run, verb: object) -> None:
    with suppress(EvenhandError):  # nothing but words
        assert verb(done) is not None  # type: ignore[operator]
