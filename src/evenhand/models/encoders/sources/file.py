"""`file:PATH`: weights from a file, read without running code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evenhand.base.errors import ModelError
from evenhand.base.storage.files.regular_file import read_regular
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import SOURCES
from evenhand.models.encoders.timm_networks import create, encoder_from, put_in
from evenhand.models.io.tensor_io import read_about, read_arrays


@SOURCES.register("file")
def from_file(model: ModelConfig) -> Encoder:
    """Return the encoder whose weights lie in `file:PATH` (.safetensors, .pth, .pt, .bin, or a folder).

    The architecture is `model.architecture`, or what the file's metadata or a `config.json` beside it call
    "architecture", as timm writes it. A classifier among the weights is skipped.

    Raises
    ------
    ModelError
        If the file cannot be read, holds more than tensors, does not fit, or nothing names the architecture.
    """
    path = _weights_at(Path(model.encoder.partition(":")[2]).expanduser())
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file of weights.")
    about = _about(path)
    architecture = model.architecture or about.get("architecture")
    if not isinstance(architecture, str):
        raise ModelError(
            f"{path}: nothing says what network these weights are of. Set the model's architecture to its name in "
            'timm, for example architecture = "resnet18".'
        )
    backbone = create(architecture, model)
    if model.pretrained:
        put_in(backbone, read_arrays(path))
    return encoder_from(backbone, architecture, about=_pictures(about))


def _weights_at(path: Path) -> Path:
    """Return the file of weights that a path names; in a folder, the one that timm's own saving gives."""
    if not path.is_dir():
        return path
    for name in ("model.safetensors", "pytorch_model.bin"):
        if (path / name).is_file():
            return path / name
    raise ModelError(f"{path}: the folder holds neither model.safetensors nor pytorch_model.bin; name the file.")


def _about(path: Path) -> Mapping[str, Any]:
    """Return what the weights say of themselves: metadata of the file over a config.json beside it."""
    beside = path.with_name("config.json")
    said: Any = {}
    if beside.is_file():
        try:
            said = json.loads(read_regular(beside, most=1_000_000))
        except (OSError, ValueError, RecursionError):
            said = {}
    said = said if isinstance(said, dict) else {}
    return {**said, **(read_about(path) if path.suffix == ".safetensors" else {})}


def _pictures(about: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return mean and std where they are given, three numbers each."""
    given: Any = about.get("pretrained_cfg")
    given = given if isinstance(given, dict) else {}
    return {name: numbers for name in ("mean", "std") if (numbers := _numbers(given.get(name)))}


def _numbers(value: Any) -> list[float]:
    """Return three numbers as they are, and nothing else."""
    whole = isinstance(value, list) and len(value) == 3 and all(isinstance(x, (int, float)) for x in value)
    return [float(x) for x in value] if whole else []
