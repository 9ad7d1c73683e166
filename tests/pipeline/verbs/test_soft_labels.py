"""Soft labels with unknown cells and row weights, through every verb."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import evenhand
from evenhand.pipeline.verbs.run import Run

NAMES = ("red", "green", "blue")


def config(folder: Path, **more: object) -> dict[str, object]:
    return {
        "output": str(folder / "runs"),
        "data": {
            "root": str(folder / "photos"),
            "table": "labels.csv",
            "group": "series",
            "task": "soft",
            "label_columns": list(NAMES),
            "weight": "raters",
        },
        "folds": {"k": 2, "test": {"fraction": 0.2}},
        "photos": {"size": 32},
        "model": [
            {"name": "a", "encoder": "small", "tune": "head"},
            {"name": "b", "encoder": "small", "tune": "all"},
        ],
        "train": {"epochs": 2, "batch_size": 16, "mixup": 0.2},
        "score": {"roc_auc": 1.0},
        "compute": {"store": str(folder / "store"), "workers": 0},
        "evaluate": {"draws": 200},
        **more,
    }


def write_photos(folder: Path, rows: int = 90, seed: int = 0) -> pd.DataFrame:
    """Write photos whose stripes are as bright as each class holds, and return their table."""
    rng = np.random.default_rng(seed)
    (folder / "photos").mkdir()
    degrees = np.where(rng.random((rows, 3)) < 0.5, 0.0, rng.integers(1, 5, (rows, 3)) / 4)
    for row, degree in enumerate(degrees):
        pixels = rng.integers(40, 90, (32, 32, 3)).astype(np.uint8)
        for channel in range(3):
            pixels[channel * 10 : channel * 10 + 9, 4:28, channel] = 60 + 190 * degree[channel]
        Image.fromarray(pixels).save(folder / "photos" / f"{row}.png")
    hidden = rng.random((rows, 3)) < 0.15
    hidden[hidden.all(axis=1), 0] = False
    table = pd.DataFrame(np.where(hidden, np.nan, degrees), columns=list(NAMES))
    table.insert(0, "path", [f"{row}.png" for row in range(rows)])
    table["raters"] = rng.integers(1, 9, rows)
    table["series"] = [f"s{row // 3}" for row in range(rows)]
    table.to_csv(folder / "photos" / "labels.csv", index=False)
    return table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("soft")
    write_photos(folder)
    return folder


@pytest.fixture(scope="module")
def done(folder: Path) -> Run:
    return evenhand.run(config(folder))


def test_it_is_checked_and_its_classes_counted(folder: Path) -> None:
    table = pd.read_csv(folder / "photos" / "labels.csv")
    found = evenhand.check(config(folder))
    rows = dict(zip(found.skew.table["class"], found.skew.table["rows"], strict=True))
    assert rows == {name: pytest.approx(table[name].sum()) for name in NAMES}
    assert found.examination.worst != "error"


@pytest.mark.slow
def test_figures_are_of_the_known_labels(done: Run, folder: Path) -> None:
    samples, table = done.record.samples(), pd.read_csv(folder / "photos" / "labels.csv")
    assert samples.task == "soft"
    of = done.record.folds().of(samples.ids)
    known = ~np.isnan(samples.labels)
    scores = done.scores[(done.scores["set"] == "oof") & (done.scores["name"] == "a")].set_index("metric")
    for c, name in enumerate(NAMES):
        held = samples.labels[of >= 0, c] >= 0.5
        assert scores.loc[f"recall[{name}]", "n"] == held.sum()
    p = done.predictions[(done.predictions["model"] == "a") & (done.predictions["set"] == "oof")]
    assert samples.weights is not None
    assert sorted(samples.weights) == sorted(table["raters"])
    predicted = p.set_index("id")[[f"p:{name}" for name in NAMES]].reindex(samples.ids[of >= 0]).to_numpy()
    gap = (predicted - samples.labels[of >= 0])[known[of >= 0]]
    assert scores.loc["brier", "estimate"] == pytest.approx((gap**2).mean())
    assert scores.loc["roc_auc", "estimate"] > 0.5


@pytest.mark.slow
def test_every_verb_does_its_work(done: Run, folder: Path, tmp_path: Path) -> None:
    assert evenhand.evaluate(done.path, model="b").figures
    assert evenhand.compare(done.path).verdicts
    assert evenhand.audit(done.path)
    assert evenhand.doctor(done.path).worst != "error"
    assert "<svg" in evenhand.report(done.path).read_text(encoding="utf-8")
    assert evenhand.balance_ledger(config(folder)) is not None
    found = evenhand.ensemble(done.path, methods=["equal", "nnls"])
    assert found is not None
    predicted = evenhand.predict(done.path, folder / "photos")
    assert np.isfinite(predicted.table[[f"p:{name}" for name in NAMES]]).all(axis=None)


@pytest.mark.slow
def test_another_threshold_is_another_truth(done: Run, folder: Path) -> None:
    other = evenhand.run(config(folder, evaluate={"draws": 200, "truth_threshold": 0.25}), fresh=True)
    with pytest.raises(evenhand.EvenhandError, match=r"takes soft labels for true from 0\.5 on, and .* from 0\.25"):
        evenhand.compare(done.path, other.path)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["kind", "manifest"])
def test_new_rows_are_diagnosed_against_degrees(done: Run, tmp_path: Path, way: str) -> None:
    table = write_photos(tmp_path, rows=30, seed=5)
    manifest = {"manifest": tmp_path / "photos" / "labels.csv"} if way == "manifest" else {}
    found = evenhand.diagnose(done.path, tmp_path / "photos", model="b", **manifest)  # type: ignore[arg-type]
    assert found.rows.known == 30
    predicted = evenhand.predict(done.path, tmp_path / "photos", model="b").table.set_index("path")
    truth = table.set_index("path")[list(NAMES)].loc[predicted.index].to_numpy()
    wrong = (predicted[[f"p:{name}" for name in NAMES]].to_numpy() >= 0.5) != (truth >= 0.5)
    right = ~(wrong & ~np.isnan(truth)).any(axis=1)
    assert found.figures["subset_accuracy"].estimate == pytest.approx(right.mean())
