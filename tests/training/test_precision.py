import pytest
import torch

from evenhand.base.errors import TaskError
from evenhand.training.precision import precision

CPU = torch.device("cpu")


def test_auto_is_32_bits_on_a_cpu() -> None:
    assert precision("auto", CPU).dtype is None
    with precision("auto", CPU).cast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype is torch.float32


def test_bf16_casts_products() -> None:
    with precision("bf16", CPU).cast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype is torch.bfloat16
    assert precision("bf16", CPU).scaler() is None


def test_fp16_without_a_gpu_is_refused_in_words() -> None:
    with pytest.raises(TaskError, match=r'train.precision = "fp16" needs a GPU; this device is cpu'):
        precision("fp16", CPU)
