"""The weights that a task starts from: random, trained elsewhere, or pretrained here without labels."""

from __future__ import annotations

import json
import sys
from functools import lru_cache

import torch

from evenhand.base.seeds import seed_from
from evenhand.base.storage.files.atomic import to_json
from evenhand.base.values import TEST, Ints
from evenhand.modalities.torch_half import torch_half
from evenhand.models.acceleration.malloc import trim
from evenhand.models.config import SizedModel
from evenhand.models.io.network_files import recorded_precision
from evenhand.models.network import Network, build_network
from evenhand.training.device_faults import free_memory
from evenhand.training.inputs.inputs import Inputs
from evenhand.training.monitor.peak_memory import reset_host_peak
from evenhand.training.optim.weight_averaging import Weights, cloned, copy_into
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.stages import stage_plans


def fresh_network(context: TaskContext, seed: int) -> Network:
    """Return the network of a context with its initial weights.

    Seeds of a model whose weights will be averaged share one initialisation: only weights from the same basin of
    the loss average well (Wortsman et al. 2022).
    """
    model, k = _as_recorded(context), context.samples.k
    initial_seed = model.seeds[0] if context.train.soup != "none" else seed
    if all(plan.tune == "head" for plan in stage_plans(model, context.train)):
        network = _with_frozen_encoder(to_json(model.plain()), k, initial_seed)
    else:
        network = build_network(model, k, initial_seed)
    _fit_encoder(context, network)
    return network


def _as_recorded(context: TaskContext) -> SizedModel:
    """Return the sized model of a context; its frozen part computes as in tasks of the record that are done."""
    model = context.sized
    found = recorded_precision(context.shared) if model.frozen_precision == "auto" else None
    return model if found is None else model.model_copy(update={"frozen_precision": found})


def _fit_encoder(context: TaskContext, network: Network) -> None:
    """Fit what the encoder of a network learns of all rows that are not locked, without labels; often nothing.

    Not fold by fold: activations would have to be computed for every fold then.
    """
    fit_encoder = getattr(torch_half(context.kind), "fit_encoder", None)
    if fit_encoder is not None:
        unlocked = context.folds.of(context.samples.ids) != TEST
        fit_encoder(network, context.entry(None), context.rows[unlocked], context.store.array)


def pretrain_encoder(
    context: TaskContext, network: Network, inputs: Inputs, rows: Ints, key: tuple[int | str, ...]
) -> None:
    """Train the encoder on the inputs of some rows without their labels, if its options ask for that.

    A resumed task does it again: with the same key the weights are the same, and what follows is loaded.

    Parameters
    ----------
    rows
        (n,) the rows that the task trains on; the held-out ones would leak.
    key
        Seeds every random draw.
    """
    pretrain = getattr(torch_half(context.kind), "pretrain", None)
    if pretrain is not None:
        draws = torch.Generator().manual_seed(seed_from("pretrain", *key))
        pretrain(network, inputs, torch.from_numpy(rows), draws)


def _with_frozen_encoder(model: str, k: int, seed: int) -> Network:
    """Return a network of which only the head is trained; the next task of the process reuses its encoder."""
    network, initial_head = _cached_network(model, k, seed)
    if not network.model.is_solved:  # a solver replaces all that the task before has left
        copy_into(dict(network.head.state_dict()), initial_head)
    return network


@lru_cache(maxsize=1)
def _cached_network(model: str, k: int, seed: int) -> tuple[Network, Weights]:
    network = build_network(SizedModel.model_validate(json.loads(model)), k, seed)
    return network, cloned(dict(network.head.state_dict()))


def release_memory() -> None:
    """Give back what a process keeps from one task for the next: a frozen network, compiled code, freed memory."""
    _cached_network.cache_clear()
    if "torch._dynamo" in sys.modules:  # else nothing was compiled, and this would import the compiler
        torch.compiler.reset()
    free_memory()
    trim()
    reset_host_peak()
