"""A classifier: a frozen part, a boundary, and a tuned part.

``network(x) == network.tuned(network.frozen(x))``. The frozen part is computed once and its activations are stored
(`io.activations`); the loop trains `tuned` alone.
"""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError, unknown
from evenhand.models.acceleration.frozen import Frozen
from evenhand.models.acceleration.frozen_norm_form import lighten
from evenhand.models.acceleration.memory_format import guard, laid_out
from evenhand.models.config import ModelConfig, SizedModel
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import build_encoder
from evenhand.models.feature_extractor import FeatureExtractor, pool_of, taps_of
from evenhand.models.heads.modules.scaled_head import build_head
from evenhand.models.normalize import normalised, standardised

HEAD = "head"
"""Boundary of a network whose encoder is frozen whole; its activations are the (d,) features."""


class Tuned(nn.Module):
    """The part that is trained: activations at the boundary, or the prepared batch -> (b, k) logits.

    While training, an encoder of sequences may return the features after each of s steps, (b, s, d): the logits are
    (b, s, k) then, and the loss is the mean over the steps (`training.loop.loop.mean_loss`).
    """

    def __init__(self, features: FeatureExtractor | None, head: nn.Module) -> None:
        super().__init__()
        self.features = features
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        features = x if self.features is None else self.features(x)
        if features.ndim == 3:  # heads know rows of features only
            return self.head(features.flatten(0, 1)).unflatten(0, features.shape[:2])  # type: ignore[no-any-return]
        return self.head(features)  # type: ignore[no-any-return]


class Network(nn.Module):
    """An encoder with a head, cut at a boundary.

    Attributes
    ----------
    frozen
        Prepared batch, (b, c, h, w) or a dict of tensors -> activations; None where everything is trained.
    tuned
        Activations, or the prepared batch -> (b, k) float32 logits.
    boundary
        "" (all is trained), "head", or the name of the first block that is trained.
    encoder
        With `mean` and `std` (c,) of its pictures in 0..1, and its blocks (`stages`).
    """

    frozen: Frozen | None
    tuned: Tuned

    def __init__(self, encoder: Encoder, head: nn.Module, model: ModelConfig) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head
        self.model = model
        self.retune(model.tune)
        self.register_load_state_dict_post_hook(_forget)  # type: ignore[no-untyped-call]

    @property
    def mean(self) -> tuple[float, ...]:
        """(c,) mean that is taken from pictures in 0..1."""
        return self.encoder.mean

    @property
    def std(self) -> tuple[float, ...]:
        """(c,) deviation that pictures are divided by."""
        return self.encoder.std

    def retune(self, tune: str) -> None:
        """Move the boundary to where `tune` ("head", "all", "from:BLOCK") puts it; weights do not change.

        Raises
        ------
        ModelError
            If there is no such block, or `pool` uses a block that would be frozen.
        """
        cut = cut_of(self.encoder, tune)
        stages = self.encoder.stages
        taps = taps_of(self.model.pool, [stage.name for stage in stages])
        # Everything first; `Frozen` turns it off for what lies below the new boundary.
        self.requires_grad_(True)
        if cut == len(stages):
            below, above = features_of(self.encoder, self.model), None
        else:
            hidden = sorted({stages[tap.stage].name for tap in taps if tap.stage < cut})
            if hidden:
                raise ModelError(_hidden(tune, hidden))
            below = FeatureExtractor([stage.module for stage in stages[:cut]])
            reads = [(tap.stage - cut, pool_of(tap.pool, self.encoder.pool)) for tap in taps]
            above = FeatureExtractor([stage.module for stage in stages[cut:]], reads)
        self.tune = tune
        self.boundary = HEAD if cut == len(stages) else stages[cut].name if cut else ""
        # not registered with nn.Module: both are views of encoder and head, whose tensors would be listed twice
        object.__setattr__(self, "frozen", Frozen(below, self.model.frozen_precision) if cut else None)
        object.__setattr__(self, "tuned", Tuned(above, self.head))

    def prepare(self, x: Tensor) -> Tensor:
        """Return a normalised float32 batch (b, c, h, w).

        Parameters
        ----------
        x
            (b, h, w, c) uint8 as the store holds it, or (b, c, h, w) float32 in 0..1 as augmentations give it.
        """
        normalise = normalised if x.dtype == torch.uint8 else standardised
        x = normalise(x, self.mean, self.std)
        return laid_out(x, channels_last=self.model.channels_last)

    def to_device(self, device: torch.device) -> Network:
        """Move to a device, in place, and return the network; its maps lie there as the device needs them."""
        self.to(device)
        guard(self, device)
        return self

    def forward(self, x: Tensor) -> Tensor:
        return self.tuned(x if self.frozen is None else self.frozen(x))  # type: ignore[no-any-return]

    def fingerprint(self) -> str:
        """Return a hash (16 hex digits) of all that the activations of a picture at the boundary depend on."""
        if self.frozen is None:
            return hashlib.blake2b(digest_size=8).hexdigest()
        return fingerprint_of(self.frozen.part, repr((self.boundary, self.model.pool, self.encoder.about)))

    def parameter_groups(self, learning_rate: float, layer_decay: float = 1.0) -> list[dict[str, Any]]:
        """Return the trained parameters for an optimizer: dicts of params, lr and name, from the head down.

        The head gets `learning_rate`; the encoder `encoder_rate` times that, and a factor `layer_decay` more
        for each block further down. Biases and norms are in separate groups with weight_decay 0.
        """
        groups = _groups(HEAD, self.head, learning_rate)
        if self.tuned.features is None:
            return groups
        rate = learning_rate * self.model.encoder_rate
        first = len(self.encoder.stages) - len(self.tuned.features.stages)
        for depth, stage in enumerate(reversed(self.encoder.stages[first:])):
            groups += _groups(stage.name, stage.module, rate * layer_decay**depth)
        # an encoder's own pool may hold the whole encoder: only parameters outside the blocks are the pool's
        held = {id(p) for stage in self.encoder.stages for p in stage.module.parameters()}
        for group in _groups("pool", self.tuned.features.pools, rate):
            own = [p for p in group["params"] if id(p) not in held]
            groups += [{**group, "params": own}] if own else []
        return groups


def fingerprint_of(part: nn.Module, about: str) -> str:
    """Return a hash (16 hex digits) of the tensors of a part and of what is said about it."""
    digest = hashlib.blake2b(about.encode(), digest_size=8)
    for name, array in part.state_dict().items():
        digest.update(f"{name} {array.dtype} {tuple(array.shape)}".encode())
        digest.update(array.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _forget(network: nn.Module, _: object) -> None:
    frozen = getattr(network, "frozen", None)
    if isinstance(frozen, Frozen):
        frozen.forget()


def _hidden(tune: str, names: list[str]) -> str:
    return (
        f"pool uses {', '.join(names)}, which {'is' if len(names) == 1 else 'are'} frozen at tune = {tune!r}. "
        'Pool blocks above the boundary, or set tune = "head".'
    )


def _groups(name: str, module: nn.Module, lr: float) -> list[dict[str, Any]]:
    trained = [p for p in module.parameters() if p.requires_grad]
    matrices = [p for p in trained if p.ndim > 1]
    vectors = [p for p in trained if p.ndim <= 1]
    groups: list[dict[str, Any]] = []
    if matrices:
        groups.append({"params": matrices, "lr": lr, "name": name})
    if vectors:
        groups.append({"params": vectors, "lr": lr, "name": f"{name} (vectors)", "weight_decay": 0.0})
    return groups


def cut_of(encoder: Encoder, tune: str) -> int:
    """Return the number of stages below the boundary that `tune` asks for.

    Raises
    ------
    ModelError
        If it names a stage that the encoder does not have; the message lists them.
    """
    if tune == "all":
        return 0
    if tune == HEAD:
        return len(encoder.stages)
    wanted = tune.removeprefix("from:")
    for position, stage in enumerate(encoder.stages):
        if wanted == stage.name or wanted in stage.members:
            return position
    names = [stage.name for stage in encoder.stages]
    raise ModelError(f"tune = {tune!r}: {unknown('block', wanted, names)}")


def features_of(encoder: Encoder, model: ModelConfig) -> FeatureExtractor:
    """Return the whole encoder as features: prepared batch -> (b, d), read off as `model.pool` says.

    Raises
    ------
    ModelError
        If `pool` names what is not there.
    """
    taps = taps_of(model.pool, [stage.name for stage in encoder.stages])
    reads = [(tap.stage, pool_of(tap.pool, encoder.pool)) for tap in taps]
    return FeatureExtractor([stage.module for stage in encoder.stages], reads)


def build_network(model: ModelConfig, k: int, seed: int) -> Network:
    """Return the network that `model` describes, for k classes; equal arguments give equal weights.

    Raises
    ------
    ModelError
        If the encoder is not available, has no such block, or does not fit the rows.
    EvenhandError
        If there is no source, encoder or head of that name.
    """
    return network_on(build_encoder(model, seed), model, k, seed)


def network_on(encoder: Encoder, model: ModelConfig, k: int, seed: int) -> Network:
    """Return a network on an existing encoder (see `build_network`)."""
    if model.form == "light":
        lighten(encoder)
    with torch.no_grad():
        # measured on its example, since an encoder does not state its width
        d = features_of(encoder, model).eval()(encoder.example).shape[1]
    model = _with_parts(model, encoder, d)
    network = Network(encoder, build_head(model, d, k, seed), model)
    layout = torch.channels_last if model.channels_last else torch.contiguous_format
    network.to(memory_format=layout)
    return network


def _with_parts(model: ModelConfig, encoder: Encoder, d: int) -> ModelConfig:
    """Return the model with the widths of the parts of an encoder's features."""
    if not encoder.parts:
        return model
    if sum(encoder.parts.values()) != d:
        found = " + ".join(f"{width} of {name}" for name, width in encoder.parts.items())
        raise ModelError(
            f'Model {model.name}: the parts of the features of encoder = "{model.encoder}" are {found}, but there '
            f'are {d} features. Set pool = "own".'
        )
    return SizedModel.model_validate({**model.plain(), "parts": encoder.parts})
