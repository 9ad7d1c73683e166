from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from evenhand.modalities.photos.views import PHOTO_VIEWS
from evenhand.training.inputs.inference import probabilities
from evenhand.training.tasks.fit_fold import run_task
from evenhand.training.tasks.prediction.predict_fold import predict_fold
from evenhand.training.tasks.prediction.tta import over_views

Make = Callable[..., SimpleNamespace]
COLUMNS = ["p:a", "p:b", "p:ц"]


def context(views: str | int, mean: str = "probabilities", *, multi_label: bool = False) -> Any:
    kind = SimpleNamespace(name="photos", test_views=PHOTO_VIEWS)
    model = SimpleNamespace(test_views=views, test_views_mean=mean)
    return SimpleNamespace(kind=kind, model=model, samples=SimpleNamespace(multi_label=multi_label))


@pytest.mark.parametrize("multi_label", [False, True])
def test_probabilities_or_logits_are_averaged(multi_label: bool) -> None:
    rng = np.random.default_rng(0)
    said = {view.name: rng.normal(size=(6, 3)) for view in PHOTO_VIEWS["geo4"]}
    tables = [probabilities(torch.from_numpy(table), multi_label=multi_label) for table in said.values()]
    for mean in ("probabilities", "logits"):
        logits = over_views(context("geo4", mean, multi_label=multi_label), lambda view: said[view.name])
        found = probabilities(torch.from_numpy(logits), multi_label=multi_label)
        middle = torch.from_numpy(np.mean(list(said.values()), axis=0))
        wanted = (
            np.mean(tables, axis=0) if mean == "probabilities" else probabilities(middle, multi_label=multi_label)
        )
        assert found == pytest.approx(wanted)


def test_certainty_stays_finite() -> None:
    sure = np.array([[900.0, -900.0, 0.0]])
    assert np.isfinite(over_views(context("flip"), lambda _: sure)).all()
    assert np.isfinite(over_views(context("flip", multi_label=True), lambda _: sure)).all()


@pytest.mark.parametrize("tune", ["head", "all"])
def test_new_rows_get_what_the_task_itself_said(make_record: Make, tune: str, tmp_path: Path) -> None:
    made = make_record(model={"tune": tune, "test_views": "geo8"})
    run_task(**made.call(fold=1))
    out = tmp_path / "p.npy"
    predict_fold(**made.call(fold=1), entry=made.names[32], out=str(out))
    table = pd.read_parquet(made.record.task_folder("m", 1, 0) / "predictions.parquet").set_index("id")
    found = np.load(out, allow_pickle=False)[[int(i.removeprefix("id")) for i in table.index]]
    assert found == pytest.approx(table[COLUMNS].to_numpy(), abs=1e-5)


def test_a_turned_picture_gets_the_same_answer(make_record: Make, tmp_path: Path) -> None:
    tables = []
    for views in ("none", "flip"):
        made = make_record(model={"tune": "all", "test_views": views})
        run_task(**made.call(fold=1))
        path = made.record.task_folder("m", 1, 0) / "predictions.parquet"
        tables.append(pd.read_parquet(path)[COLUMNS].to_numpy())
    assert not np.allclose(*tables)
