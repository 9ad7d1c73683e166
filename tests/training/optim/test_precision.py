import pytest
import torch

from evenhand.base.errors import TaskError
from evenhand.models.config import ModelConfig
from evenhand.models.network import build_network
from evenhand.training.optim import precision as module
from evenhand.training.optim.precision import precision

CPU = torch.device("cpu")


def test_auto_is_32_bits_on_a_cpu() -> None:
    assert precision("auto", CPU).dtype is None
    with precision("auto", CPU).cast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype is torch.float32


@pytest.mark.parametrize(
    ("capability", "dtype"),
    [
        ((6, 1), None),
        ((7, 0), torch.float16),
        ((7, 5), torch.float16),
        ((8, 0), torch.bfloat16),
        ((9, 0), torch.bfloat16),
    ],
)
def test_auto_is_the_16_bits_that_a_card_has_units_for(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], dtype: torch.dtype | None
) -> None:
    monkeypatch.setattr("torch.cuda.get_device_capability", lambda device: capability)
    found = precision("auto", torch.device("cuda"))
    assert found.dtype is dtype
    made: list[str] = []
    monkeypatch.setattr("torch.amp.GradScaler", made.append)
    found.scaler()
    assert made == (["cuda"] if dtype is torch.float16 else [])


def test_bf16_casts_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "convolves_bf16", lambda: True)
    with precision("bf16", CPU).cast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype is torch.bfloat16
    assert precision("bf16", CPU).scaler() is None


def test_bf16_is_32_bits_where_the_processor_has_no_such_convolutions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "convolves_bf16", lambda: False)
    assert precision("bf16", CPU).dtype is None


def test_light_networks_train_in_bf16_on_any_processor() -> None:
    model = ModelConfig(name="a", encoder="timm:test_efficientnet", pretrained=False, tune="all", form="light")
    network = build_network(model, 2, 0)
    with precision("bf16", CPU).cast():
        logits = network(network.prepare(torch.zeros(2, 32, 32, 3, dtype=torch.uint8)))
    logits.float().sum().backward()
    assert torch.isfinite(logits).all()


def test_fp16_without_a_gpu_is_refused_in_words() -> None:
    with pytest.raises(TaskError, match=r'train.precision = "fp16" needs an NVIDIA GPU; this device is cpu'):
        precision("fp16", CPU)
