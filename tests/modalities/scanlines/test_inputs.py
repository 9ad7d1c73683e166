"""Batches of scans of different lengths: padded, masked, and the same however they are read."""

import numpy as np
import pytest
import torch

from evenhand.data.store.ragged import Ragged
from evenhand.modalities.scanlines.inputs import BUCKET, ScanInputs

LENGTHS = (5, 12, 16, 3)


def arrays(lengths: tuple[int, ...] = LENGTHS) -> dict:
    rng = np.random.default_rng(0)
    lines = [rng.normal(size=(n, 1, 6)).astype(np.float16) for n in lengths]
    mask = [np.ones((n, 1, 6), dtype=bool) for n in lengths]
    mask[1][4] = False
    steps = [rng.normal(size=(n, 1, 2)).astype(np.float16) for n in lengths]
    if len(set(lengths)) == 1:
        return {"lines": np.stack(lines), "mask": np.stack(mask), "steps": np.stack(steps)}
    return {"lines": Ragged.of(lines), "mask": Ragged.of(mask), "steps": Ragged.of(steps)}


def test_rows_are_padded_with_zeros_to_a_multiple() -> None:
    held = arrays()
    found = ScanInputs(held, ("lines", "mask", "pixels", "steps")).look(torch.tensor([0, 1]))
    assert {name: tuple(part.shape) for name, part in found.items()} == {
        "lines": (2, 16, 1, 6),
        "mask": (2, 16),
        "pixels": (2, 16, 1, 6),
        "steps": (2, 16, 1, 2),
    }
    assert BUCKET == 8
    assert found["lines"].dtype == torch.float32
    assert np.array_equal(found["lines"][0, :5].numpy(), held["lines"][0].astype(np.float32))
    assert not found["lines"][0, 5:].any()
    assert found["mask"][0].tolist() == [True] * 5 + [False] * 11
    assert found["mask"][1].tolist() == [True] * 4 + [False] + [True] * 7 + [False] * 4


def test_only_what_the_network_reads_is_there() -> None:
    assert set(ScanInputs(arrays(), ("lines", "mask")).look(torch.tensor([0]))) == {"lines", "mask"}


@pytest.mark.parametrize("lengths", [LENGTHS, (12, 12, 12, 12)])
@pytest.mark.parametrize("view", [0, 1])
def test_a_view_does_not_depend_on_the_batching(lengths: tuple[int, ...], view: int) -> None:
    inputs = ScanInputs(arrays(lengths), ("lines", "mask"), views=2, view_profile="full")
    together = inputs.look(torch.tensor([2, 0, 1, 3]), view)
    for place, row in enumerate((2, 0, 1, 3)):
        alone = inputs.look(torch.tensor([row]), view)
        n = alone["lines"].shape[1]
        assert torch.equal(alone["lines"][0], together["lines"][place, :n])
        assert torch.equal(alone["mask"][0], together["mask"][place, :n])


def test_training_batches_are_augmented_by_their_generator_alone() -> None:
    inputs = ScanInputs(arrays(), ("lines", "mask"), profile="full")
    rows = torch.tensor([0, 1, 2])
    assert inputs.draws
    one, two = (inputs.batch(rows, torch.Generator().manual_seed(3))["lines"] for _ in range(2))
    other = inputs.batch(rows, torch.Generator().manual_seed(4))["lines"]
    assert torch.equal(one, two)
    assert not torch.equal(one, other)
    assert torch.equal(inputs.batch(rows, None)["lines"], inputs.look(rows)["lines"])
    assert not ScanInputs(arrays(), ("lines",)).draws


def test_heights_that_are_not_normalised_come_in_their_unit_where_they_were_scanned() -> None:
    held = {**arrays(), "heights": np.tile([3e-8, 1e-10], (4, 1, 1))}
    found = ScanInputs(held, ("lines", "mask")).look(torch.tensor([0, 1]))["lines"]
    first = held["lines"][0].astype(np.float64) * 1e-10 + 3e-8
    assert np.allclose(found[0, :5].numpy(), first, rtol=1e-6, atol=0)
    assert not found[0, 5:].any()
    assert not found[1, 4].any()
    drawn = torch.Generator().manual_seed(0)
    augmented = ScanInputs(held, ("lines", "mask"), profile="full").batch(torch.tensor([0, 1]), drawn)
    assert 2e-8 < float(augmented["lines"].max()) < 4e-8
    assert not augmented["lines"][~augmented["mask"]].any()
