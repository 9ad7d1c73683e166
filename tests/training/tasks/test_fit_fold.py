import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from evenhand.base.errors import TaskError
from evenhand.engines.call import RetryableError
from evenhand.training.loop import loop
from evenhand.training.loop.checkpoint import Checkpointer
from evenhand.training.tasks import fit_fold, initial_network
from evenhand.training.tasks.fit_fold import prepare_model, run_task, summary_of

Make = Callable[..., SimpleNamespace]


def predictions(made: SimpleNamespace, fold: int = 0, seed: int = 0) -> pd.DataFrame:
    return pd.read_parquet(made.record.task_folder("m", fold, seed) / "predictions.parquet")


def test_a_task_leaves_what_the_record_promises(make_record: Make) -> None:
    made = make_record()
    told: list[Any] = []
    summary = run_task(**made.call(), progress=told.append)
    folder = made.record.task_folder("m", 0, 0)
    assert {path.name for path in folder.iterdir()} == {
        "weights.safetensors",
        "epochs.jsonl",
        "task.json",
        "predictions.parquet",
    }
    assert told == [[1, 3], [2, 3], [3, 3]]
    assert summary == summary_of(folder)
    assert (summary["epochs"], summary["model"], summary["stage"]) == (3, "m", 0)
    lines = [json.loads(line) for line in (folder / "epochs.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [0, 1, 2]
    for told in (lines[0]["sets"][name] for name in ("train", "validation")):
        assert len(told["recall"]) == len(told["predicted"]) == 3
    assert sum(lines[0]["gradient_share"]) == pytest.approx(1.0)
    assert lines[0]["parts"] == {"macro_f1": lines[0]["score"]}


def test_held_out_and_locked_rows_are_predicted_and_no_others(make_record: Make) -> None:
    made = make_record()
    run_task(**made.call(fold=1))
    table = predictions(made, fold=1)
    folds = made.record.folds()
    for name, fold in (("validation", 1), ("test", -1)):
        assert set(table.loc[table["set"] == name, "id"]) == set(folds.ids[folds.fold == fold])
    p = table[["p:a", "p:b", "p:ц"]].to_numpy()
    z = table[["logit:a", "logit:b", "logit:ц"]].to_numpy()
    assert p.dtype == z.dtype == np.float64
    assert p == pytest.approx(np.exp(z) / np.exp(z).sum(1, keepdims=True))


def test_training_without_labels_is_shown_the_training_rows_of_the_fold_alone(
    make_record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[list[int]] = []
    half = SimpleNamespace(pretrain=lambda network, inputs, rows, draws: shown.append(sorted(rows.tolist())))
    monkeypatch.setattr(initial_network, "torch_half", lambda kind: half)
    made = make_record(train={"epochs": 1})
    run_task(**made.call(fold=1))
    folds = made.record.folds()
    assert shown == [np.flatnonzero(~np.isin(folds.fold, (1, -1))).tolist()]


def test_it_learns_from_the_right_rows(make_record: Make) -> None:
    """Labels and pictures meet although a row could not be decoded: colours are told apart on locked rows."""
    made = make_record(train={"epochs": 15, "learning_rate": 0.05})
    run_task(**made.call())
    table = predictions(made).set_index("id")
    truth = pd.Series(made.samples.labels, index=made.samples.ids).loc[table.index]
    assert (table[["p:a", "p:b", "p:ц"]].to_numpy().argmax(1) == truth).mean() > 0.9


def test_a_second_call_does_nothing(make_record: Make) -> None:
    made = make_record()
    first = run_task(**made.call())
    path = made.record.task_folder("m", 0, 0) / "predictions.parquet"
    before = path.stat().st_mtime_ns
    assert run_task(**made.call()) == first
    assert path.stat().st_mtime_ns == before


VARIANTS: list[dict[str, Any]] = [
    {},
    {"model": {"tune": "all"}, "train": {"augment": "full"}},
    {"model": {"tune": "all", "views": 2}, "train": {"mixup": 0.2, "cutmix": 1.0, "ema": 0.9}},
    {"model": {"tune": "from:layer3"}, "train": {"freeze_norm": True}},
    {"model": {"views": 3, "views_use": "sample", "head": "mlp", "dropout": 0.5}},
    {"model": {"views": 3, "views_use": "average"}, "balance": {"sampler": "balanced", "weights": "inverse"}},
    {
        "model": {"tune": "all"},
        "train": {"stage": [{"tune": "head", "epochs": 1}, {"epochs": 2, "size": 48, "learning_rate_factor": 0.5}]},
    },
    {"multi_label": True, "train": {"label_smoothing": 0.1, "swa_from": 1}},
]


@pytest.mark.parametrize(
    "settings",
    [pytest.param(v, marks=() if n in (0, 6) else pytest.mark.slow, id=str(v)) for n, v in enumerate(VARIANTS)],
)
def test_every_kind_of_task_gives_the_same_bits_wherever_it_is_killed(
    make_record: Make, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = make_record(**settings), make_record(**settings)
    run_task(**whole.call())
    monkeypatch.setattr(Checkpointer, "due", property(lambda checkpointer: True))
    epoch = loop.epoch
    for last in (1, 2):

        def killed(run: Any, last: int = last) -> None:
            if len(run.lines) == last:
                raise KeyboardInterrupt
            epoch(run)

        monkeypatch.setattr(loop, "epoch", killed)
        with pytest.raises(KeyboardInterrupt):
            run_task(**broken.call())
    monkeypatch.setattr(loop, "epoch", epoch)
    run_task(**broken.call())
    pd.testing.assert_frame_equal(predictions(whole), predictions(broken), check_exact=True)
    one, two = (load_file(made.record.task_folder("m", 0, 0) / "weights.safetensors") for made in (whole, broken))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not (broken.record.task_folder("m", 0, 0) / "state.pt").exists()


@pytest.mark.parametrize(("card", "epochs"), [("NVIDIA A", 2), ("NVIDIA B", 3)])
def test_a_state_of_another_card_is_not_resumed(
    make_record: Make, monkeypatch: pytest.MonkeyPatch, card: str, epochs: int
) -> None:
    made = make_record()
    monkeypatch.setattr(Checkpointer, "due", property(lambda checkpointer: True))
    monkeypatch.setattr(fit_fold, "device_marks", lambda device, dtype: ["NVIDIA A", "torch.float32", "12.8"])
    epoch = loop.epoch
    done: list[int] = []

    def killed(run: Any) -> None:
        if run.lines:
            raise KeyboardInterrupt
        epoch(run)

    def counted(run: Any) -> None:
        epoch(run)
        done.append(len(run.lines))

    monkeypatch.setattr(loop, "epoch", killed)
    with pytest.raises(KeyboardInterrupt):
        run_task(**made.call())
    monkeypatch.setattr(loop, "epoch", counted)
    monkeypatch.setattr(fit_fold, "device_marks", lambda device, dtype: [card, "torch.float32", "12.8"])
    run_task(**made.call())
    assert len(done) == epochs


def test_a_task_that_runs_out_of_memory_says_what_to_lower(
    make_record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(fit_fold, "fit", full)
    made = make_record(train={"epochs": 1})
    with pytest.raises(
        RetryableError, match=r"ran out of memory\. Lower train\.batch_size \(\d+; .* of model "
    ) as raised:
        run_task(**made.call())
    assert raised.value.remedy == "alone"


def test_folds_and_seeds_give_models_of_their_own(make_record: Make) -> None:
    made = make_record(model={"seeds": [0, 1]})
    run_task(**made.call(seed=0))
    run_task(**made.call(seed=1))
    one, two = (predictions(made, seed=seed)["p:a"].to_numpy() for seed in (0, 1))
    assert not np.array_equal(one, two)


def test_a_task_does_not_depend_on_the_tasks_before_it(make_record: Make) -> None:
    one, two = make_record(), make_record()
    for fold in (2, 1, 0):
        run_task(**one.call(fold=fold))
    run_task(**two.call(fold=0))
    pd.testing.assert_frame_equal(predictions(one), predictions(two), check_exact=True)


def test_stages_go_from_the_head_to_all_at_a_larger_size(make_record: Make) -> None:
    made = make_record(**VARIANTS[6])
    run_task(**made.call())
    folder = made.record.task_folder("m", 0, 0)
    lines = [json.loads(line) for line in (folder / "epochs.jsonl").read_text().splitlines()]
    assert [line["stage"] for line in lines] == [0, 1, 1]
    assert lines[1]["learning_rate"] <= 0.005 + 1e-12


def test_stages_out_of_order_are_refused_in_words(make_record: Make) -> None:
    made = make_record(train={"stage": [{"tune": "all", "epochs": 1}, {"tune": "head", "epochs": 1}]})
    with pytest.raises(
        TaskError, match=r'Model m, fold 0, seed 0: .*"head" freezes what the stage before it tuned'
    ):
        run_task(**made.call())


def test_patches_of_activations_are_refused_in_words(make_record: Make) -> None:
    made = make_record(train={"cutmix": 1.0})
    with pytest.raises(TaskError, match="cutmix swaps patches of pictures"):
        run_task(**made.call())


def test_a_loss_that_explodes_names_the_task(make_record: Make) -> None:
    made = make_record(train={"learning_rate": 1e30, "optimizer": "sgd", "warmup_epochs": 0})
    with pytest.raises(TaskError, match=r"Model m, fold 0, seed 0: The training loss is not a finite number"):
        run_task(**made.call())
    assert not (made.record.task_folder("m", 0, 0) / "predictions.parquet").exists()


@pytest.mark.parametrize(("change", "words"), [({"model": "n"}, "no model named"), ({"fold": 3}, "folds 0 to 2")])
def test_what_is_not_there_is_told(make_record: Make, change: dict[str, Any], words: str) -> None:
    made = make_record()
    with pytest.raises(TaskError, match=words):
        run_task(**{**made.call(), **change})


def test_preparing_computes_activations_that_the_tasks_then_find(
    make_record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_record(model={"views": 2})
    told: list[Any] = []
    assert prepare_model(**made.common, threads=1, progress=told.append) == {"model": "m", "stages": 1}
    assert told[-1] == [72, 72]
    entries = len(made.store.usage())
    run_task(**made.call())
    assert len(made.store.usage()) == entries


@pytest.mark.parametrize("name", ["weights.safetensors", "predictions.parquet", "task.json", "epochs.jsonl"])
def test_a_damaged_task_is_done_again_and_said(make_record: Make, name: str) -> None:
    made, said = make_record(), []
    run_task(**made.call())
    whole = predictions(made)
    path = made.record.task_folder("m", 0, 0) / name
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    run_task(**made.call(), progress=said.append)
    assert "task.json" in said[0]["message"]
    assert "does not match its checksum. The task is done again." in said[0]["message"] or name == "task.json"
    pd.testing.assert_frame_equal(predictions(made), whole)
    run_task(**made.call(), progress=said.append)
    assert sum("message" in one for one in said if isinstance(one, dict)) == 1


def test_nothing_is_left_behind_on_a_full_disk(make_record: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_record()

    def full(self: pd.DataFrame, path: Path, **_: Any) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(pd.DataFrame, "to_parquet", full)
        with pytest.raises(
            TaskError, match=r"Model m, fold 0, seed 0: .* \(No space left on device\). Free disk space"
        ):
            run_task(**made.call())
    folder = made.record.task_folder("m", 0, 0)
    assert not [path for path in folder.iterdir() if path.name.endswith(".part")]
    run_task(**made.call())
    assert len(predictions(made))
