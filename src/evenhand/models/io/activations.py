"""Activations at the boundary between frozen and tuned blocks: computed once for all folds, epochs, heads and runs.

View 0 of a row is plain; further views are made by an augmentation profile, with a generator per
row and view, so that they do not depend on the size or the order of batches.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, cast

import numpy as np
import torch

from evenhand.base.errors import ModelError
from evenhand.base.seeds import seed_from
from evenhand.base.storage.code_hash import source_mark
from evenhand.base.values import Ints
from evenhand.data.store.ragged import Array
from evenhand.data.store.store import Store
from evenhand.models.acceleration.frozen import Frozen, frozen_dtype
from evenhand.models.acceleration.malloc import kept_memory
from evenhand.models.encoders.tower import Run, Tower, Towers
from evenhand.models.io.computed_precision import learn_precision
from evenhand.models.network import HEAD, Network, fingerprint_of

Progress = Callable[[int, int], None]


class FrozenRows(Protocol):
    """Rows as a frozen part receives them: pictures (`picture_rows`), or rows of several parts.

    Attributes
    ----------
    code
        Modules, other than those of the network, that determine the batches.
    key
        What else the activations depend on, apart from the weights, the rows and the views.
    """

    @property
    def code(self) -> Sequence[str]: ...

    @property
    def key(self) -> Mapping[str, Any]: ...

    def __len__(self) -> int: ...

    def batches(self, size: int) -> list[Ints]:
        """Return positions of rows in batches of at most `size`, each row that could be decoded in one of them."""

    def unlike(self) -> list[int]:
        """Return rows, at least one, that differ as much in size as any."""

    def batch(self, rows: Ints, draws: Sequence[torch.Generator] | None) -> Any:
        """Return the prepared batch, a tensor or a dict of them; augmented if there is a generator per row."""


@dataclass(frozen=True)
class ActivationPass:
    """How a pass over all rows and views is made.

    Attributes
    ----------
    seed
        Of the views.
    batch_size
        Rows at a time.
    device
        Where the network runs.
    threads
        Processors to use (as many as torch uses here, by default); the numbers do not depend on it.
    progress
        Called with (rows done, rows in all); a view counts as a row.
    """

    seed: int = 0
    batch_size: int = 32
    device: str = "cpu"
    threads: int | None = None
    progress: Progress | None = None


LIBRARIES = ("torch", "torchvision", "timm", "transformers")
"""Their layers are not hashed; the record holds the versions of these libraries."""


def boundary_activations(
    network: Network,
    inputs: FrozenRows,
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
    inputs
        The encoded rows.
    rows
        Name of the rows that changes with every byte of them: that of their entry in the store.

    Raises
    ------
    ModelError
        If nothing is frozen, rows of several sizes give activations of several shapes, or numbers do not fit the
        format.
    StoreError
        If the store cannot be written.
    """
    model, frozen = network.model, _frozen(network)
    if towers := towers_of(network):
        return _of_towers(network, towers, inputs, store, how, rows)
    frozen.to(how.device)
    # By the original weights: where the store has the activations, no optimised copy of the frozen part is made.
    with single_threads(1) as pool:
        shape = pool.submit(_shape, network, frozen, inputs).result()
    dtype = np.dtype(
        model.view_dtype if model.view_dtype != "auto" else "float32" if len(shape) == 1 else "float16"
    )
    views = model.views
    key = {
        **_what_is_run(network, frozen, inputs, how, rows),
        "network": network.fingerprint(),
        **inputs.key,
    }

    def fill(out: Array) -> None:
        _warmed_up(frozen, inputs)  # the optimised copy, before threads share it
        fill_activations(network, inputs, out, how)

    found = store.array(key, (len(inputs), views, *shape), dtype, fill)
    learn_precision(frozen, store, key, _device_of(frozen, how), partial(_warmed_up, frozen, inputs))
    return found


def towers_of(network: Network) -> dict[str, Tower]:
    """Return the towers that a network's activations are the features of; none for other networks."""
    block = network.encoder.stages[0].module
    if network.boundary != HEAD or len(network.encoder.stages) > 1 or not isinstance(block, Towers):
        return {}
    return cast("dict[str, Tower]", dict(block.towers.items()))


def _of_towers(
    network: Network, towers: Mapping[str, Tower], inputs: FrozenRows, store: Store, how: ActivationPass, rows: str
) -> Array:
    """Return the features of towers beside each other.

    Each tower's are kept by themselves as well: another text tower does not compute the pictures anew.
    """
    model = network.model
    views, dtype = model.views, np.dtype("float32" if model.view_dtype == "auto" else model.view_dtype)
    keys, kept, short = [], [], []
    for tower in towers.values():
        frozen = Frozen(tower.features, model.frozen_precision).to(how.device)
        key = {
            **_what_is_run(network, frozen, inputs, how, rows),
            "tower": fingerprint_of(tower.features, repr(tower.about)),
            "place": tower.place,
            # not the options of the encoder, which name the other towers: `about` and the weights say what this is
            **{name: value for name, value in inputs.key.items() if name != "options"},
        }

        def fill(out: Array, tower: Tower = tower, frozen: Frozen = frozen) -> None:
            run = partial(tower, run=frozen)
            with single_threads(1) as pool:  # makes the optimised copy, before threads share it
                pool.submit(run, inputs.batch(np.array(inputs.unlike()), None)).result()
            _fill(network, run, inputs, out, how)

        keys.append(key)
        kept.append(store.array(key, (len(inputs), views, tower.width), dtype, fill))

        def warm_up(tower: Tower = tower, frozen: Frozen = frozen) -> None:
            with single_threads(1) as pool:
                run = partial(tower, run=frozen)
                pool.submit(run, inputs.batch(np.array(inputs.unlike()), None)).result()

        short.append(learn_precision(frozen, store, key, _device_of(frozen, how), warm_up))
    if not any(short):
        _frozen(network).fell_back(next(network.parameters()).device)
    if len(kept) == 1:
        return kept[0]

    def join(out: Array, *, most: int = 4096) -> None:
        for start in range(0, len(out), most):
            some = slice(start, start + most)
            out[some] = np.concatenate([part[some] for part in kept], axis=2)

    width = sum(tower.width for tower in towers.values())
    return store.array({"towers": keys}, (len(inputs), views, width), dtype, join)


def _what_is_run(
    network: Network, frozen: Frozen, inputs: FrozenRows, how: ActivationPass, rows: str
) -> dict[str, Any]:
    """Return what activations depend on, whichever part of the network they are of."""
    views = network.model.views
    return {
        "code": source_mark(__name__, *_own_code(frozen), *inputs.code, within="evenhand.models"),
        "precision": _precision(frozen, torch.device(how.device)),
        "rows": rows,
        "profile": network.model.view_profile if views > 1 else "none",
        "seed": how.seed if views > 1 else 0,
    }


def _precision(frozen: Frozen, device: torch.device) -> str:
    """Return the dtype of a frozen part, and on an NVIDIA GPU whether float32 may be TF32 there."""
    dtype = str(frozen_dtype(frozen.precision, device))  # what is wanted: whether it fails is not known here
    if device.type != "cuda":
        return dtype
    allowed = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    return f"{dtype}, TF32 {'on' if any(allowed) else 'off'}"


def _own_code(frozen: Frozen) -> list[str]:
    """Return the modules that the classes of a frozen part come from, other than those of the libraries below."""
    names = {type(part).__module__ for part in frozen.part.modules()}
    specs = {name: getattr(sys.modules.get(name), "__spec__", None) for name in names}
    written = {name for name, spec in specs.items() if spec is not None and str(spec.origin).endswith(".py")}
    return sorted(name for name in written if name.partition(".")[0] not in LIBRARIES)


def fill_activations(network: Network, inputs: FrozenRows, out: Array, how: ActivationPass) -> None:
    """Compute the activations of all rows into `out` (n, v, ...); nothing is stored.

    Each thread works on its own batches, on one core: on a busy machine, threads that share an operation mostly
    wait for each other. Results therefore do not depend on the number of threads.

    Raises
    ------
    ModelError
        If activations, or a number in them, do not fit `out`.
    """
    _fill(network, _frozen(network), inputs, out, how)


def _fill(network: Network, run: Run, inputs: FrozenRows, out: Array, how: ActivationPass) -> None:
    views = out.shape[1]
    parts = [(rows, view) for rows in inputs.batches(how.batch_size) for view in range(views)]
    done, total = 0, sum(len(rows) for rows, _ in parts)

    def fill(part: tuple[Ints, int]) -> int:
        rows, view = part
        draws = None if view == 0 else _draws(how.seed, view, rows)
        found = run(inputs.batch(rows, draws)).cpu().numpy()
        if found.shape[1:] != out.shape[2:]:
            raise ModelError(_uneven(network, {found.shape[1:], out.shape[2:]}))
        _put(found, out, rows, view)
        return len(rows)

    with kept_memory(), single_threads(_threads(how)) as pool:
        for rows in pool.map(fill, parts):
            done += rows
            if how.progress is not None:
                how.progress(done, total)


def _threads(how: ActivationPass) -> int | None:
    """Return the number of threads of a pass: one where a GPU computes, which two would share.

    On Apple GPUs operators of two threads end the process (pytorch#197805).
    """
    return how.threads if torch.device(how.device).type == "cpu" else 1


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


def _frozen(network: Network) -> Frozen:
    if network.frozen is None:
        raise ModelError(f'Model {network.model.name}: nothing is frozen at tune = "all", so nothing can be kept.')
    return network.frozen


def _shape(network: Network, frozen: Frozen, inputs: FrozenRows) -> tuple[int, ...]:
    """Return the shape of the activations of one row."""
    if not len(inputs):
        raise ModelError("There are no rows to compute activations of.")
    shapes = {frozen.shape_of(inputs.batch(np.array([row]), None))[1:] for row in inputs.unlike()}
    if len(shapes) > 1:
        raise ModelError(_uneven(network, shapes))
    return shapes.pop()


def _device_of(frozen: Frozen, how: ActivationPass) -> torch.device:
    """Return the device with its number, which "cuda" lacks."""
    return next((weight.device for weight in frozen.parameters()), torch.device(how.device))


def _warmed_up(frozen: Frozen, inputs: FrozenRows) -> None:
    with single_threads(1) as pool:
        pool.submit(_warm_up, frozen, inputs).result()


def _warm_up(frozen: Frozen, inputs: FrozenRows) -> None:
    for row in inputs.unlike():
        frozen(inputs.batch(np.array([row]), None))


def _uneven(network: Network, shapes: Collection[tuple[int, ...]]) -> str:
    found = " and ".join(" × ".join(map(str, shape)) for shape in sorted(shapes))
    return (
        f"Model {network.model.name}: rows of several sizes give activations of several shapes ({found}) at "
        f'tune = "{network.tune}", which cannot be kept together. Set tune = "head", or give all rows one size.'
    )


def _draws(seed: int, view: int, rows: Ints) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed_from(seed, "view", view, int(row))) for row in rows]
