"""`torch.compile` of what is trained below the head, with batches of few shapes, so that little is compiled anew.

A network is compiled once for each shape of a batch. Batches of an epoch have two sizes at most (`batched`), which
are compiled as they are: rows that fill a batch up would enter the statistics of batch normalisation. In evaluation
rows do not see each other, and a short batch is filled up. The head stays as it is: it has few operations, and what
it keeps of a forward pass (`terms`) and what watches its inputs (`FeatureSpread`) would be compiled away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, cast

import torch
from torch import Tensor, nn

from evenhand.models.network import Tuned
from evenhand.training.optim.batch_norm import norms

BACKEND = "inductor"
"""Backend of `torch.compile`; it writes C++ or Triton, and needs a compiler."""
MOST_SIZES = 2
"""Sizes of training batches that are compiled; the batches of an epoch have no more."""
MOST_GRAPHS = 64
"""Compiled forms of one function that torch keeps in a process, 8 by default: models × shapes × modes."""


class Compiler:
    """Compiles the tuned parts of networks, until one fails; what failed and all after it run uncompiled.

    Parameters
    ----------
    rows
        Rows of whole batches in evaluation, ascending; others are filled up to the next of them.
    on_failure
        Called once, with the reason, where a network cannot be compiled.
    """

    def __init__(self, rows: Sequence[int], on_failure: Callable[[str], None] = lambda _: None) -> None:
        self.rows, self._on_failure, self._failed = rows, on_failure, False

    def __call__(self, tuned: nn.Module) -> nn.Module:
        """Return a module that computes what `tuned` does, with its very parts; it is not to be saved."""
        if not isinstance(tuned, Tuned) or tuned.features is None:
            return tuned
        # a new outer module around the same parts: names in the network's `state_dict` stay as they are
        return Tuned(cast(Any, _CompiledFeatures(tuned.features, self)), tuned.head)

    def run(self, module: nn.Module, x: Any) -> Tensor:
        """Return module(x), compiled if that is possible."""
        if self._failed:
            return cast(Tensor, module(x))
        try:
            return cast(Tensor, _compiled(BACKEND)(module, x))
        except Exception as error:
            # Before anything was computed: the whole part is one graph (`fullgraph`), or none.
            if not is_of_compiler(error):
                raise
            self._failed = True
            self._on_failure(first_line(error))
            return cast(Tensor, module(x))


class _CompiledFeatures(nn.Module):
    """A tuned part without its head, compiled for the shapes that recur; any other batch runs uncompiled."""

    def __init__(self, features: nn.Module, compiler: Compiler) -> None:
        super().__init__()
        self.features = features
        self._compiler = compiler
        self._shapes: dict[bool, Any] = {}  # by mode
        self._sizes: list[int] = []  # of training batches that are compiled

    def forward(self, x: Any) -> Tensor:
        rows, shapes = _rows_and_shapes(x)
        if not rows or self._shapes.setdefault(self.training, shapes) != shapes or _is_watched(self.features):
            return cast(Tensor, self.features(x))
        if self.training:
            if rows not in self._sizes and len(self._sizes) < MOST_SIZES:
                self._sizes.append(rows)
            compiles = rows in self._sizes
            return self._compiler.run(self.features, x) if compiles else cast(Tensor, self.features(x))
        whole = next((size for size in self._compiler.rows if size >= rows), rows)
        return self._compiler.run(self.features, _filled(x, whole - rows))[:rows]


def _rows_and_shapes(x: Any) -> tuple[int, Any]:
    """Return the rows of a batch, 0 if its parts have different ones, and the shape of a row of each part."""
    parts = {"": x} if isinstance(x, Tensor) else x
    sizes = {len(part) if isinstance(part, Tensor) and part.ndim else 0 for part in parts.values()}
    if len(sizes) != 1 or 0 in sizes:
        return 0, None
    return sizes.pop(), {name: (part.shape[1:], part.dtype) for name, part in parts.items()}


def _filled(x: Any, missing: int) -> Any:
    """Return a batch with its last row repeated."""
    if not missing:
        return x
    if not isinstance(x, Tensor):
        return {name: _filled(part, missing) for name, part in x.items()}
    filled = torch.cat([x, x[-1:].expand(missing, *x.shape[1:])])
    wide = x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last)
    return filled.contiguous(memory_format=torch.channels_last if wide else torch.contiguous_format)


def _is_watched(module: nn.Module) -> bool:
    """Whether hooks, or statistics that are counted (`refresh`), need the layers one by one."""
    if any(part._forward_hooks or part._forward_pre_hooks for part in module.modules()):
        return True
    return any(part.momentum is None for part in norms(module))


@cache
def why_not_compiled(device: torch.device) -> str:
    """Return why nothing can be compiled for a device, or "" if it can; tried once per process."""
    if device.type not in ("cpu", "cuda"):
        return f"not for {device.type}: torch compiles for the CPU and for NVIDIA GPUs"
    x = torch.ones(2, 3, device=device, requires_grad=True)
    try:
        with torch.enable_grad():
            _compiled(BACKEND)(nn.Tanh(), x).sum().backward()
    except Exception as error:  # of any class: of torch, Triton, the compiler, the operating system
        if device.type != "cpu":
            return first_line(error)
        # torch reports a compiler that does not work as whatever failed next, such as an IndexError
        return f"this needs a C++ compiler that works, g++ or what CXX names; torch reports: {first_line(error)}"
    return ""


def is_of_compiler(error: BaseException) -> bool:
    """Whether an error is about compiling, not about what was compiled."""
    # by name: the module takes seconds to import, and without it there is no such error
    return any(base.__module__.startswith(("torch._dynamo", "torch._inductor")) for base in type(error).__mro__)


@cache
def _compiled(backend: str) -> Any:
    """Return the compiled form of module(x); networks of one structure share what was compiled."""
    config: Any = torch._dynamo.config  # imported here at first, which takes seconds
    name = "recompile_limit" if hasattr(config, "recompile_limit") else "cache_size_limit"  # before torch 2.6
    setattr(config, name, max(MOST_GRAPHS, getattr(config, name)))
    # random numbers of dropout and stochastic depth are those of torch, so that only roundings differ
    options: dict[str, Any] = {"options": {"fallback_random": True}} if backend == "inductor" else {}
    return torch.compile(_call, backend=backend, fullgraph=True, dynamic=False, **options)


def _call(module: nn.Module, x: Any) -> Any:
    return module(x)


def first_line(error: BaseException) -> str:
    """Return what an error of a compiler says, in a line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    # BackendCompilerFailed begins with "backend='inductor' raised:"
    return (lines[1] if lines[0].endswith("raised:") and len(lines) > 1 else lines[0]).rstrip(".")
