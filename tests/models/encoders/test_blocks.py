import pytest
import timm
import torch

from evenhand.models.encoders.blocks import WHOLE, stages_of

CUT = {
    "resnet18": ("stem", "layer1", "layer2", "layer3", "layer4"),
    "tf_efficientnet_lite0": ("stem", *(f"blocks.{i}" for i in range(7)), "top"),
    "test_vit": ("stem", "blocks.0", "blocks.1", "blocks.2", "blocks.3", "blocks.4", "blocks.5", "top"),
    "convnext_atto": ("stem", "stages.0", "stages.1", "stages.2", "stages.3"),
}
MORE = [
    "mobilenetv3_small_050",
    "densenet121",
    "regnety_002",
    "swin_tiny_patch4_window7_224",
    "vgg11",
    "mobilevit_xxs",
]


def staged(name: str) -> tuple[list[str], bool, torch.nn.Module]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        backbone = timm.create_model(name, num_classes=0).eval()
    c, h, w = backbone.pretrained_cfg["input_size"]
    fixed = backbone.pretrained_cfg.get("fixed_input_size")
    x = torch.randn(1, c, h, w) if fixed else torch.randn(1, c, 64, 64)
    stages = stages_of(backbone, x)
    with torch.no_grad():
        out, truth = x.clone(), backbone.forward_features(x.clone())
        for stage in stages:
            out = stage.module(out)
    return [stage.name for stage in stages], torch.allclose(out, truth, atol=1e-4), backbone


@pytest.mark.parametrize("name", sorted(CUT))
def test_stages_run_in_order_are_the_network(name: str) -> None:
    names, equal, backbone = staged(name)
    assert equal
    assert tuple(names)[: len(CUT[name])] == CUT[name]
    assert all(p is q for p, q in zip(backbone.parameters(), backbone.parameters(), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", MORE)
def test_other_families_can_be_cut_too(name: str) -> None:
    names, equal, _ = staged(name)
    assert equal
    assert len(names) > 3


@pytest.mark.slow
def test_a_network_with_branches_has_one_stage() -> None:
    names, equal, _ = staged("hrnet_w18_small")
    assert names == [WHOLE]
    assert equal
