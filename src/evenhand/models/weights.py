"""Weights in files, read so that a stranger's file runs no code."""

from __future__ import annotations

import pickle
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from evenhand.base.errors import ModelError


def read_arrays(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a .safetensors or .pth file by name.

    Nothing is unpickled but tensors: torch's `weights_only` reader refuses everything else.

    Raises
    ------
    ModelError
        If the file is not there, damaged, or holds more than tensors.
    """
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file of weights.")
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise ModelError(
            f"{path}: holds more than tensors and was not opened, because reading it could run code. "
            "Save the state_dict alone, best as .safetensors."
        ) from None
    except (SafetensorError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read as weights ({str(error).splitlines()[0]}).") from None
    return found
