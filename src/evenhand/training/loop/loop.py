"""The training loop: fit → epoch → step, to be read from top to bottom.

A fit is a function of its `FitSpec`. What changes from epoch to epoch lives in a `FitState`; this file holds the
order of operations.
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
from evenhand.training.device import device_name
from evenhand.training.inputs.inference import as_memory_allows, predict_logits, probabilities
from evenhand.training.inputs.inputs import batch_with
from evenhand.training.inputs.targets import without_unknown
from evenhand.training.loop.checkpoint import Checkpointer
from evenhand.training.loop.determinism import forked_rng
from evenhand.training.loop.fit_spec import FitResult, FitSpec, SecondSet, Watch
from evenhand.training.loop.fit_state import Batch, FitState
from evenhand.training.loop.recovery import apply_monitor
from evenhand.training.monitor.epoch_log import epoch_line
from evenhand.training.monitor.epoch_recorder import class_statistics
from evenhand.training.monitor.feature_spread import FeatureSpread
from evenhand.training.monitor.monitor import Monitor
from evenhand.training.monitor.peak_memory import peak_memory, reset_peak
from evenhand.training.monitor.scorer import Score
from evenhand.training.optim.batch_norm import refresh, single_row, training_mode
from evenhand.training.optim.mixup import Mixing

if TYPE_CHECKING:
    from evenhand.balance.registries import RowLoss

Step = Callable[[Batch], tuple[Tensor, Tensor | None]]
"""One batch -> its mean loss, and (b, k) logits in validation."""


class Validation(NamedTuple):
    """The live weights on the validation rows: loss, score, which weights they are, and statistics of each set."""

    loss: float
    score: Score
    form: str
    statistics: dict[str, Any]


def fit(
    spec: FitSpec,
    checkpointer: Checkpointer | None = None,
    watch: Watch | None = None,
    monitor: Monitor | None = None,
) -> FitResult:
    """Fit a network on the training rows of a spec and leave it with the best weights on the validation rows.

    An interrupted fit resumes from the state of `checkpointer` and ends with the same bits.

    Parameters
    ----------
    checkpointer
        Saves the state of the fit; None saves nothing.
    watch
        Called after each epoch.
    monitor
        Checks every epoch and acts on alarms.

    Raises
    ------
    TaskError
        If the loss becomes infinite or NaN without a monitor, or no epoch gave usable weights.
    """
    checkpointer = checkpointer or Checkpointer(None)
    state = FitState(spec, monitor)
    total = sum(stage.epochs for stage in spec.stages)
    with forked_rng(spec.device):
        if saved := checkpointer.read():
            state.load_state_dict(saved)
        while not is_over(state):
            epoch(state)
            if monitor is not None:
                apply_monitor(state, monitor)
            if checkpointer.due:  # after the monitor, whose actions are part of the state
                checkpointer.save(state.state_dict())
            if watch is not None:
                watch(len(state.lines), total)
        # within the forked generators, which the refresh of batch statistics seeds
        averaged = validate_swa(state)
    return state.finish(averaged)


def is_over(state: FitState) -> bool:
    """Return whether every stage is over; enter the next stage where the present one is."""
    while state.stage < 0 or state.stage_is_over:
        if state.stage == len(state.spec.stages) - 1:
            return True
        state.enter_stage(state.stage + 1)
        if state.monitor is not None:
            # Under the number of the epoch before: a fix of the first epoch of a stage goes back to its start.
            state.monitor.keep_weights(state.first - 1, state.trained)
    return False


def epoch(state: FitState) -> None:
    """Train on every batch once, validate, and keep the weights if they are the best so far."""
    began, number = time.perf_counter(), state.begin_epoch()
    reset_peak(state.spec.device)
    begin_training(state, number)
    train_loss, _ = one_pass(state.training_batches(number), partial(train_step, state))
    diverged = not is_finite(state, train_loss)
    terms = None if state.loss_terms is None else state.loss_terms.read()
    # Such a loss leaves weights of NaN as a rule: validating them would take time and give NaN.
    result = Validation(math.nan, Score(math.nan), "plain", {}) if diverged else validate_averages(state)
    state.values.append(state.value(result.score, result.loss))
    state.lines.append(
        epoch_line(
            number,
            state.stage,
            seconds=time.perf_counter() - began,
            learning_rate=state.optimizer_step.learning_rate,
            # without the terms, so that it compares with the validation loss
            train_loss=train_loss if terms is None else terms[0],
            loss=result.loss,
            form=result.form,
            score=result.score,
            recorded={
                **state.recorder.read(),
                **balance_in_force(state),
                "device": device_name(state.spec.device),
                "peak_memory": peak_memory(state.spec.device),
                **({} if terms is None else {"terms": terms[1]}),
            },
            sets={**result.statistics, **({} if diverged else score_second_sets(state))},
        )
    )
    if state.swa is not None and number >= (state.spec.train.swa_from or 0) and not diverged:
        state.swa.include()


def balance_in_force(state: FitState) -> dict[str, Any]:
    """Return the class balance of the epoch: expected mix of batches, class weights, whether it was softened."""
    mix, weights = state.balance.expected_mix, state.balance.weights
    return {
        "expected_mix": None if mix is None else mix.tolist(),
        "weights": None if weights is None else weights(state.epoch).tolist(),
        "softened": state.monitor is not None and state.monitor.softened,
    }


def begin_training(state: FitState, epoch: int | str) -> None:
    """Set the network to training mode, and seed the generator of layers such as dropout."""
    torch.manual_seed(seed_from(*state.spec.key, "epoch", epoch))
    training_mode(state.module, fixed=state.spec.fixed_norms)


def one_pass(batches: Iterable[Batch], step: Step) -> tuple[float, list[Tensor]]:
    """Run a step over batches; return the mean loss over rows, and the outputs of the steps.

    Training and validation are this same pass with another step.
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
    # losses are read from the device once, here: reading each would make the device idle after every step
    return float(np.average(torch.stack(losses).float().cpu().numpy(), weights=rows)), outputs


def train_step(state: FitState, batch: Batch) -> tuple[Tensor, None]:
    """Take one step down the loss of a batch, or a part of it: of several batches, the last one steps."""
    train, inputs, targets = state.spec.train, state.current_stage.inputs, state.spec.targets
    if batch.draws is not None and state.mixes:
        mixing = Mixing(
            len(batch.rows), mixup=train.mixup, cutmix=train.cutmix, patches=inputs.pictures, draws=batch.draws
        )
        x, drawn = batch_with(inputs, batch.rows, batch.draws, mixing.draw)
        x, y = mixing.mixed(x, targets.shares(batch.at), drawn)
    else:
        x, y = inputs.batch(batch.rows, batch.draws), targets.fitted(batch.at)
    recorder, loss_fn, terms = state.recorder, state.balance.loss(state.epoch), state.loss_terms
    # statistics and terms are about the labels: targets of mixed rows were smoothed before they were mixed
    labels = targets.unsmoothed(y) if state.mixes else targets.plain(batch.at)

    def forward_loss() -> Tensor:
        with single_row(state.module) if len(batch.rows) == 1 else nullcontext():
            loss, logits = mean_loss(state, x, y, batch, loss_fn)
        teacher = state.spec.teacher
        if teacher is not None:
            loss = teacher.distilled_loss(loss, logits, batch.at, state.epoch)
        if terms is not None:  # before `forward`, which would take the gradients of the cosines for the step's
            loss = terms.added_to(loss, labels)
        recorder.forward(logits)
        return loss

    loss = state.optimizer_step.step(
        forward_loss,
        batch.learning_rate_factor,
        recorder.gradient_norms,
        share=batch.share,
        last=batch.last,
    )
    recorder.step(labels, state.optimizer_step.loss_scale, last=batch.last)
    if terms is not None:
        terms.step(len(batch.rows))
    if state.ema is not None and batch.last:
        state.ema.follow(train.ema)
    return loss, None


def validation_step(state: FitState, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return the loss and the logits of a batch under the live weights."""
    x = state.current_stage.inputs.look(batch.rows)
    return mean_loss(state, x, state.spec.targets.plain(batch.at), batch, state.spec.loss)


def mean_loss(state: FitState, x: Tensor, y: Tensor, batch: Batch, loss_fn: RowLoss) -> tuple[Tensor, Tensor]:
    """Return the mean loss of a batch over its rows, weighted where rows have weights, and its (b, k) logits.

    Of a network that predicts after every step of a sequence, (b, s, k), the loss is the mean over rows and steps,
    and the logits are those of the last step.
    """
    with state.precision.cast():
        logits = state.module(x).float()
    weights = state.spec.row_weights
    if weights is not None:
        weights = weights.index_select(0, batch.at)
    known_logits = logits  # the logits as they are go to the statistics
    if logits.ndim == 3:
        steps = logits.shape[1]
        known_logits, logits = logits.flatten(0, 1), logits[:, -1]
        y = y.repeat_interleave(steps, dim=0)
        weights = None if weights is None else weights.repeat_interleave(steps)
    if state.spec.targets.masked:
        known_logits, y = without_unknown(known_logits, y)
    if weights is None:
        return loss_fn(known_logits, y, "mean"), logits
    # Divided by the rows, not by their weights (mean 1 over the training rows, `build_spec`), which would make a
    # batch of light rows count as much as one of heavy rows.
    return (loss_fn(known_logits, y, "none") * weights).mean(), logits


def validate_averages(state: FitState) -> Validation:
    """Validate the weights, and their moving average where there is one; keep the best so far."""
    plain = validate(state, "plain")
    if state.ema is None:
        return plain
    # With the running statistics averaged alongside (`Average`); the even average alone has them estimated anew,
    # once, at the end (`validate_refreshed`).
    with state.ema.swapped_in():
        average = validate(state, "ema")
    better = state.spec.train.choose_by == "last" or (
        state.value(average.score, average.loss) > state.value(plain.score, plain.loss)
    )
    return average if better else plain


def validate(state: FitState, form: str) -> Validation:
    """Validate the live weights on the held-out rows; keep them if they are the best so far."""
    spec = state.spec
    loss, logits, spread = as_memory_allows(
        partial(validation_pass, state), state.evaluation_rows, spec.train.batch_size
    )
    corrected = (
        state.balance.corrected(torch.cat(logits), state.epoch) if logits else torch.empty(0, spec.targets.k)
    )
    # The step after the last finite loss may still have broken the weights: NaN is logged for the monitor, and
    # they are not compared with the best.
    if state.monitor is not None and logits and not bool(torch.isfinite(corrected).any()):
        lost = {"validation": class_statistics(corrected, spec.targets, spec.validation_rows)}
        return Validation(math.nan, Score(math.nan), form, lost)
    score = spec.scorer(probabilities(corrected, multi_label=spec.targets.multi_label))
    state.update_best(state.value(score, loss), loss, form, score)
    statistics = {
        "validation": class_statistics(corrected, spec.targets, spec.validation_rows),
        "features": spread,
    }
    if logits and state.balance.corrects(state.epoch):
        uncorrected = class_statistics(torch.cat(logits), spec.targets, spec.validation_rows)
        statistics["validation_uncorrected"] = uncorrected
    return Validation(loss, score, form, statistics)


def validation_pass(state: FitState, most: int) -> tuple[float, list[Tensor], dict[str, float | None] | None]:
    """Return the mean loss of the held-out rows, their logits, and the spread of their features."""
    features = FeatureSpread(state.module)
    state.module.eval()
    with torch.no_grad(), features.watched():
        loss, logits = one_pass(state.validation_batches(most), partial(validation_step, state))
    return loss, logits, features.read()


def score_second_sets(state: FitState) -> dict[str, Any]:
    """Return the statistics of second sets that are due in this epoch; nothing is selected by them."""
    return {
        second_set.name: score_second_set(state, second_set)
        for second_set in state.spec.second_sets
        if (state.epoch + 1) % second_set.every == 0
    }


def score_second_set(state: FitState, second_set: SecondSet) -> dict[str, Any]:
    """Return score and class statistics of the live weights on a second set."""
    spec, inputs = state.spec, second_set.inputs[state.stage]
    logits = predict_logits(
        state.module,
        inputs,
        second_set.rows,
        spec.targets.k,
        batch_size=spec.train.batch_size,
        precision=state.precision,
    )
    corrected = state.balance.corrected(torch.from_numpy(logits), state.epoch)
    score = second_set.scorer(probabilities(corrected, multi_label=second_set.targets.multi_label))
    statistics = class_statistics(corrected, second_set.targets, second_set.rows) or {}
    return {"score": score.value, "parts": dict(score.parts), **statistics}


def validate_swa(state: FitState) -> float | None:
    """Validate the mean weights of the last epochs (SWA); keep them if they are the best."""
    if state.swa is None or state.swa.count < 2:
        return None
    with state.swa.swapped_in():
        return validate_refreshed(state, "swa").score.value


def validate_refreshed(state: FitState, form: str) -> Validation:
    """Validate averaged weights with batch statistics of their own, estimated on the training rows."""
    # A seed and an order of its own: the statistics do not depend on which epoch was the last, or whether it was
    # resumed.
    begin_training(state, "refresh")
    refresh(state.module, state.training_batches("refresh", least=2), lambda batch: forward(state, batch))
    return validate(state, form)


def forward(state: FitState, batch: Batch) -> None:
    """Run a training batch through the network to update its batch statistics."""
    one_row = single_row(state.module) if len(batch.rows) == 1 else nullcontext()
    with state.precision.cast(), one_row:
        state.module(state.current_stage.inputs.batch(batch.rows, batch.draws))


def is_finite(state: FitState, loss: float) -> bool:
    """Return whether the training loss is a finite number.

    Raises
    ------
    TaskError
        If it is not, and no monitor handles it.
    """
    if not math.isfinite(loss) and state.monitor is None:
        short = state.precision.dtype is torch.float16
        advice = 'fp16 holds numbers up to 65,504: set train.precision = "float32". ' if short else ""
        raise TaskError(
            f"The training loss is not a finite number in epoch {state.epoch + 1} (learning rate "
            f"{state.optimizer_step.learning_rate:.3g}). {advice}Lower train.learning_rate, set train.clip = 1.0, "
            "or lengthen train.warmup_epochs."
        )
    return math.isfinite(loss)
