"""The head whose embedding is quantised after training."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from evenhand.base.errors import ConfigError
from evenhand.base.settings.section import check
from evenhand.models.config import ModelConfig
from evenhand.models.heads.modules.scaled_head import ScaledHead

HeadOf = Callable[..., ScaledHead]
OPTIONS = {"subspaces": 4, "bits": 3, "width": 8}


def test_it_predicts_from_centroids_once_they_are_fitted(head_of: HeadOf) -> None:
    head = head_of("product_quantizer", head_options=OPTIONS, normalise="none").eval()
    module, x = head[1], torch.randn(200, 5, generator=torch.Generator().manual_seed(0))
    before = head(x)
    assert torch.allclose(head.embedding(x).norm(dim=1), torch.ones(200))
    module.finish(x)
    codes = head.codes(x)
    assert codes.dtype == torch.uint8
    assert np.array_equal(codes.numpy(), module.quantizer().encode(head.embedding(x).detach().numpy()))
    decoded = torch.from_numpy(module.quantizer().decode(codes.numpy()))
    assert torch.allclose(head(x), module.classify(decoded * 8**0.5), atol=1e-6)
    assert 0 < float((head(x) - before).detach().abs().max()) < float(before.detach().abs().max())


def test_training_again_takes_the_codebooks_away(head_of: HeadOf) -> None:
    head = head_of("product_quantizer", head_options=OPTIONS, normalise="none").eval()
    x = torch.randn(50, 5)
    plain = head(x)
    head[1].finish(x)
    assert not torch.allclose(head(x), plain)
    assert torch.equal(head.train().eval()(x), plain)


def test_a_code_does_not_depend_on_the_rows_beside_it(head_of: HeadOf) -> None:
    head = head_of("product_quantizer", head_options=OPTIONS, normalise="none").eval()
    x = torch.randn(80, 5, generator=torch.Generator().manual_seed(1))
    head[1].finish(x)
    assert torch.equal(head.codes(x)[:3], head.codes(x[:3]))


def test_a_width_that_does_not_divide_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="width = 100 is not a multiple of subspaces = 16"):
        values = {"name": "m", "encoder": "e", "head": "product_quantizer", "head_options": {"width": 100}}
        check(ModelConfig, values, "a.toml")
