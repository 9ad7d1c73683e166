import json
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import softmax
from torch import nn

from evenhand.balance.config import BalanceConfig
from evenhand.balance.correction.unsmoothing import Unsmoothing, corrected
from evenhand.base.errors import EvenhandError, TaskError
from evenhand.models.io.network_files import load_network
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.batch_order import systematic_sample
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.loop.class_balance import ClassBalance, class_balance_of
from evenhand.training.loop.fit_spec import FitSpec, FitStage
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.scorer import Score
from evenhand.training.plain_module import PlainModule
from evenhand.training.tasks.build_spec import fold_spec
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.fit_fold import run_task, summary_of
from evenhand.training.tasks.prediction.predict_fold import network_probabilities, predict_fold
from evenhand.training.tasks.predictions_file import logits_of

LABELS = np.repeat(np.arange(3), [160, 30, 10])
NAMES = ("N", "V", "S")


def spec(*, epochs: int = 2, stages: int = 1, seen: list[np.ndarray] | None = None, **balance: Any) -> FitSpec:
    """Return a spec on rows that tell nothing, in which only the belief about shares can be learned."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 1, 2)).astype(np.float32)
    y = np.concatenate([LABELS, LABELS])
    train = TrainConfig(epochs=epochs, learning_rate=0.05, batch_size=50, early_stop=0, weight_decay=0.0)
    inputs = ViewInputs(x)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = PlainModule(nn.Linear(2, 3))

    def scorer(p: np.ndarray) -> Score:
        if seen is not None:
            seen.append(p)
        return Score(float(len(seen) if seen is not None else 0))

    own = BalanceConfig(**balance)
    last = own.overridden({"sampler": "balanced_subset", "weights": "none"})
    return fold_spec(
        network,
        tuple(FitStage("all", epochs, 0.05, inputs) for _ in range(stages)),
        y,
        3,
        fit_rows=np.arange(200),
        validation_rows=np.arange(200, 400),
        scorer=scorer,
        train=train,
        balance=own,
        stage_balance=[own] if stages == 1 else [own, last],
        names=NAMES,
    )


def test_a_balance_holds_what_the_ledger_tells() -> None:
    balance, whole = class_balance_of(BalanceConfig(sampler="balanced"), LABELS, NAMES)
    assert balance.expected_mix == pytest.approx(np.full(3, 1 / 3))
    assert balance.epoch_rows is None
    assert balance.loss(0) is whole
    assert balance.weights is not None
    assert balance.weights(5).tolist() == [1.0] * 3


def test_weights_are_natural_in_the_first_epoch_of_a_warm_up() -> None:
    balance, whole = class_balance_of(BalanceConfig(weights="inverse", warmup_epochs=2), LABELS, NAMES)
    z, y = torch.zeros(3, 3), torch.arange(3)
    first, half = (balance.loss(epoch)(z, y, "none") / np.log(3) for epoch in (0, 1))
    assert first.tolist() == pytest.approx([1.0] * 3)
    assert (half[2] / half[0]).item() == pytest.approx(16**0.5)
    assert balance.loss(2) is whole
    assert (whole(z, y, "none")[2] / whole(z, y, "none")[0]).item() == pytest.approx(16.0)


NATURAL = np.array([160, 30, 10]) / 200


def test_what_is_judged_stands_for_the_data_while_weights_are_natural_and_after() -> None:
    """Before weights are in force there is nothing to correct, and nothing is; the epoch that is kept decides."""
    seen: list[np.ndarray] = []
    made = spec(epochs=40, seen=seen, weights="inverse", weights_from=12)
    fitted = fit(made)
    assert seen[11].mean(axis=0) == pytest.approx(NATURAL, abs=0.06)
    assert seen[39].mean(axis=0) == pytest.approx(NATURAL, abs=0.06)
    told = [line["sets"].get("validation_uncorrected") for line in fitted.lines]
    assert [word is None for word in told] == [True] * 12 + [False] * 28


def test_the_shift_of_the_epoch_that_is_kept_goes_with_its_weights() -> None:
    values = iter([0.9, 0.1, 0.1])
    made = replace(spec(epochs=3, weights="inverse", warmup_epochs=2), scorer=lambda p: Score(next(values)))
    fitted = fit(made)
    assert (fitted.epoch, fitted.correction) == (0, None)
    values = iter([0.1, 0.9, 0.1])
    fitted = fit(replace(spec(epochs=3, weights="inverse", warmup_epochs=2), scorer=lambda p: Score(next(values))))
    assert np.ptp(fitted.correction) == pytest.approx(np.log(16) / 2)


def test_an_even_average_is_corrected_as_its_last_epoch() -> None:
    values, seen = iter([0.1, 0.1, 0.1, 0.9]), []
    made = spec(epochs=3, weights="inverse", warmup_epochs=2)
    made = replace(made, train=made.train.model_copy(update={"swa_from": 0}))
    fitted = fit(replace(made, scorer=lambda p: (seen.append(p), Score(next(values)))[1]))
    assert fitted.form == "swa"
    assert np.ptp(fitted.correction) == pytest.approx(np.log(16))


def test_an_overshoot_is_refused_by_the_fold_as_well() -> None:
    with pytest.raises(EvenhandError, match="together have the exponent 2.00"):
        spec(sampler="balanced", weights="inverse")
    allowed = spec(sampler="balanced", weights="inverse", on_overshoot="allow")
    assert allowed.stages[0].balance.sampling_weights is not None


def test_logits_are_corrected_where_there_is_something_to_correct() -> None:
    z = torch.zeros(2, 3)
    assert ClassBalance(loss=lambda epoch: None).corrected(z, 0) is z
    balance, _ = class_balance_of(BalanceConfig(sampler="balanced"), LABELS, NAMES)
    assert balance.corrected(z, 0).softmax(dim=1)[0].numpy() == pytest.approx(
        np.array([160, 30, 10]) / 200, abs=1e-6
    )


def test_what_is_judged_is_corrected_and_what_is_trained_is_not() -> None:
    seen: list[np.ndarray] = []
    made = spec(epochs=12, seen=seen, sampler="balanced")
    fit(made)
    assert seen[-1].mean(axis=0) == pytest.approx(np.array([160, 30, 10]) / 200, abs=0.06)
    raw = made.network.tuned(torch.randn(500, 2)).softmax(dim=1).mean(dim=0)
    assert raw.tolist() == pytest.approx([1 / 3] * 3, abs=0.1)


def test_written_logits_are_those_that_were_judged() -> None:
    seen: list[np.ndarray] = []
    made = spec(seen=seen, sampler="sqrt")
    logits = fit(made).correction + logits_of(made, made.stages[0].inputs, made.validation_rows)
    assert torch.from_numpy(logits).softmax(dim=1).numpy() == pytest.approx(seen[-1], abs=1e-5)


def test_an_epoch_holds_the_mix_that_is_told() -> None:
    lines = fit(spec(sampler="balanced", weights={"name": "inverse", "power": 0.04})).lines
    assert lines[0]["batch_mix"] == pytest.approx(lines[0]["expected_mix"], abs=0.011)
    assert lines[0]["weights"] == pytest.approx(lines[1]["weights"])


def test_a_warm_up_is_seen_in_the_lines() -> None:
    lines = fit(spec(epochs=3, weights="inverse", warmup_epochs=2)).lines
    assert lines[0]["weights"] == pytest.approx([1.0] * 3)
    assert lines[1]["weights"][2] / lines[1]["weights"][0] == pytest.approx(4.0)
    assert lines[2]["weights"][2] / lines[2]["weights"][0] == pytest.approx(16.0)


def test_a_balanced_subset_makes_short_epochs_in_its_stage() -> None:
    made = spec(epochs=1, stages=2)
    assert [stage.balance.epoch_rows for stage in made.stages] == [None, 30]
    lines = fit(made).lines
    assert [line["sets"]["train"]["rows"] for line in lines] == [200, 30]
    assert lines[1]["batch_mix"] == pytest.approx([1 / 3] * 3)


def test_a_subset_is_another_one_each_epoch_and_repeats_no_row() -> None:
    balance, _ = class_balance_of(BalanceConfig(sampler="balanced_subset"), LABELS, NAMES)
    rows = [
        systematic_sample(np.arange(200), balance.sampling_weights, np.random.default_rng(e), balance.epoch_rows)
        for e in (0, 1)
    ]
    assert all(len(set(of)) == 30 for of in rows)
    assert set(rows[0]) != set(rows[1])
    assert {tuple(np.bincount(LABELS[of])) for of in rows} == {(10, 10, 10)}


def test_a_subset_of_even_classes_is_short_as_well() -> None:
    even = np.repeat(np.arange(2), 20)
    balance, _ = class_balance_of(
        BalanceConfig(sampler={"name": "balanced_subset", "per_class": 5}), even, ("a", "b")
    )
    rows = systematic_sample(np.arange(40), balance.sampling_weights, np.random.default_rng(0), balance.epoch_rows)
    assert len(set(rows)) == 10


def test_a_task_that_keeps_an_epoch_of_natural_weights_writes_what_was_judged(
    make_record: Callable[..., SimpleNamespace],
) -> None:
    made = make_record(balance={"weights": {"name": "downweight", "class": "a", "factor": 0.01}, "weights_from": 9})
    assert run_task(**made.call())["correction"] is None


SAMPLED = {"sampler": {"name": "target_mix", "shares": {"a": 0.8, "ц": 0.1, "b": 0.1}}}


def test_a_task_writes_predict_gives_and_the_summary_holds_the_correction(
    make_record: Callable[..., SimpleNamespace],
) -> None:
    made = make_record(balance=SAMPLED)
    summary = run_task(**made.call())
    folder = made.record.task_folder("m", 0, 0)
    assert summary["correction"] == summary_of(folder)["correction"]
    assert summary["correction"][0] < summary["correction"][1]
    table = pd.read_parquet(folder / "predictions.parquet")
    logits = table[["logit:a", "logit:b", "logit:ц"]].to_numpy()
    assert torch.tensor(logits).softmax(dim=1).numpy() == pytest.approx(table[["p:a", "p:b", "p:ц"]].to_numpy())
    out = folder / "again.npy"
    entry = made.record.data()["encoded"]["m"]
    predict_fold(**made.common, entry=entry, fold=0, seed=0, threads=1, out=str(out))
    position = made.samples.frame.set_index("id").loc[table["id"], "eh:row"].to_numpy()
    assert np.load(out)[position] == pytest.approx(table[["p:a", "p:b", "p:ц"]].to_numpy(), abs=1e-5)


def test_smoothing_is_taken_off_what_is_judged_written_and_predicted(
    make_record: Callable[..., SimpleNamespace],
) -> None:
    made = make_record(balance={"weights": {"name": "inverse", "power": 0.5}}, train={"label_smoothing": 0.2})
    summary = run_task(**made.call())
    assert summary["unsmoothing"]["share"] == 0.2
    folder = made.record.task_folder("m", 0, 0)
    table = pd.read_parquet(folder / "predictions.parquet")
    p = table[["p:a", "p:b", "p:ц"]].to_numpy()
    context = TaskContext.of(**made.common)
    shown = context.entry(context.model.size)
    network = load_network(folder / "weights.safetensors", shared=context.shared)
    position = made.samples.frame.set_index("id").loc[table["id"], "eh:row"].to_numpy()
    smoothed = np.log(network_probabilities(context, network, shown)[position])
    assert not np.allclose(p, softmax(smoothed, axis=1), atol=0.01)
    right = corrected(smoothed, summary["correction"], Unsmoothing.of(summary["unsmoothing"]))
    assert p == pytest.approx(softmax(right, axis=1), abs=1e-5)
    out = folder / "again.npy"
    entry = made.record.data()["encoded"]["m"]
    predict_fold(**made.common, entry=entry, fold=0, seed=0, threads=1, out=str(out))
    assert np.load(out)[position] == pytest.approx(p, abs=1e-5)
    kept = make_record(balance={"correct_to": "trained"}, train={"label_smoothing": 0.2})
    assert "unsmoothing" not in run_task(**kept.call())


def test_nothing_is_corrected_where_nothing_was_changed(make_record: Callable[..., SimpleNamespace]) -> None:
    assert run_task(**make_record().call())["correction"] is None
    kept = make_record(balance={**SAMPLED, "correct_to": "trained"})
    assert json.loads(json.dumps(run_task(**kept.call())["correction"])) is None


def test_a_class_that_is_not_there_is_told_with_the_task(make_record: Callable[..., SimpleNamespace]) -> None:
    made = make_record(balance={"sampler": {"name": "target_mix", "shares": {"x": 1.0}}})
    with pytest.raises((TaskError, EvenhandError), match='no class named "x"'):
        run_task(**made.call())


def test_a_stage_has_a_balance_of_its_own(make_record: Callable[..., SimpleNamespace]) -> None:
    stages = [{"epochs": 1}, {"epochs": 1, "balance": {"sampler": "balanced_subset"}}]
    made = make_record(model={"tune": "all"}, train={"stage": stages})
    run_task(**made.call())
    path = made.record.task_folder("m", 0, 0) / "epochs.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [line["sets"]["train"]["rows"] for line in lines]
    assert rows[1] < rows[0]
    assert lines[1]["expected_mix"] == pytest.approx([1 / 3] * 3)


def test_a_stage_without_a_balance_has_each_row_once_per_epoch() -> None:
    made = spec(sampler="balanced")
    by_hand = replace(made, stages=tuple(replace(stage, balance=None) for stage in made.stages))
    line = fit(by_hand).lines[0]
    assert line["batch_mix"] == pytest.approx((np.bincount(LABELS) / len(LABELS)).tolist())


def test_the_expected_mix_counts_rows_whatever_they_weigh() -> None:
    labels, weights = np.array([0] * 6 + [1] * 2), np.array([1.0] * 6 + [9.0] * 2)
    plain, _ = class_balance_of(BalanceConfig(), labels, NAMES[:2], weights=weights)
    np.testing.assert_allclose(plain.expected_mix, [0.75, 0.25])
    drawn, _ = class_balance_of(BalanceConfig(sampler="balanced"), labels, NAMES[:2], weights=weights)
    assert drawn.sampling_weights is not None
    np.testing.assert_allclose(
        drawn.expected_mix, np.bincount(labels, drawn.sampling_weights) / drawn.sampling_weights.sum()
    )
