import numpy as np
import pytest
import torch

from evenhand.modalities.beats.augment import PROFILES, apply_profile
from evenhand.modalities.beats.features.rr_features import near
from evenhand.modalities.beats.inputs import BeatInputs

ALONE, AMONG = ("signal", "rhythm"), ("around", "known", "rhythm")


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def beats(n: int = 6, leads: int = 2, samples: int = 20) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(n, leads, samples)).astype(np.float32)
    return {"signal": signal, "rhythm": rng.normal(size=(n, 5)).astype(np.float32), "near": near(n, 2)}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_a_batch_holds_the_windows_and_rhythms_of_its_rows() -> None:
    arrays = beats()
    batch = BeatInputs(arrays, ALONE, apply_profile).batch(torch.tensor([4, 1]), None)
    assert torch.equal(batch["signal"], torch.from_numpy(arrays["signal"][[4, 1]]))
    assert torch.equal(batch["rhythm"], torch.from_numpy(arrays["rhythm"][[4, 1]]))


def test_neighbours_are_the_rows_around_and_places_beyond_the_record_are_not_known() -> None:
    arrays = beats()
    batch = BeatInputs(arrays, AMONG, apply_profile).look(torch.tensor([0, 3]))
    assert batch["around"].shape == (2, 5, 2, 20)
    assert torch.equal(batch["around"][1], torch.from_numpy(arrays["signal"][1:6]))
    assert batch["known"][0].tolist() == [False, False, True, True, True]


@pytest.mark.parametrize("reads", [ALONE, AMONG])
def test_augmentation_follows_its_generator_and_leaves_judging_alone(reads: tuple[str, ...]) -> None:
    inputs = BeatInputs(beats(), reads, apply_profile, profile="full")
    rows = torch.arange(4)
    assert same(inputs.batch(rows, draws(1)), inputs.batch(rows, draws(1)))
    assert not same(inputs.batch(rows, draws(1)), inputs.batch(rows, draws(2)))
    assert same(inputs.look(rows), BeatInputs(beats(), reads, apply_profile).look(rows))


def test_a_further_view_of_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    inputs = BeatInputs(beats(), ALONE, apply_profile, views=3)
    alone = torch.cat([inputs.look(torch.tensor([row]), 2)["signal"] for row in range(6)])
    assert torch.equal(inputs.look(torch.arange(6), 2)["signal"], alone)


def test_a_beat_and_its_neighbours_are_changed_alike() -> None:
    arrays = beats(leads=1)
    arrays["signal"][:] = arrays["signal"][0]
    batch = BeatInputs(arrays, AMONG, lambda x, _, d: apply_profile(x, "full", d), profile="full")
    around = batch.batch(torch.tensor([2]), draws())["around"][0]
    spread = (around - around[:1]).abs().max()
    assert spread < 0.6  # white noise alone differs between them


@pytest.mark.parametrize("profile", PROFILES)
def test_profiles_keep_shape_and_number_format(profile: str) -> None:
    x = torch.randn(3, 2, 30)
    out = apply_profile(x.clone(), profile, draws())
    assert out.shape == x.shape
    assert out.dtype == x.dtype
    assert torch.equal(out, x) == (profile == "none")


def test_a_network_that_reads_the_rhythm_alone_is_given_no_windows() -> None:
    arrays = beats()
    inputs = BeatInputs(arrays, ("rhythm",), apply_profile, profile="full")
    assert not inputs.draws
    batch = inputs.batch(torch.tensor([3]), None)
    assert list(batch) == ["rhythm"]
    assert torch.equal(batch["rhythm"], torch.from_numpy(arrays["rhythm"][[3]]))
