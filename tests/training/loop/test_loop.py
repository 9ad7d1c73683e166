from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.errors import TaskError
from evenhand.base.settings.named_choice import section_of
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.inputs.targets import Targets
from evenhand.training.loop import fit_state
from evenhand.training.loop.fit_spec import FitStage
from evenhand.training.loop.loop import fit, mean_loss
from evenhand.training.monitor.scorer import Score


def config(**changes: object) -> TrainConfig:
    return TrainConfig.model_validate(
        {"epochs": 6, "batch_size": 8, "learning_rate": 0.03, "early_stop": 0, **changes}
    )


def test_it_learns_and_keeps_the_best_epoch(tiny: SimpleNamespace) -> None:
    spec = tiny.spec(config(epochs=15))
    fitted = fit(spec)
    scores = [line["score"] for line in fitted.lines]
    assert len(fitted.lines) == 15
    assert fitted.score.value == max(scores) > 0.7
    best = [line for line in fitted.lines if line["score"] == max(scores)]
    assert fitted.epoch == min(best, key=lambda line: line["validation_loss"])["epoch"]
    assert fitted.lines[-1]["train_loss"] < fitted.lines[0]["train_loss"]


def test_the_network_is_left_with_the_weights_that_judged_best(tiny: SimpleNamespace) -> None:
    spec = tiny.spec(config())
    fitted = fit(spec)
    x, _ = tiny.easy()
    with torch.no_grad():
        logits = spec.network.tuned(torch.from_numpy(x[spec.validation_rows, 0]))
    assert spec.scorer(logits.softmax(1).numpy()).value == fitted.score.value


def test_an_epoch_without_a_score_does_not_replace_a_better_one(tiny: SimpleNamespace) -> None:
    values = iter([0.5, 0.9, float("nan"), 0.6])
    spec = replace(tiny.spec(config(epochs=4)), scorer=lambda probabilities: Score(next(values), {}))
    fitted = fit(spec)
    assert (fitted.epoch, fitted.score.value) == (1, 0.9)


def test_the_last_epoch_is_kept_where_nothing_selects(tiny: SimpleNamespace) -> None:
    values = iter([0.5, 0.9, 0.1, 0.2])
    train = config(epochs=4, choose_by="last", early_stop=1)
    fitted = fit(replace(tiny.spec(train), scorer=lambda probabilities: Score(next(values), {})))
    assert (fitted.epoch, fitted.score.value, len(fitted.lines)) == (3, 0.2, 4)


@pytest.mark.parametrize("averaged", [0.1, 0.9])
def test_the_last_average_is_kept_where_nothing_selects(tiny: SimpleNamespace, averaged: float) -> None:
    values = iter([0.5, averaged, 0.5, averaged])
    train = config(epochs=2, choose_by="last", ema=0.9)
    fitted = fit(replace(tiny.spec(train), scorer=lambda probabilities: Score(next(values), {})))
    assert (fitted.epoch, fitted.form, fitted.score.value) == (1, "ema", averaged)


def test_equal_jobs_give_equal_bits_and_another_key_gives_others(tiny: SimpleNamespace) -> None:
    one, two, other = (tiny.spec(config(), key=(0, "tiny", fold)) for fold in (0, 0, 1))
    torch.manual_seed(1)
    fit(one)
    torch.manual_seed(2)  # the global generator decides nothing
    fit(two)
    fit(other)
    bits = [tiny.weights_of(spec.network) for spec in (one, two, other)]
    assert tiny.same_bits(bits[0], bits[1])
    assert not tiny.same_bits(bits[0], bits[2])


def test_the_global_generator_is_left_as_it_was(tiny: SimpleNamespace) -> None:
    before = torch.get_rng_state()
    fit(tiny.spec(config(epochs=1)))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_line_tells_what_happened(tiny: SimpleNamespace) -> None:
    line = fit(tiny.spec(config(epochs=2, warmup_epochs=0, schedule="constant"))).lines[1]
    assert set(line) >= {"epoch", "stage", "seconds", "learning_rate", "train_loss", "validation_loss", "score"}
    assert (line["epoch"], line["stage"], line["form"]) == (1, 0, "plain")
    assert line["learning_rate"] == pytest.approx(0.03)
    assert line["parts"] == {"accuracy": line["score"]}


def test_it_stops_when_nothing_gets_better(tiny: SimpleNamespace) -> None:
    values = iter([0.1, 0.5, 0.4, 0.49, 0.3, 0.9, 0.9])
    spec = tiny.spec(config(epochs=7, early_stop=3), scorer=lambda p: Score(next(values)))
    fitted = fit(spec)
    assert [line["score"] for line in fitted.lines] == [0.1, 0.5, 0.4, 0.49, 0.3]
    assert (fitted.epoch, fitted.value) == (1, 0.5)


def test_the_loss_can_choose(tiny: SimpleNamespace) -> None:
    rising = iter(np.arange(1, 10) / 10)
    spec = tiny.spec(config(choose_by="loss"), scorer=lambda p: Score(float(next(rising))))
    fitted = fit(spec)
    losses = [line["validation_loss"] for line in fitted.lines]
    assert fitted.epoch == int(np.argmin(losses))
    assert fitted.value == -min(losses)


def test_a_plateau_lowers_the_rate(tiny: SimpleNamespace) -> None:
    values = iter([0.5, 0.4, 0.4, 0.4, 0.4, 0.4])
    train = config(schedule={"name": "plateau", "patience": 2, "factor": 0.1}, warmup_epochs=0)
    lines = fit(tiny.spec(train, scorer=lambda p: Score(next(values)))).lines
    assert [line["learning_rate"] for line in lines] == pytest.approx([0.03] * 3 + [0.003] * 2 + [0.0003])


def test_stages_open_more_of_the_network_and_go_on_from_the_best(tiny: SimpleNamespace) -> None:
    x, _ = tiny.easy()
    network = tiny.Network()
    start = tiny.weights_of(network)
    with torch.no_grad():
        network.eval()
        features = network.body(torch.from_numpy(x[:, 0])).numpy()[:, None]
    stages = (FitStage("head", 2, 0.03, ViewInputs(features)), FitStage("all", 2, 0.003, ViewInputs(x)))
    frozen = tiny.spec(config(), network=tiny.Network(), stages=stages[:1])
    fit(frozen)
    after = tiny.weights_of(frozen.network)
    assert all(torch.equal(after[name], start[name]) for name in start if name.startswith("body"))
    assert not torch.equal(after["head.1.weight"], start["head.1.weight"])

    both = tiny.spec(config(warmup_epochs=0, schedule="constant"), network=tiny.Network(), stages=stages)
    values = iter([0.3, 0.2, 0.4, 0.6])
    fitted = fit(replace(both, scorer=lambda p: Score(next(values))))
    assert [line["stage"] for line in fitted.lines] == [0, 0, 1, 1]
    assert [line["learning_rate"] for line in fitted.lines] == pytest.approx([0.03, 0.03, 0.003, 0.003])
    assert not torch.equal(tiny.weights_of(both.network)["body.0.weight"], start["body.0.weight"])


def test_a_later_stage_that_is_no_better_is_given_up(tiny: SimpleNamespace) -> None:
    x, _ = tiny.easy()
    stages = (FitStage("all", 1, 0.03, ViewInputs(x)), FitStage("all", 2, 0.03, ViewInputs(x)))
    alone = tiny.spec(config(), stages=stages[:1])
    fit(alone)
    values = iter([0.9, 0.1, 0.2])
    both = tiny.spec(config(), stages=stages, scorer=lambda p: Score(next(values)))
    assert fit(both).epoch == 0
    assert tiny.same_bits(tiny.weights_of(alone.network), tiny.weights_of(both.network))


@pytest.mark.parametrize(
    "changes",
    [
        {"mixup": 0.4},
        {"sam": 0.05},
        {"ema": 0.9},
        {"swa_from": 2},
        {"label_smoothing": 0.1},
        {"clip": 1.0},
        {"optimizer": "sgd"},
        {"precision": "bf16"},
        {"mixup": 0.2, "label_smoothing": 0.1, "ema": 0.9, "swa_from": 1, "clip": 1.0},
    ],
    ids=str,
)
def test_every_way_of_training_learns(tiny: SimpleNamespace, changes: dict[str, object]) -> None:
    assert fit(tiny.spec(config(epochs=12, **changes))).score.value > 0.6


@pytest.mark.parametrize(("average", "expected"), [(0.9, "ema"), (0.1, "plain")])
def test_a_moving_average_is_kept_only_where_it_scores_better(
    tiny: SimpleNamespace, average: float, expected: str
) -> None:
    values = iter([0.5, average] * 3)
    fitted = fit(tiny.spec(config(epochs=3, ema=0.9), scorer=lambda p: Score(next(values))))
    assert fitted.form == expected
    assert {line["form"] for line in fitted.lines} == {expected}


def test_the_moving_average_follows_every_step(tiny: SimpleNamespace) -> None:
    """One step an epoch with decay (1 + t) / (10 + t): after the first, 0.1 of the start and 0.9 of the weights."""
    start = tiny.weights_of(tiny.Network())["head.1.bias"]
    train = config(epochs=1, batch_size=64, ema=0.99)
    plain, averaged = tiny.spec(train, scorer=lambda p: Score(0.5)), tiny.spec(train)
    fit(plain)
    values = iter([0.1, 0.9])
    fit(replace(averaged, scorer=lambda p: Score(next(values))))
    expected = 0.1 * start + 0.9 * plain.network.head[1].bias
    assert torch.allclose(averaged.network.head[1].bias, expected, atol=1e-7)
    assert not torch.allclose(averaged.network.head[1].bias, start)


@pytest.mark.parametrize(("average", "expected"), [(0.9, "swa"), (0.1, "plain")])
def test_an_even_average_is_kept_only_where_it_scores_better(
    tiny: SimpleNamespace, average: float, expected: str
) -> None:
    values = iter([0.5, 0.4, 0.4, average])
    fitted = fit(tiny.spec(config(epochs=3, swa_from=1), scorer=lambda p: Score(next(values))))
    assert (fitted.form, fitted.averaged) == (expected, average)
    assert fitted.epoch == (2 if expected == "swa" else 0)


def test_a_kept_average_has_statistics_of_its_own(tiny: SimpleNamespace) -> None:
    """After the refresh, running means are plain means of what the averaged first layer gives on the batches."""
    values = iter([0.1, 0.1, 0.1, 0.9])
    spec = tiny.spec(config(epochs=3, swa_from=0, batch_size=30), scorer=lambda p: Score(next(values)))
    fit(spec)
    x = torch.from_numpy(tiny.easy()[0][spec.fit_rows, 0])
    with torch.no_grad():
        expected = spec.network.body[0](x).mean(0)
    assert torch.allclose(spec.network.body[1].running_mean, expected, atol=1e-5)


def test_several_labels_are_learned(tiny: SimpleNamespace) -> None:
    _, y = tiny.easy()
    labels = np.eye(tiny.K)[y]
    labels[:, 0] = 1.0  # holds for all
    rows = np.arange(0, tiny.N, 4)

    def scorer(p: np.ndarray) -> Score:
        return Score(float(((p > 0.5) == (labels[rows] > 0.5)).mean()))

    loss = section_of(LOSSES, "cross_entropy").build(ClassNames(labels.sum(0), np.ones(tiny.K), multi_label=True))
    spec = tiny.spec(config(epochs=15), targets=Targets(labels, tiny.K), loss=loss, scorer=scorer)
    assert fit(spec).score.value > 0.8


def test_row_weights_of_zero_take_rows_out_of_the_loss(tiny: SimpleNamespace) -> None:
    _, y = tiny.easy()
    rows = np.arange(tiny.N)
    ignored = rows % 2 == 0
    weights = torch.from_numpy(np.where(ignored, 0.0, 2.0).astype(np.float32))
    wrong = np.where(ignored, (y + 1) % tiny.K, y)
    spec = tiny.spec(
        config(epochs=20),
        targets=Targets(wrong, tiny.K),
        fit_rows=rows,
        validation_rows=rows,
        row_weights=weights,
        scorer=tiny.accuracy(y),
    )
    assert fit(spec).score.value > 0.7


def test_a_fold_without_judged_rows_keeps_the_last_epoch(tiny: SimpleNamespace) -> None:
    spec = tiny.spec(config(epochs=3), validation_rows=np.arange(0), scorer=lambda p: Score(float("nan")))
    assert fit(spec).epoch == 2


def test_a_loss_that_is_no_number_ends_in_words(tiny: SimpleNamespace) -> None:
    x, _ = tiny.easy()
    x[5] = np.inf
    with pytest.raises(TaskError, match=r"not a finite number in epoch 1 .* Lower train.learning_rate"):
        fit(tiny.spec(config(), inputs=ViewInputs(x)))


def test_the_watcher_is_told(tiny: SimpleNamespace) -> None:
    told: list[tuple[int, int]] = []
    fit(tiny.spec(config(epochs=2)), watch=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize("changes", [{}, {"swa_from": 0}, {"sam": 0.05, "mixup": 0.2}, {"ema": 0.9}])
@pytest.mark.parametrize(("batch_size", "rows"), [(2, 29), (1, 9), (64, 1), (2, 1), (28, 29)])
def test_batch_normalisation_takes_any_number_of_rows(
    tiny: SimpleNamespace, changes: dict[str, float], batch_size: int, rows: int
) -> None:
    spec = tiny.spec(config(epochs=3, batch_size=batch_size, **changes))
    fitted = fit(replace(spec, fit_rows=spec.fit_rows[:rows]))
    assert all(np.isfinite(line["train_loss"]) for line in fitted.lines)
    assert np.isfinite(fitted.score.value)


def test_statistics_of_an_average_are_those_of_the_rows_with_batches_of_one_too(tiny: SimpleNamespace) -> None:
    spec = tiny.spec(config(epochs=2, batch_size=1, swa_from=0), scorer=lambda p: Score(float(np.ptp(p))))
    fitted = fit(spec)
    assert fitted.averaged is not None
    assert np.isfinite(fitted.averaged)


def test_labels_that_are_known_in_part_are_learned_from_and_counted_right(tiny: SimpleNamespace) -> None:
    """Half of the cells hidden: the network finds what the others say, and no class is learned to be absent."""
    rng, k, d = np.random.default_rng(3), 3, 6
    truth = (rng.random((160, k)) < 0.4).astype(float)
    x = rng.normal(scale=0.3, size=(160, d)).astype(np.float32)
    x[:, :k] += 2 * truth
    hidden = (rng.random(truth.shape) < 0.5) & (truth == 1)  # only presences go unseen, which is the worst case
    labels = np.where(hidden, np.nan, truth)
    train = config(epochs=30, mixup=0.1)
    made = tiny.spec(
        train,
        inputs=ViewInputs(x[:, None]),
        targets=Targets(labels, k),
        fit_rows=np.arange(160),
        validation_rows=np.arange(0, 160, 4),
        loss=section_of(LOSSES, "cross_entropy").build(ClassNames(np.ones(k), np.ones(k), multi_label=True)),
        scorer=lambda p: Score(float(((p >= 0.5) == truth[::4]).mean())),
    )
    fitted = fit(made)
    assert fitted.score.value > 0.95
    last = fitted.lines[-1]["sets"]["validation"]
    assert min(last["precision"]) > 0.9  # what is found in a hidden cell is not wrong


class _ByStep(torch.nn.Module):
    """(b, d) features -> (b, 2, k) logits while training, those of its last step otherwise."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.out = torch.nn.Linear(3, k)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        last = self.out(x)
        return torch.stack([self.out(x / 2), last], dim=1) if self.training else last


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("several", [False, True])
def test_the_loss_of_a_prediction_after_every_step_is_the_mean_over_steps(weighted: bool, several: bool) -> None:
    torch.manual_seed(0)
    x, module = torch.randn(4, 3), _ByStep(2)
    y = (
        torch.tensor([[1.0, 0.0], [torch.nan, 1.0], [1.0, 1.0], [0.0, 0.0]])
        if several
        else torch.tensor([0, 1, 1, 0])
    )
    loss = torch.nn.functional.binary_cross_entropy_with_logits if several else torch.nn.functional.cross_entropy

    def of_rows(logits: torch.Tensor, targets: torch.Tensor, reduction: str) -> torch.Tensor:
        found = loss(logits, targets, reduction="none")
        found = found.sum(dim=1) if found.ndim == 2 else found
        return found.mean() if reduction == "mean" else found

    state: Any = SimpleNamespace(
        precision=SimpleNamespace(cast=nullcontext),
        module=module,
        spec=SimpleNamespace(
            row_weights=torch.tensor([1.0, 2.0, 0.5, 0.5]) if weighted else None,
            targets=SimpleNamespace(masked=several),
        ),
    )
    batch: Any = SimpleNamespace(at=torch.tensor([3, 0, 1, 2]))
    found, logits = mean_loss(state, x, y, batch, of_rows)
    assert torch.equal(logits, module.out(x))
    single = [mean_loss(replace_module(state, part), x, y, batch, of_rows)[0] for part in (0, 1)]
    assert found.item() == pytest.approx((single[0].item() + single[1].item()) / 2, rel=1e-6)


def replace_module(state: Any, step: int) -> Any:
    """Return the state with a module that predicts at one step alone."""
    module = state.module
    return SimpleNamespace(**{**vars(state), "module": lambda x: module(x)[:, step]})


def test_validation_that_does_not_fit_goes_on_in_batches_of_training(
    tiny: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = TrainConfig(epochs=3, batch_size=4, early_stop=0)
    of_training = fit(tiny.spec(train, inputs=ViewInputs(tiny.easy()[0], hold=0)))
    monkeypatch.setattr(fit_state, "evaluation_rows", lambda size, device: 4 * size)
    spec, refused = tiny.spec(train, inputs=ViewInputs(tiny.easy()[0], hold=0)), []

    def full(module: Any, inputs: tuple[torch.Tensor]) -> None:
        if not module.training and len(inputs[0]) > 4:
            refused.append(len(inputs[0]))
            raise torch.OutOfMemoryError("CUDA out of memory.")

    spec.network.body[0].register_forward_pre_hook(full)
    found = fit(spec)
    assert refused == [10]  # once: what memory did not allow is not asked for again
    assert [line["validation_loss"] for line in found.lines] == [
        line["validation_loss"] for line in of_training.lines
    ]
    assert found.lines[0]["features"] == of_training.lines[0]["features"]
