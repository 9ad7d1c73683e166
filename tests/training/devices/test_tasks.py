"""Tasks from the record to the record on the pretend device, held for an Apple GPU."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from evenhand.models.acceleration.inference_fusion import Joined
from evenhand.models.io.activations import ActivationPass, fill_activations
from evenhand.models.io.picture_rows import PictureRows
from evenhand.training.device import device_of
from evenhand.training.device_trial import why_unusable
from evenhand.training.loop.checkpoint import Checkpointer
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.fit_fold import run_task
from evenhand.training.tasks.initial_network import fresh_network
from evenhand.training.tasks.prediction.predict_fold import predict_fold
from evenhand.training.tasks.soup import run_soup

from .pretend import watched

Make = Callable[..., SimpleNamespace]

pytestmark = pytest.mark.usefixtures("apple")


def test_it_passes_its_trial() -> None:
    why_unusable.cache_clear()
    assert why_unusable(device_of("cpu")) == ""


def test_a_task_is_resumed_and_predicts_and_its_seeds_make_a_soup(
    make_record: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"epochs": 2, "batch_size": 12, "soup": "uniform"}
    made, again = (make_record(model={"seeds": [0, 1], "tune": "all"}, train=settings) for _ in range(2))
    with watched() as calls:
        for seed in (0, 1):
            run_task(**made.call(seed=seed))
        run_soup(**made.common, fold=0, threads=1)
        out = tmp_path / "p.npy"
        predict_fold(**made.common, entry=made.names[32], fold=0, seed=0, threads=1, out=str(out))
    assert calls.kernels
    assert calls.channels_last == []
    assert np.load(out).sum(axis=1) == pytest.approx(1.0)
    monkeypatch.setattr(Checkpointer, "due", property(lambda self: True))
    run_until_killed(again)
    run_task(**again.call())
    assert predictions(again).equals(predictions(made))


@pytest.mark.parametrize("head", ["logistic_regression", "knn", "hash", "product_quantizer"])
def test_heads_that_are_solved_or_code_rows_finish(head: str, make_record: Make) -> None:
    made = make_record(model={"head": head, "frozen_precision": "float32"}, train={"epochs": 1}, rows=24)
    with watched() as calls:
        run_task(**made.call())
    assert calls.kernels
    assert predictions(made)["p:a"].between(0, 1).all()


def test_a_head_is_trained_on_the_cpu_with_features_of_the_device(
    make_record: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    of = TaskContext.of
    monkeypatch.setattr(TaskContext, "of", lambda *args, **more: replace(of(*args, **more), head_device="cpu"))
    made = make_record(model={"frozen_precision": "float32"}, train={"epochs": 1}, rows=24)
    threads = torch.get_num_threads()
    with watched() as calls:
        summary = run_task(**made.call())
        assert calls.kernels  # of the frozen part
    assert (summary["device"], torch.get_num_threads()) == ("cpu", threads)
    entries, out = len(made.store.usage()), tmp_path / "p.npy"
    predict_fold(**made.call(), entry=made.names[32], out=str(out))
    assert len(made.store.usage()) == entries  # its features, under the key of the device
    found = predictions(made)
    at = [int(name.removeprefix("id")) for name in found["id"]]
    np.testing.assert_allclose(np.load(out)[at], found.filter(like="p:"), atol=1e-6)


def run_until_killed(made: SimpleNamespace) -> None:
    def kill(done: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_task(**made.call(), progress=kill)
    assert (made.record.task_folder("m", 0, 0) / "state.pt").is_file()


def predictions(made: SimpleNamespace) -> pd.DataFrame:
    return pd.read_parquet(made.record.task_folder("m", 0, 0) / "predictions.parquet")


def test_a_frozen_part_is_folded_and_one_thread_computes_it(make_record: Make) -> None:
    made = make_record(model={"encoder": "timm:test_efficientnet", "views": 2, "frozen_precision": "float32"})
    context = TaskContext.of(**made.common)
    network = fresh_network(context, 0)
    alike = copy.deepcopy(network)
    images, found = context.entry(None)["image"], []
    for one, device in ((network.to_device(device_of("cpu")), "pretend"), (alike, "cpu")):
        rows = PictureRows(images, one, lambda x, profile, draws: x, device=device)
        width = one.frozen(rows.batch(np.array([0]), None)).shape[1]
        out = np.zeros((len(images), 2, width), dtype=np.float32)
        with watched() as calls:
            fill_activations(one, rows, out, ActivationPass(device=device, batch_size=4, threads=2))
        assert len(calls.threads) <= 1
        found.append(out)
    np.testing.assert_allclose(*found, rtol=1e-3, atol=1e-4)
    (quick,) = network.frozen._quick.values()
    assert not [part for part in quick.modules() if isinstance(part, (torch.nn.BatchNorm2d, Joined))]
