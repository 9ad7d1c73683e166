"""The loop: fit → epoch → step, to be read from top to bottom.

A fit is a function of its `FitSpec`. What changes on the way lives in a `FitState`; this file says in which order.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from evenhand.base.errors import TaskError
from evenhand.base.seeds import seed_from
from evenhand.training.inputs.inference import predict_logits, probabilities
from evenhand.training.inputs.targets import without_unknown
from evenhand.training.loop.checkpoint import Checkpointer
from evenhand.training.loop.determinism import own_randomness
from evenhand.training.loop.fit_spec import FitResult, FitSpec, SecondSet, Watch
from evenhand.training.loop.fit_state import Batch, FitState
from evenhand.training.loop.recovery import watch_over
from evenhand.training.monitor.epoch_log import epoch_line
from evenhand.training.monitor.epoch_recorder import looked
from evenhand.training.monitor.feature_spread import FeatureSpread
from evenhand.training.monitor.monitor import Monitor
from evenhand.training.monitor.scorer import Score
from evenhand.training.optim.batch_norm import refresh, single_row, training_mode
from evenhand.training.optim.mixup import mixed

if TYPE_CHECKING:
    from evenhand.balance.registries import RowLoss

Step = Callable[[Batch], tuple[Tensor, Tensor | None]]
"""One batch -> its mean loss, and (b, k) logits where they are wanted."""


class Judged(NamedTuple):
    """The live weights on the held-out rows: loss, score, which weights they are, and what was said of the rows."""

    loss: float
    score: Score
    form: str
    told: dict[str, Any]


def fit(
    spec: FitSpec, keeper: Checkpointer | None = None, watch: Watch | None = None, guard: Monitor | None = None
) -> FitResult:
    """Fit a network on the training rows of a spec and leave it with the weights that judged best.

    A fit that was broken off goes on from what `keeper` holds and ends with the same bits.

    Parameters
    ----------
    keeper
        Keeps the state of the fit; None keeps nothing.
    watch
        Told how far the fit is.
    guard
        Looks at every epoch and acts on what is wrong.

    Raises
    ------
    TaskError
        If the loss is no longer a number, and no guard is there, or no epoch left weights that can be used.
    """
    keeper = keeper or Checkpointer(None)
    run = FitState(spec, guard)
    total = sum(stage.epochs for stage in spec.stages)
    with own_randomness(spec.device):
        if state := keeper.read():
            run.load(state)
        while not is_over(run):
            epoch(run)
            if guard is not None:
                watch_over(run, guard)
            if keeper.due:
                keeper.keep(run.state())
            if watch is not None:
                watch(len(run.lines), total)
        averaged = try_even_average(run)
    return run.finish(averaged)


def is_over(run: FitState) -> bool:
    """Whether every stage is over; enters the next stage where one is."""
    while run.stage < 0 or run.stage_is_over:
        if run.stage == len(run.spec.stages) - 1:
            return True
        run.enter(run.stage + 1)
        if run.guard is not None:
            run.guard.hold(run.first - 1, run.trained)
    return False


def epoch(run: FitState) -> None:
    """Train on every batch once, judge, and keep the weights if they are the best so far."""
    began, number = time.perf_counter(), run.begin_epoch()
    begin_training(run, number)
    train_loss, _ = one_pass(run.training_batches(number), partial(train_step, run))
    lost = not is_sound(run, train_loss)
    judged = Judged(math.nan, Score(math.nan), "plain", {}) if lost else judge_forms(run)
    run.values.append(run.value(judged.score, judged.loss))
    run.lines.append(
        epoch_line(
            number,
            run.stage,
            seconds=time.perf_counter() - began,
            rate=run.descent.rate,
            train_loss=train_loss,
            loss=judged.loss,
            form=judged.form,
            score=judged.score,
            seen={**run.witness.read(), **in_force(run)},
            sets={**judged.told, **({} if lost else judge_further(run))},
        )
    )
    if run.swa is not None and number >= (run.spec.train.swa_from or 0) and not lost:
        run.swa.include()


def in_force(run: FitState) -> dict[str, Any]:
    """Return what was asked about skew in the epoch: mix of batches, class weights, whether it was softened."""
    mix, weights = run.balance.expected_mix, run.balance.weights
    return {
        "expected_mix": None if mix is None else mix.tolist(),
        "weights": None if weights is None else weights(run.epoch).tolist(),
        "softened": run.guard is not None and run.guard.softened,
    }


def begin_training(run: FitState, epoch: int | str) -> None:
    """Set the network to training, and the generator that layers such as dropout draw from."""
    torch.manual_seed(seed_from(*run.spec.key, "epoch", epoch))
    training_mode(run.module, fixed=run.spec.fixed_norms)


def one_pass(batches: Iterable[Batch], step: Step) -> tuple[float, list[Tensor]]:
    """Run a step over batches; return the mean loss over rows, and what the steps gave besides.

    Training and judging are this same pass with another step. Losses are read from the device once, at the end:
    reading each would make the device wait for us after every step.
    """
    rows: list[int] = []
    losses: list[Tensor] = []
    outputs: list[Tensor] = []
    for batch in batches:
        loss, output = step(batch)
        rows.append(len(batch.rows))
        losses.append(loss)
        if output is not None:
            outputs.append(output)
    if not rows:
        return math.nan, outputs
    return float(np.average(torch.stack(losses).float().cpu().numpy(), weights=rows)), outputs


def train_step(run: FitState, batch: Batch) -> tuple[Tensor, None]:
    """Take one step down the loss of a batch."""
    train, inputs, targets = run.spec.train, run.plan.inputs, run.spec.targets
    x = inputs.batch(batch.rows, batch.draws)
    if batch.draws is not None and run.mixes:
        shares = targets.shares(batch.at)
        x, y = mixed(x, shares, mixup_alpha=train.mixup, cutmix_alpha=train.cutmix, draws=batch.draws)
    else:
        y = targets.fitted(batch.at)
    witness, price = run.witness, run.balance.loss(run.epoch)

    def down() -> Tensor:
        loss, logits = mean_loss(run, x, y, batch, price)
        witness.forward(logits)
        return loss if run.spec.teacher is None else run.spec.teacher.joined(loss, logits, batch.at, run.epoch)

    with single_row(run.module) if len(batch.rows) == 1 else nullcontext():
        loss = run.descent.step(down, batch.factor, witness.motion)
    witness.step(targets.unsmoothed(y) if run.mixes else targets.plain(batch.at))
    if run.ema is not None:
        run.ema.follow(train.ema)
    return loss, None


def judge_step(run: FitState, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return the loss and the logits of a batch as the weights are."""
    x = run.plan.inputs.look(batch.rows)
    return mean_loss(run, x, run.spec.targets.plain(batch.at), batch, run.spec.loss)


def mean_loss(run: FitState, x: Tensor, y: Tensor, batch: Batch, price: RowLoss) -> tuple[Tensor, Tensor]:
    """Return the mean loss of a batch over its rows, weighted where rows have weights, and its logits."""
    with run.precision.cast():
        logits = run.module(x).float()
    said = logits
    if run.spec.targets.masked:
        said, y = without_unknown(logits, y)
    weights = run.spec.row_weights
    if weights is None:
        return price(said, y, "mean"), logits
    return (price(said, y, "none") * weights.index_select(0, batch.at)).mean(), logits


def judge_forms(run: FitState) -> Judged:
    """Judge the weights, and their moving average where there is one; keep what is best so far."""
    plain = judge(run, "plain")
    if run.ema is None:
        return plain
    with run.ema.swapped_in():
        average = judge(run, "ema")
    better = run.value(average.score, average.loss) > run.value(plain.score, plain.loss)
    return average if better else plain


def judge(run: FitState, form: str) -> Judged:
    """Judge the live weights on the held-out rows; keep them if they are the best so far."""
    spec, features = run.spec, FeatureSpread(run.module)
    run.module.eval()
    with torch.no_grad(), features.watched():
        loss, logits = one_pass(run.judge_batches, partial(judge_step, run))
    joined = run.balance.corrected(torch.cat(logits), run.epoch) if logits else torch.empty(0, spec.targets.k)
    if run.guard is not None and logits and not bool(torch.isfinite(joined).any()):
        return Judged(
            math.nan, Score(math.nan), form, {"validation": looked(joined, spec.targets, spec.judge_rows)}
        )
    score = spec.scorer(probabilities(joined, several=spec.targets.several))
    run.offer(run.value(score, loss), loss, form, score)
    told = {"validation": looked(joined, spec.targets, spec.judge_rows), "features": features.read()}
    if logits and run.balance.corrects(run.epoch):
        told["validation_uncorrected"] = looked(torch.cat(logits), spec.targets, spec.judge_rows)
    return Judged(loss, score, form, told)


def judge_further(run: FitState) -> dict[str, Any]:
    """Return what the live weights say of the further sets whose turn it is; nothing is chosen by it."""
    return {
        further.name: look_further(run, further)
        for further in run.spec.further
        if (run.epoch + 1) % further.every == 0
    }


def look_further(run: FitState, further: SecondSet) -> dict[str, Any]:
    """Return loss, score and figures per class of the live weights on other rows."""
    spec, inputs = run.spec, further.inputs[run.stage]
    logits = predict_logits(
        run.module,
        inputs,
        further.rows,
        spec.targets.k,
        batch_size=spec.train.batch_size,
        precision=run.precision,
    )
    found = run.balance.corrected(torch.from_numpy(logits), run.epoch)
    score = further.scorer(probabilities(found, several=further.targets.several))
    told = looked(found, further.targets, further.rows) or {}
    return {"score": score.value, "parts": dict(score.parts), **told}


def try_even_average(run: FitState) -> float | None:
    """Judge the even average of the last epochs; keep it if it is the best."""
    if run.swa is None or run.swa.count < 2:
        return None
    with run.swa.swapped_in():
        return judge_refreshed(run, "swa").score.value


def judge_refreshed(run: FitState, form: str) -> Judged:
    """Judge averaged weights with batch statistics of their own, found on the training rows."""
    begin_training(run, "refresh")
    refresh(run.module, run.training_batches("refresh", least=2), lambda batch: forward(run, batch))
    return judge(run, form)


def forward(run: FitState, batch: Batch) -> None:
    """Pass a training batch through the network, for what it leaves in the statistics."""
    lone = single_row(run.module) if len(batch.rows) == 1 else nullcontext()
    with run.precision.cast(), lone:
        run.module(run.plan.inputs.batch(batch.rows, batch.draws))


def is_sound(run: FitState, loss: float) -> bool:
    """Return whether the training loss is a finite number.

    Raises
    ------
    TaskError
        In words, where it is not and nobody guards the fit.
    """
    if not math.isfinite(loss) and run.guard is None:
        raise TaskError(
            f"The training loss is not a finite number in epoch {run.epoch} (learning rate "
            f"{run.descent.rate:.3g}). Lower train.learning_rate, set train.clip = 1.0, or lengthen "
            "train.warmup_epochs."
        )
    return math.isfinite(loss)
