"""Heads as tasks: what training, writing and reading a network does with them."""

import json
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from evenhand.models.baseline import LOGISTIC_REGRESSION
from evenhand.models.io.network_files import load_network
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.fit_fold import run_task
from evenhand.training.tasks.task_files import summary_of

Make = Callable[..., SimpleNamespace]


def test_probabilities_of_classes_that_exclude_each_other_sum_to_one(make_record: Make) -> None:
    model = {"head": "mlp", "head_width": 8, "blocks": "softmax"}
    made = make_record(
        model=model, train={"epochs": 1}, multi_label=True, exclusive=[["ц", "a", "gone"], ["b", "gone"]]
    )
    assert TaskContext.of(**made.common).blocks == [[2, 0]]
    run_task(**made.call())
    folder = made.record.task_folder("m", 0, 0)
    table = pd.read_parquet(folder / "predictions.parquet")
    assert table[["p:a", "p:ц"]].sum(axis=1).to_numpy() == pytest.approx(1.0)
    assert not np.allclose(table[["p:a", "p:b"]].sum(axis=1), 1.0)
    network = load_network(folder / "weights.safetensors", shared=made.record.path / "models" / "m")
    assert network.head[2].blocks == [[2, 0]]


def test_shares_of_raters_are_learned_by_a_softmax_over_all_classes(make_record: Make) -> None:
    made = make_record(
        model={"head": "mlp", "head_width": 8, "blocks": "softmax"},
        train={"epochs": 1},
        multi_label=True,
        exclusive=[["a", "b", "ц"]],
    )
    shares = 0.5 * made.samples.labels + 0.5 / 3
    made.record.write_samples(replace(made.samples, labels=shares))
    context = TaskContext.of(**made.common)
    assert (context.samples.task, context.blocks) == ("soft", [[0, 1, 2]])
    run_task(**made.call())
    table = pd.read_parquet(made.record.task_folder("m", 0, 0) / "predictions.parquet")
    assert table[["p:a", "p:b", "p:ц"]].sum(axis=1).to_numpy() == pytest.approx(1.0)


def test_a_solved_head_leaves_what_a_trained_one_leaves_but_epochs(
    make_record: Callable[..., SimpleNamespace],
) -> None:
    made = make_record(model={"head": LOGISTIC_REGRESSION, "tune": "head"})
    told = [run_task(**made.call(fold=fold)) for fold in range(3)]
    folder = made.record.task_folder("m", 0, 0)
    assert {path.name for path in folder.iterdir()} == {"weights.safetensors", "task.json", "predictions.parquet"}
    assert summary_of(folder) == told[0] == run_task(**made.call())
    table = pd.read_parquet(folder / "predictions.parquet")
    assert table[["p:a", "p:b", "p:ц"]].sum(axis=1).to_numpy() == pytest.approx(1.0)
    assert all(1e-5 <= one["C"] <= 1e3 for one in told)
    assert np.mean([one["score"] for one in told]) > 0.5  # colours are told apart by random convolutions too


def test_nearest_rows_are_saved_with_the_network_and_reused_encoders_take_other_rows(make_record: Make) -> None:
    made = make_record(model={"head": "knn", "tune": "head", "head_options": {"neighbours": 5}}, multi_label=True)
    told = [run_task(**made.call(fold=fold)) for fold in range(3)]
    assert np.mean([one["score"] for one in told]) > 0.5
    for fold in range(3):
        folder = made.record.task_folder("m", fold, 0)
        network = load_network(folder / "weights.safetensors", shared=made.record.path / "models" / "m")
        assert network.head[1].held_rows == len(TaskContext.of(**made.common).parts(fold).fit)
        table = pd.read_parquet(folder / "predictions.parquet")
        assert table.filter(like="p:").to_numpy().min() > 0


@pytest.mark.parametrize("case", ["single", "multi", "soft", "blocks"])
def test_heads_with_codes_begin_at_the_base_rates_of_the_training_rows(make_record: Make, case: str) -> None:
    options = {"head": "hash", "head_width": 8, "head_options": {"bits": 6}}
    if case == "blocks":
        options["blocks"] = "softmax"
    several = case != "single"
    exclusive = [["a", "ц"]] if case == "blocks" else []
    train = {"epochs": 1, "learning_rate": 1e-9}
    made = make_record(model=options, train=train, multi_label=several, exclusive=exclusive)
    fit = TaskContext.of(**made.common).parts(0).fit
    labels = made.samples.matrix()
    if case == "multi":
        labels[fit[: len(fit) // 2], 0] = np.nan
    if case == "soft":
        labels = 0.3 * labels + 0.1
    if case == "blocks":
        labels[fit[labels[fit, 2] == 1][::2]] = [1.0, 0.0, 0.0]
    if several:
        made.record.write_samples(replace(made.samples, labels=labels))
    context = TaskContext.of(**made.common)
    assert context.samples.task == ("multi" if case == "blocks" else case)
    run_task(**made.call())
    folder = made.record.task_folder("m", 0, 0)
    network = load_network(folder / "weights.safetensors", shared=made.record.path / "models" / "m")
    # what stands behind the codes: the biases, and the softmax within blocks
    bias = network.head[1].classify.bias.detach()[None]
    logits = network.head[2](bias) if case == "blocks" else bias
    begun = (torch.sigmoid(logits) if several else torch.softmax(logits, dim=1))[0].double().numpy()
    known = (~np.isnan(labels[fit])).sum(axis=0)
    rates = (np.nansum(labels[fit], axis=0) + 0.5) / (known + 1)
    for shared in ([0, 1, 2],) if case == "single" else context.blocks:
        rates[shared] /= rates[shared].sum()
    assert begun == pytest.approx(rates, abs=1e-4)


def test_codes_of_held_out_and_locked_rows_are_written_with_their_predictions(make_record: Make) -> None:
    train = {"epochs": 2}
    hashing = make_record(model={"head": "hash", "head_width": 8, "head_options": {"bits": 6}}, train=train)
    run_task(**hashing.call())
    folder = hashing.record.task_folder("m", 0, 0)
    codes = pd.read_parquet(folder / "codes.parquet")
    assert list(codes.id) == list(pd.read_parquet(folder / "predictions.parquet").id)
    values = codes.filter(like="code:").to_numpy()
    assert values.shape[1] == 6
    assert values.dtype == np.float32
    assert np.abs(values).max() <= 1
    line = json.loads((folder / "epochs.jsonl").read_text().splitlines()[-1])
    assert set(line["terms"]) == {"quantisation", "balance", "decorrelation", "cosine"}


def test_codes_of_a_second_set_are_written_as_well(make_record: Make) -> None:
    made = make_record(model={"head": "hash", "head_width": 8, "head_options": {"bits": 6}}, train={"epochs": 1})
    few = made.samples.take(np.arange(5))
    frame = few.frame.assign(id=[f"new{row}" for row in range(5)])
    data = {**made.record.data(), "encoded_generalization": made.record.data()["encoded"]}
    made.record.write_json("data.json", data)
    made.record.write_generalization(replace(few, frame=frame))
    run_task(**made.call())
    folder = made.record.task_folder("m", 0, 0)
    codes, predicted = (pd.read_parquet(folder / f"{name}.parquet") for name in ("codes", "predictions"))
    pd.testing.assert_frame_equal(codes[["id", "set"]], predicted[["id", "set"]])
    assert list(codes.id[-5:]) == list(frame["id"])
    assert codes.notna().all(axis=None)


def test_predictions_of_a_product_quantizer_are_those_of_its_codes(make_record: Make) -> None:
    options = {"subspaces": 2, "bits": 2, "width": 8}
    model = {"head": "product_quantizer", "head_width": 8, "head_options": options, "tune": "head"}
    made = make_record(model=model, train={"epochs": 2})
    run_task(**made.call())
    folder = made.record.task_folder("m", 0, 0)
    codes = pd.read_parquet(folder / "codes.parquet").filter(like="code:")
    assert (codes.shape[1], codes.to_numpy().dtype, codes.to_numpy().max() < 4) == (2, np.uint8, True)
    logits = pd.read_parquet(folder / "predictions.parquet").filter(like="logit:")
    # rows with one code have one prediction, and there are at most sixteen codes
    of_codes = logits.round(5).groupby([codes["code:0"], codes["code:1"]]).nunique()
    assert int(of_codes.to_numpy().max()) == 1
    network = load_network(folder / "weights.safetensors", shared=made.record.path / "models" / "m")
    assert bool(network.head[1].fitted)
    assert float(network.head[1].codebooks.abs().sum()) > 0


def test_the_score_of_a_product_quantizer_is_that_of_its_codes(make_record: Make) -> None:
    options = {"subspaces": 1, "bits": 1, "width": 8}  # two codes cannot tell three classes apart
    model = {"head": "product_quantizer", "head_width": 8, "head_options": options, "tune": "head"}
    made = make_record(model=model, train={"epochs": 8, "learning_rate": 0.1})
    told = run_task(**made.call())
    folder = made.record.task_folder("m", 0, 0)
    context = TaskContext.of(**made.common)
    scored = context.parts(0).scored
    table = pd.read_parquet(folder / "predictions.parquet").set_index("id").loc[context.samples.ids[scored]]
    scorer = scorer_of(context.samples.labels[scored], context.samples.classes, {"macro_f1": 1.0})
    assert told["score"] == pytest.approx(scorer(table.filter(like="p:").to_numpy()).value)
    best = json.loads((folder / "epochs.jsonl").read_text().splitlines()[told["epoch"] - 1])
    assert best["score"] > told["score"] + 0.1
