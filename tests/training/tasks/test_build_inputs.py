"""Rows other than pictures reach the loop: a record of beats is trained on and predicted."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from evenhand.base.errors import TaskError
from evenhand.base.storage.record import ROW, Record
from evenhand.base.values import Folds, Samples
from evenhand.data.store.store import Store
from evenhand.modalities.beats import Beats
from evenhand.modalities.beats.features.rr_features import near
from evenhand.modalities.beats.inputs import BeatInputs
from evenhand.modalities.images.image_inputs import ImageInputs
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.tasks.build_inputs import activations_of, build_inputs
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.fit_fold import prepare_model, run_task
from evenhand.training.tasks.initial_network import fresh_network
from evenhand.training.tasks.prediction.predict_fold import predict_fold
from evenhand.training.tasks.stored_features import write_features

Make = Callable[..., SimpleNamespace]
N = 60


def beat_record(
    folder: Path, *, encoder: str = "resnet1d", tune: str = "all", own: dict | None = None, **train: object
) -> SimpleNamespace:
    """Write a record on made beats, whose first rhythm feature tells the class."""
    rng, y = np.random.default_rng(0), np.arange(N) % 3
    signal = rng.normal(size=(N, 1, 24)).astype(np.float32)
    rhythm = rng.normal(size=(N, 4)).astype(np.float32)
    rhythm[:, 0] = y + 0.1 * rhythm[:, 0]
    around = near(N, 2)
    store = Store(folder / "store")
    entry = store.rows(
        {"of": "beats"},
        [f"beat{i}" for i in range(N)],
        lambda row: {"signal": signal[row], "rhythm": rhythm[row], "near": around[row]},
    )
    frame = pd.DataFrame({"id": [f"b{i}" for i in range(N)], "path": "100.hea", ROW: np.arange(N)})
    samples = Samples(frame, ("N", "S", "V"), y, kind="beats")
    settings = {"epochs": 12, "batch_size": 16, "learning_rate": 0.02, "early_stop": 0, **train}
    model = {"name": "m", "encoder": encoder, "tune": tune, "pretrained": False, "train": settings, "balance": {}}
    model |= own or {}
    resolved = {"model": [model], "score": {"macro_f1": 1.0}, "compute": {"device": "cpu"}}
    data = {"kind": "beats", "classes": samples.classes, "encoded": {"m": entry.name}}
    record = Record.create(folder / "runs", asked="", resolved=resolved, data=data)
    record.write_samples(samples)
    record.write_folds(Folds(samples.ids, (np.arange(N) // 3 % 3).astype(np.int16), k=3))
    common = {"record": str(record.path), "store": store.place(), "model": "m"}
    return SimpleNamespace(record=record, entry=entry.name, common=common)


@pytest.mark.parametrize("encoder", ["resnet1d", "transformer1d", "neighbours", "rhythm"])
def test_beats_are_learned_and_predicted_again_the_same(tmp_path: Path, encoder: str) -> None:
    made = beat_record(tmp_path, encoder=encoder, augment="full")
    summary = run_task(**made.common, fold=0, seed=0, threads=1)
    assert summary["score"] > 0.6
    written = pd.read_parquet(made.record.task_folder("m", 0, 0) / "predictions.parquet")
    out = tmp_path / "p.npy"
    predict_fold(**made.common, entry=made.entry, fold=0, seed=0, threads=1, out=str(out))
    again = pd.DataFrame(np.load(out), index=[f"b{i}" for i in range(N)]).loc[written["id"]]
    assert np.allclose(again.to_numpy(), written[["p:N", "p:S", "p:V"]].to_numpy(), atol=1e-6)


@pytest.mark.parametrize("encoder", ["resnet1d", "transformer1d", "neighbours", "rhythm"])
def test_beats_are_blended_in_pairs_and_judged_in_several_views(tmp_path: Path, encoder: str) -> None:
    views = {"views": 2, "view_profile": "gentle"}
    made = beat_record(tmp_path, encoder=encoder, own=views, mixup=0.3, label_smoothing=0.1, epochs=4)
    summary = run_task(**made.common, fold=0, seed=0, threads=1)
    assert np.isfinite(summary["score"])
    written = pd.read_parquet(made.record.task_folder("m", 0, 0) / "predictions.parquet")
    assert np.isfinite(written[["p:N", "p:S", "p:V"]]).all(axis=None)


@pytest.mark.parametrize("profile", Beats.profiles)
def test_every_profile_of_the_kind_can_be_trained_with(tmp_path: Path, profile: str) -> None:
    made = beat_record(tmp_path, augment=profile, epochs=1, batch_size=2)
    assert run_task(**made.common, fold=0, seed=0, threads=1)["epochs"] == 1


def test_what_a_network_is_given_follows_from_its_rows_and_its_boundary(make_record: Make, tmp_path: Path) -> None:
    def kind_of(made: SimpleNamespace) -> type:
        context = TaskContext.of(**made.common)
        network = fresh_network(context, 0)
        return type(build_inputs(context, network, context.entry(None), torch.device("cpu")))

    assert kind_of(beat_record(tmp_path)) is BeatInputs
    assert kind_of(beat_record(tmp_path / "frozen", tune="head")) is ViewInputs
    assert kind_of(make_record(model={"tune": "all"})) is ImageInputs
    assert kind_of(make_record(model={"tune": "head"})) is ViewInputs


def test_the_model_knows_the_shapes_of_its_rows(tmp_path: Path) -> None:
    row = TaskContext.of(**beat_record(tmp_path).common).sized.row
    assert row == {"signal": [1, 24], "rhythm": [4], "near": [5]}


@pytest.mark.parametrize("encoder", ["resnet1d", "neighbours", "rhythm"])
def test_heads_are_trained_on_frozen_encoders_of_beats(tmp_path: Path, encoder: str) -> None:
    made = beat_record(tmp_path, encoder=encoder, tune="head", own={"views": 2, "view_profile": "gentle"})
    assert prepare_model(**made.common, threads=1) == {"model": "m", "stages": 1}
    run_task(**made.common, fold=0, seed=0, threads=1)
    written = pd.read_parquet(made.record.task_folder("m", 0, 0) / "predictions.parquet")
    out = tmp_path / "p.npy"
    predict_fold(**made.common, entry=made.entry, fold=0, seed=0, threads=1, out=str(out))
    again = pd.DataFrame(np.load(out), index=[f"b{i}" for i in range(N)]).loc[written["id"]]
    assert np.allclose(again.to_numpy(), written[["p:N", "p:S", "p:V"]].to_numpy(), atol=1e-6)
    features = tmp_path / "f.npy"
    width = write_features(**made.common, threads=1, out=str(features))["width"]
    assert np.load(features).shape == (N, width)


def test_what_is_kept_depends_on_the_options_of_the_encoder(tmp_path: Path) -> None:
    made = beat_record(tmp_path, encoder="rhythm", tune="head", own={"frozen_precision": "float32"})
    context = TaskContext.of(**made.common)
    network = fresh_network(context, 0)

    def keys(**options: object) -> int:
        network.model = network.model.model_copy(update={"options": options})
        activations_of(network, context.entry(None), context, torch.device("cpu"))
        return len(context.store.usage())

    first = keys()
    assert keys() == first
    assert keys(zoom=2) == first + 1


def test_patches_of_beats_are_refused(tmp_path: Path) -> None:
    made = beat_record(tmp_path, cutmix=1.0)
    with pytest.raises(TaskError, match="these rows are not pictures"):
        run_task(**made.common, fold=0, seed=0, threads=1)
