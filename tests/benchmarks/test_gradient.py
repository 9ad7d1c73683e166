from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest
import torch

from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.settings.named_choice import section_of

Script = Callable[[str], ModuleType]

LABELS = torch.tensor([0, 0, 0, 1, 2, 0])


def loss(weights: list[float]) -> object:
    return section_of(LOSSES, "cross_entropy").build(ClassNames(np.ones(3), np.array(weights)))


def logits() -> torch.Tensor:
    return torch.randn(6, 3, generator=torch.Generator().manual_seed(1))


def test_cross_entropy_pulls_by_what_is_missing_from_certainty(script: Script) -> None:
    p = logits().softmax(dim=1)[torch.arange(6), LABELS]
    assert torch.allclose(
        script("gradient").gradient_norms(loss([1, 1, 1]), logits(), LABELS), 2 * (1 - p), atol=1e-6
    )


def test_a_weight_multiplies_the_pull_of_its_class(script: Script) -> None:
    one, other = (script("gradient").gradient_share(loss(w), logits(), LABELS) for w in ([1, 1, 1], [1, 4, 1]))
    assert one.sum() == other.sum() == pytest.approx(1)
    assert (other[1] / other[0]) / (one[1] / one[0]) == pytest.approx(4)


def test_it_asks_no_gradient_of_the_caller(script: Script) -> None:
    with torch.no_grad():
        assert script("gradient").gradient_norms(loss([1, 1, 1]), logits(), LABELS).shape == (6,)


def test_no_pull_at_all_is_no_share(script: Script) -> None:
    sure = 200.0 * torch.nn.functional.one_hot(LABELS, 3).float()
    assert script("gradient").gradient_share(loss([1, 1, 1]), sure, LABELS).sum() == pytest.approx(0)
