"""Network files: tuned tensors per task, frozen ones once per model.

A file of trained weights says in its metadata what network it belongs to, so that a record can be used without
the package, file or hub that its encoder came from.
"""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any, Literal, cast

import torch
from torch import Tensor

from evenhand.base.errors import ModelError
from evenhand.models.config import ModelConfig, SizedModel
from evenhand.models.encoders.registry import rebuild_encoder
from evenhand.models.io.memory_bound import MemoryBound
from evenhand.models.io.tensor_io import read_about, read_arrays, write_arrays
from evenhand.models.network import Network, network_on

FORMAT = "evenhand-network-1"


def tuned_arrays(network: Network) -> dict[str, Tensor]:
    """Return the tensors that training changes, by their name in the network's `state_dict`."""
    fixed = _frozen_names(network)
    return {name: array for name, array in network.state_dict().items() if name not in fixed}


def frozen_arrays(network: Network) -> dict[str, Tensor]:
    """Return the tensors below the boundary, by their name in the network's `state_dict`."""
    fixed = _frozen_names(network)
    return {name: array for name, array in network.state_dict().items() if name in fixed}


def _frozen_names(network: Network) -> set[str]:
    """Return the names of all tensors of the network that its frozen part is made of."""
    if network.frozen is None:
        return set()
    part = network.frozen.part
    # By identity: the frozen part is no submodule of the network (`Network.retune`), whose names the files use.
    held = {id(tensor) for tensor in (*part.parameters(), *part.buffers())}
    own = [*network.named_parameters(), *network.named_buffers()]
    return {name for name, tensor in own if id(tensor) in held}


def save_network(path: Path, network: Network, k: int, *, shared: Path) -> None:
    """Write the trained tensors to `path`, and the frozen ones to `shared` unless they exist.

    Parameters
    ----------
    path
        A .safetensors file, written atomically.
    k
        Number of classes.
    shared
        Folder for frozen parts, which many tasks have in common; each is named by its fingerprint.
    """
    mark = network.fingerprint() if network.frozen is not None else ""
    common = shared / _frozen_name(mark)
    # Its name is a hash of its content: one that is there is the same, whichever task wrote it.
    if mark and not common.is_file():
        write_arrays(common, frozen_arrays(network), {"format": FORMAT})
    about = {
        "format": FORMAT,
        "k": str(k),
        "model": json.dumps(_as_computed(network).plain()),
        "tune": network.tune,
        "encoder": json.dumps(network.encoder.about),
        "frozen": mark,
    }
    write_arrays(path, tuned_arrays(network), about)


def computed_precision(network: Network) -> Literal["float32", "bf16"] | None:
    """Return the precision that the frozen part of a network computes in on its device; None without one."""
    if network.frozen is None:
        return None
    dtype = network.frozen.dtype(next(network.parameters()).device)
    return "bf16" if dtype is torch.bfloat16 else "float32"


def _as_computed(network: Network) -> ModelConfig:
    """Return the model of a network with the precision of its frozen part in place of "auto".

    The head was trained on features in it: "auto" on another machine would give it others.
    """
    found = computed_precision(network)
    if found is None or network.model.frozen_precision != "auto":
        return network.model
    return network.model.model_copy(update={"frozen_precision": found})


def recorded_precision(shared: Path) -> Literal["float32", "bf16"] | None:
    """Return the precision that the frozen part of a model was computed in by its tasks that are done, or None.

    Parameters
    ----------
    shared
        The model's folder in a record, which holds a folder for each fold and seed.
    """
    for path in sorted(shared.glob("fold*/seed*/weights.safetensors")):
        # damaged weights are named where they are used
        with contextlib.suppress(ModelError, KeyError, ValueError, TypeError, AttributeError):
            found = json.loads(read_about(path)["model"]).get("frozen_precision")
            if found in ("float32", "bf16"):
                return cast(Literal["float32", "bf16"], found)
    return None


def _frozen_name(mark: str) -> str:
    return f"frozen-{mark}.safetensors"


def load_network(path: Path, *, shared: Path) -> Network:
    """Return the network that `save_network` wrote, in evaluation mode; no encoder is fetched for it.

    Raises
    ------
    ModelError
        If a file is missing, damaged, or not of such a network.
    """
    about = read_about(path)
    if about.get("format") != FORMAT:
        raise ModelError(f"{path}: is not a network of evenhand (its metadata do not say {FORMAT}).")
    arrays = read_arrays(path)
    try:
        frozen = about["frozen"]
        if frozen and not re.fullmatch(r"\w+", frozen):
            raise ValueError("they name no frozen weights")
    except (KeyError, ValueError) as error:
        raise ModelError(f"{path}: its metadata are damaged ({error}).") from None
    if frozen:
        arrays |= read_arrays(shared / _frozen_name(frozen))
    try:
        model = SizedModel.model_validate(json.loads(about["model"]))
        with MemoryBound(sum(array.nbytes for array in arrays.values())):
            network = _empty(model, json.loads(about["encoder"]), _count(about["k"]))
        network.retune(about["tune"])
    # sizes that no memory holds are a RuntimeError of torch
    except (AttributeError, KeyError, ValueError, TypeError, IndexError, RecursionError, RuntimeError) as error:
        why = str(error).partition("\n")[0] or type(error).__name__
        raise ModelError(f"{path}: its metadata are damaged ({why}).") from None
    _put(network, arrays, path)
    return network.eval()


def _count(text: str) -> int:
    """Return a number of classes."""
    if (k := int(text)) < 1:
        raise ValueError(f"{k} classes")
    return k


def _empty(model: ModelConfig, encoder: dict[str, Any], k: int) -> Network:
    """Return a network of the right shape with any weights."""
    bare = model.model_copy(update={"pretrained": False})
    return network_on(rebuild_encoder(encoder, bare), bare, k, 0)


def _put(network: Network, arrays: dict[str, Tensor], path: Path) -> None:
    own = network.state_dict()
    wrong = sorted(
        {*own} ^ {*arrays} | {name for name in own if name in arrays and own[name].shape != arrays[name].shape}
    )
    if wrong:
        raise ModelError(
            f"{path}: {len(wrong)} tensors are missing, too much or of another shape (first: {wrong[0]})."
        )
    with torch.no_grad():
        network.load_state_dict(arrays)
