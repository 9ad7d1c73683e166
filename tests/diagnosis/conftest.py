"""Generated cases: small pictures of a few classes, taken in series, with all the parts that rules look at."""

import importlib.util
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from evenhand.balance.config import BalanceConfig
from evenhand.balance.plan import plan_of
from evenhand.base.values import Folds, Samples
from evenhand.data.store.entry import StoreEntry
from evenhand.diagnosis import Evidence
from evenhand.diagnosis.evidence.training_history import TrainingHistory
from evenhand.modalities import KINDS


@dataclass(frozen=True)
class Recipe:
    """How a generated set is made: a healthy one by default."""

    seed: int = 0
    rows: int = 120
    classes: int = 4
    skew: float = 1.0  # largest class over smallest
    series: int = 30  # groups; each has its own light and ground
    side: int = 24
    ground: str = "own"  # "own": each series its own colour; "black": all the same
    test_share: float = 0.3  # of the series
    alike: bool = False  # classes that hardly differ


def generated(recipe: Recipe) -> Evidence:
    """Return a case with pictures, facts, groups and a split column dealt to whole series at random."""
    rng = np.random.default_rng(recipe.seed)
    label = labels(recipe, rng)
    series = rng.integers(0, recipe.series, len(label))
    pictures = drawn(recipe, label, series, rng)
    test = rng.random(recipe.series) < recipe.test_share
    names = [f"r{i:04d}" for i in range(len(label))]
    frame = pd.DataFrame(
        {
            "id": names,
            "path": [f"{name}.jpg" for name in names],
            "group": [f"s{s:03d}" for s in series],
            "split": np.where(test[series], "test", "train"),
        }
    )
    samples = Samples(frame, tuple(f"class {c}" for c in range(recipe.classes)), label)
    return as_photos(Evidence(samples=samples, pictures=pictures, facts=facts_of(pictures), failures=()))


def as_photos(case: Evidence) -> Evidence:
    """Return a case whose pictures are the encoded rows of photos."""
    entry = StoreEntry("generated", len(case.rows), {"image": case.pictures}, {})
    return replace(case, kind=KINDS.get("photos"), entry=entry)


def labels(recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    shares = np.geomspace(1, 1 / recipe.skew, recipe.classes)
    first = np.repeat(np.arange(recipe.classes), 2)[: recipe.rows]
    rest = rng.choice(recipe.classes, max(0, recipe.rows - len(first)), p=shares / shares.sum())
    return np.concatenate([first, rest]).astype(np.int64)


def drawn(recipe: Recipe, label: np.ndarray, series: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    side, n = recipe.side, len(label)
    y, x = np.mgrid[0:side, 0:side] / side
    ground = rng.uniform(40, 200, (recipe.series, 3)) if recipe.ground == "own" else np.zeros((recipe.series, 3))
    light = rng.normal(0, 12, recipe.series)
    out = np.empty((n, side, side, 3))
    for i in range(n):
        angle = np.pi * (0.2 if recipe.alike else 1.0) * label[i] / recipe.classes
        wave = np.sin(2 * np.pi * (3 * (x * np.cos(angle) + y * np.sin(angle)) + rng.random()))
        middle = np.hypot(x - rng.uniform(0.4, 0.6), y - rng.uniform(0.4, 0.6)) < rng.uniform(0.25, 0.35)
        colour = rng.uniform(60, 230, 3)
        thing = np.clip(colour + 40 * wave[..., None] + light[series[i]], 0, 255)
        out[i] = np.where(middle[..., None], thing, ground[series[i]])
    noise = rng.normal(0, 0 if recipe.ground == "black" else 4, out.shape)
    return np.clip(out + noise, 0, 255).astype(np.uint8)


def facts_of(pictures: np.ndarray, quality: int = 85) -> pd.DataFrame:
    sizes = []
    for picture in pictures:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
        sizes.append(buffer.tell())
    h, w = pictures.shape[1:3]
    columns = {"width": 10 * w, "height": 10 * h, "mode": "RGB", "format": "JPEG", "bytes": sizes}
    return pd.DataFrame(columns, index=range(len(pictures)))


@pytest.fixture
def make() -> Callable[..., Evidence]:
    """Return a case from the fields of a `Recipe`."""
    return lambda **fields: generated(Recipe(**fields))


@pytest.fixture
def fold_of() -> Callable[[Evidence, np.ndarray, int], Folds]:
    """Return folds of a case from an array of fold numbers."""
    return lambda case, fold, k: Folds(case.rows.ids, np.asarray(fold, dtype=np.int16), k)


@pytest.fixture(scope="session")
def small():
    """Return the module of small trainings that lies beside."""
    path = Path(__file__).with_name("small_trainings.py")
    spec = importlib.util.spec_from_file_location("small_trainings", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["small_trainings"] = module
    spec.loader.exec_module(module)
    return module


def told(share, predicted, *, recall=None, probability=None, own=None, rows=400, information=0.3, error=0.01):
    """Return what a set tells, as a line of epochs.jsonl holds it."""
    return {
        "rows": rows,
        "share": list(share),
        "predicted": list(predicted),
        "recall": list(recall or [0.8] * len(share)),
        "probability": list(probability or share),
        "own_probability": list(own or [0.8] * len(share)),
        "information": information,
        "information_error": error,
    }


def lines_of(*looks, train=None, stage=0, steps=50, loss=1.0, **more):
    """Return a line for each look at the validation rows."""
    return tuple(
        {
            "epoch": epoch,
            "stage": stage,
            "learning_rate": 0.01,
            "steps": steps,
            "train_loss": loss,
            "validation_loss": loss,
            "sets": {"train": train or look, "validation": look},
            **more,
        }
        for epoch, look in enumerate(looks)
    )


def case_of(lines, counts=(900, 20, 80), *, settings=None, names="NSV", **train):
    """Return a case of one fit with so many training rows of each class."""
    settings = settings or {}
    labels = np.repeat(np.arange(len(counts)), counts)
    prior = plan_of(BalanceConfig.model_validate(settings), labels, list(names)).prior
    train = {"warmup_epochs": 1.0, "learning_rate": 0.01, **train}
    history = TrainingHistory("net", 0, 0, tuple(names), tuple(lines), prior, settings, train)
    return Evidence(histories=(history,))


@pytest.fixture(scope="session")
def fits():
    """Return the functions above."""
    return SimpleNamespace(told=told, lines=lines_of, case=case_of)
