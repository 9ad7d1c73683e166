from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.fit_fold import run_task, summary_of
from evenhand.training.tasks.prediction.predict_fold import predict_fold

Make = Callable[..., SimpleNamespace]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"model": {"views": 2}},
        {"model": {"tune": "all", "views": 2}},
        {"model": {"tune": "from:layer3"}},
        {"train": {"stage": [{"tune": "head", "epochs": 1}, {"tune": "all", "epochs": 2, "size": 48}]}},
        {"multi_label": True},
    ],
    ids=str,
)
def test_new_rows_get_what_the_task_itself_said(
    make_record: Make, settings: dict[str, Any], tmp_path: Path
) -> None:
    made = make_record(**settings)
    run_task(**made.call(fold=1))
    out = tmp_path / "p.npy"
    sizes = {"48": made.names[48]}
    told = predict_fold(**made.call(fold=1), entry=made.names[32], out=str(out), sizes=sizes)
    assert told == {"rows": 36, "out": str(out)}
    folder = made.record.task_folder("m", 1, 0)
    table = pd.read_parquet(folder / "predictions.parquet").set_index("id")
    found = np.load(out, allow_pickle=False)[[int(i.removeprefix("id")) for i in table.index]]
    assert found == pytest.approx(table[["p:a", "p:b", "p:ц"]].to_numpy(), abs=1e-5)
    assert summary_of(folder)["size"] in (None, 48)


def test_a_model_trained_in_fp16_predicts_without_a_gpu(
    make_record: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = make_record(train={"epochs": 1})
    run_task(**made.call())
    predict_fold(**made.call(), entry=made.names[32], out=str(tmp_path / "before.npy"))
    context = TaskContext.of(**made.common)
    half = replace(context, train=context.train.model_copy(update={"precision": "fp16"}))
    monkeypatch.setattr(TaskContext, "of", lambda *where: half)
    predict_fold(**made.call(), entry=made.names[32], out=str(tmp_path / "half.npy"))
    assert np.array_equal(np.load(tmp_path / "half.npy"), np.load(tmp_path / "before.npy"))


def test_a_soup_that_was_kept_answers_for_its_seeds(make_record: Make, tmp_path: Path) -> None:
    made = make_record(model={"seeds": [0, 1]})
    for seed in (0, 1):
        run_task(**made.call(seed=seed))
    fold = made.record.task_folder("m", 0, 0).parent
    (fold / "soup").mkdir()
    (fold / "soup" / "weights.safetensors").write_bytes((fold / "seed1" / "weights.safetensors").read_bytes())
    for seed in (0, 1):
        predict_fold(**made.call(seed=seed), entry=made.names[32], out=str(tmp_path / f"{seed}.npy"))
    assert np.array_equal(np.load(tmp_path / "0.npy"), np.load(tmp_path / "1.npy"))
