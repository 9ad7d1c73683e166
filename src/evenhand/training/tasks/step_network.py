"""Predictions by the networks of a record while a row arrives: step by step, at constant cost and memory."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from evenhand.base.errors import ModelError
from evenhand.base.values import Floats
from evenhand.modalities.streams import Arrays, Step
from evenhand.modalities.torch_half import torch_half
from evenhand.models.encoders.stepwise import stepwise
from evenhand.training.device import device_of
from evenhand.training.inputs.inference import probabilities
from evenhand.training.optim.precision import precision
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.predict_fold import network_of_fold


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
        self._networks = {
            name: [
                StepNetwork(context, fold, seed) for fold in range(context.folds.k) for seed in context.model.seeds
            ]
            for name, context in contexts.items()
        }

    def begin(self) -> None:
        """Begin a row."""
        for networks in self._networks.values():
            for network in networks:
                network.begin()

    def after(self, step: Step) -> dict[str, Floats]:
        """Return name of a model -> (1, k) float64 probabilities after a step, the mean over its networks."""
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # one step is too little work to be shared out
        try:
            return {
                name: np.mean([one.after(step.arrays, keep=step.kept) for one in networks], axis=0)[None]
                for name, networks in self._networks.items()
            }
        finally:
            torch.set_num_threads(threads)


class StepNetwork:
    """One network of a record, which predicts one row after each of its steps.

    Raises
    ------
    ModelError
        If the network needs whole rows.
    """

    def __init__(self, context: TaskContext, fold: int, seed: int) -> None:
        network, self._correct = network_of_fold(context, fold, seed)
        block = stepwise(network.encoder)
        if block is None:
            raise ModelError(
                f'Model {context.model.name}: encoder = "{context.model.encoder}" needs whole rows, or memory that '
                "grows with every step."
            )
        self._device = device_of(context.device)
        self._network = network.to(self._device).eval()
        self._block, self._batch = block, getattr(torch_half(context.kind), "step_batch")  # noqa: B009
        self._precision = precision(context.train.precision, self._device)
        self._multi_label = context.samples.multi_label
        self.begin()

    def begin(self) -> None:
        """Begin a row."""
        self._state: Any = None

    def after(self, arrays: Arrays, *, keep: bool) -> Floats:
        """Return (k,) float64 probabilities after one step (`streams.Step`), which is part of the row if kept."""
        batch = self._batch(arrays, self._network, self._device)
        # A frozen encoder computes outside of the precision of training, here as in `Frozen`.
        frozen = self._network.frozen is not None
        with torch.inference_mode(), self._precision.cast():
            with contextlib.nullcontext() if not frozen else torch.autocast(self._device.type, enabled=False):
                features, state = self._block.advance(batch, self._state)
            logits = self._network.head(features[:, -1]).double().cpu().numpy()
        if keep:
            self._state = state
        found = probabilities(torch.from_numpy(self._correct(logits)), multi_label=self._multi_label)
        return np.asarray(found[0])
