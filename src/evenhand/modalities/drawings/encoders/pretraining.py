"""Contrastive training of an encoder of drawings on drawings without labels, before it is trained with them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError
from evenhand.modalities.drawings.augment import apply_profile
from evenhand.modalities.drawings.options import DrawingEncoderOptions
from evenhand.models.network import Network

PROFILE = "full"
BATCH = 64
TEMPERATURE = 0.2
LEARNING_RATE = 1e-3
PROJECTION = 64


def pretrain(network: Network, inputs: Any, rows: Tensor, draws: torch.Generator) -> None:
    """Train the encoder of a network so that two augmentations of a drawing are alike, and drawings differ.

    SimCLR (Chen et al. 2020): the normalised temperature-scaled cross-entropy (their eq. 1) of projections that are
    thrown away afterwards.

    Parameters
    ----------
    network
        With the option `pretrain_epochs`; 0 changes nothing.
    inputs
        Inputs, of which the unchanged view is augmented here.
    rows
        (n,) int64 positions of the drawings, those of the training folds alone.
    draws
        Source of all random numbers.

    Raises
    ------
    ModelError
        If a part of the network is frozen: it is computed once for all folds, before they could train it.
    """
    epochs = int(network.model.options.get("pretrain_epochs", DrawingEncoderOptions().pretrain_epochs))
    if len(rows) < 2 or epochs < 1:
        return
    if isinstance(inputs.look(rows[:1]), Tensor):  # activations, not drawings
        raise ModelError(
            f"Model {network.model.name}: options.pretrain_epochs = {epochs} trains the encoder on the rows of "
            'each fold, but its first stage keeps it frozen. Set tune = "all", or pretrain_epochs = 0.'
        )
    encoder = network.encoder.backbone
    device = next(encoder.parameters()).device
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (), generator=draws)))  # dropout, and the projection's weights
        with torch.no_grad():
            width = encoder(inputs.look(rows[:2])).shape[1]
        projection = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, PROJECTION)).to(device)
        parameters = [*encoder.parameters(), *projection.parameters()]
        batches = -(-len(rows) // BATCH)
        optimizer = torch.optim.AdamW(parameters, LEARNING_RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * batches)
        encoder.train()
        for _ in range(epochs):
            for part in rows[torch.randperm(len(rows), generator=draws)].tensor_split(batches):
                plain = inputs.look(part)
                views = [projection(encoder(apply_profile(plain, PROFILE, draws))) for _ in range(2)]
                optimizer.zero_grad()
                contrastive_loss(*views).backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(parameters, 1.0)
                optimizer.step()
                schedule.step()
    for parameter in encoder.parameters():
        parameter.grad = None


def contrastive_loss(one: Tensor, other: Tensor) -> Tensor:
    """Return the NT-Xent loss of (b, d) projections of two views of b drawings."""
    z = nn.functional.normalize(torch.cat([one, other]), dim=1)
    alike = z @ z.T / TEMPERATURE
    alike.fill_diagonal_(float("-inf"))
    b = len(one)
    partner = torch.arange(2 * b, device=z.device).roll(b)
    return nn.functional.cross_entropy(alike, partner)
