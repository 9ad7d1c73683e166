from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from evenhand.balance.config import BalanceConfig
from evenhand.balance.prior.balance_ledger import ledger_of
from evenhand.base.errors import TaskError
from evenhand.base.values import TEST
from evenhand.training.config import DistillConfig, TrainConfig
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.distillation import Teacher, teacher_of
from evenhand.training.tasks.fit_fold import run_task

Make = Callable[..., SimpleNamespace]


def how(**changes: object) -> DistillConfig:
    return DistillConfig(**{"record": "runs/a", "model": "m", **changes})


def teach(
    made: SimpleNamespace, *, fold: np.ndarray | None = None, p: np.ndarray | None = None, learned: bool = False
) -> str:
    """Let a record of the rows of another hold predictions of a teacher; return its folder."""
    folds, samples = made.record.folds(), made.samples
    said = np.full((len(samples), 3), 0.1) + 0.7 * np.eye(3)[samples.labels] if p is None else p
    table = pd.DataFrame(said, columns=[f"p:{name}" for name in samples.classes])
    table.insert(0, "fold", folds.fold if fold is None else fold)
    table.insert(0, "id", samples.ids)
    table.insert(0, "set", np.where((folds.fold == TEST) & (not learned), "test", "oof"))
    table.insert(0, "model", "big")
    made.record.write_predictions(table)
    return str(made.record.path)


@given(st.floats(0.5, 8.0), st.floats(0.1, 1.0))
def test_a_student_that_says_what_the_teacher_says_pays_nothing_for_it(temperature: float, weight: float) -> None:
    logits = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    teacher = Teacher(logits.log_softmax(1), how(temperature=temperature, weight=weight))
    joined = teacher.distilled_loss(torch.tensor(2.0), logits, torch.arange(5), 0)
    assert float(joined) == pytest.approx(2.0 * (1 - weight), abs=1e-4)


def test_the_price_is_that_of_the_paper() -> None:
    p, z, t = np.array([[0.7, 0.2, 0.1]]), np.array([[0.3, -1.0, 0.5]]), 3.0
    soft = p ** (1 / t) / (p ** (1 / t)).sum()
    q = np.exp(z / t) / np.exp(z / t).sum()
    teacher = Teacher(torch.tensor(p).log().float(), how(temperature=t, weight=0.25))
    found = teacher.distilled_loss(torch.tensor(1.5), torch.tensor(z).float(), torch.tensor([0]), 0)
    apart = float((soft * np.log(soft / q)).sum())
    assert float(found) == pytest.approx(0.75 * 1.5 + 0.25 * t * t * apart, rel=1e-5)


def test_the_teacher_is_heard_from_its_first_epoch_on_and_not_in_the_pause() -> None:
    heard = how(start_epoch=2, pause=[4, 6])
    assert [epoch for epoch in range(8) if heard.is_active(epoch)] == [2, 3, 6, 7]
    teacher = Teacher(torch.zeros(1, 3), how(start_epoch=1))
    loss = torch.tensor(1.0)
    assert teacher.distilled_loss(loss, torch.randn(1, 3), torch.tensor([0]), 0) is loss


@pytest.mark.parametrize("pause", [[3], [5, 5], [-1, 2], [1, 2, 3]])
def test_a_pause_has_a_beginning_and_an_end(pause: list[int]) -> None:
    with pytest.raises(ValidationError, match="first epoch of the pause"):
        how(pause=pause)


def test_blended_rows_have_no_teacher() -> None:
    with pytest.raises(ValidationError, match="mixup"):
        TrainConfig(distill=how(), mixup=0.2)


def test_each_training_row_gets_what_was_said_of_it_out_of_fold(make_record: Make) -> None:
    made = make_record()
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), len(made.samples))
    folder = teach(made, p=p)
    student = make_record(train={"distill": {"record": folder, "model": "big"}})
    context = TaskContext.of(**student.common)
    fit = context.parts(0).fit
    teacher = teacher_of(context, fit, torch.device("cpu"))
    assert teacher is not None
    assert np.allclose(teacher.logs[fit].exp(), p[fit], atol=1e-5)
    others = np.setdiff1d(np.arange(len(teacher.logs)), fit)
    assert not teacher.logs[others].any()  # neither held-out nor locked rows


MIX: dict[str, object] = {"sampler": {"name": "target_mix", "shares": {"a": 0.6, "b": 0.3, "ц": 0.1}}}


def taught(
    make_record: Make, student: dict[str, object], teacher: dict[str, object] | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what a teacher of a balance of its own said of training rows, what a student is told, and classes."""
    made = make_record()
    p, y = np.random.default_rng(0).dirichlet(np.ones(3), len(made.samples)), made.samples.labels
    folder = teach(made, p=p)
    if teacher is not None:
        config = BalanceConfig.model_validate(teacher)
        one = ledger_of(config, y, made.samples.classes, y >= 0, models=["big"])
        made.record.write_json("balance.json", [one.document()])
    own = make_record(train={"distill": {"record": folder, "model": "big"}}, balance=student)
    context = TaskContext.of(**own.common)
    fit = context.parts(0).fit
    found = teacher_of(context, fit, torch.device("cpu"))
    assert found is not None
    return p[fit], found.logs[fit].exp().numpy(), np.bincount(context.samples.labels[fit])


def test_what_a_teacher_of_natural_classes_says_is_moved_to_the_prior_of_its_student(make_record: Make) -> None:
    said, told, counts = taught(make_record, MIX)
    moved = said * [0.6, 0.3, 0.1] / counts
    assert np.allclose(told, moved / moved.sum(axis=1, keepdims=True), atol=1e-4)
    assert not np.allclose(told, said, atol=0.1)


def test_a_teacher_judged_under_the_prior_of_its_student_is_not_moved(make_record: Make) -> None:
    said, told, _ = taught(make_record, MIX, {**MIX, "correct_to": "trained"})
    assert np.allclose(told, said, atol=0.08)  # the teacher's natural shares are those of all rows


def test_a_teacher_of_a_mix_is_moved_back_for_a_student_of_natural_classes(make_record: Make) -> None:
    said, told, _ = taught(make_record, {}, {**MIX, "correct_to": "trained"})
    moved = said / [0.6, 0.3, 0.1]
    assert np.allclose(told, moved / moved.sum(axis=1, keepdims=True), atol=0.03)


def test_a_teacher_that_learned_from_locked_rows_is_refused(make_record: Make) -> None:
    made = make_record()
    folds = made.record.folds()
    assert (folds.fold == TEST).any()
    folder = teach(made, fold=np.where(folds.fold == TEST, 0, folds.fold).astype(np.int16), learned=True)
    told = refusal(make_record(train={"distill": {"record": folder, "model": "big"}}))
    assert "rows that are locked here" in told


def test_a_student_learns_from_its_teacher_and_without_one_nothing_changes(make_record: Make) -> None:
    made = make_record()
    plain = run_task(**made.call())
    assert teacher_of(TaskContext.of(**made.common), np.arange(3), torch.device("cpu")) is None
    student = make_record(train={"distill": {"record": teach(made), "model": "big", "weight": 1.0}})
    taught = run_task(**student.call())
    assert taught["score"] != plain["score"] or taught["parts"] != plain["parts"] or taught["epoch"] >= 0
    first, second = (
        pd.read_parquet(one.record.task_folder("m", 0, 0) / "predictions.parquet") for one in (made, student)
    )
    assert not np.allclose(first["p:a"], second["p:a"])


def refusal(student: SimpleNamespace) -> str:
    with pytest.raises(TaskError) as told:
        run_task(**student.call())
    return str(told.value)


def test_folds_that_differ_are_refused_with_what_to_do(make_record: Make) -> None:
    made = make_record()
    fold = made.record.folds().fold.copy()
    fold[:4] = (fold[:4] + 1) % 3
    folder = teach(made, fold=fold)
    told = refusal(make_record(train={"distill": {"record": folder, "model": "big"}}))
    assert "are in another fold" in told
    assert 'folds.file = "' in told


def test_rows_that_the_teacher_never_saw_are_named(make_record: Make) -> None:
    made = make_record()
    folder = teach(made)
    table = made.record.predictions()
    made.record.write_predictions(table[table["id"] != "id30"][:20])
    told = refusal(make_record(train={"distill": {"record": folder, "model": "big"}}))
    assert "has no out-of-fold prediction for" in told


def test_an_unknown_teacher_and_an_unknown_record_are_said(make_record: Make, tmp_path: object) -> None:
    made = make_record()
    folder = teach(made)
    assert "big" in refusal(make_record(train={"distill": {"record": folder, "model": "bigg"}}))
    assert "no such folder" in refusal(make_record(train={"distill": {"record": f"{tmp_path}/no", "model": "m"}}))


def test_other_classes_are_refused(make_record: Make) -> None:
    made = make_record()
    folder = teach(made)
    made.record.write_json("data.json", {**made.record.data(), "classes": ["a", "b"]})
    assert "They must be the same, in the same order" in refusal(
        make_record(train={"distill": {"record": folder, "model": "big"}})
    )
