"""Bytes become the same floats as by the formula."""

import pytest
import torch

from evenhand.models.normalize import normalised


@pytest.mark.parametrize("shape", [(3, 5, 7, 3), (1, 8, 8, 1), (2, 4, 3, 4), (0, 4, 4, 3)])
def test_it_is_the_formula(shape: tuple[int, ...]) -> None:
    x = torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    mean, std = [0.485, 0.456, 0.406, 0.1][: shape[3]], [0.229, 0.224, 0.225, 0.3][: shape[3]]
    found = normalised(x, mean, std)
    truth = (x.permute(0, 3, 1, 2).double() / 255 - torch.tensor(mean).view(1, -1, 1, 1)) / torch.tensor(std).view(
        1, -1, 1, 1
    )
    assert found.dtype == torch.float32
    assert found.shape == truth.shape
    torch.testing.assert_close(found.double(), truth, atol=1e-6, rtol=1e-6)


def test_channels_are_last_in_memory() -> None:
    found = normalised(torch.zeros((2, 4, 6, 3), dtype=torch.uint8), (0.5,) * 3, (0.5,) * 3)
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_a_cut_and_turned_picture_is_read_as_it_is_seen() -> None:
    whole = torch.randint(0, 256, (2, 6, 8, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))
    seen = whole[:, ::2, 1:5].flip(1)
    torch.testing.assert_close(
        normalised(seen, (0.5,) * 3, (0.5,) * 3), normalised(seen.contiguous(), (0.5,) * 3, (0.5,) * 3)
    )
