"""Training without labels before the training with them, where the encoders of a kind have it."""

from __future__ import annotations

import torch

from evenhand.base.seeds import seed_from
from evenhand.base.values import Ints
from evenhand.modalities.torch_half import torch_half
from evenhand.models.network import Network
from evenhand.training.inputs.inputs import Inputs
from evenhand.training.tasks.context import TaskContext


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
