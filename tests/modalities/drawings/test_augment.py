import pytest
import torch

from evenhand.base.errors import ModelError
from evenhand.modalities.drawings.augment import apply_profile
from evenhand.modalities.drawings.inputs import DrawingInputs
from evenhand.modalities.drawings.profiles import PROFILES


def draws(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("seed", range(5))
def test_a_batch_stays_a_batch(encoded, profile, seed):
    batch = DrawingInputs(encoded(1, 40, 2, 7)).look(torch.arange(4))
    found = apply_profile(batch, profile, draws(seed))
    n = len(found["graph"])
    assert found["size"].tolist() == torch.bincount(found["graph"], minlength=4).tolist()
    assert found["size"].min() >= 1
    assert len(found["nodes"]) == len(found["strokes"]) == n
    assert found["edges"].shape[1] == len(found["relations"])
    if found["edges"].numel():
        assert found["edges"].max() < n
        assert (found["graph"][found["edges"][0]] == found["graph"][found["edges"][1]]).all()


def test_none_changes_nothing_and_others_do(encoded):
    batch = DrawingInputs(encoded(9, 12)).look(torch.arange(2))
    assert apply_profile(batch, "none", draws()) is batch
    for profile in set(PROFILES) - {"none"}:
        found = apply_profile(batch, profile, draws())
        assert found["strokes"].shape != batch["strokes"].shape or not torch.equal(
            found["strokes"], batch["strokes"]
        )


def test_a_motion_keeps_the_shape(encoded):
    # without stretching, jitter and dropping, distances within a drawing stay as they are
    batch = DrawingInputs(encoded(9)).look(torch.arange(1))
    PROFILES["rigid"] = {"rotate": 1.0, "mirror": 1.0, "turn": 1.0}
    try:
        found = apply_profile(batch, "rigid", draws(3))
    finally:
        del PROFILES["rigid"]
    points, moved = (one["strokes"].double().flatten(0, 1) for one in (batch, found))
    torch.testing.assert_close(torch.cdist(moved, moved), torch.cdist(points, points), atol=1e-5, rtol=1e-4)
    assert not torch.allclose(points, moved)


def with_profile(batch, seed=0, **strengths):
    PROFILES["alone"] = strengths
    try:
        return apply_profile(batch, "alone", draws(seed))
    finally:
        del PROFILES["alone"]


def test_a_scale_is_one_factor_for_a_drawing(encoded):
    batch = DrawingInputs(encoded(9, 5, 20)).look(torch.arange(3))
    found = with_profile(batch, scale=1.0)
    factors = []
    for graph in range(3):
        before, after = (one["strokes"][one["graph"] == graph].double() for one in (batch, found))
        factors.append(float(after.abs().max() / before.abs().max()))
        torch.testing.assert_close(after, before * factors[-1], atol=1e-6, rtol=1e-5)
    assert len(set(factors)) == 3
    assert all(0.74 < factor < 1.36 and factor != 1 for factor in factors)


def test_edges_are_left_out_both_ways_and_primitives_stay(encoded):
    batch = DrawingInputs(encoded(40, 40)).look(torch.arange(2))
    found = with_profile(batch, edges=1.0)
    assert torch.equal(found["strokes"], batch["strokes"])
    assert torch.equal(found["nodes"], batch["nodes"])
    before, after = ({*map(tuple, one["edges"].T.tolist())} for one in (batch, found))
    assert after < before
    assert len(after) > 0.6 * len(before)
    assert all(((b, a) in before) == ((b, a) in after) for a, b in after)
    kept = torch.tensor([tuple(pair) in after for pair in batch["edges"].T.tolist()])
    assert torch.equal(found["relations"], batch["relations"][kept])


def test_a_view_does_not_depend_on_the_batch(encoded):
    inputs = DrawingInputs(encoded(5, 40, 3), view_profile="strong", views=3)
    together, alone = inputs.look(torch.tensor([1, 0, 2]), 2), inputs.look(torch.tensor([0]), 2)
    own = together["graph"] == 1
    torch.testing.assert_close(together["strokes"][own], alone["strokes"])
    assert not torch.equal(inputs.look(torch.tensor([0]), 1)["strokes"], alone["strokes"])


def test_equal_seeds_give_equal_batches(encoded):
    inputs = DrawingInputs(encoded(5, 40, 3), profile="full")
    one, two, other = (inputs.batch(torch.arange(3), draws(seed)) for seed in (1, 1, 2))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert any(one[name].shape != other[name].shape or not torch.equal(one[name], other[name]) for name in one)


def test_an_unknown_profile_is_refused_in_words(encoded):
    with pytest.raises(ModelError, match='no profile of augmentations for drawings named "mirrr".*mirror'):
        apply_profile(DrawingInputs(encoded(3)).look(torch.arange(1)), "mirrr", draws())
