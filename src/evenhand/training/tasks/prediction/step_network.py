"""Predictions by the networks of a record while a row arrives: step by step, at constant cost and memory."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from evenhand.base.errors import ModelError, TaskError
from evenhand.base.values import Floats
from evenhand.modalities.streams import Arrays, Step
from evenhand.modalities.torch_half import torch_half
from evenhand.models.encoders.stepwise import Stepwise, stepwise
from evenhand.models.network import Network
from evenhand.training.device import automatic_device, device_of
from evenhand.training.inputs.inference import probabilities
from evenhand.training.optim.precision import inference_precision
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.prediction.predict_fold import network_of_fold


class StepNetworks:
    """The networks of some models of a record, one for each fold and seed, which read the same row together.

    Parameters
    ----------
    contexts
        Name of a model -> its context.

    Raises
    ------
    ModelError
        If a network needs whole rows.
    """

    def __init__(self, contexts: Mapping[str, TaskContext]) -> None:
        self._models = {name: StepModel(context) for name, context in contexts.items()}

    def begin(self) -> None:
        """Begin a row."""
        for model in self._models.values():
            model.begin()

    def after(self, step: Step) -> dict[str, Floats]:
        """Return name of a model -> (1, k) float64 probabilities after a step, the mean over its networks."""
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # one step is too little work to be shared out
        try:
            return {name: model.after(step.arrays, keep=step.kept) for name, model in self._models.items()}
        finally:
            torch.set_num_threads(threads)


class StepModel:
    """The networks of one model of a record, which predict one row after each of its steps.

    Raises
    ------
    ModelError
        If they need whole rows.
    """

    def __init__(self, context: TaskContext) -> None:
        try:
            self._device = device_of(context.device)
        except TaskError:  # this machine lacks the device of the record
            self._device = automatic_device()
        loaded = [
            network_of_fold(context, fold, seed) for fold in range(context.folds.k) for seed in context.model.seeds
        ]
        self._networks = [network.to_device(self._device).eval() for network, _ in loaded]
        self._corrections = [correct for _, correct in loaded]
        first, *others = [_block(network, context) for network in self._networks]
        self._stepper, self._batch = first.stepper(others), getattr(torch_half(context.kind), "step_batch")  # noqa: B009
        self._precision = inference_precision(context.train.precision, self._device)
        self._multi_label = context.samples.multi_label
        self.begin()

    def begin(self) -> None:
        """Begin a row."""
        self._state: Any = None

    def after(self, arrays: Arrays, *, keep: bool) -> Floats:
        """Return (1, k) float64 probabilities after one step (`streams.Step`), which is part of the row if kept."""
        # A frozen encoder computes outside of the precision of training, here as in `Frozen`.
        frozen = self._networks[0].frozen is not None
        with torch.inference_mode(), self._precision.cast():
            batch = self._batch(arrays, self._networks[0], self._device)
            with contextlib.nullcontext() if not frozen else torch.autocast(self._device.type, enabled=False):
                features, state = self._stepper.advance(batch, self._state)
            parts = zip(self._networks, features.unsqueeze(1), strict=True)
            logits = torch.cat([network.head(part) for network, part in parts]).cpu().double().numpy()
        if keep:
            self._state = state
        corrections = zip(self._corrections, logits, strict=True)
        corrected = np.concatenate([correct(one[None]) for correct, one in corrections])
        found = probabilities(torch.from_numpy(corrected), multi_label=self._multi_label)
        return np.asarray(found.mean(axis=0, keepdims=True))


def _block(network: Network, context: TaskContext) -> Stepwise:
    block = stepwise(network.encoder)
    if block is None:
        raise ModelError(
            f'Model {context.model.name}: encoder = "{context.model.encoder}" needs whole rows, or memory that '
            "grows with every step."
        )
    return block
