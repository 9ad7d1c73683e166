"""An embedding that is quantised after training."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.evaluation.retrieval.product_quantizer import ProductQuantizer
from evenhand.models.heads.modules.dropout import Dropout
from evenhand.models.heads.modules.layers import linear_layer

EXACT = "donot_use_mm_for_euclid_dist"
"""How distances are computed: by matrix products, those of a row would depend on the rows beside it."""


class ProductQuantizerModule(nn.Module):
    """Dropout, hidden layer, GELU, dropout, embedding of unit length, linear layer: (b, d) -> (b, k).

    Parameters
    ----------
    code
        Number of sub-spaces, and bits of the code of each.
    """

    codebooks: Tensor
    fitted: Tensor

    def __init__(
        self,
        d: int,
        hidden: int,
        width: int,
        k: int,
        code: tuple[int, int],
        dropout: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.project = nn.Sequential(
            Dropout(dropout),
            linear_layer(d, hidden, (2.0 / d) ** 0.5, generator),
            nn.GELU(),
            Dropout(dropout),
            linear_layer(hidden, width, hidden**-0.5, generator),
        )
        self.classify = linear_layer(width, k, 0.01, generator)
        self.subspaces, self.bits = code
        self.register_buffer("codebooks", torch.zeros(self.subspaces, 2**self.bits, width // self.subspaces))
        self.register_buffer("fitted", torch.tensor(False))

    def forward(self, x: Tensor) -> Tensor:
        embedding = self.embedding(x)
        if not self.training and bool(self.fitted):
            embedding = self._decoded(self.codes(x))
        # a vector of unit length has components of about 1 / sqrt(width)
        return self.classify(embedding * embedding.shape[1] ** 0.5)  # type: ignore[no-any-return]

    def train(self, mode: bool = True) -> ProductQuantizerModule:
        """Set the mode; weights that are trained on have no codebooks."""
        if mode:
            self.fitted.fill_(False)
        return super().train(mode)

    def embedding(self, x: Tensor) -> Tensor:
        """Return (b, width) embeddings of unit length, before quantisation."""
        return functional.normalize(self.project(x).float(), dim=1)

    def codes(self, x: Tensor) -> Tensor:
        """Return the (b, subspaces) uint8 numbers of the nearest centroids."""
        parts = torch.unflatten(self.embedding(x), 1, (self.subspaces, -1)).transpose(0, 1)
        return torch.cdist(parts, self.codebooks, compute_mode=EXACT).argmin(dim=2).T.to(torch.uint8)

    def quantizer(self) -> ProductQuantizer:
        """Return the codebooks for search."""
        return ProductQuantizer(self.codebooks.cpu().numpy())

    def start(self, logits: Tensor) -> None:
        """Begin at the base rates, or all embeddings first turn into one direction that lowers every output."""
        self.classify.bias.copy_(logits)

    def finish(self, x: Tensor) -> None:
        """Fit the codebooks on the embeddings of the training rows."""
        with torch.no_grad():
            embeddings = self.embedding(x).cpu().numpy()
        found = ProductQuantizer.fit(embeddings, m=self.subspaces, bits=self.bits)
        self.codebooks.copy_(torch.from_numpy(found.codebooks))
        self.fitted.fill_(True)

    def _decoded(self, codes: Tensor) -> Tensor:
        at = torch.arange(self.subspaces, device=codes.device)
        return self.codebooks[at, codes.long()].flatten(1)
