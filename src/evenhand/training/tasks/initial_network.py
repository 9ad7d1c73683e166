"""The initial network of a task."""

from __future__ import annotations

import json
from functools import lru_cache

from evenhand.base.storage.atomic import to_json
from evenhand.models.config import SizedModel
from evenhand.models.network import Network, build_network
from evenhand.training.optim.weight_averaging import Weights, cloned, copy_into
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.stages import stage_plans


def fresh_network(context: TaskContext, seed: int) -> Network:
    """Return the network of a context with its initial weights.

    Seeds of a model whose weights will be averaged share one initialisation: only weights from the same basin of
    the loss average well (Wortsman et al. 2022).
    """
    model, k = context.sized, context.samples.k
    initial_seed = model.seeds[0] if context.train.soup != "none" else seed
    if all(plan.tune == "head" for plan in stage_plans(model, context.train)):
        return _with_frozen_encoder(to_json(model.plain()), k, initial_seed)
    return build_network(model, k, initial_seed)


def _with_frozen_encoder(model: str, k: int, seed: int) -> Network:
    """Return a network of which only the head is trained; the next task of the process reuses its encoder."""
    network, initial_head = _cached_network(model, k, seed)
    copy_into(dict(network.head.state_dict()), initial_head)  # the task before has trained it
    return network


@lru_cache(maxsize=1)
def _cached_network(model: str, k: int, seed: int) -> tuple[Network, Weights]:
    network = build_network(SizedModel.model_validate(json.loads(model)), k, seed)
    return network, cloned(dict(network.head.state_dict()))
