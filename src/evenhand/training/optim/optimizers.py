"""From gradients to steps: the optimizer, and one descent with everything around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from evenhand.training.config import TrainConfig
from evenhand.training.optim.batch_norm import at_rest
from evenhand.training.optim.gradient_norms import GradientNorms
from evenhand.training.optim.precision import Precision
from evenhand.training.optim.sam import sam_perturb


def build_optimizer(groups: list[dict[str, Any]], train: TrainConfig) -> torch.optim.Optimizer:
    """Return the optimizer that `train` names, in torch's fused form where the device has it.

    Parameters
    ----------
    groups
        Dicts of params and lr, as networks give them; other keys (weight_decay) are the optimizer's own.
    """
    fused = all(p.device.type in {"cpu", "cuda"} for group in groups for p in group["params"])
    if train.optimizer == "sgd":
        return torch.optim.SGD(groups, momentum=train.momentum, weight_decay=train.weight_decay, fused=fused)
    return torch.optim.AdamW(groups, weight_decay=train.weight_decay, fused=fused)


class OptimizerStep:
    """One optimizer on its way down: rate, clipping, sharpness, loss scaling.

    Parameters
    ----------
    module
        What is trained.
    groups
        Parameters with the peak of their learning rate.
    """

    def __init__(
        self, module: nn.Module, groups: list[dict[str, Any]], train: TrainConfig, precision: Precision
    ) -> None:
        self._module = module
        self._clip, self._sam = train.clip, train.sam
        self._scaler = precision.scaler()
        self.optimizer = build_optimizer(groups, train)
        self._parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        self._peaks = [float(group["lr"]) for group in groups]

    @property
    def rate(self) -> float:
        """The learning rate of the first group (the head's)."""
        return float(self.optimizer.param_groups[0]["lr"])

    def step(self, loss: Callable[[], Tensor], factor: float, motion: GradientNorms | None = None) -> Tensor:
        """Take one step down; return the loss before it.

        Parameters
        ----------
        loss
            Runs the forward pass; called a second time for sharpness-aware steps.
        factor
            Share of the peak learning rates.
        motion
            Looks at the parameters before and after the step.
        """
        for group, peak in zip(self.optimizer.param_groups, self._peaks, strict=True):
            group["lr"] = peak * factor
        before = loss()
        self._backward(before)
        if self._sam:
            with sam_perturb(self._parameters, self._sam), at_rest(self._module):
                self._backward(loss())
        self._move(motion)
        return before.detach()

    def _backward(self, loss: Tensor) -> None:
        scaled = loss if self._scaler is None else self._scaler.scale(loss)
        scaled.backward()  # type: ignore[no-untyped-call]

    def _move(self, motion: GradientNorms | None) -> None:
        if self._scaler is not None:
            self._scaler.unscale_(self.optimizer)
        if motion is not None:
            motion.before(self._parameters)
        if self._clip is not None:
            nn.utils.clip_grad_norm_(self._parameters, self._clip)
        if self._scaler is None:
            self.optimizer.step()
        else:
            self._scaler.step(self.optimizer)
            self._scaler.update()
        if motion is not None:
            motion.after(self._parameters)
        self.optimizer.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Any]:
        """Return what `load` needs to go on to the last bit."""
        scaler = None if self._scaler is None else self._scaler.state_dict()
        return {"optimizer": self.optimizer.state_dict(), "scaler": scaler}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.optimizer.load_state_dict(state["optimizer"])
        if self._scaler is not None:
            self._scaler.load_state_dict(state["scaler"])
