"""A pretend device: torch's `privateuse1` backend on the memory of the processor, watched call by call.

No kernel of the processor accepts its tensors, as none accepts those of a graphics card: each call of torch arrives
here, is checked, noted, and computed by the processor on the same memory. Shapes, strides and numbers are real, and
what a card would answer with an error, a wait or a wrong number is found here.

The backend is one in Python (`torch.utils.backend_registration`, as in PyTorch's own
test/test_privateuseone_python_backend.py); memory changes its device through DLPack, where torch takes the type
`kDLExtDev` for `privateuse1`.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor

NAME = "pretend"
_PROCESSOR, _EXTENSION = 1, 12  # kDLCPU, kDLExtDev
_ITS_KERNELS = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)

DESCRIBED = {"as_strided", "view", "unfold", "_reshape_alias", "alias", "set_", "view_as_real", "view_as_complex"}
"""Operators that describe memory anew; the processor's do so for tensors of any device."""
MADE = {"empty", "empty_strided", "empty_like", "new_empty"}
READ = {
    *("_local_scalar_dense", "is_nonzero", "equal", "nonzero", "masked_select", "unique_dim", "_unique2"),
    "bincount",  # for the largest number, by which the result is long
}
"""Operators whose result the host waits for: numbers, and shapes that depend on them."""
LAID_OUT = ("convolution", "batch_norm", "grid_sampler", "lstm")
"""Operators that are wrong on Apple GPUs where maps have their channels last."""


@dataclass
class Calls:
    """What was called on the device.

    Attributes
    ----------
    kernels
        Names of the operators that computed something.
    copies, reads
        Copies to the device, and what made the host wait for it, in words.
    channels_last
        Operators of `LAID_OUT` that were given maps with channels last.
    threads
        Names of the threads of Python that called it.
    """

    kernels: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    channels_last: list[str] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)


_WATCHES: list[Calls] = []


@contextlib.contextmanager
def watched() -> Iterator[Calls]:
    """Note the calls on the device within a block."""
    calls = Calls()
    _WATCHES.append(calls)
    try:
        yield calls
    finally:
        _WATCHES[:] = [other for other in _WATCHES if other is not calls]


@cache
def device() -> torch.device | str:
    """Return the device, made at the first call; a sentence where torch cannot make it, or should not."""
    if torch.cuda.is_available():  # autograd has one accelerator per process, and would not know the card any more
        return "a card is there, which cannot be used beside a pretend device: set CUDA_VISIBLE_DEVICES= (empty)"
    try:
        from torch.utils.backend_registration import _setup_privateuseone_for_python_backend as set_up

        set_up(NAME, backend_module=_Module(), hook=_hook())
        every = torch.library.Library("_", "IMPL")
        every.fallback(_call, "PrivateUse1")
        aten = torch.library.Library("aten", "IMPL")
        for name in _INSTEAD:
            aten.impl(name, partial(_call, getattr(torch.ops.aten, name).default), "PrivateUse1")
        _LIBRARIES.extend((every, aten))
        turned = torch.ones(2, 3).t().to(NAME)
        assert turned.stride() == (1, 3)
        assert float((turned + 1).cpu().sum()) == 12
    except (ImportError, AttributeError, TypeError, RuntimeError, AssertionError) as error:
        return f"torch {torch.__version__} makes no backend in Python ({str(error).partition(chr(10))[0]})"
    return torch.device(NAME, 0)


_LIBRARIES: list[Any] = []  # kernels are gone with their library


class _Module:
    """What torch asks of a backend; this one has no random numbers of its own."""

    def is_initialized(self) -> bool:
        return True

    def is_available(self) -> bool:
        return bool(_WATCHES)  # other tests need not know of it

    def current_device(self) -> int:
        return 0

    def device_count(self) -> int:
        return 1

    def _is_in_bad_fork(self) -> bool:
        return False

    def manual_seed_all(self, seed: int) -> None: ...

    def get_rng_state(self, device: int = 0) -> torch.Tensor:  # of `torch.random.fork_rng`, also in other tests
        return torch.empty(0, dtype=torch.uint8)

    def set_rng_state(self, state: torch.Tensor, device: int = 0) -> None: ...

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        return [torch.bfloat16, torch.float16]


def _hook() -> Any:
    class Hook(torch._C._acc.PrivateUse1Hooks):  # type: ignore[name-defined, misc]
        def is_available(self) -> bool:
            return bool(_WATCHES)

        def has_primary_context(self, device: int) -> bool:
            return True

        def is_built(self) -> bool:
            return True

    return Hook()


# Memory


class _Place(ctypes.Structure):
    _fields_ = (("type", ctypes.c_int), ("number", ctypes.c_int))


class _Described(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("place", _Place))  # how a DLTensor begins


_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


def _moved(tensor: Tensor, place: int) -> Tensor:
    """Return a tensor on the same memory that is on another device."""
    capsule: Any = torch._C._to_dlpack(tensor)  # type: ignore[attr-defined]
    _Described.from_address(_pointer(capsule, b"dltensor")).place.type = place
    found: Tensor = torch._C._from_dlpack(capsule)  # type: ignore[attr-defined]
    return found


def clone_storage(clone: Callable[[Any], Any], storage: torch.UntypedStorage) -> torch.UntypedStorage:
    """Return a copy of a storage as `torch.UntypedStorage.clone` does, which needs an allocator written in C++."""
    if storage.device.type != NAME:
        return clone(storage)  # type: ignore[no-any-return]
    whole = torch.empty(0, dtype=torch.uint8, device=storage.device).set_(storage)
    return _moved(_moved(whole, _PROCESSOR).clone(), _EXTENSION).untyped_storage()


# Calls


def _call(operator: Any, *args: Any, **options: Any) -> Any:
    """Check, note and compute one call."""
    name = operator._schema.name.partition("::")[2]
    if name in DESCRIBED:
        return operator.redispatch(_ITS_KERNELS, *args, **options)
    if name.startswith("_copy_from"):
        return _copied(*args[:2])
    _check(name, args, options)
    given: list[tuple[Tensor, Tensor]] = []

    def enter(value: Any) -> Any:
        if isinstance(value, torch.device) and value.type == NAME:
            return torch.device("cpu")
        if not _is_there(value):
            return value
        # An output that is still empty gets its size from the operator; memory from elsewhere cannot grow.
        here = _moved(value, _PROCESSOR) if value.numel() else torch.empty(value.shape, dtype=value.dtype)
        given.append((here, value))
        return here

    def leave(value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        _refuse_double(value, name)
        for here, there in given:
            if value is here:
                if value.shape != there.shape:
                    torch.ops.aten.set_.source_Tensor.redispatch(_ITS_KERNELS, there, _moved(value, _EXTENSION))
                return there
        return _moved(value, _EXTENSION)

    here = _each(enter, [_number_as_tensor(*pair) for pair in zip(operator._schema.arguments, args, strict=False)])
    if name == "_local_scalar_dense":
        return here[0].item()
    named = {key: _each(enter, value) for key, value in options.items()}
    return _each(leave, _INSTEAD.get(name, operator)(*here, **named))


def _number_as_tensor(argument: Any, value: Any) -> Any:
    """Return a value as an operator takes it: numbers arrive here as such, where it wants a tensor."""
    is_number = isinstance(value, (bool, int, float)) and str(argument.type) == "Tensor"
    return torch.tensor(value) if is_number else value


def _each(change: Callable[[Any], Any], value: Any) -> Any:
    """Return a value with every value in its lists changed."""
    if isinstance(value, (list, tuple)):
        return type(value)([_each(change, one) for one in value])
    return change(value)


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _tensors(one)


def _copied(source: Tensor, target: Tensor) -> Tensor:
    for tensor in (source, target):
        if _is_there(tensor):
            _refuse_double(tensor, "a copy")
    what = "copies" if not _is_there(source) else "reads" if not _is_there(target) else "kernels"
    _note(what, "copy" if what == "kernels" else f"copy of {tuple(source.shape)} {source.dtype}")
    here, there = (_moved(one, _PROCESSOR) if _is_there(one) else one for one in (source, target))
    there.copy_(here)
    return target


def _check(name: str, args: Any, options: Any) -> None:
    tensors = list(_tensors((args, list(options.values()))))
    for tensor in tensors:
        if _is_there(tensor):
            _refuse_double(tensor, name)
        elif tensor.ndim:  # a number in a tensor of the processor is sent along with the call
            raise RuntimeError(f"{name}: a tensor {tuple(tensor.shape)} on the CPU among some on the device")
    if name not in MADE:
        _note("kernels", name)
    chosen = name in {"index", "index_put", "_index_put_impl_", "index_put_"}
    # without the length of its result, which is then the sum of the numbers
    repeated = name == "repeat_interleave" and options.get("output_size") is None
    if name in READ or repeated or (chosen and any(one.dtype == torch.bool for one in _tensors(args[1]))):
        _note("reads", name)
    if any(word in name for word in LAID_OUT) and any(map(has_channels_last, tensors)):
        _note("channels_last", name)


def has_channels_last(tensor: Tensor) -> bool:
    """Return whether (b, c, h, w) maps have their channels last in memory, and not in the usual order as well."""
    return (
        tensor.ndim == 4 and tensor.is_contiguous(memory_format=torch.channels_last) and not tensor.is_contiguous()
    )


def _is_there(value: Any) -> bool:
    return isinstance(value, Tensor) and value.device.type == NAME


def _refuse_double(tensor: Tensor, name: str) -> None:
    if tensor.dtype in (torch.float64, torch.complex128):
        raise TypeError(f"{name}: float64 on a device that, like Apple GPUs, does not have it")


def _note(what: str, words: str) -> None:
    # Autograd calls from a thread of its own, which is not one of Python, while the caller waits.
    thread = threading.current_thread()
    for calls in _WATCHES:
        getattr(calls, what).append(words)
        if not isinstance(thread, threading._DummyThread):
            calls.threads.add(thread.name)


def _backward(gradient: Tensor, x: Tensor, weight: Tensor, *form: Any) -> Any:
    *window, needs = form
    sizes = [weight.shape[0]] if needs[2] else None
    return torch.ops.aten.convolution_backward.default(gradient, x, weight, sizes, *window, needs)


_INSTEAD: dict[str, Callable[..., Any]] = {
    "convolution_overrideable": torch.ops.aten.convolution.default,
    "convolution_backward_overrideable": _backward,
}
"""Operators that torch has for backends alone, and the processor's."""
