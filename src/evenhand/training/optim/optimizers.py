"""The optimizer, and one step with clipping, SAM and loss scaling."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from evenhand.training.config import TrainConfig
from evenhand.training.optim.batch_norm import frozen_statistics
from evenhand.training.optim.gradient_norms import GradientNorms
from evenhand.training.optim.overflow import KeptBuffers, are_finite
from evenhand.training.optim.precision import Precision
from evenhand.training.optim.sam import sam_perturb


@lru_cache(maxsize=1)
def fused_devices() -> frozenset[str]:
    """Return the types of devices on which one kernel steps all parameters; Apple's since torch 2.5."""
    # a private function: where a torch lacks it, those are taken that every version here supports
    ask: Any = getattr(torch.utils._foreach_utils, "_get_fused_kernels_supported_devices", None)
    found = {"cpu", "cuda"} if ask is None else set(ask())
    return frozenset(found & {"cpu", "cuda", "mps"})


def build_optimizer(groups: list[dict[str, Any]], train: TrainConfig) -> torch.optim.Optimizer:
    """Return the optimizer that `train` names, in torch's fused form where the device has it.

    Parameters
    ----------
    groups
        Dicts of params and lr, as networks return them; other keys (weight_decay) go to the optimizer.
    """
    fused = all(p.device.type in fused_devices() for group in groups for p in group["params"])
    if train.optimizer == "sgd":
        return torch.optim.SGD(groups, momentum=train.momentum, weight_decay=train.weight_decay, fused=fused)
    return torch.optim.AdamW(groups, weight_decay=train.weight_decay, fused=fused)


class OptimizerStep:
    """One optimizer with learning rate, clipping, SAM and loss scaling.

    Parameters
    ----------
    module
        The module that is trained.
    groups
        Parameter groups with the peak of their learning rate.

    Attributes
    ----------
    loss_scale
        () factor on the loss, and so on all gradients, of the last step before they were unscaled; None where the
        precision needs none.
    """

    def __init__(
        self, module: nn.Module, groups: list[dict[str, Any]], train: TrainConfig, precision: Precision
    ) -> None:
        self._module = module
        self._clip, self._sam = train.clip, train.sam
        self._scaler = precision.scaler()
        self._buffers = None if self._scaler is None else KeptBuffers(module)
        self.loss_scale: Tensor | None = None
        self.optimizer = build_optimizer(groups, train)
        self._parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        self._peaks = [float(group["lr"]) for group in groups]
        self._accumulated: list[tuple[Callable[[], Tensor], float]] = []
        self._within = False  # whether some batches of the present step have passed

    @property
    def learning_rate(self) -> float:
        """The learning rate of the first group (the head's)."""
        return float(self.optimizer.param_groups[0]["lr"])

    def step(
        self,
        loss: Callable[[], Tensor],
        learning_rate_factor: float,
        gradient_norms: GradientNorms | None = None,
        *,
        share: float = 1.0,
        last: bool = True,
    ) -> Tensor:
        """Take one optimizer step, or accumulate the gradient of one of its batches; return the loss before it.

        Losses are means over rows: with each batch's gradient scaled by its share of the rows, the sum is the
        gradient of the mean over the rows of all batches, also where they differ in size.

        Parameters
        ----------
        loss
            Runs the forward pass; called a second time for SAM, after the last batch of the step.
        learning_rate_factor
            Factor on the peak learning rates.
        gradient_norms
            Measures the parameters before and after the step.
        share
            Share of the batch in the rows of the step.
        last
            Whether it is the last batch of the step.
        """
        for group, peak in zip(self.optimizer.param_groups, self._peaks, strict=True):
            # From the peak each time: a rate multiplied step by step would gather rounding errors.
            group["lr"] = peak * learning_rate_factor
        if self._buffers is not None and not self._within:
            self._buffers.keep()
        before = loss()
        self._backward(before, share)
        if self._sam:
            # The ascent is up the gradient of the whole step, so its batches are held until the last one is there.
            self._accumulated.append((loss, share))
        self._within = not last
        if last:
            # of the first pass: where it overflows, SAM's second one at the same weights need not
            finite = None if self._buffers is None else are_finite(self._parameters)
            if self._sam:
                self._descend_from_above()
            if self._buffers is not None and finite is not None:
                self._buffers.restore_unless(finite & are_finite(self._parameters))
            self._update(gradient_norms)
        return before.detach()

    def _descend_from_above(self) -> None:
        """Replace the gradients by those at the weights that SAM moves to."""
        # statistics of batch normalisation are those of the first pass, at the weights that are kept
        with sam_perturb(self._parameters, self._sam), frozen_statistics(self._module):
            for loss, share in self._accumulated:
                self._backward(loss(), share)
        self._accumulated = []

    def _backward(self, loss: Tensor, share: float) -> None:
        loss = loss if share == 1.0 else loss * share
        if self._scaler is not None:
            # here, as the scaler changes its factor after the step; `get_scale` would wait for the device
            self.loss_scale = self._scaler.scale(torch.ones_like(loss.detach()))
            loss = self._scaler.scale(loss)
        loss.backward()  # type: ignore[no-untyped-call]

    def _update(self, gradient_norms: GradientNorms | None) -> None:
        if self._scaler is not None:
            self._scaler.unscale_(self.optimizer)  # before norms and clipping, which are about true gradients
        if gradient_norms is not None:
            gradient_norms.before(self._parameters)
        if self._clip is not None:
            nn.utils.clip_grad_norm_(self._parameters, self._clip)
        if self._scaler is None:
            self.optimizer.step()
        else:
            self._scaler.step(self.optimizer)
            self._scaler.update()
        if gradient_norms is not None:
            # before the gradients are cleared, by which it knows the parameters that moved
            gradient_norms.after(self._parameters)
        self.optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs to resume bit for bit."""
        scaler = None if self._scaler is None else self._scaler.state_dict()
        return {"optimizer": self.optimizer.state_dict(), "scaler": scaler}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        self.optimizer.load_state_dict(state["optimizer"])
        if self._scaler is not None:
            self._scaler.load_state_dict(state["scaler"])
