"""Activations at the boundary between frozen and tuned blocks: computed once for all folds, epochs, heads and runs.

View 0 of a row is plain; further views are made by an augmentation profile, with a generator per
row and view, so that they do not depend on the size or the order of batches.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from evenhand.base.errors import ModelError
from evenhand.base.seeds import seed_from
from evenhand.base.storage.code_hash import source_mark
from evenhand.base.values import Ints
from evenhand.data.store.ragged import Array, Ragged
from evenhand.data.store.store import Store
from evenhand.models.acceleration.frozen import Frozen
from evenhand.models.acceleration.malloc import kept_memory
from evenhand.models.network import Network

Augment = Callable[[Tensor, str, Sequence[torch.Generator]], Tensor]
"""(b, c, h, w) floats in 0..1, a profile, a generator per row -> the same, changed."""

Images = npt.NDArray[np.uint8] | Ragged
"""(n, h, w, c) pictures, or pictures of any size."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ActivationPass:
    """How a pass over all rows and views is made.

    Attributes
    ----------
    augment
        Makes further views; the kind's `apply_profile`.
    seed
        Of the views.
    batch_size
        Pictures at a time.
    device
        Where the network runs.
    threads
        Processors to use (as many as torch uses here, by default); the numbers do not depend on it.
    progress
        Called with (pictures done, pictures in all); a view counts as a picture.
    """

    augment: Augment
    seed: int = 0
    batch_size: int = 32
    device: str = "cpu"
    threads: int | None = None
    progress: Progress | None = None


LIBRARIES = ("torch", "torchvision", "timm")
"""Their layers are not hashed; the record holds the versions of these libraries."""


def boundary_activations(
    network: Network,
    images: Images,
    store: Store,
    how: ActivationPass,
    *,
    rows: str,
) -> Array:
    """Return (n, v, ...) activations of all rows and views as a read-only memory map, computed now if missing.

    Numbers, profile and number format of the views are those of `network.model`.

    Parameters
    ----------
    network
        With a frozen part.
    images
        The encoded pictures, in memory or memory-mapped.
    rows
        Name of the rows that changes with every byte of them: that of their entry in the store.

    Raises
    ------
    ModelError
        If nothing is frozen, pictures of several sizes have maps to be kept, or numbers do not fit the format.
    StoreError
        If the store cannot be written.
    """
    model, frozen = network.model, _frozen(network)
    frozen.to(how.device)
    # This first pass also makes the optimised copy of the frozen part (`Frozen`), before threads share it.
    with single_threads(1) as pool:
        shape = pool.submit(_shape, network, frozen, images, how.device).result()
    dtype = np.dtype(
        model.view_dtype if model.view_dtype != "auto" else "float32" if len(shape) == 1 else "float16"
    )
    views = model.views
    key = {
        "code": source_mark(
            __name__,
            *_own_code(frozen),
            *((how.augment.__module__,) if views > 1 else ()),
            within="evenhand.models",
        ),
        "network": network.fingerprint(),
        "precision": str(frozen.dtype(torch.device(how.device))),
        "rows": rows,
        "profile": model.view_profile if views > 1 else "none",
        "seed": how.seed if views > 1 else 0,
    }

    def fill(out: Array) -> None:
        fill_activations(network, images, out, how)

    return store.array(key, (len(images), views, *shape), dtype, fill)


def _own_code(frozen: Frozen) -> list[str]:
    """Return the modules that the classes of a frozen part come from, other than those of the libraries below."""
    names = {type(part).__module__ for part in frozen.part.modules()}
    specs = {name: getattr(sys.modules.get(name), "__spec__", None) for name in names}
    written = {name for name, spec in specs.items() if spec is not None and str(spec.origin).endswith(".py")}
    return sorted(name for name in written if name.partition(".")[0] not in LIBRARIES)


def fill_activations(
    network: Network,
    images: Images,
    out: Array,
    how: ActivationPass,
) -> None:
    """Compute the activations of all rows into `out` (n, v, ...); nothing is stored.

    Each thread works on its own batches, on one core: on a busy machine, threads that share an operation mostly
    wait for each other. Results therefore do not depend on the number of threads.

    Raises
    ------
    ModelError
        If a number does not fit the format of `out`.
    """
    frozen, views = _frozen(network), out.shape[1]
    parts = [(rows, view) for rows in batches(images, how.batch_size) for view in range(views)]
    done = 0

    def fill(part: tuple[Ints, int]) -> int:
        rows, view = part
        raw = torch.from_numpy(np.stack([np.asarray(images[int(row)]) for row in rows])).to(how.device)
        seen = (
            raw if view == 0 else how.augment(_unit(raw), network.model.view_profile, _draws(how.seed, view, rows))
        )
        _put(frozen(network.prepare(seen)).cpu().numpy(), out, rows, view)
        return len(rows)

    with kept_memory(), single_threads(how.threads) as pool:
        for rows in pool.map(fill, parts):
            done += rows
            if how.progress is not None:
                how.progress(done, len(images) * views)


@contextlib.contextmanager
def single_threads(count: int | None) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool of threads in which torch uses one core each; restore torch's setting afterwards."""
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(max(1, count or before), initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        torch.set_num_threads(before)


def _put(found: Array, out: Array, rows: Ints, view: int) -> None:
    # An overflow of float16 is an error with advice below, not a warning of NumPy.
    with np.errstate(over="ignore"):
        out[rows, view] = found
    if not np.isfinite(out[rows, view]).all():
        raise ModelError(
            f"An activation of {float(np.abs(found).max()):.3g} does not fit {out.dtype}, or is not a number. "
            'Set view_dtype = "float32"; if it says so again, the weights of the encoder are damaged.'
        )


def batches(images: Images, size: int) -> list[Ints]:
    """Return positions of rows in batches, each of pictures of one size, as the rows come."""
    shapes = np.asarray(images.shapes) if isinstance(images, Ragged) else np.zeros((len(images), 1), dtype=np.int64)
    _, group = np.unique(shapes, axis=0, return_inverse=True)
    order = np.argsort(group.reshape(-1), kind="stable")  # stable: rows of one size stay in reading order
    ends = np.flatnonzero(np.diff(group.reshape(-1)[order])) + 1
    same = np.split(order, ends)
    return [rows[start : start + size] for rows in same for start in range(0, len(rows), size)]


def _frozen(network: Network) -> Frozen:
    if network.frozen is None:
        raise ModelError(f'Model {network.model.name}: nothing is frozen at tune = "all", so nothing can be kept.')
    return network.frozen


def _shape(network: Network, frozen: Frozen, images: Images, device: str) -> tuple[int, ...]:
    """Return the shape of the activations of one row."""
    if not len(images):
        raise ModelError("There are no pictures to compute activations of.")
    # A copy: torch warns of arrays that it may not write to, such as memory-mapped ones.
    first = torch.from_numpy(np.array(images[0])[None]).to(device)
    shape = tuple(frozen(network.prepare(first)).shape[1:])
    if isinstance(images, Ragged) and len(shape) > 1:
        raise ModelError(
            f"Model {network.model.name}: pictures of several sizes give maps of several sizes at "
            f'tune = "{network.tune}", which cannot be kept together. Set tune = "head", or give all one size.'
        )
    return shape


def _unit(raw: Tensor) -> Tensor:
    return raw.permute(0, 3, 1, 2).contiguous().to(torch.float32).div_(255.0)


def _draws(seed: int, view: int, rows: Ints) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed_from(seed, "view", view, int(row))) for row in rows]
