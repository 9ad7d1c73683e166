"""A head after the normalisation of its features, initialised from its own generator, never from global state."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError
from evenhand.base.seeds import seed_from
from evenhand.base.settings.section import check
from evenhand.models.config import ModelConfig
from evenhand.models.heads.modules.scale import scale
from evenhand.models.heads.modules.softmax_blocks import SoftmaxBlocks
from evenhand.models.heads.registry import HEADS

Array = npt.NDArray[np.float32]


class ScaledHead(nn.Sequential):
    """Normalisation, a head, and softmax within blocks if there are any: (b, d) features -> (b, k) logits."""

    def embedding(self, features: Tensor) -> Tensor:
        """Return the (b, e) vectors that rows are compared by: the head's own, or the normalised features."""
        scaled: Tensor = self[0](features)
        own = getattr(self[1], "embedding", None)
        return scaled if own is None else own(scaled)

    @property
    def has_codes(self) -> bool:
        """Whether the head codes rows."""
        return hasattr(self[1], "codes")

    def codes(self, features: Tensor) -> Tensor:
        """Return the codes of rows: (b, bits) float32 in -1..1 whose signs are the bits, or (b, m) uint8.

        Raises
        ------
        ModelError
            If the head has none.
        """
        if not self.has_codes:
            raise ModelError('This head codes no rows; codes come from head = "hash" and "product_quantizer".')
        return self[1].codes(self[0](features))  # type: ignore[no-any-return, operator]

    def codebooks(self) -> Array | None:
        """Return the (m, c, e / m) float32 centroids that codes name, or None where codes are bits or not there."""
        quantizer = getattr(self[1], "quantizer", None)
        return None if quantizer is None else quantizer().codebooks


def build_head(model: ModelConfig, d: int, k: int, seed: int) -> ScaledHead:
    """Return the head that `model` asks for: (b, d) features -> (b, k) logits.

    Features are normalised first (`model.normalise`), each of their `parts` by itself. Equal arguments give equal
    weights; the global random state is not changed.

    Raises
    ------
    EvenhandError
        If there is no head of that name, an option is wrong, or the features do not have the parts that it needs.
    """
    section = HEADS.get(model.head)
    options = check(section, model.head_options, "head_options")
    parts = dict(getattr(model, "parts", {}))
    if options.joins_halves and len(parts) < 2:
        raise ModelError(
            f'head = "{model.head}" joins the parts of features, such as those of an image and a text, and the '
            f'features of encoder = "{model.encoder}" are one. Use head = "mlp".'
        )
    generator = torch.Generator().manual_seed(seed_from(seed, "head", model.head))
    modules = [scale(model.normalise, d, parts), options.build(d, k, model, generator)]
    if exclusive := getattr(model, "exclusive", []):
        modules.append(SoftmaxBlocks(exclusive))
    return ScaledHead(*modules)
