"""The network of a task in its first state."""

from __future__ import annotations

import json
from functools import lru_cache

from evenhand.base.storage.atomic import to_json
from evenhand.models.config import SizedModel
from evenhand.models.network import Network, build_network
from evenhand.training.optim.weight_averaging import Weights, copied, put
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.stages import plans


def fresh_network(context: TaskContext, seed: int) -> Network:
    """Return the network of an context in its first state.

    The seeds of a model whose weights will be averaged begin alike: weights from unlike starts do not average.
    """
    model, k = context.sized, context.samples.k
    start = model.seeds[0] if context.train.soup != "none" else seed
    whole = all(plan.tune == "head" for plan in plans(model, context.train))
    return _with_frozen_encoder(to_json(model.plain()), k, start) if whole else build_network(model, k, start)


def _with_frozen_encoder(model: str, k: int, seed: int) -> Network:
    """Return a network of which only the head is trained; its encoder is kept for the next task of the process."""
    network, start = _kept(model, k, seed)
    put(dict(network.head.state_dict()), start)
    return network


@lru_cache(maxsize=1)
def _kept(model: str, k: int, seed: int) -> tuple[Network, Weights]:
    network = build_network(SizedModel.model_validate(json.loads(model)), k, seed)
    return network, copied(dict(network.head.state_dict()))
