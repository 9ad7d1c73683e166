"""Tensors in files, read without running code of the file."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from evenhand.base.errors import ModelError
from evenhand.base.storage.files.atomic import replacing

NESTED = ("state_dict_ema", "model_ema", "state_dict", "model")
"""Keys under which training programs save weights, averaged weights first."""

MOST_UNPACKED = 4 << 30
"""Bytes that a compressed file of weights may hold."""


def read_arrays(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a .safetensors, .pth, .pt or .bin file by name, on the CPU.

    Only tensors and plain values are unpickled: torch's `weights_only` reader refuses everything else.

    Raises
    ------
    ModelError
        If the file is not there, is damaged, or holds anything that could run code.
    """
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file of weights.")
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        _refuse_bomb(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of formats that it then refuses by itself
            found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise ModelError(
            f"{path}: holds more than tensors, or is not a file of weights, and was not opened: reading it could "
            "run code. Ask for the weights alone, best as .safetensors."
        ) from None
    except ModelError:
        raise
    # torch's reader ends in whatever error the first wrong byte leads to: IndexError for /etc/passwd
    except Exception as error:
        why = str(error).partition("\n")[0] or type(error).__name__
        raise ModelError(f"{path}: cannot be read as weights ({why}).") from None
    return _tensors(path, found)


def _refuse_bomb(path: Path) -> None:
    """Raise `ModelError` where a .pth would unpack to far more than its size; torch stores without compression."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        claimed = sum(about.file_size for about in archive.infolist())
    if claimed > max(MOST_UNPACKED, path.stat().st_size):
        raise ModelError(
            f"{path}: its tensors take {claimed:,} bytes unpacked, more than the file holds, and it was not opened."
        )


def _tensors(path: Path, found: Any) -> dict[str, Tensor]:
    """Return the tensors of what a .pth file holds, names without the prefix of parallel training."""
    for name in NESTED:
        if isinstance(found, Mapping) and isinstance(found.get(name), Mapping):
            found = found[name]
            break
    if not isinstance(found, Mapping) or not found or not all(isinstance(v, Tensor) for v in found.values()):
        raise ModelError(f"{path}: holds no tensors by name; save the state_dict of the network alone.")
    return {str(name).removeprefix("module."): value for name, value in found.items()}


def read_about(path: Path) -> dict[str, str]:
    """Return what a .safetensors file says of itself, without reading its tensors.

    Raises
    ------
    ModelError
        If it is not there or damaged.
    """
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file of weights.")
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            return dict(file.metadata() or {})
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read as weights ({error}).") from None


def write_arrays(path: Path, arrays: Mapping[str, Tensor], about: Mapping[str, str]) -> None:
    """Write tensors and metadata as .safetensors, atomically."""
    # Clones, since safetensors refuses tensors that share memory, as views of one weight do.
    held = {name: array.detach().cpu().contiguous().clone() for name, array in arrays.items()}
    with replacing(path) as part:
        safetensors.torch.save_file(held, part, metadata=dict(about))
