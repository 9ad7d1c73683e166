import numpy as np
import pytest
import torch

from evenhand.modalities.images.image_inputs import ImageInputs, unit
from evenhand.training.inputs.inputs import ViewInputs


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(n: int = 5) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 4, 6, 3), dtype=np.uint8)


def prepare(x: torch.Tensor) -> torch.Tensor:
    return unit(x) if x.dtype == torch.uint8 else x


def shift(batch: torch.Tensor, profile: str, generator: object) -> torch.Tensor:
    """Add one number per row, drawn from one generator or from one per row."""
    rows = len(batch)
    if isinstance(generator, torch.Generator):
        drawn = torch.rand(rows, generator=generator)
    else:
        drawn = torch.cat([torch.rand(1, generator=own) for own in generator])
    return batch + drawn.view(-1, 1, 1, 1)


def test_pictures_are_gathered_from_a_memory_map(tmp_path: object) -> None:
    whole = pictures()
    np.save(tmp_path / "x.npy", whole)
    inputs = ImageInputs(np.load(tmp_path / "x.npy", mmap_mode="r"), prepare, shift)
    out = inputs.batch(torch.tensor([1, 4]), None)
    assert out.shape == (2, 3, 4, 6)
    assert torch.equal(out, torch.from_numpy(whole[[1, 4]]).permute(0, 3, 1, 2) / 255.0)


def test_augmentation_follows_its_generator_and_leaves_judging_alone() -> None:
    inputs = ImageInputs(pictures(), prepare, shift, profile="full")
    rows = torch.arange(3)
    assert torch.equal(inputs.batch(rows, draws(1)), inputs.batch(rows, draws(1)))
    assert not torch.equal(inputs.batch(rows, draws(1)), inputs.batch(rows, draws(2)))
    assert torch.equal(inputs.look(rows), ImageInputs(pictures(), prepare, shift).look(rows))


def test_a_further_view_of_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    inputs = ImageInputs(pictures(), prepare, shift, views=3)
    alone = torch.cat([inputs.look(torch.tensor([row]), 2) for row in range(5)])
    assert torch.equal(inputs.look(torch.arange(5), 2), alone)
    assert not torch.equal(inputs.look(torch.arange(5), 1), alone)


@pytest.mark.parametrize("hold", [0, 2**30])
def test_sampling_gives_every_view_its_share(hold: int) -> None:
    activations = np.arange(4 * 3, dtype=np.float32).reshape(4, 3, 1)
    inputs = ViewInputs(activations, "sample", hold=hold)
    seen = [inputs.batch(torch.tensor([1, 2]), draws(seed)).flatten().tolist() for seed in range(300)]
    assert {int(pair[0]) for pair in seen} == {3, 4, 5}
    assert {int(pair[1]) for pair in seen} == {6, 7, 8}
    assert np.mean(seen, axis=0) == pytest.approx([4, 7], abs=0.2)


@pytest.mark.parametrize("hold", [0, 2**30])
def test_judging_sees_one_view_at_a_time(hold: int) -> None:
    activations = np.arange(4 * 3, dtype=np.float16).reshape(4, 3, 1)
    inputs = ViewInputs(activations, "sample", hold=hold)
    assert inputs.views == 3
    assert [inputs.look(torch.tensor([3, 0]), view).flatten().tolist() for view in range(3)] == [
        [9, 0],
        [10, 1],
        [11, 2],
    ]


@pytest.mark.parametrize("hold", [0, 2**30])
def test_averaging_gives_the_mean_of_the_views(hold: int) -> None:
    activations = np.arange(4 * 3, dtype=np.float16).reshape(4, 3, 1)
    inputs = ViewInputs(activations, "average", hold=hold)
    assert (inputs.views, inputs.draws) == (1, False)
    assert inputs.batch(torch.tensor([0, 3]), None).flatten().tolist() == [1.0, 10.0]
    assert inputs.look(torch.tensor([2])).dtype is torch.float32


def test_maps_stay_on_disk_where_they_do_not_fit() -> None:
    activations = np.random.default_rng(0).normal(size=(6, 1, 2, 3, 3)).astype(np.float16)
    inputs = ViewInputs(activations, hold=10)
    assert inputs.at_once is None
    assert torch.equal(
        inputs.batch(torch.tensor([0, 5]), None), torch.from_numpy(activations[[0, 5], 0].astype("f4"))
    )


def test_rows_looked_at_again_are_not_gathered_again() -> None:
    inputs = ViewInputs(np.ones((4, 1, 2), dtype=np.float32))
    rows = torch.tensor([0, 2])
    assert inputs.look(rows) is inputs.look(rows)
    assert inputs.look(torch.tensor([0, 1, 2])).shape == (3, 2)
