"""A bound on the memory that building a network takes: its sizes may come from the file of a stranger."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

TIMES, MORE = 8, 1 << 28
"""How often the bytes of the weights, and how many more: initialising makes tensors that are dropped again."""
_ITEM = 4  # bytes of a float32


class MemoryBound(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Refuse to make many more tensors than weights of so many bytes need.

    A tensor is refused before it is filled: memory that is not touched is not taken.

    Raises
    ------
    ValueError
        Within the block, if the tensors made there are larger together.
    """

    def __init__(self, weights: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._left = TIMES * weights + MORE

    def __torch_dispatch__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        """Call an operator, and count what it makes."""
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        if not given and args and isinstance(args[0], list | tuple):
            self._check(_ITEM * math.prod(args[0]))
        made = func(*args, **(kwargs or {}))
        held = {tensor.untyped_storage().data_ptr() for tensor in given}
        for leaf in tree_leaves(made):
            if isinstance(leaf, Tensor) and leaf.untyped_storage().data_ptr() not in held:
                self._check(size := leaf.untyped_storage().nbytes())
                self._left -= size
        return made

    def _check(self, size: int) -> None:
        if size > self._left:
            raise ValueError("they describe a network that is many times larger than the weights of the file")
