"""A network as named blocks, from the input to the last map.

timm has some thousand architectures and no common list of parts. Here the children of a network are run one after
the other; where the result is that of its `forward_features`, the children are its blocks. Where it is not
(branches that merge), the network has the single block "body": it can be frozen or tuned as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

WHOLE = "body"
"""The only block of a network that cannot be cut."""


@dataclass(frozen=True, eq=False)
class Block:
    """A named part of an encoder.

    Attributes
    ----------
    name
        As in `tune = "from:NAME"`.
    module
        Module that takes the output of the block before.
    members
        Names of its submodules in the backbone.
    """

    name: str
    module: nn.Module
    members: tuple[str, ...] = ()


class Body(nn.Module):
    """A whole network up to its last map, as one block."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, x: Tensor) -> Any:
        return self.backbone.forward_features(x)  # type: ignore[operator]


class TokenStem(nn.Module):
    """The beginning of a vision transformer: patches, class token, positions."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self._backbone = (backbone,)  # in a tuple, so that torch does not register it as a submodule
        for name in ("patch_embed", "pos_drop", "patch_drop", "norm_pre"):
            self.add_module(name, getattr(backbone, name))
        for name, parameter in backbone.named_parameters(recurse=False):
            self.register_parameter(name, parameter)

    def forward(self, x: Tensor) -> Tensor:
        whole: Any = self._backbone[0]
        x = whole._pos_embed(whole.patch_embed(x))
        return whole.norm_pre(whole.patch_drop(x))  # type: ignore[no-any-return]


def stages_of(backbone: nn.Module, example: Tensor) -> tuple[Block, ...]:
    """Return the blocks of a timm network; applied in order they equal its `forward_features`.

    Parameters
    ----------
    backbone
        In evaluation mode.
    example
        (1, c, h, w) float32 input on which the equality is checked.
    """
    whole: Any = backbone
    with torch.inference_mode():
        target = whole.forward_features(example)
        pieces = _matching(list(_pieces(backbone)), example, target)
    return tuple(_merged(pieces)) if pieces else (Block(WHOLE, Body(backbone)),)


def _pieces(backbone: nn.Module) -> Iterator[Block]:
    """Yield children in the order of definition; containers that hold named features are opened."""
    named = _feature_names(backbone)
    token = hasattr(backbone, "_pos_embed") and hasattr(backbone, "patch_embed")
    if token:
        yield Block("stem", TokenStem(backbone), ("patch_embed",))
    for name, child in backbone.named_children():
        if token and name in {"patch_embed", "pos_drop", "patch_drop", "norm_pre"}:
            continue
        inner = isinstance(child, (nn.Sequential, nn.ModuleList))
        if inner and any(feature.startswith(f"{name}.") for feature in named):
            for part, module in child.named_children():
                yield Block(f"{name}.{part}", module, (f"{name}.{part}",))
        else:
            yield Block(name, child, (name,))


def _feature_names(backbone: nn.Module) -> list[str]:
    info: Any = getattr(backbone, "feature_info", None) or []
    entries = info if isinstance(info, list) else info.info
    return [str(entry["module"]) for entry in entries]


def _matching(pieces: list[Block], x: Any, target: Any) -> list[Block]:
    """Return the longest beginning of `pieces` whose composition gives `target`, or nothing."""
    if not isinstance(target, Tensor):
        return []
    found: list[Block] = []
    for end, piece in enumerate(pieces, start=1):
        try:
            x = piece.module(x)
        except Exception:  # any error means that the children are not a chain
            return found
        # Not the first that fits: what follows without changing anything (an identity in place of a norm) is a
        # block too.
        if isinstance(x, Tensor) and x.shape == target.shape and torch.allclose(x, target, atol=1e-4, rtol=1e-4):
            found = pieces[:end]
    return found


def _merged(pieces: list[Block]) -> Iterator[Block]:
    """Yield the pieces with what comes before the first block joined as "stem", after the last as "top"."""
    blocks = [i for i, p in enumerate(pieces) if isinstance(p.module, nn.Sequential) or "." in p.name]
    first, last = (blocks[0], blocks[-1]) if blocks else (0, len(pieces) - 1)
    if first:
        yield _joined("stem", pieces[:first])
    yield from pieces[first : last + 1]
    if last + 1 < len(pieces):
        yield _joined("top", pieces[last + 1 :])


def _joined(name: str, pieces: list[Block]) -> Block:
    members = tuple(member for piece in pieces for member in piece.members)
    module = pieces[0].module if len(pieces) == 1 else nn.Sequential(*(piece.module for piece in pieces))
    return Block(name, module, members)
